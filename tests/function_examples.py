"""Calls of NumPy's elementwise functions and reductions: a function, and its inputs.

Each is tried on float64 and float32, against NumPy, and where it is smooth its slope
against differences, to second order. Ufuncs that are rows of the table need no example
here: the cases of their row are examples.
"""

import numpy as np

RNG = np.random.default_rng(43)
A = RNG.uniform(0.5, 2, (3, 4))
C = RNG.uniform(-2, 2, (3, 4))
COLUMN = RNG.uniform(0.5, 2, (3, 1))
ROW = RNG.uniform(0.5, 2, 4)
CUBE = RNG.uniform(-1, 1, (2, 3, 4))
POINT = np.array(1.25)
WHOLE = RNG.integers(-3, 4, (3, 4))
YES = np.array([[True, False, True, False]] * 3)
HOLES = np.where([[1, 0, 1, 1], [1, 0, 1, 1], [1, 1, 1, 0]], C, np.nan)
ZEROS = np.array([[0.0, 2.0, 0.0, 1.5], [0.5, 0.0, 2.0, -1.0]])
WILD = np.array([0.5, np.inf, -np.inf, np.nan, -0.0, 0.0, -2.5])


def over(function, *arrays, axes=(None, 0, -1), **more):
    """Call a reduction over some axes, kept or not."""
    return [
        (lambda a, i=i, k=k: function(a, axis=i, keepdims=k, **more), one)
        for one in arrays
        for i in axes
        for k in (False, True)
    ]


def along(function, *arrays):
    return [
        (lambda a, i=i: function(a, axis=i), one) for one in arrays for i in (0, 1, -1)
    ]


def several(function, one=CUBE):
    return [
        (lambda a: function(a, axis=(-1, 0)), one),
        (lambda a: function(a, axis=(0, 1), keepdims=True), one),
    ]


def with_q(function, whole):
    shares = (0, 1, 0.25, 1 / 3, 0.9, np.float64(0.5))
    return [
        *[(lambda a, q=q: function(a, q * whole), C) for q in shares],
        *[(lambda a, q=q: function(a, q * whole, axis=1), WHOLE) for q in shares[1:]],
        (lambda a: function(a, 0.3 * whole, axis=0, keepdims=True), C),
        (lambda a: function(a, 0.3 * whole, axis=(0, 2)), CUBE),
        (lambda a: function(a, [0.1 * whole, 0.75 * whole], axis=1), C),
        (lambda a: function(a, np.array([[0.0, whole]]), keepdims=True), C),
        (lambda a: function(a, 0.5 * whole, axis=1), HOLES),
        (lambda a: function(a, 0.5 * whole, method="linear"), POINT),
    ]


UFUNCS = {
    np.conjugate: [(np.conjugate, C), (np.conj, WHOLE), (np.conj, YES)],
    np.divmod: [
        (np.divmod, C, A),
        (divmod, A, COLUMN),
        (lambda a: divmod(a, 0.75), C),
        (lambda a: divmod(7, a), A),
        (lambda a: divmod(a, 2), WHOLE),
    ],
    np.modf: [(np.modf, C), (np.modf, WHOLE), (np.modf, WILD)],
}

ELEMENTWISE = {
    **{
        rounded: [
            *[(lambda a, f=rounded, d=d: f(a * 37, d), C) for d in (-1, 0, 1)],
            (lambda a, f=rounded: f(a, 2), C),
            *[(lambda a, f=rounded, d=d: f(a * 5, d), WHOLE) for d in (-1, 0, 2)],
            (rounded, WILD),
        ]
        for rounded in (np.round, np.around)
    },
    np.fix: [(np.fix, C), (np.fix, WILD)],
    np.sinc: [
        (np.sinc, C),
        (np.sinc, WHOLE),
        (lambda a: np.sinc(0 * a), ROW),
        (lambda a: np.sinc(0.04 * a), C),
    ],
    np.nan_to_num: [
        (np.nan_to_num, WILD),
        (lambda a: np.nan_to_num(a, nan=1.5, posinf=7, neginf=-7.5), WILD),
        (np.nan_to_num, WHOLE),
        (np.nan_to_num, C),
    ],
    np.isclose: [
        (lambda a: np.isclose(a, a * (1 + 1e-6)), C),
        (lambda a: np.isclose(a, 1, atol=0.5, rtol=0), C),
        (lambda a: np.isclose(a, a), WILD),
        (lambda a: np.isclose(a, a, equal_nan=True), WILD),
        (lambda a: np.isclose(a, 1), WHOLE),
        (lambda a: np.isclose(a, a[::-1]), YES),
        (lambda a: np.isclose(a, True), YES),
    ],
    np.isposinf: [(np.isposinf, WILD), (np.isposinf, WHOLE)],
    np.isneginf: [(np.isneginf, WILD), (np.isneginf, WHOLE)],
    np.real: [(np.real, C)],
    np.imag: [(np.imag, C)],
    np.real_if_close: [(np.real_if_close, C)],
    **{
        told: [(told, C), (told, WHOLE), (told, WILD), (told, YES)]
        for told in (np.isreal, np.iscomplex)
    },
    np.iscomplexobj: [(lambda a: a * np.iscomplexobj(a), C)],
    np.isrealobj: [(lambda a: a * np.isrealobj(a), C)],
    np.angle: [
        (np.angle, C),
        (lambda a: np.angle(a, deg=True), C),
        (np.angle, WILD),
        (np.angle, WHOLE),
    ],
}

REDUCTIONS = {
    np.prod: [
        *over(np.prod, C, ZEROS),
        *several(np.prod),
        (lambda a: np.prod(a, 1), WHOLE),
        (np.prod, YES),
        (np.prod, POINT),
        (lambda a: np.prod(a, ()), C),
        (lambda a: np.prod(a * a), ZEROS),
    ],
    **{
        truth: [
            *over(truth, YES, C),
            *several(truth, CUBE > 0),
            (lambda a, f=truth: f(a > 0, 1), WHOLE),
            (truth, WHOLE),
            (lambda a, f=truth: f(a[:0], axis=0), C),
        ]
        for truth in (np.any, np.all)
    },
    np.count_nonzero: [
        (lambda a: a * np.count_nonzero(a), C),
        (lambda a: np.count_nonzero(a, axis=1), ZEROS),
        (lambda a: np.count_nonzero(a, axis=(0, 1), keepdims=True), YES),
        (lambda a: np.count_nonzero(a, axis=0), HOLES),
    ],
    **{
        running: [
            *along(running, C, ZEROS, WHOLE, YES),
            (running, CUBE),
            (lambda a, f=running: f(a, 1), CUBE),
            (lambda a, f=running: f(a * a, 1), ZEROS),
            (running, POINT),
        ]
        for running in (np.cumsum, np.cumprod)
    },
    np.argmin: [
        *over(np.argmin, C, axes=(None, 0, 1, -1)),
        (lambda a: np.argmin(a, 1), ZEROS),
        (lambda a: np.argmin(a, 0), HOLES),
    ],
    np.ptp: [*over(np.ptp, C), *several(np.ptp), (lambda a: np.ptp(a, 1), WHOLE)],
    np.average: [
        *over(np.average, C, WHOLE),
        *[
            (lambda a, w, i=i, k=k: np.average(a, i, w, keepdims=k), C, A)
            for i in (None, 0, (0, 1))
            for k in (False, True)
        ],
        (lambda a, w: np.average(a, axis=1, weights=w), C, ROW),
        (lambda a, w: np.average(a, axis=-1, weights=w), C, np.arange(1, 5)),
        (lambda a, w: np.average(a, axis=(2, 0), weights=w), CUBE, A[:2].T),
        (lambda a, w: np.average(a, weights=w), WHOLE, A),
        (lambda w: np.average(C, weights=w), A),
    ],
    np.median: [
        *over(np.median, C, WHOLE, HOLES),
        *several(np.median),
        (np.median, ROW[:3]),
        (np.median, POINT),
    ],
    np.nanmedian: [
        *over(np.nanmedian, C, WHOLE, HOLES, YES),
        *several(np.nanmedian),
        (lambda a: np.nanmedian(a, axis=1), HOLES[:, 1:]),
        (np.nanmedian, WILD),
        (np.nanmedian, POINT),
    ],
    np.quantile: with_q(np.quantile, 1),
    np.percentile: with_q(np.percentile, 100),
    **{
        function: [*over(function, HOLES, C), *several(function), (function, WHOLE)]
        for function in (np.nansum, np.nanprod, np.nanmax, np.nanmin, np.nanmean)
    },
    **{
        function: [*along(function, HOLES, C), (function, CUBE), (function, WHOLE)]
        for function in (np.nancumsum, np.nancumprod)
    },
    **{
        spread: [
            *over(spread, HOLES, C),
            *over(spread, HOLES, C, axes=(None, 1), ddof=1),
            (spread, WHOLE),
        ]
        for spread in (np.nanvar, np.nanstd)
    },
    np.linalg.norm: [
        (np.linalg.norm, C),
        (np.linalg.norm, ROW),
        (np.linalg.norm, CUBE),
        (np.linalg.norm, WHOLE),
        (lambda a: np.linalg.norm(a, keepdims=True), CUBE),
        *[
            (lambda a, p=p, k=k: np.linalg.norm(a, p, axis=1, keepdims=k), C)
            for p in (None, 2, 1, 0, np.inf, -np.inf, 3, 2.5, 0.5, -1, -2)
            for k in (False, True)
        ],
        *[
            (lambda a, p=p, k=k: np.linalg.norm(a, p, keepdims=k), C)
            for p in ("fro", "f", 1, -1, np.inf, -np.inf)
            for k in (False, True)
        ],
        *[
            (lambda a, p=p, i=i: np.linalg.norm(a, p, axis=i), CUBE)
            for p in (None, "fro", 1, -1, np.inf, -np.inf)
            for i in ((0, 2), (2, 0), (-1, 1))
        ],
        (lambda a: np.linalg.norm(a, 2), ROW),
        (lambda a: np.linalg.norm(a, 3), WHOLE[0]),
        (lambda a: np.linalg.norm(a, 3, axis=0), ZEROS),
    ],
}
