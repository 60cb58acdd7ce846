"""A program that breaks its own rules is found out."""

from dataclasses import replace

import numpy as np
import pytest

from glassprop.errors import VerifyError
from glassprop.graph import Primitive
from glassprop.ops import elementwise
from glassprop.simplify import simplify
from glassprop.verify import verify
from tracing import directional_difference, program_of


def graph():
    program = program_of(lambda x: np.sum(np.tanh(x * 2), axis=0), np.ones((3, 4)))
    return program.outputs["out_0"]


def broken(**changes):
    """Change what is recorded of tanh, below the output."""
    output = graph()
    (tanh,) = output.inputs
    return replace(output, inputs=(replace(tanh, **changes),))


def test_a_sound_graph_passes():
    verify([graph()])
    verify(simplify([graph()]))
    verify([])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"shape": (4, 3)},
            "<tanh (4, 3) float64> is recorded as (4, 3) float64; its inputs "
            "[<multiply (3, 4) float64>] give (3, 4) float64.",
        ),
        (
            {"dtype": np.dtype(np.float32)},
            "<tanh (3, 4) float32> is recorded as (3, 4) float32; its inputs "
            "[<multiply (3, 4) float64>] give (3, 4) float64.",
        ),
        (
            {"primitive": replace(elementwise.exp), "name": "a"},
            "<exp 'a' (3, 4) float64> is of a primitive that is not in the table.",
        ),
    ],
    ids=["shape", "dtype", "primitive"],
)
def test_a_graph_that_breaks_its_rules(changes, message):
    with pytest.raises(VerifyError) as caught:
        verify([broken(**changes)])
    assert str(caught.value) == message


def test_a_primitive_has_a_text():
    assert repr(elementwise.exp) == "<primitive exp>"
    assert isinstance(elementwise.exp, Primitive)


def test_directional_difference_is_the_slope():
    x, v = np.array([1.0, 2.0]), np.array([0.5, -1.0])
    found = directional_difference(lambda x: np.sum(x**3), [x], [v])
    np.testing.assert_allclose(found, np.sum(3 * x**2 * v), rtol=1e-8)
