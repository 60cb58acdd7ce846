"""What networks reach on real data, on rows they never saw, over five seeds.

- Penguins: `glassprop train examples/penguins.csv --target species`, the whole command
  in a process of its own; at least 97 % in the median, in under 4 seconds.
- Digits: scikit-learn's 1,797 images of 8 x 8 pixels, one hidden layer of 128, a fifth
  of the rows held out; at least 97 % in the median.

Run as ``python benchmarks/accuracy.py`` with the extra ``[dev]`` installed.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import glassprop as gp

PENGUINS = Path(__file__).parents[1] / "examples" / "penguins.csv"
SEEDS = range(5)
ENOUGH = 0.97
SECONDS = 4.0


def penguins(seed: int) -> tuple[float, float]:
    """Train on the penguins; give the accuracy and the seconds of the process."""
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "model.safetensors"
        command = [sys.executable, "-m", "glassprop", "train", str(PENGUINS)]
        command += ["--target", "species", "--seed", str(seed), "--json"]
        before = time.perf_counter()
        run = subprocess.run(
            [*command, "--out", str(model)], capture_output=True, check=True
        )
        seconds = time.perf_counter() - before
    return json.loads(run.stdout)["held_out"]["metrics"]["accuracy"], seconds


def digits(seed: int) -> float:
    """Train on the digits; give the accuracy on the held-out fifth."""
    from sklearn.datasets import load_digits

    X, y = load_digits(return_X_y=True)
    layers = [gp.Scale(1 / 16), gp.Dense(128, "relu"), gp.Dense(10)]
    net = gp.Network(layers, loss="cross_entropy", seed=seed)
    history = net.fit(X, y, epochs=60, validation=0.2, verbose=False)
    return history["validation_accuracy"][-1]


def verdict(kept: bool) -> str:
    return "kept" if kept else "NOT kept"


def shown(name: str, found: list[float]) -> None:
    median = statistics.median(found)
    listed = ", ".join(f"{100 * one:.1f}" for one in found)
    print(f"{name}: {listed} %; median {100 * median:.1f}", end="; ")
    print(f"at least {100 * ENOUGH:.0f}: {verdict(median >= ENOUGH)}")


def main() -> None:
    runs = [penguins(seed) for seed in SEEDS]
    shown("penguins", [accuracy for accuracy, _ in runs])
    slowest = max(seconds for _, seconds in runs)
    print(f"  whole process, slowest: {slowest:.2f} s", end="; ")
    print(f"under {SECONDS:.0f}: {verdict(slowest < SECONDS)}")
    shown("digits", [digits(seed) for seed in SEEDS])


if __name__ == "__main__":
    main()
