"""Functions of a user's own are held against the call before they are called."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

import glassprop as gp
from glassprop.errors import ArgumentError
from glassprop.metrics import Metric
from glassprop.signatures import check_call
from networks import refusal

X = np.arange(8.0).reshape(4, 2)


class Called:
    def __call__(self, output: np.ndarray, y: "a target", power=2) -> np.ndarray:  # noqa: F722
        return np.sum(np.abs(output - y) ** power, axis=1)


class CalledWithOne:
    def __call__(self, y: list[int], *, power: int = 2) -> float:
        return 0.0


@pytest.mark.parametrize(
    "function",
    [
        lambda output, y: 0,
        lambda *arguments: 0,
        lambda output, y, power=2: 0,
        partial(lambda power, output, y: 0, 2),
        Called(),
        Called().__call__,
        print,
        max,
        np.subtract,
    ],
)
def test_what_can_be_called_is_let_through(function):
    check_call("loss", function, ("output", "y"))


@pytest.mark.parametrize(
    ("function", "name", "takes"),
    [
        (lambda y: 0, "<lambda>", "(y)"),
        (lambda: 0, "<lambda>", "()"),
        (lambda a, b, c: 0, "<lambda>", "(a, b, c)"),
        (lambda output, *, y: 0, "<lambda>", "(output, *, y)"),
        (partial(lambda output, y: 0, 1), "partial", "(y)"),
        (CalledWithOne(), "CalledWithOne", "(y, *, power=2)"),
    ],
)
def test_what_cannot_is_told_with_its_signature(function, name, takes):
    assert refusal(
        ArgumentError,
        lambda: check_call("loss", function, ("output", "y"), gives="one number a row"),
    ) == (
        f"loss {name!r} takes {takes}, but is called with (output, y). Write it as a "
        "function (output, y) -> one number a row."
    )


def test_a_metric_is_called_with_weights_by_name():
    def error(y_true, y_pred):
        return 0.0

    message = refusal(ArgumentError, lambda: Metric("mine", error, "values", False))
    assert message == (
        "metric 'mine': 'error' takes (y_true, y_pred), but is called with (y_true, "
        "y_pred, weights=weights). Write it as a function (y_true, y_pred, *, weights) "
        "-> float."
    )


def broken(*_arguments):
    raise TypeError("inside of the function")


@pytest.mark.parametrize(
    "options",
    [{"callbacks": [broken]}, {"schedule": broken}, {"loss": broken}],
    ids=lambda options: next(iter(options)),
)
def test_an_error_inside_of_the_function_is_its_own(options):
    net = gp.Network([gp.Dense(2)], loss="huber")
    with pytest.raises(TypeError) as caught:
        net.fit(X, X, verbose=False, **options)
    assert type(caught.value) is TypeError
    assert str(caught.value) == "inside of the function"


def test_an_error_inside_of_an_initializer_is_its_own():
    net = gp.Network([gp.Dense(2, initializer=broken)], input_shape=2)
    with pytest.raises(TypeError) as caught:
        net(X)
    assert str(caught.value) == "inside of the function"
