"""Machine code that lies in memory as an object file, made ready to be called.

An object file is what a compiler hands to a linker. LLVM's linker puts one into this
process, without Numba, which takes longer to import than a small network to train. The
file's one entry (`glassprop.backends.entries`) takes the address of 64-bit words, one
for each argument: an integer, or where an array object lies. The code finds the numbers
of an array in that object, as each extension module of NumPy does, so that a call does
not take them apart in Python.
"""

from __future__ import annotations

import ctypes
import importlib
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import count
from typing import Any, TypeAlias

import numpy as np

from glassprop.errors import MissingExtraError
from glassprop.graph import DType

Kind: TypeAlias = tuple[DType, int] | None  # an array's dtype and axes; None an integer
Words: TypeAlias = "ctypes.Array[ctypes.c_int64]"
ENTRY = "entry"
# Where an array object keeps the address of its numbers and, behind the number of its
# axes, that of its sizes (PyArrayObject_fields in NumPy's ndarraytypes.h, part of its
# stable binary interface).
DATA = object.__basicsize__
SIZES = DATA + 16
BLAS = {"float32": "sgemm", "float64": "dgemm"}
_numbers = count()  # LLVM knows the files in a process by name, also those it refused
TYPE = re.compile(r"(\w+)(\[[^]]*\])?")


def external(name: str) -> str:
    """Give the name under which an object file calls a function of BLAS."""
    return f"glassprop_{name}"


def kinds_of(signature: str) -> list[Kind]:
    """Read a signature of Numba's, such as ``"void(float32[:, ::1], int64)"``.

    Parameters
    ----------
    signature : str
        Of a function that takes integers and arrays, and gives nothing.
    """
    inside = signature.removeprefix("void(").removesuffix(")")
    return [
        (np.dtype(name.removesuffix("_")), axes.count(",") + 1) if axes else None
        for name, axes in TYPE.findall(inside)
    ]


class Function:
    """A compiled function that Python calls. The interpreter is free meanwhile.

    Parameters
    ----------
    code : bytes
        An object file.
    name : str
        What it is known by.
    kinds : sequence of kind
        Of its arguments.
    calls_blas : bool
        Whether it calls BLAS, as SciPy has it.

    Attributes
    ----------
    entry : callable
        The code itself. It takes words that are known to be right, by reference.

    Raises
    ------
    RuntimeError
        If it cannot be linked.
    MissingExtraError
        If it calls BLAS and SciPy cannot be imported.
    """

    def __init__(
        self, code: bytes, name: str, kinds: Sequence[Kind], *, calls_blas: bool
    ) -> None:
        self.name, self.kinds = name, kinds
        self._linked = _linked(code, _blas() if calls_blas else {})
        # With its argument's type declared, ctypes would take half as long again.
        prototype = ctypes.CFUNCTYPE(None)
        self.entry: Callable[[Any], None] = prototype(self._linked[ENTRY])

    def __call__(self, *given: Any) -> None:
        """Check the arguments and call it.

        Parameters
        ----------
        given
            Integers, and arrays without gaps.

        Raises
        ------
        TypeError
            If an argument is of another kind.
        """
        if len(given) != len(self.kinds):
            raise TypeError(f"expected {len(self.kinds)} arguments, got {len(given)}")
        for at, (one, kind) in enumerate(zip(given, self.kinds, strict=True)):
            if not _is_of(one, kind):
                raise TypeError(
                    f"argument {at}: expected {_described(kind)}, got {_shown(one)}"
                )
        self.entry(ctypes.byref(words_of(given)))


def words_of(given: Sequence[Any]) -> Words:
    """Give arguments as words. Whoever holds these must hold the arrays too."""
    values = (id(one) if isinstance(one, np.ndarray) else one for one in given)
    return (ctypes.c_int64 * len(given))(*values)


def _is_of(value: Any, kind: Kind) -> bool:
    if kind is None:
        return isinstance(value, (int, np.integer))
    if not isinstance(value, np.ndarray):
        return False
    flags = value.flags
    return (value.dtype, value.ndim) == kind and flags.c_contiguous and flags.aligned


def _described(kind: Kind) -> str:
    if kind is None:
        return "an integer"
    dtype, axes = kind
    many = "1 axis" if axes == 1 else f"{axes} axes"
    return f"an array of {dtype} without gaps and with {many}"


def _shown(value: Any) -> str:
    if not isinstance(value, np.ndarray):
        return f"{type(value).__name__} {value!r}"
    gaps = "" if value.flags.c_contiguous else " with gaps"
    return f"an array{gaps} of {value.dtype} and shape {value.shape}"


def _linked(code: bytes, symbols: Mapping[str, int]) -> Any:
    """Put an object file into this process; what is given back keeps it there."""
    binding = importlib.import_module("llvmlite.binding")
    library = binding.JITLibraryBuilder().add_object_img(code).add_current_process()
    for key, address in symbols.items():
        library.import_symbol(key, address)
    return library.export_symbol(ENTRY).link(_linker(), f"file {next(_numbers)}")


@cache
def _linker() -> Any:
    """Start LLVM's linker, once, and see that NumPy's arrays are what code expects.

    Raises
    ------
    RuntimeError
        If they are not.
    """
    if not _arrays_are_as_expected():
        raise RuntimeError(f"NumPy {np.__version__} lays out arrays in an unknown way")
    binding = importlib.import_module("llvmlite.binding")
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    return binding.create_lljit_compiler(suppress_errors=True)


def _arrays_are_as_expected() -> bool:
    """Look for the numbers and sizes of an array where compiled code does."""
    array = np.zeros((2, 3))
    place = id(array)
    if ctypes.c_size_t.from_address(place + DATA).value != array.ctypes.data:
        return False
    if ctypes.c_int.from_address(place + SIZES - 8).value != array.ndim:
        return False
    sizes = ctypes.c_size_t.from_address(place + SIZES).value
    return tuple((ctypes.c_ssize_t * 2).from_address(sizes)) == array.shape


@cache
def _blas() -> Mapping[str, int]:
    """Find the matrix products of SciPy's BLAS, which it offers to compiled code."""
    try:
        functions = importlib.import_module("scipy.linalg.cython_blas").__pyx_capi__
    except ImportError as error:
        raise MissingExtraError(
            f"compiled code needs scipy, which cannot be imported ({error}). Install "
            'it: pip install "glassprop[fast]"'
        ) from None
    python = ctypes.pythonapi
    name_of, pointer_of = python.PyCapsule_GetName, python.PyCapsule_GetPointer
    name_of.restype, name_of.argtypes = ctypes.c_char_p, [ctypes.py_object]
    pointer_of.restype = ctypes.c_void_p
    pointer_of.argtypes = [ctypes.py_object, ctypes.c_char_p]
    return {
        external(one): pointer_of(functions[one], name_of(functions[one]))
        for one in BLAS.values()
    }
