"""BatchNorm and LayerNorm: PyTorch's numbers, running averages, batches too small."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

import glassprop as gp
from glassprop.chunks import rows_stay_apart
from glassprop.compiling import Compiled
from glassprop.errors import ArgumentError, ShapeError
from glassprop.programs import Target, gradient_program, predict_program
from networks import assert_slopes, bits, refusal

CLOSE = {"rtol": 1e-10, "atol": 1e-14}

# What PyTorch 2.13.0 gives in float64 for these rows, this target, half the squared
# error, gain and bias; with epsilon 0.001, and momentum 0.25.
X = np.array([[0.5, -1.25, 3.0], [2.0, 0.75, -0.5], [-1.5, 0.25, 1.0], [1, 4, -2.25]])
Y = np.array([[1.0, 0.0, -1.0], [0.5, 0.25, 0.0], [0.0, -0.5, 2.0], [-1, 1, 0.5]])
GAIN, BIAS = np.array([1.5, -0.5, 2.0]), np.array([0.25, 0.0, -1.0])
BATCH = {
    "loss": 6.042372125761733,
    "x": [
        [-0.25732326315743903, 0.02043072645107016, 0.23521349457883503],
        [-0.09300633019153992, 0.00687866955253171, 0.13355252103521567],
        [0.01372704175934114, -0.03459862996918352, -0.4514880498774565],
        [0.3366025515896377, 0.00728923396558166, 0.082722034263406],
    ],
    "gain": [1.4500635358877763, -0.938320197173006, 2.3351461449641437],
    "bias": [0.12499999999999994, -0.18750000000000003, -1.375],
}
RUNNING = {
    "mean": [0.125, 0.234375, 0.078125],
    "variance": [1.2916666666666665, 1.97265625, 1.993489583333333],
}
PREDICTED = [
    [0.7447425370096716, 0.5282966764600109, 3.137859516889704],
    [2.723712685048359, -0.18351358234926696, -1.8187208669781767],
    [-1.8938843270419108, -0.00556101764694748, 0.3055278689652008],
    [1.4043992530225675, -1.3402052529143433, -4.297011058912117],
]
LAYER = {
    "loss": 5.830222168373675,
    "x": [
        [-0.3218630654607617, 0.1891921832933653, 0.13267088216739648],
        [-0.19344079464333563, 0.38905970906301257, -0.1956189144196765],
        [-0.08780639303738874, 0.29219546560516846, -0.20438907256777977],
        [0.3493822788016443, -0.18161179249567613, -0.16777048630596825],
    ],
    "gain": [1.1314326097330003, -0.6216245442520674, 2.881094291560291],
    "bias": [0.03561971839383824, -0.23493777594454943, -1.4455773949699822],
}
LAYER_OUTPUT = [
    [0.03501701960848324, 0.5732879477107113, 1.579795764698201],
    [2.086236125180223, 0.0, -3.448314833573631],
    [-1.7777472483714591, -0.15903899987227135, 1.0675069983395273],
    [0.2989729771581057, -0.6040000516166377, -3.4812975093440257],
]
RECTIFIER = {
    "loss": 8.095703125,
    "x": [
        [-0.125, -0.078125, 1.0],
        [0.375, 0.125, -0.5],
        [-0.84375, 0.1875, -0.25],
        [0.5, 0.75, -2.5],
    ],
    "slope": [0.84375, -0.1953125, 2.9375],
}


def normal(*shape):
    return np.random.default_rng(11).normal(size=shape)


def with_rows(layer, values):
    """Make a network whose first layer gives X for the rows of the identity."""
    front = gp.Dense(3, bias=False, weights=(X,), name="rows")
    net = gp.Network([front, layer], loss="half_squared_error")
    net(np.eye(4))
    for name, value in values.items():
        net.parameters[name] = value
    return net


def training_step(net, x, y):
    """Give loss and gradients as training has them."""
    target = Target(net.structure.output_shape, np.dtype(np.float64))
    program = gradient_program(net.structure, net.loss, target, training=True)
    return Compiled(program).named({**net.values, "x": x, "y": y, "seed": 1, "t": 1.0})


@pytest.mark.parametrize(
    ("layer", "values", "expected"),
    [
        (gp.BatchNorm(epsilon=1e-3), {"gain": GAIN, "bias": BIAS}, BATCH),
        (gp.LayerNorm(epsilon=1e-3), {"gain": GAIN, "bias": BIAS}, LAYER),
        (gp.PReLU(), {"slope": GAIN}, RECTIFIER),
    ],
    ids=["batch", "layer", "prelu"],
)
def test_loss_and_gradients_are_those_of_pytorch(layer, values, expected):
    name = {"BatchNorm": "batch_norm_1", "LayerNorm": "layer_norm_1"}.get(
        type(layer).__name__, "prelu_1"
    )
    net = with_rows(layer, {f"{name}.{key}": value for key, value in values.items()})
    found = training_step(net, np.eye(4), Y)
    names = {"loss": "loss", "x": "d rows.weight"}
    for key, value in expected.items():
        result = found[names.get(key, f"d {name}.{key}")]
        np.testing.assert_allclose(result, value, **CLOSE, err_msg=key)


def test_running_averages_and_prediction_are_those_of_pytorch():
    layer = gp.BatchNorm(momentum=0.25, epsilon=1e-3, frozen=True, name="b")
    net = gp.Network([layer], loss="half_squared_error")
    net(X)
    net.parameters["b.gain"], net.parameters["b.bias"] = GAIN, BIAS
    history = net.fit(X, Y, batch_size=None, verbose=False)
    np.testing.assert_allclose(history["loss"], [BATCH["loss"]], **CLOSE)
    for key, value in RUNNING.items():
        np.testing.assert_allclose(net.values[f"b.{key}"], value, **CLOSE)
    np.testing.assert_allclose(net(X), PREDICTED, **CLOSE)
    np.testing.assert_array_equal(net.parameters["b.gain"], GAIN)


def test_layer_norm_predicts_as_pytorch_does():
    net = gp.Network([gp.LayerNorm(epsilon=1e-3, name="l")], input_shape=3)
    net.parameters["l.gain"], net.parameters["l.bias"] = GAIN, BIAS
    np.testing.assert_allclose(net(X), LAYER_OUTPUT, **CLOSE)


# BatchNorm ----------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (2, 4, 3)])
def test_a_batch_is_normalized_over_all_axes_but_the_last(shape):
    rows = 5 + 3 * normal(40, *shape)
    layer = gp.BatchNorm(momentum=1)
    net = gp.Network([layer], input_shape=shape, loss=lambda output, y: np.sum(output))
    net.fit(rows, np.ones(rows.shape), batch_size=None, verbose=False)
    axes = tuple(range(max(rows.ndim - 1, 1)))
    mean, variance = rows.mean(axis=axes), rows.var(axis=axes)
    count = rows.size // max(mean.size, 1)
    np.testing.assert_allclose(net.values["batch_norm_1.mean"], mean)
    unbiased = variance * count / (count - 1)
    np.testing.assert_allclose(net.values["batch_norm_1.variance"], unbiased)
    scaled = (rows - mean) / np.sqrt(unbiased + 1e-5)
    gain, bias = net.parameters.values()
    np.testing.assert_allclose(net(rows), scaled * gain + bias)


def test_running_averages_move_by_the_momentum_with_every_batch():
    rows = normal(6, 2)
    layer = gp.BatchNorm(momentum=0.2, affine=False)
    net = gp.Network([layer], loss="half_squared_error")
    net.fit(rows, rows, batch_size=3, epochs=2, shuffle=False, verbose=False)
    mean, variance = np.zeros(2), np.ones(2)
    for _ in range(2):
        for batch in (rows[:3], rows[3:]):
            mean = 0.8 * mean + 0.2 * batch.mean(axis=0)
            variance = 0.8 * variance + 0.2 * batch.var(axis=0, ddof=1)
    np.testing.assert_allclose(net.values["batch_norm_1.mean"], mean)
    np.testing.assert_allclose(net.values["batch_norm_1.variance"], variance)
    before = bits(net)
    net.evaluate(rows, rows)
    net(rows)
    net.gradients(rows, rows)
    net.check_gradients(rows, rows)
    assert bits(net) == before


def test_rows_do_not_mix_in_prediction():
    layers = [gp.BatchNorm(), gp.Residual(gp.LayerNorm()), gp.PReLU(), gp.Dense(1)]
    net = gp.Network(layers, input_shape=3)
    assert rows_stay_apart(predict_program(net.structure))


def test_a_feature_that_is_constant_stays_finite():
    rows = np.column_stack([np.full(6, 1e8), normal(6)])
    net = gp.Network([gp.BatchNorm(), gp.Dense(1)], loss="huber")
    history = net.fit(rows, normal(6, 1), epochs=3, verbose=False)
    assert np.isfinite(history["loss"]).all()
    assert all(np.isfinite(value).all() for value in net.values.values())


@pytest.mark.no_cover
def test_slopes_go_through_the_statistics_of_the_batch():
    layers = [gp.Dense(3), gp.BatchNorm(), gp.Activation("tanh"), gp.Dense(2)]
    net = gp.Network(layers, loss="mean_squared_error", seed=2)
    x, y = normal(5, 4), normal(5, 2)
    net(x)
    derived = training_step(net, x, y)
    slopes = {key: derived[f"d {key}"] for key in net.structure.trainable}
    assert_slopes(slopes, net.values, lambda: float(training_step(net, x, y)["loss"]))
    # A bias before it comes off again with the mean.
    np.testing.assert_allclose(slopes["dense_1.bias"], 0, atol=1e-15)


@pytest.mark.parametrize(
    ("layer", "rows", "batch_size", "message"),
    [
        (
            gp.BatchNorm(),
            33,
            32,
            "BatchNorm 'batch_norm_1': a training batch must have 2 rows or more; "
            "batch_size=32 cuts 33 rows into batches of which the last has 1. "
            "batch_size=31 does not.",
        ),
        (
            gp.BatchNorm(name="norm"),
            7,
            1,
            "BatchNorm 'norm': a training batch must have 2 rows or more; batch_size=1 "
            "cuts 7 rows into batches of which each has 1. batch_size=4 does not.",
        ),
        (
            gp.Residual([gp.BatchNorm()], name="block"),
            5,
            2,
            "BatchNorm 'block.batch_norm_1': a training batch must have 2 rows or "
            "more; batch_size=2 cuts 5 rows into batches of which the last has 1. "
            "batch_size=3 does not.",
        ),
        (
            gp.BatchNorm(),
            1,
            None,
            "BatchNorm 'batch_norm_1': a training batch must have 2 rows or more, got "
            "1 in all. Give more rows.",
        ),
    ],
    ids=["the last", "each", "inside", "one in all"],
)
def test_a_training_batch_of_one_row_is_refused(layer, rows, batch_size, message):
    x, y = normal(rows, 3), normal(rows, 1)
    net = gp.Network([layer, gp.Dense(1)], loss="huber")

    def call():
        net.fit(x, y, batch_size=batch_size, verbose=False)

    assert refusal(ArgumentError, call) == message
    assert net.values == {}
    assert net.input_shape is None
    assert net(x[:1]).shape == (1, 1)  # prediction takes a row alone


def test_rows_that_are_held_out_do_not_count_as_a_batch():
    x, y = normal(10, 3), normal(10, 1)
    net = gp.Network([gp.BatchNorm(), gp.Dense(1)], loss="huber")
    net.fit(x, y, batch_size=3, validation=0.1, verbose=False)  # 9 and 1

    def call():
        net.fit(x, y, batch_size=3, validation=0.3, verbose=False)  # 7 and 3

    assert refusal(ArgumentError, call) == (
        "BatchNorm 'batch_norm_1': a training batch must have 2 rows or more; "
        "batch_size=3 cuts 7 rows into batches of which the last has 1. batch_size=4 "
        "does not."
    )


@dataclass(frozen=True)
class Pairs:
    """A layer of one's own that compares rows."""

    least_rows: ClassVar[int] = 4

    def forward(self, p, x, run):
        return x - np.mean(x, axis=0) if run.training else x


@pytest.mark.parametrize("rows", [1, 3, 4, 6, 9, 13])
@pytest.mark.parametrize("batch_size", [None, 1, 3, 4, 5, 7, 12])
def test_a_layer_says_how_many_rows_it_needs_and_the_way_out_is_one(rows, batch_size):
    x, y = normal(rows, 2), normal(rows, 2)

    def fit(size):
        net = gp.Network([Pairs(), gp.Dense(2)], loss="huber")
        net.fit(x, y, batch_size=size, verbose=False)

    size = min(batch_size or rows, rows)
    sizes = {len(x[start : start + size]) for start in range(0, rows, size)}
    if min(sizes) >= 4:
        fit(batch_size)
        return
    message = refusal(ArgumentError, lambda: fit(batch_size))
    start = "Pairs 'pairs_1': a training batch must have 4 rows or more"
    assert message.startswith(start)
    if rows < 4:
        assert message == f"{start}, got {rows} in all. Give more rows."
    else:
        fit(int(message.partition(". batch_size=")[2].split()[0]))


@pytest.mark.parametrize(
    ("kind", "arguments", "message"),
    [
        (
            gp.BatchNorm,
            {"momentum": 0},
            "BatchNorm: momentum must be above 0 and at most 1, got 0.",
        ),
        (
            gp.BatchNorm,
            {"momentum": 1.1},
            "BatchNorm: momentum must be above 0 and at most 1, got 1.1.",
        ),
        (
            gp.BatchNorm,
            {"momentum": True},
            "BatchNorm: momentum must be above 0 and at most 1, got True.",
        ),
        (
            gp.BatchNorm,
            {"momentum": math.nan},
            "BatchNorm: momentum must be above 0 and at most 1, got nan.",
        ),
        (
            gp.BatchNorm,
            {"epsilon": 0.0},
            "BatchNorm: epsilon must be a finite number above 0, got 0.0.",
        ),
        (
            gp.LayerNorm,
            {"epsilon": "small"},
            "LayerNorm: epsilon must be a finite number above 0, got 'small'.",
        ),
        (
            gp.LayerNorm,
            {"affine": None},
            "LayerNorm: affine must be True or False, got None.",
        ),
        (
            gp.BatchNorm,
            {"frozen": 3},
            "BatchNorm: frozen must be True, False or names of parameters, got 3.",
        ),
        (
            gp.BatchNorm,
            {"frozen": [1]},
            "BatchNorm: frozen must be True, False or names of parameters, got [1].",
        ),
        (
            gp.LayerNorm,
            {"frozen": ("gain", None)},
            "LayerNorm: frozen must be True, False or names of parameters, got "
            "('gain', None).",
        ),
        (
            gp.LayerNorm,
            {"axes": 0.5},
            "LayerNorm: axes must be a whole number or several, got 0.5.",
        ),
        (
            gp.LayerNorm,
            {"axes": ()},
            "LayerNorm: axes must be a whole number or several, got ().",
        ),
        (
            gp.LayerNorm,
            {"axes": (0, True)},
            "LayerNorm: axes must be a whole number or several, got (0, True).",
        ),
    ],
)
def test_options_are_checked(kind, arguments, message):
    assert refusal(ArgumentError, lambda: kind(**arguments)) == message


def test_frozen_names_are_checked():
    for layer, message in (
        (
            gp.BatchNorm(frozen="mean"),
            "BatchNorm 'batch_norm_1': frozen names 'mean'; this layer has gain, bias.",
        ),
        (
            gp.LayerNorm(affine=False, frozen="gain"),
            "LayerNorm 'layer_norm_1': frozen names 'gain'; this layer has no "
            "parameters.",
        ),
    ):
        net = gp.Network([layer])
        assert refusal(ArgumentError, lambda: net(X)) == message  # noqa: B023  # called at once


# LayerNorm ----------------------------------------------------------------------------


@pytest.mark.parametrize("axes", [0, 1, 2, -1, -3, (0, 1), (2, 0), (-1, -2), (0, 1, 2)])
def test_layer_norm_of_any_axes_of_a_sample(axes):
    rows = 4 + 2 * normal(5, 2, 3, 4)
    net = gp.Network([gp.LayerNorm(axes)], input_shape=(2, 3, 4))
    sample = sorted(axis % 3 for axis in np.atleast_1d(axes))
    shape = tuple((2, 3, 4)[axis] for axis in sample)
    assert {value.shape for value in net.parameters.values()} == {shape}
    gain, bias = 1 + 0.1 * normal(*shape), normal(*shape)
    net.parameters["layer_norm_1.gain"] = gain
    net.parameters["layer_norm_1.bias"] = bias
    over = tuple(axis + 1 for axis in sample)
    mean = rows.mean(axis=over, keepdims=True)
    variance = rows.var(axis=over, keepdims=True)
    beside = [size if at in sample else 1 for at, size in enumerate((2, 3, 4))]
    expected = (rows - mean) / np.sqrt(variance + 1e-5)
    expected = expected * gain.reshape(beside) + bias.reshape(beside)
    np.testing.assert_allclose(net(rows), expected, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize(
    ("axes", "shape", "message"),
    [
        (
            2,
            (2, 3),
            "LayerNorm 'layer_norm_1': axis 2 is none of a sample of shape (2, 3). "
            "Count from 0, without the batch.",
        ),
        (
            -1,
            (),
            "LayerNorm 'layer_norm_1': axis -1 is none of a sample of shape (). Count "
            "from 0, without the batch.",
        ),
        (
            (1, -1),
            (2, 3),
            "LayerNorm 'layer_norm_1': axes (1, -1) name one axis of a sample of shape "
            "(2, 3) twice. Name each once.",
        ),
        (
            -1,
            (3, 1),
            "LayerNorm 'layer_norm_1': expected two values of a sample to normalize, "
            "got (1,) of a sample of shape (3, 1): one alone becomes 0. Name more "
            "axes, or drop the layer.",
        ),
    ],
)
def test_layer_norm_checks_its_axes(axes, shape, message):
    net = gp.Network([gp.LayerNorm(axes)], input_shape=shape)
    assert refusal(ShapeError, lambda: net(np.ones((2, *shape)))) == message
