"""Bad input to estimators: refused as scikit-learn's own refuse it, in clear words.

Each case runs with scikit-learn's estimators and with ours. Ours must raise what theirs
raise, by its class, and in their words, or in those that are written beside the case.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from signal import SIGINT, raise_signal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from sklearn import neural_network as theirs
from sklearn.datasets import load_iris
from sklearn.preprocessing import StandardScaler

from glassprop import sklearn as ours

pytestmark = pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.ConvergenceWarning"  # all trainings are short
)

X, SPECIES = load_iris(return_X_y=True)
X = StandardScaler().fit_transform(X)
NUMBERS = X @ [1.0, 2.0, 0.0, -1.0]
TABLE = pd.DataFrame(X, columns=["a", "b", "c", "d"])
SHORT = {"hidden_layer_sizes": (4,), "max_iter": 3, "random_state": 0}
KINDS = ("MLPClassifier", "MLPRegressor")


@dataclass(frozen=True)
class Case:
    """What must not work.

    Parameters
    ----------
    name : str
        What is wrong.
    run : callable
        Does it, with estimators of a module.
    words : str
        Our whole message, where it is not scikit-learn's.
    """

    name: str
    run: Callable[[Any], Any]
    words: str = ""


def put(array, at, value):
    """Give a copy with another value in one place."""
    changed = np.array(array, float)
    changed[at] = value
    return changed


def raised(case, module):
    """Give what a case raises; None if it does nothing of the kind."""
    try:
        with np.errstate(all="ignore"):
            case.run(module)
    except Exception as error:
        return error
    return None


# Parameters ---------------------------------------------------------------------------

VALUES = {
    "hidden_layer_sizes": [0, -1, 2.5, "ten", None, (3, 0), (3, -1)],
    "activation": ["nope", 3, None],
    "solver": ["newton", None],
    "alpha": [-1, "much", None],
    "batch_size": [0, -5, 2.5, "all"],
    "learning_rate": ["slow", 0.1],
    "learning_rate_init": [0, -0.1, "small"],
    "power_t": [-1],
    "max_iter": [0, -1, 2.5],
    "shuffle": ["yes", 3],
    "random_state": ["seed", -1, 1.5],
    "tol": [-1e-4, "low"],
    "verbose": [-1, "yes"],
    "warm_start": ["yes"],
    "momentum": [-0.1, 1.5],
    "nesterovs_momentum": ["yes"],
    "early_stopping": ["yes", 5],
    "validation_fraction": [-0.1, 1.0, 1.5],
    "beta_1": [-0.1, 1.0],
    "beta_2": [-0.1, 1.0],
    "epsilon": [0, -1e-8],
    "n_iter_no_change": [0, -1, 2.5],
    "max_fun": [0, 2.5],
}


def of_parameter(kind, name, value):
    def run(module):
        model = getattr(module, kind)(**{**SHORT, name: value})
        model.fit(X, SPECIES)

    return Case(f"{kind}: {name}={value!r}", run)


PARAMETERS = [
    of_parameter(kind, name, value)
    for kind in KINDS
    for name, values in VALUES.items()
    for value in values
]


def in_order(error):
    """Give the message, with the names of a set in order."""
    return re.sub("{(.*)}", lambda m: str(sorted(m[1].split(", "))), str(error))


OTHER_VALUES = ("activation", "momentum=")  # ours takes more, or less


@pytest.mark.parametrize("case", PARAMETERS, ids=lambda case: case.name)
def test_a_wrong_parameter_is_refused_as_theirs(case):
    given, expected = (raised(case, module) for module in (ours, theirs))
    assert type(given) is type(expected)
    assert "must be" in str(given)
    if not any(name in case.name for name in OTHER_VALUES):
        assert in_order(given) == in_order(expected)


def test_every_parameter_of_theirs_is_tried():
    shared = set(theirs.MLPClassifier().get_params())
    assert shared == set(VALUES)


# Data ---------------------------------------------------------------------------------


def fit(kind, X=X, y=SPECIES, weights=None, **options):
    def run(module):
        model = getattr(module, kind)(**{**SHORT, **options})
        return model.fit(X, y, weights)

    return run


def then(kind, call, y=SPECIES, **options):
    def run(module):
        model = getattr(module, kind)(**{**SHORT, **options})
        return call(model.fit(X, y))

    return run


def step(*parts, kind="MLPClassifier", **options):
    """Train on the parts, one call of partial_fit each."""

    def run(module):
        model = getattr(module, kind)(**{**SHORT, **options})
        for part in parts:
            model.partial_fit(**{"X": X, "y": SPECIES, **part})

    return run


def named(run):
    """Train on a table whose columns have names, then do something with the model."""

    def whole(module):
        model = module.MLPClassifier(**SHORT).fit(TABLE, SPECIES)
        return run(model)

    return whole


FIRST = {"classes": [0, 1, 2]}
DATA = [
    *(
        Case(f"{kind}: {name}", fit(kind, X=rows, y=NUMBERS > 0))
        for kind in KINDS
        for name, rows in {
            "NaN in X": put(X, (3, 1), np.nan),
            "infinity in X": put(X, (3, 1), np.inf),
            "minus infinity in X": put(X, (3, 1), -np.inf),
            "one axis": X[:, 0],
            "three axes": X[:, :, None],
            "no rows": X[:0],
            "no columns": X[:, :0],
            "words": np.full(X.shape, "word"),
            "complex numbers": X + 1j,
            "None": None,
            "NaN in sparse X": csr_array(put(X, (3, 1), np.nan)),
            "fewer rows than y": X[:10],
        }.items()
    ),
    Case("no y", fit("MLPClassifier", y=None)),
    Case("no numbers", fit("MLPRegressor", y=None)),
    Case("too few labels", fit("MLPClassifier", y=SPECIES[:9])),
    Case("too few numbers", fit("MLPRegressor", y=NUMBERS[:9])),
    Case("NaN in y", fit("MLPRegressor", y=put(NUMBERS, 3, np.nan))),
    Case("infinity in y", fit("MLPRegressor", y=put(NUMBERS, 3, np.inf))),
    Case("NaN among labels", fit("MLPClassifier", y=put(SPECIES, 3, np.nan))),
    Case("numbers as labels", fit("MLPClassifier", y=NUMBERS)),
    Case("words as numbers", fit("MLPRegressor", y=np.full(150, "word", object))),
    Case("y of three axes", fit("MLPRegressor", y=np.zeros((150, 2, 2)))),
    Case(
        "several columns of classes",
        fit("MLPClassifier", y=np.stack([SPECIES, SPECIES], axis=1)),
    ),
    Case("too few weights", fit("MLPClassifier", weights=np.ones(9))),
    Case("NaN in weights", fit("MLPClassifier", weights=put(np.ones(150), 3, np.nan))),
    Case("weights of two axes", fit("MLPRegressor", weights=np.ones((150, 1)))),
    Case("words as weights", fit("MLPRegressor", weights=["word"] * 150)),
    Case("no weight at all", fit("MLPRegressor", weights=np.zeros(150))),
    # training
    Case(
        "too little to hold out",
        fit("MLPRegressor", early_stopping=True, validation_fraction=0.005),
    ),
    Case(
        "fewer rows held out than classes",
        fit(
            "MLPClassifier",
            y=SPECIES == 1,
            early_stopping=True,
            validation_fraction=0.005,
        ),
    ),
    # prediction
    *(
        Case(
            f"{kind}: not fitted",
            lambda module, kind=kind: getattr(module, kind)().predict(X),
        )
        for kind in KINDS
    ),
    Case(
        "columns missing", then("MLPRegressor", lambda model: model.predict(X[:, 1:]))
    ),
    Case(
        "NaN to predict",
        then("MLPClassifier", lambda model: model.predict(put(X, (3, 1), np.nan))),
    ),
    Case(
        "one row without an axis",
        then("MLPClassifier", lambda model: model.predict(X[0])),
    ),
    Case(
        "columns in another order", named(lambda model: model.predict(TABLE[[*"bacd"]]))
    ),
    Case(
        "another column", named(lambda m: m.predict(TABLE.rename(columns={"a": "e"})))
    ),
    Case("scored on too few", then("MLPRegressor", lambda m: m.score(X, NUMBERS[:9]))),
    # going on
    Case("no classes in the first step", step({})),
    Case("other classes later", step(FIRST, {"classes": [0, 1, 3]})),
    Case("a label of no class", step({"classes": [0, 1]})),
    Case("a label that is new", step(FIRST, {"y": SPECIES + 1})),
    Case("fewer columns later", step(FIRST, {"X": X[:, 1:]})),
    Case("steps of all rows at once", step(FIRST, solver="lbfgs")),
    Case(
        "fewer classes in a warm start",
        then("MLPClassifier", lambda m: m.fit(X[:99], SPECIES[:99]), warm_start=True),
    ),
]


@pytest.mark.parametrize("case", DATA, ids=lambda case: case.name)
def test_wrong_data_are_refused_as_theirs(case):
    given, expected = (raised(case, module) for module in (ours, theirs))
    assert expected is not None
    assert isinstance(given, type(expected))
    assert str(given) == (case.words or str(expected))


# Words of our own ---------------------------------------------------------------------

DIVERGED = (
    "Solver produced non-finite parameter weights. The input data may contain large "
    "values and need to be preprocessed. What happened: training diverged in epoch "
    "{at}: {what}. Scale X, and y if it is numbers (StandardScaler, "
    "TransformedTargetRegressor), lower learning_rate_init, or pass clip=1.0."
)
SAID = [
    *(
        Case(
            f"layers of {sizes!r}",
            fit("MLPRegressor", hidden_layer_sizes=sizes),
            f"hidden_layer_sizes must be whole numbers, got {list(sizes)}.",
        )
        for sizes in ((2.5,), (4, 2.0), ("a",), (None,), [[3]], (True,))
    ),
    Case(
        "large numbers",
        fit("MLPRegressor", X=X * 1e200),
        DIVERGED.format(
            at="1, step 1",
            what="the first value that is not finite is infinity, made by multiply in "
            "the forward pass of the loss; the largest weight then was 1, of layer "
            "'dense_2'",
        ),
    ),
    Case(
        "steps too long",
        fit("MLPClassifier", learning_rate_init=1e300),
        DIVERGED.format(
            at="2, step 1",
            what="the first value that is not finite is infinity, made by matmul in "
            "the forward pass of layer 'dense_2'",
        ),
    ),
    Case(
        "one activation for no layer",
        fit("MLPClassifier", activation=[]),
        "activation has 0 entries, for 1 hidden layer: give one for each, or one for "
        "all.",
    ),
]


@pytest.mark.parametrize("case", SAID, ids=lambda case: case.name)
def test_what_theirs_refuse_is_refused_in_clearer_words(case):
    given, expected = (raised(case, module) for module in (ours, theirs))
    builtin = next(
        one for one in type(expected).__mro__ if one in (TypeError, ValueError)
    )
    assert isinstance(given, builtin)
    assert str(given) == case.words


KNOWN = (
    "Expected identity, sigmoid, hard_sigmoid, tanh, softsign, relu, relu6, "
    "leaky_relu, elu, selu, gelu, gelu_tanh, silu, mish, softplus, softmax or "
    "log_softmax, or a function of one array."
)
ONLY_OURS = [
    Case(
        "a name in a list of activations",
        fit("MLPRegressor", activation=["nope"]),
        f"unknown activation 'nope'. {KNOWN}",
    ),
    Case(
        "a number in a list of activations",
        fit("MLPRegressor", activation=[3]),
        f"unknown activation 3. {KNOWN}",
    ),
    Case(
        "a function that loses the rows",
        fit("MLPRegressor", activation=lambda z: z.sum()),
        "Dense 'dense_1': expected output of shape (n, ...), a row for each row of the "
        "input, got () from input (n, 4).",
    ),
    Case(
        "a function of two arrays",
        fit("MLPRegressor", activation=lambda a, b: a),
        "activation '<lambda>' takes (a, b), but is called with (z). Write it as a "
        "function (z).",
    ),
    Case(
        "a momentum that forgets nothing",
        fit("MLPRegressor", solver="sgd", momentum=1.0),
        "The 'momentum' parameter of MLPRegressor must be a float in the range [0.0, "
        "1.0). Got 1.0 instead.",
    ),
    Case(
        "a weight below zero",
        fit("MLPClassifier", weights=put(np.ones(150), 3, -1.0)),
        "sample_weight: expected numbers >= 0, got -1.0 in row 3.",
    ),
    Case(
        "counts below zero",
        fit("MLPRegressor", y=SPECIES - 1.0, loss="poisson"),
        "y: loss 'poisson' takes counts, 0 or more, got -1.0 in row 0. For numbers "
        "without this bound use loss='mean_squared_error'.",
    ),
    Case(
        "words of fixed length as numbers",
        fit("MLPRegressor", y=np.full(150, "word")),
        "y: expected numbers, got dtype <U4. Number words by np.unique(words, "
        "return_inverse=True)[1].",
    ),
    Case(
        "rows to measure without their labels",
        lambda module: module.MLPClassifier(**SHORT).fit(X, SPECIES, X_val=X),
        "y_val is missing: pass both X_val and y_val.",
    ),
    Case(
        "a label to measure that is new",
        lambda module: module.MLPClassifier(**SHORT).fit(
            X, SPECIES, X_val=X, y_val=SPECIES + 1
        ),
        "`y` has classes not in `self.classes_`. `self.classes_` has [0 1 2]. 'y' has "
        "[1 2 3].",
    ),
    Case(
        "fewer columns to measure",
        lambda module: module.MLPClassifier(**SHORT).fit(
            X, SPECIES, X_val=X[:, 1:], y_val=SPECIES
        ),
        "X has 3 features, but MLPClassifier is expecting 4 features as input.",
    ),
    Case(
        "an optimizer of no name",
        fit("MLPClassifier", optimizer="adamm"),
        "unknown optimizer 'adamm'. Did you mean 'adam'? Expected sgd, adam, adamw, "
        "nadam, rmsprop, adagrad, lion, rprop or lbfgs, or an optimizer such as "
        "gp.Adam(learning_rate=0.01).",
    ),
    Case(
        "a back end of no name",
        fit("MLPClassifier", backend="gpu"),
        "unknown backend 'gpu'. Expected 'auto', 'numpy' or 'numba'.",
    ),
    Case(
        "all of a layer dropped",
        fit("MLPClassifier", dropout=1.0),
        "The 'dropout' parameter of MLPClassifier must be a float in the range [0.0, "
        "1.0). Got 1.0 instead.",
    ),
    Case(
        "classes without a weight",
        fit("MLPClassifier", class_weight={7: 1.0}),
        "The classes, [0, 1, 2], are not in class_weight",
    ),
]


@pytest.mark.parametrize("case", ONLY_OURS, ids=lambda case: case.name)
def test_what_only_ours_refuse(case):
    given = raised(case, ours)
    assert isinstance(given, ValueError)
    assert str(given) == case.words


def test_no_steps_without_a_stochastic_solver():
    for kind in KINDS:
        model = getattr(ours, kind)(solver="lbfgs")
        with pytest.raises(AttributeError) as caught:
            model.partial_fit(X, SPECIES)
        assert str(caught.value) == f"This {kind!r} has no attribute 'partial_fit'"
        assert str(caught.value.__cause__) == (
            "partial_fit is only available for stochastic optimizers. lbfgs is not "
            "stochastic."
        )


# What both take -----------------------------------------------------------------------

TAKEN = [
    Case("one class", fit("MLPClassifier", y=["a"] * 150)),
    Case(
        "one class, all rows at once", fit("MLPClassifier", y=[3] * 150, solver="lbfgs")
    ),
    Case(
        "a label that all rows have",
        fit(
            "MLPClassifier",
            y=np.stack([SPECIES > 0, SPECIES >= 0], axis=1).astype(int),
        ),
    ),
    Case("no hidden layer", fit("MLPClassifier", hidden_layer_sizes=())),
    Case(
        "layers as an array", fit("MLPClassifier", hidden_layer_sizes=np.array([3, 2]))
    ),
    Case("one row", fit("MLPRegressor", X[:1], NUMBERS[:1])),
    Case("one weight for all", fit("MLPRegressor", weights=2.0)),
    Case("weights that are huge", fit("MLPRegressor", weights=np.full(150, 1e300))),
    Case(
        "classes that no row has",
        lambda module: module.MLPClassifier(**SHORT).partial_fit(
            X, SPECIES, classes=[3, 2, 0, 1, 1]
        ),
    ),
    Case("yes and no as numbers", fit("MLPRegressor", y=NUMBERS > 0)),
]


@pytest.mark.parametrize("case", TAKEN, ids=lambda case: case.name)
def test_what_theirs_take_is_taken(case):
    us, them = (case.run(module) for module in (ours, theirs))
    method = "predict_proba" if hasattr(them, "predict_proba") else "predict"
    given, expected = (getattr(one, method)(X) for one in (us, them))
    np.testing.assert_allclose(given, expected, rtol=1e-9, atol=1e-12)
    assert us.predict(X).dtype == them.predict(X).dtype


# Warnings -----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_a_batch_larger_than_the_data_is_told_of(kind):
    told = []
    for module in (ours, theirs):
        with pytest.warns(UserWarning, match="batch_size") as caught:
            getattr(module, kind)(**SHORT, batch_size=999).fit(X, SPECIES)
        told.append([str(one.message) for one in caught if "batch" in str(one.message)])
    assert told[0] == told[1]


# Interrupts ---------------------------------------------------------------------------


class Interrupting:
    """A schedule at whose call of some epoch somebody presses Ctrl-C."""

    def __init__(self, epoch):
        self.left = epoch

    def __call__(self, steps, steps_per_epoch):
        self.left -= 1
        if self.left == 0:
            raise_signal(SIGINT)
        return np.ones(len(steps))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("epoch", [1, 3])
@pytest.mark.parametrize("early", [False, True])
def test_an_interrupt_keeps_the_model(kind, epoch, early):
    options = {**SHORT, "max_iter": 50, "early_stopping": early}
    model = getattr(ours, kind)(**options, schedule=Interrupting(epoch))
    with pytest.warns(UserWarning) as caught:
        model.fit(X, SPECIES)
    assert [str(one.message) for one in caught] == ["Training interrupted by user."]
    assert model.n_iter_ == len(model.loss_curve_) == epoch - 1
    assert np.isfinite(model.loss_)
    assert model.predict(X).shape == (150,)
    model.set_params(early_stopping=False, schedule=None).partial_fit(X, SPECIES)
    assert len(model.loss_curve_) == epoch
