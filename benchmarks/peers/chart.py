"""The chart: for each workload, how many times as long each peer takes."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from peers import numbers
from peers.systems import OURS, PEERS

COLOURS = ("#0072b2", "#56b4e9", "#d55e00", "#e69f00", "#009e73", "#cc79a7")


def draw(results: Mapping[str, Any], path: Path) -> None:
    """Draw the bars of all training rows, a panel for each number of threads."""
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot as plt

    plt.rcParams |= {"svg.hashsalt": "glassprop", "font.size": 10}
    panels = list(results["train"].items())
    figure, axes = plt.subplots(
        len(panels), 1, figsize=(10, 3.7 * len(panels)), squeeze=False
    )
    for axis, (threads, found) in zip(axes[:, 0], panels, strict=True):
        _panel(axis, found)
        word = "one thread" if threads == "1" else f"{threads} threads"
        axis.set_title(f"Time of a training step / glassprop's, {word}", loc="left")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower center", ncols=len(PEERS), frameon=False)
    figure.tight_layout(rect=(0, 0.45 / figure.get_figheight(), 1, 1))
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def _panel(axis: Any, found: Mapping[str, Any]) -> None:
    """Draw the bars of one number of threads: they begin at 1, as long as ours."""
    width = 0.8 / len(PEERS)
    highest = lowest = 1.0
    for place, peer in enumerate(PEERS):
        label = peer
        for group, systems in enumerate(found.values()):
            at = group - 0.4 + (place + 0.5) * width
            if not (numbers.ran(systems, peer) and numbers.ran(systems, OURS)):
                continue
            ratio = statistics.median(numbers.ratios(systems, peer, OURS))
            highest, lowest = max(highest, ratio), min(lowest, ratio)
            bar = {"color": COLOURS[place], "label": label}
            axis.bar(at, ratio - 1, 0.92 * width, bottom=1, **bar)
            axis.annotate(
                _short(ratio),
                (at, ratio),
                (0, 3 if ratio >= 1 else -3),
                textcoords="offset points",
                ha="center",
                va="bottom" if ratio >= 1 else "top",
                rotation=90,
                fontsize=7,
            )
            label = "_"
    axis.set_yscale("log")
    axis.yaxis.set_major_formatter(lambda value, _: f"{value:,g}")
    axis.set_ylim(min(0.5, 0.3 * lowest), 6 * highest)
    axis.axhline(1, color="black", linewidth=0.8)
    axis.set_xticks(range(len(found)), list(found))
    axis.set_xlim(-0.6, len(found) - 0.4)
    axis.tick_params(axis="x", length=0)
    axis.grid(axis="y", which="major", color="#dddddd", linewidth=0.6)
    axis.set_axisbelow(True)
    for side in ("top", "right"):
        axis.spines[side].set_visible(False)
    axis.set_ylabel("times as long")


def _short(ratio: float) -> str:
    """Write a ratio in two digits, at least."""
    return f"{ratio:,.0f}" if ratio >= 10 else f"{ratio:.2g}"
