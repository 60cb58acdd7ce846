"""Arrays, and functions of them, that the tests of tracing try."""

from typing import NamedTuple

import numpy as np

from tracing import case_inputs

RNG = np.random.default_rng(42)
A = RNG.uniform(0.5, 2, (3, 4))
B = RNG.uniform(0.5, 2, (3, 4))
C = RNG.uniform(-2, 2, (3, 4))
W = RNG.uniform(-1, 1, (4, 2))
ROW = RNG.uniform(0.5, 2, 4)
COLUMN = RNG.uniform(0.5, 2, (3, 1))
CUBE = RNG.uniform(-1, 1, (2, 3, 4))
STACK = RNG.uniform(-1, 1, (2, 4, 3))
POINT = np.array(1.25)
WHOLE = RNG.integers(0, 4, (3, 4))
LABELS = np.array([2, 0, 1])
YES = np.array([[True, False, True, False]] * 3)
NO = np.array([False, True, True, False])
BYTES = np.array([250, 3, 8, 255], np.uint8)


class Example(NamedTuple):
    """A function of arrays, and arrays to call it with."""

    function: object
    inputs: tuple

    def __str__(self):
        return "x".join(str(one.shape) for one in self.inputs).replace(" ", "")


def example(function, *inputs):
    return Example(function, inputs)


def examples_of(table):
    return {key: [example(*one) for one in calls] for key, calls in table.items()}


def both_ways(ufunc):
    """Examples of a ufunc of two inputs: arrays, a broadcast, numbers on both sides."""
    return [
        example(ufunc, A, B),
        example(ufunc, COLUMN, ROW),
        example(lambda a: ufunc(a, 1.5), A),
        example(lambda a: ufunc(1.5, a), A),
        example(lambda a: ufunc(a, 2), POINT),
    ]


def of_row(row):
    """Examples of a ufunc that is a row: the cases of the row."""
    return [example(row.numpy, *case_inputs(case, np.float64)) for case in row.cases]


def over_axes(function, one, axes):
    return [
        example(lambda a, i=i, k=k: function(a, axis=i, keepdims=k), one)
        for i in axes
        for k in (False, True)
    ]
