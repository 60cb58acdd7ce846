"""Products, diagonals and linear algebra, with arrays to try them on."""

import numpy as np

from example_arrays import (
    COLUMN,
    CUBE,
    LABELS,
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
    example,
)

THREE = np.array([1.5, -0.5, 2.0])
VECTORS = RNG.uniform(-1, 1, (4, 3))
SQUARE = RNG.uniform(-1, 1, (3, 3)) + 3 * np.eye(3)
SQUARES = RNG.uniform(-1, 1, (2, 3, 3)) + 3 * np.eye(3)
SWAPPED = SQUARE[[1, 0, 2]]  # its determinant is negative
NUMBERS = np.array([[2, 1], [1, 3]])
DEFINITE = VECTORS.T @ VECTORS + np.diag([1.0, 2.0, 4.0])
DEFINITES = np.stack([DEFINITE, 2 * DEFINITE + np.diag([3.0, 1.0, 0.0])])


def summed(subscripts, *inputs):
    return example(lambda *x: np.einsum(subscripts, *x), *inputs)


PRODUCTS = {
    np.inner: [
        example(np.inner, ROW, ROW),
        example(np.inner, A, B),
        example(np.inner, CUBE, ROW),
        example(lambda a: np.inner(a, 2.0), A),
        example(np.inner, WHOLE, WHOLE),
    ],
    np.vdot: [example(np.vdot, A, B), example(np.vdot, ROW, LABELS[[0, 1, 2, 0]])],
    np.linalg.outer: [example(np.linalg.outer, ROW, LABELS)],
    np.kron: [
        example(np.kron, A, W),
        example(np.kron, ROW, LABELS),
        example(np.kron, ROW, W),
        example(np.kron, CUBE, THREE),
        example(np.kron, POINT, W),
        example(lambda a: np.kron(a, [[1.0, 2.0]]), W),
    ],
    np.cross: [
        example(np.cross, THREE, VECTORS[0]),
        example(np.cross, VECTORS, VECTORS[::-1]),
        example(lambda a: np.cross(a, [1.0, 2.0, 3.0]), VECTORS),
        example(lambda a, b: np.cross(a, b, axisa=0, axisc=0), C, VECTORS),
        example(lambda a, b: np.cross(a, b, axis=0), C, A),
    ],
    np.linalg.cross: [
        example(np.linalg.cross, VECTORS, THREE),
        example(lambda a, b: np.linalg.cross(a, b, axis=0), C, A),
    ],
    np.linalg.vecdot: [
        example(np.linalg.vecdot, A, B),
        example(lambda a, b: np.linalg.vecdot(a, b, axis=0), A, B),
    ],
    np.linalg.matmul: [example(np.linalg.matmul, CUBE, STACK)],
    np.linalg.multi_dot: [
        example(lambda a, b: np.linalg.multi_dot([a, b]), A, W),
        example(lambda a, b: np.linalg.multi_dot([a, b, a, THREE]), A.T, A),
        example(lambda a, b, c: np.linalg.multi_dot((a, b, c)), ROW, W, W.T),
        example(lambda a, b: np.linalg.multi_dot([a[0], b, b.T, a[0]]), A, W),
    ],
    np.linalg.matrix_power: [
        *[
            example(lambda a, n=n: np.linalg.matrix_power(a, n), SQUARE)
            for n in (0, 1, 2, 3, 5, -1, -2)
        ],
        example(lambda a: np.linalg.matrix_power(a, 3), SQUARES),
        example(lambda a: np.linalg.matrix_power(a, 3), NUMBERS),
    ],
    np.linalg.tensordot: [example(np.linalg.tensordot, A, B)],
}
PRODUCT_UFUNCS = {
    np.vecdot: [
        example(np.vecdot, A, B),
        example(np.vecdot, CUBE, ROW),
        example(np.vecdot, WHOLE, WHOLE),
    ],
}
if hasattr(np, "matvec"):
    PRODUCT_UFUNCS[np.matvec] = [
        example(np.matvec, A, ROW),
        example(np.matvec, CUBE, ROW),
        example(np.matvec, A, CUBE[0]),
    ]
    PRODUCT_UFUNCS[np.vecmat] = [
        example(np.vecmat, ROW, W),
        example(np.vecmat, ROW, STACK),
        example(np.vecmat, A, W),
    ]

EINSUMS = [
    summed("ii", SQUARE),
    summed("ii->i", SQUARE),
    summed("bii->b", SQUARES),
    summed("ij,jj->i", C[:, :3], SQUARE),
    summed("iji->j", RNG.uniform(-1, 1, (3, 2, 3))),
    summed("iii->i", RNG.uniform(-1, 1, (2, 2, 2))),
    summed("...ij->...ji", CUBE),
    summed("...", CUBE),
    summed("...,...", CUBE, ROW),
    summed("...ij,...jk->...ik", CUBE, STACK),
    summed("...ij,...jk->...ik", CUBE, W),
    summed("...jk,...lj->...lk", SQUARE, SQUARES),
    summed("jk...,lj...->lk...", C, C[:, :3].T[..., None]),
    summed("j...k,lj...->lk...", SQUARE, SQUARES),
    summed("i...,i...->...", CUBE, CUBE),
    summed("i...j", CUBE),
    summed("...i,...i", CUBE, ROW),
    summed("ijk,lji,lli->lki", CUBE, RNG.uniform(-1, 1, (3, 3, 2)), SQUARE[..., None]),
    summed("ij,jk->ik", COLUMN, W),
    summed("ij,ij->ij", COLUMN, A),
    summed("ij,ij", COLUMN, ROW[None]),
    summed("ij,i->j", np.ones((1, 4)), THREE),
    summed("i,j", ROW, LABELS),
    summed("ba", C),
    summed("ij,,j->i", C, POINT, ROW),
    summed(",", POINT, POINT),
    summed("ij->", WHOLE),
    summed("ij,kj->ik", WHOLE, WHOLE),
    summed("ij,ij->i", YES, YES),
    example(lambda a, b: np.einsum(a, [0, 1], b, [1, 2]), A, W),
    example(lambda a, b: np.einsum(a, [0, 1], b, [1, 2], [2, 0]), A, W),
    example(lambda a: np.einsum(a, (3, 1)), C),
    example(
        lambda a, b: np.einsum(a, [Ellipsis, 0, 1], b, [Ellipsis, 1, 2]), CUBE, STACK
    ),
    example(
        lambda a, b: np.einsum(a, [..., 0, 1], b, [..., 1, 2], [..., 0, 2]), CUBE, STACK
    ),
    example(lambda a: np.einsum("ij,jk", a, [[1.0], [2.0], [3.0], [4.0]]), A),
]

MATRICES = {
    np.diagonal: [
        example(np.diagonal, C),
        *[example(lambda a, k=k: np.diagonal(a, k), C) for k in (1, -2, 3, -3, 5)],
        example(lambda a: np.diagonal(a, 1, 2, 0), CUBE),
        example(lambda a: np.diagonal(a, axis1=-1, axis2=1), CUBE),
    ],
    np.linalg.diagonal: [
        example(np.linalg.diagonal, CUBE),
        example(lambda a: np.linalg.diagonal(a, offset=-1), CUBE),
    ],
    np.trace: [
        example(np.trace, C),
        example(lambda a: np.trace(a, 1), C),
        example(lambda a: np.trace(a, offset=-1, axis1=1, axis2=2), CUBE),
        example(np.trace, WHOLE),
        example(np.trace, YES),
    ],
    np.linalg.trace: [
        example(np.linalg.trace, CUBE),
        example(lambda a: np.linalg.trace(a, offset=1), CUBE),
    ],
    np.diag: [
        *[example(lambda a, k=k: np.diag(a, k), C) for k in (0, 1, -1)],
        *[example(lambda a, k=k: np.diag(a, k), ROW) for k in (0, 2, -1)],
        example(np.diag, LABELS),
        example(np.diag, YES[0]),
    ],
    np.diagflat: [example(np.diagflat, W), example(lambda a: np.diagflat(a, 1), ROW)],
    **{
        function: [
            *[example(lambda a, k=k, f=function: f(a, k), C) for k in (0, 1, -1, 9)],
            example(function, CUBE),
            example(function, ROW),
            example(function, WHOLE),
            example(function, YES),
        ]
        for function in (np.tril, np.triu)
    },
    np.linalg.solve: [
        example(np.linalg.solve, SQUARE, THREE),
        example(np.linalg.solve, SQUARE, VECTORS.T),
        example(np.linalg.solve, SQUARES, THREE),
        example(np.linalg.solve, SQUARES, VECTORS.T),
        example(lambda a: np.linalg.solve(a, np.eye(3)), SQUARE),
        example(lambda b: np.linalg.solve(SQUARE, b), THREE),
        example(np.linalg.solve, NUMBERS, NUMBERS),
    ],
    np.linalg.inv: [example(np.linalg.inv, one) for one in (SQUARE, SQUARES, NUMBERS)],
    np.linalg.det: [
        example(np.linalg.det, one) for one in (SQUARE, SQUARES, NUMBERS, SWAPPED)
    ],
    np.linalg.slogdet: [
        example(np.linalg.slogdet, SQUARES),
        example(np.linalg.slogdet, NUMBERS),
        example(lambda a: np.linalg.slogdet(a).sign, SWAPPED),
        example(lambda a: np.linalg.slogdet(a)[1], SWAPPED),
    ],
    np.linalg.cholesky: [
        example(np.linalg.cholesky, DEFINITE),
        example(np.linalg.cholesky, DEFINITES),
        example(lambda a: np.linalg.cholesky(a, upper=True), DEFINITE),
    ],
    np.linalg.eigh: [
        example(np.linalg.eigh, DEFINITE),
        example(lambda a: np.linalg.eigh(a).eigenvalues, DEFINITES),
        example(lambda a: np.linalg.eigh(a, "U")[1] ** 2, DEFINITES),
        example(lambda a: np.linalg.eigh(a, UPLO="u").eigenvectors, SQUARE),
    ],
    np.linalg.eigvalsh: [
        example(np.linalg.eigvalsh, DEFINITES),
        example(lambda a: np.linalg.eigvalsh(a, "U"), SQUARE),
    ],
    np.linalg.pinv: [
        example(np.linalg.pinv, one) for one in (A, A.T, SQUARES, NUMBERS)
    ],
}

EXAMPLES = {**PRODUCTS, **MATRICES}
