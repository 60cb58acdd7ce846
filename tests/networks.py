"""What the tests of networks share: data, numerical slopes, and whole messages."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassprop as gp
from glassprop.errors import listing
from glassprop.layers.activations import ACTIVATIONS
from glassprop.losses import LOSSES, Loss

# PyTorch's numbers for torch.autograd.gradcheck.
EPS, ATOL, RTOL = 1e-6, 1e-5, 1e-3
KNOWN_LOSSES = f"Expected {listing(LOSSES)}, or a function of (output, y)."
SEPARATOR = re.escape(os.sep)
ANY_ACTIVATION = f"{listing(ACTIVATIONS)}, or a function of one array"


def refusal(kind: type[Exception], call: Callable[[], Any]) -> str:
    """Give the whole message of an error of exactly this kind.

    The place at its end, a file of the tests, line and text, is checked and taken off.
    """
    with pytest.raises(kind) as caught:
        call()
    assert type(caught.value) is kind
    message, place = str(caught.value), getattr(caught.value, "place", "")
    if place:
        file = re.escape(str(Path(__file__).parent))
        assert re.fullmatch(rf"{file}{SEPARATOR}\w+\.py:\d+: .+", place)
        assert message.endswith(f"\n  {place}")
        message = message.removesuffix(f"\n  {place}")
    return message


def fitting_outputs(loss: Loss, outputs: int) -> int:
    """Give the next number of outputs that describe a whole number of values."""
    return outputs + -outputs % loss.outputs_per_value


def example_target(loss: Loss, rows: int, outputs: int, rng: Any) -> Any:
    """Draw a target that a loss takes, of several classes where there are classes."""
    if loss.target == "classes":
        return rng.permutation(np.arange(rows) % outputs)
    if loss.target == "counts":
        return rng.poisson(3, size=(rows, outputs)).astype(float)
    values = rng.normal(size=(rows, outputs // loss.outputs_per_value))
    return (values > 0).astype(float) if loss.target == "binary" else values


def assert_slopes(
    derived: Mapping[str, Any],
    values: Mapping[str, Any],
    loss: Callable[[], float],
) -> None:
    """Hold derived gradients against central differences, entry by entry.

    `values` are the arrays that `loss` reads, changed in place and put back.
    """
    for name, gradient in derived.items():
        array = values[name]
        assert gradient.shape == array.shape
        numerical = np.empty_like(array)
        for at in np.ndindex(array.shape):
            kept = array[at]
            array[at] = kept + EPS
            above = loss()
            array[at] = kept - EPS
            below = loss()
            array[at] = kept
            numerical[at] = (above - below) / (2 * EPS)
        np.testing.assert_allclose(
            gradient, numerical, rtol=RTOL, atol=ATOL, err_msg=name
        )


def bits(net: gp.Network) -> dict[str, bytes]:
    """Give the bits of every parameter and state."""
    return {key: value.tobytes() for key, value in net.values.items()}
