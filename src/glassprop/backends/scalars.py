"""How compiled loops spell each elementwise row, on single numbers of a known dtype.

`ROWS` maps a row's name to its text; ``{0}`` is the first operand. Operands are short
names or literals that were brought to the row's dtype before, so that float32 stays
float32: Numba would make float64 of a bare ``0.5``. ``{letter}`` is that of the dtype;
what a text calls without a module is in `glassprop.backends.arithmetic`. Comparisons
that select are spelled without ``and`` and ``or``, which would become jumps. What
follows from NaN, infinities and zeros is what NumPy does.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from glassprop.backends.arithmetic import DTYPES
from glassprop.errors import Unspelled
from glassprop.graph import DType, Node
from glassprop.ops import elementwise

FLOAT_ONLY: Mapping[str, str] = MappingProxyType(
    {
        "divide": "{0} / {1}",
        "fabs": "abs({0})",
        "sqrt": "math.sqrt({0})",
        "exp": "exp_{letter}({0})",
        "expm1": "expm1_{letter}({0})",
        "log": "log_{letter}({0})",
        "log1p": "log1p_{letter}({0})",
        "log2": "log2_{letter}({0})",
        "log10": "log10_{letter}({0})",
        "exp2": "exp2_{letter}({0})",
        "sigmoid": "sigmoid_{letter}({0})",
        "cbrt": "cbrt_{letter}({0})",
        "logaddexp": "logaddexp_{letter}({0}, {1})",
        "logaddexp2": "logaddexp2_{letter}({0}, {1})",
        "float_power": "{0} ** {1}",
        "sinc": "sinc_{letter}({0})",
        "sin": "math.sin({0})",
        "cos": "math.cos({0})",
        "tan": "math.tan({0})",
        "arcsin": "math.asin({0})",
        "arccos": "math.acos({0})",
        "arctan": "math.atan({0})",
        "arctan2": "math.atan2({0}, {1})",
        "sinh": "math.sinh({0})",
        "cosh": "math.cosh({0})",
        "tanh": "tanh_{letter}({0})",
        "arcsinh": "math.asinh({0})",
        "arccosh": "math.acosh({0})",
        "arctanh": "math.atanh({0})",
        "degrees": "math.degrees({0})",
        "radians": "math.radians({0})",
        "rad2deg": "math.degrees({0})",
        "deg2rad": "math.radians({0})",
        "hypot": "math.hypot({0}, {1})",
        "erf": "erf_{letter}({0})",
        "rint": "np.rint({0})",
        "copysign": "math.copysign({0}, {1})",
        "reciprocal": "{one} / {0}",
        "signbit": "math.copysign({one}, {0}) < {zero}",
        "heaviside": "{1} if {0} == {zero} else {one} if {0} > {zero} "
        "else {zero} if {0} < {zero} else {0}",
        "isnan": "{0} != {0}",
        "isfinite": "abs({0}) < np.inf",
        "isinf": "abs({0}) == np.inf",
    }
)
NUMBERS: Mapping[str, str] = MappingProxyType(
    {
        "add": "{0} + {1}",
        "subtract": "{0} - {1}",
        "multiply": "{0} * {1}",
        "negative": "-{0}",
        "absolute": "abs({0})",
        # What is added makes 0.0 of -0.0 and keeps a NaN.
        "sign": "{one} if {0} > {zero} else -{one} if {0} < {zero} else {0} + {zero}",
        "maximum": "maximum({0}, {1})",
        "minimum": "minimum({0}, {1})",
        "fmax": "{0} if ({0} >= {1}) | ({1} != {1}) else {1}",
        "fmin": "{0} if ({0} <= {1}) | ({1} != {1}) else {1}",
        "floor": "np.floor({0})",
        "ceil": "np.ceil({0})",
        "trunc": "np.trunc({0})",
        "power": "{0} ** {1}",
        "floor_divide": "floor_divide_{letter}({0}, {1})",
        "remainder": "remainder_{letter}({0}, {1})",
        "fmod": "signed_rest({0}, {1})",
        "positive": "{0}",
        "stop_gradient": "{0}",
    }
)
ANY: Mapping[str, str] = MappingProxyType(
    {
        "greater": "{0} > {1}",
        "greater_equal": "{0} >= {1}",
        "less": "{0} < {1}",
        "less_equal": "{0} <= {1}",
        "equal": "{0} == {1}",
        "not_equal": "{0} != {1}",
        "logical_and": "({0} != {zero}) & ({1} != {zero})",
        "logical_or": "({0} != {zero}) | ({1} != {zero})",
        "logical_xor": "({0} != {zero}) ^ ({1} != {zero})",
        "logical_not": "{0} == {zero}",
    }
)
# Those of NUMBERS that are something else for whole numbers.
WHOLE: Mapping[str, str] = MappingProxyType(
    {
        "maximum": "{0} if {0} >= {1} else {1}",
        "minimum": "{0} if {0} <= {1} else {1}",
        "floor": "{0}",
        "ceil": "{0}",
        "trunc": "{0}",
        "power": "power_i({0}, {1})",
        "fmod": "fmod_i({0}, {1})",
    }
)
# Those of NUMBERS that NumPy has for truth values too.
TRUTH: Mapping[str, str] = MappingProxyType(
    {
        "add": "{0} | {1}",
        "multiply": "{0} & {1}",
        "maximum": "{0} | {1}",
        "minimum": "{0} & {1}",
        "fmax": "{0} | {1}",
        "fmin": "{0} & {1}",
        "absolute": "{0}",
        "floor": "{0}",
        "ceil": "{0}",
        "trunc": "{0}",
    }
)
LETTERS = {name: letter for letter, name in DTYPES.items()}
ROWS = MappingProxyType({**FLOAT_ONLY, **NUMBERS, **ANY, "where": "", "astype": ""})


def operand_dtype(node: Node) -> DType:
    """Give the dtype that a row calculates with.

    Raises
    ------
    Unspelled
        If there is no spelling of the row for these dtypes.
    """
    name = node.primitive.name
    if name not in ROWS:
        raise Unspelled(node)
    if node.primitive is elementwise.astype:
        return node.inputs[0].dtype
    dtype = np.dtype(np.result_type(*(one.dtype for one in node.inputs)))
    if name in FLOAT_ONLY and (dtype.kind != "f" or name == "float_power"):
        # NumPy makes float64 of whole numbers, of small ones less than float32.
        dtype = np.dtype(float) if node.dtype.kind == "b" else node.dtype
    elif dtype.kind == "b" and is_narrow(node.dtype):  # as a power
        dtype = node.dtype
    if dtype.kind == "f" and dtype.name not in LETTERS:
        raise Unspelled(node, f"of {dtype}")
    wanted = "f" if name in FLOAT_ONLY else "fi" if name in NUMBERS else "fib"
    wanted += "b" if name in TRUTH else ""
    kind = "i" if is_narrow(dtype) else dtype.kind
    if kind not in wanted or node.dtype not in (dtype, np.dtype(bool)):
        raise Unspelled(node, f"of {dtype}")
    return np.dtype(np.int64) if is_narrow(dtype) else dtype


def is_narrow(dtype: DType) -> bool:
    """Tell whether int64 holds all whole numbers of a dtype, and more.

    They are calculated with as int64, and the result is brought back, which wraps
    around as NumPy does: Numba itself would keep what does not fit.
    """
    return dtype.kind in "iu" and dtype.itemsize < np.dtype(np.int64).itemsize


def text_of(node: Node, operands: list[str]) -> str:
    """Give the text of one row from those of its operands."""
    name, dtype = node.primitive.name, operand_dtype(node)
    numbers = {"zero": number(0, dtype), "one": number(1, dtype)}
    special = {"i": WHOLE, "b": TRUTH}.get(dtype.kind, {})
    text = special.get(name, ROWS[name])
    text = text.format(*operands, **numbers, letter=LETTERS.get(dtype.name))
    return f"{dtype_name(node.dtype)}({text})" if is_narrow(node.dtype) else text


def number(value: Any, dtype: DType) -> str:
    """Write a number with its dtype."""
    if dtype.kind == "b":
        return str(bool(value))
    if dtype.kind != "f":
        return f"{dtype_name(dtype)}({int(value)})"
    text = repr(float(value)).replace("inf", "np.inf").replace("nan", "np.nan")
    bare = dtype == np.float64 and np.isfinite(value)
    return text if bare else f"{dtype_name(dtype)}({text})"


def dtype_name(dtype: DType) -> str:
    """Write a dtype as compiled code calls it."""
    return "np.bool_" if dtype.kind == "b" else f"np.{dtype.name}"
