"""What `import glassprop` costs, as a whole process, beside `import numpy`.

Each turn starts a fresh interpreter for each of four programs: nothing, `import numpy`,
`import glassprop`, and the first look at `glassprop.Network`, with which networks and
all that belongs to them are imported. Interpreters are isolated (``python -I``):
environment variables of Python's, such as one that forbids to keep compiled modules, do
not count. The first turn, which compiles modules and fills the disk's cache, is not
counted.

    python benchmarks/import_time.py [--turns 40]
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
from functools import partial
from time import perf_counter

from timing import in_turns, machine, ratios, spread, table, verdict

LIMIT = 1.6
NETWORKS = "import glassprop; glassprop.Network"
PROGRAMS = ("pass", "import numpy", "import glassprop", NETWORKS)


def seconds_of(program: str) -> float:
    """Run a program in a fresh interpreter and give its seconds."""
    start = perf_counter()
    subprocess.run([sys.executable, "-I", "-c", program], check=True)
    return perf_counter() - start


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--turns", type=int, default=40)
    turns = parser.parse_args().turns
    times = in_turns({one: partial(seconds_of, one) for one in PROGRAMS}, turns)
    numpy_times = times["import numpy"]
    rows = [
        (
            name,
            spread(found, 1e3, 1),
            f"{1e3 * min(found):.1f}",
            spread(ratios(found, numpy_times)),
        )
        for name, found in times.items()
    ]
    print(machine())
    print(f"Whole processes, {turns} turns; median (quartiles)\n")
    print(table(("", "ms", "fastest", "ratio to import numpy"), rows))
    ratio = ratios(times["import glassprop"], numpy_times)
    print(
        f"\nimport glassprop / import numpy: {statistics.median(ratio):.2f}", end="; "
    )
    print(verdict(ratio, LIMIT))


if __name__ == "__main__":
    main()
