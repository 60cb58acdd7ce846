"""Estimators that are copied, stored, and used by threads and processes at once."""

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor

import joblib
import numpy as np
import pytest
from joblib import parallel_config
from joblib.externals.loky import get_reusable_executor
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.ensemble import BaggingClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import glassprop as gp
from glassprop.backends.kept_files import cache_folder
from glassprop.sklearn import (
    MLPClassifier,
    MLPRegressor,
    NetworkClassifier,
    NetworkRegressor,
)

pytestmark = pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.ConvergenceWarning"  # all trainings are short
)

X, SPECIES = load_iris(return_X_y=True)
X = StandardScaler().fit_transform(X)
LABELS = np.stack([SPECIES > 0, X[:, 0] > 0], axis=1).astype(int)
SHORT = {
    "hidden_layer_sizes": (6,),
    "max_iter": 4,
    "learning_rate_init": 0.05,
    "batch_size": 40,
    "random_state": 0,
}
UNLAYERED = {"max_iter": 4, "batch_size": 40, "random_state": 0}


def cube(x):
    return x * x * x


# name: the estimator, and its target
EACH = {
    "classes": (MLPClassifier(**SHORT), SPECIES),
    "two classes": (MLPClassifier(**SHORT), np.where(SPECIES == 1, "yes", "no")),
    "several labels": (MLPClassifier(**SHORT), LABELS),
    "one number": (MLPRegressor(**SHORT), X[:, 0]),
    "several numbers": (MLPRegressor(**SHORT), X[:, :2]),
    "counts": (MLPRegressor("poisson", **SHORT), SPECIES),
    "plain descent": (
        MLPClassifier(**SHORT, solver="sgd", learning_rate="adaptive"),
        SPECIES,
    ),
    "early stopping": (MLPClassifier(**SHORT, early_stopping=True), SPECIES),
    "all rows at once": (MLPClassifier(**SHORT, solver="lbfgs"), SPECIES),
    "numba": (MLPClassifier(**SHORT, backend="numba"), SPECIES),
    "float32": (MLPClassifier(**SHORT, dtype=np.float32), SPECIES),
    "more": (
        MLPClassifier(
            **{**SHORT, "hidden_layer_sizes": (6, 5)},
            activation=["gelu", cube],
            dropout=0.2,
            batch_norm=True,
            optimizer=gp.optimizers.AdamW(0.01),
            schedule=gp.schedules.Step(2, 0.5),
            clip=1.0,
            class_weight="balanced",
        ),
        SPECIES,
    ),
    "layers": (
        NetworkClassifier(
            [gp.Dense(6, "tanh"), gp.BatchNorm(), gp.Dropout(0.2)],
            optimizer=gp.Adam(0.01),
            **UNLAYERED,
        ),
        SPECIES,
    ),
    "layers, numbers": (
        NetworkRegressor([gp.Dense(6, cube)], loss="huber", **UNLAYERED),
        X[:, :2],
    ),
}
COPIES = {
    "pickle": lambda model, folder: pickle.loads(pickle.dumps(model)),
    "joblib": lambda model, folder: joblib.load(
        joblib.dump(model, folder / "model.joblib")[0]
    ),
    "deepcopy": lambda model, folder: copy.deepcopy(model),
}


@pytest.fixture(params=EACH)
def each(request):
    model, y = EACH[request.param]
    return clone(model), y


def predictions(model, rows=X):
    return getattr(model, "predict_proba", model.predict)(rows)


# Copies -------------------------------------------------------------------------------


def test_a_clone_trains_to_the_same_bits(each):
    model, y = each
    again = clone(model)
    assert not hasattr(again, "network_")
    given, expected = again.get_params(), model.get_params()
    assert list(given) == list(expected)
    assert all(str(given[name]) == str(expected[name]) for name in expected)
    np.testing.assert_array_equal(
        predictions(clone(again.fit(X, y)).fit(X, y)), predictions(model.fit(X, y))
    )


@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
def test_a_copy_predicts_the_same_bits_and_goes_on_the_same(each, copied, tmp_path):
    model, y = each
    model.fit(X, y)
    again = copied(model, tmp_path)
    assert list(vars(again)) == list(vars(model))
    np.testing.assert_array_equal(predictions(again), predictions(model))
    if hasattr(model, "partial_fit") and not model.early_stopping:
        for one in (model, again, model, again):
            one.partial_fit(X, y)
        np.testing.assert_array_equal(predictions(again), predictions(model))
        assert (again.t_, again.loss_curve_) == (model.t_, model.loss_curve_)
    for name, value in again.network_.values.items():  # its arrays are its own
        assert not np.shares_memory(value, model.network_.values[name])


def test_a_fitted_pipeline_can_be_stored(tmp_path):
    whole = make_pipeline(StandardScaler(), MLPClassifier(**SHORT)).fit(X, SPECIES)
    again = joblib.load(joblib.dump(whole, tmp_path / "model.joblib")[0])
    np.testing.assert_array_equal(predictions(again), predictions(whole))


def test_sparse_rows_predict_the_bits_of_dense_ones(each):
    model, y = each
    rows = np.where(X > 0, X, 0)
    model.fit(csr_array(rows), y)
    np.testing.assert_array_equal(
        predictions(model, csr_array(rows)), predictions(model, rows)
    )


# Threads and processes ----------------------------------------------------------------


def test_threads_predict_at_once(each):
    """Each thread begins with a network that has not predicted yet."""
    model, y = each
    model.fit(X, y)
    parts = [X[start : start + 30] for start in range(0, 120, 10)]
    expected = [predictions(model, part) for part in parts]
    with ThreadPoolExecutor(4) as pool:
        for _ in range(5):
            fresh = pickle.loads(pickle.dumps(model))
            found = list(pool.map(lambda part: predictions(fresh, part), parts * 3))  # noqa: B023
            for given, wanted in zip(found, expected * 3, strict=True):
                np.testing.assert_array_equal(given, wanted)


@pytest.fixture
def kept_here(tmp_path, monkeypatch):
    """Share compiled code with other processes, in a folder of this test."""
    monkeypatch.setattr("glassprop.backends.disk_cache.cache_folder", cache_folder)
    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA", "HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    get_reusable_executor().shutdown(wait=True)  # its processes began without that
    yield
    get_reusable_executor().shutdown(wait=True)


@pytest.mark.usefixtures("kept_here")
@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_a_search_by_threads_and_processes_finds_the_same(backend):
    def found(**options):
        network = MLPClassifier(**SHORT, backend=backend)
        search = GridSearchCV(network, {"random_state": [0, 1, 2]}, cv=2, **options)
        search.fit(X, SPECIES)
        return search.cv_results_["mean_test_score"].tolist(), predictions(search)

    scores, chances = found()
    alike = [found(n_jobs=2)]  # loky's processes
    with parallel_config("threading", n_jobs=2):
        alike.append(found())
    for others, at_end in alike:
        assert others == scores
        np.testing.assert_array_equal(at_end, chances)


def test_functions_of_the_moment_reach_other_processes():
    search = GridSearchCV(
        MLPClassifier(**SHORT, activation=lambda x: x * x * x), {"alpha": [0.0]}, cv=2
    )
    alone = search.fit(X, SPECIES).best_score_
    assert search.set_params(n_jobs=2).fit(X, SPECIES).best_score_ == alone


def test_a_wrapper_predicts_by_threads():
    bag = BaggingClassifier(MLPClassifier(**SHORT), n_estimators=4, random_state=0)
    alone = bag.fit(X, SPECIES).predict_proba(X)
    with parallel_config("threading", n_jobs=4):
        bag.set_params(n_jobs=4).fit(X, SPECIES)
        np.testing.assert_array_equal(bag.predict_proba(X), alone)
