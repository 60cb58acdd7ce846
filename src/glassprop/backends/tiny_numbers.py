"""Numbers that are too small for all their digits count as 0 while training steps run.

They are those below 1.2e-38 in float32, 2.3e-308 in float64 (IEEE 754, *subnormal*). A
moment of Adam's whose gradient stays 0 shrinks until it is one, and never becomes 0:
0.9 times the smallest number rounds to that number. Processors take up to a hundred
times as long for each, so that a training would become slower the longer it goes on.
Each thread has a switch of its own, which is put back behind the steps.

Only printed modules import this file, so that Numba is imported where something is
compiled.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import cgutils, types
from numba.extending import intrinsic

BYTES = ir.IntType(8).as_pointer()
HALF, WORD = ir.IntType(32), ir.IntType(64)
X86_ZEROS = 1 << 15 | 1 << 6  # MXCSR: flush to zero, denormals are zeros
ARM_ZEROS = 1 << 24  # FPCR: flush to zero


@intrinsic
def count_as_zero(_context: Any) -> Any:
    """Let tiny numbers count as 0 in this thread; give what was there before."""

    def generate(context: Any, builder: Any, _signature: Any, _given: Any) -> Any:
        switch = _switch(context)
        if switch is None:
            return ir.Constant(WORD, 0)
        before = switch.read(builder)
        switch.write(builder, builder.or_(before, ir.Constant(WORD, switch.zeros)))
        return before

    return types.int64(), generate


@intrinsic
def as_before(_context: Any, before: Any) -> Any:
    """Put back what `count_as_zero` gave."""

    def generate(context: Any, builder: Any, _signature: Any, given: Any) -> Any:
        switch = _switch(context)
        if switch is not None:
            switch.write(builder, given[0])
        return context.get_dummy_value()

    return types.void(before), generate


def _switch(context: Any) -> _X86 | _Arm | None:
    """Give the switch of the processor that is compiled for, if it is known."""
    kind = context.codegen().magic_tuple()[0].partition("-")[0]
    if kind in ("x86_64", "i686"):
        return _X86()
    return _Arm() if kind in ("aarch64", "arm64") else None


class _X86:
    zeros = X86_ZEROS

    def read(self, builder: Any) -> Any:
        place = cgutils.alloca_once(builder, HALF)
        self._call(builder, "llvm.x86.sse.stmxcsr", place)
        return builder.zext(builder.load(place), WORD)

    def write(self, builder: Any, value: Any) -> None:
        place = cgutils.alloca_once(builder, HALF)
        builder.store(builder.trunc(value, HALF), place)
        self._call(builder, "llvm.x86.sse.ldmxcsr", place)

    def _call(self, builder: Any, name: str, place: Any) -> None:
        kind = ir.FunctionType(ir.VoidType(), [BYTES])
        function = cgutils.get_or_insert_function(builder.module, kind, name)
        builder.call(function, [builder.bitcast(place, BYTES)])


class _Arm:
    zeros = ARM_ZEROS

    def read(self, builder: Any) -> Any:
        kind = ir.FunctionType(WORD, [])
        name = "llvm.aarch64.get.fpcr"
        return builder.call(
            cgutils.get_or_insert_function(builder.module, kind, name), []
        )

    def write(self, builder: Any, value: Any) -> None:
        kind = ir.FunctionType(ir.VoidType(), [WORD])
        name = "llvm.aarch64.set.fpcr"
        builder.call(
            cgutils.get_or_insert_function(builder.module, kind, name), [value]
        )
