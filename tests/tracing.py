"""What the tests of the compiler share: trace, run in every way, compare bit by bit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from glassprop.compiling import Compiled
from glassprop.graph import Case, Node, Size
from glassprop.program import Program
from glassprop.simplify import simplify
from glassprop.trace import traced
from glassprop.verify import verify

FLOATS = (np.float64, np.float32)
# The lines that run for both are followed for one of them.
DTYPES = pytest.mark.parametrize(
    "dtype",
    [np.float64, pytest.param(np.float32, marks=pytest.mark.no_cover)],
    ids=["float64", "float32"],
)


def program_of(
    function: Callable[..., Any],
    *examples: Any,
    symbolic: Sequence[int] = (),
    simplified: bool = True,
    dtype: Any = np.float64,
    name: str = "program",
) -> Program:
    """Trace a function of arrays like the examples; some have n rows.

    The outputs are called out_0, out_1 and so on.
    """
    arrays = [np.asarray(one) for one in examples]

    def whole(trace: Any) -> Any:
        inputs = {}
        for at, one in enumerate(arrays):
            shape = (Size(1), *one.shape[1:]) if at in symbolic else one.shape
            inputs[f"x{at}"] = trace.input(f"x{at}", shape, one.dtype)
        # Underscores: variables here must not name what the function makes.
        _result = function(*inputs.values())
        _results = _result if isinstance(_result, tuple | list) else (_result,)
        outputs = {f"out_{at}": trace.lift(one) for at, one in enumerate(_results)}
        return inputs, outputs

    inputs, outputs = traced(whole, dtype)
    verify(list(outputs.values()))
    return finished(name, inputs, outputs, simplified=simplified)


def finished(
    name: str,
    inputs: Mapping[str, Node],
    outputs: Mapping[str, Node],
    *,
    simplified: bool = True,
) -> Program:
    """Make a program, and check it after each pass."""
    nodes = list(outputs.values())
    if simplified:
        nodes = simplify(nodes)
        verify(nodes)
    return Program(name, inputs, dict(zip(outputs, nodes, strict=True)))


def interpreted(program: Program, *values: Any) -> list[Any]:
    """Run node by node."""
    results = program.run(dict(zip(program.inputs, values, strict=True)))
    return [results[key] for key in program.outputs]


def printed(program: Program, *values: Any) -> list[Any]:
    """Run the printed source."""
    return called(Compiled(program), *values)


def called(function: Compiled, *values: Any) -> list[Any]:
    """Call a printed program, and give its results as a list."""
    results = function(*values)
    return list(results) if len(function.program.results) > 1 else [results]


def run_both(program: Program, *values: Any) -> list[Any]:
    """Run node by node and as printed; the bits must be the same."""
    function = Compiled(program)
    with np.errstate(all="ignore"):
        one, two = interpreted(program, *values), called(function, *values)
    for node, first, second in zip(program.outputs.values(), one, two, strict=True):
        if node not in program.literals.types:
            assert np.asarray(second).dtype == node.dtype, function.source
        assert_same_bits(first, np.asarray(second, node.dtype), function.source)
    return one


def program_text(program: Program) -> str:
    return Compiled(program).source


def assert_same_bits(one: Any, two: Any, message: str = "") -> None:
    """Compare dtype, shape and every bit; any NaN equals any other."""
    first, second = np.asarray(one), np.asarray(two)
    assert first.dtype == second.dtype, message
    assert first.shape == second.shape, message
    if first.dtype.kind != "f":
        assert np.array_equal(first, second), message
        return
    whole = np.uint64 if first.dtype == np.float64 else np.uint32
    same = np.ascontiguousarray(first).view(whole) == np.ascontiguousarray(second).view(
        whole
    )
    both_nan = np.isnan(first) & np.isnan(second)
    wrong = ~(same.reshape(first.shape) | both_nan)
    assert not wrong.any(), f"{first[wrong]} is not {second[wrong]}\n{message}"


def case_inputs(case: Case, dtype: Any, seed: int = 0) -> list[Any]:
    """Draw the inputs of a registry case."""
    rng = np.random.default_rng([seed, 17])
    drawn = []
    for at, shape in enumerate(case.shapes):
        kind = case.kind(at)
        if kind == "i":
            drawn.append(rng.integers(0, int(case.high), shape))
        elif kind == "b":
            drawn.append(np.asarray(rng.random(shape) < 0.5))
        else:
            value = rng.uniform(case.low, case.high, shape)
            drawn.append(np.asarray(value, dtype))
    return drawn if case.prepare is None else list(case.prepare(drawn))


def is_float(value: Any) -> bool:
    return np.asarray(value).dtype.kind == "f"


def directional_difference(
    function: Callable[..., Any],
    arguments: Sequence[Any],
    directions: Sequence[Any],
    *,
    eps: float = 1e-6,
) -> Any:
    """Give the slope of a function along a direction, with an error of eps squared."""
    pairs = list(zip(arguments, directions, strict=True))
    ahead = function(*(x + eps * v for x, v in pairs))
    behind = function(*(x - eps * v for x, v in pairs))
    return np.asarray((np.asarray(ahead) - np.asarray(behind)) / (2 * eps))
