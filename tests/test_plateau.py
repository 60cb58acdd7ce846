"""Schedules in a training: falling on plateaus, and ending before the training does."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import glassprop as gp
from glassprop.errors import ArgumentError, GlasspropWarning
from glassprop.schedules import Cosine, OneCycle, Plateau, Step, Warmup
from networks import bits, refusal

RNG = np.random.default_rng(12)
X = RNG.normal(size=(40, 3))
Y = (X @ RNG.normal(size=3) > 0).astype(int)
OPTIONS = {"batch_size": 8, "verbose": False, "optimizer": gp.SGD(0.5)}


def network():
    layers = [gp.Dense(4, "tanh"), gp.Dense(2)]
    return gp.Network(layers, loss="cross_entropy", seed=3)


def rates_seen(net, **options):
    """Fit by an optimizer that remembers the learning rate; give that of each epoch."""
    seen = []

    class Watching:
        learning_rate = 1.0

        def init(self, w):
            return {"rate": np.zeros(())}

        def scalars(self, rate, t):
            return rate

        def update(self, w, g, state, scalars):
            return w - 0.01 * scalars * g, {"rate": 0 * state["rate"] + scalars}

    def look(net, history):
        seen.append(float(net.training.memory["rate of dense_1.weight"]))

    fixed = {**OPTIONS, "optimizer": Watching(), "callbacks": [look]}
    net.fit(X, Y, **fixed, **options)
    return seen


def expected_rates(costs, patience, factor):
    """Count along the losses themselves."""
    rates, best, waited, now = [], np.inf, 0, 1.0
    for cost in costs:
        rates.append(now)
        if cost < best:
            best, waited = cost, 0
        else:
            waited += 1
        if waited >= patience:
            now, waited = now * factor, 0
    return rates


@pytest.mark.parametrize(
    ("monitor", "sign"),
    [
        (None, 1),
        ("loss", 1),
        ("validation_loss", 1),
        ("validation_accuracy", -1),
    ],
)
def test_the_rate_falls_when_the_number_stops_getting_better(monitor, sign):
    plateau = Plateau(patience=1, factor=0.5, monitor=monitor)
    net, name = network(), monitor or "validation_loss"
    seen = rates_seen(net, schedule=plateau, validation=0.3, epochs=12)
    assert list(net.training.watched) == [name]
    costs = net.training.watched[name]
    assert seen == pytest.approx(expected_rates(costs, 1, 0.5))
    again = network()
    history = again.fit(X, Y, **OPTIONS, schedule=plateau, validation=0.3, epochs=4)
    assert again.training.watched[name] == [sign * one for one in history[name]]


def test_without_validation_the_loss_is_looked_at():
    net = network()
    history = net.fit(X, Y, **OPTIONS, schedule="plateau", epochs=3)
    assert net.training.watched == {"loss": history["loss"]}


@pytest.mark.filterwarnings("ignore:schedule. Warmup rises")  # in a part of the whole
@pytest.mark.parametrize("first", [1, 4, 7])
def test_parts_and_files_give_the_bits_of_the_whole(first, tmp_path):
    options = {
        **OPTIONS,
        "schedule": Warmup(2, then=Plateau(patience=1, factor=0.3)),
        "validation": 0.3,
    }
    whole, part = network(), network()
    whole.fit(X, Y, **options, epochs=10)
    part.fit(X, Y, **options, epochs=first)
    part.save(tmp_path / "m.safetensors")
    part = gp.load(tmp_path / "m.safetensors")
    part.fit(X, Y, **options, epochs=10 - first)
    assert part.training.watched == whole.training.watched
    assert bits(part) == bits(whole)
    constant = network()
    constant.fit(X, Y, **{**options, "schedule": Warmup(2)}, epochs=10)
    assert bits(constant) != bits(whole)


def test_a_plateau_after_a_rise_does_not_look_at_the_rise():
    plateau, epochs = Plateau(patience=1, factor=0.5), 9
    net = network()
    seen = rates_seen(net, schedule=Warmup(3, then=plateau), epochs=epochs)
    costs = net.training.watched["loss"]
    expected = [1 / 3, 2 / 3, 1.0, *expected_rates(costs[3:], 1, 0.5)]
    assert seen == pytest.approx(expected)


class Sometimes:
    """A metric whose numbers are given, the first for before the training."""

    def __init__(self, *numbers):
        self.numbers = iter(numbers)

    def __call__(self, y_true, y_pred, *, weights=None):
        return next(self.numbers)


def given_numbers(*numbers):
    """Make the options of a fit whose validation has these numbers."""
    metric = gp.metrics.Metric("sometimes", Sometimes(*numbers), "classes", False)
    return {"metrics": [metric], "validation": 0.3, "epochs": len(numbers) - 1}


def test_an_epoch_without_a_number_is_no_better():
    nan = np.nan
    plateau = Plateau(patience=2, factor=0.5, monitor="validation_sometimes")
    seen = rates_seen(
        network(), schedule=plateau, **given_numbers(9, 5, nan, nan, 4, nan, 3, 2)
    )
    assert seen == [1, 1, 1, 0.5, 0.5, 0.5, 0.5]


def test_early_stopping_keeps_the_best_where_numbers_are_missing():
    nan, kept = np.nan, []
    rule = gp.EarlyStopping(patience=3, monitor="validation_sometimes")
    net = network()
    history = net.fit(
        X,
        Y,
        **OPTIONS,
        **given_numbers(9, nan, nan, 5, nan, nan, nan, 1),
        early_stopping=rule,
        callbacks=[lambda net, history: kept.append(bits(net))],
    )
    assert (history.stopped, history.best_epoch) == ("early stopping", 3)
    assert bits(net) == kept[2] != kept[-1]


def test_a_number_that_the_validation_data_do_not_have():
    one_class = X[Y == 0], Y[Y == 0]
    reason = (
        "validation_roc_auc is NaN before training, so that no epoch could be the "
        "best: the metric has no answer for these validation data, as where a class "
        "has no rows. Hold out other rows, validation=(X, y), or watch another number, "
        "monitor='validation_loss'."
    )
    for kind, options in (
        ("Plateau", {"schedule": Plateau(monitor="validation_roc_auc")}),
        (
            "EarlyStopping",
            {"early_stopping": gp.EarlyStopping(monitor="validation_roc_auc")},
        ),
    ):
        net = network()
        measured = {"validation": one_class, "metrics": ["roc_auc"], **OPTIONS}

        def call(net=net, options=options, measured=measured):
            net.fit(X, Y, **measured, **options)

        assert refusal(ArgumentError, call) == f"{kind}: {reason}"
        assert net.input_shape is None
        history = net.fit(X, Y, **measured, early_stopping=3)  # that of the loss
        assert np.isnan(history["validation_roc_auc"]).all()


def test_another_optimizer_begins_anew():
    net = network()
    net.fit(X, Y, **OPTIONS, schedule="plateau", epochs=3)
    net.fit(X, Y, **{**OPTIONS, "optimizer": "adam"}, schedule="plateau", epochs=2)
    assert len(net.training.watched["loss"]) == 2


def test_other_schedules_keep_nothing():
    net = network()
    net.fit(X, Y, **OPTIONS, epochs=3, schedule=Step(2))
    assert net.training.watched == {}


def test_a_number_that_the_history_has_not():
    net = network()
    message = refusal(
        ArgumentError,
        lambda: net.fit(
            X, Y, schedule=Plateau(monitor="validation_acc"), validation=0.3
        ),
    )
    assert message.startswith(
        "Plateau: monitor='validation_acc' is not in the history, which has loss, "
        "validation_loss, validation_accuracy"
    )
    assert refusal(
        ArgumentError, lambda: net.fit(X, Y, schedule=Plateau(monitor="lose"))
    ) == (
        "Plateau: monitor='lose' is not in the history, which has loss. Did you mean "
        "'loss'?"
    )
    assert net.input_shape is None


# A schedule that is shorter than the training -----------------------------------------


def warned(net, **options):
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        net.fit(X, Y, **{**OPTIONS, **options})
    assert {one.category for one in found} <= {GlasspropWarning}
    assert {one.filename for one in found} <= {__file__}
    return [str(one.message) for one in found]


def test_a_schedule_that_ends_early_is_warned_of_once():
    net = network()
    assert warned(net, schedule=Cosine(4), epochs=4) == []
    assert warned(net, schedule=Cosine(4), epochs=2) == [
        "schedule: Cosine(epochs=4, final=0.0) has come to its end after 4 epochs, and "
        "this fit goes on to epoch 6. The learning rate stays what it is then. Give "
        "the schedule 6 epochs to end with the fit."
    ]
    assert warned(network(), schedule=Warmup(3, then=OneCycle(2)), epochs=6) == [
        "schedule: Warmup(epochs=3, then=OneCycle(epochs=2, start=0.04, rise=0.3, "
        "final=4e-06)) has come to its end after 5 epochs, and this fit goes on to "
        "epoch 6. The learning rate stays what it is then. Give the schedule 6 epochs "
        "to end with the fit."
    ]


def test_a_rise_that_is_longer_than_the_training_is_warned_of():
    net, schedule = network(), Warmup(10)
    assert warned(net, schedule=schedule, epochs=2) == [
        "schedule: Warmup rises for 10 epochs, and this fit ends after epoch 2, before "
        "the learning rate is reached. A further fit with the same schedule goes on "
        "with the rise; to reach the rate in this one, train longer or let it rise for "
        "fewer epochs."
    ]
    assert warned(net, schedule=schedule, epochs=8) == []


def test_schedules_without_an_end_are_not_warned_of():
    for schedule in (Step(1), "exponential", "plateau", Warmup(1), None):
        assert warned(network(), schedule=schedule, epochs=3) == []
