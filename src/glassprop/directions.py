"""Products of Hessians and Jacobians with a vector, which make neither.

Each takes a function and gives a function, which takes the function's arguments and
then a direction. Both are reverse mode twice; there is no second set of rules.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from glassprop.arguments import Function, Wrt, called, is_single, name_of
from glassprop.differentiate import pullback
from glassprop.errors import ArgumentError, ShapeError, shape_text
from glassprop.ops import elementwise
from glassprop.trace import Trace
from glassprop.traced import Array
from glassprop.transforms import (
    Transform,
    aliased,
    as_asked,
    check_differentiable,
    number,
    output_of,
)
from glassprop.trees import filled, leaves, map_leaves

DIRECTION = "direction"


class Directional(Transform):
    """A transform that takes, after the function's own arguments, a direction.

    The direction is the last positional argument. It is nested as the arguments in
    `wrt` are, with arrays of their shapes; a tuple of these where `wrt` is a sequence.
    """

    def _bound(
        self, arguments: Sequence[Any], keywords: Mapping[str, Any]
    ) -> tuple[dict[str, Any], list[str]]:
        if not arguments:
            raise ArgumentError(
                f"{self.__name__} takes the arguments of {name_of(self._function)}, "
                "and then the direction; it was called without any."
            )
        given, names = super()._bound(arguments[:-1], keywords)
        tree = arguments[-1]
        directions = (tree,) if is_single(self._wrt) else tree
        if isinstance(directions, list | tuple) and len(directions) == len(names):
            chosen = dict(zip(names, directions, strict=True))
        else:
            chosen = {}
        moved = {name: given[name] for name in names}
        wanted = {path: np.shape(leaf) for path, leaf in leaves(moved)}
        found = {path: np.shape(leaf) for path, leaf in leaves(chosen)}
        if list(wanted.items()) != list(found.items()):
            raise ShapeError(
                f"{self.__name__}: the direction must be nested and shaped as the "
                f"arguments it moves, {_shapes_text(wanted)}; got "
                f"{_shapes_text(found) if chosen else f'a {type(tree).__name__}'}."
            )
        return {**given, self._key(given): chosen}, names

    def _key(self, given: Mapping[str, Any]) -> str:
        """Give a name that no argument has."""
        key = DIRECTION
        while key in given:
            key += "_"
        return key


def _shapes_text(shapes: Mapping[str, Any]) -> str:
    return ", ".join(f"{path} {shape_text(shape)}" for path, shape in shapes.items())


def _directions(
    trace: Trace, given: Mapping[str, Any]
) -> tuple[dict[str, Any], list[Array]]:
    """Take the direction, which stands last, from the arguments."""
    *own, (_, direction) = given.items()
    return dict(own), [trace.lift(leaf) for _, leaf in leaves(direction)]


def hessian_vector_product(f: Function, wrt: Wrt = 0) -> Directional:
    """Make the function that multiplies the Hessian of `f` by a vector.

    The Hessian itself is never made. The gradient is differentiated along the vector v,
    ``H @ v`` being the gradient of ``sum(gradient(f)(x) * v)``: reverse mode twice.

    Parameters
    ----------
    f : callable
        A function of arrays, written in NumPy, that gives one number.
    wrt : int, str, or a sequence of them
        As for `gradient`.

    Returns
    -------
    callable
        Takes what `f` takes, and then the vector: an array of the argument's shape, in
        the nesting of the argument, a tuple of these where `wrt` is a sequence. Gives
        the product in the same form.

    Raises
    ------
    TraceError
        When called, if `f` cannot be traced or does not give one number.
    ShapeError
        When called, if the vector has another nesting or other shapes.

    Notes
    -----
    In the examples of ``benchmarks/transforms.py`` a product costs between one and two
    gradients, less than the slope of the gradient by `jacobian_vector_product`, which
    gives the same.

    References
    ----------
    B. A. Pearlmutter 1994, "Fast exact multiplication by the Hessian".

    Examples
    --------
    >>> import numpy as np
    >>> import glassprop as gp
    >>> product = gp.hessian_vector_product(lambda x: x[0] ** 2 * x[1])
    >>> product(np.array([1.0, 3.0]), np.array([1.0, 0.0]))
    array([6., 2.])
    """

    def inline(trace: Trace, given: Mapping[str, Any], names: list[str]) -> Any:
        own, directions = _directions(trace, given)
        chosen, arguments = aliased(trace, own, names)
        output = number(trace, f, called(f, arguments), "the Hessian", chosen)
        inputs = [leaf for _, leaf in leaves(chosen)]
        one = trace.lift(1, output.dtype)
        along = _dot(pullback(output, inputs, one), directions)
        products = pullback(along, inputs, trace.lift(1, along.dtype))
        return as_asked(filled(chosen, iter(products)), wrt)

    return Directional("hessian_vector_product", f, wrt, inline)


def jacobian_vector_product(f: Function, wrt: Wrt = 0) -> Directional:
    """Make the function that gives the slope of `f` along a vector, Jacobian times it.

    The Jacobian itself is never made. Reverse mode gives ``u @ J``, which is linear in
    the weights u of the values; its own gradient along the vector is ``J @ v``. So the
    one rule of each primitive serves both directions, and what u has passed through
    falls away when the program is simplified.

    Parameters
    ----------
    f : callable
        A function of arrays, written in NumPy, that gives one array, or nested dicts,
        lists and tuples of them.
    wrt : int, str, or a sequence of them
        As for `gradient`.

    Returns
    -------
    callable
        Takes what `f` takes, and then the vector, as for `hessian_vector_product`.
        Gives an array of the shape of the value, nested as the value is.

    Raises
    ------
    TraceError
        When called, if `f` cannot be traced or gives no floats.
    ShapeError
        When called, if the vector has another nesting or other shapes.

    References
    ----------
    J. Townsend 2017, "A new trick for calculating Jacobian vector products".

    Examples
    --------
    >>> import numpy as np
    >>> import glassprop as gp
    >>> gp.jacobian_vector_product(np.sin)(np.array([0.0, 1.0]), np.array([2.0, 0.0]))
    array([2., 0.])
    """

    def inline(trace: Trace, given: Mapping[str, Any], names: list[str]) -> Any:
        own, directions = _directions(trace, given)
        chosen, arguments = aliased(trace, own, names)
        inputs = [leaf for _, leaf in leaves(chosen)]

        def of_one(value: Any) -> Any:
            output = output_of(trace, f, value, "the Jacobian")
            check_differentiable(f, output, chosen)
            weights = elementwise.positive(trace.lift(np.zeros_like(output)))
            along = _dot(pullback(output, inputs, weights), directions)
            one = trace.lift(1, along.dtype)
            return pullback(along, [weights], one)[0]

        return map_leaves(of_one, called(f, arguments))

    return Directional("jacobian_vector_product", f, wrt, inline)


def _dot(slopes: Sequence[Array], directions: Sequence[Array]) -> Array:
    """Sum the products of all slopes with what moves along them."""
    pairs = zip(slopes, directions, strict=True)
    first, *rest = [np.sum(slope * direction) for slope, direction in pairs]
    for one in rest:
        first = first + one
    total: Array = first
    return total
