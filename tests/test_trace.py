"""Plain NumPy functions, traced: the same values, dtypes and slopes as by hand."""

import contextlib
import functools
import operator
import sys
import warnings
from typing import NamedTuple

import numpy as np
import pytest

import function_examples
import glassprop as gp
import product_examples
import shape_examples
from example_arrays import (
    BYTES,
    COLUMN,
    CUBE,
    LABELS,
    NO,
    POINT,
    RNG,
    ROW,
    STACK,
    WHOLE,
    YES,
    A,
    B,
    C,
    W,
    both_ways,
    example,
    examples_of,
    of_row,
    over_axes,
)
from glassprop.differentiate import pullback
from glassprop.errors import ArgumentError, ShapeError
from glassprop.graph import Primitive, Size, order
from glassprop.numpy_functions import FUNCTIONS, UFUNCS
from glassprop.operators import Operators
from glassprop.ops import stable
from glassprop.traced import Array
from tracing import (
    DTYPES,
    assert_same_bits,
    directional_difference,
    interpreted,
    is_float,
    printed,
    program_of,
    program_text,
    run_both,
)

UFUNC_EXAMPLES = {
    **{
        ufunc: of_row(row)
        for ufunc, row in UFUNCS.items()
        if isinstance(row, Primitive)
    },
    **examples_of(function_examples.UFUNCS),
    **product_examples.PRODUCT_UFUNCS,
    **{
        ufunc: [example(ufunc, C), example(ufunc, POINT), example(ufunc, WHOLE)]
        for ufunc in (
            np.positive,
            np.negative,
            np.absolute,
            np.sign,
            np.exp,
            np.expm1,
            np.tanh,
            np.sin,
            np.cos,
            np.square,
        )
    },
    **{
        ufunc: [example(ufunc, A), example(ufunc, POINT), example(ufunc, WHOLE + 1)]
        for ufunc in (np.log, np.log1p, np.sqrt)
    },
    **{
        ufunc: [
            *both_ways(ufunc),
            example(ufunc, WHOLE, C),
            example(ufunc, WHOLE, WHOLE),
        ]
        for ufunc in (
            np.add,
            np.subtract,
            np.multiply,
            np.maximum,
            np.minimum,
            np.logaddexp,
            np.greater,
            np.greater_equal,
            np.less,
            np.less_equal,
            np.equal,
            np.not_equal,
        )
    },
    np.divide: [*both_ways(np.divide), example(np.divide, WHOLE, WHOLE + 1)],
    np.power: [
        *both_ways(np.power),
        example(np.power, A, WHOLE),
        example(np.power, WHOLE, WHOLE),
        *[
            example(lambda a, p=p: np.power(a, p), A)
            for p in (0, 1, 2, 3, -1, 0.5, 1.5, -2)
        ],
        *[example(lambda a, p=p: a**p, WHOLE) for p in (0, 1, 2, 3, 0.5, 2.0)],
    ],
    np.matmul: [
        example(np.matmul, A, W),
        example(np.matmul, ROW, ROW),
        example(np.matmul, A, ROW),
        example(np.matmul, ROW, W),
        example(np.matmul, CUBE, STACK),
        example(np.matmul, CUBE, W),
        example(np.matmul, WHOLE, WHOLE.T),
    ],
    np.logical_not: [example(np.logical_not, YES), example(np.logical_not, C)],
    np.invert: [example(np.invert, YES)],
    **{
        ufunc: [example(ufunc, YES, NO), example(lambda a, f=ufunc: f(a, True), NO)]
        for ufunc in (np.bitwise_and, np.bitwise_or, np.bitwise_xor)
    },
    **{
        ufunc: [
            example(ufunc, YES, NO),
            example(ufunc, C, NO),
            example(lambda a, f=ufunc: f(a, True), NO),
            example(lambda a, f=ufunc: f(0.0, a), C),
        ]
        for ufunc in (np.logical_and, np.logical_or, np.logical_xor)
    },
}


def reduction(function):
    return [
        *over_axes(function, C, axes=(None, 0, -1)),
        example(lambda a: function(a, (1, 0)), C),
        example(lambda a: function(a, axis=(-1, 0), keepdims=True), CUBE),
        example(lambda a: function(a, 1), WHOLE),
        example(function, POINT),
        example(lambda a: function(a, ()), C),
    ]


FUNCTION_EXAMPLES = {
    **examples_of(function_examples.ELEMENTWISE),
    **examples_of(function_examples.REDUCTIONS),
    **shape_examples.EXAMPLES,
    **product_examples.EXAMPLES,
    np.sum: [*reduction(np.sum), example(np.sum, YES), example(np.sum, BYTES)],
    np.max: reduction(np.max),
    np.amax: [example(np.amax, C), example(lambda a: np.amax(a, 1), C)],
    np.min: reduction(np.min),
    np.amin: [example(np.amin, C), example(lambda a: np.amin(a, 1), C)],
    np.argmax: [
        example(lambda a, i=i, k=k: np.argmax(a, axis=i, keepdims=k), C)
        for i in (None, 0, 1, -1)
        for k in (False, True)
    ],
    np.mean: [*reduction(np.mean), example(np.mean, YES), example(np.mean, BYTES)],
    np.var: [
        *reduction(np.var),
        example(lambda a: np.var(a, axis=0, ddof=1), C),
        example(lambda a: np.var(a, ddof=2, keepdims=True), C),
    ],
    np.std: [
        *over_axes(np.std, C, axes=(None, 0, -1)),
        example(lambda a: np.std(a, axis=(0, 2)), CUBE),
        example(lambda a: np.std(a, axis=1, ddof=1), C),
    ],
    np.where: [
        example(lambda a: np.where(a > 0, a, 0), C),
        example(lambda a: np.where(a > 0, 1, -1), C),
        example(lambda a: np.where(a > 0, 1.0, 0.0), C),
        example(lambda a: np.where(a, a, 0.5), C),
        example(np.where, YES, A, C),
        example(np.where, NO, ROW, COLUMN),
        example(lambda c: np.where(c, 2.5, 1), YES),
        example(lambda a: np.where(NO, a, -a), C),
        example(lambda a: np.where([True, False, True, True], a, WHOLE), C),
    ],
    np.clip: [
        example(lambda a: np.clip(a, -1, 1), C),
        example(lambda a: np.clip(a, None, 0.5), C),
        example(lambda a: np.clip(a, min=0.25), C),
        example(lambda a: np.clip(a, max=0.25), C),
        example(lambda a, low: np.clip(a, low, 1.5), C, ROW),
        example(lambda a: np.clip(a, 1, 2), WHOLE),
        example(lambda a: np.clip(a, 0.5, 2), WHOLE),
    ],
    np.reshape: [
        example(lambda a: np.reshape(a, (2, 6)), C),
        example(lambda a: np.reshape(a, -1), C),
        example(lambda a: np.reshape(a, (-1, 2, 3)), C),
        example(lambda a: np.reshape(a, [4, -1]), C),
        example(lambda a: np.reshape(a, np.array([6, -1])), C),
        example(lambda a: np.reshape(a, (1, 1, 1)), POINT),
        example(lambda a: np.reshape(a, (3, 1, 4)), C),
        example(lambda a: np.reshape(a, (1, 3, 4, 1)), C),
        example(lambda a: np.reshape(a, (1, 1, 4)), ROW[None, :]),
    ],
    np.transpose: [
        example(np.transpose, C),
        example(np.transpose, ROW),
        example(np.transpose, POINT),
        example(lambda a: np.transpose(a, (1, 2, 0)), CUBE),
        example(lambda a: np.transpose(a, [-1, 0, 1]), CUBE),
    ],
    np.swapaxes: [
        example(lambda a: np.swapaxes(a, 0, -1), CUBE),
        example(lambda a: np.swapaxes(a, 0, 1), C),
    ],
    np.expand_dims: [
        example(lambda a: np.expand_dims(a, 0), C),
        example(lambda a: np.expand_dims(a, -1), C),
        example(lambda a: np.expand_dims(a, (0, 2)), C),
        example(lambda a: np.expand_dims(a, np.int64(1)), ROW),
        example(lambda a: np.expand_dims(a, 0), POINT),
    ],
    np.squeeze: [
        example(np.squeeze, COLUMN),
        example(np.squeeze, C),
        example(lambda a: np.squeeze(a, 1), COLUMN),
        example(lambda a: np.squeeze(a[None, :, None], axis=(0, -2)), C),
    ],
    np.broadcast_to: [
        example(lambda a: np.broadcast_to(a, (2, 3, 4)), C),
        example(lambda a: np.broadcast_to(a, (3, 4)), COLUMN),
        example(lambda a: np.broadcast_to(a, 3), POINT),
    ],
    np.concatenate: [
        example(lambda a, b: np.concatenate([a, b]), C, A),
        example(lambda a, b: np.concatenate((a, b, a), axis=1), C, COLUMN),
        example(lambda a, b: np.concatenate([a, b], axis=None), C, ROW),
        example(lambda a: np.concatenate([a]), C),
        example(lambda a: np.concatenate([a, ROW], axis=-1), ROW),
        example(lambda a: np.concatenate([[1.0, 2.0], a]), ROW),
        example(lambda a, b: np.concatenate([a, b]), ROW, LABELS),
    ],
    np.stack: [
        example(lambda a, b: np.stack([a, b]), C, A),
        example(lambda a, b: np.stack([a, b], axis=-1), C, A),
        example(lambda a: np.stack([a, a, ROW], axis=1), ROW),
        example(lambda a: np.stack([a[0], a[1]]), ROW),
    ],
    np.split: [
        example(lambda a: np.split(a, 2, axis=1), C),
        example(lambda a: np.split(a, [1, 3], axis=1), C),
        example(lambda a: np.split(a, np.array([2])), C),
        example(lambda a: np.split(a, 3)[1], C),
        example(lambda a: np.split(a, np.int64(2), -1), C),
    ],
    np.dot: [
        example(np.dot, A, W),
        example(np.dot, ROW, ROW),
        example(np.dot, CUBE, W),
        example(np.dot, A, STACK),
        example(np.dot, ROW, STACK),
        example(np.dot, CUBE, ROW),
        example(lambda a: np.dot(a, 2.0), A),
        example(np.dot, POINT, A),
    ],
    np.outer: [example(np.outer, ROW, LABELS), example(np.outer, A, ROW)],
    np.tensordot: [
        example(lambda a, b: np.tensordot(a, b, axes=1), A, W),
        example(np.tensordot, A, B),
        example(lambda a, b: np.tensordot(a, b, axes=0), ROW, LABELS),
        example(lambda a, b: np.tensordot(a, b, axes=(1, 2)), A, CUBE),
        example(lambda a, b: np.tensordot(a, b, axes=((1, 2), (2, -2))), CUBE, STACK),
        example(lambda a, b: np.tensordot(a, b, axes=([0, 1], [1, 2])), A, CUBE),
    ],
    np.einsum: [
        *product_examples.EINSUMS,
        example(lambda a, b: np.einsum("ij,jk->ik", a, b), A, W),
        example(lambda a, b: np.einsum("ij,jk", a, b), A, W),
        example(lambda a: np.einsum("ij->ji", a), A),
        example(lambda a: np.einsum("ij->", a), A),
        example(lambda a: np.einsum("ji", a), A),
        example(lambda a, b: np.einsum("bij, bjk -> bik", a, b), CUBE, STACK),
        example(lambda a, b: np.einsum("i,j->ij", a, b), ROW, LABELS),
        example(lambda a, b, c: np.einsum("ij,jk,i->k", a, b, c), A, W, LABELS),
        example(lambda a: np.einsum("ij,->i", a, 2.0), A),
        example(lambda a, b: np.einsum("ij,ij->j", a, b, optimize=True), A, B),
    ],
    np.zeros_like: [
        example(np.zeros_like, C),
        example(lambda a: np.zeros_like(a, dtype=np.int64), C),
        example(np.zeros_like, WHOLE),
        example(lambda a: np.zeros_like(a[:, :1]) + a, C),
    ],
    np.ones_like: [
        example(np.ones_like, C),
        example(lambda a: np.ones_like(a, dtype=bool), C),
        example(np.ones_like, POINT),
    ],
    np.full_like: [
        example(lambda a: np.full_like(a, 2.5), C),
        example(lambda a: np.full_like(a, 2.5), WHOLE),
        example(lambda a: np.full_like(a, 7, dtype=np.float32), C),
        example(lambda a: np.full_like(a, np.sum(a)), C),
        example(lambda a: np.full_like(a, [1.0, 2.0, 3.0, 4.0]), C),
        example(lambda a: np.full_like(a, -0.0), C),
    ],
    np.shape: [example(lambda a: a * np.shape(a)[1], C)],
    np.ndim: [example(lambda a: a * np.ndim(a), CUBE)],
    np.size: [
        example(lambda a: a / np.size(a), C),
        example(lambda a: a / np.size(a, 1), C),
    ],
    np.result_type: [
        example(lambda a: a.astype(np.result_type(a, np.float32)), WHOLE),
        example(lambda a: a * (np.result_type(a, 1.0) == np.float64), C),
    ],
}

METHOD_EXAMPLES = {
    "shape": [example(lambda a: a * a.shape[0], C)],
    "dtype": [example(lambda a: a.astype(a.dtype) * (a.dtype == np.float64), C)],
    "ndim": [example(lambda a: a * a.ndim, CUBE)],
    "size": [example(lambda a: a / a.size, C)],
    "T": [example(lambda a: a.T, C), example(lambda a: a.T, CUBE)],
    "sum": [
        example(lambda a: a.sum(), C),
        example(lambda a: a.sum(0), C),
        example(lambda a: a.sum(axis=(0, 1), keepdims=True), C),
    ],
    "mean": [example(lambda a: a.mean(), C), example(lambda a: a.mean(axis=-1), C)],
    "max": [
        example(lambda a: a.max(), C),
        example(lambda a: a.max(1, keepdims=True), C),
    ],
    "min": [example(lambda a: a.min(), C), example(lambda a: a.min(axis=0), C)],
    "var": [example(lambda a: a.var(), C), example(lambda a: a.var(0, ddof=1), C)],
    "std": [example(lambda a: a.std(), C), example(lambda a: a.std(axis=1), C)],
    "argmax": [example(lambda a: a.argmax(), C), example(lambda a: a.argmax(1), C)],
    "clip": [
        example(lambda a: a.clip(-1, 1), C),
        example(lambda a: a.clip(min=0), C),
        example(lambda a: a.clip(max=0.5), C),
    ],
    "dot": [example(lambda a, b: a.dot(b), A, W)],
    "reshape": [
        example(lambda a: a.reshape(2, 6), C),
        example(lambda a: a.reshape((2, -1)), C),
        example(lambda a: a.reshape(-1), C),
    ],
    "transpose": [
        example(lambda a: a.transpose(), CUBE),
        example(lambda a: a.transpose(2, 0, 1), CUBE),
        example(lambda a: a.transpose((0, 2, 1)), CUBE),
    ],
    "swapaxes": [example(lambda a: a.swapaxes(0, 1), C)],
    "squeeze": [
        example(lambda a: a.squeeze(), COLUMN),
        example(lambda a: a.squeeze(axis=1), COLUMN),
    ],
    "flatten": [
        example(lambda a: a.flatten(), C),
        example(lambda a: a.flatten("F"), CUBE),
    ],
    "ravel": [
        example(lambda a: a.ravel(), C),
        example(lambda a: a.ravel(order="F"), C),
    ],
    "copy": [example(lambda a: a.copy() * a, C), example(lambda a: a.copy("F") * a, C)],
    "mT": [example(lambda a: a.mT, CUBE)],
    "real": [example(lambda a: a.real * a, C)],
    "imag": [example(lambda a: a.imag + a, C)],
    "conj": [example(lambda a: a.conj() * a, C)],
    "conjugate": [example(lambda a: a.conjugate() * a, C)],
    "round": [
        example(lambda a: a.round(), C),
        example(lambda a: a.round(1), C),
        example(lambda k: k.round(-1), WHOLE),
    ],
    "prod": [
        example(lambda a: a.prod(), A),
        example(lambda a: a.prod(axis=0, keepdims=True), C),
    ],
    "any": [
        example(lambda a: (a > 0).any(), C),
        example(lambda a: a.any(1), NO[None]),
    ],
    "all": [
        example(lambda a: (a > 0).all(), C),
        example(lambda a: (a > 0).all(axis=0, keepdims=True), C),
    ],
    "argmin": [example(lambda a: a.argmin(), C), example(lambda a: a.argmin(1), C)],
    "argsort": [example(lambda a: a.argsort(), C), example(lambda a: a.argsort(0), C)],
    "argpartition": [example(lambda a: a.argpartition(1)[:, 1], C)],
    "searchsorted": [
        example(lambda a: a.searchsorted([0.5, 1.5]), np.sort(ROW)),
        example(lambda a, v: a.searchsorted(v, "right"), np.sort(ROW), A),
    ],
    "cumsum": [
        example(lambda a: a.cumsum(), C),
        example(lambda a: a.cumsum(axis=1), C),
    ],
    "cumprod": [
        example(lambda a: a.cumprod(), C),
        example(lambda a: a.cumprod(0), C),
    ],
    "trace": [
        example(lambda a: a.trace(), C),
        example(lambda a: a.trace(1, 2, 0), CUBE),
    ],
    "diagonal": [
        example(lambda a: a.diagonal(), C),
        example(lambda a: a.diagonal(-1, axis1=2, axis2=0), CUBE),
    ],
    "repeat": [
        example(lambda a: a.repeat(2), C),
        example(lambda a: a.repeat([1, 2, 0], axis=0), C),
    ],
    "take": [
        example(lambda a: a.take([0, 5]), C),
        example(lambda a, i: a.take(i, axis=1), C, LABELS),
    ],
    "astype": [
        example(lambda a: a.astype(np.float32), C),
        example(lambda a: a.astype(float), WHOLE),
        example(lambda a: a.astype(np.int64), C),
        example(lambda a: a.astype(np.float64, copy=False), C),
        example(lambda a: a.astype(bool), C),
    ],
}
NOT_METHODS = {"node", "tracer", "apply_primitive", "constant"}


OPERATORS = {
    name: getattr(operator, name)
    for name in ("add", "sub", "mul", "truediv", "pow", "floordiv", "mod")
    + ("lt", "le", "gt", "ge")
}


OPERATOR_EXAMPLES = {
    **{
        f"__{name}__": [
            example(f, A, B),
            example(lambda a, f=f: f(a, 2), A),
            example(lambda a, f=f: f(a, ROW), A),
        ]
        for name, f in OPERATORS.items()
    },
    **{
        f"__r{name}__": [
            example(lambda a, f=f: f(2.5, a), A),
            example(lambda a, f=f: f(ROW, a), A),
            example(lambda a, f=f: f(np.float64(3), a), A),
            example(lambda a, f=f: f([1.0, 2.0, 3.0, 4.0], a), A),
        ]
        for name, f in list(OPERATORS.items())[:-4]
    },
    "__eq__": [example(lambda a: a == 2, WHOLE), example(operator.eq, WHOLE, WHOLE)],
    "__ne__": [example(lambda a: a != 2, WHOLE)],
    "__divmod__": [example(divmod, A, B), example(lambda a: divmod(a, 2), WHOLE)],
    "__rdivmod__": [example(lambda a: divmod(2.5, a), A)],
    "__matmul__": [example(operator.matmul, A, W)],
    "__rmatmul__": [example(lambda w: A @ w, W), example(lambda w: A.tolist() @ w, W)],
    "__neg__": [example(operator.neg, C)],
    "__pos__": [example(operator.pos, C)],
    "__abs__": [example(abs, C)],
    "__and__": [example(lambda a: (a > 0) & (a < 1), C)],
    "__rand__": [example(lambda a: True & (a > 0), C)],
    "__or__": [example(lambda a: (a < 0) | (a > 1), C)],
    "__ror__": [example(lambda a: NO | (a > 0), C)],
    "__xor__": [example(lambda a: (a < 0) ^ NO, C)],
    "__rxor__": [example(lambda a: NO ^ (a > 0), C)],
    "__invert__": [example(lambda a: ~(a > 0), C)],
    "__getitem__": [
        *[
            example(lambda a, key=key: a[key], CUBE)
            for key in (
                0,
                -1,
                np.int64(1),
                slice(None),
                slice(1, None),
                slice(None, None, -1),
                slice(0, 1),
                ...,
                None,
                (0, 1, 2),
                (slice(None), 1),
                (..., 0),
                (..., slice(1, 3), slice(None, None, 2)),
                (None, 0, ..., None),
                [1, 0, 1],
                LABELS % 2,
                (slice(None), LABELS),
                (slice(None), LABELS, LABELS),
                (LABELS % 2, slice(None), LABELS),
                (0, slice(None), LABELS),
                (slice(None), 1, LABELS),
                (LABELS % 2, 1, slice(1, 3)),
                (LABELS % 2, None, LABELS),
                (slice(None), LABELS[:, None], LABELS),
                (np.array(1), slice(None), LABELS),
            )
        ],
        example(lambda a, i: a[np.arange(3), i], C, LABELS),
        example(lambda a, i: a[i], C, LABELS),
        example(lambda a, i: a[i[0]], C, LABELS),
        example(lambda a, i: a[:, i.astype(np.uint8)], C, LABELS),
    ],
    "__len__": [example(lambda a: a / len(a), C)],
    "__iter__": [
        example(lambda a: sum(row * k for k, row in enumerate(a)), C),
        example(lambda a: [row * 2 for row in a], C),
    ],
}
REFUSED_OPERATORS = {
    *("__setitem__", "__delitem__", "__contains__", "__index__"),
}


def listed(table):
    """Give pytest one parameter for each example, with a readable id."""
    return [
        pytest.param(one, id=f"{getattr(key, '__name__', key)}-{at}-{one}")
        for key, examples in table.items()
        for at, one in enumerate(examples)
    ]


EXAMPLES = [
    *listed(UFUNC_EXAMPLES),
    *listed(FUNCTION_EXAMPLES),
    *listed(METHOD_EXAMPLES),
    *listed(OPERATOR_EXAMPLES),
]


def test_every_ufunc_has_examples():
    assert UFUNC_EXAMPLES.keys() == UFUNCS.keys()


def test_every_function_has_examples():
    assert FUNCTION_EXAMPLES.keys() == FUNCTIONS.keys()


def test_every_method_has_examples():
    public = {name for name in dir(Array) if not name.startswith("_")}
    assert METHOD_EXAMPLES.keys() == public - NOT_METHODS


def test_every_operator_has_examples():
    defined = {*vars(Array), *vars(Operators)}
    known = {name for name in dir(operator) if name.startswith("__")} - {*dir(object)}
    comparisons = {"__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__"}
    reflected = {f"__r{name[2:]}" for name in known}
    others = {"__len__", "__iter__", "__divmod__", "__rdivmod__"}
    protocols = (defined & (known | reflected | comparisons)) | others
    assert OPERATOR_EXAMPLES.keys() == protocols - REFUSED_OPERATORS


def as_list(value):
    return list(value) if isinstance(value, list | tuple) else [value]


def cast(inputs, dtype):
    return [one.astype(dtype) if is_float(one) else one for one in inputs]


@pytest.mark.parametrize("one", EXAMPLES)
@DTYPES
def test_values_and_dtypes_are_numpys(one, dtype):
    inputs = cast(one.inputs, dtype)
    expected = as_list(one.function(*inputs))
    found = run_both(program_of(one.function, *inputs), *inputs)
    assert len(found) == len(expected)
    last_digits = 1e-14 if dtype is np.float64 else 2e-6
    for first, second in zip(found, expected, strict=True):
        assert (first.dtype, first.shape) == (second.dtype, np.shape(second))
        np.testing.assert_allclose(first, second, last_digits, last_digits)


def is_smooth(one):
    results = as_list(one.function(*one.inputs))
    floats = all(is_float(x) and np.asarray(x).dtype == np.float64 for x in results)
    finite = all(np.all(np.isfinite(x)) for x in one.inputs)
    return floats and finite and any(is_float(x) for x in one.inputs)


SMOOTH = [one for one in EXAMPLES if is_smooth(one.values[0])]


def scalar(one):
    """Give a function of the float inputs that sums an example's weighted results."""
    floats = [at for at, x in enumerate(one.inputs) if is_float(x)]

    def function(*moving):
        inputs = list(one.inputs)
        for at, x in zip(floats, moving, strict=True):
            inputs[at] = x
        total = 0.0
        for at, result in enumerate(as_list(one.function(*inputs))):
            rng = np.random.default_rng(at)
            total = total + np.sum(result * rng.uniform(0.5, 1.5, np.shape(result)))
        return total

    return function, [np.asarray(one.inputs[at]) for at in floats]


@pytest.mark.no_cover
@pytest.mark.parametrize("one", SMOOTH)
def test_gradient_to_second_order(one):
    function, inputs = scalar(one)
    rng = np.random.default_rng(8)
    first = [rng.uniform(-1, 1, x.shape) for x in inputs]
    second = [rng.uniform(-1, 1, x.shape) for x in inputs]

    def along(total, traced, direction):
        slopes = pullback(total, traced, total.tracer.lift(1.0))
        return sum(np.sum(v * g) for v, g in zip(direction, slopes, strict=True))

    def slope_and_curvature(*traced):
        total = function(*traced)
        if not isinstance(total, Array):
            total = traced[0].tracer.lift(0.0)
        slope = along(total, traced, first)
        return slope, along(slope, traced, second)

    program = program_of(slope_and_curvature, *inputs)
    found = run_both(program, *inputs)
    by_difference = directional_difference(function, inputs, first)
    np.testing.assert_allclose(found[0], by_difference, rtol=1e-6, atol=1e-6)
    by_difference = directional_difference(
        lambda *x: interpreted(program, *x)[0], inputs, second
    )
    np.testing.assert_allclose(found[1], by_difference, rtol=1e-6, atol=1e-6)


# Numbers and their dtypes ---------------------------------------------------------


@pytest.mark.parametrize(
    "function",
    [
        lambda x: 2 * x + 0.5,
        lambda x: x**2 + x**3 + x**0.5,
        lambda x: 1 / x - 1,
        lambda x: np.maximum(x, 0) + np.minimum(1.5, x),
        lambda x: np.where(x > 0, x, 0.5),
        lambda x: np.clip(x, 0, 1.5),
        lambda x: np.mean(x) + np.var(x) + np.std(x, axis=0),
        lambda x: np.logaddexp(x, 0),
        lambda x: x * True + False,
        lambda x: x * (3 * 0.1),
        lambda x: np.full_like(x, 0.1) * x,
    ],
)
def test_python_numbers_are_weak(function):
    x = np.array([0.5, 1.0, 2.5], np.float32)
    found = run_both(program_of(function, x), x)[0]
    expected = function(x)
    assert found.dtype == expected.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    slope = gp.gradient(lambda x: np.sum(function(x)))(x)
    assert slope.dtype == np.float32


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x * np.float64(2),
        lambda x: np.float64(2) * x,
        lambda x: x + np.array(0.5),
        lambda x: x ** np.float64(2),
        lambda x: [1.0, 2.0, 3.0] + x,
        lambda x: x + [1, 2, 3],
        lambda x: x * np.arange(3),
        lambda x: x * np.int64(2),
        lambda x: np.where(x > 1, x, np.float64(0)),
    ],
)
def test_numpy_scalars_and_lists_promote(function):
    x = np.array([0.5, 1.0, 2.5], np.float32)
    found = run_both(program_of(function, x), x)[0]
    expected = function(x)
    assert found.dtype == expected.dtype
    assert_same_bits(found, expected)


@pytest.mark.parametrize(
    "function",
    [
        lambda k: k + 1,
        lambda k: k * 0.5,
        lambda k: k / 2,
        lambda k: k**2,
        lambda k: -k,
        lambda k: np.sum(k) * 2,
        np.mean,
        lambda k: k.astype(np.float32) * 0.1,
        np.sqrt,
        lambda k: k > 1,
        lambda k: k == np.array([0, 1, 2]),
    ],
)
@pytest.mark.parametrize("dtype", [np.int64, np.int32, np.uint32], ids=str)
def test_integers_are_numpys(function, dtype):
    k = np.array([0, 1, 3], dtype)
    found = run_both(program_of(function, k), k)[0]
    assert_same_bits(found, function(k))


def test_floats_that_python_calls_whole_stay_floats():
    program = program_of(
        lambda x: (np.where(x > 1, 1.0, 0.0), np.where(x > 1, 2.0, 3)), A
    )
    first, second = printed(program, A)
    assert first.dtype == second.dtype == np.float64


def test_a_captured_array_in_another_byte_order():
    swapped = ROW.astype(ROW.dtype.newbyteorder())
    program = program_of(lambda x: x * swapped, A)
    assert_same_bits(run_both(program, A)[0], A * ROW)


@pytest.mark.parametrize(
    ("name", "row"), [("expit", stable.sigmoid), ("erf", stable.erf)]
)
def test_ufuncs_of_scipy_that_are_rows(name, row):
    ufunc = getattr(pytest.importorskip("scipy.special"), name)
    program = program_of(ufunc, C)
    assert [one.primitive for one in program.nodes if one.inputs] == [row]
    np.testing.assert_allclose(run_both(program, C)[0], ufunc(C), rtol=1e-13)


# The number of rows -----------------------------------------------------------------


OF_ROWS = [
    lambda x, w: np.mean(x),
    lambda x, w: np.mean(x, axis=0),
    lambda x, w: np.sum(x) / x.shape[0],
    lambda x, w: np.sum(x, axis=0) / np.sqrt(x.shape[0]),
    lambda x, w: x.reshape(x.shape[0], -1) @ w,
    lambda x, w: np.reshape(x, (-1, 2)),
    lambda x, w: x.reshape(-1),
    lambda x, w: x.ravel() / x.size,
    lambda x, w: np.reshape(x, (2 * x.shape[0], 2)),
    lambda x, w: x * x.shape[0] * 2 + 3 * x.shape[0],
    lambda x, w: x + w.T[:1],
    lambda x, w: x + w.T[0],
    lambda x, w: x * np.ones_like(x[:, :1]),
    lambda x, w: np.zeros_like(x),
    lambda x, w: np.broadcast_to(w.T[0], x.shape) * 2,
    lambda x, w: np.full_like(x, x.shape[0]),
    lambda x, w: x - np.max(x, axis=0),
    lambda x, w: np.concatenate([x, x]),
    lambda x, w: np.concatenate([x, x + 1], axis=1),
    lambda x, w: np.stack([x, -x], axis=1),
    lambda x, w: np.split(x, 2, axis=1),
    lambda x, w: np.split(np.concatenate([x, x * 2]), 2),
    lambda x, w: x[:, 0] * x[:, 1],
    lambda x, w: x[::-1],
    lambda x, w: x[: x.shape[0]],
    lambda x, w: np.concatenate([x, x * 2])[: x.shape[0]],
    lambda x, w: np.concatenate([x, x * 2])[x.shape[0] :],
    lambda x, w: x[0] + x[-1],
    lambda x, w: (x.shape[0] + x.shape[0]) * np.sum(x),
    lambda x, w: (x.shape[0] - 1) * np.sum(x),
    lambda x, w: (1 - x.shape[0]) * np.sum(x),
    lambda x, w: -x.shape[0] * np.sum(x),
    lambda x, w: x.shape[0] ** 2 * np.sum(x),
    lambda x, w: (x.shape[0] + np.sum(x), np.sum(x) - x.shape[0]),
    lambda x, w: np.sum(x) / x.shape[0] / 3,
    lambda x, w: (0.1 / x.shape[0]) * x,
    lambda x, w: np.where(x > 0, x.shape[0], 0) * x,
    lambda x, w: np.einsum("ij,ik->jk", x, x) / len(w) / x.shape[0],
    lambda x, w: np.tensordot(x, x, axes=(0, 0)),
    lambda x, w: x.T @ x,
    lambda x, w: sum([x, x]),
    lambda x, w: sum([x.shape[0], x.shape[0]]) * x,
    lambda x, w: x * (x.shape == x.shape),
    lambda x, w: x * (x.shape[0] == x.shape[0]),
    lambda x, w: x * {x.shape: 2.0}[x.shape],
    lambda x, w: np.flip(x) + np.fliplr(x) * np.flipud(x),
    lambda x, w: np.roll(x, 1, axis=0) * np.roll(x, (2, 1), axis=(0, 1)),
    lambda x, w: np.roll(x, 3),
    lambda x, w: np.sort(x, axis=0) + np.sort(x, axis=1),
    lambda x, w: np.argsort(x, axis=0),
    lambda x, w: np.tile(x, (2, 3)),
    lambda x, w: np.repeat(x, 2, axis=0) * np.repeat(x, [1, 0, 2, 1], axis=1)[0],
    lambda x, w: np.repeat(x, 3),
    lambda x, w: np.vstack([x, x]) @ np.hstack([w, w]),
    lambda x, w: np.column_stack([x[:, 0], x, x[:, :1]]),
    lambda x, w: np.dstack([x, x * 2]),
    lambda x, w: np.block([[x, x @ w], [x, x @ w]]),
    lambda x, w: np.pad(x, ((0, 0), (1, 2))),
    lambda x, w: np.pad(x, ((0, 0), (1, 2)), mode="reflect"),
    lambda x, w: np.diff(x, axis=1) * np.gradient(x, axis=1)[:, 1:],
    lambda x, w: np.trapezoid(x, axis=1),
    lambda x, w: np.moveaxis(x[:, :, None], 0, -1).T,
    lambda x, w: np.rot90(x, 2),
    lambda x, w: np.array_split(x, 3, axis=1),
    lambda x, w: np.take(x, [2, 0], axis=1) + np.take(x[0], 1),
    lambda x, w: np.take_along_axis(x, np.argsort(x, axis=1), axis=1),
    lambda x, w: np.take_along_axis(x, np.argmax(x, 1)[:, None], 1)[:, 0],
    lambda x, w: np.take_along_axis(x, np.argsort(x, axis=0), axis=0),
    lambda x, w: np.select([x > 0.8, x > 0.5], [x, -x], 1.0),
    lambda x, w: np.searchsorted([0.2, 0.6], x),
    lambda x, w: np.searchsorted(np.sort(x[:, 0]), 0.5),
    lambda x, w: np.lib.stride_tricks.sliding_window_view(x, 3, axis=1) @ w[:3],
    lambda x, w: np.einsum("...i,...i", x, x) + np.einsum("ij->i", x),
    lambda x, w: np.einsum("i...,i...->...", x, x) / x.shape[0],
    lambda x, w: np.inner(x, w.T) + np.linalg.multi_dot([x, w, w.T, w]),
    lambda x, w: np.kron(x, w[:2]),
    lambda x, w: np.vecdot(x, x) + np.vdot(x, x),
    lambda x, w: np.cross(x[:, :3], x[:, 1:]),
    lambda x, w: np.meshgrid(x[0], w[:, 0]),
    lambda x, w: np.broadcast_arrays(x, w[:, 0]),
    lambda x, w: np.linspace(x, 2 * x, 3, axis=1),
    lambda x, w: np.tril(np.reshape(x, (-1, 2, 2))) + np.triu(x.reshape(-1, 2, 2)),
    lambda x, w: np.trace(np.reshape(x, (-1, 2, 2)), axis1=1, axis2=2),
    lambda x, w: np.diagonal(np.reshape(x, (-1, 2, 2)), 1, 1, 2),
    lambda x, w: np.linalg.inv(np.reshape(x, (-1, 2, 2)) + 2 * np.eye(2)),
    lambda x, w: np.linalg.det(np.reshape(x, (-1, 2, 2)) + 2 * np.eye(2)),
    lambda x, w: np.linalg.solve(x.T @ x + np.eye(4), w),
    lambda x, w: np.linalg.slogdet(x.reshape(-1, 2, 2) + 2 * np.eye(2)),
    lambda x, w: np.linalg.cholesky(x.T @ x + np.eye(4)),
    lambda x, w: np.linalg.eigvalsh(x.T @ x + np.eye(4)),
    lambda x, w: np.linalg.matrix_power(np.reshape(x, (-1, 2, 2)), 3),
]


@pytest.mark.parametrize("function", OF_ROWS)
@DTYPES
def test_one_program_serves_every_number_of_rows(function, dtype):
    w = W.astype(dtype)
    program = program_of(
        function, np.zeros((2, 4), dtype), w, symbolic=[0], dtype=dtype
    )
    for rows in (1, 2, 7):
        x = np.random.default_rng(rows).uniform(0.1, 1, (rows, 4)).astype(dtype)
        found = run_both(program, x, w)
        for first, second in zip(found, as_list(function(x, w)), strict=True):
            assert first.shape == np.shape(second)
            np.testing.assert_allclose(
                first, second, rtol=1e-13 if dtype is np.float64 else 1e-5
            )


@pytest.mark.no_cover
@pytest.mark.parametrize("function", OF_ROWS)
def test_gradients_of_one_program_for_every_number_of_rows(function):
    def slopes(x, w):
        results = as_list(function(x, w))
        floats = [one for one in results if one.dtype.kind == "f"]
        total = sum(np.sum(np.sin(one)) for one in floats)
        if not isinstance(total, Array):
            return np.zeros_like(x), np.zeros_like(w)
        return pullback(total, [x, w], total.tracer.lift(1.0))

    program = program_of(slopes, np.zeros((2, 4)), W, symbolic=[0])
    for rows in (1, 2, 5):
        x = np.random.default_rng(rows).uniform(0.1, 1, (rows, 4))
        fixed = program_of(slopes, x, W)
        for one, two in zip(
            run_both(program, x, W), run_both(fixed, x, W), strict=True
        ):
            np.testing.assert_allclose(one, two, rtol=1e-12, atol=1e-14)


def test_variance_over_the_rows():
    program = program_of(lambda x: np.var(x, axis=0, ddof=1), A, symbolic=[0])
    for rows in (2, 5):
        x = RNG.uniform(size=(rows, 4))
        np.testing.assert_allclose(run_both(program, x)[0], np.var(x, axis=0, ddof=1))


@pytest.mark.parametrize("ddof", [3, 4])
def test_variance_of_fewer_values_than_ddof(ddof):
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # NumPy warns of degrees of freedom
        expected = np.var(C, axis=0, ddof=ddof)
        program = program_of(lambda x: np.var(x, axis=0, ddof=ddof), C)
        assert_same_bits(run_both(program, C)[0], expected)


def test_gradient_of_a_mean_over_rows():
    def slope(x, w):
        loss = np.mean(np.tanh(x @ w))
        return pullback(loss, [w], loss.tracer.lift(1.0))

    program = program_of(slope, A, W, symbolic=[0])
    for rows in (1, 2, 7):
        x = RNG.uniform(size=(rows, 4))
        expected = x.T @ (1 - np.tanh(x @ W) ** 2) / (rows * 2)
        np.testing.assert_allclose(run_both(program, x, W)[0], expected)


def test_rows_are_written_as_n():
    seen = []

    def function(x):
        seen.extend([x.shape, 3 * x.shape[0], x.size, str(x.shape[0])])
        return x

    program_of(function, A, symbolic=[0])
    assert repr(seen[:4]) == "[(n, 4), 3 * n, 4 * n, 'n']"


def test_sizes_of_a_graph_are_multiples_of_n():
    program = program_of(lambda x: np.concatenate([x, x, x]), A, symbolic=[0])
    assert program.outputs["out_0"].shape == (Size(3), 4)


# Names --------------------------------------------------------------------------------


def names_of(program):
    return {node.name for node in program.nodes if node.name}


def test_values_are_named_after_local_variables():
    def function(x, w):
        z = x @ w
        activated = np.tanh(z)
        _hidden = activated * 2
        return _hidden + 1

    program = program_of(function, A, W)
    assert names_of(program) == {"x0", "x1", "z", "activated"}


def test_a_helper_names_what_it_makes_itself():
    def helper(v):
        squared = v * v
        return squared + 1

    def function(x):
        shifted = x - 1
        return helper(shifted) * 2

    assert names_of(program_of(function, A)) == {"x0", "shifted", "squared"}


def test_the_first_of_several_names_stays():
    def function(x):
        one = x + 1
        two = one
        return two * 2

    assert names_of(program_of(function, A)) == {"x0", "one"}


def test_glassprops_own_machinery_gives_no_names():
    def function(x):
        return np.mean(np.std(x, axis=0))

    assert names_of(program_of(function, A)) == {"x0"}


def test_what_a_helper_keeps_for_itself_names_nothing_of_its_caller():
    def helper(v):
        alias = v
        product = alias * 2
        return product + 1

    def function(x):
        y = x + 1
        return helper(y) + helper(y * y)

    names = [one.name for one in program_of(function, A).nodes if one.name]
    assert sorted(names) == ["product", "product", "x0", "y"]


def test_calls_of_one_function_are_told_apart():
    def layer(v, depth):
        z = np.sin(v)
        return layer(z, depth - 1) if depth > 1 else z

    program = program_of(lambda x: layer(x, 3), A)
    names = [one.name for one in program.nodes if one.name]
    assert sorted(names) == ["x0", "z", "z", "z"]


def test_a_generator_and_a_failed_call_name_what_they_hold():
    def parts(x):
        for number in (2, 3):
            part = x * number
            yield part

    def failing(x):
        lost = x - 1
        raise ValueError(lost)

    def function(x):
        total = np.sum(x, axis=0)
        for part in parts(x):
            total = total + part[0]
        with contextlib.suppress(ValueError):
            failing(total)
        try:
            failing(total)
        except ValueError as error:
            return error.args[0] * 2

    names = [one.name for one in program_of(function, A).nodes if one.name]
    assert sorted(names) == ["lost", "part", "part", "total", "x0"]


def test_a_profiler_goes_on_while_a_function_is_traced():
    def profiler(frame, event, argument):
        seen.append(event)

    def function(x):
        inside.append(sys.getprofile())
        return np.sin(x)

    seen, inside, before = [], [], sys.getprofile()
    sys.setprofile(profiler)
    try:
        program_of(function, A)
        after = sys.getprofile()
    finally:
        sys.setprofile(before)
    assert after is profiler and set(inside) == {profiler}
    assert {"call", "return"} <= set(seen)


def test_gradients_are_named_after_their_values():
    def function(x):
        z = np.sin(x)
        return z * z

    source = gp.gradient(lambda x: np.sum(function(x))).source(A)
    assert "d_z = 2 * z" in source


# Transforms: arguments --------------------------------------------------------------


def energy(p, x, *, scale=1.0):
    return np.sum((x @ p["w"] + p["b"]) ** 2) * scale


P = {"w": np.array([1.0, -2.0]), "b": np.array(0.5)}
X = np.array([[1.0, 2.0], [3.0, 4.0]])


def energy_slopes(scale=1.0):
    r = 2 * scale * (X @ P["w"] + P["b"])
    return {"w": X.T @ r, "b": r.sum()}, np.outer(r, P["w"])


@pytest.mark.parametrize("wrt", [0, -2, "p"])
def test_gradient_through_a_dict(wrt):
    found = gp.gradient(energy, wrt)(P, X)
    expected = energy_slopes()[0]
    assert found.keys() == expected.keys()
    for key, value in expected.items():
        np.testing.assert_allclose(found[key], value)


@pytest.mark.parametrize("wrt", [1, -1, "x"])
def test_gradient_by_position_and_name(wrt):
    np.testing.assert_allclose(gp.gradient(energy, wrt)(P, X), energy_slopes()[1])


def test_gradient_with_respect_to_several_arguments():
    value, (slope_x, slope_p) = gp.value_and_gradient(energy, ["x", 0])(P, X, scale=2)
    np.testing.assert_allclose(value, energy(P, X, scale=2))
    np.testing.assert_allclose(slope_x, energy_slopes(2)[1])
    np.testing.assert_allclose(slope_p["w"], energy_slopes(2)[0]["w"])


def test_gradient_with_respect_to_a_keyword():
    assert gp.gradient(energy, "scale")(P, X, scale=2.0) == energy(P, X)
    assert gp.gradient(energy, -1)(P, X, scale=2.0) == energy(P, X)


def test_a_default_between_two_given_arguments_stays():
    def function(a, b=10.0, c=1.0):
        return a * b + c

    assert gp.gradient(function)(2.0, c=5.0) == 10.0
    assert gp.gradient(function, "c")(2.0, c=5.0) == 1.0


def with_defaults(a, b=2.0, c=3.0, *, d=5.0):
    return a * b * b * c * d


@pytest.mark.parametrize(
    ("wrt", "slopes"),
    [
        ("b", 12.0 * 15),
        (1, 12.0 * 15),
        ("d", 36.0),
        (3, 36.0),
        (2, 60.0),
        ((0, "c"), (60.0, 60.0)),
        ((2, -1), (60.0, 60.0)),
    ],
)
def test_gradient_with_respect_to_a_default(wrt, slopes):
    found = gp.gradient(with_defaults, wrt)(3.0)
    assert found == slopes


def test_gradient_with_respect_to_a_default_by_position_alone():
    def by_position(a, b=2.0, c=5.0, /):
        return a * b * c * c

    assert gp.gradient(by_position, 2)(3.0) == 60.0


def test_hessian_with_respect_to_defaults():
    assert gp.hessian(with_defaults, "b")(3.0) == 2 * 3 * 3 * 5
    (cc, ca), (ac, aa) = gp.hessian(with_defaults, (2, -1))(3.0)
    assert (cc, ca, ac, aa) == (0, 20, 20, 0)


def test_gradient_of_further_positional_arguments():
    def function(*x, x_scale=2.0):
        return x_scale * (x[0] * x[1] ** 2)

    assert gp.gradient(function, 1)(3.0, 5.0) == 2 * 3 * 2 * 5
    assert gp.gradient(function, "x_0")(3.0, 5.0, x_scale=1.0) == 25
    assert gp.gradient(function, "x_scale")(3.0, 5.0, x_scale=1.0) == 75


def test_gradient_of_further_keywords():
    def function(**parts):
        return parts["a"] * parts["b"]

    assert gp.gradient(function, "b")(a=2.0, b=3.0) == 2.0


class Pair(NamedTuple):
    first: object
    rest: object


@pytest.mark.parametrize(
    "tree",
    [
        [A, A[0], 2.0],
        (A, {"b": [A[1], POINT]}),
        {"z": A, "a": (POINT,), "empty": []},
        Pair(A, [A[0], A[1]]),
    ],
    ids=["list", "tuple", "dict", "named tuple"],
)
def test_gradient_keeps_the_nesting(tree):
    def total(tree):
        if isinstance(tree, dict):
            return sum(total(one) for one in tree.values())
        if isinstance(tree, list | tuple):
            return sum(total(one) for one in tree)
        return np.sum(tree * tree)

    def doubled(tree):
        if isinstance(tree, dict):
            return {key: doubled(one) for key, one in tree.items()}
        if isinstance(tree, Pair):
            return Pair(*map(doubled, tree))
        if isinstance(tree, list | tuple):
            return type(tree)(map(doubled, tree))
        return 2 * np.asarray(tree)

    def assert_equal(one, two):
        assert type(one) is type(two) or np.ndim(one) == 0
        if isinstance(one, dict):
            assert list(one) == list(two)
            one, two = list(one.values()), list(two.values())
        if isinstance(one, list | tuple):
            for first, second in zip(one, two, strict=True):
                assert_equal(first, second)
        else:
            assert_same_bits(one, two)

    assert_equal(gp.gradient(total)(tree), doubled(tree))
    value, slopes = gp.value_and_gradient(total)(tree)
    assert value == total(tree)
    assert_equal(slopes, doubled(tree))


def test_jacobian_and_hessian_of_an_argument_in_a_dict():
    def function(p):
        return p["a"] * p["b"]

    found = gp.jacobian(function)({"a": np.array([1.0, 2.0]), "b": np.array(3.0)})
    assert_same_bits(found["a"], np.array([[3.0, 0.0], [0.0, 3.0]]))
    assert_same_bits(found["b"], np.array([1.0, 2.0]))
    both = gp.jacobian(lambda a, b: a * b, [0, 1])(np.ones(2), np.array([3.0, 4.0]))
    assert_same_bits(both[0], np.diag([3.0, 4.0]))
    assert_same_bits(both[1], np.eye(2))
    bent = gp.hessian(lambda k, x: np.sum(x**3) * k["s"], "x")({"s": 2.0}, ROW)
    np.testing.assert_allclose(bent, np.diag(12 * ROW))


@pytest.mark.parametrize(
    ("wrt", "message"),
    [
        (
            3,
            "wrt=3: energy was called with the arguments p, x. Give a position or one "
            "of these names.",
        ),
        (
            None,
            "wrt=None: energy was called with the arguments p, x. Give a position or "
            "one of these names.",
        ),
        (
            (0, 1.5),
            "wrt=1.5: energy was called with the arguments p, x. Give a position or "
            "one of these names.",
        ),
        (
            -3,
            "wrt=-3: energy was called with the arguments p, x. Give a position or one "
            "of these names.",
        ),
        (
            "scal",
            "wrt='scal': energy was called with the arguments p, x. Give a position or "
            "one of these names.",
        ),
    ],
)
def test_an_argument_that_was_not_given(wrt, message):
    with pytest.raises(ArgumentError) as caught:
        gp.gradient(energy, wrt)(P, X)
    assert str(caught.value) == message


def test_arguments_that_the_function_does_not_take():
    with pytest.raises(ArgumentError) as caught:
        gp.gradient(energy)(P)
    assert str(caught.value) == "energy: missing a required argument: 'x'."


def test_names_that_meet_in_two_dicts():
    with pytest.raises(ArgumentError) as caught:
        gp.gradient(lambda p: p["a.b"])({"a.b": 1.0, "a": {"b": 2.0}})
    assert str(caught.value) == (
        "<lambda>: two arrays are named 'p.a.b'. Rename a key of the dicts."
    )


# Transforms: values -------------------------------------------------------------------


def test_gradient_of_what_does_not_depend_on_the_argument_is_zero():
    assert_same_bits(gp.gradient(lambda a, b: np.sum(b))(A, B), np.zeros((3, 4)))
    assert_same_bits(gp.gradient(lambda a: 3.0)(A), np.zeros((3, 4)))
    assert_same_bits(gp.gradient(lambda a: np.sum(a > 1) * 1.0)(A), np.zeros((3, 4)))
    assert_same_bits(gp.jacobian(lambda a: np.ones(2))(ROW), np.zeros((2, 4)))
    assert_same_bits(gp.jacobian(lambda a: np.ones(0) * 1.0)(ROW), np.zeros((0, 4)))
    assert_same_bits(gp.hessian(np.sum)(ROW), np.zeros((4, 4)))


def test_perturbations_are_not_confused():
    def outer(x):
        return gp.gradient(lambda z: z * z * x)(x)

    assert gp.gradient(outer)(3.0) == 12.0
    assert gp.gradient(lambda x: x * gp.gradient(lambda y: x + y)(1.0))(5.0) == 1.0
    assert gp.gradient(lambda x: gp.gradient(lambda z, w: z * w)(2.0, x))(3.0) == 1.0


@pytest.mark.parametrize("order_", range(1, 6))
def test_derivatives_of_higher_order(order_):
    function = functools.reduce(lambda f, _: gp.gradient(f), range(order_), np.sin)
    cycle = [np.cos, lambda x: -np.sin(x), lambda x: -np.cos(x), np.sin, np.cos]
    np.testing.assert_allclose(function(0.7), cycle[order_ - 1](0.7), rtol=1e-14)


def test_hessian_equals_the_analytic_one():
    def rosenbrock(x):
        return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)

    x = np.array([0.5, -1.0, 2.0])
    expected = np.array(
        [
            [1200 * 0.25 + 400 + 2, -200.0, 0.0],
            [-200.0, 200 + 1200 - 800 + 2, 400.0],
            [0.0, 400.0, 200.0],
        ]
    )
    np.testing.assert_allclose(gp.hessian(rosenbrock)(x), expected)
    assert gp.hessian(lambda x: x**3)(2.0) == 12.0
    q = np.array([[2.0, 1.0], [0.0, 3.0]])
    found = gp.hessian(lambda x: x @ q @ x)(np.array([1.0, -1.0]))
    np.testing.assert_allclose(found, q + q.T)


def test_hessian_of_a_matrix_has_four_axes():
    found = gp.hessian(lambda w: np.sum(np.exp(w)))(C)
    assert found.shape == (3, 4, 3, 4)
    np.testing.assert_allclose(found.reshape(12, 12), np.diag(np.exp(C).ravel()))


def test_jacobian_of_a_matrix_function():
    found = gp.jacobian(lambda w: A @ w)(W)
    assert found.shape == (3, 2, 4, 2)
    np.testing.assert_allclose(found, np.einsum("ij,kl->ikjl", A, np.eye(2)))
    with_respect_to_number = gp.jacobian(lambda s: s * ROW)(2.0)
    assert_same_bits(with_respect_to_number, ROW)


def test_second_order_equals_hessian_times_a_direction():
    def function(x):
        return np.sum(np.tanh(A @ x) ** 2)

    v = np.array([1.0, -2.0, 0.5, 0.0])
    product = gp.gradient(lambda x: np.sum(gp.gradient(function)(x) * v))(ROW)
    np.testing.assert_allclose(product, gp.hessian(function)(ROW) @ v)


@pytest.mark.parametrize(
    ("value", "dtype"),
    [
        (np.float32(2), np.float32),
        (2.0, np.float64),
        (np.array([1, 2], np.float32), np.float32),
    ],
)
def test_a_gradient_has_the_dtype_of_its_argument(value, dtype):
    found = gp.gradient(lambda x: np.sum(x * x * 0.5))(value)
    assert found.dtype == dtype


WEAK_EXAMPLES = {
    "product": lambda x, s: np.sum(x * s),
    "power": lambda x, s: np.sum(x**s),
    "calculated": lambda x, s: np.sum(x / (1 + 2 * s)) - s**2,
    "sine": lambda x, s: np.sum(x * np.sin(s)),
    "compared": lambda x, s: np.sum(np.where(x > s, x, s)),
    "condition": lambda x, s: np.sum(np.where(s, x, 2)),
    "array": lambda x, s: np.sum(x * np.stack([s, 2 * s])),
    "largest": lambda x, s: np.sum(np.maximum(s, x)),
    "negative": lambda x, s: np.sum(abs(-s) * x),
}


@pytest.mark.parametrize("function", WEAK_EXAMPLES.values(), ids=WEAK_EXAMPLES.keys())
@pytest.mark.parametrize("number", [2, 3.5, 0.1, np.float64(0.1), np.int64(2)])
@DTYPES
def test_python_numbers_as_arguments_have_numpys_dtypes(function, number, dtype):
    x = np.array([1.5, 2.5], dtype)
    value, slope = gp.value_and_gradient(function)(x, number)
    expected = function(x, number)
    assert value.dtype == expected.dtype
    assert slope.dtype == x.dtype
    np.testing.assert_allclose(value, expected, rtol=1e-6)


def test_a_python_number_among_integers():
    x, k = np.array([1.0, 2.0], np.float32), np.array([3, 4], np.int16)

    def function(x, k, s):
        return np.sum((k * s) * x)

    assert gp.value_and_gradient(function)(x, k, 2)[0].dtype == np.float32
    assert gp.value_and_gradient(function)(x, k, np.int64(2))[0].dtype == np.float64


def test_a_python_int_as_an_index():
    x = np.array([1.5, 2.5], np.float32)
    assert_same_bits(
        gp.gradient(lambda x, k: x[k] * x[k] * k)(x, 1), np.array([0, 5], np.float32)
    )


def test_a_python_float_among_float32_arguments_has_a_float64_slope():
    x = np.array([1.0, 2.0], np.float32)
    value, slope = gp.value_and_gradient(lambda x, s: np.sum(x * s), 1)(x, 0.1)
    assert (value.dtype, slope.dtype) == (np.float32, np.float64)
    assert slope == 3.0


def test_python_numbers_and_arrays_are_two_programs():
    x = np.array([1.0, 2.0], np.float32)
    function = gp.value_and_gradient(lambda x, s: np.sum(x * s))
    dtypes = [function(x, s)[0].dtype for s in (0.1, np.float64(0.1), 0.2)]
    assert dtypes == [np.float32, np.float64, np.float32]


def test_a_python_number_in_a_gradient_within_a_traced_function():
    x = np.array([1.0, 2.0], np.float32)
    inner = gp.gradient(lambda s, x: np.sum(x * s), wrt="x")
    value = gp.value_and_gradient(lambda x: np.sum(inner(2, x) * x))(x)[0]
    assert (value, value.dtype) == (6.0, np.float32)


def test_lists_and_layouts_as_arguments():
    def function(x, k):
        return np.sum(x[0] * k[1] + x[1] * k[0])

    found = gp.gradient(function)([1.0, 2.0], (3, 4))
    assert found == [4.0, 3.0]
    flipped = np.asfortranarray(C)[::-1]
    assert_same_bits(gp.gradient(lambda x: np.sum(x * x))(flipped), 2 * flipped)
    read_only = A.copy()
    read_only.flags.writeable = False
    assert_same_bits(gp.gradient(np.sum)(read_only), np.ones((3, 4)))


def test_an_argument_may_have_any_name():
    x = ROW.copy()
    assert_same_bits(gp.gradient(lambda _: np.sum(_ * _))(x), 2 * ROW)
    assert_same_bits(gp.gradient(lambda n, np_: np.sum(n * np_), 1)(x, x), ROW)
    assert_same_bits(x, ROW)


def test_results_are_arrays_of_their_own():
    x = ROW.copy()
    slope = gp.jacobian(lambda x: x)(x)
    value = gp.value_and_gradient(lambda x: x[0])(x)[0]
    slope[...] = 7
    assert value == ROW[0]
    assert_same_bits(x, ROW)


def test_one_program_a_signature():
    calls = []

    def function(x):
        calls.append(x.shape)
        return np.sum(x * x)

    slope = gp.gradient(function)
    for _ in range(3):
        slope(np.ones(3))
    assert calls == [(3,)] * 2  # each function is traced twice
    slope(np.ones(4))
    slope(np.ones(4, np.float32))
    assert calls == [(3,)] * 2 + [(4,)] * 4


def test_a_plain_gradient_inside_a_traced_function():
    inner = gp.gradient(lambda z: z * z)
    assert gp.gradient(lambda x: x * inner(3.0))(1.0) == 6.0


def test_ufuncs_and_builtins_as_functions():
    np.testing.assert_allclose(gp.gradient(np.sin)(0.3), np.cos(0.3))
    np.testing.assert_allclose(gp.gradient(np.power, 0)(3.0, 2.0), 6.0)
    np.testing.assert_allclose(gp.gradient(np.multiply, "x2")(3.0, 2.0), 3.0)
    assert_same_bits(gp.gradient(np.sum)(ROW), np.ones(4))
    assert gp.gradient(abs)(-2.0) == -1.0
    assert_same_bits(gp.gradient(operator.itemgetter(1))(ROW), np.eye(4)[1])
    partial = functools.partial(energy, scale=3.0)
    np.testing.assert_allclose(
        gp.gradient(partial)(P, X)["b"], energy_slopes(3)[0]["b"]
    )


def test_a_transform_says_what_it_is():
    slope = gp.gradient(energy)
    assert repr(slope) == "<gradient_of_energy>"
    assert slope.__doc__ == "gradient_of_energy, made by glassprop.gradient."


# Graphs -------------------------------------------------------------------------------


def test_x_plus_equals_rebinds():
    def function(x):
        y = x
        y += 1
        y *= x
        return y

    assert_same_bits(run_both(program_of(function, A), A)[0], (A + 1) * A)


def test_an_array_captured_twice_is_one_constant():
    program = program_of(lambda x: x * ROW + ROW, A)
    assert len([one for one in program.nodes if one.primitive.name == "constant"]) == 1


def test_a_captured_array_is_taken_as_it_was():
    factor = np.ones(4)
    slope = gp.gradient(lambda x: np.sum(x * factor))
    assert_same_bits(slope(ROW), np.ones(4))
    assert factor.flags.writeable


def test_a_long_chain_is_traced_and_differentiated_without_recursion():
    def function(x):
        for _ in range(1200):
            x = np.sin(x)
        return x

    program = program_of(
        lambda x: pullback(function(x), [x], x.tracer.lift(1.0)), POINT
    )
    assert len(order(program.outputs.values())) > 2400
    assert np.isfinite(interpreted(program, POINT)[0])


def test_a_program_tells_what_it_cannot_be_run_on():
    program = program_of(lambda x: x + 1, A, symbolic=[0])
    with pytest.raises(ShapeError) as caught:
        program.run({"x0": np.zeros((3, 5))})
    assert str(caught.value) == (
        "program: expected x0 of shape (n, 4) with n = 3, got (3, 5)."
    )
    with pytest.raises(ShapeError) as caught:
        program.run({"x1": A})
    assert str(caught.value) == "program takes x0; missing: x0, not known: x1."


def test_a_record_has_every_value_by_name():
    def function(x):
        z = x @ W
        return np.sum(np.tanh(z))

    program = program_of(function, A)
    by_name = {one.name: one for one in program.record({"x0": A})}
    assert_same_bits(by_name["z"].value, A @ W)
    assert by_name["z"].section == "forward"
    assert by_name["total"].value == np.sum(np.tanh(A @ W))
    assert len(by_name) == len(program.nodes)
    assert "z = x0 @ constant_1" in program_text(program)


def test_a_captured_array_that_changes_between_uses_is_captured_again():
    def f(x):
        mask = np.zeros(3)
        total = 0.0
        for at in range(3):
            mask[:] = 0
            mask[at] = at + 1
            total = total + np.sum(x * mask)
        return total

    np.testing.assert_array_equal(gp.gradient(f)(np.ones(3)), [1, 2, 3])


def test_a_captured_nan_is_the_same_nan_each_time():
    def f(x):
        return np.sum(np.where(x > 5, np.float32("nan"), x))

    value, slope = gp.value_and_gradient(f)(np.ones(3, np.float32))
    assert value == 3
    np.testing.assert_array_equal(slope, np.ones(3))


def test_dividing_by_a_number_made_of_n_gives_infinity_as_in_numpy():
    def loss(output, y):
        return np.sum((output - y) ** 2, axis=1) * 1 / (output.shape[0] - 1)

    net = gp.Network([gp.Dense(1)], loss=loss, input_shape=3)
    slopes = net.gradients(np.ones((1, 3)), np.zeros((1, 1)))
    assert np.isinf(slopes["dense_1.bias"]).all()


def test_swapaxes_names_the_axis_that_is_missing():
    with pytest.raises(gp.errors.ShapeError) as caught:
        gp.gradient(lambda x: np.sum(np.swapaxes(x, 0, 5)))(np.ones((2, 3)))
    first = str(caught.value).splitlines()[0]
    assert first == ("swapaxes: axis 5 does not exist in an array of 2 dimensions.")


def test_hessian_of_nested_arguments():
    x = np.array([1.0, 2.0])
    found = gp.hessian(lambda p: np.sum(p["w"] ** 2 * p["b"]))({"w": x, "b": 3.0})
    np.testing.assert_array_equal(found["w"]["w"], 6 * np.eye(2))
    np.testing.assert_array_equal(found["w"]["b"], 2 * x)
    np.testing.assert_array_equal(found["b"]["w"], 2 * x)
    np.testing.assert_array_equal(found["b"]["b"], 0)


def test_hessian_of_several_arguments():
    x = np.array([1.0, 2.0])
    found = gp.hessian(lambda a, b: np.sum(a * a * b), wrt=(0, 1))(x, x)
    expected = ((2 * np.diag(x), 2 * np.diag(x)), (2 * np.diag(x), np.zeros((2, 2))))
    for row, wanted in zip(found, expected, strict=True):
        for part, one in zip(row, wanted, strict=True):
            np.testing.assert_array_equal(part, one)


def test_jacobian_of_nested_values():
    x = np.array([1.0, 2.0])
    found = gp.jacobian(lambda p: {"o": [p["w"] * p["b"], p["b"]]})({"w": x, "b": 3.0})
    np.testing.assert_array_equal(found["o"][0]["w"], 3 * np.eye(2))
    np.testing.assert_array_equal(found["o"][0]["b"], x)
    np.testing.assert_array_equal(found["o"][1]["w"], [0, 0])
    np.testing.assert_array_equal(found["o"][1]["b"], 1)
