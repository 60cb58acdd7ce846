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


def test_schedules_without_an_end_are_not_warned_of():
    for schedule in (Step(1), "exponential", "plateau", Warmup(1), None):
        assert warned(network(), schedule=schedule, epochs=3) == []
