"""Estimators with losses of one's choice: what they predict, and what is refused."""

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_iris
from sklearn.metrics import get_scorer

import glassprop as gp
from glassprop.losses import LOSSES, Loss
from glassprop.sklearn import MLPClassifier, MLPRegressor, NetworkRegressor

X, Y = load_iris(return_X_y=True)
X = (X - X.mean(axis=0)) / X.std(axis=0)
SPECIES = np.array(["setosa", "versicolor", "virginica"])[Y]
QUICK = {
    "hidden_layer_sizes": (5,),
    "max_iter": 100,
    "learning_rate_init": 0.02,
    "random_state": 0,
}
TARGETS = {"two": SPECIES == "setosa", "many": SPECIES, "labels": X > 0}
pytestmark = pytest.mark.filterwarnings(
    "ignore:solver .* reached:sklearn.exceptions.ConvergenceWarning"
)


def names(*targets):
    return [name for name, one in LOSSES.items() if one.target in targets]


# Classes ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("loss", "labels"),
    [
        *[(name, "two") for name in names("binary", "classes")],
        *[(name, "many") for name in names("classes")],
        *[(name, "labels") for name in names("binary")],
    ],
)
def test_each_loss_of_classes_learns_and_says_what_it_can(loss, labels):
    y = TARGETS[labels]
    model = MLPClassifier(loss=loss, **QUICK)
    tells = LOSSES[loss].probabilities is not None
    assert hasattr(model, "predict_proba") == tells
    model.fit(X, y)
    assert model.score(X, y) > 0.8
    assert model.network_.loss.name == loss
    decided = np.unique(y) if labels != "labels" else np.arange(4)
    if not tells:
        assert not hasattr(model, "predict_log_proba")
        scores = model.decision_function(X)
        found = scores > 0 if scores.shape == y.shape else scores.argmax(axis=1)
        assert model.out_activation_ == "identity"
    else:
        assert not hasattr(model, "decision_function")
        chances = model.predict_proba(X)
        assert chances.shape == (150, len(decided))
        found = chances > 0.5 if labels == "labels" else chances.argmax(axis=1)
        if labels != "labels":
            np.testing.assert_allclose(chances.sum(axis=1), 1)
        one_class = LOSSES[loss].target == "classes"
        assert model.out_activation_ == ("softmax" if one_class else "logistic")
    predicted = model.predict(X)
    expected = found if labels == "labels" else decided[found.astype(int)]
    np.testing.assert_array_equal(predicted, expected)


def test_scores_without_probabilities_serve_scikit_learn():
    model = MLPClassifier(loss="hinge", **QUICK)
    y = TARGETS["two"]
    assert get_scorer("roc_auc")(model.fit(X, y), X, y) > 0.9
    calibrated = CalibratedClassifierCV(model, cv=2).fit(X, y)
    np.testing.assert_allclose(calibrated.predict_proba(X).sum(axis=1), 1)


def test_two_classes_may_have_two_outputs():
    """Cross entropy of two outputs is that of their difference."""
    y = TARGETS["two"]
    one, two = (
        MLPClassifier(loss=loss, **QUICK).fit(X, y)
        for loss in ("binary_cross_entropy", "cross_entropy")
    )
    assert (one.n_outputs_, two.n_outputs_) == (1, 2)
    assert two.predict_proba(X).shape == one.predict_proba(X).shape == (150, 2)
    np.testing.assert_array_equal(one.predict(X), two.predict(X))


def wrong_at_most_once(z, y):
    """A loss of one's own: the hinge to the power 1.5, one class against each other."""
    mine = y[:, None] == np.arange(z.shape[1])
    margin = np.where(mine, z, -z)
    return np.sum(np.maximum(1 - margin, 0) ** 1.5, axis=1)


def half_of_each(z, y):
    """Likewise for several labels."""
    return np.mean((np.tanh(z) - (2 * y - 1)) ** 2, axis=1)


@pytest.mark.parametrize(
    ("loss", "labels"),
    [
        (wrong_at_most_once, "two"),
        (wrong_at_most_once, "many"),
        (half_of_each, "labels"),
    ],
)
def test_a_function_is_a_loss_of_classes(loss, labels):
    model = MLPClassifier(loss=loss, **QUICK, early_stopping=labels == "many")
    model.fit(X, TARGETS[labels])
    assert model.score(X, TARGETS[labels]) > 0.8
    assert model.predict(X).dtype == (
        int if labels == "labels" else TARGETS[labels].dtype
    )
    assert not hasattr(model, "predict_proba")


def test_a_record_says_what_its_probabilities_are():
    def chances(z):
        return gp.softmax(2 * z)

    record = Loss(
        "sharper",
        lambda z, y: LOSSES["cross_entropy"].function(2 * z, y),
        "classes",
        chances,
    )
    model = MLPClassifier(loss=record, **QUICK).fit(X, SPECIES)
    np.testing.assert_allclose(
        model.predict_proba(X), gp.softmax(2 * model.network_(X)), rtol=1e-12
    )
    assert model.out_activation_ == "chances"


@pytest.mark.parametrize(
    ("loss", "labels", "words"),
    [
        (
            "hinge",
            "many",
            "Only binary classification is supported by loss 'hinge', not labels that "
            "are multiclass. Use 'cross_entropy', 'smoothed_cross_entropy', 'focal', "
            "'kl_divergence' or 'multiclass_hinge'.",
        ),
        (
            gp.losses.Focal(gamma=1),
            "labels",
            "loss 'focal' does not fit labels that are multilabel-indicator. Use "
            "'binary_cross_entropy', 'binary_focal', 'hinge' or 'squared_hinge'.",
        ),
        (
            lambda z, y: z - y[:, None],
            "many",
            "loss '<lambda>': expected one number a row, (n,), or one number in all, "
            "(), got (n, 3) from output (n, 3) and target (n,). Sum or average over "
            "the other axes, np.mean(..., axis=1).",
        ),
    ],
)
def test_a_loss_that_does_not_fit_is_refused(loss, labels, words):
    model = MLPClassifier(loss=loss, **QUICK)
    with pytest.raises(ValueError, match="loss") as caught:
        model.fit(X, TARGETS[labels])
    said, *_ = str(caught.value).split("\n")
    assert said == words
    assert not hasattr(model, "network_")


@pytest.mark.parametrize(
    ("kind", "loss"), [(MLPClassifier, "huber"), (MLPRegressor, "focal")]
)
def test_a_name_that_is_for_other_targets_is_refused(kind, loss):
    with pytest.raises(ValueError, match="'loss' parameter") as caught:
        kind(loss=loss).fit(X, Y)
    found = str(caught.value)
    assert found.startswith(
        f"The 'loss' parameter of {kind.__name__} must be a str among {{"
    )
    assert found.endswith(f"Got {loss!r} instead.")
    fitting = [
        one for one in LOSSES.values() if one.classifies == (kind is MLPClassifier)
    ]
    assert all(repr(one.name) in found for one in fitting)


# Numbers ------------------------------------------------------------------------------

NUMBERS = X @ [[1.0, 0.5], [0.0, -1.0], [0.5, 0.0], [0.0, 0.5]]


@pytest.mark.parametrize("loss", names("values", "vectors", "counts", "described"))
def test_each_loss_of_numbers_learns(loss):
    y = np.abs(NUMBERS) if LOSSES[loss].target == "counts" else NUMBERS
    model = MLPRegressor(loss, **QUICK).fit(X, y)
    assert model.loss_ < 0.8 * model.loss_curve_[0]
    assert model.network_.loss.name == loss
    given = model.predict(X)
    assert given.shape == (150, 6 if loss == "quantile" else 2)
    np.testing.assert_array_equal(given, model.network_.predict(X))


def test_names_that_scikit_learn_knows_are_theirs():
    assert (
        MLPRegressor("squared_error", **QUICK).fit(X, Y).out_activation_ == "identity"
    )
    model = MLPRegressor("poisson", **QUICK).fit(X, Y)
    assert model.out_activation_ == "exp"
    assert (model.predict(X) > 0).all()


def skewed(output, y):
    """What is too little costs twice."""
    error = y - output
    return np.mean(np.where(error > 0, 2 * error, -error), axis=1)


@pytest.mark.parametrize("y", [NUMBERS[:, 0], NUMBERS], ids=["one", "two"])
def test_a_function_is_a_loss_of_numbers(y):
    model = MLPRegressor(skewed, **QUICK, early_stopping=True).fit(X, y)
    assert model.score(X, y) > 0.5
    assert model.predict(X).shape == y.shape
    assert np.mean(model.predict(X) > y) > 0.5


def test_without_one_number_to_score_the_loss_stops():
    """A loss of quantiles has no R2: its score is that of the loss, the sign turned."""
    model = NetworkRegressor(
        [],
        loss=gp.losses.Quantile([0.2, 0.8]),
        early_stopping=True,
        random_state=0,
        max_iter=40,
        optimizer=gp.Adam(0.05),
        tol=0.02,
        n_iter_no_change=3,
    ).fit(X, NUMBERS[:, 0])
    assert model.predict(X).shape == (150, 2)
    assert model.validation_scores_ == [-one for one in model.validation_loss_curve_]
    assert model.converged_
    held = model.validation_loss_curve_
    assert model.best_validation_score_ == -min(held)
    assert held.index(min(held)) < len(held) - 3


@pytest.mark.parametrize(
    ("loss", "y", "words"),
    [
        (
            LOSSES["hinge"],
            Y,
            "loss 'hinge' is about classes, and a regressor predicts numbers. Use "
            "'half_squared_error', 'mean_squared_error', 'mean_absolute_error', "
            "'huber', 'log_cosh', 'cosine', 'poisson', 'quantile' or 'gaussian'.",
        ),
        (
            lambda output, y: (output - y) ** 2,
            Y,
            "loss '<lambda>': expected one number a row, (n,), or one number in all, "
            "(), got (n, 1) from output (n, 1) and target (n, 1). Sum or average over "
            "the other axes, np.mean(..., axis=1).",
        ),
        (
            lambda output, y: np.abs(output - y[:, 0])[:, 0],
            Y,
            "loss '<lambda>': output (n, 1) and (n,) would broadcast to (n, n), every "
            "row with every other. y[:, None] makes a column of one number a row, "
            "output[:, 0] one number a row of a column.",
        ),
        (
            gp.losses.Quantile,
            Y,
            "loss: got the class Quantile, expected a loss. Make one, Quantile(...).",
        ),
    ],
)
def test_a_loss_of_numbers_that_does_not_fit_is_refused(loss, y, words):
    model = MLPRegressor(loss, **QUICK)
    with pytest.raises(ValueError, match=r".") as caught:
        model.fit(X, y)
    said, *_ = str(caught.value).split("\n")
    assert said == words
    assert not hasattr(model, "network_")
