"""Write docs/benchmarks.md and its charts from files of results.

python benchmarks/peers/write_page.py [FOLDER PAGE]

Each processor that the benchmark ran on has a file in the folder, and a part of the
page.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "benchmarks" / "results"
PAGE = ROOT / "docs" / "benchmarks.md"
BEGIN = """\
# Benchmarks

How fast networks of this size train and predict, beside other systems, on the machines
below. This page was written by a program from the files that the runs saved; no number
here was typed.

All systems get the same data, start weights, order of rows, batches and arithmetic, and
run in the form that is fastest here among several that their users write. Each has a
process of its own; they are timed in turns, one at a time, and ratios are taken turn by
turn. Before a row is timed, the losses of the first steps and the weights after them
must agree with the NumPy back end's (1e-9 in float64, 1e-3 in float32; without dropout,
whose draws differ); a system that computes something else is refused. A time is the
median over the turns, with its quartiles.

"glassprop" is the compiled epoch that `fit` calls, as the others are their training
loops; "glassprop fit" is the whole call of `fit`, with its checks and its history.

A dash stands for what this run left out, or for what a system cannot do. What is not
kept in a list of numbers to reach is not reached on that machine; where it is one of
these, the reason is known:

- **digits beside PyTorch's eager mode**: at the full rate of the processor's arithmetic
  the products of a step take more than half of what our step takes. PyTorch's waiting
  between operations is gone, so there is little left to win.
- **wide and images on Intel's processor**: PyTorch calls Intel's own BLAS there. Its
  whole step of wide takes about as long as the products alone with the BLAS of NumPy
  and SciPy, which glassprop calls; JAX is where we are. The rest of our step, above all
  the update of 6 million parameters, waits for memory.
- **wide on two threads, and 10,000 predicted rows**: products are all of it, and all
  run them at about the machine's rate; they are level, and which is ahead changes with
  the run.
- **spiral beside PyTorch, and one row beside ONNX Runtime, on Intel's processor**: what
  they spend on an operation is less there, and all of their time is that.
- **a first process with `backend="numba"`**: it imports Numba and waits for the
  compiler, longer than this whole training takes with NumPy. That is why
  `backend="auto"` takes NumPy for it.

The run on Intel's processor is older than that on AMD's. Since then one row to predict
has products of its own; a later process links what an earlier one compiled, without
Numba; and tiles of products no longer go through the stack, which had cost a tenth to a
fifth of a step with many of them.

## Run it again

In an environment of its own, at the root of the repository:

```sh
python -m venv peers
peers/bin/pip install -r benchmarks/requirements.txt -e ".[fast,plot]"
peers/bin/python benchmarks/peers
peers/bin/python benchmarks/peers/write_page.py
```

About an hour; `--quick` takes fewer turns, `--only digits,images` some rows. tinygrad
needs clang, `torch.compile` g++. `glassprop bench` needs none of them: it times the
compiled steps beside NumPy.
"""
WORDS = "How many times as long each system takes for a training step"


def main() -> None:
    """Write the page."""
    sys.path[0] = str(Path(__file__).parents[1])  # where this package stands
    from peers import chart, report

    folder, page = map(Path, sys.argv[1:] or (RESULTS, PAGE))
    runs = [
        (path.stem, json.loads(path.read_text(encoding="utf-8")))
        for path in sorted(folder.glob("peers_*.json"))
    ]
    parts = [BEGIN]
    overview = report.overview([results for _, results in runs])
    for title, heads, rows in (report.workloads(), overview):
        parts.append(f"## {title}\n\n{markdown(heads, rows)}\n")
    for stem, results in runs:
        picture = f"_static/benchmarks_{stem.removeprefix('peers_')}.svg"
        heading = results["machine"]["processor"]
        parts.append(f"## {heading}\n\n![{WORDS}]({picture})\n")
        for title, heads, rows in report.tables(results):
            parts.append(f"### {title}\n\n{markdown(heads, rows)}\n")
        chart.draw(results, page.parent / picture)
    page.write_text("\n".join(parts), encoding="utf-8")


def markdown(heads: object, rows: object) -> str:
    """Write a table, the first column to the left, the others to the right."""
    lines = [list(heads), ["---", *("---:" for _ in list(heads)[1:])], *rows]
    cells = ([str(one).replace("|", "\\|") for one in line] for line in lines)
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)


if __name__ == "__main__":
    main()
