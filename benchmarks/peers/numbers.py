"""From measured turns to numbers: medians, ratios turn by turn, the best peer.

``results`` is what `python benchmarks/peers` saves:
``train[threads][workload][system]`` with the seconds of each turn, or the reason why
there are none; likewise ``predict``, ``cold``, ``import``, ``memory``, ``installed``,
and ``machine``, ``versions``, ``settings``.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping
from typing import Any

from glassprop.workloads import WORKLOADS
from peers.systems import OURS, PEERS, RATE

Found = Mapping[str, Mapping[str, Any]]
BLAS_BOUND = ("images", "wide", "regular")


def ran(found: Found, name: str) -> bool:
    """Tell whether a system has been timed."""
    return bool(found.get(name, {}).get("seconds"))


def median(found: Found, name: str) -> float:
    """Give the median of a system's seconds."""
    return statistics.median(found[name]["seconds"])


def ratios(found: Found, name: str, base: str) -> list[float]:
    """Divide the times of one system by another's, turn by turn."""
    pairs = zip(found[name]["seconds"], found[base]["seconds"], strict=False)
    return [one / other for one, other in pairs]


def best(found: Found, names: Iterable[str] = PEERS) -> str | None:
    """Name the fastest of some systems; None if none of them ran."""
    timed = [name for name in names if ran(found, name)]
    return min(timed, key=lambda name: median(found, name)) if timed else None


def lead(found: Found, ours: str = OURS, names: Iterable[str] = PEERS) -> list[float]:
    """Give the best peer's time over ours, turn by turn; nothing if one is missing."""
    fastest = best(found, names)
    if fastest is None or not ran(found, ours):
        return []
    return ratios(found, fastest, ours)


def geometric_mean(values: Iterable[float]) -> float:
    """Give the geometric mean of positive numbers."""
    logs = [math.log(one) for one in values]
    return math.exp(sum(logs) / len(logs))


def leads(results: Mapping[str, Any], threads: str) -> dict[str, float]:
    """Give the median lead of every training row that has one."""
    rows = {name: lead(found) for name, found in results["train"][threads].items()}
    return {name: statistics.median(one) for name, one in rows.items() if one}


def rate(found: Found) -> list[float]:
    """Give the part of the machine's own rate that our step reaches, turn by turn."""
    both = ran(found, RATE) and ran(found, OURS)
    return ratios(found, RATE, OURS) if both else []


def quartiles(values: list[float]) -> tuple[float, float, float]:
    """Give the lower quartile, the median and the upper quartile."""
    if len(values) == 1:
        return values[0], values[0], values[0]
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, middle, high


def spread(values: list[float], scale: float = 1) -> str:
    """Write a median and its quartiles: ``21.1 (20.9 to 21.8)``."""
    if not values:
        return "-"
    low, middle, high = (number(scale * one) for one in quartiles(values))
    return f"{middle} ({low} to {high})"


def number(value: float) -> str:
    """Write a number in three digits, without an exponent."""
    if value == 0 or not math.isfinite(value):
        return str(value)
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:,.{digits}f}"


# What was asked for -------------------------------------------------------------------


def verdicts(results: Mapping[str, Any]) -> list[tuple[str, str, str, str]]:
    """Compare with the numbers to reach: what, limit, what was found, verdict."""
    train, rows = results.get("train", {}), []

    def row(what: str, limit: float, values: list[float], most: bool = False) -> None:
        if not values:
            rows.append((what, f"{'<=' if most else '>='} {limit:g}", "-", "not run"))
            return
        middle = statistics.median(values)
        kept = middle <= limit if most else middle >= limit
        sign = "<=" if most else ">="
        rows.append(
            (what, f"{sign} {limit:g}", spread(values), "kept" if kept else "NOT kept")
        )

    for threads, least, bound in (("1", 1.6, 0.97), ("2", 1.4, 1.0)):
        if threads not in train:
            continue
        found = leads(results, threads)
        where = f"{threads} thread{'s' if threads != '1' else ''}"
        whole = len(found) == len(WORKLOADS)
        mean = [geometric_mean(found.values())] if whole else []
        row(f"geometric mean of {len(WORKLOADS)} rows, {where}", least, mean)
        for name, one in train[threads].items():
            limit = bound if name in BLAS_BOUND else 1.0
            row(f"{name}, best peer / ours, {where}", limit, lead(one))
    eager = {"exam": 100, "and": 100, "spiral": 100, "digits": 20, "images": 1.5}
    one_thread = train.get("1", {})
    for name, limit in eager.items():
        if name in one_thread:
            values = lead(one_thread[name], names=("torch",))
            row(f"{name}, PyTorch eager / ours", limit, values)
    for threads, found in train.items():
        if "wide" in found:
            what = f"wide, part of the machine's GEMM rate, threads: {threads}"
            row(what, 0.85, rate(found["wide"]))
    _more_verdicts(results, row)
    return rows


def _more_verdicts(results: Mapping[str, Any], row: Any) -> None:
    """Judge prediction, whole processes and memory, on one thread."""
    predict = results.get("predict", {}).get("1", {})
    if "1" in predict:
        values = lead(predict["1"], names=("onnxruntime",))
        row("predict-1, onnxruntime / ours", 2, values)
    if "10000" in predict:
        peers = [
            one for one in predict["10000"] if one.split()[0] not in ("glassprop",)
        ]
        row("predict-10000, best / ours", 1, lead(predict["10000"], names=peers))
    cold = results.get("cold", {}).get("1", {})
    peers = [name for name in cold if not name.startswith("glassprop")]
    for backend in ("numba", "auto") if cold else ():
        for state, limit in (("empty", 2), ("warm", 3)):
            names = [name for name in peers if not name.endswith("warm")]
            names = names if state == "empty" else peers
            ours = f"glassprop, {backend}, {state}"
            row(
                f"cold, best peer / ours ({backend}, {state})",
                limit,
                lead(cold, ours, names),
            )
    for name, found in results.get("memory", {}).items():
        if all("megabytes" in found.get(one, {}) for one in (OURS, "torch")):
            part = found[OURS]["megabytes"] / found["torch"]["megabytes"]
            row(f"{name}, peak memory, ours / PyTorch's", 1, [part], most=True)
