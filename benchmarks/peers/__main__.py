"""Measure glassprop and its peers: ``python benchmarks/peers``.

    python benchmarks/peers [--only digits,images,predict] [--systems torch,jax]
        [--threads 1,2] [--turns 9] [--seconds 0.4] [--quick] [--out FILE]

`--only` takes names of workloads, and ``predict``, ``cold``, ``import``, ``memory``.
Each row is written to the file when it is done, by default one of this processor; with
`--only`, others that are there stay. `write_page.py` makes the page of all such files.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

PARTS = ("predict", "cold", "import", "memory")
MEMORY = ("images", "wide")
ROWS = (1, 10_000)  # of a prediction


def main() -> None:
    """Measure, print and save."""
    sys.path[0] = str(Path(__file__).parents[1])  # where this package stands
    from glassprop.workloads import WORKLOADS
    from peers import report
    from timing import table

    options = asked(list(WORKLOADS))
    results = load(options)
    with tempfile.TemporaryDirectory() as folder:
        from peers.workloads import keep_digits

        keep_digits(folder)
        for part, work in steps(options, folder):
            say(f"{part} ...")
            work(results)
            options.out.parent.mkdir(parents=True, exist_ok=True)
            options.out.write_text(json.dumps(results, indent=1), encoding="utf-8")
    for title, heads, rows in report.tables(results):
        print(f"\n{title}\n")
        print(table(heads, rows))
    print(f"\nSaved as {options.out}")


def asked(workloads: list[str]) -> argparse.Namespace:
    """Read the command line."""
    from peers.systems import SYSTEMS

    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    everything = [*workloads, *PARTS]
    parser.add_argument("--only")
    parser.add_argument("--systems", default=",".join(SYSTEMS))
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--turns", type=int)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument(
        "--out",
        type=Path,
        default=Path(__file__).parents[1] / "results" / file_name(processor()),
    )
    options = parser.parse_args()
    options.some = options.only is not None
    options.only = options.only.split(",") if options.some else everything
    options.systems = options.systems.split(",")
    options.threads = [int(one) for one in options.threads.split(",")]
    options.turns = options.turns or (3 if options.quick else 9)
    options.seconds = options.seconds or (0.1 if options.quick else 0.4)
    for given, known in (
        (options.only, everything),
        (options.systems, list(SYSTEMS)),
    ):
        wrong = [one for one in given if one not in known]
        if wrong:
            parser.error(f"unknown: {', '.join(wrong)}; known: {', '.join(known)}")
    return options


def load(options: argparse.Namespace) -> dict[str, Any]:
    """Give the results that the new ones are put into: those of before, or none."""
    from peers.systems import versions

    found: dict[str, Any] = {}
    if options.out.exists() and options.some:
        found = json.loads(options.out.read_text(encoding="utf-8"))
    found["machine"] = {
        "processor": processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "Python": platform.python_version(),
    }
    found["versions"] = versions()
    found["settings"] = {
        "measured": datetime.date.today().isoformat(),
        "turns": options.turns,
        "seconds a turn": options.seconds,
    }
    return found


def processor() -> str:
    """Name the processor."""
    path = Path("/proc/cpuinfo")
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def file_name(processor: str) -> str:
    """Name the file of a processor's results: ``peers_amd_epyc.json``."""
    words = re.findall(r"[a-z0-9]+", re.sub(r"\((r|tm)\)", " ", processor.lower()))
    return f"peers_{'_'.join(one for one in words if one != 'processor')}.json"


def steps(options: argparse.Namespace, folder: str) -> Any:
    """Give what is to be measured, part by part: a name and what puts it in."""
    from glassprop.workloads import WORKLOADS
    from peers import controller, whole
    from peers.predictors import PREDICTORS
    from peers.systems import OURS, RATE, REFERENCE

    how = {"turns": options.turns, "seconds": options.seconds, "folder": folder}
    for threads in options.threads:
        for name in [one for one in options.only if one in WORKLOADS]:
            rated = [one for one in options.systems if one != RATE or name == "wide"]
            names = list(dict.fromkeys([OURS, REFERENCE, *rated]))

            def train(results, name=name, threads=threads, names=names):
                kept = results.setdefault("train", {}).setdefault(str(threads), {})
                kept[name] = controller.trained(
                    WORKLOADS[name], names, threads=threads, **how
                )

            yield f"{name}, threads: {threads}", train
        for rows in ROWS if "predict" in options.only else ():

            def predict(results, rows=rows, threads=threads):
                kept = results.setdefault("predict", {}).setdefault(str(threads), {})
                kept[str(rows)] = controller.predicted(
                    list(PREDICTORS), rows, threads=threads, **how
                )

            yield f"predict-{rows}, threads: {threads}", predict
        if "cold" in options.only:

            def cold(results, threads=threads):
                kept = results.setdefault("cold", {})
                kept[str(threads)] = whole.cold(threads, options.turns, folder)

            yield f"cold, threads: {threads}", cold
    if "import" in options.only:

        def imports(results):
            results["import"] = whole.imported(options.turns)
            results["installed"] = whole.installed()

        yield "imports and sizes", imports
    for name in MEMORY if "memory" in options.only else ():

        def memory(results, name=name):
            names = [one for one in options.systems if one != RATE]
            kept = results.setdefault("memory", {})
            kept[name] = controller.remembered(name, names, folder)

        yield f"memory of {name}", memory


def say(message: str) -> None:
    """Tell on standard error what goes on."""
    print(message, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
