"""`fit(diagnose=True)`: a training that is watched is the same training."""

from __future__ import annotations

import numpy as np
import pytest

import glassprop as gp
from diagnose_examples import LABELS, NUMBERS, X, classifier, normalized, regressor
from glassprop.backends.run_numba import NumbaSteps
from glassprop.backends.run_numpy import NumpySteps
from glassprop.diagnosis.causes import DOMAINS
from glassprop.diagnosis.moments import Look
from glassprop.diagnosis.planning import (
    FEWEST,
    LEAST_ROWS,
    MOST,
    ROWS,
    affordable,
    look_epochs,
)
from glassprop.diagnosis.watching import Watching
from glassprop.errors import ArgumentError, DivergenceError
from glassprop.ops import PRIMITIVES
from networks import bits

QUIET = {"verbose": False, "epochs": 20}


def stop_at_seven(_net, history):
    return len(history.epochs) == 7


class Steps:
    def __init__(self):
        self.losses = []

    def __call__(self, _net, _history):
        return None

    def after_step(self, _net, _step, loss):
        self.losses.append(loss)


# The same bits ------------------------------------------------------------------------


HEARD = {
    "plain": {},
    "stopped by a callback": {"callbacks": [stop_at_seven]},
    "stopped early": {"validation": 0.3, "early_stopping": 2, "epochs": 60},
    "schedule": {"schedule": gp.schedules.Cosine(40)},
    "all rows": {"batch_size": None, "optimizer": gp.SGD(0.1, momentum=0.9)},
    "weighted": {"class_weight": "balanced", "clip": 0.1},
    "averaged": {"optimizer": gp.optimizers.EMA(gp.Adam(0.01))},
}


@pytest.mark.parametrize(
    ("how", "layers", "backend"),
    [
        *((how, normalized(), "numpy") for how in HEARD),
        *((how, classifier(), "numba") for how in list(HEARD)[:4]),
    ],
)
def test_watching_changes_no_bit(how, layers, backend):
    options, results = QUIET | HEARD[how], []
    for diagnose in (False, True):
        net = gp.Network(layers, loss="cross_entropy")
        for _ in range(2):  # the second goes on
            history = net.fit(X, LABELS, diagnose=diagnose, backend=backend, **options)
        assert (history.diagnosis is None) is not diagnose
        memory = {key: one.tobytes() for key, one in net.training.memory.items()}
        counts = net.training.epochs, net.training.steps, history.stopped
        results.append((bits(net), dict(history), memory, counts))
    assert results[0] == results[1]


def test_watching_changes_no_bit_of_lbfgs_nor_of_what_hears_each_step():
    for options in (
        {"optimizer": "lbfgs", "batch_size": None},
        {"callbacks": [Steps()]},
    ):
        results = []
        for diagnose in (False, True):
            net = gp.Network(regressor(), loss="mean_squared_error")
            history = net.fit(X, NUMBERS, diagnose=diagnose, **QUIET | options)
            results.append((bits(net), dict(history)))
        assert results[0] == results[1]
    losses = options["callbacks"][0].losses
    assert losses[: len(losses) // 2] == losses[len(losses) // 2 :]


# When, and what is told ---------------------------------------------------------------


@pytest.fixture
def looked(monkeypatch):
    """Keep what watches each training."""
    kept = []
    begin = Watching.begin

    def keeping(self, say):
        kept.append(self)
        begin(self, say)

    monkeypatch.setattr(Watching, "begin", keeping)
    return kept


@pytest.mark.parametrize("more", [{}, {"validation": 0.3}, {"batch_size": None}])
def test_looks_are_at_the_planned_epochs_alone(looked, more):
    net = gp.Network(classifier(), loss="cross_entropy")
    for before in (0, 50):
        net.fit(X, LABELS, diagnose=True, verbose=False, epochs=50, **more)
        planned = [before + one for one in looked[-1].pauses]
        assert [one.epoch for one in looked[-1].watch.looks] == planned
        assert planned[0] == before
        assert planned[-1] == before + 50
        steps = [one.step for one in looked[-1].watch.looks]
        assert steps == [looked[-1].work.steps_per_epoch * one for one in planned]


def step_of(units):
    net = gp.Network([gp.Dense(units, "relu"), gp.Dense(units, "relu"), gp.Dense(3)])
    net.fit(X, LABELS, loss="cross_entropy", epochs=1, verbose=False)
    return net.recipe.program(net.structure)


def test_looks_are_few_where_steps_are_cheap_and_never_many():
    program = step_of(8)
    for steps in (NumpySteps, NumbaSteps):
        assert affordable(program, 32, 10, steps.pace) == (FEWEST, ROWS)
        assert affordable(program, 32, 10**9, steps.pace) == (MOST, ROWS)
    for looks in range(FEWEST, MOST + 1):
        epochs = look_epochs(1000, looks)
        assert len(epochs) == looks
        assert (epochs[0], epochs[1], epochs[-1]) == (0, 1, 1000)
    assert look_epochs(3, MOST) == [0, 1, 2, 3]
    assert look_epochs(1, FEWEST) == [0, 1]


def test_looks_are_on_fewer_rows_where_a_row_is_dear():
    small, large, huge = (step_of(units) for units in (16, 100, 600))
    for steps, program, rows in (
        (100, small, ROWS),
        (100, huge, LEAST_ROWS),
        (10**6, huge, ROWS),
    ):
        assert affordable(program, 8, steps, NumpySteps.pace).rows == rows
    some = affordable(large, 8, 100, NumpySteps.pace).rows
    assert LEAST_ROWS < some < ROWS
    assert affordable(huge, 100, 100, NumpySteps.pace).rows == 100  # as a step has
    assert affordable(huge, 1000, 100, NumpySteps.pace).rows == ROWS


def test_rows_that_are_dear_are_looked_at_few_at_a_time(looked):
    def fitted(**options):
        net = gp.Network([gp.Dense(600, "relu"), gp.Dense(600, "relu"), gp.Dense(3)])
        many = np.tile(X, (5, 1)), np.tile(LABELS, 5)
        net.fit(*many, loss="cross_entropy", epochs=1, verbose=False, **options)
        seen = looked[-1]
        return len(seen.watch.rows), len(seen.at_rest.some_rows)

    assert fitted(diagnose=True) == (LEAST_ROWS, LEAST_ROWS)
    assert fitted(diagnose=2) == (ROWS, ROWS)


def test_gradients_of_a_look_are_those_of_the_coming_step(looked):
    net = gp.Network(classifier(), loss="cross_entropy")
    before = net.copy()
    net.fit(X, LABELS, epochs=1, optimizer="adam", diagnose=True, verbose=False)
    before(X)
    for one, trained in zip(looked[-1].watch.looks, (before, net), strict=True):
        slopes = trained.gradients(X, LABELS, loss="cross_entropy")
        sizes = {key: np.mean(np.abs(slope)) for key, slope in slopes.items()}
        assert one.gradients == pytest.approx(sizes, rel=1e-12)


def test_a_look_at_a_step_needs_nothing_else(looked):
    """The losses along a step of plain gradient descent, worked out by hand."""
    w = np.array([[1.0], [2.0], [3.0]])
    net = gp.Network([gp.Dense(1, bias=False, weights=(w,))])
    net.fit(
        X,
        NUMBERS,
        loss="mean_squared_error",
        optimizer=gp.SGD(0.1),
        batch_size=None,
        epochs=1,
        diagnose=True,
        verbose=False,
    )
    slope = 2 / len(X) * X.T @ (X @ w - NUMBERS)
    losses = [
        np.mean((X @ (w - part * slope) - NUMBERS) ** 2) for part in (0, 0.05, 0.1)
    ]
    assert looked[-1].watch.looks[0].losses == pytest.approx(tuple(losses))


def test_a_number_says_how_many_looks_there_are(looked):
    net = gp.Network(classifier(), loss="cross_entropy")
    net.fit(X, LABELS, epochs=100, diagnose=5, verbose=False)
    assert len(looked[-1].watch.looks) == 5


@pytest.mark.parametrize("wrong", [1, -3, 2.5, "yes", None])
def test_a_number_of_looks_that_is_none_is_refused(wrong):
    net = gp.Network(classifier(), loss="cross_entropy")
    with pytest.raises(ArgumentError) as caught:
        net.fit(X, LABELS, diagnose=wrong, verbose=False)
    assert str(caught.value) == (
        "diagnose must be True, False, or how many looks there are at the training, 2 "
        f"or more; got {wrong!r}."
    )


def test_a_finding_is_told_once_and_in_silence_never(capsys):
    def fitted(**options):
        net = gp.Network([gp.Dense(4, "tanh"), gp.Dense(3, "softmax")])
        return net.fit(
            X, LABELS, loss="cross_entropy", diagnose=True, epochs=30, **options
        )

    found = fitted(verbose=True).diagnosis
    out, error = capsys.readouterr()
    assert out == ""
    assert "loss_and_output" in found.conditions
    for one in found:
        assert error.count(f"{one.about.title} ({one.condition})") == 1
    assert fitted(verbose=False).diagnosis == found
    assert capsys.readouterr() == ("", "")


def test_an_interrupted_or_stopped_training_has_its_diagnosis():
    net = gp.Network(classifier(), loss="cross_entropy")
    options = {"callbacks": [stop_at_seven], "epochs": 1000, "verbose": False}
    history = net.fit(X, LABELS, diagnose=True, **options)
    assert (len(history.epochs), history.stopped) == (7, "callback")
    assert history.diagnosis.looked_at


# How far a step went ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("part", "expected"),
    [(1.0, 0.0), (2.0, 1.0), (0.5, -0.5), (3.0, 2.0), (0.01, -0.99)],
)
def test_how_far_a_step_goes_along_a_parabola(part, expected):
    """A step of `part` the way to the lowest point at 1."""
    losses = tuple(3 + 2 * (part * at - 1) ** 2 for at in (0.0, 0.5, 1.0))
    if part == 2:  # the loss is what it was: left to what is around it
        assert np.isnan(look(losses).overshoot)
        losses = tuple(3 + 2 * (2.001 * at - 1) ** 2 for at in (0.0, 0.5, 1.0))
        assert look(losses).overshoot == pytest.approx(1.001)
        return
    assert look(losses).overshoot == pytest.approx(expected)


def test_how_far_a_step_goes_where_there_is_no_parabola():
    assert look((1.0, 0.9, 0.8)).overshoot == -1
    assert look((1.0, 2.0, 3.0)).overshoot == np.inf
    assert look((1.0, 0.8, 0.3)).overshoot == -1  # it bends down
    for losses in ((1.0, np.nan, 1.0), (1.0, 1.0, np.inf), (1.0, 1.0, 1.0 + 1e-9)):
        assert np.isnan(look(losses).overshoot)


def look(losses):
    return Look(0, 0, losses, {}, {}, (), (), {}, 0.1)


# Divergence ---------------------------------------------------------------------------

KEPT = "The network keeps the weights from before that step."


def careless(output, y):
    return -np.sum(y * np.log(gp.softmax(output)), axis=1)


def roots(output, y):
    return (np.sqrt(output[:, 0]) - y[:, 0]) ** 2


def towers(output, y):
    return np.exp(1e3 * output[:, 0]) - y[:, 0]


@pytest.mark.parametrize("diagnose", [False, True])
@pytest.mark.parametrize(
    ("layers", "data", "options", "message", "step", "change"),
    [
        (
            classifier("relu"),
            (X * 1e5, np.eye(3)[LABELS]),
            {"loss": careless},
            "training diverged in epoch 1, step 1: the first value that is not finite "
            "is infinity, made by log in the forward pass of the loss; the largest "
            f"weight then was 1.8, of layer 'hidden'. {KEPT} log has no finite value "
            "for 0 and below: keep its argument above, np.log(np.maximum(p, 1e-12)).",
            1,
            "log has no finite value for 0 and below: keep its argument above, "
            "np.log(np.maximum(p, 1e-12)).",
        ),
        (
            [gp.Dense(1, weights=([[1.0], [0.0], [0.0]],), name="out")],
            (X, NUMBERS),
            {"loss": roots},
            "training diverged in epoch 1, step 1: the first value that is not finite "
            "is NaN, made by sqrt in the forward pass of the loss; the largest weight "
            f"then was 1, of layer 'out'. {KEPT} sqrt has no finite value for numbers "
            "below 0: keep its argument there, np.sqrt(np.maximum(x, 0)).",
            1,
            "sqrt has no finite value for numbers below 0: keep its argument there, "
            "np.sqrt(np.maximum(x, 0)).",
        ),
        (
            [gp.Dense(1, weights=([[1.0], [0.0], [0.0]],), name="out")],
            (np.ones((4, 3)), np.ones((4, 1))),
            {"loss": towers},
            "training diverged in epoch 1, step 1: the first value that is not finite "
            "is infinity, made by exp in the forward pass of the loss; the largest "
            f"weight then was 1, of layer 'out'. {KEPT} It is the first step, so that "
            "the learning rate is not the reason: keep what comes to exp, up to 1e+03 "
            "in size, smaller.",
            1,
            "It is the first step, so that the learning rate is not the reason: keep "
            "what comes to exp, up to 1e+03 in size, smaller.",
        ),
        (
            [gp.Dense(1, weights=([[1.0]],), name="out")],
            (np.array([[1e200]]), np.ones((1, 1))),
            {"loss": "mean_squared_error"},
            "training diverged in epoch 1, step 1: the first value that is not finite "
            "is infinity, made by multiply in the forward pass of the loss; the "
            f"largest weight then was 1, of layer 'out'. {KEPT} The inputs are up to "
            "1e+200 in size: standardize them, gp.Standardize() as first layer.",
            1,
            "layers = [gp.Standardize(), *layers]",
        ),
        (
            [gp.Dense(1, initializer=0.0, name="out")],
            (np.ones((2, 1)), np.ones((2, 1))),
            {"loss": "mean_squared_error", "optimizer": gp.SGD(1e90)},
            "training diverged in epoch 3, step 1: the first value that is not finite "
            "is infinity, made by multiply in the forward pass of the loss; the "
            f"largest weight then was 8e+180, of layer 'out'. {KEPT} They are too "
            "large to go on from: make the network anew. The learning rate was 1e+90: "
            "try 1e+89; standardize the inputs (gp.Standardize() as first layer), or "
            "clip the gradient (clip=1.0).",
            3,
            "net.fit(X, y, optimizer=gp.SGD(learning_rate=1e+89))",
        ),
    ],
    ids=["log of 0", "root of less", "first step", "huge inputs", "learning rate"],
)
def test_an_error_carries_its_finding(  # noqa: PLR0917  # the table has as many
    layers, data, options, message, step, change, diagnose
):
    net = gp.Network(layers)
    with pytest.raises(DivergenceError) as caught:
        net.fit(*data, epochs=5, verbose=False, diagnose=diagnose, **options)
    error = caught.value
    finding = error.finding
    assert str(error) == message
    assert (finding.condition, finding.severity) == ("not_finite", "error")
    assert (finding.layer, finding.step) == ("", step)  # all of them in the loss
    assert finding.seen == error.what
    assert str(finding.change) == change
    if not diagnose:
        assert error.diagnosis is None
        return
    assert error.diagnosis[0].condition == "not_finite"
    assert error.diagnosis[0].seen == error.what
    if "optimizer" in finding.change.options:  # a range test says how much lower
        assert error.diagnosis[0].change.options["optimizer"].learning_rate < 1e89
    else:
        assert error.diagnosis[0] == finding


def test_a_layer_that_makes_the_first_bad_value_is_that_of_the_finding():
    layers = [gp.Dense(1, initializer=0.0), gp.Lambda(np.log, name="logs")]
    net = gp.Network(layers, loss="mean_squared_error")
    with pytest.raises(DivergenceError) as caught:
        net.fit(X, NUMBERS, verbose=False)
    assert (caught.value.layer, caught.value.finding.layer) == ("logs", "logs")


@pytest.mark.parametrize(
    ("given", "weight", "change"),
    [
        (
            3e200,
            1.0,
            "Input 2 is up to 3e+200 in size: standardize it, gp.Standardize() as "
            "first layer of its branch.",
        ),
        (1.0, 1e200, "Begin with some epochs of gp.Adam(), whose steps are small."),
    ],
)
def test_several_inputs_are_not_standardized_as_one(given, weight, change):
    start = 1.0 if weight == 1 else 0.0
    each = gp.Dense(1, weights=[[[start]]], bias=False)
    last = gp.Dense(1, weights=[[[weight]]], bias=False)
    layers = [gp.Parallel([each, each]), gp.Add(), last]
    net = gp.Network(layers, loss="mean_squared_error")
    x = (np.ones((4, 1)), np.full((4, 1), given))
    with pytest.raises(DivergenceError) as caught:
        net.fit(x, np.full((4, 1), 1e150), optimizer="lbfgs", batch_size=None)
    assert str(caught.value.finding.change) == change


NUMBER_LINE = np.array([-3.5, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 3.5])


def test_every_operation_that_is_not_defined_everywhere_says_where_not():
    tested = set()
    for name, row in PRIMITIVES.items():
        arrays = len(row.cases[0].shapes) if row.elementwise and row.cases else 0
        if not 1 <= arrays <= 2 or row.cases[0].kinds:
            continue
        tested.add(name)
        read = np.meshgrid(*[NUMBER_LINE] * arrays)
        with np.errstate(all="ignore"):
            found = np.asarray(row.numpy(*read, **row.cases[0].attributes))
        bad = ~np.isfinite(found.astype(float))
        if name in DOMAINS:
            np.testing.assert_array_equal(DOMAINS[name][0](*read), bad, err_msg=name)
        else:
            assert not bad.any(), name
    assert tested >= set(DOMAINS)
