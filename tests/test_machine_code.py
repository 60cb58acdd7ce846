"""Object files in this process: what their functions take, and what stops them.

Real ones are compiled, linked and called in test_disk_cache.py and test_numba.py.
"""

import sys

import numpy as np
import pytest

from glassprop.backends import machine_code
from glassprop.backends.installed import NEEDED
from glassprop.backends.machine_code import Function, kinds_of
from glassprop.errors import MissingExtraError
from networks import refusal

needs_llvm = pytest.mark.usefixtures("_llvm")


@pytest.fixture
def _llvm():
    pytest.importorskip("llvmlite")


def test_a_signature_says_what_a_function_takes():
    text = "void(float32[::1], bool_[::1], int64, float64[:, ::1], int64[:, :, ::1])"
    found = [
        (np.dtype(kind[0]).name, kind[1]) if kind else None for kind in kinds_of(text)
    ]
    assert found == [("float32", 1), ("bool", 1), None, ("float64", 2), ("int64", 3)]
    assert kinds_of("void()") == []


@needs_llvm
def test_what_is_no_object_file_is_refused():
    refused = refusal(RuntimeError, lambda: Function(b"no", "f", [], calls_blas=False))
    assert refused == "The file was not recognized as a valid object file"


@needs_llvm
@pytest.mark.parametrize("name", ["DATA", "SIZES"])
def test_arrays_of_another_numpy_are_not_read(name, monkeypatch):
    monkeypatch.setattr(machine_code, name, getattr(machine_code, name) + 8)
    assert refusal(RuntimeError, machine_code._linker.__wrapped__) == (
        f"NumPy {np.__version__} lays out arrays in an unknown way"
    )


def test_without_scipys_products_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.linalg.cython_blas", None)
    assert "scipy" in NEEDED
    assert refusal(MissingExtraError, machine_code._blas.__wrapped__) == (
        "compiled code needs scipy, which cannot be imported (import of "
        "scipy.linalg.cython_blas halted; None in sys.modules). Install it: pip "
        'install "glassprop[fast]"'
    )
