"""The entry of an object file: a function of one address, which calls the main one.

Numba's own ways in take Python's arguments apart with the help of Numba's libraries.
This one reads 64-bit words (`glassprop.backends.machine_code`), so that what calls it
needs neither these nor Numba.

Only printed modules import this file, so that Numba is imported where something is
compiled.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import types
from numba.np.arrayobj import make_array, populate_array

from glassprop.backends.machine_code import DATA, ENTRY, SIZES

WORD = ir.IntType(64)


def add_entry(context: Any, library: Any, described: Any) -> None:
    """Put into a library the entry that calls one of its functions.

    Parameters
    ----------
    context : numba context
        Of the processor.
    library : numba library
        Not yet finalized.
    described : numba description
        Of a function that takes integers and arrays without gaps.
    """
    module = library.create_ir_module(ENTRY)
    calls = context.call_conv
    kinds = described.argtypes
    taken = calls.get_function_type(described.restype, kinds)
    main = ir.Function(module, taken, described.llvm_func_name)
    kind = ir.FunctionType(ir.VoidType(), [WORD.as_pointer()])
    entry = ir.Function(module, kind, ENTRY)
    builder = ir.IRBuilder(entry.append_basic_block())
    words = [
        builder.load(builder.gep(entry.args[0], [ir.Constant(WORD, at)]))
        for at in range(len(kinds))
    ]
    given = [
        _array(context, builder, kind, word) if isinstance(kind, types.Array) else word
        for kind, word in zip(kinds, words, strict=True)
    ]
    calls.call_function(builder, main, described.restype, kinds, given)
    builder.ret_void()  # it raises nothing
    # Numba counts who uses an array, and would free one that is its own; none is.
    kind = ir.FunctionType(ir.VoidType(), [ir.IntType(8).as_pointer()])
    free = ir.Function(module, kind, "NRT_MemInfo_call_dtor")
    ir.IRBuilder(free.append_basic_block()).ret_void()
    library.add_ir_module(module)


def _array(context: Any, builder: Any, kind: Any, word: Any) -> Any:
    """Give Numba's view of an array whose object lies at an address."""

    def field(offset: int, pointed: Any) -> Any:
        place = builder.add(word, ir.Constant(WORD, offset))
        held = builder.inttoptr(place, pointed.as_pointer().as_pointer())
        return builder.load(held)

    element = context.get_data_type(kind.dtype)
    size = ir.Constant(WORD, context.get_abi_sizeof(element))
    sizes = field(SIZES, WORD)
    shape = [
        builder.load(builder.gep(sizes, [ir.Constant(WORD, axis)]))
        for axis in range(kind.ndim)
    ]
    strides = [size]
    for one in reversed(shape[1:]):
        strides.insert(0, builder.mul(one, strides[0]))
    made = make_array(kind)(context, builder)
    populate_array(
        made,
        data=field(DATA, element),
        shape=shape,
        strides=strides,
        itemsize=size,
        meminfo=None,
    )
    return made._getvalue()
