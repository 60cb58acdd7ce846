"""Entries on disk: whole or none, not too many, and nobody else's files touched."""

import errno
import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from glassprop.backends import kept_files
from glassprop.backends.kept_files import cache_folder, clear, entries, keep, read

NAMES = [f"step_{number:064x}" for number in range(4)]
DATA = bytes(range(256)) * 40
posix = pytest.mark.skipif(os.name != "posix", reason="signals and limits of POSIX")


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "cache" / "glassprop"


def run(code, *arguments, **options):
    """Run code in a process of its own, without Numba."""
    head = "import sys\nfrom pathlib import Path\nfrom glassprop.backends import "
    head += "kept_files\nfrom glassprop.backends.kept_files import keep, read\n"
    text = head + textwrap.dedent(code)
    command = [sys.executable, "-c", text, *map(str, arguments)]
    return subprocess.Popen(command, **options)


def files(folder):
    return sorted(path.name for path in folder.iterdir())


def test_what_is_kept_is_read(folder):
    assert read(folder, NAMES[0]) is None
    keep(folder, NAMES[0], DATA)
    keep(folder, NAMES[1], b"")
    assert [read(folder, name) for name in NAMES[:3]] == [DATA, b"", None]
    keep(folder, NAMES[0], b"other")
    assert read(folder, NAMES[0]) == b"other"
    assert files(folder) == [f"{name}.code" for name in NAMES[:2]]
    if os.name == "posix":
        assert folder.stat().st_mode & 0o777 == 0o700


def test_every_flipped_bit_and_every_cut_is_seen(folder):
    keep(folder, NAMES[0], b"some code")
    path = folder / f"{NAMES[0]}.code"
    whole = path.read_bytes()
    for at in range(8 * len(whole)):
        harmed = bytearray(whole)
        harmed[at // 8] ^= 1 << at % 8
        path.write_bytes(harmed)
        assert read(folder, NAMES[0]) is None
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        assert read(folder, NAMES[0]) is None
    path.write_bytes(whole + b"\0")
    assert read(folder, NAMES[0]) is None
    path.write_bytes(whole)
    assert read(folder, NAMES[0]) == b"some code"


def test_an_entry_under_another_name_is_none(folder):
    keep(folder, NAMES[0], DATA)
    (folder / f"{NAMES[0]}.code").rename(folder / f"{NAMES[1]}.code")
    assert read(folder, NAMES[1]) is None


@posix
@pytest.mark.parametrize("seed", range(6))
def test_a_process_that_is_killed_at_any_moment_harms_nothing(folder, seed):
    writes = """
        folder, names, size = Path(sys.argv[1]), sys.argv[2:], 300_000
        while True:
            for number, name in enumerate(names):
                keep(folder, name, bytes([number]) * size)
                print(flush=True)
    """
    writer = run(writes, folder, *NAMES, stdout=subprocess.PIPE)
    writer.stdout.readline()  # it has begun
    time.sleep(random.Random(seed).uniform(0, 0.1))
    writer.kill()
    writer.communicate()
    assert writer.returncode == -signal.SIGKILL
    for number, name in enumerate(NAMES):
        assert read(folder, name) in (None, bytes([number]) * 300_000)
        keep(folder, name, DATA)
        assert read(folder, name) == DATA


@posix
@pytest.mark.parametrize("moment", ["half written", "written"])
def test_what_a_killed_process_leaves_is_removed_later(folder, moment):
    dies = """
        import os, signal
        die = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
        if sys.argv[3] == "written":
            kept_files.os.replace = die
        else:
            class Half:
                def __init__(self, file): self.file = file
                def __enter__(self): return self
                def __exit__(self, *_): pass
                def write(self, data):
                    self.file.write(data[: len(data) // 2])
                    self.file.flush()
                    die()
            opened = os.fdopen
            kept_files.os.fdopen = lambda *arguments: Half(opened(*arguments))
        keep(Path(sys.argv[1]), sys.argv[2], bytes(5000))
    """
    assert run(dies, folder, NAMES[0], moment).wait() == -signal.SIGKILL
    (left,) = folder.iterdir()
    assert left.name.startswith(".writing-")
    assert left.stat().st_size == {"half written": 2516, "written": 5032}[moment]
    keep(folder, NAMES[0], DATA)
    assert left.exists()  # somebody may be writing it
    long_ago = time.time() - kept_files.LEFT_OVER - 1
    os.utime(left, (long_ago, long_ago))
    keep(folder, NAMES[1], DATA)
    assert files(folder) == [f"{name}.code" for name in NAMES[:2]]


@posix
def test_a_full_disk_leaves_nothing_behind(folder):
    fails = """
        import resource
        resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000))
        folder = Path(sys.argv[1])
        keep(folder, sys.argv[2], bytes(3000))
        try:
            keep(folder, sys.argv[3], bytes(10_000))
        except OSError as error:
            print(error.strerror)
    """
    done = run(fails, folder, *NAMES[:2], stdout=subprocess.PIPE, text=True)
    assert done.communicate()[0] == f"{os.strerror(errno.EFBIG)}\n"
    assert files(folder) == [f"{NAMES[0]}.code"]


def test_a_write_that_is_interrupted_leaves_nothing_behind(folder, monkeypatch):
    def refuse(*_paths):
        raise KeyboardInterrupt

    monkeypatch.setattr(kept_files.os, "replace", refuse)
    with pytest.raises(KeyboardInterrupt):
        keep(folder, NAMES[0], DATA)
    assert files(folder) == []


def test_a_file_that_another_process_reads_need_not_be_replaced(folder, monkeypatch):
    def refuse(*_paths):  # as Windows does
        raise PermissionError(errno.EACCES, "in use")

    monkeypatch.setattr(kept_files.os, "replace", refuse)
    with pytest.raises(PermissionError, match="in use"):
        keep(folder, NAMES[0], DATA)
    monkeypatch.undo()
    keep(folder, NAMES[0], b"theirs")
    monkeypatch.setattr(kept_files.os, "replace", refuse)
    keep(folder, NAMES[0], DATA)
    assert read(folder, NAMES[0]) == b"theirs"
    assert files(folder) == [f"{NAMES[0]}.code"]


def test_many_processes_at_once(folder):
    writes = """
        folder, names = Path(sys.argv[1]), sys.argv[2:]
        for turn in range(25):
            for number, name in enumerate(names):
                keep(folder, name, bytes([number]) * (turn + 1) * 400)
                found = read(folder, name)
                assert found and set(found) == {number}, (name, found)
    """
    writers = [run(writes, folder, *NAMES) for _ in range(8)]
    assert [one.wait() for one in writers] == [0] * 8
    assert files(folder) == [f"{name}.code" for name in NAMES]


# Limits -------------------------------------------------------------------------------


def aged(folder, names):
    """Keep entries, the first one used longest ago."""
    for number, name in enumerate(names, 1):
        keep(folder, name, DATA)
        os.utime(folder / f"{name}.code", (number, number))


def left(folder):
    return [one.path.stem for one in entries(folder)]


def test_the_entries_used_longest_ago_are_removed(folder, monkeypatch):
    monkeypatch.setattr(kept_files, "MOST", 3)
    aged(folder, NAMES[:3])
    assert read(folder, NAMES[0]) == DATA  # used again: no longer the oldest
    keep(folder, NAMES[3], DATA)
    assert sorted(left(folder)) == [NAMES[0], NAMES[2], NAMES[3]]
    assert left(folder)[-1] == NAMES[2]


def test_entries_are_bounded_by_bytes(folder, monkeypatch):
    size = len(DATA) + 32
    monkeypatch.setattr(kept_files, "MOST_BYTES", 3 * size)
    aged(folder, NAMES[:3])
    assert len(left(folder)) == 3
    keep(folder, NAMES[3], DATA + b"more")
    assert left(folder) == [NAMES[3], NAMES[2]]
    keep(folder, NAMES[0], bytes(10 * size))  # larger than all may be
    assert left(folder) == [NAMES[0]]


def test_the_entry_just_written_stays_whatever_the_clock_says(folder, monkeypatch):
    monkeypatch.setattr(kept_files, "MOST", 1)
    keep(folder, NAMES[0], DATA)
    future = time.time() + 10**6
    os.utime(folder / f"{NAMES[0]}.code", (future, future))
    keep(folder, NAMES[1], DATA)
    assert left(folder) == [NAMES[1]]


# Removing everything ------------------------------------------------------------------


def test_clearing_removes_what_was_put_there_and_nothing_else(folder):
    assert clear(folder) == []
    aged(folder, NAMES[:2])
    others = [f"{NAMES[2]}.code.bak", "notes.txt", ".writing-notes.txt", "step_1.code"]
    for name in others:
        (folder / name).write_text("mine")
    (folder / f"{NAMES[3]}.code").mkdir()
    (folder / ".writing-abcd_123").write_text("left over")
    removed = clear(folder)
    assert [one.path.name for one in removed] == [
        f"{NAMES[1]}.code",
        f"{NAMES[0]}.code",
        ".writing-abcd_123",
    ]
    assert sum(one.size for one in removed) == 2 * (len(DATA) + 32) + 9
    assert files(folder) == sorted([*others, f"{NAMES[3]}.code"])
    assert clear(folder) == []


def test_an_empty_folder_goes_too(folder):
    aged(folder, NAMES[:1])
    clear(folder)
    assert not folder.exists()
    assert folder.parent.exists()
    assert entries(folder) == []


@posix
def test_a_link_is_not_followed(folder, tmp_path):
    keep(folder, NAMES[0], DATA)
    theirs = tmp_path / "theirs"
    theirs.write_bytes(DATA)
    (folder / f"{NAMES[1]}.code").symlink_to(theirs)
    assert [one.path.stem for one in clear(folder)] == [NAMES[0]]
    assert theirs.read_bytes() == DATA


# The folder ---------------------------------------------------------------------------

HOMES = {
    "linux": ("XDG_CACHE_HOME", (".cache",)),
    "win32": ("LOCALAPPDATA", ("AppData", "Local")),
    "darwin": (None, ("Library", "Caches")),
}


@pytest.mark.parametrize("system", HOMES)
def test_the_folder_is_where_the_system_keeps_such_files(system, tmp_path, monkeypatch):
    variable, parts = HOMES[system]
    monkeypatch.setattr(kept_files.sys, "platform", system)
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")
    at_home = tmp_path.joinpath("home", *parts, "glassprop")
    for name, _ in HOMES.values():
        if name is not None:
            monkeypatch.setenv(name, str(tmp_path / name))
    expected = at_home if variable is None else tmp_path / variable / "glassprop"
    assert cache_folder() == expected
    for value in ("", "relative/folder"):
        if variable is not None:
            monkeypatch.setenv(variable, value)
            assert cache_folder() == at_home


def test_a_user_without_a_home_folder(monkeypatch):
    def missing():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", missing)
    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(OSError, match="no home") as raised:
        cache_folder()
    error = raised.value
    assert (error.errno, error.strerror, error.filename) == (
        errno.ENOENT,
        "this user has no home folder",
        "cache folder",
    )
