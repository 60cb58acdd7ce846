"""Estimators for scikit-learn: its own checks, and scikit-learn's numbers."""

import importlib
import inspect
import sys
import warnings
from signal import SIGINT, raise_signal

import numpy as np
import pytest
from pandas import DataFrame
from scipy.sparse import csr_array
from sklearn import neural_network as theirs
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils.estimator_checks import parametrize_with_checks

import glassprop as gp
import pages
from glassprop import sklearn as ours
from glassprop.sklearn import MLPClassifier, MLPRegressor

X, Y = load_iris(return_X_y=True)
X = (X - X.mean(axis=0)) / X.std(axis=0)
QUICK = {"max_iter": 3, "random_state": 0, "hidden_layer_sizes": (5,)}
UNFINISHED = pytest.mark.filterwarnings(
    "ignore:(solver|optimizer) .* reached:sklearn.exceptions.ConvergenceWarning"
)


def name_of(kind):
    return kind.__name__


BOTH = pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor], ids=name_of)


@pytest.mark.filterwarnings("ignore")  # as scikit-learn runs its own
@parametrize_with_checks(
    [
        *[getattr(ours, name)() for name in ours.__all__],
        ours.NetworkClassifier(loss="hinge"),  # of two classes, without probabilities
    ]
)
def test_scikit_learn_has_nothing_to_object(estimator, check):
    check(estimator)


# The same face ------------------------------------------------------------------------


@BOTH
def test_parameters_have_their_names_order_and_defaults(kind):
    given, expected = (
        [
            (one.name, one.kind, one.default)
            for one in inspect.signature(module.__init__).parameters.values()
        ]
        for module in (kind, getattr(theirs, kind.__name__))
    )
    assert given[: len(expected)] == expected
    rest = given[len(expected) :]
    assert all(how is inspect.Parameter.KEYWORD_ONLY for _, how, _ in rest)


@BOTH
def test_methods_take_their_arguments_in_order(kind):
    model = getattr(theirs, kind.__name__)
    for name in ("fit", "partial_fit", "predict", "score"):
        expected = list(inspect.signature(getattr(model, name)).parameters)
        given = list(inspect.signature(getattr(kind, name)).parameters)
        assert given[: len(expected)] == expected


ATTRIBUTES = [
    "classes_",
    "n_features_in_",
    "n_iter_",
    "n_layers_",
    "n_outputs_",
    "out_activation_",
    "t_",
]
NUMBERS = [
    "best_loss_",
    "best_validation_score_",
    "loss_",
    "loss_curve_",
    "validation_scores_",
]


@UNFINISHED
@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
@pytest.mark.parametrize("early", [False, True])
@BOTH
def test_fitted_attributes_are_theirs(kind, solver, early):
    options = {**QUICK, "solver": solver, "early_stopping": early}
    us = kind(**options).fit(X, Y)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        them = getattr(theirs, kind.__name__)(**options).fit(X, Y)
    for name in ATTRIBUTES:
        assert hasattr(us, name) == hasattr(them, name)
        if hasattr(us, name):
            assert np.array_equal(getattr(us, name), getattr(them, name))
    for name in NUMBERS:
        assert hasattr(us, name) == hasattr(them, name)
        expected = getattr(them, name, None)
        given = getattr(us, name, None)
        assert (given is None) == (expected is None)
        if given is not None:
            np.testing.assert_allclose(given, expected, rtol=1e-9)
    for given, expected in zip(us.coefs_, them.coefs_, strict=True):
        np.testing.assert_allclose(given, expected, rtol=1e-9, atol=1e-12)


# Their numbers ------------------------------------------------------------------------


sys.path.insert(0, str(pages.ROOT / "benchmarks"))
parity = importlib.import_module("sklearn_parity")


@pytest.mark.parametrize(
    "setting", parity.settings(), ids=lambda one: f"{one.kind}-{one.name}"
)
def test_losses_and_weights_follow_theirs(setting):
    found = parity.from_theirs(setting)
    assert all(int(count) > 5 for count in found.iterations.split(", "))
    assert parity.verdict(setting, found) in ("alike", "their clipping")


@UNFINISHED
@pytest.mark.parametrize("solver", ["adam", "sgd"])
@pytest.mark.parametrize("policy", ["constant", "invscaling", "adaptive"])
@BOTH
def test_partial_fit_goes_on_as_theirs(kind, solver, policy):
    options = {
        **QUICK,
        "solver": solver,
        "learning_rate": policy,
        "n_iter_no_change": 1,
        "learning_rate_init": 0.1,
    }
    us, them = kind(**options), getattr(theirs, kind.__name__)(**options)
    first = {"classes": [0, 1, 2]} if kind is MLPClassifier else {}
    for start in range(0, 300, 30):
        part = slice(start % 150, start % 150 + 30)  # of one class, or of two
        for model in (us, them):
            model.partial_fit(X[part], Y[part], **first)
        first = {}
    assert (us.t_, us.n_iter_) == (them.t_, them.n_iter_) == (300, 1)
    np.testing.assert_allclose(us.loss_curve_, them.loss_curve_, rtol=1e-9)
    np.testing.assert_allclose(us.coefs_[0], them.coefs_[0], rtol=1e-7, atol=1e-9)


@UNFINISHED
@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_a_warm_start_goes_on_as_theirs(solver):
    options = {**QUICK, "solver": solver, "warm_start": True}
    us, them = MLPClassifier(**options), theirs.MLPClassifier(**options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(3):
            us.fit(X, Y)
            them.fit(X, Y)
    np.testing.assert_allclose(us.loss_, them.loss_, rtol=1e-9)
    np.testing.assert_allclose(us.coefs_[0], them.coefs_[0], rtol=1e-7, atol=1e-9)
    assert us.t_ == them.t_


def test_several_numbers_a_row_take_their_steps():
    """Their loss is the mean over outputs, and their slope that of the sum."""
    y = np.stack([Y, X[:, 0]], axis=1).astype(float)
    options = {**QUICK, "max_iter": 1, "alpha": 0.0}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        us, them = (
            module.MLPRegressor(**options).fit(X, y) for module in (ours, theirs)
        )
    np.testing.assert_allclose(us.coefs_[0], them.coefs_[0], rtol=1e-9)
    np.testing.assert_allclose(us.loss_, 2 * them.loss_, rtol=1e-9)
    assert us.predict(X).shape == (150, 2)


def test_a_start_that_is_good_enough_has_a_loss():
    options = {**QUICK, "solver": "lbfgs", "tol": 1e9}
    us, them = (module.MLPRegressor(**options).fit(X, Y) for module in (ours, theirs))
    assert us.n_iter_ == them.n_iter_ == 0
    assert us.loss_ == pytest.approx(them.loss_, rel=1e-12)


def test_an_interrupted_training_keeps_what_it_has():
    interrupt = {"callbacks": [lambda net, history: raise_signal(SIGINT)]}
    model = MLPClassifier(**{**QUICK, "max_iter": 50}, **interrupt)
    with pytest.warns(UserWarning) as caught:
        model.fit(X, Y)
    assert [str(one.message) for one in caught] == ["Training interrupted by user."]
    assert model.n_iter_ == len(model.loss_curve_) == 1
    assert model.predict(X).shape == (150,)


# The network inside -------------------------------------------------------------------


@UNFINISHED
def test_the_network_inside_is_one_like_any_other(tmp_path):
    model = MLPClassifier(**QUICK).fit(X, Y)
    np.testing.assert_array_equal(
        model.network_.predict_proba(X), model.predict_proba(X)
    )
    assert "W1 -= step_W1" in model.network_.source()
    path = tmp_path / "m.safetensors"
    model.network_.save(path)
    np.testing.assert_array_equal(gp.load(path).predict(X), model.predict(X))


@UNFINISHED
def test_weights_that_are_set_are_those_that_predict():
    model = MLPRegressor(**QUICK).fit(X, Y)
    before = model.predict(X)
    model.coefs_[1] = 2 * model.coefs_[1]
    model.intercepts_[1][:] *= 2
    np.testing.assert_allclose(model.predict(X), 2 * before)
    model.coefs_ = [np.zeros((4, 5)), np.zeros((5, 1))]
    model.intercepts_ = [np.zeros(5), [7.0]]
    assert model.predict(X).tolist() == [7.0] * 150
    with pytest.raises(ValueError, match="expected") as caught:
        model.coefs_[0] = np.zeros((2, 2))
    assert str(caught.value) == (
        "expected an array of shape (4, 5), as it was fitted, got (2, 2). Other sizes "
        "need another fit, with other hidden_layer_sizes."
    )


@UNFINISHED
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@BOTH
def test_the_dtype_of_the_rows_is_kept(kind, dtype):
    model = kind(**QUICK).fit(X.astype(dtype), Y)
    assert [one.dtype for one in [*model.coefs_, *model.intercepts_]] == [dtype] * 4
    made = getattr(model, "predict_proba", model.predict)(X.astype(dtype))
    assert made.dtype == dtype


@UNFINISHED
@BOTH
def test_sparse_rows_give_the_bits_of_dense_ones(kind):
    rows = np.where(X > 0, X, 0)
    dense, sparse = kind(**QUICK).fit(rows, Y), kind(**QUICK).fit(csr_array(rows), Y)
    np.testing.assert_array_equal(dense.coefs_[0], sparse.coefs_[0])
    np.testing.assert_array_equal(dense.predict(rows), sparse.predict(csr_array(rows)))


TARGETS = {
    "three words": np.array(["a", "b", "c"])[Y],
    "two numbers": np.where(Y == 2, 7, 3),
    "one class": np.full(len(Y), 4),
    "labels": np.stack([Y > 0, X[:, 0] > 0], axis=1).astype(int),
}


@UNFINISHED
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", TARGETS)
def test_labels_are_those_of_the_binarizer(name, dtype):
    rows = X.astype(dtype)
    model = MLPClassifier(**QUICK).fit(rows, TARGETS[name])
    chances = model.network_.predict_proba(rows)
    if model.n_outputs_ == 1:
        chances = chances.ravel()
    expected = LabelBinarizer().fit(TARGETS[name]).inverse_transform(chances)
    found = model.predict(rows)
    assert found.dtype == expected.dtype
    assert np.array_equal(found, expected)


def written_otherwise(rows):
    """Give the same rows in forms that scikit-learn's checks bring into the plain."""
    strided = np.repeat(rows, 2, axis=1)[:, ::2]
    return [rows.tolist(), np.asfortranarray(rows), strided, rows.astype(">f8")]


@UNFINISHED
@BOTH
def test_plain_rows_need_no_checks_and_give_the_same(kind):
    model = kind(**QUICK).fit(X, Y)
    expected = model.predict(X)
    for rows in written_otherwise(X):
        assert np.array_equal(model.predict(rows), expected)
    named = clone(model).fit(DataFrame(X, columns=list("abcd")), Y)
    with pytest.warns(UserWarning, match="X does not have valid feature names, but"):
        assert np.array_equal(named.predict(X), expected)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@BOTH
@pytest.mark.parametrize(
    "rows",
    [X[:, :3], X[0], X[:0], np.where(X > 1, np.nan, X), X[None], X + 0j],
    ids=["narrow", "one row", "none", "nan", "deep", "complex"],
)
def test_rows_to_predict_are_refused_as_theirs(kind, rows):
    us = kind(**QUICK).fit(X, Y)
    them = getattr(theirs, kind.__name__)(**QUICK).fit(X, Y)
    errors = []
    for model in (us, them):
        with pytest.raises(ValueError) as caught:
            model.predict(rows)
        errors.append(str(caught.value))
    assert errors[0] == errors[1]


# Bad input ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            {"solver": "sgd", "learning_rate_init": 1e9},
            "Solver produced non-finite parameter weights. The input data may contain "
            "large values and need to be preprocessed.",
        ),
        ({"hidden_layer_sizes": (3, 0)}, "hidden_layer_sizes must be > 0, got [3, 0]."),
        (
            {"early_stopping": True, "validation_fraction": 0.005},
            "The validation set is too small. Increase 'validation_fraction' or the "
            "size of your dataset.",
        ),
        (
            {"alpha": -1},
            "The 'alpha' parameter of MLPRegressor must be a float in the range [0.0, "
            "inf). Got -1 instead.",
        ),
    ],
)
def test_what_cannot_be_used_is_refused(options, words):
    with pytest.raises(ValueError) as caught:
        MLPRegressor(**{**QUICK, "max_iter": 50, **options}).fit(X, Y)
    assert str(caught.value).startswith(words)


@UNFINISHED
def test_what_does_not_fit_the_last_training_is_refused():
    model = MLPClassifier(**QUICK, warm_start=True).fit(X, Y)
    with pytest.raises(ValueError, match="warm_start") as caught:
        model.set_params(hidden_layer_sizes=(6,)).fit(X, Y)
    assert str(caught.value) == (
        "MLPClassifier goes on with the network of the last training, in which "
        "dense_1.weight has the shape (4, 5), but now the shape (4, 6). Fit it anew, "
        "warm_start=False."
    )
    with pytest.raises(ValueError, match="classes") as caught:
        model.fit(X[Y > 0], Y[Y > 0])
    assert str(caught.value) == (
        "warm_start can only be used where `y` has the same classes as in the previous "
        "call to fit. Previously got [0 1 2], `y` has [1 2]"
    )
    model = MLPClassifier(**QUICK).partial_fit(X, Y, classes=[0, 1, 2])
    with pytest.raises(ValueError, match="classes") as caught:
        model.partial_fit(X, Y + 1)
    assert str(caught.value) == (
        "`y` has classes not in `self.classes_`. `self.classes_` has [0 1 2]. 'y' has "
        "[1 2 3]."
    )


def test_partial_fit_needs_steps():
    assert not hasattr(MLPClassifier(solver="lbfgs"), "partial_fit")
    assert hasattr(MLPClassifier(), "partial_fit")


def test_weights_are_there_after_fit_only():
    with pytest.raises(AttributeError) as caught:
        _ = MLPClassifier().coefs_
    assert str(caught.value) == (
        "this MLPClassifier is not fitted yet: it has weights and biases after fit."
    )


@pytest.mark.parametrize(
    ("options", "reason", "way"),
    [
        (
            {},
            "solver 'adam' reached the maximum of 3 iterations",
            "Increase max_iter, or scale the data.",
        ),
        (
            {"solver": "lbfgs"},
            "solver 'lbfgs' reached the maximum of 3 iterations",
            "Increase max_iter, or scale the data.",
        ),
        (
            {"solver": "lbfgs", "max_iter": 99, "max_fun": 5},
            "solver 'lbfgs' looked at the rows more than 5 times",
            "Increase max_fun, or evaluations of gp.LBFGS, or scale the data.",
        ),
    ],
)
def test_a_training_that_ends_too_early_is_told_of(options, reason, way):
    with pytest.warns(ConvergenceWarning) as caught:
        MLPClassifier(**{**QUICK, **options}).fit(X, Y)
    assert [str(one.message) for one in caught] == [
        f"{reason}, and the training has not converged yet. {way}"
    ]


# What scikit-learn's do not take ------------------------------------------------------


@UNFINISHED
def test_dropout_and_batch_norm_stand_behind_hidden_layers():
    options = {**QUICK, "hidden_layer_sizes": (5, 4), "dropout": 0.2}
    model = MLPClassifier(**options, batch_norm=True, activation="tanh").fit(X, Y)
    kinds = [type(one).__name__ for one in model.network_.layers]
    hidden = ["Dense", "BatchNorm", "Activation", "Dropout"]
    assert kinds == [*hidden, *hidden, "Dense"]
    assert [one.shape for one in model.coefs_] == [(4, 5), (5, 4), (4, 3)]
    assert [one.shape for one in model.intercepts_] == [(5,), (4,), (3,)]
    again = MLPClassifier(**options, batch_norm=True, activation="tanh").fit(X, Y)
    np.testing.assert_array_equal(again.coefs_[0], model.coefs_[0])
    (mean, *_) = [key for key in model.network_.values if key.endswith(".mean")]
    before = model.network_.values[mean].copy()
    model.partial_fit(X, Y)
    assert not np.array_equal(model.network_.values[mean], before)


@UNFINISHED
def test_each_hidden_layer_may_have_an_activation_of_its_own():
    def cube(x):
        return x * x * x

    options = {**QUICK, "hidden_layer_sizes": (5, 4), "activation": ["gelu", cube]}
    model = MLPClassifier(**options).fit(X, Y)
    assert [one.activation for one in model.network_.layers] == ["gelu", cube, None]
    with pytest.raises(ValueError, match="activation") as caught:
        model.set_params(hidden_layer_sizes=(5,)).fit(X, Y)
    assert str(caught.value) == (
        "activation has 2 entries, for 1 hidden layer: give one for each, or one for "
        "all."
    )


@UNFINISHED
def test_what_fit_takes_reaches_it():
    seen = []
    model = MLPRegressor(
        **QUICK,
        optimizer=gp.SGD(0.1),
        schedule=gp.schedules.Step(1, 0.5),
        clip=1e-9,
        callbacks=[lambda net, history: seen.append(net.training.rate)],
        backend="numpy",
        dtype=np.float32,
    ).fit(X, Y)
    assert seen == pytest.approx([0.1, 0.05, 0.025])
    assert model.network_.training.optimizer == gp.SGD(0.1)
    assert model.coefs_[0].dtype == np.float32
    assert np.ptp(model.loss_curve_) < 1e-6  # the gradients were clipped
    searched = MLPRegressor(**QUICK, optimizer=gp.LBFGS()).fit(X, Y)
    assert not hasattr(searched, "partial_fit")
    assert searched.loss_ < model.loss_


@UNFINISHED
def test_classes_may_have_weights():
    labels = np.array(["a", "b", "c"])[Y]
    by_label = {"a": 2.0, "b": 1.0, "c": 0.5}
    model = MLPClassifier(**QUICK, class_weight=by_label).fit(X, labels)
    weights = np.array([by_label[one] for one in labels])
    by_rows = MLPClassifier(**QUICK).fit(X, labels, sample_weight=weights)
    np.testing.assert_array_equal(model.coefs_[0], by_rows.coefs_[0])
    both = MLPClassifier(**QUICK, class_weight=by_label)
    both.fit(X, labels, sample_weight=1 / weights)
    plain = MLPClassifier(**QUICK).fit(X, labels)
    np.testing.assert_allclose(both.coefs_[0], plain.coefs_[0], rtol=1e-12)


@UNFINISHED
@pytest.mark.parametrize("early", [False, True])
def test_rows_to_measure_may_be_given(early):
    options = {**QUICK, "warm_start": True, "early_stopping": early}
    model = MLPClassifier(**options)
    model.fit(X[::2], Y[::2], X_val=X[1::2], y_val=Y[1::2])
    assert model.t_ == 3 * 75
    assert len(model.validation_loss_curve_) == 3
    if early:
        assert max(model.validation_scores_) == model.score(X[1::2], Y[1::2])
    else:
        assert model.validation_scores_ is None
        found = model.network_.evaluate(X[1::2], Y[1::2])["loss"]
        assert model.validation_loss_curve_[-1] == pytest.approx(found, rel=1e-12)
    model.fit(X[::2], Y[::2], X_val=X[Y == 1], y_val=Y[Y == 1])  # of one class
    with pytest.raises(ValueError, match="X_val") as caught:
        model.fit(X, Y, X_val=X)
    assert str(caught.value) == "y_val is missing: pass both X_val and y_val."


@UNFINISHED
@pytest.mark.parametrize("name", ours.__all__)
def test_rows_without_weight_are_as_if_left_out(name):
    options = {"max_iter": 20, "random_state": 0, "shuffle": False}
    first, part = np.arange(150) % 2 == 0, Y[::2]
    whole, half = (
        getattr(ours, name)(**options, batch_size=rows) for rows in (150, 75)
    )
    whole.fit(X, Y, sample_weight=first.astype(float))
    half.fit(X[first], part)
    for given, expected in zip(
        whole.network_.values.values(), half.network_.values.values(), strict=True
    ):
        np.testing.assert_allclose(given, expected, rtol=1e-9, atol=1e-12)
