"""Linear algebra rows: systems, inverses, determinants, factors of square matrices.

All take stacks of matrices, in the last two axes, as NumPy's do; their meaning is
NumPy's, LAPACK below it. In a VJP, ``g`` is the gradient with respect to the output,
``y`` the output, ``a`` the matrix. The rules are those of M. Giles 2008, "An extended
collection of matrix derivative results for forward and reverse mode algorithmic
differentiation", the section of each named beside it.

Of a symmetric matrix NumPy reads the lower triangle alone. So the gradient is zero
above the diagonal, and below it counts for both places: the slope of the function as it
is. PyTorch and JAX spread it evenly over both; along symmetric moves the two agree.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from glassprop.errors import ShapeError, shape_text
from glassprop.graph import Case, Primitive, Shape, broadcast


def transposed(a: Any) -> Any:
    """Exchange the last two axes."""
    return np.swapaxes(a, -1, -2)


def once(a: Any) -> Any:
    """Give ones below the diagonal, halves on it, and zeros above."""
    size = a.shape[-1]
    return np.tri(size, dtype=a.dtype) - 0.5 * np.eye(size, dtype=a.dtype)


def folded(a: Any, UPLO: str = "L") -> Any:  # noqa: N803  # NumPy's name
    """Fold a gradient with respect to a symmetric matrix into the triangle read."""
    weights = once(a) if UPLO == "L" else once(a).T
    return (a + transposed(a)) * weights


def _float_dtype(*arrays: Any, **_attributes: Any) -> Any:
    """Give the dtype that LAPACK calculates in: integers become float64."""
    whole = np.dtype(np.float64)
    kept = [one.dtype if one.dtype.kind == "f" else whole for one in arrays]
    return np.result_type(*kept)


def check_square(a: Any, name: str) -> Shape:
    """Refuse what is no square matrix, nor a stack of them; give its shape."""
    shape: Shape = a.shape
    if len(shape) < 2 or shape[-1] != shape[-2]:
        raise ShapeError(
            f"np.linalg.{name}: expected square matrices, (..., k, k), got shape "
            f"{shape_text(shape)}."
        )
    return shape


def _square(name: str) -> Callable[..., Shape]:
    def shape(a: Any, **_attributes: Any) -> Shape:
        return check_square(a, name)

    return shape


def _of_each(name: str) -> Callable[..., Shape]:
    """Shape rule of what gives a number for each matrix."""

    def shape(a: Any) -> Shape:
        return check_square(a, name)[:-2]

    return shape


def _cubed(_value: Any, a: Any, *_inputs: Any, **_attributes: Any) -> float:
    """Cost: about k**3 operations for each matrix."""
    return float(math.prod(a.shape) * a.shape[-1])


# Inputs that the registry tests draw are made into matrices that can be inverted.


def _regular(arrays: Sequence[Any]) -> list[Any]:
    """Give the first drawn array full rank: its diagonal outweighs its rows."""
    first, *rest = arrays
    return [first + 8 * np.eye(*first.shape[-2:], dtype=first.dtype), *rest]


def _definite(arrays: Sequence[Any]) -> list[Any]:
    """Make a drawn array positive definite and symmetric, its eigenvalues apart."""
    (a,) = arrays
    spread = np.diag(np.arange(1, a.shape[-1] + 1)).astype(a.dtype)
    return [0.2 * (a @ transposed(a)).astype(a.dtype) + spread]


def _cases(prepare: Callable[..., Any]) -> tuple[Case, ...]:
    return (
        Case(((3, 3),), prepare=prepare),
        Case(((2, 2, 2),), prepare=prepare),
        Case(((1, 1),), prepare=prepare),
    )


def _solve_shape(a: Any, b: Any) -> Shape:
    check_square(a, "solve")
    if a.shape[-1] != b.shape[-2]:
        raise ShapeError(
            f"np.linalg.solve: {shape_text(a.shape)} and {shape_text(b.shape)} do not "
            f"fit: the matrix has {a.shape[-1]} rows, the right side {b.shape[-2]}."
        )
    return (*broadcast(a.shape[:-2], b.shape[:-2]), *b.shape[-2:])


# Section 2.3.1. The right side is a matrix; numpy_functions make one of a vector.
solve = Primitive(
    name="solve",
    numpy=np.linalg.solve,
    shape=_solve_shape,
    dtype=_float_dtype,
    vjps=(
        lambda g, y, a, b: -np.linalg.solve(transposed(a), g) @ transposed(y),
        lambda g, y, a, b: np.linalg.solve(transposed(a), g),
    ),
    cost=_cubed,
    cases=(
        Case(((3, 3), (3, 2)), prepare=_regular),
        Case(((2, 3, 3), (3, 1)), prepare=_regular),
        Case(((3, 3), (2, 3, 4)), prepare=_regular),
    ),
)

# Section 2.2.3. A row, and not a system with the unit matrix: its size may be n.
inv = Primitive(
    name="inv",
    numpy=np.linalg.inv,
    shape=_square("inv"),
    dtype=_float_dtype,
    vjps=(lambda g, y, a: -transposed(y) @ g @ transposed(y),),
    cost=_cubed,
    cases=_cases(_regular),
)


def _each(g: Any) -> Any:
    """Let a number for each matrix broadcast with the matrices."""
    return np.expand_dims(g, (-2, -1))


# Section 2.2.4. The slope takes the inverse, so a singular matrix raises LinAlgError.
det = Primitive(
    name="det",
    numpy=np.linalg.det,
    shape=_of_each("det"),
    dtype=_float_dtype,
    vjps=(lambda g, y, a: _each(g * y) * transposed(np.linalg.inv(a)),),
    cost=_cubed,
    cases=_cases(_regular),
)


def _logabsdet(a: Any) -> Any:
    """Give the logarithm of the absolute value of the determinant."""
    return np.linalg.slogdet(a)[1]


def _detsign(a: Any) -> Any:
    """Give the sign of the determinant."""
    return np.linalg.slogdet(a)[0]


# Section 2.2.4. NumPy's slogdet gives two arrays, a node one: so there are two rows.
# From det they would overflow; of a large matrix the logarithm alone can be held.
logabsdet = Primitive(
    name="logabsdet",
    numpy=_logabsdet,
    shape=_of_each("slogdet"),
    dtype=_float_dtype,
    vjps=(lambda g, y, a: _each(g) * transposed(np.linalg.inv(a)),),
    cost=_cubed,
    cases=_cases(_regular),
)
detsign = Primitive(
    name="detsign",
    numpy=_detsign,
    shape=_of_each("slogdet"),
    dtype=_float_dtype,
    vjps=(None,),
    cost=_cubed,
    cases=_cases(_regular),
)


def _cholesky_vjp(g: Any, y: Any, a: Any, upper: bool = False) -> Any:
    y, g = (transposed(y), transposed(g)) if upper else (y, g)
    product = transposed(y) @ np.tril(g) * once(a)
    left = np.linalg.solve(transposed(y), product)
    whole = np.linalg.solve(transposed(y), transposed(left))
    return folded(whole, "U" if upper else "L")


# I. Murray 2016, "Differentiation of the Cholesky decomposition", equation 9.
cholesky = Primitive(
    name="cholesky",
    numpy=np.linalg.cholesky,
    shape=_square("cholesky"),
    dtype=_float_dtype,
    vjps=(_cholesky_vjp,),
    cost=_cubed,
    cases=(*_cases(_definite), Case(((3, 3),), {"upper": True}, prepare=_definite)),
)


def _eigenvalues(a: Any, UPLO: Any = "L", alone: bool = False) -> Any:
    """Give the eigenvalues of a symmetric matrix, from the smallest on.

    LAPACK has another way to those alone; its last digits are others.
    """
    return np.linalg.eigvalsh(a, UPLO) if alone else np.linalg.eigh(a, UPLO)[0]


def _eigenvectors(a: Any, UPLO: Any = "L") -> Any:
    """Give the eigenvectors of a symmetric matrix, as columns."""
    return np.linalg.eigh(a, UPLO)[1]


def _eigenvalues_vjp(
    g: Any, y: Any, a: Any, UPLO: str = "L", alone: bool = False
) -> Any:
    vectors = eigenvectors(a, UPLO=UPLO)
    return folded((vectors * np.expand_dims(g, -2)) @ transposed(vectors), UPLO)


def _eigenvectors_vjp(g: Any, y: Any, a: Any, UPLO: str = "L") -> Any:
    values = eigenvalues(a, UPLO=UPLO)
    same = np.eye(a.shape[-1], dtype=bool)
    apart = np.expand_dims(values, -2) - np.expand_dims(values, -1)
    slope = np.where(same, 0, 1 / np.where(same, 1, apart))
    return folded(y @ (slope * (transposed(y) @ g)) @ transposed(y), UPLO)


# Section 3.1. NumPy's eigh gives two arrays, so it is two rows. An eigenvalue that
# stands twice has no slope of its own, and the eigenvectors' is infinite or NaN.
eigenvalues = Primitive(
    name="eigenvalues",
    numpy=_eigenvalues,
    shape=lambda a, UPLO="L", alone=False: check_square(
        a, "eigvalsh" if alone else "eigh"
    )[:-1],
    dtype=_float_dtype,
    vjps=(_eigenvalues_vjp,),
    cost=_cubed,
    cases=(
        *_cases(_definite),
        Case(((3, 3),), {"UPLO": "U"}, prepare=_definite),
        Case(((3, 3),), {"alone": True}, prepare=_definite),
    ),
)
eigenvectors = Primitive(
    name="eigenvectors",
    numpy=_eigenvectors,
    shape=lambda a, UPLO="L": check_square(a, "eigh"),
    dtype=_float_dtype,
    vjps=(_eigenvectors_vjp,),
    cost=_cubed,
    cases=(*_cases(_definite), Case(((3, 3),), {"UPLO": "U"}, prepare=_definite)),
)


def _pinv_vjp(g: Any, y: Any, a: Any) -> Any:
    turned = transposed(g)
    left = turned - a @ (y @ turned)
    right = turned - (turned @ y) @ a
    return (
        left @ y @ transposed(y)
        + transposed(y) @ y @ right
        - transposed(y) @ g @ transposed(y)
    )


def _pinv_shape(a: Any) -> Shape:
    if len(a.shape) < 2:
        raise ShapeError(
            "np.linalg.pinv: expected matrices, (..., rows, columns), got shape "
            f"{shape_text(a.shape)}."
        )
    return (*a.shape[:-2], a.shape[-1], a.shape[-2])


# G. H. Golub and V. Pereyra 1973, "The differentiation of pseudo-inverses and nonlinear
# least squares problems whose variables separate", equation 4.12; where the rank stays.
pinv = Primitive(
    name="pinv",
    numpy=np.linalg.pinv,
    shape=_pinv_shape,
    dtype=_float_dtype,
    vjps=(_pinv_vjp,),
    cost=_cubed,
    cases=tuple(
        Case((shape,), prepare=_regular) for shape in ((3, 3), (2, 4, 3), (3, 5))
    ),
)
