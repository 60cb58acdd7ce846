"""Optimizers: their papers' rules written out, step by step; schedules and clipping."""

from __future__ import annotations

import math

import numpy as np
import pytest

import glassprop as gp
from glassprop import optimizers, schedules
from glassprop.errors import ArgumentError
from glassprop.optimizers import OPTIMIZERS, get_optimizer
from networks import bits, refusal

STEPS = 1000
TOLERANCE = 1e-12
RNG = np.random.default_rng(3)
START = RNG.normal(size=(4, 3))
CURVATURE = np.diag([0.5, 1.0, 2.0, 0.1]) + 0.05
# Over these rows the loss of each output is a parabola with that curvature.
X = np.linalg.cholesky(CURVATURE).T * math.sqrt(4)
Y = RNG.normal(size=(4, 3))


def slope(w):
    """Give the gradient of half the squared error, averaged over the rows."""
    return X.T @ (X @ w - Y) / len(X)


# The rules, as their papers have them. Each takes the step's number t, from 1, the
# parameter, its gradient, the learning rate, and a dict to remember in.


def sgd(t, w, g, rate, memory):
    return w - rate * g


def momentum(t, w, g, rate, memory):
    """Polyak (1964), with Sutskever's letters: mu = 0.9."""
    memory["v"] = 0.9 * memory.get("v", 0) - rate * g
    return w + memory["v"]


def nesterov(t, w, g, rate, memory):
    """Sutskever et al. (2013), equations 3 and 4, at the point looked ahead from.

    There v' = mu v - rate g(w + mu v) and w' = w + v'; what is kept here is
    p = w + mu v, so that g is taken where p is, and p' = p - mu v + (1 + mu) v'.
    """
    v = memory.get("v", 0)
    ahead = 0.9 * v - rate * g
    memory["v"] = ahead
    return w - 0.9 * v + (1 + 0.9) * ahead


def adam(t, w, g, rate, memory):
    """Kingma and Ba (2015), algorithm 1."""
    memory["m"] = 0.9 * memory.get("m", 0) + (1 - 0.9) * g
    memory["v"] = 0.999 * memory.get("v", 0) + (1 - 0.999) * g**2
    m_corrected = memory["m"] / (1 - 0.9**t)
    v_corrected = memory["v"] / (1 - 0.999**t)
    return w - rate * m_corrected / (np.sqrt(v_corrected) + 1e-8)


def amsgrad(t, w, g, rate, memory):
    """Reddi, Kale and Kumar (2018), algorithm 2, its moments corrected as Adam's."""
    memory["m"] = 0.9 * memory.get("m", 0) + (1 - 0.9) * g
    memory["v"] = 0.5 * memory.get("v", 0) + (1 - 0.5) * g**2
    memory["largest"] = np.maximum(memory.get("largest", 0), memory["v"])
    root = np.sqrt(memory["largest"] / (1 - 0.5**t))
    return w - rate * memory["m"] / (1 - 0.9**t) / (root + 1e-8)


def nadam(t, w, g, rate, memory):
    """Dozat (2016), algorithm 2, with mu(t) = 0.9 (1 - 0.5 * 0.96**(t / 250))."""
    mus = [0.9 * (1 - 0.5 * 0.96 ** (i * 0.004)) for i in (t, t + 1)]
    memory["product"] = product = memory.get("product", 1) * mus[0]
    memory["m"] = 0.9 * memory.get("m", 0) + (1 - 0.9) * g
    memory["n"] = 0.999 * memory.get("n", 0) + (1 - 0.999) * g**2
    m_corrected = mus[1] * memory["m"] / (1 - product * mus[1])
    m_corrected = m_corrected + (1 - mus[0]) * g / (1 - product)
    n_corrected = memory["n"] / (1 - 0.999**t)
    return w - rate * m_corrected / (np.sqrt(n_corrected) + 1e-8)


def rmsprop(t, w, g, rate, memory):
    """Tieleman and Hinton (2012), lecture 6e, with epsilon beside the root."""
    memory["v"] = 0.9 * memory.get("v", 0) + 0.1 * g**2
    return w - rate * g / (np.sqrt(memory["v"]) + 1e-8)


def rmsprop_centered(t, w, g, rate, memory):
    """Graves (2013), equations 38 to 41, the rate outside of the momentum."""
    memory["n"] = 0.95 * memory.get("n", 0) + (1 - 0.95) * g**2
    memory["g"] = 0.95 * memory.get("g", 0) + (1 - 0.95) * g
    deviation = np.sqrt(memory["n"] - memory["g"] ** 2)
    memory["step"] = 0.9 * memory.get("step", 0) + g / (deviation + 1e-4)
    return w - rate * memory["step"]


def adagrad(t, w, g, rate, memory):
    """Duchi, Hazan and Singer (2011), figure 1, diagonal."""
    memory["s"] = memory.get("s", 0) + g**2
    return w - rate * g / (1e-10 + np.sqrt(memory["s"]))


def adagrad_from_a_tenth(t, w, g, rate, memory):
    memory.setdefault("s", 0.1)
    return adagrad(t, w, g, rate, memory)


def lion(t, w, g, rate, memory):
    """Chen et al. (2023), algorithm 2, without weight decay."""
    m = memory.get("m", 0)
    memory["m"] = 0.99 * m + (1 - 0.99) * g
    return w - rate * np.sign(0.9 * m + (1 - 0.9) * g)


def rprop(t, w, g, rate, memory):
    """Igel and Huesken (2000), iRprop-: entry by entry, as the paper prints it."""
    shape = w.shape
    first = memory.setdefault("first", rate)
    size = memory.setdefault("size", np.full(shape, first))
    before = memory.setdefault("before", np.zeros(shape))
    moved = w.copy()
    for at in np.ndindex(shape):
        slope = g[at]
        if before[at] * slope > 0:
            size[at] = min(size[at] * 1.2, 50)
        elif before[at] * slope < 0:
            size[at] = max(size[at] * 0.5, 1e-6)
            slope = 0.0
        moved[at] -= rate / first * np.sign(slope) * size[at]
        before[at] = slope
    return moved


def lion_that_decays(t, w, g, rate, memory):
    """Chen et al. again, whose lambda is 0.1: both parts of the step from one w."""
    return lion(t, w, g, rate, memory) - rate * 0.1 * w


def adamw(t, w, g, rate, memory):
    """Loshchilov and Hutter (2019), algorithm 2, its lambda being rate * 0.01."""
    return adam(t, w, g, rate, memory) - rate * 0.01 * w


def adam_with_other_numbers(t, w, g, rate, memory):
    """Kingma and Ba again, with other betas; epsilon is large, so that it is seen."""
    memory["m"] = 0.5 * memory.get("m", 0) + 0.5 * g
    memory["v"] = 0.7 * memory.get("v", 0) + (1 - 0.7) * g * g
    step = memory["m"] / (1 - 0.5**t) / (np.sqrt(memory["v"] / (1 - 0.7**t)) + 0.1)
    return w - rate * step


RULES = {
    "sgd": [(gp.SGD(0.05), sgd)],
    "sgd with momentum": [
        (gp.SGD(0.05, momentum=0.9), momentum),
        (gp.SGD(0.05, momentum=0.9, nesterov=True), nesterov),
    ],
    "adam": [
        (gp.Adam(0.01), adam),
        (gp.Adam(0.01, beta1=0.5, beta2=0.7, epsilon=0.1), adam_with_other_numbers),
    ],
    "adamw": [
        (gp.AdamW(0.01), adamw),
        (optimizers.WeightDecay(gp.Adam(0.01)), adamw),
        (optimizers.WeightDecay(gp.Lion(0.001), 0.1), lion_that_decays),
    ],
    "amsgrad": [(gp.Adam(0.01, beta2=0.5, amsgrad=True), amsgrad)],
    "nadam": [(gp.Nadam(0.01), nadam)],
    "rmsprop": [
        (gp.RMSprop(0.0002, decay=0.9), rmsprop),
        (
            gp.RMSprop(0.00003, decay=0.95, epsilon=1e-4, centered=True, momentum=0.9),
            rmsprop_centered,
        ),
    ],
    "adagrad": [
        (gp.Adagrad(0.05), adagrad),
        (gp.Adagrad(0.05, initial=0.1), adagrad_from_a_tenth),
    ],
    "lion": [(gp.Lion(0.001), lion)],
    "rprop": [(gp.Rprop(0.01), rprop)],
}
PAIRS = [
    pytest.param(optimizer, rule, id=f"{type(optimizer).__name__} {rule.__name__}")
    for pairs in RULES.values()
    for optimizer, rule in pairs
]


def linear(loss="half_squared_error"):
    return gp.Network([gp.Dense(3, bias=False, weights=(START,))], loss=loss)


def by_rule(rule, rates):
    w, memory = START.copy(), {}
    for t, rate in enumerate(rates, start=1):
        w = rule(t, w, slope(w), rate, memory)
    return w


def fitted(net, optimizer, epochs=STEPS, **options):
    net.fit(
        X,
        Y,
        optimizer=optimizer,
        epochs=epochs,
        batch_size=None,
        verbose=False,
        **options,
    )
    return net.parameters["dense_1.weight"]


def assert_equal(found, expected):
    assert np.abs(found - expected).max() <= TOLERANCE * max(1, np.abs(expected).max())


def test_every_optimizer_has_its_rule():
    kinds = {type(optimizer) for pairs in RULES.values() for optimizer, _ in pairs}
    assert kinds >= set(OPTIMIZERS.values())


@pytest.mark.parametrize(("optimizer", "rule"), PAIRS)
def test_a_thousand_steps_equal_the_papers_rule(optimizer, rule):
    expected = by_rule(rule, [optimizer.learning_rate] * STEPS)
    net = linear()
    assert_equal(fitted(net, optimizer), expected)
    assert np.abs(expected - START).max() > 0.1
    assert net.training.steps == net.training.epochs == STEPS


@pytest.mark.parametrize(("optimizer", "rule"), PAIRS)
def test_every_step_of_a_row_by_row_training_equals_the_rule(optimizer, rule):
    net = linear()
    net.fit(
        X,
        Y,
        optimizer=optimizer,
        epochs=50,
        batch_size=1,
        shuffle=False,
        verbose=False,
    )
    w, memory = START.copy(), {}
    for t in range(1, 201):
        at = (t - 1) % 4
        g = np.outer(X[at], X[at] @ w - Y[at])
        w = rule(t, w, g, optimizer.learning_rate, memory)
    assert_equal(net.parameters["dense_1.weight"], w)


@pytest.mark.parametrize(("optimizer", "rule"), PAIRS)
def test_training_that_goes_on_goes_on_with_the_memory(optimizer, rule):
    whole, parts = linear(), linear()
    fitted(whole, optimizer, 20)
    for epochs in (1, 7, 12):
        fitted(parts, optimizer, epochs)
    assert bits(whole) == bits(parts)


def test_another_optimizer_starts_anew():
    net = linear()
    fitted(net, gp.Adam(0.01), 5)
    middle = net.parameters["dense_1.weight"]
    found = fitted(net, gp.Adam(0.02), 3)
    w, memory = middle, {}
    for t in (1, 2, 3):
        w = adam(t, w, slope(w), 0.02, memory)
    assert_equal(found, w)
    assert net.training.epochs == 8


@pytest.mark.parametrize(("optimizer", "rule"), PAIRS)
def test_in_float32_everything_stays_in_float32(optimizer, rule):
    net = gp.Network(
        [gp.Dense(3, bias=False, weights=(START,))], loss="half_squared_error"
    )
    net.fit(
        X.astype(np.float32),
        Y,
        optimizer=optimizer,
        epochs=20,
        batch_size=None,
        verbose=False,
    )
    expected = by_rule(rule, [optimizer.learning_rate] * 20)
    found = net.parameters["dense_1.weight"]
    assert found.dtype == np.float32
    assert {array.dtype for array in net.training.memory.values()} <= {found.dtype}
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_name_stands_for_the_defaults(name):
    assert get_optimizer(name) == OPTIMIZERS[name]()
    assert get_optimizer(name.upper()) == OPTIMIZERS[name]()
    found, expected = linear(), linear()
    fitted(found, name, 3)
    fitted(expected, OPTIMIZERS[name](), 3)
    assert bits(found) == bits(expected)


def test_a_learning_rate_of_0_moves_nothing():
    for optimizer in (gp.SGD(0.0), gp.Adam(0.0), gp.AdamW(0.0)):
        assert np.array_equal(fitted(linear(), optimizer, 3), START)


def test_adam_makes_first_steps_of_the_learning_rate():
    found = fitted(linear(), gp.Adam(0.25), 1)
    np.testing.assert_allclose(START - found, 0.25 * np.sign(slope(START)), rtol=1e-6)


def test_an_optimizer_of_ones_own_is_traced_like_the_others():
    class Sign:
        learning_rate = 0.01

        def init(self, w):
            return {"seen": np.zeros_like(w)}

        def scalars(self, rate, t):
            return rate

        def update(self, w, g, state, scalars):
            return w - scalars * np.sign(g), {"seen": state["seen"] + np.abs(g)}

    net, rule = linear(), Sign()
    w, seen = START, 0
    for _ in range(10):
        seen = seen + abs(slope(w))
        w = w - 0.01 * np.sign(slope(w))
    assert_equal(fitted(net, rule, 10), w)
    assert_equal(net.training.memory["seen of dense_1.weight"], seen)
    assert net.source().splitlines()[0].endswith('; Sign."""')


# Schedules ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schedule", "factor"),
    [
        ("constant", lambda t: 1.0),
        (schedules.Step(every=10), lambda t: 0.5 ** (t // 10)),
        (
            schedules.Cosine(epochs=120, final=0.1),
            lambda t: 0.1 + 0.9 * (1 + math.cos(math.pi * t / 120)) / 2,
        ),
        (lambda steps, steps_per_epoch: 1 / (1 + steps), lambda t: 1 / (1 + t)),
    ],
    ids=["constant", "step", "cosine", "own"],
)
@pytest.mark.parametrize(("optimizer", "rule"), PAIRS)
def test_a_schedule_multiplies_the_learning_rate(optimizer, rule, schedule, factor):
    rates = [optimizer.learning_rate * factor(t) for t in range(120)]
    net = linear()
    for epochs in (70, 50):
        found = fitted(net, optimizer, epochs, schedule=schedule)
    assert_equal(found, by_rule(rule, rates))


@pytest.mark.parametrize(
    ("schedule", "got"),
    [
        (lambda steps, steps_per_epoch: 1.0, "array(1.)"),
        (lambda steps, steps_per_epoch: [0.5, np.nan], "array([0.5, nan])"),
        (lambda steps, steps_per_epoch: steps[:1], "array([0])"),
        (lambda steps, steps_per_epoch: 0.5 - steps, "array([ 0.5, -0.5])"),
        (lambda steps, steps_per_epoch: [1, np.inf], "array([ 1., inf])"),
    ],
    ids=["one", "nan", "few", "negative", "infinite"],
)
def test_a_schedule_must_give_a_factor_a_step(schedule, got):
    net = linear()
    message = refusal(
        ArgumentError,
        lambda: net.fit(X, Y, batch_size=2, schedule=schedule, verbose=False),
    )
    assert message == (
        f"schedule: expected 2 finite factors >= 0, one a step, got {got}."
    )
    assert np.array_equal(net.parameters["dense_1.weight"], START)


# Clipping -----------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [1e-3, 0.5, 2.0, 1e6])
def test_gradients_are_scaled_down_to_a_norm_together(limit):
    layers = [gp.Dense(3, "tanh"), gp.Dense(2)]
    net = gp.Network(layers, loss="half_squared_error", seed=1)
    rows, target = RNG.normal(size=(8, 3)), 5 * RNG.normal(size=(8, 2))
    gradients = net.gradients(rows, target)
    norm = math.sqrt(sum((g**2).sum() for g in gradients.values()))
    factor = min(1, limit / norm)
    before = dict(net.parameters)
    net.fit(
        rows, target, optimizer=gp.SGD(0.1), clip=limit, batch_size=None, verbose=False
    )
    for key, gradient in gradients.items():
        moved = before[key] - net.parameters[key]
        np.testing.assert_allclose(moved, 0.1 * factor * gradient, rtol=1e-9)


def test_clipping_at_the_norm_itself_changes_no_bit():
    plain, clipped = linear(), linear()
    fitted(plain, gp.SGD(0.05), 5)
    fitted(clipped, gp.SGD(0.05), 5, clip=1e9)
    assert bits(plain) == bits(clipped)


def test_clipping_where_nothing_moves():
    net = gp.Network([gp.Dense(3, frozen=True, weights=(START,))], loss="huber")
    fitted(net, gp.SGD(0.05), 2, clip=1.0)
    assert np.array_equal(net.parameters["dense_1.weight"], START)


@pytest.mark.parametrize("clip", [0, -1.0, math.nan, math.inf, "1"])
def test_clip_is_checked(clip):
    assert refusal(ArgumentError, lambda: linear().fit(X, Y, clip=clip)) == (
        "clip must be a finite number above 0, a rule such as "
        f"gp.clipping.ByValue(0.5), or None, got {clip!r}."
    )


# Refusals -----------------------------------------------------------------------------

NAMES = "sgd, adam, adamw, nadam, rmsprop, adagrad, lion, rprop or lbfgs"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: gp.SGD(-0.1),
            "SGD: learning_rate must be a finite number >= 0, got -0.1.",
        ),
        (
            lambda: gp.Adam(math.nan),
            "Adam: learning_rate must be a finite number >= 0, got nan.",
        ),
        (
            lambda: gp.Adam(True),
            "Adam: learning_rate must be a finite number >= 0, got True.",
        ),
        (
            lambda: gp.Adam(epsilon=np.True_),
            "Adam: epsilon must be a finite number >= 0, got np.True_.",
        ),
        (
            lambda: gp.Rprop(grow=True),
            "Rprop: grow must be a finite number above 0, got True.",
        ),
        (
            lambda: gp.LBFGS(gradient_tolerance=True),
            "LBFGS: gradient_tolerance must be a finite number >= 0, got True.",
        ),
        (
            lambda: gp.AdamW(math.inf),
            "AdamW: learning_rate must be a finite number >= 0, got inf.",
        ),
        (
            lambda: gp.SGD("0.1"),
            "SGD: learning_rate must be a finite number >= 0, got '0.1'.",
        ),
        (
            lambda: gp.SGD(momentum="0.9"),
            "SGD: momentum must be at least 0 and below 1, got '0.9'.",
        ),
        (
            lambda: gp.SGD(momentum=1.0),
            "SGD: momentum must be at least 0 and below 1, got 1.0.",
        ),
        (
            lambda: gp.SGD(nesterov=True),
            "SGD: nesterov=True needs a momentum above 0, such as momentum=0.9.",
        ),
        (
            lambda: gp.Adam(beta1=1),
            "Adam: beta1 must be at least 0 and below 1, got 1.",
        ),
        (
            lambda: gp.AdamW(beta2=-0.1),
            "AdamW: beta2 must be at least 0 and below 1, got -0.1.",
        ),
        (
            lambda: gp.Adam(epsilon=-1),
            "Adam: epsilon must be a finite number >= 0, got -1.",
        ),
        (
            lambda: gp.AdamW(weight_decay=-1),
            "AdamW: weight_decay must be a finite number >= 0, got -1.",
        ),
        (
            lambda: gp.SGD(momentum=0.9, nesterov=[]),
            "SGD: nesterov must be True or False, got [].",
        ),
        (
            lambda: gp.Adam(amsgrad="yes"),
            "Adam: amsgrad must be True or False, got 'yes'.",
        ),
        (
            lambda: gp.Nadam(momentum_decay=-1),
            "Nadam: momentum_decay must be a finite number >= 0, got -1.",
        ),
        (
            lambda: gp.Nadam(beta1=1.0),
            "Nadam: beta1 must be at least 0 and below 1, got 1.0.",
        ),
        (
            lambda: gp.RMSprop(decay=1.0),
            "RMSprop: decay must be at least 0 and below 1, got 1.0.",
        ),
        (
            lambda: gp.RMSprop(centered=1),
            "RMSprop: centered must be True or False, got 1.",
        ),
        (
            lambda: gp.RMSprop(momentum=-0.1),
            "RMSprop: momentum must be at least 0 and below 1, got -0.1.",
        ),
        (
            lambda: gp.RMSprop(epsilon=None),
            "RMSprop: epsilon must be a finite number >= 0, got None.",
        ),
        (
            lambda: gp.Adagrad(initial=-0.1),
            "Adagrad: initial must be a finite number >= 0, got -0.1.",
        ),
        (
            lambda: gp.Lion(beta2=2),
            "Lion: beta2 must be at least 0 and below 1, got 2.",
        ),
        (
            lambda: gp.Rprop(0),
            "Rprop: learning_rate must be a finite number above 0, got 0.",
        ),
        (
            lambda: gp.Rprop(shrink=0.0),
            "Rprop: shrink must be a finite number above 0, got 0.0.",
        ),
        (
            lambda: gp.Rprop(shrink=1),
            "Rprop: shrink must be at least 0 and below 1, got 1.",
        ),
        (
            lambda: gp.Rprop(grow=0.9),
            "Rprop: grow must be at least 1, got 0.9.",
        ),
        (
            lambda: gp.Rprop(smallest=2.0, largest=1.0),
            "Rprop: smallest must be at most largest, got 2.0 and 1.0.",
        ),
        (
            lambda: get_optimizer("adm"),
            f"unknown optimizer 'adm'. Did you mean 'adam'? Expected {NAMES}, or an "
            "optimizer such as gp.Adam(learning_rate=0.01).",
        ),
        (
            lambda: get_optimizer(0.1),
            f"unknown optimizer 0.1. Expected {NAMES}, or an optimizer such as "
            "gp.Adam(learning_rate=0.01).",
        ),
        (
            lambda: get_optimizer(gp.Adam),
            "expected an optimizer, got the class Adam. Call it: Adam().",
        ),
    ],
)
def test_optimizers_check_their_numbers(make, message):
    assert refusal(ArgumentError, make) == message


def test_an_unknown_optimizer_leaves_the_network_unbuilt():
    net = gp.Network([gp.Dense(3)], loss="huber")
    message = refusal(ArgumentError, lambda: net.fit(X, Y, optimizer="ftrl"))
    assert message == (
        f"unknown optimizer 'ftrl'. Expected {NAMES}, or an optimizer such as "
        "gp.Adam(learning_rate=0.01)."
    )
    assert net.input_shape is None


def test_printed_names_follow_the_parameter():
    layers = [gp.Dense(3, "tanh"), gp.Dense(1, name="out")]
    net = gp.Network(layers, loss="huber", input_shape=2)
    program = net.source(optimizer="adamw")
    update = [line.split(" = ")[0].strip() for line in program.splitlines()]
    update = update[update.index("# update") + 1 :]
    assert update == [
        "m_W1[...]",
        "square_W1",
        "v_W1[...]",
        "decay",
        "shrunk_W1",
        "step_size",
        "scale",
        "step_W1",
        "W1[...]",
        *(
            line.format(name)
            for name in ("b1", "W_out", "b_out")
            for line in (
                "m_{}[...]",
                "square_{}",
                "v_{}[...]",
                "shrunk_{}",
                "step_{}",
                "{}[...]",
            )
        ),
        "return loss",
    ]
