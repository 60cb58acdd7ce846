"""Equal layers are printed once, as a function, and run to the same bits."""

import re
from dataclasses import dataclass

import numpy as np
import pytest

import glassprop as gp
from glassprop.backends.outline import Block, outlined
from glassprop.backends.to_numpy import scheduled
from glassprop.compiling import Compiled, build
from glassprop.graph import Size
from glassprop.layers.activations import ACTIVATIONS
from glassprop.losses import LOSSES
from glassprop.optimizers import OPTIMIZERS
from glassprop.program import Program
from glassprop.programs import Target, step_program
from glassprop.structure import arrange

ROWS = 5


def deep_step(layers, optimizer=None, dtype=np.float64):
    structure = arrange(layers, (4,), dtype)
    target = Target(structure.output_shape, structure.dtype)
    loss = LOSSES["half_squared_error"]
    return step_program(structure, loss, optimizer or gp.SGD(), target)


def drawn(program: Program, seed=0):
    rng = np.random.default_rng(seed)
    values = {}
    for key, node in program.inputs.items():
        shape = [ROWS if isinstance(size, Size) else size for size in node.shape]
        values[key] = rng.uniform(0.1, 1, shape).astype(node.dtype)
    if "t" in values:
        values["t"] = np.float64(3)
    if "seed" in values:
        values["seed"] = np.int64(7)
    return values


def check_same_bits(program: Program):
    """The printed source gives what the interpreter gives."""
    values = drawn(program)
    expected = program.run(values)
    given = {key: np.array(value) for key, value in values.items()}
    results = Compiled(program)(*given.values())
    parts = {0: (), 1: (results,)}.get(len(program.results), results)
    for key, part in zip(program.results, parts, strict=True):
        np.testing.assert_array_equal(np.asarray(part), expected[key])
    for key in program.updates:
        np.testing.assert_array_equal(given[key], expected[key])


@pytest.mark.no_cover
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("activation", [None, *ACTIVATIONS])
def test_deep_networks_keep_their_bits(activation, dtype):
    layers = [gp.Dense(4, activation, l2=0.01) for _ in range(5)]
    program = deep_step(layers, dtype=dtype)
    assert any(isinstance(one, Block) for one in outlined(program, scheduled(program)))
    check_same_bits(program)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_is_outlined(optimizer):
    program = deep_step(
        [gp.Dense(4, "tanh") for _ in range(5)], OPTIMIZERS[optimizer]()
    )
    source = Compiled(program).source
    assert source.count("def dense_update(") == 1
    assert len(re.findall(r"^    dense_update\(", source, re.MULTILINE)) == 5
    check_same_bits(program)


def test_random_layers_keep_their_streams():
    layers = [one for _ in range(4) for one in (gp.Dense(4, "relu"), gp.Dropout(0.5))]
    check_same_bits(deep_step(layers))


def test_equal_layers_are_printed_once():
    source = Compiled(deep_step([gp.Dense(4, "tanh") for _ in range(20)])).source
    for section in ("forward", "backward", "update"):
        assert source.count(f"def dense_{section}(") == 1
    assert "a20 = dense_forward(a19, W20, b20)" in source
    assert "d_z2, d_W2, d_b2 = dense_backward(" in source
    assert "    dense_update(W20, d_W20, b20, d_b20, learning_rate)" not in source
    assert len(source.splitlines()) < 110


def test_two_layers_are_printed_as_they_are():
    source = Compiled(deep_step([gp.Dense(4, "tanh"), gp.Dense(4, "tanh")])).source
    assert source.count("def ") == 1


def test_layers_with_names_of_their_own_share_a_function():
    names = ("eye", "ear", "nose", "tongue")
    source = Compiled(
        deep_step([gp.Dense(4, "tanh", name=one) for one in names])
    ).source
    assert "a_tongue = layer_forward(a_nose, W_tongue, b_tongue)" in source


def test_layers_of_other_shapes_are_not_equal():
    layers = [gp.Dense(units, "tanh") for units in (4, 5, 6, 7, 8)]
    source = Compiled(deep_step(layers)).source
    assert "def dense" not in source


def scoped_program(function):
    """Trace ``function(trace, inputs)`` over four scopes w1..w4 of one shape."""

    def whole(trace):
        inputs = {
            f"w{k}": trace.input(f"w{k}", (3,), float, name="w", scope=f"w_{k}")
            for k in range(1, 5)
        }
        return inputs, function(trace, inputs)

    return build("step", whole)


def test_an_update_waits_for_all_who_read_the_old_values():
    """Each array becomes a mix of itself and its neighbour's old values."""

    def function(trace, inputs):
        outputs = {}
        keys = list(inputs)
        for key, other in zip(keys, [*keys[1:], keys[0]], strict=True):
            scope = inputs[key].node.scope
            with trace.within(section="update", scope=scope):
                outputs[key] = 0.5 * inputs[key] + 0.5 * inputs[other] * 3.0
        return outputs

    check_same_bits(scoped_program(function))


def test_a_block_that_is_left_and_entered_again_is_no_function():
    """What goes out of a layer and comes back cannot be one call."""

    def function(trace, inputs):
        outputs = {}
        for key, w in inputs.items():
            with trace.within(scope=w.node.scope):
                first = np.tanh(w) * 2.0
            second = np.exp(first) + 1.0
            with trace.within(scope=w.node.scope):
                outputs[f"out_{key}"] = second * first + w
        return outputs

    program = scoped_program(function)
    nodes = scheduled(program)
    assert outlined(program, nodes) == nodes
    check_same_bits(program)


def test_a_captured_array_becomes_an_argument():
    table = np.linspace(1, 2, 3)

    def function(trace, inputs):
        outputs = {}
        for key, w in inputs.items():
            with trace.within(scope=w.node.scope):
                outputs[f"out_{key}"] = np.tanh(w * table) + table
        return outputs

    program = scoped_program(function)
    assert Compiled(program).source.count("def w_forward(") == 1
    check_same_bits(program)


@dataclass(frozen=True)
class Clamp:
    """A layer whose state is read backward, by a value without a name of its own."""

    name: str | None = None

    def state(self, input_shape):
        return {"low": gp.Parameter(input_shape, 0.0)}

    def forward(self, p, x, run):
        low = run.state["low"]
        run.update(low=0.9 * low + 0.1 * np.mean(x, axis=0))
        return np.maximum(x, low)


@pytest.mark.parametrize("count", [3, 4, 5])
def test_state_is_replaced_after_the_backward_pass_has_read_it(count):
    clamps = [Clamp() for _ in range(count)]
    check_same_bits(deep_step([gp.Dense(4, "tanh"), *clamps, gp.Dense(2)]))


def test_a_view_of_an_array_that_a_block_writes_into_is_seen():
    """A part of each array is taken outside of the block that replaces the array."""

    def function(trace, inputs):
        outputs = {}
        for key, w in inputs.items():
            part = w[::-1]
            with trace.within(section="update", scope=w.node.scope):
                outputs[key] = np.tanh(w) * 0.5 + part
            outputs[f"out_{key}"] = part * 2.0
        return outputs

    check_same_bits(scoped_program(function))
