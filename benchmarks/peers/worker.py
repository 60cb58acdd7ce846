"""A process that does one system's work, told by lines of JSON on standard input.

Each line names a task of `TASKS` and its arguments; the answer is one line,
``{"answer": ...}``, ``{"not run": reason}``. Nothing runs between two tasks.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import sys
from dataclasses import replace
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np

from glassprop.workloads import WORKLOADS
from peers.common import NotRun
from peers.systems import SYSTEMS, keep_to
from peers.workloads import data_of, order_of

Trainer = Any


FEWEST = 16  # steps of a turn
LONGEST = 2  # seconds of a turn that has no more


class Worker:
    """What is kept from task to task."""

    def __init__(self) -> None:
        self.trainer: Trainer = None
        self.turn = 0

    def build(
        self, system: str, workload: str, threads: int, folder: str, lean: bool, **other
    ) -> dict[str, Any]:
        """Import a system and make it ready; ``dropout`` may be another."""
        start = perf_counter()
        keep_to(threads)
        self.workload = replace(WORKLOADS[workload], **other)
        x, y = data_of(self.workload, folder)
        module, _, name = SYSTEMS[system].trains.partition(":")
        made = getattr(importlib.import_module(f"peers.{module}"), name)
        self.trainer = made(self.workload, x, y, threads=threads, lean=lean)
        return {"seconds": perf_counter() - start, "note": self.trainer.note}

    def first_steps(self, counts: list[int], path: str) -> list[float] | None:
        """Train for some calls; keep the weights in a file and give the losses."""
        found = [self.run(steps) for steps in counts]
        weights = self.trainer.weights() if hasattr(self.trainer, "weights") else []
        np.savez(path, *weights)
        told = [one for one in found if one is not None]
        return np.concatenate(told).astype(float).tolist() if told else None

    def run(self, steps: int) -> Any:
        self.turn += 1
        return self.trainer.run(order_of(self.workload, self.turn), steps)

    def run_quietly(self, steps: int) -> None:
        """Run steps and tell nothing."""
        self.run(steps)

    def time(self, steps: int) -> dict[str, float]:
        """Give the seconds of one of some steps, and how busy the processors were."""
        self.turn += 1
        order = order_of(self.workload, self.turn)
        busy, start = process_time(), perf_counter()
        self.trainer.run(order, steps)
        seconds = perf_counter() - start
        busy = process_time() - busy
        return {"seconds": seconds / steps, "processors": busy / max(seconds, 1e-9)}

    def steps_of_a_turn(self, seconds: float) -> int:
        """Find how many steps take about so long, and run that many once.

        No fewer than 16, if they do not take over 2 seconds: what begins and ends a
        system's call is not in each step of a training.
        """
        whole = self.workload.steps
        steps = min(whole, 20)
        self.run(steps)
        each = min(self.time(steps)["seconds"] for _ in range(2))
        for _ in range(2):
            fewest = min(FEWEST, round(LONGEST / each))
            wanted = max(1, fewest, round(seconds / each))
            steps = wanted if wanted < whole else wanted // whole * whole
            self.run(steps)
            each = self.time(steps)["seconds"]
        return steps

    def memory(self) -> float:
        """Give the most megabytes that this process has held.

        Linux counts the process that started it into ``getrusage``, so there it is what
        the memory of this one alone has been.
        """
        status = Path("/proc/self/status")
        if status.exists():
            peak = re.search(r"VmHWM:\s*(\d+) kB", status.read_text(encoding="utf-8"))
            if peak:
                return int(peak[1]) * 1024 / 1e6
        import resource

        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most / (1e6 if sys.platform == "darwin" else 1e6 / 1024)


class Predicting(Worker):
    """A worker whose turns are predictions."""

    def build(self, system: str, rows: int, threads: int, **_: Any) -> dict[str, Any]:
        """Make a system's function ready; its input is bound."""
        keep_to(threads)
        from peers.predictors import PREDICTORS, inputs

        start = perf_counter()
        self.call = PREDICTORS[system](inputs(rows), threads)
        return {"seconds": perf_counter() - start, "note": ""}

    def first_steps(self, counts: list[int], path: str) -> None:
        """Keep the prediction in a file."""
        np.savez(path, np.asarray(self.call()))

    def time(self, steps: int) -> dict[str, float]:
        """Give the seconds of one of some predictions."""
        call, turns = self.call, range(steps)
        busy, start = process_time(), perf_counter()
        for _ in turns:
            call()
        seconds = perf_counter() - start
        busy = process_time() - busy
        return {"seconds": seconds / steps, "processors": busy / max(seconds, 1e-9)}

    def steps_of_a_turn(self, seconds: float) -> int:
        """Find how many predictions take about so long."""
        steps = 1
        while (each := self.time(steps)["seconds"]) * steps < seconds / 4:
            steps *= 4
        return max(1, round(seconds / each))


def main() -> None:
    """Answer until there is no more line."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print must not be taken for an answer
    worker = Predicting() if sys.argv[1:] == ["predict"] else Worker()
    for line in sys.stdin:
        task = json.loads(line)
        try:
            answer = {"answer": getattr(worker, task.pop("do"))(**task)}
        except NotRun as reason:
            answer = {"not run": str(reason)}
        except Exception as error:
            first = (str(error).strip() or "no message").splitlines()[0]
            answer = {"not run": f"{type(error).__name__}: {first[:300]}"}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
