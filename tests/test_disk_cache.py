"""Compiled modules on disk: used again, made anew when anything is wrong with them."""

import importlib
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import traceback
import warnings
from contextlib import contextmanager

import numpy as np
import pytest

from glassprop.backends import disk_cache, kept_files
from glassprop.errors import GlasspropWarning

pytest.importorskip("numba")

SOURCE = """from numba import njit

from glassprop.backends.pipelines import Main, Part

PLAIN = dict(no_cpython_wrapper=True, no_cfunc_wrapper=True)


@njit(pipeline_class=Part, **PLAIN)
def twice(numbers):
    for i in range(numbers.shape[0]):
        numbers[i] = 2 * numbers[i]


@njit(pipeline_class=Main, **PLAIN)
def main(numbers, table, index):
    twice(numbers)
    table[1, 2] = numbers[0] * numbers[0] + numbers[1] * numbers[1] + 1


SIGNATURES = {
    "twice": "void(float64[::1])",
    "main": "void(float64[::1], float64[:, ::1], int64)",
}
"""
BLAS = SOURCE.replace(
    "import Main, Part",
    """import Main, Part
from glassprop.backends.runtime import gemm""",
).replace(
    "    table[1, 2] = numbers[0] * numbers[0] + numbers[1] * numbers[1] + 1",
    "    gemm(1, 1, 2, numbers, 0, False, 2, numbers, 0, False, 1, numbers, 0, 1)\n"
    "    table[1, 2] = numbers[0] + 1",
)
VERSIONS = ("numba 1", "numpy 2")


@pytest.fixture(autouse=True)
def _as_in_a_new_process(monkeypatch):
    monkeypatch.setattr(disk_cache, "_loaded", {})
    disk_cache._warn_once.cache_clear()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    place = tmp_path / "cache" / "glassprop"
    monkeypatch.setattr(disk_cache, "cache_folder", lambda: place)
    return place


def load(source=SOURCE, versions=VERSIONS):
    """Load as a new process does; tell whether the compiler ran, too."""
    disk_cache._loaded.clear()
    runs = []

    @contextmanager
    def waiting():
        runs.append(1)
        yield

    main = disk_cache.load(source, versions, waiting())
    assert main.name not in sys.modules
    return main, bool(runs)


def result(main):
    """Give what main makes of 1 and 2: the sum of the squares of their doubles, + 1."""
    table = np.zeros((2, 3))
    main(np.array([1.0, 2.0]), table, 0)
    return table[1, 2]


def works(main):
    numbers, table = np.array([1.0, 2.0]), np.zeros((2, 3))
    main(numbers, table, 0)
    return (table.tolist(), numbers.tolist()) == ([[0] * 3, [0, 0, 21]], [2, 4])


def process(code, folder, *arguments, **options):
    """Run code in a process of its own that keeps compiled code in the folder."""
    head = f"""
        import os, sys
        from pathlib import Path
        import numpy as np
        from glassprop.backends import disk_cache, kept_files

        disk_cache.cache_folder = lambda: Path(sys.argv[1])
        SOURCE, BLAS, VERSIONS = {SOURCE!r}, {BLAS!r}, {VERSIONS!r}
    """
    text = textwrap.dedent(head) + textwrap.dedent(code)
    command = [sys.executable, "-c", text, str(folder), *arguments]
    return subprocess.Popen(command, text=True, **options)


# Loading ------------------------------------------------------------------------------


def test_a_module_is_compiled_once(folder):
    (first, compiled), (second, again) = load(), load()
    assert (compiled, again) == (True, False)
    assert works(first)
    assert works(second)
    assert [path.name for path in folder.iterdir()] == [f"{first.name}.code"]
    assert disk_cache.load(SOURCE, VERSIONS) is second  # not read again


LATER = """
    from contextlib import contextmanager

    @contextmanager
    def waiting():
        print("compiling")
        yield

    for source in (SOURCE, BLAS):
        main = disk_cache.load(source, VERSIONS, waiting())
        numbers, table = np.array([1.0, 2.0]), np.zeros((2, 3))
        numbers.flags.writeable = False  # nobody asks
        main(numbers, table, 0)
        print(table[1].tolist())
        for wrong in [
            (numbers.astype(np.float32), table, 0),
            (numbers, table.T, 0),
            (numbers, table, 0.5),
            (table, table, 0),
            (numbers,),
        ]:
            try:
                main(*wrong)
            except Exception as error:
                print(f"{type(error).__name__}: {error}")
    print("numba" in sys.modules)
    from numba import njit

    @njit
    def total(numbers):
        return np.sum(np.sqrt(numbers))

    print(total(np.array([4.0, 9.0])))
"""
TOLD = """\
[0.0, 0.0, 21.0]
TypeError: argument 0: expected an array of float64 without gaps and with 1 axis, got \
an array of float32 and shape (2,)
TypeError: argument 1: expected an array of float64 without gaps and with 2 axes, got \
an array with gaps of float64 and shape (3, 2)
TypeError: argument 2: expected an integer, got float 0.5
TypeError: argument 0: expected an array of float64 without gaps and with 1 axis, got \
an array of float64 and shape (2, 3)
TypeError: expected 3 arguments, got 1
"""


def test_a_later_process_runs_what_an_earlier_one_compiled(folder):
    """It imports no Numba, calls BLAS, and Numba compiles other things afterwards."""
    printed = [
        process(LATER, folder, stdout=subprocess.PIPE).communicate()[0]
        for _ in range(2)
    ]
    assert printed[0] == f"compiling\n{TOLD}compiling\n{TOLD}True\n5.0\n"
    assert printed[1] == f"{TOLD}{TOLD}False\n5.0\n"


def test_other_versions_sources_and_options_are_other_modules(folder, monkeypatch):
    names = {load()[0].name, load(versions=("numba 2",))[0].name}
    names.add(load(SOURCE.replace("+ 1", "+ 2"))[0].name)
    monkeypatch.setenv("NUMBA_OPT", "1")
    names.add(load()[0].name)
    assert len(names) == 4
    assert len(list(folder.iterdir())) == 4


def test_what_a_module_imports_of_ours_is_part_of_it(folder, tmp_path, monkeypatch):
    import glassprop.backends

    monkeypatch.setattr(glassprop.backends, "__path__", [str(tmp_path)])
    first, second = (tmp_path / f"some_{one}.py" for one in ("functions", "numbers"))
    first.write_text(
        "from numba import njit\n\nfrom glassprop.backends.some_numbers import TEN\n\n"
        "@njit\ndef ten():\n    return TEN\n"
    )
    source = SOURCE.replace("+ 1", "+ ten()").replace(
        "import njit",
        "import njit\n\nfrom glassprop.backends.some_functions import ten",
    )
    found = []
    for number in (10, 20, 10):
        second.write_text(f"TEN = {number}\n")
        importlib.invalidate_caches()
        for name in ("functions", "numbers"):
            sys.modules.pop(f"glassprop.backends.some_{name}", None)
        # A file of the same size and second would be taken from its bytecode.
        shutil.rmtree(tmp_path / "__pycache__", ignore_errors=True)
        main, compiled = load(source)
        found.append((compiled, result(main)))
    assert found == [(True, 30), (True, 40), (False, 30)]


def test_other_processors_have_other_modules(folder, monkeypatch):
    import llvmlite.binding

    names = {load()[0].name}
    monkeypatch.setattr(llvmlite.binding, "get_host_cpu_name", lambda: "another")
    names.add(load()[0].name)

    def unknown():
        raise RuntimeError

    monkeypatch.setattr(llvmlite.binding, "get_host_cpu_features", unknown)
    names.add(load()[0].name)
    assert len(names) == 3


def test_a_traceback_shows_the_line(folder):
    source = SOURCE.replace("SIGNATURES", "wrong = 1 / 0\n\n\nSIGNATURES")
    with pytest.raises(ZeroDivisionError) as raised:
        load(source)
    assert traceback.extract_tb(raised.value.__traceback__)[-1].line == "wrong = 1 / 0"
    assert [name for name in sys.modules if name.startswith("step_")] == []


# What can be wrong --------------------------------------------------------------------


@pytest.mark.parametrize("harm", ["empty", "half", "flipped", "another", "gone"])
def test_what_has_changed_is_made_anew(folder, harm):
    name = load()[0].name
    path = folder / f"{name}.code"
    whole = bytearray(path.read_bytes())
    if harm == "gone":
        path.unlink()
    elif harm == "another":
        kept_files.keep(folder, f"step_{0:064}", bytes(whole[32:]))
        path.write_bytes((folder / f"step_{0:064}.code").read_bytes())
    else:
        whole[len(whole) // 2] ^= 16
        cut = {"empty": 0, "half": len(whole) // 2, "flipped": None}[harm]
        path.write_bytes(whole[:cut])
    (mended, compiled), (again, later) = load(), load()
    assert (compiled, later) == (True, False)
    assert works(mended)
    assert works(again)


def test_what_cannot_be_linked_is_said_and_made_anew(folder):
    name = load()[0].name
    kept_files.keep(folder, name, b"not what LLVM writes")
    with pytest.warns(GlasspropWarning) as heard:
        mended, compiled = load()
    (one,) = heard
    start = "compiled code that was kept cannot be used (RuntimeError: "
    assert str(one.message).startswith(start)
    assert str(one.message).endswith("): it is compiled again.")
    assert compiled
    assert works(mended)
    assert load()[1] is False


def test_code_that_allocates_is_refused(folder):
    """So no step does: Numba's memory is nothing that code is linked with."""
    source = SOURCE.replace("from numba", "import numpy as np\nfrom numba").replace(
        "    twice(numbers)\n", "    numbers = np.sort(numbers + index)\n"
    )
    with pytest.raises(RuntimeError) as raised:
        load(source)
    assert str(raised.value).startswith("Failed to materialize symbols: {")
    assert not folder.exists()


def test_code_with_addresses_of_its_process_is_refused(folder):
    source = SOURCE.replace(
        "from numba import njit",
        "import ctypes\n\nfrom numba import njit\n\n"
        "absolute = ctypes.CDLL(None).labs\n"
        "absolute.argtypes, absolute.restype = [ctypes.c_long], ctypes.c_long",
    ).replace("+ 1", "+ absolute(-1)")
    if os.name != "posix":
        pytest.skip("finds its function as POSIX does")
    with pytest.raises(AssertionError, match="^it holds addresses of this process$"):
        load(source)
    assert not folder.exists()


@pytest.mark.parametrize("place", ["file", "no home", "disk full"])
def test_a_folder_that_cannot_be_written_is_said_once_and_worked_around(
    tmp_path, monkeypatch, place
):
    shown = path = tmp_path / "file" / "glassprop"
    if place == "file":
        path.parent.write_text("")
        why = os.strerror(20) if os.name == "posix" else None
    else:
        shown = "the user's cache folder" if place == "no home" else path
        why = "this user has no home folder" if place == "no home" else "No space left"

    def folder():
        if place == "no home":
            raise OSError(2, why, "cache folder")
        return path

    def full(*_paths):
        raise OSError(28, why)

    monkeypatch.setattr(disk_cache, "cache_folder", folder)
    if place == "disk full":
        monkeypatch.setattr(kept_files.os, "replace", full)
    with pytest.warns(GlasspropWarning) as heard:
        first, _ = load()
    (one,) = heard
    if why is None:  # Windows has words of its own
        why = str(one.message).partition(f"{path} (")[2].partition(")")[0]
    assert str(one.message) == (
        f"compiled code cannot be kept in {shown} ({why}): this process compiles for "
        "itself, and the next one again. Make the folder writable to wait only once."
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert disk_cache.load(SOURCE, VERSIONS) is first
        second, compiled = load()
    assert compiled
    assert works(first)
    assert works(second)


def test_a_folder_that_can_only_be_read_is_read(folder, monkeypatch):
    load()

    def refuse(*_arguments, **_options):
        raise OSError(30, "Read-only file system")

    for name in ("utime", "replace"):
        monkeypatch.setattr(kept_files.os, name, refuse)
    monkeypatch.setattr(kept_files.tempfile, "mkstemp", refuse)
    main, compiled = load()
    assert not compiled
    assert works(main)


# Ctrl-C -------------------------------------------------------------------------------


@contextmanager
def pressing():
    for _ in range(2):
        signal.raise_signal(signal.SIGINT)
    yield


@pytest.mark.usefixtures("default_handler")
def test_ctrl_c_waits_until_numba_has_done_what_it_began(folder, monkeypatch):
    """Broken off in the middle, Numba would compile nothing any more."""
    with pytest.raises(KeyboardInterrupt):
        disk_cache.load(SOURCE, VERSIONS, pressing())
    assert not folder.exists()  # no function was begun
    keep, done = disk_cache._keep, []

    def pressed(*given):
        signal.raise_signal(signal.SIGINT)
        done.append(keep(*given))

    monkeypatch.setattr(disk_cache, "_keep", pressed)
    with pytest.raises(KeyboardInterrupt):
        disk_cache.load(SOURCE, VERSIONS)
    assert len(done) == 1
    main, compiled = load()
    assert not compiled  # what the compiler has made is kept
    assert works(main)


# Processes ----------------------------------------------------------------------------

LOADS = """
    main = disk_cache.load(SOURCE, VERSIONS)
    table = np.zeros((2, 3))
    main(np.array([1.0, 2.0]), table, 0)
    assert table[1, 2] == 21
"""


def test_eight_cold_processes_at_once(folder):
    eight = [process(LOADS, folder) for _ in range(8)]
    assert [one.wait() for one in eight] == [0] * 8
    main, compiled = load()
    assert not compiled
    assert works(main)
    assert [path.name for path in folder.iterdir()] == [f"{main.name}.code"]


@pytest.mark.skipif(os.name != "posix", reason="kills as POSIX does")
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_process_that_is_killed_while_it_writes_leaves_a_usable_folder(
    folder, moment
):
    dies = """
        import signal
        replace = os.replace

        def killed(*paths):
            if sys.argv[2] == "after":
                replace(*paths)
            os.kill(os.getpid(), signal.SIGKILL)

        kept_files.os.replace = killed
    """
    dies = textwrap.dedent(dies) + textwrap.dedent(LOADS)
    assert process(dies, folder, moment).wait() == -9
    (main, compiled), (_, again) = load(), load()
    assert (compiled, again) == (moment == "before", False)
    assert works(main)
