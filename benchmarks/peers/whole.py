"""Whole processes: from nothing to digits learned; imports; megabytes on disk.

Each cold program stands in the folder ``cold``, as a user would write it. It imports,
builds, trains, prints its accuracy on the rows held out and ends; all have the same
layers, optimizer, batches and number of epochs. One that stays below `GOAL` counts as
not run. Systems that keep compiled code are timed with an empty folder for it and with
what the run before left there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable
from pathlib import Path
from time import perf_counter
from typing import Any

from packaging.requirements import Requirement

import glassprop
from dependencies import closure, megabytes
from peers.common import NotRun
from peers.systems import environment
from peers.workloads import DIGITS

EPOCHS = 20  # with which every system is above GOAL
GOAL = 0.97
COLD = Path(__file__).parent / "cold"
PROJECT = Path(__file__).parents[2]
PROGRAMS: dict[str, tuple[str, ...]] = {
    "glassprop, numba": ("train_glassprop.py", "numba"),
    "glassprop, auto": ("train_glassprop.py", "auto"),
    "torch": ("train_torch.py",),
    "jax": ("train_jax.py",),
    "scikit-learn": ("train_sklearn.py",),
    "tinygrad": ("train_tinygrad.py",),
}
KEEPING = ("glassprop, numba", "glassprop, auto", "jax", "tinygrad")
IMPORTS: dict[str, str] = {
    "glassprop": "import glassprop",
    "glassprop, networks": "import glassprop; glassprop.Network",
    "glassprop, compiled": "import glassprop, numba, scipy; glassprop.Network",
    "torch": "import torch",
    "jax": "import jax, optax",
    "scikit-learn": "import sklearn.neural_network",
    "tinygrad": "import tinygrad, tinygrad.nn",
    "autograd": "import autograd.numpy",
    "onnxruntime": "import onnxruntime",
}
INSTALLED: dict[str, tuple[str, ...]] = {
    "torch": ("torch",),
    "jax": ("jax", "jaxlib", "optax"),
    "scikit-learn": ("scikit-learn",),
    "tinygrad": ("tinygrad", "numpy"),
    "autograd": ("autograd",),
    "onnxruntime": ("onnxruntime",),
}


def process(command: list[str], settings: dict[str, str]) -> tuple[float, str]:
    """Run a process to its end; give its seconds and what it printed."""
    begin = perf_counter()
    done = subprocess.run(
        [sys.executable, *command],
        capture_output=True,
        text=True,
        env=settings,
        check=False,
    )
    seconds = perf_counter() - begin
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["it said nothing"]
        raise NotRun(lines[-1][:300])
    return seconds, done.stdout


def settings_of(name: str, threads: int, kept: str) -> dict[str, str]:
    """Give the environment of a cold program, its compiled code in a folder."""
    from peers.tinygrad_jit import compiler

    found = environment(threads) | {"XDG_CACHE_HOME": kept}
    if name == "jax":
        found |= {
            "JAX_COMPILATION_CACHE_DIR": kept,
            "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
            "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
        }
    if name == "tinygrad":
        found |= {"DEV": "CPU", "CC": shutil.which("clang") or compiler()}
    return found


def learned(name: str, threads: int, kept: str, folder: str) -> float:
    """Run a cold program; give its seconds if it has learned enough."""
    script, *more = PROGRAMS[name]
    command = [str(COLD / script), str(Path(folder) / DIGITS), str(EPOCHS), *more]
    seconds, printed = process(command, settings_of(name, threads, kept))
    accuracy = float(printed.split()[-1])
    if accuracy < GOAL:
        raise NotRun(f"{100 * accuracy:.1f} % after {EPOCHS} epochs.")
    return seconds


def cold(threads: int, turns: int, folder: str) -> dict[str, dict[str, Any]]:
    """Time whole processes, turn by turn, after one turn that is not counted."""
    found: dict[str, dict[str, Any]] = {}
    for turn in range(turns + 1):
        for name in PROGRAMS:
            keeps = name in KEEPING
            labels = [f"{name}, empty", f"{name}, warm"] if keeps else [name]
            with tempfile.TemporaryDirectory() as kept:
                for label in labels:
                    entry = found.setdefault(label, {"seconds": []})
                    if "not_run" in entry:
                        continue
                    try:
                        seconds = learned(name, threads, kept, folder)
                    except NotRun as reason:
                        found[label] = {"not_run": str(reason)}
                        continue
                    if turn:
                        entry["seconds"].append(seconds)
    return found


def imported(turns: int) -> dict[str, dict[str, Any]]:
    """Time processes that import and nothing else, less one that does nothing."""
    found: dict[str, dict[str, Any]] = {name: {"seconds": []} for name in IMPORTS}
    settings = environment(len(os.sched_getaffinity(0)))
    settings |= {"DEV": "CPU"}
    for turn in range(turns + 1):
        empty, _ = process(["-c", "pass"], settings)
        for name, program in IMPORTS.items():
            if "not_run" in found[name]:
                continue
            try:
                seconds, _ = process(["-c", program], settings)
            except NotRun as reason:
                found[name] = {"not_run": str(reason)}
                continue
            if turn:
                found[name]["seconds"].append(seconds - empty)
    return found


def installed() -> dict[str, dict[str, Any]]:
    """Sum the files of each system's distributions and of all that they need."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    core = project["project"]["dependencies"]
    fast = project["project"]["optional-dependencies"]["fast"]
    ours = folder_megabytes(Path(glassprop.__file__).parent)
    found = {
        "glassprop": {"megabytes": ours + needed(names_of(core))},
        "glassprop[fast]": {"megabytes": ours + needed(names_of([*core, *fast]))},
    }
    return found | {
        name: {"megabytes": needed(packages)} for name, packages in INSTALLED.items()
    }


def names_of(requirements: Iterable[str]) -> list[str]:
    return [Requirement(one).name for one in requirements]


def needed(names: Iterable[str]) -> float:
    """Give the megabytes of distributions and of all that they need, each once."""
    together: dict[str, Any] = {}
    for name in names:
        together |= closure(name)
    return megabytes(together.values())


def folder_megabytes(folder: Path) -> float:
    files = (one for one in folder.rglob("*") if one.suffix != ".pyc")
    return sum(one.stat().st_size for one in files if one.is_file()) / 1e6
