"""Gradients, Jacobians and Hessians of any NumPy function.

Each takes a function and gives a function. What it gives traces its argument's function
for the shapes and dtypes it is called with, compiles one program for them, and keeps
it. Called with traced arrays, it becomes part of that trace, which is how second
derivatives come about. Arrays that the function brings along stay as they were when
it was traced: what varies is an argument.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from glassprop.arguments import (
    Function,
    Leaf,
    Wrt,
    bound_arguments,
    called,
    check_floats,
    checked_function,
    checked_leaves,
    chosen_names,
    common_dtype,
    is_single,
    name_of,
    signature_of,
)
from glassprop.compiling import Compiled, build
from glassprop.differentiate import pullback
from glassprop.errors import (
    ShapeError,
    TraceError,
    listing,
    shape_text,
)
from glassprop.ops import elementwise
from glassprop.ops.leaves import is_python_number
from glassprop.places import place_of, placed
from glassprop.trace import Trace
from glassprop.traced import Array
from glassprop.trees import filled, leaves, map_leaves


class Transform:
    """A function made from another: its gradient, its Jacobian.

    Parameters
    ----------
    kind : str
        What it gives; the name of the printed function.
    function : callable
        The function it is made from.
    wrt : int, str, or a sequence of them
        The arguments to differentiate with respect to.
    inline : callable
        ``inline(trace, arguments, names)`` does the work on traced arguments; names are
        those of the arguments in `wrt`.
    """

    def __init__(
        self,
        kind: str,
        function: Function,
        wrt: Wrt,
        inline: Callable[[Trace, Mapping[str, Any], list[str]], Any],
    ) -> None:
        self._kind = kind
        self._function = checked_function(kind, function)
        self._wrt = wrt
        self.inline = inline
        self._programs: dict[Any, tuple[Compiled, Any]] = {}
        self.__name__ = f"{kind}_of_{name_of(function)}"
        self.__doc__ = f"{self.__name__}, made by glassprop.{kind}."

    def __repr__(self) -> str:
        return f"<{self.__name__}>"

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """Calculate it for arguments as the original function takes them."""
        given, names = self._bound(arguments, keywords)
        for _, leaf in leaves(given):
            if isinstance(leaf, Array):
                return self.inline(leaf.tracer, given, names)
        listed = checked_leaves(self._function, given)
        try:
            compiled, shape_of_result = self._compiled(given, names, listed)
        except TraceError as error:
            around = getattr(error, "around", None)
            if around is None:
                raise
            # The function uses arrays of a trace around it: this joins that trace.
            return self.inline(around, given, names)
        try:
            results = compiled(*(one.array[()] for one in listed))
        except IndexError as error:  # an index that is known only now
            what = ShapeError(f"{self.__name__}: {error}.")
            raise placed(what, place_of(error)) from None
        nodes = list(compiled.program.results.values())
        parts = results if len(nodes) > 1 else (results,)
        values = iter(
            np.array(part, node.dtype)[()]
            for part, node in zip(parts, nodes, strict=True)
        )
        return filled(shape_of_result, values)

    def source(self, *arguments: Any, **keywords: Any) -> str:
        """Give the NumPy module that is run for such arguments."""
        given, names = self._bound(arguments, keywords)
        listed = checked_leaves(self._function, given)
        return self._compiled(given, names, listed)[0].source

    def _bound(
        self, arguments: Sequence[Any], keywords: Mapping[str, Any]
    ) -> tuple[dict[str, Any], list[str]]:
        """Give the arguments by name, and the names of those that are asked for."""
        given = bound_arguments(self._function, arguments, keywords)
        names = chosen_names(self._function, given, self._wrt)
        for name in names:
            check_floats(name, given[name])
        return given, names

    def _compiled(
        self, given: Mapping[str, Any], names: list[str], listed: Sequence[Leaf]
    ) -> tuple[Compiled, Any]:
        signature = tuple(
            (one.path, one.array.shape, str(one.array.dtype), one.weak)
            for one in listed
        )
        if signature not in self._programs:
            self._programs[signature] = self._build(given, names, listed)
        return self._programs[signature]

    def _build(
        self, given: Mapping[str, Any], names: list[str], listed: Sequence[Leaf]
    ) -> tuple[Compiled, Any]:
        results: list[Any] = []

        def whole(trace: Trace) -> tuple[dict[str, Array], dict[str, Any]]:
            inputs = {
                path: trace.input(path, array.shape, array.dtype, weak=weak)
                for path, array, weak in listed
            }
            result = self.inline(trace, filled(given, iter(inputs.values())), names)
            results[:] = [result]
            # No argument has a name like an output's: none is written in place.
            return inputs, {f"-> {path}": leaf for path, leaf in leaves(result)}

        doc = f"{self._kind} of {name_of(self._function)}."
        program = build(self._kind, whole, dtype=common_dtype(listed), doc=doc)
        return Compiled(program), results[0]


def gradient(f: Function, wrt: Wrt = 0) -> Transform:
    """Make the function that gives the gradient of `f`.

    Parameters
    ----------
    f : callable
        A function of arrays, written in NumPy, that gives one number.
    wrt : int, str, or a sequence of them
        The arguments to differentiate with respect to, by position or name. An
        argument may be nested dicts, lists and tuples of arrays; one that a call leaves
        away is differentiated at its default.

    Returns
    -------
    callable
        Takes what `f` takes; gives an array of the argument's shape, in the nesting of
        the argument, and a tuple of these where `wrt` is a sequence. ``source(...)``
        gives the printed program for such arguments.

    Raises
    ------
    TraceError
        When called, if `f` cannot be traced or does not give one number.

    Examples
    --------
    >>> import numpy as np
    >>> import glassprop as gp
    >>> gp.gradient(lambda x: np.sum(x**2))(np.array([1.0, 2.0]))
    array([2., 4.])
    """

    def inline(trace: Trace, given: Mapping[str, Any], names: list[str]) -> Any:
        return _value_and_gradient(trace, f, given, names, wrt)[1]

    return Transform("gradient", f, wrt, inline)


def value_and_gradient(f: Function, wrt: Wrt = 0) -> Transform:
    """Make the function that gives the value of `f` and its gradient.

    Parameters
    ----------
    f : callable
        A function of arrays, written in NumPy, that gives one number.
    wrt : int, str, or a sequence of them
        As for `gradient`.

    Returns
    -------
    callable
        Takes what `f` takes; gives a tuple of the value and the gradient.

    Raises
    ------
    TraceError
        When called, if `f` cannot be traced or does not give one number.

    Examples
    --------
    >>> import numpy as np
    >>> import glassprop as gp
    >>> value, slope = gp.value_and_gradient(np.sin)(0.0)
    >>> float(value), float(slope)
    (0.0, 1.0)
    """

    def inline(trace: Trace, given: Mapping[str, Any], names: list[str]) -> Any:
        return _value_and_gradient(trace, f, given, names, wrt)

    return Transform("value_and_gradient", f, wrt, inline)


def jacobian(f: Function, wrt: Wrt = 0) -> Transform:
    """Make the function that gives the Jacobian of `f`, row by row in reverse mode.

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
        Takes what `f` takes; gives an array of the shape of the value followed by the
        shape of the argument; nested as the value is, and in each place of it as the
        argument is.

    Examples
    --------
    >>> import numpy as np
    >>> import glassprop as gp
    >>> gp.jacobian(lambda x: x * x)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """

    def inline(trace: Trace, given: Mapping[str, Any], names: list[str]) -> Any:
        chosen, arguments = aliased(trace, given, names)
        inputs = [leaf for _, leaf in leaves(chosen)]

        def of_one(value: Any) -> Any:
            output = output_of(trace, f, value, "the Jacobian")
            check_differentiable(f, output, chosen)
            return as_asked(filled(chosen, iter(_rows(output, inputs))), wrt)

        return map_leaves(of_one, called(f, arguments))

    return Transform("jacobian", f, wrt, inline)


def _rows(output: Array, inputs: Sequence[Array]) -> list[Array]:
    """Give the Jacobian of one array with respect to each input, a row at a time."""
    trace, size = output.tracer, int(output.size)
    basis = np.eye(size, dtype=output.dtype).reshape(size, *output.node.shape)
    rows = [pullback(output, inputs, trace.lift(unit)) for unit in basis]
    return [
        trace.lift(
            np.reshape(np.stack([row[at] for row in rows]), (*output.shape, *one.shape))
            if rows
            else np.zeros((*output.shape, *one.shape), one.dtype)
        )
        for at, one in enumerate(inputs)
    ]


def hessian(f: Function, wrt: Wrt = 0) -> Transform:
    """Make the function that gives the Hessian of `f`: the Jacobian of its gradient.

    Parameters
    ----------
    f : callable
        A function of arrays, written in NumPy, that gives one number.
    wrt : int, str, or a sequence of them
        As for `gradient`.

    Returns
    -------
    callable
        Takes what `f` takes; gives an array of twice the shape of the argument. For
        nested arguments it is nested twice: ``H["w"]["b"]`` holds the second
        derivatives by an entry of w and one of b.

    Examples
    --------
    >>> import numpy as np
    >>> import glassprop as gp
    >>> gp.hessian(lambda x: x[0] ** 2 * x[1])(np.array([1.0, 3.0]))
    array([[6., 2.],
           [2., 0.]])
    """

    def inline(trace: Trace, given: Mapping[str, Any], names: list[str]) -> Any:
        first = gradient(f, names[0] if is_single(wrt) else names)
        return jacobian(by_name(f, first), wrt).inline(trace, given, names)

    return Transform("hessian", f, wrt, inline)


def by_name(f: Function, transform: Transform) -> Function:
    """Give a transform the signature of the function it is made from."""

    def function(*arguments: Any, **keywords: Any) -> Any:
        return transform(*arguments, **keywords)

    function.__name__ = name_of(f)
    function.__signature__ = signature_of(f)  # type: ignore[attr-defined]  # for inspect
    return function


# The work on traced arguments ---------------------------------------------------------


def aliased(
    trace: Trace, given: Mapping[str, Any], names: Sequence[str]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give the chosen arguments nodes of their own.

    So the derivative sees only what reaches the output through the argument, and not
    through a value that the function had from elsewhere.
    """
    chosen = {name: _alias_tree(trace, given[name], name) for name in names}
    return chosen, {**given, **chosen}


def _alias_tree(trace: Trace, tree: Any, path: str) -> Any:
    arrays: Iterator[Any] = iter(
        _alias(trace.lift(leaf), where) for where, leaf in list(leaves(tree, path))
    )
    return filled(tree, arrays)


def _alias(array: Array, path: str) -> Array:
    if array.dtype.kind != "f":
        raise TraceError(
            f"the gradient with respect to {path!r} needs an array of floats, got "
            f"{array.dtype}. Convert it first, {path}.astype(np.float64), or choose "
            "other arguments with wrt."
        )
    made = elementwise.positive(array)
    made.tracer.names[made.node] = array.node.name or array.tracer.names.get(
        array.node, ""
    )
    result: Array = made
    return result


def as_asked(chosen: Mapping[str, Any], wrt: Wrt) -> Any:
    """Give the one value that was asked for, or a tuple of several."""
    values = tuple(chosen.values())
    return values[0] if is_single(wrt) else values


def _value_and_gradient(
    trace: Trace,
    f: Function,
    given: Mapping[str, Any],
    names: Sequence[str],
    wrt: Wrt,
) -> tuple[Array, Any]:
    chosen, arguments = aliased(trace, given, names)
    output = number(trace, f, called(f, arguments), "the gradient", chosen)
    inputs = [leaf for _, leaf in leaves(chosen)]
    slopes = iter(pullback(output, inputs, trace.lift(1, output.dtype)))
    return output, as_asked(filled(chosen, slopes), wrt)


def number(
    trace: Trace, f: Function, value: Any, what: str, chosen: Mapping[str, Any]
) -> Array:
    """Bring what a function gave into the trace, if it is one number of floats."""
    output = output_of(trace, f, value, what)
    if output.node.shape != ():
        raise TraceError(
            f"{what} of {name_of(f)} needs one number, got an array of shape "
            f"{shape_text(output.node.shape)}. Sum or average it, or use jacobian."
        )
    check_differentiable(f, output, chosen)
    return output


def output_of(trace: Trace, f: Function, value: Any, what: str) -> Array:
    """Bring what a function gave into the trace, if it is one array."""
    if isinstance(value, Array | np.ndarray | np.generic) or is_python_number(value):
        return trace.lift(value)
    kind = "nothing" if value is None else f"a {type(value).__name__}"
    repair = (
        "End it with a return."
        if value is None
        else "Return one array; np.stack and np.concatenate join several."
    )
    raise TraceError(f"{what} of {name_of(f)} needs one array, got {kind}. {repair}")


def check_differentiable(f: Function, output: Array, chosen: Mapping[str, Any]) -> None:
    """Refuse an output that has no slope: integers and booleans."""
    if output.dtype.kind != "f":
        raise TraceError(
            f"{name_of(f)} gives {output.dtype}, which has no derivative with respect "
            f"to {listing(chosen)}. It should give floats."
        )
