"""``glassprop cache``: what it shows, and what it removes."""

import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime

import pytest

from glassprop.backends.kept_files import MOST, MOST_BYTES, keep
from glassprop.cli import cache, main

NAMES = [f"step_{number:064x}" for number in range(2)]
NOW = 1_800_000_000


@pytest.fixture
def folder(tmp_path, monkeypatch):
    place = tmp_path / "glassprop"
    monkeypatch.setattr(cache, "cache_folder", lambda: place)
    monkeypatch.setattr(cache.time, "time", lambda: NOW)
    return place


@pytest.fixture
def run(capsys):
    def in_process(*arguments):
        with pytest.raises(SystemExit) as ended:
            main(["cache", *arguments])
        return (ended.value.code or 0, *capsys.readouterr())

    return in_process


def filled(folder, *ages):
    """Keep 1,500 bytes and 30 more for each entry, used so many seconds ago."""
    for number, seconds in enumerate(ages):
        keep(folder, NAMES[number], bytes(1468 + 30 * number))
        used = NOW - seconds
        os.utime(folder / f"{NAMES[number]}.code", (used, used))


def test_nothing_is_kept(run, folder):
    assert run() == (
        0,
        f"folder   {folder}\n"
        f"modules  0 of at most {MOST}\n"
        f"size     0 bytes of at most {MOST_BYTES / 1e6:.1f} MB\n",
        "",
    )
    assert run("--clear") == (0, f"Removed 0 files, 0 bytes, from {folder}\n", "")
    assert not folder.exists()


def test_what_is_kept_is_shown(run, folder):
    filled(folder, 2 * 86_400 + 5, 61)
    assert run() == (
        0,
        f"folder   {folder}\n"
        f"modules  2 of at most {MOST}\n"
        f"size     3.0 kB of at most {MOST_BYTES / 1e6:.1f} MB\n"
        "used     1 minute ago the last one, 2 days ago the first to go\n",
        "",
    )
    code, out, error = run("--json")
    assert (code, error) == (0, "")
    assert json.loads(out) == {
        "folder": str(folder),
        "modules": 2,
        "bytes": 3030,
        "most_modules": MOST,
        "most_bytes": MOST_BYTES,
        "last_used": datetime.fromtimestamp(NOW - 61, UTC).isoformat(),
        "longest_unused": datetime.fromtimestamp(NOW - 172_805, UTC).isoformat(),
    }


def test_it_is_removed_and_nothing_else(run, folder):
    filled(folder, 5, 6)
    (folder / ".writing-abcdefgh").write_bytes(bytes(10))
    (folder / "mine.txt").write_text("mine")
    assert run("--clear") == (0, f"Removed 3 files, 3.0 kB, from {folder}\n", "")
    assert [path.name for path in folder.iterdir()] == ["mine.txt"]
    filled(folder, 5)
    code, out, error = run("--clear", "--json")
    assert (code, error) == (0, "")
    assert json.loads(out) == {
        "folder": str(folder),
        "removed": 1,
        "removed_bytes": 1500,
    }


def test_a_folder_that_is_none(run, folder):
    folder.write_text("a file")
    code, out, error = run()
    assert (code, out) == (1, "")
    assert error.startswith(f"error: {folder}: ")
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-10, "now"),
        (0, "now"),
        (1, "1 second ago"),
        (59, "59 seconds ago"),
        (3599, "59 minutes ago"),
        (3600, "1 hour ago"),
        (86_400 * 400, "400 days ago"),
    ],
)
def test_ages(folder, seconds, text):
    filled(folder, seconds)
    assert cache.age(cache.entries(folder)[0]) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [(1, "1 byte"), (999, "999 bytes"), (1000, "1.0 kB"), (23_456_789, "23.5 MB")],
)
def test_sizes(count, text):
    assert cache.size(count) == text


def test_a_real_run_without_numba(tmp_path):
    """The command needs nothing of the extra, and takes the time of the clock."""
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    environment |= {"LOCALAPPDATA": str(tmp_path), "HOME": str(tmp_path)}
    code = (
        "import sys\n"
        "for name in ('numba', 'llvmlite', 'scipy', 'threadpoolctl'):\n"
        "    sys.modules[name] = None\n"
        "from glassprop.backends.kept_files import cache_folder, keep\n"
        f"keep(cache_folder(), {NAMES[0]!r}, bytes(8))\n"
        "from glassprop.cli import main; main(['cache', '--json'])"
    )
    before = time.time()
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout)
    assert (found["modules"], found["bytes"]) == (1, 40)
    used = datetime.fromisoformat(found["last_used"]).timestamp()
    assert before - 5 < used < time.time() + 5
    assert str(tmp_path) in found["folder"]
