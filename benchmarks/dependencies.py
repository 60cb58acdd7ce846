"""What each dependency weighs: megabytes on disk, and milliseconds of `import`.

Sizes are the sums over the files that a distribution installed, without compiled Python
(``*.pyc``), which differs from run to run. "With its own" adds everything that it needs
in turn; what two share counts for both. Import times are whole isolated interpreters
(``python -I``), the fastest of its turns, less one that imports nothing; those of the
run-time dependencies only, since nothing else is imported in use.

    python benchmarks/dependencies.py [--turns 15]
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from functools import partial
from importlib.metadata import Distribution, PackageNotFoundError, distribution

from packaging.requirements import Requirement

from import_time import seconds_of
from timing import in_turns, machine, table

MEGABYTE = 1e6
MODULES = {
    "safetensors": "safetensors.numpy",
    "matplotlib": "matplotlib.pyplot",
    "scikit-learn": "sklearn",
    "tensorboardx": "tensorboardX",
}
NEVER_IMPORTED = ("dev", "docs")


def required(package: Distribution, extras: Iterable[str] = ()) -> list[Requirement]:
    """List what a distribution needs here, with the extras that are asked for."""
    found = [Requirement(text) for text in package.requires or []]
    asked = ["", *extras]
    return [
        one
        for one in found
        if one.marker is None
        or any(one.marker.evaluate({"extra": extra}) for extra in asked)
    ]


def closure(name: str, extras: Iterable[str] = ()) -> dict[str, Distribution]:
    """Find a distribution and everything it needs in turn."""
    found: dict[str, Distribution] = {}
    waiting = [(name, tuple(extras))]
    while waiting:
        name, extras = waiting.pop()
        try:
            package = distribution(name)
        except PackageNotFoundError:
            continue
        if package.name not in found:
            found[package.name] = package
            waiting += [
                (one.name, tuple(one.extras)) for one in required(package, extras)
            ]
    return found


def megabytes(packages: Iterable[Distribution]) -> float:
    """Sum the sizes of the files that distributions installed."""
    total = 0
    for package in packages:
        for file in package.files or []:
            path = file.locate()
            if file.suffix != ".pyc" and path.is_file():
                total += path.stat().st_size
    return total / MEGABYTE


def direct() -> dict[str, tuple[str, Requirement]]:
    """List glassprop's own dependencies by name, each with its extra ("core" if none).

    One that stands in two extras is listed with the smaller.
    """
    package = distribution("glassprop")
    found = {one.name: ("core", one) for one in required(package)}
    extras = package.metadata.get_all("Provides-Extra") or []
    for extra in sorted(extras, key=lambda name: len(required(package, [name]))):
        for one in required(package, [extra]):
            if one.name != package.name:
                found.setdefault(one.name, (extra, one))
    return found


def import_times(names: Iterable[str], turns: int) -> dict[str, float]:
    """Measure the fastest of each import, in milliseconds, less an empty program."""
    programs = {name: f"import {MODULES.get(name, name)}" for name in names}
    times = in_turns(
        {
            key: partial(seconds_of, program)
            for key, program in {"": "pass", **programs}.items()
        },
        turns,
    )
    empty = min(times.pop(""))
    return {name: 1e3 * (min(found) - empty) for name, found in times.items()}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--turns", type=int, default=15)
    turns = parser.parse_args().turns
    listed = direct()
    imported = import_times(
        [name for name, (extra, _) in listed.items() if extra not in NEVER_IMPORTED],
        turns,
    )
    rows = []
    for name, (extra, one) in listed.items():
        package, needed = distribution(name), closure(name, one.extras)
        time = f"{imported[name]:.0f}" if name in imported else "-"
        rows.append(
            (
                f"{name} {package.version}",
                extra,
                f"{megabytes([package]):.1f}",
                f"{megabytes(needed.values()):.1f}",
                str(len(needed) - 1),
                time,
            )
        )
    print(machine())
    print(f"Megabytes on disk; import: fastest of {turns} turns\n")
    heads = ("", "extra", "MB", "with its own", "needs", "import, ms")
    print(table(heads, rows))


if __name__ == "__main__":
    main()
