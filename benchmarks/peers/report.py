"""Tables of what was measured, for the terminal and for the page.

    python benchmarks/peers/write_page.py

writes docs/benchmarks.md and its charts from the files of results, so that no number on
the page is typed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from glassprop.workloads import WORKLOADS, Workload
from peers import numbers
from peers.systems import OURS, PEERS, RATE, SYSTEMS

Table = tuple[str, Sequence[str], Sequence[Sequence[str]]]  # title, heads, rows
Results = Mapping[str, Any]


def tables(results: Results) -> list[Table]:
    """Give every table that there are results for."""
    found = [machine(results)]
    for threads in results.get("train", {}):
        found += [leads(results, threads), times(results, threads)]
    for threads in results.get("predict", {}):
        found.append(predictions(results, threads))
    for threads, one in results.get("cold", {}).items():
        title = f"Whole processes until digits are learned, s; threads: {threads}"
        found.append(plain(title, one, 1))
    if results.get("import"):
        found.append(
            plain("Imports, ms, an empty process taken off", results["import"], 1e3)
        )
    found += sizes(results)
    verdicts = numbers.verdicts(results)
    if verdicts:
        heads = ("", "to reach", "found", "")
        found.append(("Numbers to reach", heads, verdicts))
    found.append(reasons(results))
    return [one for one in found if one[2]]


def overview(runs: Sequence[Results]) -> Table:
    """Say how each machine's run came out."""
    rows = []
    for results in runs:
        means = [
            numbers.number(numbers.geometric_mean(known.values())) if known else "-"
            for known in (
                numbers.leads(results, threads) if threads in results["train"] else {}
                for threads in ("1", "2")
            )
        ]
        verdicts = [one[-1] for one in numbers.verdicts(results)]
        kept = f"{verdicts.count('kept')} of {len(verdicts)}"
        rows.append((results["machine"]["processor"], *means, kept))
    best = "best peer / ours, geometric mean"
    heads = ("", f"{best}, 1 thread", f"{best}, 2 threads", "numbers kept")
    return "In short", heads, rows


def machine(results: Results) -> Table:
    """Name what the numbers depend on."""
    rows = [*results["machine"].items(), *results["versions"].items()]
    rows += results["settings"].items()
    return "Machine and versions", ("", ""), [(key, str(one)) for key, one in rows]


def leads(results: Results, threads: str) -> Table:
    """Say how far ahead we are of each peer."""
    rows = []
    for name, found in results["train"][threads].items():
        each = [
            numbers.spread(numbers.ratios(found, one, OURS)).partition(" ")[0]
            if numbers.ran(found, one) and numbers.ran(found, OURS)
            else "-"
            for one in PEERS
        ]
        best = numbers.best(found) or "-"
        rows.append((name, numbers.spread(numbers.lead(found)), best, *each))
    known = numbers.leads(results, threads)
    if known:
        mean = numbers.number(numbers.geometric_mean(known.values()))
        rows.append((f"geometric mean of {len(known)}", mean, "", *("" for _ in PEERS)))
    title = f"A peer's time / ours; above 1 is ahead; threads: {threads}"
    return title, ("", "best peer / ours", "best peer", *PEERS), rows


def times(results: Results, threads: str) -> Table:
    """Say what a step takes in every system."""
    rows = []
    for name, found in results["train"][threads].items():
        shown = [
            numbers.spread(found[one]["seconds"], 1e6)
            if numbers.ran(found, one)
            else "-"
            for one in SYSTEMS
            if one != RATE
        ]
        rows.append((name, *shown))
    heads = ("", *(one for one in SYSTEMS if one != RATE))
    return f"A step, microseconds; threads: {threads}", heads, rows


def predictions(results: Results, threads: str) -> Table:
    """Say what a prediction takes in every system."""
    found = results["predict"][threads]
    names = list(dict.fromkeys(name for one in found.values() for name in one))
    rows = [
        (
            name,
            *(
                numbers.spread(one[name]["seconds"], 1e6)
                if numbers.ran(one, name)
                else "-"
                for one in found.values()
            ),
        )
        for name in names
    ]
    heads = ("", *(f"{rows} row{'s' if rows != '1' else ''}" for rows in found))
    return f"Prediction, 64-128-10, microseconds; threads: {threads}", heads, rows


def plain(title: str, found: numbers.Found, scale: float) -> Table:
    """Write one time a line."""
    rows = [
        (name, numbers.spread(one["seconds"], scale))
        for name, one in found.items()
        if one.get("seconds")
    ]
    return title, ("", "median (quartiles)"), rows


def sizes(results: Results) -> list[Table]:
    """Write megabytes: on disk, and the most of a process."""
    found = []
    if results.get("installed"):
        rows = [
            (name, f"{one['megabytes']:,.0f}")
            for name, one in results["installed"].items()
        ]
        found.append(("Installed, with all that it needs", ("", "MB"), rows))
    if results.get("memory"):
        memory = results["memory"]
        names = list(dict.fromkeys(name for one in memory.values() for name in one))
        rows = [
            (name, *(size(one.get(name, {})) for one in memory.values()))
            for name in names
        ]
        title = "The most memory of a process that trains, MB, its data included"
        found.append((title, ("", *memory), rows))
    return found


def size(found: Mapping[str, Any]) -> str:
    return f"{found['megabytes']:,.0f}" if "megabytes" in found else "-"


def reasons(results: Results) -> Table:
    """Say what was not run and why, and which forms were chosen."""
    rows: list[tuple[str, str]] = []
    for part in ("train", "predict"):
        for threads, found in results.get(part, {}).items():
            for work, systems in found.items():
                label = f"{'predict-' if part == 'predict' else ''}{work}"
                for name, one in systems.items():
                    where = f"{name}, {label}, threads: {threads}"
                    if "not_run" in one:
                        rows.append((where, f"not run: {one['not_run']}"))
                    elif one.get("note"):
                        rows.append((where, one["note"]))
    for part in ("memory", "cold"):
        for key, found in results.get(part, {}).items():
            for name, one in found.items():
                if "not_run" in one:
                    rows.append(
                        (f"{name}, {part}, {key}", f"not run: {one['not_run']}")
                    )
    return "Not run, and forms that were chosen by measuring", ("", ""), rows


def described(work: Workload) -> tuple[str, ...]:
    """Write a workload as a row: name, network, optimizer and batch, float."""
    sizes = [str(one) for one in work.sizes]
    if len(sizes) > 6:
        sizes = [sizes[0], f"{len(sizes) - 2} x {sizes[1]}", sizes[-1]]
    functions = list(dict.fromkeys(one for one in work.activations if one))
    words = ["-".join(sizes), "-".join(functions)]
    words += ["batch norm"] if work.batch_norm else []
    words += [f"dropout {work.dropout:g}"] if work.dropout else []
    rule = {"sgd": "SGD", "adam": "Adam", "adamw": "AdamW"}[work.optimizer]
    batch = "all rows" if work.batch >= work.rows else f"{work.batch} a batch"
    rows = f"{work.rows:,} rows"
    return work.name, ", ".join(words), rows, f"{rule}, {batch}", work.dtype


def workloads() -> Table:
    """List what is trained."""
    heads = ("", "network", "data", "optimizer, batch", "float")
    return "Workloads", heads, [described(work) for work in WORKLOADS.values()]
