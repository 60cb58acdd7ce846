"""What compiled code does below Numba's Python: places, wide products, calls of BLAS.

Numba's own slices carry checks and counts of references that cost more to compile than
the loops around them, and its `np.dot` compiles a page of code for each layout. These
functions become a handful of instructions. Only printed modules import this file,
so that Numba is imported where something is compiled.

`gemm` calls BLAS as SciPy has it, whose place `glassprop.backends.machine_code` knows.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import cgutils, types
from numba.core.errors import TypingError
from numba.extending import intrinsic
from numba.np.arrayobj import make_array, populate_array

from glassprop.backends.machine_code import BLAS, external

BYTE = ir.IntType(8)
WORD = ir.IntType(64)
POINTER = BYTE.as_pointer()
# Where each lies: transpose of both, three sizes, alpha, a, its rows' length, b, its,
# beta, c, its. Sizes have 32 bits.
GEMM = ir.FunctionType(ir.VoidType(), [POINTER] * 13)
SIZE = ir.IntType(32)


@intrinsic(prefer_literal=False)
def part(_context: Any, array: Any, start: Any, count: Any) -> Any:
    """Give ``array[start : start + count]`` of an array without gaps, unchecked."""
    found = array.copy(ndim=1, layout="C")
    signature = found(array, types.intp, types.intp)

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        array, start, count = given
        data = make_array(signature.args[0])(context, builder, array).data
        size = context.get_abi_sizeof(context.get_data_type(found.dtype))
        step = context.get_constant(types.intp, size)
        made = make_array(found)(context, builder)
        populate_array(
            made,
            data=builder.gep(data, [start]),
            shape=(count,),
            strides=(step,),
            itemsize=step,
            meminfo=None,
        )
        return made._getvalue()

    return signature, generate


@intrinsic(prefer_literal=False)
def upper(_context: Any, a: Any, b: Any) -> Any:
    """Give the upper 64 bits of the product of two unsigned numbers of 64 bits."""
    signature = types.uint64(types.uint64, types.uint64)

    def generate(_context: Any, builder: Any, _signature: Any, given: Any) -> Any:
        wide = ir.IntType(128)
        product = builder.mul(*(builder.zext(one, wide) for one in given))
        shifted = builder.lshr(product, ir.Constant(wide, WORD.width))
        return builder.trunc(shifted, WORD)

    return signature, generate


@intrinsic(prefer_literal=False)
def gemm(  # noqa: PLR0917  # Numba takes arguments by position
    _context: Any,
    m: Any,
    n: Any,
    k: Any,
    a: Any,
    at_a: Any,
    turned_a: Any,
    length_a: Any,
    b: Any,
    at_b: Any,
    turned_b: Any,
    length_b: Any,
    c: Any,
    at_c: Any,
    length_c: Any,
) -> Any:
    """Calculate ``c = a @ b`` for matrices of shape (m, k) and (k, n).

    Each lies row by row in a workspace: from where, whether it lies there transposed,
    and how many elements are between the beginnings of two rows there.
    """
    if not (a.dtype == b.dtype == c.dtype and isinstance(a.dtype, types.Float)):
        raise TypingError(f"gemm: expected one float dtype, got {a}, {b}, {c}")
    word = types.intp
    signature = types.void(
        *(word, word, word),
        *(a, word, types.boolean, word),
        *(b, word, types.boolean, word),
        *(c, word, word),
    )

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        m, n, k, a, at_a, turned_a, length_a, b, at_b, turned_b, length_b = given[:11]
        c, at_c, length_c = given[11:]
        kind_a, kind_b, kind_c = (signature.args[at] for at in (3, 7, 11))
        dtype = kind_a.dtype

        def start(kind: Any, array: Any, at: Any) -> Any:
            data = make_array(kind)(context, builder, array).data
            return builder.bitcast(builder.gep(data, [at]), POINTER)

        def place(value: Any) -> Any:
            return builder.bitcast(cgutils.alloca_once_value(builder, value), POINTER)

        def flag(turned: Any) -> Any:
            yes, no = (ir.Constant(BYTE, ord(one)) for one in "tn")
            return place(builder.select(cgutils.as_bool_bit(builder, turned), yes, no))

        def size(value: Any) -> Any:
            return place(builder.trunc(value, SIZE))

        def number(value: float) -> Any:
            return place(context.get_constant(dtype, value))

        # BLAS takes matrices column by column: there c.T = b.T @ a.T.
        call = [flag(turned_b), flag(turned_a), size(n), size(m), size(k), number(1.0)]
        call += [start(kind_b, b, at_b), size(length_b)]
        call += [start(kind_a, a, at_a), size(length_a)]
        call += [number(0.0), start(kind_c, c, at_c), size(length_c)]
        name = external(BLAS[dtype.name])
        function = cgutils.get_or_insert_function(builder.module, GEMM, name)
        builder.call(function, call)
        return context.get_dummy_value()

    return signature, generate


def _has_wide_vectors(context: Any) -> bool:
    """Tell whether this processor has vectors of 512 bits, and so 32 registers."""
    _, _, features = context.codegen().magic_tuple()
    return "+avx512f" in features.split(",")


def _lanes(context: Any, dtype: Any, most: int) -> int:
    """Give how many elements a vector of this processor has, no more than some."""
    bits = 512 if _has_wide_vectors(context) else 256
    return min(most, bits // int(dtype.bitwidth))


@intrinsic(prefer_literal=True)
def lanes(_context: Any, array: Any, most: Any) -> Any:
    """Give how many elements of an array a vector has, no more than a literal."""
    signature = types.intp(array, most)

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        many = _lanes(context, signature.args[0].dtype, most.literal_value)
        return context.get_constant(types.intp, many)

    return signature, generate


@intrinsic(prefer_literal=True)
def tile(  # noqa: PLR0917  # Numba takes arguments by position
    _context: Any,
    array: Any,
    rows: Any,
    vectors: Any,
    most: Any,
    last: Any,
    fresh: Any,
    inner: Any,
    at_a: Any,
    down: Any,
    along: Any,
    at_b: Any,
    at_c: Any,
    length: Any,
) -> Any:
    """Calculate a block of ``c = a @ b``, or of ``c += a @ b`` if not fresh.

    The sums stay in registers: `rows` of them by some vectors of `lanes(array, most)`
    elements side by side, but that the last one, of several, begins `last` elements
    after the first. Rows, vectors and most are literal. Elements of a are `down` and
    `along` apart; b and c lie row by row, `length` between two. With 8 sums of vectors,
    4 rows by two, a processor need not wait for any of them; more rows read b less
    often, where there are registers for their sums, and are else done 4 by 4.
    """
    word = types.intp
    literals = (rows, vectors, most)
    signature = types.void(array, *literals, word, types.boolean, *[word] * 7)

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        kind = signature.args[0]
        data = make_array(kind)(context, builder, given[0]).data
        number = context.get_value_type(kind.dtype)
        many = _lanes(context, kind.dtype, most.literal_value)
        block = _Block(builder, data, number, many)
        offsets = [ir.Constant(WORD, many * at) for at in range(vectors.literal_value)]
        if len(offsets) > 1:
            offsets[-1] = given[4]
        fresh = cgutils.as_bool_bit(builder, given[5])
        inner, at_a, down, along, at_b, at_c, length = given[6:]
        high = min(rows.literal_value, 8 if _has_wide_vectors(context) else 4)
        further = [
            builder.mul(ir.Constant(WORD, high), step) for step in (down, length)
        ]
        for _ in range(0, rows.literal_value, high):
            places = [inner, at_a, down, along, at_b, at_c, length]
            block.write(high, offsets, fresh, places)
            at_a, at_c = (
                builder.add(at, step)
                for at, step in zip((at_a, at_c), further, strict=True)
            )
        return context.get_dummy_value()

    return signature, generate


def _not_unrolled(module: Any) -> Any:
    """Give the mark of a loop that LLVM keeps as it is.

    Two steps of a tile at once need more registers than there are. What does not fit
    goes through the stack, and how long that takes depends on where the stack lies.
    """
    kept = module.add_metadata([ir.MetaDataString(module, "llvm.loop.unroll.disable")])
    number = ir.MetaDataString(module, str(len(module.metadata)))
    mark = module.add_metadata([kept, number])
    mark.operands = (mark, kept)  # the first one is itself, says LLVM
    return mark


class _Block:
    """Writes the instructions of a tile."""

    def __init__(self, builder: Any, data: Any, number: Any, lanes: int) -> None:
        self.builder, self.data = builder, data
        self.kind = ir.VectorType(number, lanes)
        self.number, self.lanes = number, lanes
        self.size = 4 if isinstance(number, ir.FloatType) else 8

    def place(self, start: Any) -> Any:
        pointer = self.builder.gep(self.data, [start])
        return self.builder.bitcast(pointer, self.kind.as_pointer())

    def load(self, start: Any) -> Any:
        return self.builder.load(self.place(start), align=self.size)

    def repeated(self, pointer: Any) -> Any:
        """Load one number into all lanes."""
        value = self.builder.load(pointer)
        index = ir.IntType(32)
        nothing = ir.Constant(self.kind, ir.Undefined)
        first = self.builder.insert_element(nothing, value, ir.Constant(index, 0))
        zeros = ir.Constant(ir.VectorType(index, self.lanes), [0] * self.lanes)
        return self.builder.shuffle_vector(first, nothing, zeros)

    def starts(self, first: Any, step: Any, many: int) -> list[Any]:
        """Give places that are a step apart."""
        found = [first]
        while len(found) < many:
            found.append(self.builder.add(found[-1], step))
        return found

    def write(self, high: int, offsets: list[Any], fresh: Any, places: Any) -> None:
        builder = self.builder
        inner, at_a, down, along, at_b, at_c, length = places
        corners = [
            [builder.add(row, one) for one in offsets]
            for row in self.starts(at_c, length, high)
        ]
        zero = ir.Constant(self.kind, [0.0] * self.lanes)
        begun = [
            [builder.select(fresh, zero, self.load(one)) for one in row]
            for row in corners
        ]
        rows = [builder.gep(self.data, [one]) for one in self.starts(at_a, down, high)]
        before = builder.block
        loop = builder.append_basic_block("tile")
        after = builder.append_basic_block("tiled")
        builder.branch(loop)
        builder.position_at_end(loop)

        def carried(kind: Any, start: Any) -> Any:
            phi = builder.phi(kind)
            phi.add_incoming(start, before)
            return phi

        nothing = ir.Constant(WORD, 0)
        k, a, b = (carried(WORD, one) for one in (nothing, nothing, at_b))
        sums = [[carried(self.kind, one) for one in row] for row in begun]
        others = [self.load(builder.add(b, one)) for one in offsets]
        totals = []
        for start, row in zip(rows, sums, strict=True):
            one = self.repeated(builder.gep(start, [a]))
            products = [builder.fmul(one, x, flags=("contract",)) for x in others]
            totals.append(
                [
                    builder.fadd(total, x, flags=("contract",))
                    for total, x in zip(row, products, strict=True)
                ]
            )
        next_k = builder.add(k, ir.Constant(WORD, 1))
        for phi, value in (
            (k, next_k),
            (a, builder.add(a, along)),
            (b, builder.add(b, length)),
            *zip(sum(sums, []), sum(totals, []), strict=True),
        ):
            phi.add_incoming(value, loop)
        again = builder.cbranch(builder.icmp_signed("<", next_k, inner), loop, after)
        again.set_metadata("llvm.loop", _not_unrolled(builder.module))
        builder.position_at_end(after)
        for row, values in zip(corners, totals, strict=True):
            for corner, value in zip(row, values, strict=True):
                builder.store(value, self.place(corner), align=self.size)
