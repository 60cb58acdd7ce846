"""Compiled modules on disk: used again, made anew when anything is wrong with them."""

import os
import subprocess
import sys
import textwrap
import warnings

import pytest

from glassprop.backends import disk_cache
from glassprop.errors import GlasspropWarning

pytest.importorskip("numba")

SOURCE = """from numba import njit


@njit
def twice(number):
    return 2 * number


@njit(cache=True)
def main(number):
    return twice(number) + 1


SIGNATURES = {"twice": "int64(int64)", "main": "int64(int64)"}
"""
VERSIONS = ("numba 1", "numpy 2")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    place = tmp_path / "cache" / "glassprop"
    monkeypatch.setattr(disk_cache, "cache_folder", lambda: place)
    return place


def load(source=SOURCE, versions=VERSIONS):
    return disk_cache.load(source, versions)


def compiled_here(module):
    """Tell whether the compiler ran: what comes from the disk is one hit."""
    return not module.main.stats.cache_hits


def files(folder):
    return {
        path.suffix: path
        for path in folder.rglob("step_*")
        if path.suffix in (".py", ".sums", ".nbi", ".nbc")
    }


def test_a_module_is_compiled_once(folder):
    first, second = load(), load()
    assert [compiled_here(one) for one in (first, second)] == [True, False]
    assert first.main(20) == second.main(20) == 41
    assert sorted(files(folder)) == [".nbc", ".nbi", ".py", ".sums"]
    assert second.__name__ not in sys.modules


def test_other_versions_and_other_sources_are_other_modules(folder):
    names = {load().__name__, load(versions=("numba 2",)).__name__}
    names.add(load(SOURCE.replace("+ 1", "+ 2")).__name__)
    assert len(names) == 3


@pytest.mark.parametrize("suffix", [".py", ".sums", ".nbi", ".nbc"])
@pytest.mark.parametrize("harm", ["garbage", "half", "gone"])
def test_what_has_changed_is_made_anew(folder, suffix, harm):
    load()
    path = files(folder)[suffix]
    if harm == "gone":
        path.unlink()
    else:
        whole = path.read_bytes()
        path.write_bytes(b"\x00" if harm == "garbage" else whole[: len(whole) // 2])
    mended, again = load(), load()
    assert [compiled_here(one) for one in (mended, again)] == [True, False]
    assert mended.main(20) == again.main(20) == 41


@pytest.mark.parametrize("writes", [0, 1])
def test_a_process_that_is_killed_while_it_writes_leaves_a_usable_folder(
    folder, writes
):
    program = f"""
        import os, pathlib
        from glassprop.backends import disk_cache

        disk_cache.cache_folder = lambda: pathlib.Path({str(folder)!r})
        replace, done = disk_cache.os.replace, []

        def killed(temporary, path):
            if pathlib.Path(path).parent.name == "glassprop":
                if len(done) == {writes}:
                    os._exit(9)
                done.append(path)
            replace(temporary, path)

        disk_cache.os.replace = killed
        disk_cache.load({SOURCE!r}, {VERSIONS!r})
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=False)
    assert done.returncode == 9
    assert list(folder.glob(".writing-*")) != []
    assert ".sums" not in files(folder)
    first, second = load(), load()
    assert [compiled_here(one) for one in (first, second)] == [True, False]
    assert first.main(20) == 41


def test_a_write_that_fails_leaves_nothing_behind(folder, monkeypatch):
    def refuse(*_paths):
        raise KeyboardInterrupt

    monkeypatch.setattr(disk_cache.os, "replace", refuse)
    with pytest.raises(KeyboardInterrupt):
        load()
    assert [path for path in folder.rglob("*") if path.is_file()] == []


def test_a_folder_that_cannot_be_written_is_said_once_and_worked_around(
    tmp_path, monkeypatch
):
    (tmp_path / "file").write_text("")
    place = tmp_path / "file" / "glassprop"
    monkeypatch.setattr(disk_cache, "cache_folder", lambda: place)
    with pytest.warns(GlasspropWarning) as heard:
        first = load()
    (one,) = heard
    why = (
        os.strerror(20)
        if sys.platform != "win32"
        else one.message.args[0][
            len(f"compiled code cannot be kept in {place} (") :
        ].partition(")")[0]
    )
    assert str(one.message) == (
        f"compiled code cannot be kept in {place} ({why}): this process compiles for "
        "itself, and the next one again. Make the folder writable to wait only once."
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        second = load()
    assert first.main(20) == second.main(20) == 41
    assert [compiled_here(one) for one in (first, second)] == [True, False]


def test_the_modules_used_longest_ago_are_removed(folder, monkeypatch):
    monkeypatch.setattr(disk_cache, "MOST", 2)
    sources = [SOURCE.replace("+ 1", f"+ {number}") for number in range(3)]
    names = []
    for age, source in enumerate(sources[:2]):
        names.append(load(source).__name__)
        os.utime(folder / f"{names[-1]}.sums", (age + 1, age + 1))
    assert not compiled_here(load(sources[0]))  # used again: no longer the oldest
    names.append(load(sources[2]).__name__)
    left = {path.stem for path in folder.glob("*.sums")}
    assert left == {names[0], names[2]}
    assert not list((folder / "__pycache__").glob(f"{names[1]}.*"))


@pytest.mark.parametrize(
    ("platform", "name", "expected"),
    [
        ("linux", "XDG_CACHE_HOME", "glassprop"),
        ("win32", "LOCALAPPDATA", "glassprop"),
    ],
)
def test_the_folder_is_where_the_system_keeps_such_files(
    platform, name, expected, tmp_path, monkeypatch
):
    monkeypatch.setattr(disk_cache.sys, "platform", platform)
    monkeypatch.setenv(name, str(tmp_path))
    assert disk_cache.cache_folder() == tmp_path / expected
    monkeypatch.setattr(disk_cache.sys, "platform", "darwin")
    assert disk_cache.cache_folder().parts[-3:] == ("Library", "Caches", "glassprop")
