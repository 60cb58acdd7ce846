"""L-BFGS: SciPy's own iterations, inside of a fit like any other."""

from __future__ import annotations

import builtins
import math
import re
import sys
from dataclasses import dataclass

import numpy as np
import pytest
from scipy.optimize import minimize

import glassprop as gp
from glassprop.errors import (
    ArgumentError,
    DivergenceError,
    MissingExtraError,
)
from glassprop.optimizers import MINIMIZERS, get_optimizer
from networks import bits, refusal

RNG = np.random.default_rng(5)
X = RNG.normal(size=(30, 3))
Y = np.sin(X @ RNG.normal(size=(3, 2)))
LABELS = (X[:, 0] * X[:, 1] > 0).astype(int)


def network(**options):
    layers = [gp.Dense(5, "tanh", l2=1e-3), gp.Dense(2, frozen="bias")]
    return gp.Network(layers, loss="half_squared_error", seed=2, **options)


def fitted(net, epochs=20, optimizer="lbfgs", **options):
    options = {"batch_size": None, "verbose": False, **options}
    return net.fit(X, Y, optimizer=optimizer, epochs=epochs, **options)


def by_scipy(net, iterations, **options):
    """Minimize with SciPy; give each iteration's point and loss."""
    keys = net.structure.trainable
    net.structure  # noqa: B018  # built
    shapes = [net.parameters[key].shape for key in keys]
    cuts = np.cumsum([math.prod(shape) for shape in shapes])[:-1]

    def put(point):
        for key, shape, part in zip(keys, shapes, np.split(point, cuts), strict=True):
            net.parameters[key] = part.reshape(shape)

    def value_and_gradient(point):
        put(point)
        gradients = net.gradients(X, Y)
        loss = net.evaluate(X, Y)["loss"]
        return loss, np.concatenate([gradients[key].ravel() for key in keys])

    points = []
    start = np.concatenate([net.parameters[key].ravel() for key in keys])
    found = minimize(
        value_and_gradient,
        start,
        jac=True,
        method="L-BFGS-B",
        callback=lambda point: points.append(point.copy()),
        options={"maxcor": 20, "maxiter": iterations, "maxfun": 10**6, **options},
    )
    losses = [value_and_gradient(point)[0] for point in points]
    put(found.x)
    return found, losses


def test_epochs_are_scipys_iterations():
    net, other = network(), network(input_shape=3)
    history = fitted(net, 25)
    _, losses = by_scipy(other, 25)
    assert len(losses) == 25
    np.testing.assert_allclose(history["loss"], losses, rtol=1e-8)
    for key, value in other.parameters.items():
        np.testing.assert_allclose(net.parameters[key], value, rtol=1e-6, atol=1e-8)
    assert history.epochs == list(range(1, 26))
    assert history.stopped == "epochs"
    assert (net.training.epochs, net.training.steps) == (25, 25)
    assert history["loss"][-1] == pytest.approx(net.evaluate(X, Y)["loss"], rel=1e-12)


def test_it_goes_lower_than_steps_do():
    quick, slow = fitted(network(), 60), fitted(network(), 60, gp.Adam(0.01))
    assert quick["loss"][-1] < slow["loss"][-1] / 3
    assert (np.diff(quick["loss"]) <= 0).all()


def test_it_stops_where_it_has_converged():
    net = gp.Network([gp.Dense(2)], loss="half_squared_error")
    history = fitted(net, 500)
    assert history.stopped == "converged"
    assert len(history.epochs) < 30
    gradients = net.gradients(X, Y)
    assert max(np.abs(g).max() for g in gradients.values()) < 1e-4
    again = fitted(net, 500, gp.LBFGS(loss_tolerance=0, gradient_tolerance=1e-3))
    assert len(again.epochs) <= 1
    exact = np.linalg.lstsq(np.c_[X, np.ones(30)], Y, rcond=None)[0]
    found = np.vstack(
        [net.parameters["dense_1.weight"], net.parameters["dense_1.bias"]]
    )
    np.testing.assert_allclose(found, exact, atol=1e-3)


def test_a_search_that_finds_nothing_lower():
    @dataclass(frozen=True)
    class Rising:
        """Its gradient says down where the loss goes up."""

        def parameters(self, input_shape):
            return {"w": gp.Parameter((1,), 0.0)}

        def forward(self, p, x, run):
            w = p["w"]
            return np.sum(x, axis=1, keepdims=True) * 0 + (-w + 2 * gp.stop_gradient(w))

    net = gp.Network([Rising()], loss=lambda output, y: output[:, 0])
    history = net.fit(
        X, Y[:, :1], optimizer="lbfgs", epochs=5, batch_size=None, verbose=False
    )
    assert history.stopped == "no way down"
    assert history.epochs == []
    assert net.parameters["rising_1.w"].tolist() == [0.0]


def test_float32_networks_are_evaluated_in_float32():
    net, wide = network(dtype="float32"), network()
    history = fitted(net, 15)
    assert {value.dtype for value in net.values.values()} == {np.dtype("float32")}
    np.testing.assert_allclose(history["loss"][:5], fitted(wide, 5)["loss"], rtol=1e-3)


def test_each_fit_begins_with_an_empty_memory():
    net = network()
    fitted(net, 10)
    middle = dict(net.parameters)
    fitted(net, 5)
    other = network(input_shape=3)
    for key, value in middle.items():
        other.parameters[key] = value
    fitted(other, 5)
    assert bits(net) == bits(other)
    assert (net.training.epochs, other.training.epochs) == (15, 5)
    assert net.training.memory == {}


def test_the_same_bits_each_time_and_from_files(tmp_path):
    one, two = network(), network()
    fitted(one, 10)
    fitted(two, 10)
    assert bits(one) == bits(two)
    one.save(tmp_path / "m.safetensors")
    three = gp.load(tmp_path / "m.safetensors")
    assert three.training.optimizer == gp.LBFGS()
    fitted(two, 4)
    fitted(three, 4)
    assert bits(two) == bits(three)


def test_frozen_parameters_stay():
    net = network(input_shape=3)
    net.parameters["dense_2.bias"] = np.array([1.0, 2.0])
    fitted(net, 5)
    assert net.parameters["dense_2.bias"].tolist() == [1.0, 2.0]


def test_weights_of_rows_count():
    weights = np.arange(1, 31)
    net, doubled = network(), network()
    fitted(net, 5, sample_weight=weights)
    at = np.repeat(np.arange(30), weights)
    doubled.fit(
        X[at], Y[at], optimizer="lbfgs", epochs=5, batch_size=None, verbose=False
    )
    for key, value in net.parameters.items():
        np.testing.assert_allclose(doubled.parameters[key], value, rtol=1e-5, atol=1e-7)


# Between epochs -----------------------------------------------------------------------


def test_validation_early_stopping_and_callbacks_come_between():
    seen = []

    def look(net, history):
        seen.append(net.evaluate(X[:5], Y[:5])["loss"])

    net = network()
    history = fitted(
        net,
        200,
        validation=(X[:5], Y[:5]),
        callbacks=[look],
        early_stopping=gp.EarlyStopping(patience=3, monitor="loss", min_delta=10.0),
    )
    assert history.stopped == "early stopping"
    assert len(history.epochs) == 4
    assert history["validation_loss"] == seen
    assert history.best_epoch == 1
    assert net.evaluate(X[:5], Y[:5])["loss"] == pytest.approx(seen[0], rel=1e-12)


def test_a_callback_ends_it():
    net = network()
    history = fitted(net, 50, callbacks=[lambda net, h: len(h.epochs) == 3])
    assert history.stopped == "callback"
    assert history.epochs == [1, 2, 3]
    other = network()
    fitted(other, 3)
    assert bits(net) == bits(other)


def test_a_callback_may_not_assign_parameters():
    def shift(net, history):
        net.parameters["dense_1.bias"] = net.parameters["dense_1.bias"] + 1

    assert refusal(ArgumentError, lambda: fitted(network(), 5, callbacks=[shift])) == (
        "a callback assigned parameters, and LBFGS goes on from its own. Assign them "
        "between two calls of fit."
    )


def test_an_interrupt_keeps_the_last_iteration(monkeypatch):
    import signal

    def press(net, history):
        if len(history.epochs) == 2:
            signal.raise_signal(signal.SIGINT)

    net = network()
    history = fitted(net, 50, callbacks=[press])
    assert history.stopped == "interrupted"
    assert history.epochs == [1, 2]
    other = network()
    fitted(other, 2)
    assert bits(net) == bits(other)


def test_an_interrupt_in_the_middle_of_an_iteration():
    import signal

    looks = []

    @dataclass(frozen=True)
    class Pressing:
        memory: int = 3
        learning_rate: float = 1.0

        def init(self, w):
            return {}

        def minimize(self, value_and_gradient, start, after_iteration, iterations):
            value_and_gradient(start)
            assert not after_iteration(start)
            signal.raise_signal(signal.SIGINT)
            looks.append(1)
            value_and_gradient(start + 1)
            raise AssertionError("it goes on")

    net = network(input_shape=3)
    kept = {key: value.tobytes() for key, value in net.parameters.items()}
    history = fitted(net, 5, Pressing())
    assert (history.stopped, history.epochs, looks) == ("interrupted", [1], [1])
    assert bits(net) == kept


def test_a_minimizer_of_ones_own_may_come_to_any_point():
    @dataclass(frozen=True)
    class Jumping:
        learning_rate: float = 1.0

        def init(self, w):
            return {}

        def minimize(self, value_and_gradient, start, after_iteration, iterations):
            _, gradient = value_and_gradient(start)
            for size in (0.1, 0.2, 0.3):
                after_iteration(start - size * gradient)
            return "there"

    net = network(input_shape=3)
    before, gradients = dict(net.parameters), net.gradients(X, Y)
    history = fitted(net, 5, Jumping())
    assert (history.stopped, history.epochs) == ("there", [1, 2, 3])
    for key, g in gradients.items():
        expected = before[key] - 0.3 * g
        np.testing.assert_allclose(net.parameters[key], expected, rtol=1e-12)
    assert history["loss"][-1] == pytest.approx(net.evaluate(X, Y)["loss"], rel=1e-12)


def test_progress_is_shown(capsys):
    fitted(network(), 3, verbose=True)
    shown = capsys.readouterr()
    assert "3" in shown.out + shown.err


@dataclass(frozen=True)
class Counting:
    """Keep the mean of what came; a stand-in for layers whose state moves."""

    def state(self, input_shape):
        return {"mean": gp.Parameter(input_shape, 0.0), "count": gp.Parameter((), 0.0)}

    def forward(self, p, x, run):
        if run.training:
            run.update(mean=np.mean(x, axis=0), count=run.state["count"] + 1)
        return x


def test_states_of_layers_are_those_of_the_iterations_alone():
    layers = [gp.Dense(4, "tanh"), Counting(), gp.Dense(2)]
    net = gp.Network(layers, loss="half_squared_error")
    fitted(net, 7)
    assert net.values["counting_1.count"] == 7
    first = gp.Network(layers[:1], input_shape=3)
    for key in first.parameters:
        first.parameters[key] = net.parameters[key]
    np.testing.assert_allclose(
        net.values["counting_1.mean"], first(X).mean(axis=0), rtol=1e-12
    )


def test_divergence_keeps_the_last_iteration():
    def explodes(output, y):
        return np.log(np.sum(output - y, axis=1) + 1e3) * 1e6

    net = gp.Network([gp.Dense(2)], loss=explodes, input_shape=3)
    with pytest.raises(DivergenceError) as caught:
        fitted(net, 100)
    error = caught.value
    assert error.learning_rate is None
    assert error.epoch == net.training.epochs + 1
    tried = re.search(r"then was ([^,]+),", str(error))[1]
    assert str(error) == (
        f"training diverged in epoch {error.epoch}, step 1: the first value that is "
        "not finite is NaN, made by log in the forward pass of the loss; the largest "
        f"weight then was {tried}, of layer 'dense_1'. The network keeps the weights "
        "from before that step. log has no finite value for 0 and below: keep its "
        "argument above, np.log(np.maximum(p, 1e-12))."
    )
    assert error.largest == max(np.abs(one).max() for one in net.values.values())
    assert float(tried) > 100 * error.largest
    assert all(np.isfinite(value).all() for value in net.values.values())
    assert math.isfinite(net.evaluate(X, Y)["loss"])


def test_the_source_is_that_of_the_gradient():
    net = network(input_shape=3)
    source = net.source(optimizer="lbfgs")
    assert source.startswith('"""Loss and gradients: 3 -> ')
    assert "learning_rate" not in source
    fitted(net, 1)
    assert net.source() == source


def test_classes_are_learned():
    net = gp.Network([gp.Dense(8, "tanh"), gp.Dense(2)], loss="cross_entropy")
    net.fit(X, LABELS, optimizer="lbfgs", epochs=80, batch_size=None, verbose=False)
    assert net.evaluate(X, LABELS)["accuracy"] == 1.0


# Refusals -----------------------------------------------------------------------------


def test_names():
    assert get_optimizer("LBFGS") == gp.LBFGS()
    assert set(MINIMIZERS.values()) == {gp.LBFGS}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"batch_size": 8},
            "LBFGS takes all rows at once: batch_size must be None, or at least 30, "
            "the number of rows, got 8.",
        ),
        (
            {"schedule": gp.schedules.Cosine(3)},
            "LBFGS finds the size of its steps itself: schedule must be None, got "
            "Cosine(epochs=3, final=0.0).",
        ),
        (
            {"clip": 1.0},
            "LBFGS needs the gradient as it is: clip must be None, got "
            "ByGlobalNorm(limit=1.0).",
        ),
    ],
    ids=["batches", "schedule", "clip"],
)
def test_what_it_does_not_take(options, message):
    net = network()
    assert refusal(ArgumentError, lambda: fitted(net, 1, **options)) == message
    assert net.input_shape is None
    assert net.recipe is None


def test_batches_of_all_rows_are_all_rows():
    one, two = network(), network()
    fitted(one, 3, batch_size=30)
    fitted(two, 3, shuffle=False)
    assert bits(one) == bits(two)


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        (
            [gp.Dense(3), gp.Dropout(0.5, name="drop"), gp.Dense(2)],
            "LBFGS needs a loss that is the same each time, and layer 'drop' draws "
            "random numbers. Remove it, or use gp.Adam().",
        ),
        (
            [gp.Dense(2, constraint=gp.constraints.NonNegative())],
            "LBFGS cannot keep a constraint, and dense_1.weight has one. Leave it out, "
            "or use gp.Adam().",
        ),
        (
            [gp.Dense(2, frozen=True)],
            "LBFGS has nothing to change: every parameter is frozen, or there is none.",
        ),
    ],
    ids=["random", "constraint", "frozen"],
)
def test_layers_that_it_does_not_take(layers, message):
    net = gp.Network(layers, loss="huber")
    assert refusal(ArgumentError, lambda: fitted(net, 1)) == message
    assert net.input_shape is None


def test_without_scipy_it_says_what_to_install(monkeypatch):
    real = builtins.__import__

    def without(name, *arguments):
        if name.startswith("scipy"):
            raise ImportError(name)
        return real(name, *arguments)

    for name in [one for one in sys.modules if one.partition(".")[0] == "scipy"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(builtins, "__import__", without)
    net = network()
    assert refusal(MissingExtraError, lambda: fitted(net, 1)) == (
        "gp.LBFGS needs SciPy: pip install 'glassprop[lbfgs]'. Without it, gp.Adam() "
        "with batch_size=None takes all rows at once as well."
    )
    assert net.input_shape is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"memory": 0}, "LBFGS: memory must be a whole number >= 1, got 0."),
        (
            {"gradient_tolerance": -1.0},
            "LBFGS: gradient_tolerance must be a finite number >= 0, got -1.0.",
        ),
        (
            {"loss_tolerance": math.nan},
            "LBFGS: loss_tolerance must be a finite number >= 0, got nan.",
        ),
        (
            {"line_search": 2.5},
            "LBFGS: line_search must be a whole number >= 1, got 2.5.",
        ),
    ],
)
def test_options_are_checked(options, message):
    assert refusal(ArgumentError, lambda: gp.LBFGS(**options)) == message
