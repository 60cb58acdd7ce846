"""Whether a diagnosis is right: planted faults found, healthy trainings left in peace.

Each case is diagnosed before training and watched in training. Reported are those of
``diagnose_cases/fourth``, which nothing was tuned on:

- recall: the planted condition is among what was found; at least 95 %;
- false alarms: healthy trainings with any finding; at most 2 %;
- cured: the printed changes are made, all of them at once, and the training is run
  from three seeds: its mean loss on held-out rows ends within 10 % of the healthy
  twin's; at least 80 %;
- watching costs a tenth of a training's time at most, of one that takes a second; what
  it costs before the first step, which short trainings feel, is printed beside.

A loss near 0 has no 10 % worth the name: where the twin's is below a tenth of that of
the best constant answer, within a hundredth of the constant's counts as well; how many
need that is printed.

Run as ``python benchmarks/diagnose.py`` with the extra ``[dev]`` installed; with
``--tune`` for the cases that rules were tuned on, those of the other folders beside it,
with ``--no-cost`` or ``--cost`` for a part of it. ``--losses`` diagnoses nothing: it
shows how far healthy trainings get, and how far those with a fault.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import statistics
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

import glassprop as gp
from diagnose_cases import first, fourth, second, third
from diagnose_cases.case import Case
from glassprop.diagnosis.baselines import constant_loss
from glassprop.diagnosis.findings import Diagnosis
from glassprop.diagnosis.nesting import by_path
from glassprop.errors import BroadcastError, DivergenceError, GlasspropError
from glassprop.losses import get_loss
from glassprop.rows import checked_rows

TUNED = [first, second, third]
RECALL, ALARMS, CURED, COST = 0.95, 0.02, 0.80, 0.10
NEAR, ABSOLUTE, TURNS, SECOND, SEEDS = 0.1, 0.01, 9, 1.0, 3


@dataclass(frozen=True)
class Result:
    """What became of a case: what was found, and the losses after the repair."""

    case: Case
    found: tuple[str, ...]
    repaired: float = np.nan
    twin: float = np.nan
    constant: float = np.nan

    @property
    def hit(self) -> bool:
        """Whether the planted condition was found."""
        return self.case.condition in self.found

    @property
    def strictly(self) -> bool:
        """Whether the loss is within 10 % of the twin's."""
        return bool(self.repaired <= 1.1 * self.twin)

    @property
    def cured(self) -> bool:
        """Whether it is, or where the twin's is near 0, nearly as low."""
        near_zero = self.twin < NEAR * self.constant
        room = ABSOLUTE * self.constant if near_zero else 0.0
        return bool(self.repaired <= 1.1 * self.twin + room)


def diagnoses(case: Case) -> list[Diagnosis]:
    """Diagnose before training, and watch a training."""
    net = gp.Network(case.layers, seed=case.seed)
    found = [net.diagnose(case.X, case.y, **case.options)]
    try:
        history = gp.Network(case.layers, seed=case.seed).fit(
            case.X, case.y, diagnose=True, verbose=False, **case.options
        )
    except DivergenceError as error:
        return [*found, error.diagnosis]
    except BroadcastError:
        return found
    return [*found, history.diagnosis]


def repaired(case: Case, found: Iterable[Any]) -> Case:
    """Make every change that is printed; where it is in words, what a person does."""
    layers, options, y, X = list(case.layers), dict(case.options), case.y, case.X
    for finding in found:
        change = finding.change
        known = by_path(layers)
        kept = {key: one for key, one in change.layers.items() if key in known}
        again = change.first in layers
        first = None if again else change.first
        layers, options = replace(change, layers=kept, first=first).applied(
            layers, options
        )
        if change.data:
            space = {"X": X, "y": y, "np": np}
            exec(change.data, space)
            X, y = space["X"], space["y"]
        if not change.lines and finding.condition == case.condition and case.by_hand:
            layers, options, y = case.by_hand(layers, options, y)
    return replace(case, X=X, y=y, layers=layers, options=options)


def outcome(case: Case, measured_by: Case) -> float:
    """Train on three quarters of the rows; give the mean loss on the rest, by seeds."""
    seeds = range(case.seed, case.seed + SEEDS)
    return float(np.mean([_outcome(case, measured_by, seed) for seed in seeds]))


def _outcome(case: Case, measured_by: Case, seed: int) -> float:
    order = np.random.default_rng(seed).permutation(len(case.X))
    train, held = np.split(order, [len(order) * 3 // 4])
    options = dict(case.options)
    if "early_stopping" in options:
        options.setdefault("validation", 0.25)
    net = gp.Network(case.layers, seed=seed)
    try:
        net.fit(case.X[train], case.y[train], verbose=False, **options)
    except GlasspropError:  # it diverged, or what was repaired does not fit
        return np.inf
    weights = None
    if "class_weight" in measured_by.options:
        weights = 1 / np.bincount(measured_by.y)[measured_by.y[held]]
    return net.evaluate(
        case.X[held],
        case.y[held],
        loss=measured_by.options["loss"],
        sample_weight=weights,
        metrics=[],
    )["loss"]


def constant_of(case: Case) -> float:
    net = gp.Network(case.layers)
    loss = get_loss(case.options["loss"])
    with net.built_for(case.X) as built:
        rows = checked_rows(built.structure, case.X, case.y, loss)
    return constant_loss(net.structure, rows, loss)


def treat(case: Case, twin: Case) -> Result:
    """Diagnose a sick case, follow the repair, and compare with the twin."""
    found = diagnoses(case)
    keys = tuple(dict.fromkeys(key for one in found for key in one.conditions))
    every = {(one.condition, one.layer): one for each in found for one in each.findings}
    mended = repaired(case, every.values())
    return Result(
        case, keys, outcome(mended, twin), outcome(twin, twin), constant_of(twin)
    )


def losses(cases: list[Case], pairs: list[tuple[Case, Case]]) -> None:
    """Print what trainings end with, and what the best constant answer has."""
    for case in cases:
        found = outcome(case, case)
        print(
            f"{case.name:36} {found:.3g}, constant {constant_of(case):.3g}", flush=True
        )
    for case, twin in pairs:
        found = outcome(case, twin), outcome(twin, twin), constant_of(twin)
        told = "{:.3g}, twin {:.3g}, constant {:.3g}".format(*found)
        print(f"{case.condition:20} {case.name:22} {told}", flush=True)


def cost(cases: list[Case]) -> list[float]:
    """Compare watched trainings with the same without.

    Returns
    -------
    list of float
        Ratios, of trainings of about a second.
    """
    found = []
    for case in cases:
        options = {**case.options, "verbose": False, "backend": "numpy"}
        once = seconds(case, options, watched=False)
        before = seconds(case, {**options, "epochs": 1}, watched=True)
        before -= seconds(case, {**options, "epochs": 1}, watched=False)
        options["epochs"] = int(options["epochs"] * max(1, SECOND / once))
        ratios = []
        for _ in range(TURNS):
            alone = seconds(case, options, watched=False)
            ratios.append(seconds(case, options, watched=True) / alone)
        found.append(statistics.median(ratios))
        print(
            f"{case.name:36} {found[-1] - 1:+6.1%} of {alone:.2f} s; of one epoch "
            f"{1000 * before:.0f} ms",
            flush=True,
        )
    return found


def seconds(case: Case, options: dict[str, Any], *, watched: bool) -> float:
    """Give the processor's time for a training, on one thread."""
    net = gp.Network(case.layers, seed=case.seed)
    start = time.process_time()
    net.fit(case.X, case.y, diagnose=watched, **options)
    return time.process_time() - start


def described(one: Result) -> str:
    """Write what became of a sick case in a line."""
    told = ", ".join(one.found) or "nothing"
    return (
        f"{one.case.condition:20} {one.case.name:22} "
        f"{'found' if one.hit else 'MISSED':7}{'cured' if one.cured else 'NOT':6}"
        f"{one.repaired:.3g}, twin {one.twin:.3g}, constant {one.constant:.3g}  "
        f"[{told}]"
    )


def judge(name: str, wells: list[Case], pairs: list[tuple[Case, Case]]) -> None:
    """Diagnose all, and print what was found beside what there is."""
    loud = 0
    for case in wells:
        found = [one for each in diagnoses(case) for one in each]
        loud += bool(found)
        for one in found:
            print(f"false alarm: {case.name}: {one.condition}: {one.seen}", flush=True)
    results: list[Result] = []
    for pair in pairs:
        results.append(treat(*pair))
        print(described(results[-1]), flush=True)
    hits = sum(one.hit for one in results)
    cured = sum(one.cured for one in results)
    strictly = sum(one.strictly for one in results)
    n, m = len(results), len(wells)
    print(f"{name}: {n} planted, {m} healthy")
    print(f"recall {hits}/{n} = {hits / n:.1%}, {verdict(hits / n >= RECALL)}")
    share = loud / m
    print(f"false alarms {loud}/{m} = {share:.1%}, {verdict(share <= ALARMS)}")
    print(
        f"cured {cured}/{n} = {cured / n:.1%}, {verdict(cured / n >= CURED)}; "
        f"{strictly} of them without the room near 0"
    )


def main() -> None:
    asked = set(sys.argv[1:])
    name, sets = ("tuned on", TUNED) if "--tune" in asked else ("fourth", [fourth])
    wells = [case for each in sets for case in each.healthy()]
    pairs = [pair for each in sets for pair in each.sick()]
    if "--losses" in asked:
        losses(wells, pairs)
        return
    if "--cost" not in asked:
        judge(name, wells, pairs)
    if "--no-cost" not in asked:
        ratios = cost([*first.healthy()][::6] + [*second.healthy()][::3])
        middle, worst = statistics.median(ratios) - 1, max(ratios) - 1
        print(
            f"watching {len(ratios)} trainings of about a second: {middle:+.1%} of the "
            f"time in the median, {worst:+.1%} at most, {verdict(worst <= COST)}"
        )


def verdict(kept: bool) -> str:
    return "kept" if kept else "NOT kept"


if __name__ == "__main__":
    main()
