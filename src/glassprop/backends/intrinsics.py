"""What LLVM can do with single numbers and Python cannot say, as Numba intrinsics.

Numba calls each with the types of the operands, and it gives the signature and a
function that writes the instructions. Python's own numbers among the operands become
numbers of the dtype of the others, so that float32 stays float32. Only printed modules
import this file, so that Numba is imported where something is compiled.
There are no jumps in any of them, and calling one costs no more to compile than an
addition.

A number has ``digits`` stored digits in base 2 (23 in float32, 52 in float64) and an
exponent that is stored with ``bias`` added to it (127, 1023). The sum of a whole number
and 1.5 * 2**digits has that number in its last digits: so whole numbers and bits are
made of each other without a conversion, which would be poison for a NaN.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import extending
from numba.core import types


def intrinsic(function: Callable[..., Any]) -> Any:
    """Make a function that is called without its first parameter, as Numba does."""
    return extending.intrinsic(function)


def _layout(kind: Any) -> tuple[int, int, Any]:
    """Give digits and bias of a float's dtype, and the whole numbers of its size."""
    if kind == types.float32:
        return 23, 127, types.int32
    return 52, 1023, types.int64


def _two_to_the(context: Any, builder: Any, kind: Any, k: Any) -> Any:
    """Write 2**k for a whole number k."""
    digits, bias, whole = _layout(kind)
    shift = context.get_constant(kind, 1.5 * 2**digits + bias)
    bits = builder.bitcast(builder.fadd(k, shift), context.get_value_type(whole))
    bits = builder.shl(bits, context.get_constant(whole, digits))
    return builder.bitcast(bits, context.get_value_type(kind))


def _call_of(name: str) -> Callable[..., Any]:
    """Give what writes a call of a function that LLVM has for two floats."""

    def code(context: Any, builder: Any, signature: Any, operands: Any) -> Any:
        kind = operands[0].type
        function = builder.module.declare_intrinsic(
            name, [kind], ir.FunctionType(kind, [kind, kind])
        )
        return builder.call(function, operands)

    return code


@intrinsic
def polynomial(typing: Any, x: Any, *coefficients: Any) -> Any:
    """Give c0 + c1 x + c2 x**2 and so on, by Horner's rule."""

    def code(context: Any, builder: Any, signature: Any, operands: Any) -> Any:
        x, given = operands
        kind, given_kinds = signature.args
        last = len(given_kinds) - 1
        for k in range(last, -1, -1):
            one = builder.extract_value(given, k)
            one = context.cast(builder, one, given_kinds[k], kind)
            if k == last:
                total = one
                continue
            total = builder.fmul(total, x, flags=("contract",))
            total = builder.fadd(total, one, flags=("contract",))
        return total

    return x(x, types.Tuple(coefficients)), code


@intrinsic
def select(typing: Any, condition: Any, a: Any, b: Any) -> Any:
    """Give a where the condition is true, else b: np.where of single numbers."""

    def code(context: Any, builder: Any, signature: Any, operands: Any) -> Any:
        condition, a, b = operands
        _, of_a, of_b = signature.args
        a = context.cast(builder, a, of_a, signature.return_type)
        b = context.cast(builder, b, of_b, signature.return_type)
        return builder.select(condition, a, b)

    return b(condition, a, b), code


@intrinsic
def clamped(typing: Any, x: Any, low: Any, high: Any) -> Any:
    """Give x, but no less than low and no more than high; a NaN stays."""

    def code(context: Any, builder: Any, signature: Any, operands: Any) -> Any:
        x, low, high = operands
        kind, of_low, of_high = signature.args
        low = context.cast(builder, low, of_low, kind)
        high = context.cast(builder, high, of_high, kind)
        x = builder.select(builder.fcmp_ordered("<", x, low), low, x)
        return builder.select(builder.fcmp_ordered(">", x, high), high, x)

    return x(x, low, high), code


@intrinsic
def power_of_two(typing: Any, k: Any) -> Any:
    """Give 2**k for a whole number k; the result must be a normal number."""

    def code(context: Any, builder: Any, signature: Any, operands: Any) -> Any:
        (k,), (kind,) = operands, signature.args
        return _two_to_the(context, builder, kind, k)

    return k(k), code


@intrinsic
def reduced(typing: Any, x: Any, inverse: Any, high: Any, low: Any) -> Any:
    """Give r and k of x = k (high + low) + r, k whole, r as near to 0 as can be."""

    def code(context: Any, builder: Any, signature: Any, operands: Any) -> Any:
        kind = signature.args[0]
        x, inverse, high, low = (
            context.cast(builder, one, of_one, kind)
            for one, of_one in zip(operands, signature.args, strict=True)
        )
        digits, _, _ = _layout(kind)
        shift = context.get_constant(kind, 1.5 * 2**digits)
        near = ("contract",)
        k = builder.fadd(builder.fmul(x, inverse, flags=near), shift, flags=near)
        k = builder.fsub(k, shift)
        r = builder.fsub(x, builder.fmul(k, high, flags=near), flags=near)
        r = builder.fsub(r, builder.fmul(k, low, flags=near), flags=near)
        return context.make_tuple(builder, signature.return_type, (r, k))

    return types.UniTuple(x, 2)(x, inverse, high, low), code


@intrinsic
def scaled(typing: Any, x: Any, k: Any) -> Any:
    """Give x * 2**k, k whole, in two steps, so that a small result is right."""

    def code(context: Any, builder: Any, signature: Any, operands: Any) -> Any:
        x, k = operands
        kind = signature.args[0]
        digits, _, _ = _layout(kind)
        shift = context.get_constant(kind, 1.5 * 2**digits)
        half = builder.fmul(k, context.get_constant(kind, 0.5))
        half = builder.fsub(builder.fadd(half, shift), shift)
        for part in (half, builder.fsub(k, half)):
            x = builder.fmul(x, _two_to_the(context, builder, kind, part))
        return x

    return x(x, k), code


@intrinsic
def split(typing: Any, x: Any) -> Any:
    """Give m and k of x = m * 2**k, m from sqrt(1/2) to sqrt(2), for a positive x."""

    def code(context: Any, builder: Any, signature: Any, operands: Any) -> Any:
        (x,), (kind,) = operands, signature.args
        digits, bias, whole = _layout(kind)
        bits_type = context.get_value_type(whole)

        def number(value: float) -> Any:
            return context.get_constant(kind, value)

        def bits_of(value: Any) -> Any:
            return builder.bitcast(value, bits_type)

        tiny = builder.fcmp_ordered("<", x, number(2.0 ** (1 - bias)))
        x = builder.select(tiny, builder.fmul(x, number(2.0**digits)), x)
        size = context.get_constant(whole, digits)
        # The exponent rises where m would pass sqrt(2).
        rise = builder.sub(bits_of(number(1.0)), bits_of(number(0.5**0.5)))
        stored = builder.lshr(builder.add(bits_of(x), rise), size)
        one = context.get_constant(whole, bias)
        bits = builder.sub(bits_of(x), builder.shl(builder.sub(stored, one), size))
        m = builder.bitcast(bits, context.get_value_type(kind))
        k = builder.bitcast(
            builder.or_(stored, bits_of(number(2.0**digits))),
            context.get_value_type(kind),
        )
        offset = builder.select(
            tiny, number(2.0**digits + bias + digits), number(2.0**digits + bias)
        )
        k = builder.fsub(k, offset)
        return context.make_tuple(builder, signature.return_type, (m, k))

    return types.UniTuple(x, 2)(x), code


@intrinsic
def log_ends(typing: Any, x: Any, y: Any) -> Any:
    """Give y, a logarithm of x, but -inf at 0, NaN below, x where infinite or NaN."""

    def code(context: Any, builder: Any, signature: Any, operands: Any) -> Any:
        x, y = operands
        (kind, _) = signature.args
        zero, infinity, nan = (
            context.get_constant(kind, one) for one in (0.0, math.inf, math.nan)
        )
        y = builder.select(builder.fcmp_ordered("<", x, infinity), y, x)
        y = builder.select(builder.fcmp_ordered("<", x, zero), nan, y)
        negative = context.get_constant(kind, -math.inf)
        return builder.select(builder.fcmp_ordered("==", x, zero), negative, y)

    return x(x, y), code


@intrinsic
def add_reassociated(typing: Any, total: Any, x: Any) -> Any:
    """Give total + x; in a loop the numbers may be added in any order."""

    def code(context: Any, builder: Any, signature: Any, operands: Any) -> Any:
        if isinstance(signature.return_type, types.Integer):
            return builder.add(*operands)
        return builder.fadd(*operands, flags=("reassoc",))

    return total(total, total), code


@intrinsic
def signed_rest(typing: Any, a: Any, b: Any) -> Any:
    """Give a - b n, n whole, with the sign of a and smaller than b: C's fmod."""

    def code(context: Any, builder: Any, signature: Any, operands: Any) -> Any:
        return builder.frem(*operands)

    return a(a, a), code


@intrinsic
def maximum(typing: Any, a: Any, b: Any) -> Any:
    """Give the larger of two floats, 0.0 of 0.0 and -0.0, and NaN if one is NaN."""
    return a(a, a), _call_of("llvm.maximum")


@intrinsic
def minimum(typing: Any, a: Any, b: Any) -> Any:
    """Give the smaller of two floats, -0.0 of 0.0 and -0.0, and NaN if one is NaN."""
    return a(a, a), _call_of("llvm.minimum")
