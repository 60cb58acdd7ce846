"""Gradients, Jacobians and Hessians of any NumPy function.

Each takes a function and gives a function. What it gives traces its argument's function
for the shapes and dtypes it is called with, compiles one program for them, and keeps
it. Called with traced arrays, it becomes part of that trace, which is how second
derivatives come about. Arrays that the function brings along stay as they were when
it was traced: what varies is an argument.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from glassprop.compiling import Compiled, build
from glassprop.differentiate import pullback
from glassprop.errors import (
    ArgumentError,
    TraceError,
    did_you_mean,
    listing,
    shape_text,
)
from glassprop.ops import elementwise
from glassprop.ops.leaves import is_python_number
from glassprop.refusals import known_dtype
from glassprop.trace import Trace, native
from glassprop.traced import Array
from glassprop.trees import filled, leaves, map_leaves

Function = Callable[..., Any]
Wrt = int | str | Sequence[int | str]


class Transform:
    """A function made from another: its gradient, its Jacobian.

    Parameters
    ----------
    kind : str
        What it gives; the name of the printed function.
    function : callable
        The function it is made from.
    inline : callable
        ``inline(trace, arguments)`` does the work on traced arguments.
    """

    def __init__(
        self,
        kind: str,
        function: Function,
        inline: Callable[[Trace, Mapping[str, Any]], Any],
    ) -> None:
        self._kind = kind
        self._function = function
        self._inline = inline
        self._programs: dict[Any, tuple[Compiled, Any]] = {}
        self.__name__ = f"{kind}_of_{_name(function)}"
        self.__doc__ = f"{self.__name__}, made by glassprop.{kind}."

    def __repr__(self) -> str:
        return f"<{self.__name__}>"

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """Calculate it for arguments as the original function takes them."""
        given = bound_arguments(self._function, arguments, keywords)
        for _, leaf in leaves(given):
            if isinstance(leaf, Array):
                return self._inline(leaf.trace, given)
        listed = _checked_leaves(self._function, given)
        try:
            compiled, shape_of_result = self._compiled(given, listed)
        except TraceError as error:
            around = getattr(error, "around", None)
            if around is None:
                raise
            # The function uses arrays of a trace around it: this joins that trace.
            return self._inline(around, given)
        results = compiled(*(value[()] for _, value in listed))
        nodes = list(compiled.program.results.values())
        parts = results if len(nodes) > 1 else (results,)
        values = iter(
            np.array(part, node.dtype)[()]
            for part, node in zip(parts, nodes, strict=True)
        )
        return filled(shape_of_result, values)

    def source(self, *arguments: Any, **keywords: Any) -> str:
        """Give the NumPy module that is run for such arguments."""
        given = bound_arguments(self._function, arguments, keywords)
        return self._compiled(given, _checked_leaves(self._function, given))[0].source

    def _compiled(
        self, given: Mapping[str, Any], listed: Sequence[tuple[str, Any]]
    ) -> tuple[Compiled, Any]:
        signature = tuple((path, one.shape, str(one.dtype)) for path, one in listed)
        if signature not in self._programs:
            self._programs[signature] = self._build(given, listed)
        return self._programs[signature]

    def _build(
        self, given: Mapping[str, Any], listed: Sequence[tuple[str, Any]]
    ) -> tuple[Compiled, Any]:
        results: list[Any] = []

        def whole(trace: Trace) -> tuple[dict[str, Array], dict[str, Any]]:
            inputs = {
                path: trace.input(path, one.shape, one.dtype) for path, one in listed
            }
            result = self._inline(trace, filled(given, iter(inputs.values())))
            results[:] = [result]
            # No argument has a name like an output's: none is written in place.
            return inputs, {f"-> {path}": leaf for path, leaf in leaves(result)}

        doc = f"{self._kind} of {_name(self._function)}."
        program = build(
            self._kind, whole, dtype=_common_dtype([one for _, one in listed]), doc=doc
        )
        return Compiled(program), results[0]


def gradient(f: Function, wrt: Wrt = 0) -> Transform:
    """Make the function that gives the gradient of `f`.

    Parameters
    ----------
    f : callable
        A function of arrays, written in NumPy, that gives one number.
    wrt : int, str, or a sequence of them
        The arguments to differentiate with respect to, by position or name. An
        argument may be nested dicts, lists and tuples of arrays.

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

    def inline(trace: Trace, given: Mapping[str, Any]) -> Any:
        return _value_and_gradient(trace, f, given, wrt)[1]

    return Transform("gradient", f, inline)


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

    def inline(trace: Trace, given: Mapping[str, Any]) -> Any:
        return _value_and_gradient(trace, f, given, wrt)

    return Transform("value_and_gradient", f, inline)


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

    def inline(trace: Trace, given: Mapping[str, Any]) -> Any:
        chosen, arguments = _aliased(trace, f, given, wrt)
        inputs = [leaf for _, leaf in leaves(chosen)]

        def of_one(value: Any) -> Any:
            output = _output(trace, f, value, "the Jacobian")
            _check_differentiable(f, output, chosen)
            return _as_asked(filled(chosen, iter(_rows(output, inputs))), wrt)

        return map_leaves(of_one, _called(f, arguments))

    return Transform("jacobian", f, inline)


def _rows(output: Array, inputs: Sequence[Array]) -> list[Array]:
    """Give the Jacobian of one array with respect to each input, a row at a time."""
    trace, size = output.trace, int(output.size)
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
    first = gradient(f, wrt)

    def inline(trace: Trace, given: Mapping[str, Any]) -> Any:
        return jacobian(_by_name(f, first), wrt)._inline(trace, given)

    return Transform("hessian", f, inline)


def _by_name(f: Function, transform: Transform) -> Function:
    """Give a transform the signature of the function it is made from."""

    def function(*arguments: Any, **keywords: Any) -> Any:
        return transform(*arguments, **keywords)

    function.__name__ = _name(f)
    function.__signature__ = _signature(f)  # type: ignore[attr-defined]  # for inspect
    return function


# Arguments ---------------------------------------------------------------------------


def _signature(f: Function) -> inspect.Signature:
    """Give the parameters of a function; those of a ufunc are by position alone."""
    try:
        if not isinstance(f, np.ufunc):
            return inspect.signature(f)
    except (TypeError, ValueError):  # a builtin without a signature
        pass
    count = getattr(f, "nin", 1)
    names = [f"x{at + 1}" for at in range(count)] if count > 1 else ["x"]
    kind = inspect.Parameter.POSITIONAL_ONLY
    return inspect.Signature([inspect.Parameter(name, kind) for name in names])


def _name(f: Function) -> str:
    return str(getattr(f, "__name__", type(f).__name__))


def bound_arguments(
    f: Function, arguments: Sequence[Any], keywords: Mapping[str, Any]
) -> dict[str, Any]:
    """Give the arguments of a call by name; further positional ones are numbered."""
    parameters = _signature(f)
    try:
        bound = parameters.bind(*arguments, **keywords)
    except TypeError as error:
        raise ArgumentError(f"{_name(f)}: {error}.") from None
    given: dict[str, Any] = {}
    for name, value in bound.arguments.items():
        kind = parameters.parameters[name].kind
        if kind is inspect.Parameter.VAR_POSITIONAL:
            given.update({f"{name}_{at}": one for at, one in enumerate(value)})
        elif kind is inspect.Parameter.VAR_KEYWORD:
            given.update(value)
        else:
            given[name] = value
    return given


def _called(f: Function, given: Mapping[str, Any]) -> Any:
    """Call a function with its arguments by name, in the form that it takes them."""
    positional: list[Any] = []
    keywords = dict(given)
    in_a_row = True  # until a parameter is left to its default
    for name, parameter in _signature(f).parameters.items():
        if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
            numbered = (f"{name}_{at}" for at in range(len(given)))
            positional += [keywords.pop(key) for key in numbered if key in keywords]
        elif name not in keywords:
            in_a_row = False
        elif in_a_row and parameter.kind is not inspect.Parameter.KEYWORD_ONLY:
            positional.append(keywords.pop(name))
    return f(*positional, **keywords)


def _chosen_names(f: Function, given: Mapping[str, Any], wrt: Wrt) -> list[str]:
    names = list(given)
    chosen: list[str] = []
    for one in [wrt] if isinstance(wrt, int | str) else wrt:
        if isinstance(one, int) and -len(names) <= one < len(names):
            chosen.append(names[one])
        elif one in names:
            chosen.append(str(one))
        else:
            hint = did_you_mean(one, names) if isinstance(one, str) else ""
            raise ArgumentError(
                f"wrt={one!r}: {_name(f)} was called with the arguments "
                f"{', '.join(names)}.{hint} Give a position or one of these names."
            )
    return chosen


def _aliased(
    trace: Trace, f: Function, given: Mapping[str, Any], wrt: Wrt
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give the chosen arguments nodes of their own.

    So the derivative sees only what reaches the output through the argument, and not
    through a value that the function had from elsewhere.
    """
    names = _chosen_names(f, given, wrt)
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
    made.trace.names[made.node] = array.node.name or array.trace.names.get(
        array.node, ""
    )
    result: Array = made
    return result


def _as_asked(chosen: Mapping[str, Any], wrt: Wrt) -> Any:
    values = tuple(chosen.values())
    return values[0] if isinstance(wrt, int | str) else values


def _value_and_gradient(
    trace: Trace, f: Function, given: Mapping[str, Any], wrt: Wrt
) -> tuple[Array, Any]:
    chosen, arguments = _aliased(trace, f, given, wrt)
    output = _output(trace, f, _called(f, arguments), "the gradient")
    if output.node.shape != ():
        raise TraceError(
            f"the gradient of {_name(f)} needs one number, got an array of shape "
            f"{shape_text(output.node.shape)}. Sum or average it, or use jacobian."
        )
    _check_differentiable(f, output, chosen)
    inputs = [leaf for _, leaf in leaves(chosen)]
    slopes = iter(pullback(output, inputs, trace.lift(1, output.dtype)))
    return output, _as_asked(filled(chosen, slopes), wrt)


def _output(trace: Trace, f: Function, value: Any, what: str) -> Array:
    """Bring what a function gave into the trace, if it is one array."""
    if isinstance(value, Array | np.ndarray | np.generic) or is_python_number(value):
        return trace.lift(value)
    kind = "nothing" if value is None else f"a {type(value).__name__}"
    repair = (
        "End it with a return."
        if value is None
        else "Return one array; np.stack and np.concatenate join several."
    )
    raise TraceError(f"{what} of {_name(f)} needs one array, got {kind}. {repair}")


def _check_differentiable(
    f: Function, output: Array, chosen: Mapping[str, Any]
) -> None:
    if output.dtype.kind != "f":
        raise TraceError(
            f"{_name(f)} gives {output.dtype}, which has no derivative with respect to "
            f"{listing(chosen)}. It should give floats."
        )


def _checked_leaves(
    f: Function, given: Mapping[str, Any]
) -> list[tuple[str, np.ndarray[Any, Any]]]:
    """Give every array among the arguments with its path.

    A Python float takes the dtype of the float arrays beside it, as in NumPy.
    """
    listed = [(path, value, _checked(f, path, value)) for path, value in leaves(given)]
    paths = [path for path, _, _ in listed]
    for path in paths:
        if paths.count(path) > 1:
            raise ArgumentError(
                f"{_name(f)}: two arrays are named {path!r}. Rename a key of the dicts."
            )
    dtype = _common_dtype([one for _, value, one in listed if type(value) is not float])
    return [
        (path, one.astype(dtype) if type(value) is float else one)
        for path, value, one in listed
    ]


def _checked(f: Function, path: str, value: Any) -> np.ndarray[Any, Any]:
    array = native(np.asarray(value))
    if known_dtype(array.dtype) and not isinstance(value, np.ma.MaskedArray):
        return array
    if array.dtype.kind in "fc":
        what = f"an array of dtype {array.dtype}"
        repair = f"Convert it first, np.asarray({path}, float)."
    else:
        what = f"a {type(value).__name__}"
        repair = (
            "An argument that is not of numbers belongs to the function: "
            f"functools.partial({_name(f)}, {path}=...)."
        )
    raise TraceError(
        f"the argument {path!r} of {_name(f)} is {what}; expected booleans, integers, "
        f"float32 or float64. {repair}"
    )


def _common_dtype(arrays: Sequence[Any]) -> Any:
    floats = [one.dtype for one in arrays if one.dtype.kind == "f"]
    return np.result_type(*floats) if floats else np.dtype(np.float64)
