"""How threads that run compiled code side by side wait for each other.

Only printed modules import this file, so that Numba is imported where something is
compiled.
"""

from __future__ import annotations

import sys
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import cgutils, types
from numba.extending import intrinsic
from numba.np.arrayobj import make_array

WORD = ir.IntType(64)
NOTHING = ir.FunctionType(ir.VoidType(), [])
# What the system offers a thread that waits: another one may have its core.
YIELD = "SwitchToThread" if sys.platform == "win32" else "sched_yield"


@intrinsic
def arrive(_context: Any, arrived: Any) -> Any:
    """Add one to how many have arrived, and give how many had before."""

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        place = make_array(signature.args[0])(context, builder, given[0]).data
        return builder.atomic_rmw("add", place, ir.Constant(WORD, 1), "seq_cst")

    return types.int64(arrived), generate


@intrinsic
def seen(_context: Any, arrived: Any) -> Any:
    """Give how many have arrived; what they wrote before can be read."""

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        place = make_array(signature.args[0])(context, builder, given[0]).data
        return builder.load_atomic(place, "seq_cst", WORD.width // 8)

    return types.int64(arrived), generate


@intrinsic
def give_way(_context: Any) -> Any:
    """Let another thread have this core, if one waits."""

    def generate(context: Any, builder: Any, _signature: Any, _given: Any) -> Any:
        function = cgutils.get_or_insert_function(builder.module, NOTHING, YIELD)
        builder.call(function, [])
        return context.get_dummy_value()

    return types.void(), generate
