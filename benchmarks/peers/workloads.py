"""The data and the orders of the workloads that `glassprop.workloads` describes.

Data are made from a seed, but for the digits, which are scikit-learn's file. Each turn
has an order of its own, drawn from its number, the same in every system.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from glassprop.workloads import Workload, data

DIGITS = "digits.npz"
HELD_OUT = 360  # of the digits, the last ones of a fixed order


def keep_digits(folder: str) -> None:
    """Write the digits where every process finds them without scikit-learn."""
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    x = (x / 16).astype(np.float32)
    y = y.astype(np.int64)
    order = np.random.default_rng(3).permutation(len(x))
    train, held = order[:-HELD_OUT], order[-HELD_OUT:]
    np.savez(
        Path(folder) / DIGITS,
        x=x,
        y=y,
        x_train=x[train],
        y_train=y[train],
        x_held=x[held],
        y_held=y[held],
    )


def data_of(workload: Workload, folder: str) -> tuple[Any, Any]:
    """Give a workload's rows and targets."""
    if workload.name != "digits":
        return data(workload)
    with np.load(Path(folder) / DIGITS) as kept:
        return kept["x"], kept["y"]


def order_of(workload: Workload, turn: int) -> Any:
    """Give the order of the rows in a turn."""
    return np.random.default_rng(turn).permutation(workload.rows)


def first_steps(workload: Workload) -> list[int]:
    """Give the calls whose losses are compared: a pass or so, then another order."""
    if workload.steps > 100:
        return [40, 5]
    whole = max(1, 24 // workload.steps) * workload.steps
    return [whole, min(5, workload.steps - 1) or workload.steps]
