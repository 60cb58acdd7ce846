"""Layers made of layers: what is inside is found, named, trained, saved and printed."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pytest

import glassprop as gp
from glassprop.compiling import Compiled
from glassprop.errors import ArgumentError, ShapeError, TraceError
from glassprop.program import Program
from glassprop.programs import Target, step_program
from networks import bits, refusal


def normal(*shape, seed=5):
    return np.random.default_rng(seed).normal(size=shape)


X, Y = normal(40, 4), normal(40, 2, seed=6)


def with_everything(seed=3, loss="mean_squared_error"):
    """A network whose inner layers have parameters, state, penalties and randomness."""
    block = gp.Residual(
        [
            gp.BatchNorm(),
            gp.Dense(6, "relu", l2=0.01),
            gp.Dropout(0.2),
            gp.Dense(4, frozen="bias", l1=0.001),
        ],
        name="block",
    )
    wide_and_deep = gp.Concatenate(
        [
            [gp.Standardize(), gp.Dense(3, "tanh", name="wide")],
            [block, gp.LayerNorm(), gp.GaussianNoise(0.1)],
        ],
        name="both",
    )
    return gp.Network([wide_and_deep, gp.Dense(2)], loss=loss, seed=seed)


# Values and names ---------------------------------------------------------------------


def test_residual_adds_what_is_inside_to_the_input():
    net = gp.Network([gp.Residual([gp.Dense(6, "tanh"), gp.Dense(4)], name="block")])
    out = net(X)
    p = net.parameters
    hidden = np.tanh(X @ p["block.dense_1.weight"] + p["block.dense_1.bias"])
    made = hidden @ p["block.dense_2.weight"] + p["block.dense_2.bias"]
    np.testing.assert_allclose(out, X + made, rtol=1e-13)


def test_branches_get_the_input_and_are_joined_or_added():
    dense = [gp.Dense(3, "tanh", name="left"), [gp.Dense(3, name="right")]]
    joined = gp.Network([gp.Concatenate(dense)], seed=1)
    added = gp.Network([gp.Add(dense)], seed=1)
    apart = gp.Network([gp.Parallel(dense)], seed=1)
    for net in (joined, added, apart):
        net(X)
        name = net.structure.places[0].name
        net.parameters[f"{name}.left.weight"] = normal(4, 3, seed=1)
        net.parameters[f"{name}.right.weight"] = normal(4, 3, seed=2)
    left, right = np.tanh(X @ normal(4, 3, seed=1)), X @ normal(4, 3, seed=2)
    np.testing.assert_allclose(joined(X), np.hstack([left, right]), rtol=1e-13)
    np.testing.assert_allclose(added(X), left + right, rtol=1e-13)
    for found, expected in zip(apart(X), (left, right), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-13)


@pytest.mark.parametrize("axis", [0, 1, -1, -2])
def test_concatenate_counts_axes_without_the_batch(axis):
    A = normal(5, 2, 3)
    net = gp.Network([gp.Concatenate([[], gp.Scale(2.0)], axis=axis)])
    expected = np.concatenate([A, 2 * A], axis=axis + 1 if axis >= 0 else axis)
    np.testing.assert_array_equal(net(A), expected)


def test_one_branch_is_the_layers_in_it():
    for kind in (gp.Parallel, gp.Concatenate, gp.Add):
        net = gp.Network([kind([[gp.Scale(2.0), gp.Scale(3.0)]])])
        np.testing.assert_array_equal(net(X), X * 2.0 * 3.0)


def test_layers_inside_are_named_and_counted_within_their_layer():
    net = with_everything()
    net(X)
    assert [place.name for place in net.structure.all_places] == [
        "both",
        "both.standardize_1",
        "both.wide",
        "both.block",
        "both.block.batch_norm_1",
        "both.block.dense_1",
        "both.block.dropout_1",
        "both.block.dense_2",
        "both.layer_norm_1",
        "both.gaussian_noise_1",
        "dense_1",
    ]
    assert "both.block.dense_2.bias" not in net.structure.trainable
    assert set(net.parameters) - set(net.structure.trainable) == {
        "both.block.dense_2.bias"
    }
    assert [key for key in net.values if key not in net.parameters] == [
        "both.standardize_1.mean",
        "both.standardize_1.scale",
        "both.block.batch_norm_1.mean",
        "both.block.batch_norm_1.variance",
    ]


def test_the_summary_indents_what_is_inside():
    net = with_everything()
    net(X)
    assert net.summary() == (
        "layer               kind                          output  parameters     "
        "operations\n"
        "------------------  ----------------------------  ------  -------------  "
        "----------\n"
        "both                Concatenate()                 (n, 7)  0              0\n"
        "  standardize_1     Standardize()                 (n, 4)  0              20\n"
        "  wide              Dense(3, tanh)                (n, 3)  15             57\n"
        "  block             Residual()                    (n, 4)  0              4\n"
        "    batch_norm_1    BatchNorm()                   (n, 4)  8              48\n"
        "    dense_1         Dense(6, relu)                (n, 6)  30             60\n"
        "    dropout_1       Dropout(0.2)                  (n, 6)  0              0\n"
        "    dense_2         Dense(4, frozen=bias)         (n, 4)  28 (4 frozen)  52\n"
        "  layer_norm_1      LayerNorm()                   (n, 4)  8              53\n"
        "  gaussian_noise_1  GaussianNoise(deviation=0.1)  (n, 4)  0              0\n"
        "dense_1             Dense(2)                      (n, 2)  16             30\n"
        "\n"
        "input (n, 4); 105 parameters, 101 trained; float64, 968 bytes; 324 operations "
        "to predict a row; loss mean_squared_error"
    )


def test_the_first_line_of_the_source_says_what_is_inside():
    net = with_everything()
    net(X)
    assert net.source().splitlines()[0] == (
        '"""One training step: 4 -> Concatenate(Standardize(), Dense(3, tanh), '
        "Residual(BatchNorm(), Dense(6, relu), Dropout(0.2), Dense(4, frozen=bias)), "
        "LayerNorm(), GaussianNoise(deviation=0.1)) -> Dense(2); loss "
        'mean_squared_error; SGD."""'
    )


# Training -----------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_network_with_everything_learns_and_its_gradients_hold(dtype):
    net = with_everything()
    x, y = X.astype(dtype), np.tanh(X[:, :2]).astype(dtype)
    history = net.fit(x, y, epochs=60, batch_size=8, verbose=False)
    assert history["loss"][-1] < 0.5 * history["loss"][0]
    assert {value.dtype for value in net.values.values()} == {np.dtype(dtype)}
    checked = net.check_gradients(x, y)
    assert checked.ok, str(checked)
    assert list(checked) == net.structure.trainable


@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_five_and_five_epochs_are_ten_with_state_inside(optimizer):
    fitting = {"optimizer": optimizer, "batch_size": 9, "verbose": False}
    ten = with_everything()
    ten.fit(X, Y, epochs=10, **fitting)
    five = with_everything()
    five.fit(X, Y, epochs=5, **fitting)
    assert bits(five) != bits(ten)
    five.fit(X, Y, epochs=5, **fitting)
    assert bits(five) == bits(ten)


def test_five_epochs_a_file_and_five_are_ten_with_layers_inside(tmp_path):
    path = tmp_path / "m.safetensors"
    ten = with_everything()
    ten.fit(X, Y, epochs=10, batch_size=9, verbose=False)
    five = with_everything()
    five.fit(X, Y, epochs=5, batch_size=9, verbose=False)
    five.save(path)
    again = gp.load(path)
    assert again.layers == five.layers
    assert again.learned == five.learned == {"both.standardize_1"}
    assert again.source() == five.source()
    assert again.summary() == five.summary()
    np.testing.assert_array_equal(again(X), five(X))
    again.fit(X, Y, epochs=5, batch_size=9, verbose=False)
    assert bits(again) == bits(ten)


def test_penalties_inside_are_added_to_the_loss_and_its_gradient():
    def network(**penalty):
        inner = gp.Residual([gp.Dense(4, **penalty, name="inner")], name="block")
        return gp.Network([gp.Parallel([[inner, gp.Dense(2)]])], seed=8)

    strict, free = network(l1=0.3, l2=0.2), network()
    loss = "mean_squared_error"
    plain = free.evaluate(X, Y, loss=loss)["loss"]
    W = free.parameters["parallel_1.block.inner.weight"]
    extra = 0.3 * np.abs(W).sum() + 0.2 * (W * W).sum()
    assert strict.evaluate(X, Y, loss=loss)["loss"] == pytest.approx(plain + extra)
    slopes, without = (net.gradients(X, Y, loss=loss) for net in (strict, free))
    for key, slope in slopes.items():
        added = 0.3 * np.sign(W) + 0.4 * W if key.endswith("inner.weight") else 0
        np.testing.assert_allclose(slope, without[key] + added, rtol=1e-12)


def test_frozen_layers_inside_stay():
    inner = [gp.Dense(4, "tanh", frozen=True), gp.Dense(4, frozen="weight")]
    net = gp.Network([gp.Residual(inner), gp.Dense(2)], loss="huber")
    net(X)
    before = bits(net)
    net.fit(X, Y, epochs=2, verbose=False)
    after = bits(net)
    assert {key for key in after if after[key] == before[key]} == {
        "residual_1.dense_1.weight",
        "residual_1.dense_1.bias",
        "residual_1.dense_2.weight",
    }


def test_dropout_inside_draws_for_itself_and_is_off_in_prediction():
    ones = np.ones((200, 100))

    def share_of_zeros(output, y):
        return np.mean(np.where(output == 0, 1.0, output * 0), axis=1)

    net = gp.Network([gp.Add([gp.Dropout(0.5), gp.Dropout(0.5)])], loss=share_of_zeros)
    history = net.fit(ones, ones, batch_size=None, epochs=3, verbose=False)
    # Zero where both drop, a quarter; a half if both drew the same.
    spread = (0.1875 / ones.size) ** 0.5
    assert all(abs(share - 0.25) <= 5 * spread for share in history["loss"])
    assert len(set(history["loss"])) == 3
    np.testing.assert_array_equal(net(ones), 2 * ones)


def test_layers_in_branches_learn_what_comes_to_them_once():
    branches = [
        [gp.Scale(3.0), gp.Standardize()],
        [gp.Dense(3, "tanh"), gp.Dropout(0.5), gp.Standardize(name="late")],
        gp.Residual(gp.Standardize(name="inner"), name="block"),
    ]
    net = gp.Network([gp.Concatenate(branches, name="all"), gp.Dense(2)], loss="huber")
    net(X)
    dense = [net.values[f"all.dense_1.{name}"].copy() for name in ("weight", "bias")]
    net.fit(X[:30], Y[:30], validation=(X[30:], Y[30:]), verbose=False)
    seen = X[:30]
    hidden = np.tanh(seen @ dense[0] + dense[1])
    for path, rows in (
        ("all.standardize_1", 3 * seen),
        ("all.late", hidden),
        ("all.block.inner", seen),
    ):
        np.testing.assert_allclose(net.values[f"{path}.mean"], rows.mean(axis=0))
        np.testing.assert_allclose(net.values[f"{path}.scale"], rows.std(axis=0))
    assert net.learned == {"all.standardize_1", "all.late", "all.block.inner"}
    before = {key: net.values[key].copy() for key in net.values if "late" in key}
    net.fit(100 * X, Y, verbose=False)
    for key, value in before.items():
        np.testing.assert_array_equal(net.values[key], value)


def test_layers_are_added_and_removed_around_those_that_hold_others():
    net = with_everything()
    net.fit(X, Y, epochs=2, batch_size=9, verbose=False)
    kept = {key: value.copy() for key, value in net.values.items()}
    net.add(gp.Scale(2.0), before="both").remove("scale_1")
    assert bits(net) == {key: value.tobytes() for key, value in kept.items()}
    assert net.learned == {"both.standardize_1"}
    net.add(gp.Dense(2, name="last")).remove("dense_1")
    assert net.learned == {"both.standardize_1"}
    inside = [key for key in kept if key.startswith("both.")]
    for key in inside:
        np.testing.assert_array_equal(net.values[key], kept[key])
    net.fit(100 * X, Y, batch_size=9, verbose=False)
    key = "both.standardize_1.mean"  # learned from the rows of the first fit
    np.testing.assert_array_equal(net.values[key], kept[key])
    net.remove("both")
    assert list(net.parameters) == ["last.weight", "last.bias"]
    assert net.learned == set()


def test_a_layer_that_holds_others_takes_its_values_along_when_it_is_renamed():
    blocks = [gp.Residual([gp.Standardize(), gp.Dense(4)]) for _ in range(2)]
    net = gp.Network([*blocks, gp.Dense(2)], loss="huber")
    net.fit(X, Y, verbose=False)
    kept = {key: value.copy() for key, value in net.values.items()}
    net.remove("residual_1")
    for key in ("dense_1.weight", "standardize_1.mean", "standardize_1.scale"):
        np.testing.assert_array_equal(
            net.values[f"residual_1.{key}"], kept[f"residual_2.{key}"]
        )
    assert net.learned == {"residual_1.standardize_1"}


# Printed programs ---------------------------------------------------------------------


def step_of(net, y=Y) -> Program:
    target = Target(y.shape[1:], np.dtype(np.float64))
    return step_program(net.structure, net.loss, gp.Adam(), target)


def test_the_printed_step_gives_what_the_program_gives():
    net = with_everything()
    net(X)
    program = step_of(net)
    rng = np.random.default_rng(0)
    values = {
        key: rng.uniform(0.1, 1, [one for one in node.shape if isinstance(one, int)])
        for key, node in program.inputs.items()
    }
    values |= {"x": X, "y": Y, "seed": np.int64(3), "t": np.float64(2)}
    expected = program.run(values)
    given = {key: np.array(value) for key, value in values.items()}
    loss = Compiled(program)(*given.values())
    assert loss == expected["loss"]
    for key in program.updates:
        np.testing.assert_array_equal(given[key], expected[key])
    assert "both.block.batch_norm_1.variance" in program.updates


def test_equal_layers_inside_are_printed_as_one_function():
    blocks = [gp.Residual([gp.Dense(5, "tanh"), gp.Dense(4)]) for _ in range(4)]
    net = gp.Network([*blocks, gp.Dense(2)], loss="half_squared_error")
    net(X)
    source = net.source()
    for name in ("dense_forward", "dense_forward_2", "dense_backward"):
        assert len(re.findall(rf"^def {name}\(", source, re.MULTILINE)) == 1
        calls = re.findall(rf"^    .*\b{name}\(", source, re.MULTILINE)
        assert len(calls) == 4, name
    assert "residual_1.dense_1" in source


# Layers of one's own that feed others ------------------------------------------------


@dataclass(frozen=True)
class Repeated:
    """Feed layers several times, each time as layers of their own."""

    layer: Any
    times: int

    def forward(self, p, x, run):
        for _ in range(self.times):
            x = run.feed(self.layer, x)
        return x


@dataclass(frozen=True)
class Gate:
    """Own parameters and state beside those of a layer inside, which gives two."""

    name: str | None = None
    inner: ClassVar[Any] = gp.Parallel([gp.Dense(4, "sigmoid"), gp.Dense(4)])

    def parameters(self, input_shape):
        return {"power": gp.Parameter((), 1.0)}

    def state(self, input_shape):
        return {"steps": gp.Parameter((), 0.0)}

    def forward(self, p, x, run):
        opened, value = run.feed(self.inner, x)
        run.update(steps=run.state["steps"] + 1)
        return opened * value * p["power"]


def test_a_layer_of_ones_own_feeds_layers():
    net = gp.Network([Repeated(gp.Dense(4, "tanh"), 3), gp.Dense(2)], loss="huber")
    net.fit(X, Y, verbose=False)
    weights = [net.parameters[f"repeated_1.dense_{at}.weight"] for at in (1, 2, 3)]
    assert not any(np.array_equal(a, b) for a, b in itertools.pairwise(weights))
    assert net.check_gradients(X, Y).ok


def test_a_layer_of_ones_own_has_parameters_and_state_beside_those_inside():
    net = gp.Network([Gate(name="gate"), gp.Dense(2)], loss="huber")
    net.fit(X, Y, epochs=2, batch_size=20, verbose=False)
    assert list(net.parameters)[:3] == [
        "gate.power",
        "gate.parallel_1.dense_1.weight",
        "gate.parallel_1.dense_1.bias",
    ]
    assert net.values["gate.steps"] == 4
    assert net.check_gradients(X, Y).ok


class InPrediction:
    def forward(self, p, x, run):
        return x if run.training else run.feed(gp.Dense(4), x)


def test_what_is_fed_in_prediction_only_is_refused():
    net = gp.Network([InPrediction()])
    assert refusal(ArgumentError, lambda: net(X)) == (
        "Dense 'in_prediction_1.dense_1': a layer inside is fed in prediction only. "
        "Feed the same layers, in one order, whether run.training is True or False."
    )


# What does not fit --------------------------------------------------------------------


def is_no_layer(what):
    return (
        f"{what} is not a layer: it has no method forward(p, x, run). A function "
        "becomes a layer as gp.Activation(function)."
    )


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: gp.Concatenate([gp.Dense(2), 3]),
            f"Concatenate: {is_no_layer('3')}",
        ),
        (
            lambda: gp.Add([[gp.Dense(2), "relu"], gp.Dense(2)]),
            f"Add: {is_no_layer(repr('relu'))}",
        ),
        (
            lambda: gp.Residual(np.tanh),
            "Residual: " + is_no_layer("<ufunc 'tanh'>"),
        ),
        (lambda: gp.Residual(None), f"Residual: {is_no_layer('None')}"),
        (
            lambda: gp.Parallel([gp.Dense]),
            "Parallel: expected a layer, got the class Dense. Call it: Dense(...).",
        ),
        (
            lambda: gp.Parallel(gp.Dropout(0.5)),
            "Parallel: expected a list of branches, each a layer or a list of layers, "
            "got Dropout(rate=0.5, name=None). Write gp.Parallel([gp.Dense(4), "
            "gp.Dense(4)]).",
        ),
        (
            lambda: gp.Add("ab"),
            "Add: expected a list of branches, each a layer or a list of layers, got "
            "'ab'. Write gp.Add([gp.Dense(4), gp.Dense(4)]).",
        ),
        (
            lambda: gp.Parallel([]),
            "Parallel: expected at least one branch, got [].",
        ),
        (
            lambda: gp.Concatenate(axis=1.0),
            "Concatenate: axis must be a whole number, got 1.0.",
        ),
    ],
)
def test_what_is_no_branch_is_refused(make, message):
    assert refusal(ArgumentError, make) == message


D = gp.Dense
NESTED = [gp.Residual([D(5), D(4)], name="deep"), D(3, name="end")]


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        (
            [gp.Add([[D(8), D(3)], [D(8), D(8), D(2)]], name="both")],
            "Add 'both': branch 1, 'both.dense_2', gives (n, 3) and branch 2, "
            "'both.dense_5', gives (n, 2); only arrays of one shape are added.",
        ),
        (
            [gp.Add([D(3, name="wide"), NESTED, [gp.Reshape((3, 1))]])],
            "Reshape 'add_1.reshape_1': cannot arrange the 4 values of a sample of "
            "shape (4,) as (3, 1). The sizes must multiply to 4.",
        ),
        (
            [gp.Add([D(3), NESTED, [gp.Residual(D(4)), D(1)]])],
            "Add 'add_1': branch 1, 'add_1.dense_1', gives (n, 3) and branch 3, "
            "'add_1.dense_3', gives (n, 1); only arrays of one shape are added.",
        ),
        (
            [gp.Add([[], gp.Residual(D(4)), gp.Reshape((4, 1))])],
            "Add 'add_1': branch 1 gives (n, 4) and branch 3, 'add_1.reshape_1', gives "
            "(n, 4, 1); only arrays of one shape are added.",
        ),
        (
            [D(6), gp.Concatenate([[], gp.Reshape((2, 3))])],
            "Concatenate 'concatenate_1': branch 1, 'dense_1', gives (n, 6) and branch "
            "2, 'concatenate_1.reshape_1', gives (n, 2, 3), which do not join along "
            "axis -1 of a sample: all other axes must be equal.",
        ),
        (
            [gp.Concatenate([gp.Reshape((2, 2)), [D(6), gp.Reshape((3, 2))]], axis=1)],
            "Concatenate 'concatenate_1': branch 1, 'concatenate_1.reshape_1', gives "
            "(n, 2, 2) and branch 2, 'concatenate_1.reshape_2', gives (n, 3, 2), which "
            "do not join along axis 1 of a sample: all other axes must be equal.",
        ),
        (
            [gp.Parallel([D(3), D(2, name="small")]), gp.Add()],
            "Add 'add_1': input 1, 'parallel_1.dense_1', is (n, 3) and input 2, "
            "'parallel_1.small', is (n, 2); only arrays of one shape are added.",
        ),
        (
            [gp.Parallel([D(3), gp.Reshape((2, 2))]), gp.Concatenate()],
            "Concatenate 'concatenate_1': input 1, 'parallel_1.dense_1', is (n, 3) and "
            "input 2, 'parallel_1.reshape_1', is (n, 2, 2), which do not join along "
            "axis -1 of a sample: all other axes must be equal.",
        ),
        (
            [gp.Concatenate([D(3), D(2)], axis=1)],
            "Concatenate 'concatenate_1': axis 1 is none of a sample of shape (3,) "
            "from 'concatenate_1.dense_1'. Count from 0, without the batch.",
        ),
        (
            [D(2), gp.Residual([D(3), gp.Dropout(0.5)], name="block")],
            "Residual 'block': expected the layers inside to give the shape that comes "
            "in, (n, 2) from 'dense_1', got (n, 3) from 'block.dropout_1'. Let the "
            "last of them have as many outputs as the first has inputs.",
        ),
        (
            [gp.Residual(gp.Parallel([D(4), D(4)]))],
            "Residual 'residual_1': expected the layers inside to give the shape that "
            "comes in, (n, 4), got 2 arrays, (n, 4) from "
            "'residual_1.parallel_1.dense_1' and (n, 4) from "
            "'residual_1.parallel_1.dense_2'. Let the last of them have as many "
            "outputs as the first has inputs.",
        ),
        (
            [gp.Add([D(2), gp.Parallel([D(2), D(2)])])],
            "Add 'add_1': branch 2 gives 2 arrays, (n, 2) from "
            "'add_1.parallel_1.dense_1' and (n, 2) from 'add_1.parallel_1.dense_2'; "
            "expected one array. Join them at its end, gp.Concatenate().",
        ),
        (
            [gp.Parallel([gp.Parallel([D(1), D(1)]), D(1)])],
            "Parallel 'parallel_1': part 1 of 2 of the output must be an array, got a "
            "tuple of 2. Join these first, gp.Concatenate(), or give all parts side by "
            "side in one tuple.",
        ),
        (
            [gp.Parallel([D(1), D(1)]), gp.Parallel([D(1), D(1), D(1)])],
            "Parallel 'parallel_2': expected one input for all 3 branches, or one for "
            "each, got 2, of shapes (n, 1) and (n, 1).",
        ),
        (
            [gp.Parallel([D(1), D(3)]), D(1)],
            "Dense 'dense_1': expected one array, got 2, of shapes (n, 1) and (n, 3). "
            "Join them first, gp.Concatenate(), or feed them to a branch each, "
            "gp.Parallel([...]).",
        ),
        (
            [gp.Concatenate()],
            "Concatenate 'concatenate_1': expected several inputs, got one, of shape "
            "(n, 4). Give the layer branches, or feed it what gives several, "
            "gp.Parallel([...]).",
        ),
        (
            [D(2), gp.Add()],
            "Add 'add_1': expected several inputs, got one, of shape (n, 2). Give the "
            "layer branches, or feed it what gives several, gp.Parallel([...]).",
        ),
    ],
)
def test_branches_that_do_not_fit_are_refused_with_shapes_and_paths(layers, message):
    net = gp.Network(layers)
    assert refusal(ShapeError, lambda: net(X)) == message
    assert net.values == {}


def test_two_layers_inside_with_one_name_are_refused():
    for kind in (gp.Residual, gp.Add):
        net = gp.Network([kind([D(4, name="a"), D(4, name="a")], name="both")])
        assert refusal(ArgumentError, lambda: net(X)) == (  # noqa: B023  # called at once
            f"{kind.__name__} 'both': two layers are named 'a'. Give one of them "
            "another name."
        )
    nested = gp.Residual([gp.Residual(D(4, name="a")), D(4, name="a")])
    assert gp.Network([nested])(X).shape == X.shape


def test_an_error_inside_names_the_innermost_layer():
    net = gp.Network([gp.Residual(gp.Add([[], D(4, frozen="gain", name="bad")]))])
    assert refusal(ArgumentError, lambda: net(X)) == (
        "Dense 'residual_1.add_1.bad': frozen names 'gain'; this layer has weight, "
        "bias."
    )
    net = gp.Network([gp.Residual(gp.Lambda(lambda x: x if x.sum() > 0 else -x))])
    message = refusal(TraceError, lambda: net(X))
    assert message.startswith("Lambda 'residual_1.lambda_1': ")
