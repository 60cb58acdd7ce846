"""Start a process for each system, let them agree, then time them turn by turn.

Only one process works at any time; between two turns there is a pause in which threads
that spin go to sleep. The order of the systems moves on by one each turn.
"""

from __future__ import annotations

import json
import select
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from time import sleep
from typing import Any

import numpy as np

from glassprop.workloads import WORKLOADS, Workload, start
from peers.common import NotRun, flat
from peers.systems import OURS, REFERENCE, environment
from peers.workloads import first_steps

PAUSE = 0.05  # seconds between two turns
PATIENCE = 600  # seconds for one answer
CLOSE = {"float64": 1e-9, "float32": 1e-3}  # losses, relative
WEIGHTS_CLOSE = {"float64": 1e-7, "float32": 3e-2}  # relative to how far they moved
PEERS_FOLDER = Path(__file__).parent


class Process:
    """A worker of one system."""

    def __init__(self, threads: int, *kind: str):
        program = "import sys; sys.path.insert(0, sys.argv.pop(1)); "
        program += "from peers.worker import main; main()"
        self.errors = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115
        self.process = subprocess.Popen(
            [sys.executable, "-c", program, str(PEERS_FOLDER.parent), *kind],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
            env=environment(threads),
        )

    def ask(self, do: str, **arguments: Any) -> Any:
        """Have a task done and give the answer; raise `NotRun` if there is none."""
        assert self.process.stdin is not None and self.process.stdout is not None
        try:
            print(json.dumps({"do": do, **arguments}), file=self.process.stdin)
            self.process.stdin.flush()
        except BrokenPipeError:
            raise NotRun(f"its process ended: {self.last_words()}") from None
        if not select.select([self.process.stdout], [], [], PATIENCE)[0]:
            self.end()
            raise NotRun(f"no answer to {do!r} in {PATIENCE} s.")
        line = self.process.stdout.readline()
        if not line:
            raise NotRun(f"its process ended: {self.last_words()}")
        answer = json.loads(line)
        if "not run" in answer:
            raise NotRun(answer["not run"])
        return answer["answer"]

    def last_words(self) -> str:
        self.errors.seek(0)
        lines = self.errors.read().strip().splitlines()
        return lines[-1][:300] if lines else "it said nothing"

    def end(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.wait()
        for one in (self.process.stdin, self.process.stdout, self.errors):
            if one is not None:
                one.close()


class Field:
    """The systems that are measured together, and what came of each."""

    def __init__(self, names: list[str], threads: int, *kind: str):
        self.running: dict[str, Process] = {}
        self.found: dict[str, dict[str, Any]] = {name: {} for name in names}
        self.threads, self.kind = threads, kind

    def each(self, do: Any) -> None:
        """Do something with every system that runs; drop those that cannot."""
        for name, process in list(self.running.items()):
            try:
                do(name, process)
            except NotRun as reason:
                self.drop(name, str(reason))

    def drop(self, name: str, reason: str) -> None:
        self.found[name] = {"not_run": reason}
        self.running.pop(name).end()

    def begin(self) -> None:
        """Start all processes anew."""
        self.end()
        for name, found in self.found.items():
            if "not_run" not in found:
                self.running[name] = Process(self.threads, *self.kind)

    def end(self) -> None:
        for process in self.running.values():
            process.end()
        self.running = {}

    def timed(self, seconds: float, turns: int) -> None:
        """Time the systems turn by turn."""

        def prepare(name: str, process: Process) -> None:
            steps = process.ask("steps_of_a_turn", seconds=seconds)
            self.found[name] |= {"steps": steps, "seconds": [], "processors": []}

        def turn(name: str, process: Process) -> None:
            sleep(PAUSE)
            told = process.ask("time", steps=self.found[name]["steps"])
            self.found[name]["seconds"].append(told["seconds"])
            self.found[name]["processors"].append(told["processors"])

        self.each(prepare)
        for _ in range(turns):
            self.each(turn)
            names = list(self.running)
            self.running = {n: self.running[n] for n in [*names[1:], *names[:1]]}


def trained(
    workload: Workload,
    names: list[str],
    *,
    threads: int,
    turns: int,
    seconds: float,
    folder: str,
) -> dict[str, dict[str, Any]]:
    """Measure one workload's training; give what came of each system, by name.

    Parameters
    ----------
    workload : Workload
        What is trained.
    names : list of str
        Of the systems.
    threads, turns : int
        How many.
    seconds : float
        About how long a turn takes.
    folder : str
        Where the digits are, and weights are exchanged.
    """
    field = Field(names, threads)
    what = {"workload": workload.name, "threads": threads, "folder": folder}
    whole = {"lean": False, "dropout": workload.dropout}
    try:
        field.begin()

        def build(name: str, process: Process, **how: Any) -> None:
            told = process.ask("build", system=name, **what, **(whole | how))
            field.found[name] |= {"building": told["seconds"], "note": told["note"]}

        field.each(lambda name, process: build(name, process, dropout=0.0))
        _agree(field, workload, folder)
        if workload.dropout:  # what was compared drew nothing
            field.begin()
            field.each(build)
        field.timed(seconds, turns)
    finally:
        field.end()
    return field.found


def _agree(field: Field, workload: Workload, folder: str) -> None:
    """Compare the first steps with the reference; drop systems that differ."""
    told: dict[str, Any] = {}
    weights: dict[str, list[Any]] = {}

    def run(name: str, process: Process) -> None:
        path = Path(folder) / f"{name.replace(' ', '_')}.npz"
        told[name] = process.ask(
            "first_steps", counts=first_steps(workload), path=str(path)
        )
        with np.load(path) as kept:
            weights[name] = list(kept.values())
        path.unlink()

    field.each(run)
    base = REFERENCE if REFERENCE in told else OURS
    if base not in told:
        for name in list(field.running):
            field.drop(name, "there is nothing of ours to compare it with.")
        return
    begin = flat(start(workload), workload.bias)
    for name in [one for one in told if one != base]:
        reason = _difference(told[base], told[name], CLOSE[workload.dtype])
        if reason is None and weights[name]:
            limit = WEIGHTS_CLOSE[workload.dtype]
            reason = _apart(weights[base], weights[name], begin, limit)
        if reason is not None:
            field.drop(name, f"it computes something else than {base}: {reason}")


def _difference(base: Any, other: Any, close: float) -> str | None:
    """Say where losses differ, if they do."""
    if other is None or base is None:
        return None
    first, second = np.array(base), np.array(other)
    if first.shape != second.shape:
        return f"{second.shape} losses for {first.shape}."
    apart = ~(np.abs(first - second) <= close * np.abs(first))
    if not apart.any():
        return None
    step = int(apart.argmax())
    return f"step {step + 1} has the loss {second[step]:.9g}, not {first[step]:.9g}."


def _apart(base: Any, other: Any, begin: Any, limit: float) -> str | None:
    """Say by how much the weights differ, if they do."""
    moved = np.sqrt(sum(np.sum((a - b) ** 2) for a, b in zip(base, begin, strict=True)))
    apart = np.sqrt(sum(np.sum((a - b) ** 2) for a, b in zip(base, other, strict=True)))
    if apart <= limit * moved:
        return None
    return f"its weights are {apart / moved:.3g} of their way apart."


def predicted(
    names: list[str],
    rows: int,
    *,
    threads: int,
    turns: int,
    seconds: float,
    folder: str,
) -> dict[str, dict[str, Any]]:
    """Measure the prediction of so many rows; give what came of each system."""
    field = Field(names, threads, "predict")
    outputs: dict[str, Any] = {}
    try:
        field.begin()

        def build(name: str, process: Process) -> None:
            process.ask("build", system=name, rows=rows, threads=threads)
            path = Path(folder) / "predicted.npz"
            process.ask("first_steps", counts=[], path=str(path))
            with np.load(path) as kept:
                outputs[name] = kept["arr_0"]

        field.each(build)
        for name in list(field.running):
            shown = outputs["numpy"] if "numpy" in outputs else outputs[name]
            if not np.allclose(outputs[name].reshape(shown.shape), shown, atol=1e-4):
                field.drop(name, "it predicts something else than numpy.")
        field.timed(seconds, turns)
    finally:
        field.end()
    return field.found


def remembered(
    workload: str, names: list[str], folder: str
) -> dict[str, Mapping[str, Any]]:
    """Measure the most memory of a pass of a workload, each system alone, leanest."""
    field = Field(names, 1)
    work = WORKLOADS[workload]
    what = {"workload": workload, "threads": 1, "folder": folder, "lean": True}
    for name in names:
        process = field.running[name] = Process(1)
        try:
            process.ask("build", system=name, **what)
            for _ in range(2):
                process.ask("run_quietly", steps=min(work.steps, 100))
            field.found[name] = {"megabytes": process.ask("memory")}
        except NotRun as reason:
            field.found[name] = {"not_run": str(reason)}
        finally:
            field.running.pop(name).end()
    return field.found
