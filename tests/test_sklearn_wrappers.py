"""Around ours as around their own: scikit-learn's wrappers, measures and searches.

Everything in scikit-learn that takes an estimator is fitted twice, with scikit-learn's
network inside and with ours, and the same seeds. What comes out must be the same.
"""

import inspect
from functools import cache
from types import MappingProxyType

import numpy as np
import pytest
from sklearn import inspection, model_selection
from sklearn import neural_network as theirs
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.ensemble import AdaBoostClassifier
from sklearn.experimental import (  # noqa: F401  # they make what they are named for
    enable_halving_search_cv,
    enable_iterative_imputer,
)
from sklearn.preprocessing import StandardScaler
from sklearn.utils import all_estimators

from glassprop import sklearn as ours

pytestmark = pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.ConvergenceWarning"  # all trainings are short
)

FLOWERS, SPECIES = load_iris(return_X_y=True)
FLOWERS = StandardScaler().fit_transform(FLOWERS)
CLASSES = FLOWERS, SPECIES
TWO = FLOWERS, np.where(SPECIES == 2, "virginica", "another")
LABELS = FLOWERS, np.stack([SPECIES > 0, SPECIES > 1], axis=1).astype(int)
PARTLY = FLOWERS, np.where(np.arange(150) % 3 == 0, SPECIES, -1)
NUMBER = FLOWERS[:, :3], FLOWERS[:, 3]
NUMBERS = FLOWERS[:, :2], FLOWERS[:, 2:]
GAPS = np.where(np.random.default_rng(0).random(FLOWERS.shape) < 0.1, np.nan, FLOWERS)
WEIGHTS = np.where(np.arange(150) % 4 == 0, 0.0, np.linspace(0.5, 2, 150))

SHORT = {
    "hidden_layer_sizes": (6,),
    "max_iter": 12,
    "learning_rate_init": 0.05,
    "random_state": 0,
}


def classifier(module):
    return module.MLPClassifier(**SHORT)


def regressor(module):
    return module.MLPRegressor(**SHORT)


def same(given, expected):
    np.testing.assert_allclose(
        np.asarray(given, float), np.asarray(expected, float), rtol=1e-6, atol=1e-9
    )


def importance(model):
    """Weigh a column by all weights that come from it."""
    return np.abs(model.coefs_[0]).sum(axis=1)


# Wrappers -----------------------------------------------------------------------------

ALPHAS = {"alpha": [0.0, 3.0]}
COUNTED = {"min_resources": 60, "cv": 2, "random_state": 0}
COLUMNS = {"importance_getter": importance}


def two(model):
    return [("one", model), ("another", clone(model).set_params(alpha=3.0))]


WRAPPERS = MappingProxyType(
    {
        # name: the data, then the arguments, made of a classifier and a regressor
        "AdaBoostClassifier": (
            CLASSES,
            lambda c, r: {"estimator": c, "n_estimators": 3, "random_state": 0},
        ),
        "AdaBoostRegressor": (
            NUMBER,
            lambda c, r: {"estimator": r, "n_estimators": 3, "random_state": 0},
        ),
        "BaggingClassifier": (
            CLASSES,
            lambda c, r: {"estimator": c, "n_estimators": 3, "random_state": 0},
        ),
        "BaggingRegressor": (
            NUMBER,
            lambda c, r: {"estimator": r, "n_estimators": 3, "random_state": 0},
        ),
        "CalibratedClassifierCV": (CLASSES, lambda c, r: {"estimator": c, "cv": 2}),
        "ClassifierChain": (LABELS, lambda c, r: {"estimator": c, "cv": 2}),
        "FixedThresholdClassifier": (
            TWO,
            lambda c, r: {
                "estimator": c,
                "threshold": 0.3,
                "pos_label": "virginica",
                "response_method": "predict_proba",
            },
        ),
        "FrozenEstimator": (CLASSES, lambda c, r: {"estimator": c.fit(*CLASSES)}),
        "GridSearchCV": (
            CLASSES,
            lambda c, r: {"estimator": c, "param_grid": ALPHAS, "cv": 2},
        ),
        "HalvingGridSearchCV": (
            CLASSES,
            lambda c, r: {"estimator": c, "param_grid": ALPHAS, **COUNTED},
        ),
        "HalvingRandomSearchCV": (
            CLASSES,
            lambda c, r: {"estimator": c, "param_distributions": ALPHAS, **COUNTED},
        ),
        "IterativeImputer": (
            (GAPS, None),
            lambda c, r: {"estimator": r, "max_iter": 2, "random_state": 0},
        ),
        "MultiOutputClassifier": (LABELS, lambda c, r: {"estimator": c}),
        "MultiOutputRegressor": (NUMBERS, lambda c, r: {"estimator": r}),
        "OneVsOneClassifier": (CLASSES, lambda c, r: {"estimator": c}),
        "OneVsRestClassifier": (CLASSES, lambda c, r: {"estimator": c}),
        "OutputCodeClassifier": (
            CLASSES,
            lambda c, r: {"estimator": c, "random_state": 0},
        ),
        "Pipeline": (
            CLASSES,
            lambda c, r: {"steps": [("scale", StandardScaler()), ("network", c)]},
        ),
        "RANSACRegressor": (
            NUMBER,
            lambda c, r: {
                "estimator": r,
                "min_samples": 50,
                "max_trials": 3,
                "random_state": 0,
            },
        ),
        "RFE": (
            CLASSES,
            lambda c, r: {"estimator": c, "n_features_to_select": 2, **COLUMNS},
        ),
        "RFECV": (CLASSES, lambda c, r: {"estimator": c, "cv": 2, **COLUMNS}),
        "RandomizedSearchCV": (
            CLASSES,
            lambda c, r: {
                "estimator": c,
                "param_distributions": ALPHAS,
                "n_iter": 2,
                "cv": 2,
                "random_state": 0,
            },
        ),
        "RegressorChain": (NUMBERS, lambda c, r: {"estimator": r, "cv": 2}),
        "SelectFromModel": (CLASSES, lambda c, r: {"estimator": c, **COLUMNS}),
        "SelfTrainingClassifier": (PARTLY, lambda c, r: {"estimator": c}),
        "SequentialFeatureSelector": (
            CLASSES,
            lambda c, r: {"estimator": c, "n_features_to_select": 1, "cv": 2},
        ),
        "StackingClassifier": (CLASSES, lambda c, r: {"estimators": two(c), "cv": 2}),
        "StackingRegressor": (NUMBER, lambda c, r: {"estimators": two(r), "cv": 2}),
        "TransformedTargetRegressor": (
            NUMBER,
            lambda c, r: {"regressor": r, "transformer": StandardScaler()},
        ),
        "TunedThresholdClassifierCV": (TWO, lambda c, r: {"estimator": c, "cv": 2}),
        "VotingClassifier": (
            CLASSES,
            lambda c, r: {"estimators": two(c), "voting": "soft"},
        ),
        "VotingRegressor": (NUMBER, lambda c, r: {"estimators": two(r)}),
    }
)
GIVES = ("predict", "predict_proba", "decision_function", "transform")


@cache
def known_wrappers():
    """Give every estimator of scikit-learn that takes another one that predicts."""
    names = {"estimator", "estimators", "regressor", "steps"}
    return {
        name: kind
        for name, kind in all_estimators()
        if names & set(inspect.signature(kind).parameters)
    }


def test_every_wrapper_is_here():
    assert set(WRAPPERS) == set(known_wrappers())


@pytest.mark.parametrize("name", WRAPPERS)
def test_a_wrapper_gives_the_same_around_ours(name):
    (X, y), arguments = WRAPPERS[name]
    us, them = (
        known_wrappers()[name](**arguments(classifier(module), regressor(module)))
        for module in (ours, theirs)
    )
    for wrapper in (us, them):
        wrapper.fit(X, y)
    methods = [method for method in GIVES if hasattr(them, method)]
    assert methods
    for method in methods:
        given, expected = (getattr(one, method)(X) for one in (us, them))
        if np.asarray(expected).dtype.kind in "OU":
            assert given.tolist() == expected.tolist()
        else:
            same(given, expected)


# Measures -----------------------------------------------------------------------------

MEASURES = MappingProxyType(
    {
        "cross_validate": lambda model: model_selection.cross_validate(
            model, *CLASSES, cv=2, return_train_score=True
        ),
        "cross_val_predict": lambda model: {
            "found": model_selection.cross_val_predict(
                model, *CLASSES, cv=2, method="predict_proba"
            )
        },
        "cross_val_score": lambda model: {
            "found": model_selection.cross_val_score(
                model, *CLASSES, cv=2, scoring="neg_log_loss"
            )
        },
        "learning_curve": lambda model: dict(
            enumerate(
                model_selection.learning_curve(
                    model, *CLASSES, cv=2, shuffle=True, random_state=0
                )
            )
        ),
        "validation_curve": lambda model: dict(
            enumerate(
                model_selection.validation_curve(
                    model, *CLASSES, cv=2, param_name="alpha", param_range=[0.0, 3.0]
                )
            )
        ),
        "permutation_test_score": lambda model: dict(
            enumerate(
                model_selection.permutation_test_score(
                    model, *CLASSES, cv=2, n_permutations=2, random_state=0
                )
            )
        ),
        "permutation_importance": lambda model: inspection.permutation_importance(
            model.fit(*CLASSES), *CLASSES, n_repeats=2, random_state=0
        ),
        "partial_dependence": lambda model: {
            "average": inspection.partial_dependence(
                model.fit(*CLASSES), FLOWERS, [2, 3], grid_resolution=5
            )["average"]
        },
        "individual dependence": lambda model: {
            "each": inspection.partial_dependence(
                model.fit(*CLASSES), FLOWERS, [2], grid_resolution=5, kind="individual"
            )["individual"]
        },
    }
)


@pytest.mark.parametrize("measure", MEASURES.values(), ids=MEASURES)
def test_a_measure_finds_the_same(measure):
    us, them = (measure(classifier(module)) for module in (ours, theirs))
    compared = [key for key in them if "time" not in str(key)]
    assert compared
    for key in compared:
        same(us[key], them[key])


# Weights of rows ----------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:divide by zero:RuntimeWarning")  # AdaBoost's own
def test_boosting_passes_weights_on_also_those_of_zero():
    us, them = (
        AdaBoostClassifier(classifier(module), n_estimators=3, random_state=0).fit(
            *CLASSES, sample_weight=WEIGHTS
        )
        for module in (ours, theirs)
    )
    same(us.estimator_weights_, them.estimator_weights_)
    same(us.predict_proba(FLOWERS), them.predict_proba(FLOWERS))


@pytest.mark.parametrize("kind", ["MLPClassifier", "MLPRegressor"])
@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_a_row_without_weight_leaves_no_trace(kind, solver):
    there = WEIGHTS > 0
    whole, part = (getattr(ours, kind)(**SHORT, solver=solver) for _ in range(2))
    whole.fit(*CLASSES, sample_weight=WEIGHTS)
    part.fit(FLOWERS[there], SPECIES[there], sample_weight=WEIGHTS[there])
    same(whole.predict(FLOWERS), part.predict(FLOWERS))
    for given, expected in zip(whole.coefs_, part.coefs_, strict=True):
        same(given, expected)


def test_a_batch_may_have_no_weight_at_all():
    """Theirs divides by the weights of a batch."""
    options = {**SHORT, "shuffle": False, "batch_size": 50, "max_iter": 40}
    weights = np.where(SPECIES == 0, 0.0, 1.0)
    with pytest.raises(ZeroDivisionError):
        theirs.MLPClassifier(**options).fit(*CLASSES, sample_weight=weights)
    model = ours.MLPClassifier(**options).fit(*CLASSES, sample_weight=weights)
    assert np.isfinite(model.loss_curve_).all()
    assert model.score(*CLASSES, sample_weight=weights) > 0.9
