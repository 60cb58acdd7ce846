"""Functions that rearrange, join, cut, pick and sort, with arrays to try them on."""

import numpy as np

from example_arrays import (
    BYTES,
    COLUMN,
    CUBE,
    LABELS,
    NO,
    POINT,
    ROW,
    WHOLE,
    YES,
    A,
    B,
    C,
    example,
)

TIMES = np.array([0.0, 0.5, 1.5, 4.0])
FOUR = np.array([0.5, -1.0, 2.0, 0.25, 1.75])
sliding_window_view = np.lib.stride_tricks.sliding_window_view


def each(function, one, *calls):
    """Make an example of each set of further arguments."""
    return [
        example(lambda a, more=more: function(a, *more), one)
        for more in (call if isinstance(call, tuple) else (call,) for call in calls)
    ]


SHAPES = {
    np.ravel: [example(np.ravel, CUBE), *each(np.ravel, C, "F", "C")],
    np.matrix_transpose: [example(np.matrix_transpose, CUBE)],
    np.linalg.matrix_transpose: [example(np.linalg.matrix_transpose, C)],
    np.moveaxis: each(
        np.moveaxis, CUBE, (0, 2), (-1, 0), ([0, 1], [2, 0]), ((2, 0), (0, 1))
    ),
    np.rollaxis: each(np.rollaxis, CUBE, 2, (0, 3), (1, 1), (2, 1), (-1, -2)),
    np.flip: [example(np.flip, CUBE), *each(np.flip, CUBE, 1, -1, ((0, 2),))],
    np.fliplr: [example(np.fliplr, C)],
    np.flipud: [example(np.flipud, C), example(np.flipud, ROW)],
    np.rot90: [
        example(np.rot90, C),
        *each(np.rot90, CUBE, 0, 2, 3, -1, 5, (1, (2, 0)), (3, (0, -1))),
    ],
    np.roll: each(
        np.roll, CUBE, 1, -5, (2, 1), (-1, -1), ((1, 2), (0, 2)), (3, (0, 1)), (7, 2)
    )
    + each(np.roll, C, ((1, 1), (0, 0)), (np.int64(1), 0)),
    np.atleast_1d: [example(np.atleast_1d, POINT), example(np.atleast_1d, POINT, C)],
    np.atleast_2d: [example(np.atleast_2d, one) for one in (POINT, ROW, C, CUBE)],
    np.atleast_3d: [
        *[example(np.atleast_3d, one) for one in (POINT, ROW, C, CUBE)],
        example(lambda a: np.atleast_3d(a, 2.0), ROW),
    ],
    np.broadcast_arrays: [
        example(np.broadcast_arrays, COLUMN, ROW),
        example(lambda a: np.broadcast_arrays(a, [[1.0], [2.0]], 3), ROW),
    ],
    np.meshgrid: [
        example(np.meshgrid, ROW, LABELS),
        example(lambda a, b: np.meshgrid(a, b, indexing="ij"), ROW, TIMES),
        example(lambda a, b: np.meshgrid(a, b, sparse=True), ROW, TIMES),
        example(lambda a: np.meshgrid(a, [1.0, 2.0], a), ROW),
        example(np.meshgrid, ROW),
    ],
    np.tile: [
        *each(np.tile, C, 2, ((2,),), ((3, 1),), ((1, 2),), ((2, 1, 3),), ((),)),
        example(lambda a: np.tile(a, (2, 2)), ROW),
        example(lambda a: np.tile(a, 3), POINT),
        example(lambda a: np.tile(a, (0, 2)), C),
    ],
    np.repeat: [
        *each(np.repeat, C, 2, (3, 1), (2, 0), (0, 1), (1, -1), ([1, 0, 2], 0)),
        *each(np.repeat, WHOLE, 2, (np.array([2, 1, 0, 1]), 1)),
        example(lambda a: np.repeat(a, 3), POINT),
    ],
}

JOINING = {
    np.vstack: [
        example(lambda a, b: np.vstack([a, b]), ROW, TIMES),
        example(lambda a, b: np.vstack((a, b)), C, ROW),
        example(np.vstack, CUBE),
    ],
    np.hstack: [
        example(lambda a, b: np.hstack([a, b]), ROW, LABELS),
        example(lambda a, b: np.hstack([a, b]), C, COLUMN),
        example(lambda a: np.hstack([a, a, 1.0]), POINT),
    ],
    np.dstack: [
        example(lambda a, b: np.dstack([a, b]), ROW, TIMES),
        example(lambda a, b: np.dstack([a, b]), C, A),
    ],
    np.column_stack: [
        example(lambda a, b: np.column_stack([a, b]), ROW, TIMES),
        example(lambda a, b: np.column_stack([a, b, LABELS]), C, COLUMN),
    ],
    np.append: [
        example(np.append, C, ROW),
        example(lambda a: np.append(a, 4.0), ROW),
        example(lambda a, b: np.append(a, b, axis=1), C, COLUMN),
        example(lambda a: np.append([1.0, 2.0], a), POINT),
    ],
    np.block: [
        example(lambda a, b: np.block([a, b]), ROW, TIMES),
        example(lambda a, b: np.block([[a, b], [b, a]]), C, A),
        example(lambda a: np.block([[a, np.zeros((3, 1))], [np.ones((1, 5))]]), C),
        example(lambda a: np.block([[a], [ROW]]), C),
        example(np.block, C),
    ],
    np.array_split: [
        *each(np.array_split, FOUR, 2, 3, 6, ([1, 3],)),
        *each(np.array_split, C, (3, 1), ([1], 1), (2, -1)),
    ],
    np.hsplit: [*each(np.hsplit, C, 2, [1, 3]), *each(np.hsplit, ROW, 2)],
    np.vsplit: each(np.vsplit, C, 3, [2]),
    np.dsplit: each(np.dsplit, CUBE, 2, [1]),
    np.pad: [
        *each(np.pad, C, 1, ((2, 1),), (((1, 0), (0, 2)),), (((0, 0), (3, 1)),), 0),
        *each(np.pad, WHOLE, 2),
        *each(np.pad, YES, 1),
        example(lambda a: np.pad(a, 1, constant_values=2.5), C),
        example(lambda a: np.pad(a, 1, constant_values=2.5), WHOLE),
        example(lambda a: np.pad(a, 2, constant_values=((1, 2), (3, 4))), C),
        *[
            example(lambda a, w=width, m=mode: np.pad(a, w, mode=m), one)
            for mode in ("edge", "reflect", "symmetric", "wrap")
            for width, one in (
                (1, C),
                (((2, 0), (0, 3)), C),
                (9, FOUR),
                (2, FOUR[:1]),
                ((0, 4), WHOLE),
            )
        ],
    ],
}
if hasattr(np, "unstack"):
    JOINING[np.unstack] = [
        example(np.unstack, C),
        example(lambda a: np.unstack(a, axis=-1), C),
    ]

PICKING = {
    np.take: [
        *each(np.take, CUBE, 5, ([0, 7],), (LABELS, 1), ([[1, 0], [2, 2]], 1), (-1, 2)),
        example(np.take, C, LABELS),
        example(lambda a, i: np.take(a, i, axis=-1), C, LABELS),
        example(lambda a: np.take(a, [True, False]), ROW),
        example(lambda a: np.take(a, [], axis=0), C),
    ],
    np.take_along_axis: [
        example(lambda a: np.take_along_axis(a, LABELS[:, None], 1), C),
        example(lambda a, i: np.take_along_axis(a, i % 3, axis=0), C, WHOLE),
        example(lambda a, i: np.take_along_axis(a, i, axis=-1), ROW, LABELS),
        example(lambda a: np.take_along_axis(a, np.argsort(a, 1), 1), C),
        example(lambda a: np.take_along_axis(a, LABELS, None), C),
        example(lambda a: np.take_along_axis(a, LABELS[None, :], 1), C),
        example(lambda i: np.take_along_axis(C, i, 1), WHOLE),
    ],
    np.delete: [
        *each(np.delete, C, 3, ([0, 2], 1), (slice(1, 3), 1), (-1, 0)),
        example(lambda a: np.delete(a, [True, False, False, True]), ROW),
    ],
    np.select: [
        example(lambda a: np.select([a > 1, a > 0], [a, a * a], default=0.5), C),
        example(lambda a: np.select([a > 1, NO], [a * 2, a]), C),
        example(lambda a, b: np.select([a > 0, a < -1], [b, ROW], a), C, A),
        example(lambda k: np.select([k > 2, k > 1], [k, 7]), WHOLE),
        example(lambda c: np.select([c], [1.5], 2), YES),
    ],
    np.sort: [
        example(np.sort, C),
        *each(np.sort, CUBE, 0, (1,), (None,), (-1, "stable")),
        example(np.sort, np.array([2.0, np.nan, -0.0, 0.0, np.inf, -np.inf, 1.0])),
        example(np.sort, WHOLE),
        example(np.sort, YES),
    ],
    np.argsort: [
        example(np.argsort, C),
        *each(np.argsort, CUBE, 0, (None,)),
        example(np.argsort, np.array(1.25)),
        example(lambda a: np.argsort(a, kind="stable"), WHOLE),
        example(lambda a: np.argsort(a, axis=0, stable=True), WHOLE),
    ],
    np.partition: [
        example(lambda a: np.partition(a, 1, axis=1)[:, 1], C),
        example(lambda a: np.partition(a, (0, -1), axis=None)[[0, -1]], C),
    ],
    np.argpartition: [example(lambda a: np.argpartition(a, 1)[:, 1], C)],
    np.searchsorted: [
        example(np.searchsorted, TIMES, C),
        example(lambda a: np.searchsorted(a, [0.5, 2.0], side="right"), TIMES),
        example(lambda a: np.searchsorted(LABELS, a, sorter=[1, 2, 0]), WHOLE),
        example(lambda a: np.searchsorted(a, 1), TIMES),
    ],
    sliding_window_view: [
        *each(sliding_window_view, FOUR, 3, ((2,),), 5, 1),
        *each(sliding_window_view, CUBE, (2, 1), ((2, 3), (1, 2)), ((3, 1), (2, 0))),
        *each(sliding_window_view, WHOLE, ((2, 2),)),
        example(lambda a: sliding_window_view(a, 2, axis=-1) @ [1.0, -1.0], C),
    ],
}

DIFFERENCES = {
    np.diff: [
        *each(np.diff, CUBE, 1, 2, 0, (1, 0), (2, 1), (5, 1)),
        example(lambda a: np.diff(a, prepend=0, append=2.5), C),
        example(lambda a: np.diff(a, axis=0, prepend=ROW[None]), C),
        example(np.diff, WHOLE),
        example(np.diff, YES),
        example(np.diff, BYTES),
    ],
    np.ediff1d: [
        example(np.ediff1d, C),
        example(lambda a: np.ediff1d(a, to_begin=1.0, to_end=[2.0, 3.0]), FOUR),
        example(np.ediff1d, WHOLE),
    ],
    np.gradient: [
        example(np.gradient, FOUR),
        example(np.gradient, CUBE[:, :, :]),
        *each(np.gradient, C, 2.0, (0.5, 3.0), ([0.0, 1.0, 4.0], TIMES), (1, TIMES)),
        example(lambda a: np.gradient(a, axis=1), C),
        example(lambda a: np.gradient(a, 2.0, axis=(-1, 0)), C),
        example(lambda a: np.gradient(a, edge_order=2), FOUR),
        example(lambda a: np.gradient(a, TIMES, axis=1, edge_order=2), C),
        example(lambda a: np.gradient(a, [0, 1, 2, 3], axis=1, edge_order=2), C),
        example(np.gradient, WHOLE),
        example(np.gradient, FOUR, POINT),
        example(lambda a, t: np.gradient(a, t, axis=1), C, TIMES),
    ],
    np.trapezoid: [
        example(np.trapezoid, C),
        example(lambda a: np.trapezoid(a, dx=0.5, axis=0), C),
        example(np.trapezoid, ROW, TIMES),
        example(lambda a, t: np.trapezoid(a, t, axis=1), C, TIMES),
        example(np.trapezoid, C, B),
        example(np.trapezoid, WHOLE),
    ],
}

MAKING = {
    np.linspace: [
        example(lambda a: np.linspace(a, 3.5, 5), POINT),
        example(lambda a, b: np.linspace(a, b, 4, axis=-1), ROW, TIMES),
        example(lambda a: np.linspace(0, a, 3, endpoint=False), ROW),
        example(lambda a: np.linspace(a, 2.0, 1), POINT),
        example(lambda a: np.linspace(a, 2, 0), POINT),
        example(lambda a: np.linspace(1, a, 6, retstep=True), POINT),
        example(lambda k: np.linspace(k, 7, 4), WHOLE),
    ],
    np.copy: [example(lambda a: np.copy(a) * a, C)],
}
if hasattr(np, "astype"):
    MAKING[np.astype] = [example(lambda a: np.astype(a, np.float32), C)]

EXAMPLES = {**SHAPES, **JOINING, **PICKING, **DIFFERENCES, **MAKING}
