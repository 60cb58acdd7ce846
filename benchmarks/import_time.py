"""What imports cost, as whole processes: `glassprop`, and `glassprop.sklearn`.

Each turn starts a fresh interpreter for each program. Those of the first comparison:
nothing, `import numpy`, `import glassprop`, and the first look at `glassprop.Network`,
with which networks and all that belongs to them are imported. Those of the second:
scikit-learn's own module of networks, and the one that takes its place. Interpreters
are isolated (``python -I``): environment variables of Python's, such as one that
forbids to keep compiled modules, do not count. The first turn, which compiles modules
and fills the disk's cache, is not counted.

    python benchmarks/import_time.py [--turns 40]
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from time import perf_counter

from timing import in_turns, machine, ratios, spread, table, verdict

NETWORKS = "import glassprop; glassprop.Network"
COMPARISONS = (  # programs, which of them are compared with which, and the limit
    (
        ("pass", "import numpy", "import glassprop", NETWORKS),
        ("import glassprop", "import numpy"),
        1.6,
    ),
    (
        ("import sklearn.neural_network", "import glassprop.sklearn"),
        ("import glassprop.sklearn", "import sklearn.neural_network"),
        1.1,
    ),
)


def seconds_of(program: str) -> float:
    """Run a program in a fresh interpreter and give its seconds."""
    start = perf_counter()
    subprocess.run([sys.executable, "-I", "-c", program], check=True)
    return perf_counter() - start


def compare(
    programs: Sequence[str], pair: tuple[str, str], limit: float, turns: int
) -> None:
    """Measure programs and print them beside one of them."""
    times = in_turns({one: partial(seconds_of, one) for one in programs}, turns)
    measured, base = pair
    rows = [
        (
            name,
            spread(found, 1e3, 1),
            f"{1e3 * min(found):.1f}",
            spread(ratios(found, times[base])),
        )
        for name, found in times.items()
    ]
    print(f"\n{table(('', 'ms', 'fastest', f'ratio to {base}'), rows)}")
    ratio = ratios(times[measured], times[base])
    median = statistics.median(ratio)
    print(f"\n{measured} / {base}: {median:.2f}; {verdict(ratio, limit)}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--turns", type=int, default=40)
    turns = parser.parse_args().turns
    print(machine())
    print(f"Whole processes, {turns} turns; median (quartiles)")
    for programs, pair, limit in COMPARISONS:
        compare(programs, pair, limit, turns)


if __name__ == "__main__":
    main()
