"""Optimizers around optimizers: decay, averages, rates by layer."""

from __future__ import annotations

import math

import numpy as np
import pytest

import glassprop as gp
from glassprop.errors import ArgumentError, GlasspropWarning
from glassprop.optimizers import (
    EMA,
    SWA,
    WRAPPERS,
    LayerRates,
    WeightDecay,
    point_of,
    rules_of,
)
from networks import bits, refusal

RNG = np.random.default_rng(8)
X = RNG.normal(size=(24, 3))
Y = np.sin(X @ RNG.normal(size=(3, 2)))
EACH = {
    "WeightDecay": WeightDecay(gp.RMSprop(0.01), 0.3, biases=False),
    "LayerRates": LayerRates(gp.Adam(0.01), {"hidden": 0.5, "output.bias": 2.0}),
    "EMA": EMA(gp.Nadam(0.01), 0.9),
    "SWA": SWA(gp.SGD(0.05, momentum=0.9), start=5, every=3),
    "LayerRates in EMA": EMA(LayerRates(gp.Lion(0.01), {"hidden": 0}), 0.5),
    "EMA in LayerRates": LayerRates(EMA(gp.Adam(0.01), 0.5), {"output": 3}),
    "WeightDecay in SWA": SWA(WeightDecay(gp.Adagrad(0.1), 0.1), every=2),
}


def network(**options):
    layers = [gp.Dense(4, "tanh", name="hidden"), gp.Dense(2, name="output")]
    return gp.Network(layers, loss="mean_squared_error", **options)


def fitted(net, optimizer, epochs, **options):
    net.fit(
        X,
        Y,
        optimizer=optimizer,
        epochs=epochs,
        batch_size=options.pop("batch_size", 8),
        verbose=False,
        **options,
    )
    return net


def weights_after_each_step(optimizer, steps):
    """Train row block by row block; give the parameters after each step."""
    net, found = network(), []
    for _ in range(steps):
        fitted(net, optimizer, 1, batch_size=None)
        found.append(dict(net.parameters))
    return found


def assert_close(found, expected, rtol=1e-12):
    for key, value in expected.items():
        np.testing.assert_allclose(found[key], value, rtol=rtol, atol=1e-14)


# What holds for each ------------------------------------------------------------------


def test_every_wrapper_is_among_those_tried():
    assert {type(one) for one in EACH.values()} == set(WRAPPERS.values())


@pytest.mark.filterwarnings("ignore:SWA. the mean begins")  # in a part of the whole
@pytest.mark.parametrize("optimizer", EACH.values(), ids=EACH)
def test_parts_of_a_training_give_the_bits_of_the_whole(optimizer, tmp_path):
    whole, parts = fitted(network(), optimizer, 6), network()
    for epochs in (1, 2):
        fitted(parts, optimizer, epochs)
    parts.save(tmp_path / "m.safetensors")
    parts = gp.load(tmp_path / "m.safetensors")
    assert parts.training.optimizer == optimizer
    fitted(parts, optimizer, 3)
    assert bits(parts) == bits(whole)
    start = network(input_shape=3).parameters["output.weight"]
    assert not np.array_equal(whole.parameters["output.weight"], start)


def test_an_average_is_printed_as_a_part_of_the_update():
    net = gp.Network([gp.Dense(2, name="out")], loss="huber", input_shape=3)
    source = net.source(optimizer=EMA(gp.SGD(0.1), 0.75))
    stripped = [line.strip() for line in source.splitlines()]
    lines = [line.partition("  # ")[0].rstrip() for line in stripped]
    assert lines[lines.index("# update") + 1 :] == [
        "raw_W_out -= learning_rate * d_raw_W_out",
        "share = 0.25 / (1 - np.power(0.75, t))",
        "kept = 1 - share",
        "W_out[...] = kept * W_out + share * raw_W_out",
        "raw_b_out -= learning_rate * d_raw_b_out",
        "b_out[...] = kept * b_out + share * raw_b_out",
        "return loss",
    ]


@pytest.mark.parametrize("optimizer", EACH.values(), ids=EACH)
def test_float32_stays_float32(optimizer):
    net = network(dtype="float32")
    fitted(net, optimizer, 2)
    assert {one.dtype for one in net.values.values()} == {np.dtype("float32")}
    assert {one.dtype for one in net.training.memory.values()} <= {np.dtype("float32")}


@pytest.mark.parametrize("kind", WRAPPERS.values(), ids=WRAPPERS)
@pytest.mark.parametrize(
    ("inner", "message"),
    [
        (
            "adam",
            "{}: expected an optimizer that goes step by step, such as gp.Adam(), got "
            "'adam'.",
        ),
        (gp.Adam, "{}: expected an optimizer, got the class Adam. Call it: Adam()."),
        (
            gp.LBFGS(),
            "{}: expected an optimizer that goes step by step, such as gp.Adam(), got "
            "LBFGS(memory=20, gradient_tolerance=1e-05, "
            "loss_tolerance=2.220446049250313e-09, line_search=20, evaluations=None).",
        ),
    ],
    ids=["name", "class", "minimizer"],
)
def test_what_is_inside_must_go_step_by_step(kind, inner, message):
    assert refusal(ArgumentError, lambda: kind(inner)) == message.format(kind.__name__)


# Weight decay -------------------------------------------------------------------------


def test_weight_decay_around_adam_is_adamw_bit_for_bit():
    one = fitted(network(), gp.AdamW(0.01, weight_decay=0.3), 5)
    two = fitted(network(), WeightDecay(gp.Adam(0.01), 0.3), 5)
    assert bits(one) == bits(two)


@pytest.mark.parametrize("biases", [True, False])
def test_biases_decay_unless_they_are_left_out(biases):
    net = network(input_shape=3)
    net.parameters["hidden.bias"] = np.ones(4)
    before = dict(net.parameters)
    moved = dict(
        fitted(net, WeightDecay(gp.SGD(0.0), 0.25, biases=biases), 1).parameters
    )
    assert_close(moved, before)  # a rate of 0 moves and shrinks nothing
    one = network(input_shape=3)
    one.parameters["hidden.bias"] = np.ones(4)
    gradients = one.gradients(X, Y)
    fitted(one, WeightDecay(gp.SGD(0.1), 0.25, biases=biases), 1, batch_size=None)
    for key, w in before.items():
        part = 0.1 * 0.25 if biases or key.endswith("weight") else 0.0
        expected = w - part * w - 0.1 * gradients[key]
        np.testing.assert_allclose(one.parameters[key], expected, rtol=1e-13)


# Averages -----------------------------------------------------------------------------


@pytest.mark.parametrize("decay", [0.0, 0.5, 0.99])
def test_ema_is_the_corrected_average_of_the_raw_weights(decay):
    raw = weights_after_each_step(gp.Adam(0.02), 8)
    averages = weights_after_each_step(EMA(gp.Adam(0.02), decay), 8)
    sums = {key: 0.0 for key in raw[0]}
    for t, (w, average) in enumerate(zip(raw, averages, strict=True), start=1):
        sums = {k: decay * sums[k] + (1 - decay) * w[k] for k in sums}
        assert_close(average, {k: v / (1 - decay**t) for k, v in sums.items()})


def test_the_first_ema_is_the_first_weights_and_nothing_from_before():
    (raw,), (average,) = (
        weights_after_each_step(one, 1) for one in (gp.SGD(0.1), EMA(gp.SGD(0.1)))
    )
    assert {k: v.tobytes() for k, v in raw.items()} == {
        k: v.tobytes() for k, v in average.items()
    }


@pytest.mark.filterwarnings("ignore:SWA. the mean begins")  # each fit is one step
@pytest.mark.parametrize(("start", "every"), [(0, 1), (0, 3), (3, 1), (4, 2), (20, 1)])
def test_swa_is_the_mean_of_the_weights_at_its_steps(start, every):
    begin = dict(network(input_shape=3).parameters)
    raw = [begin, *weights_after_each_step(gp.SGD(0.1), 10)]
    averages = weights_after_each_step(SWA(gp.SGD(0.1), start, every), 10)
    for t, average in enumerate(averages, start=1):
        taken = raw[start : t + 1 : every] if t >= start else [raw[t]]
        assert_close(average, {k: np.mean([w[k] for w in taken], 0) for k in begin})


def test_swa_begins_with_the_weights_after_the_first_step():
    assert SWA(gp.SGD()) == SWA(gp.SGD(), start=1)
    layers = [gp.Dense(4, "tanh", constraint=gp.constraints.MaxNorm(0.1)), gp.Dense(2)]
    inside = gp.Network(layers, loss="huber")
    fitted(inside, SWA(gp.SGD(0.1)), 2)
    start = gp.Network(layers, loss="huber")
    fitted(start, SWA(gp.SGD(0.1), start=0), 2)
    norms = [
        np.linalg.norm(net.parameters["dense_1.weight"], axis=0)
        for net in (inside, start)
    ]
    assert norms[0].max() < 0.1 + 1e-12
    assert norms[1].max() > 0.11  # the start values are as they were drawn


def test_averages_of_unit_norm_have_a_smaller_norm():
    layers = [gp.Dense(4, constraint=gp.constraints.UnitNorm()), gp.Dense(2)]
    net = fitted(gp.Network(layers, loss="huber"), EMA(gp.SGD(0.5), 0.9), 8)
    raw = net.training.memory["raw of dense_1.weight"]
    np.testing.assert_allclose(np.linalg.norm(raw, axis=0), 1, rtol=1e-12)
    norms = np.linalg.norm(net.parameters["dense_1.weight"], axis=0)
    assert (norms < 1 - 1e-4).all()
    assert (norms > 0.5).all()


def test_a_mean_that_begins_after_the_training_is_warned_of():
    net, optimizer = network(), LayerRates(SWA(gp.SGD(), start=7), {"hidden": 0.5})
    with pytest.warns(GlasspropWarning) as found:
        fitted(net, optimizer, 2)
    assert [str(one.message) for one in found] == [
        "SWA: the mean begins after step 7, and this fit ends with step 6, so that the "
        "network now has the trained weights themselves. A further fit with the same "
        "optimizer goes on to the mean; to have one after this fit, train longer or "
        "begin sooner, start=3."
    ]
    fitted(net, optimizer, 1)


def test_the_loss_is_that_of_the_trained_weights_all_else_that_of_the_average():
    seen = []

    def look(net, history):
        seen.append(net.evaluate(X, Y)["loss"])

    plain = network()
    history = plain.fit(
        X, Y, optimizer=gp.SGD(0.2), epochs=6, batch_size=None, verbose=False
    )
    averaged = network().fit(
        X,
        Y,
        optimizer=EMA(gp.SGD(0.2), 0.8),
        epochs=6,
        batch_size=None,
        validation=(X, Y),
        callbacks=[look],
        verbose=False,
    )
    np.testing.assert_allclose(averaged["loss"], history["loss"], rtol=1e-13)
    np.testing.assert_allclose(averaged["validation_loss"], seen, rtol=1e-13)
    assert seen[-1] > averaged["loss"][-1]  # the average lags behind


def test_the_state_of_layers_is_that_of_the_trained_weights():
    layers = [gp.Dense(4, "tanh"), gp.BatchNorm(), gp.Dense(2)]
    plain, averaged = (gp.Network(layers, loss="huber") for _ in range(2))
    fitted(plain, gp.SGD(0.1), 4)
    fitted(averaged, EMA(gp.SGD(0.1), 0.9), 4)
    assert plain.structure.state
    for key in plain.structure.state:
        assert np.array_equal(averaged.values[key], plain.values[key])
    assert not np.array_equal(
        *(net.values["dense_1.weight"] for net in (plain, averaged))
    )


def test_trained_weights_are_in_the_memory():
    net = fitted(network(), EMA(gp.SGD(0.1), 0.9), 3)
    plain = fitted(network(), gp.SGD(0.1), 3)
    for key, value in plain.values.items():
        np.testing.assert_array_equal(net.training.memory[f"raw of {key}"], value)
        assert not np.array_equal(net.values[key], value)


def test_one_average_is_enough():
    for make, kind in (
        (lambda: EMA(SWA(gp.SGD())), "EMA"),
        (lambda: SWA(LayerRates(EMA(gp.SGD()), {"hidden": 0.5})), "SWA"),
    ):
        assert refusal(ArgumentError, make) == (
            f"{kind}: the optimizer inside averages already. Average once."
        )


def test_what_is_averaged_may_not_remember_anything_as_raw():
    class Raw:
        learning_rate = 0.1

        def init(self, w):
            return {"raw": np.zeros_like(w)}

        def scalars(self, rate, t):
            return rate

        def update(self, w, g, state, scalars):
            return w - scalars * g, state

    message = refusal(ArgumentError, lambda: fitted(network(), EMA(Raw()), 1))
    assert message == (
        "EMA: the optimizer inside remembers something as 'raw', the name of the "
        "weights that are trained. Name it otherwise."
    )


@pytest.mark.parametrize(
    "make",
    [
        lambda: EMA(gp.SGD()),
        lambda: SWA(gp.SGD(), start=3),
        lambda: LayerRates(EMA(gp.Adam()), {"hidden": 0.1}),
    ],
)
def test_averages_do_not_decay(make):
    assert refusal(ArgumentError, lambda: WeightDecay(make(), 0.1)) == (
        "WeightDecay: the optimizer inside gives averages of the weights. They would "
        "decay, and not the weights that are trained. Put the decay inside: "
        "gp.optimizers.EMA(gp.optimizers.WeightDecay(...))."
    )


def test_rates_around_an_average_are_those_of_the_trained_weights():
    factors = {"hidden": 0.5, "output.bias": 0.0}
    around = fitted(network(), LayerRates(EMA(gp.Adam(0.02), 0.8), factors), 4)
    within = fitted(network(), EMA(LayerRates(gp.Adam(0.02), factors), 0.8), 4)
    assert bits(around) == bits(within)
    still = network(input_shape=3).parameters["output.bias"]
    assert np.array_equal(around.parameters["output.bias"], still)


# Rates by layer -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "inner",
    [gp.SGD(0.1), gp.Adam(0.01), gp.Lion(0.01), gp.Rprop(0.01), gp.AdamW(0.01)],
    ids=lambda one: type(one).__name__,
)
def test_a_factor_is_that_of_the_learning_rate(inner):
    rates = LayerRates(inner, {"hidden": 0.5, "output.bias": 2.0, "hidden.bias": 0.0})
    factors = {
        "hidden.weight": 0.5,
        "hidden.bias": 0.0,
        "output.weight": 1.0,
        "output.bias": 2.0,
    }
    net = network(input_shape=3)
    before, gradients = dict(net.parameters), net.gradients(X, Y)
    fitted(net, rates, 1, batch_size=None)
    for key, w in before.items():
        state = {name: np.array(one) for name, one in inner.init(w).items()}
        rate = np.float64(inner.learning_rate * factors[key])
        shared = inner.scalars(rate, np.float64(1))
        expected, _ = inner.update(w, gradients[key], state, shared)
        np.testing.assert_allclose(net.parameters[key], expected, rtol=1e-12)
    assert np.array_equal(net.parameters["hidden.bias"], before["hidden.bias"])


def test_the_longest_name_counts():
    names = ["block.hidden.weight", "block.hidden.bias", "block.output.weight", "a.w"]
    factors = {"block": 3.0, "block.hidden": 5.0, "block.hidden.bias": 7.0}
    rules = rules_of(LayerRates(gp.SGD(), factors), names)
    found = {name: getattr(rule, "factor", 1.0) for name, rule in rules.items()}
    assert found == dict(zip(names, (5.0, 7.0, 3.0, 1.0), strict=True))


def test_factors_multiply_through_wrappers():
    nested = LayerRates(EMA(LayerRates(gp.SGD(), {"a": 2.0}), 0.5), {"a.w": 3.0})
    rule = rules_of(nested, ["a.w", "b.w"])["a.w"]
    rate = np.float64(0.1)
    assert rule.scalars(rate, np.float64(1))[2] == pytest.approx(0.6)


def test_rates_of_layers_that_there_are_not():
    message = refusal(
        ArgumentError,
        lambda: fitted(network(), LayerRates(gp.SGD(), {"hiden": 0.1}), 1),
    )
    assert message == (
        "LayerRates: no layer or parameter is named 'hiden'. Did you mean 'hidden'? "
        "There are hidden, hidden.weight, hidden.bias, output, output.weight, "
        "output.bias."
    )
    net = network()
    refusal(
        ArgumentError,
        lambda: fitted(net, LayerRates(gp.SGD(), {"output.wieght": 0.1}), 1),
    )
    assert net.input_shape is None


def test_a_frozen_layer_may_be_named():
    layers = [gp.Dense(4, frozen=True, name="hidden"), gp.Dense(2, name="output")]
    net = gp.Network(layers, loss="huber")
    fitted(net, LayerRates(gp.SGD(), {"hidden": 0.1}), 1)
    assert net.training.epochs == 1


def test_records_stay_as_they_were_made():
    factors = {"hidden": 0.5}
    rates = LayerRates(gp.SGD(), factors)
    factors["hidden"] = 3.0
    assert rates.factors == {"hidden": 0.5}
    assert hash(rates) == hash(LayerRates(gp.SGD(), {"hidden": 0.5}))
    assert rates == LayerRates(gp.SGD(), {"hidden": 0.5})
    assert rates != LayerRates(gp.SGD(), {"hidden": 0.6})


def test_point_is_the_value_itself_where_nothing_is_averaged():
    w = np.ones(3)
    assert point_of(gp.Adam(), w, {}) is w
    assert point_of(WeightDecay(gp.Adam()), w, {}) is w
    assert point_of(EMA(gp.SGD()), w, {"raw": 2 * w}).tolist() == [2, 2, 2]


# Refusals -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: WeightDecay(gp.SGD(), -0.1),
            "WeightDecay: weight_decay must be a finite number >= 0, got -0.1.",
        ),
        (
            lambda: WeightDecay(gp.SGD(), 0.1, biases="no"),
            "WeightDecay: biases must be True or False, got 'no'.",
        ),
        (
            lambda: EMA(gp.SGD(), 1.0),
            "EMA: decay must be at least 0 and below 1, got 1.0.",
        ),
        (
            lambda: SWA(gp.SGD(), start=-1),
            "SWA: start must be a whole number >= 0, got -1.",
        ),
        (
            lambda: SWA(gp.SGD(), every=0),
            "SWA: every must be a whole number >= 1, got 0.",
        ),
        (
            lambda: SWA(gp.SGD(), every=2.5),
            "SWA: every must be a whole number >= 1, got 2.5.",
        ),
        (
            lambda: LayerRates(gp.SGD(), 0.1),
            "LayerRates: factors must be a dict from layer or parameter to number, "
            "{'hidden': 0.1}, got 0.1.",
        ),
        (
            lambda: LayerRates(gp.SGD(), {3: 0.1}),
            "LayerRates: factors must be a dict from layer or parameter to number, "
            "{'hidden': 0.1}, got {3: 0.1}.",
        ),
        (
            lambda: LayerRates(gp.SGD(), {"hidden": math.nan}),
            "LayerRates: the factor of 'hidden' must be a finite number >= 0, got nan.",
        ),
    ],
)
def test_wrappers_check_their_numbers(make, message):
    assert refusal(ArgumentError, make) == message
