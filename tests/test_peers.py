"""What benchmarks/peers makes of measured times; the peers themselves are not here."""

from __future__ import annotations

import importlib
import json
import math
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from glassprop.workloads import WORKLOADS, data, start

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"


def module(name):
    """Import a module of benchmarks/peers, which is no installed package."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(BENCHMARKS)
        return importlib.import_module(f"peers.{name}")


common, controller, numbers = module("common"), module("controller"), module("numbers")
glass, orders, systems = module("glass"), module("workloads"), module("systems")
TIMES = {
    "glassprop": {"seconds": [1.0, 2.0, 1.0]},
    "glassprop numpy": {"seconds": [8.0, 8.0, 8.0]},
    "torch": {"seconds": [4.0, 4.0, 4.0]},
    "jax": {"seconds": [2.0, 3.0, 2.0], "note": "scan"},
    "scikit-learn": {"not_run": "no dropout."},
    "gemm": {"seconds": [0.5, 1.8, 0.9]},
}
RESULTS = {
    "machine": {"processor": "some | processor"},
    "versions": {"torch": "2.13.0"},
    "settings": {"turns": 3},
    "train": {"1": {"exam": TIMES, "wide": TIMES}, "2": {"exam": TIMES}},
    "predict": {"1": {"1": TIMES, "10000": TIMES}},
    "memory": {"wide": {"glassprop": {"megabytes": 3}, "torch": {"megabytes": 2}}},
    "installed": {"glassprop": {"megabytes": 140}},
}


def test_ratios_are_taken_turn_by_turn():
    assert numbers.best(TIMES) == "jax"
    assert numbers.lead(TIMES) == [2.0, 1.5, 2.0]
    assert numbers.ratios(TIMES, "torch", "glassprop") == [4.0, 2.0, 4.0]
    assert numbers.rate(TIMES) == [0.5, 0.9, 0.9]
    assert numbers.leads(RESULTS, "1") == {"exam": 2.0, "wide": 2.0}
    assert math.isclose(numbers.geometric_mean([1, 4, 16]), 4)
    assert numbers.lead({"torch": TIMES["torch"]}) == []


@pytest.mark.parametrize(
    ("value", "text"),
    [(1234.5, "1,234"), (99.96, "100.0"), (2, "2.00"), (0.01234, "0.0123"), (0, "0")],
)
def test_numbers_have_three_digits(value, text):
    assert numbers.number(value) == text


def test_verdicts_say_what_is_kept():
    found = {row[0]: row[1:] for row in numbers.verdicts(RESULTS)}
    shown = found["exam, PyTorch eager / ours"]
    assert shown == (">= 100", "4.00 (3.00 to 4.00)", "NOT kept")
    assert found["geometric mean of 9 rows, 1 thread"][1:] == ("-", "not run")
    whole = {**RESULTS, "train": {"1": dict.fromkeys(WORKLOADS, TIMES)}}
    found = {row[0]: row[1:] for row in numbers.verdicts(whole)}
    assert found["geometric mean of 9 rows, 1 thread"][2] == "kept"
    assert found["wide, peak memory, ours / PyTorch's"][2] == "NOT kept"
    assert found["predict-1, onnxruntime / ours"][1:] == ("-", "not run")


@pytest.mark.parametrize("name", ["exam", "spiral"])
def test_what_differs_is_refused(name):
    work = WORKLOADS[name]
    compare, close = controller._difference, controller.CLOSE[work.dtype]
    assert compare([1.0, 2.0], [1.0, 2.0 * (1 + close / 2)], close) is None
    assert compare([1.0, 2.0], [1.0, 2.1], close) == "step 2 has the loss 2.1, not 2."
    assert compare([1.0], [math.nan], close) == "step 1 has the loss nan, not 1."
    assert compare([1.0], [1.0, 1.0], close) == "(2,) losses for (1,)."
    begin = common.flat(start(work), work.bias)
    base, other = [one + 0.1 for one in begin], [one + 0.2 for one in begin]
    apart = controller._apart
    assert apart(base, base, begin, 0.1) is None
    assert apart(base, other, begin, 0.1) == "its weights are 1 of their way apart."


@pytest.mark.no_cover
@pytest.mark.parametrize("name", ["exam", "and", "spiral"])
def test_fit_and_its_steps_are_the_same_training(name):
    pytest.importorskip("numba")
    work = WORKLOADS[name]
    x, y = data(work)
    how = {"threads": 1, "lean": False}
    kinds = (glass.Reference, glass.Compiled, glass.Fitted)
    trainers = [kind(work, x, y, **how) for kind in kinds]
    for turn, steps in enumerate(orders.first_steps(work)):
        order = orders.order_of(work, turn)
        for one in trainers:
            one.run(order, steps)
    expected, *others = (one.weights() for one in trainers)
    begin = common.flat(start(work), work.bias)
    for found in others:
        limit = controller.WEIGHTS_CLOSE[work.dtype]
        assert controller._apart(expected, found, begin, limit) is None


def test_steps_are_whole_passes_or_less_than_one():
    work = WORKLOADS["spiral"]
    assert common.passes(work, 5) == (1, 5)
    assert common.passes(work, 3 * work.steps) == (3, work.steps)
    with pytest.raises(ValueError, match="33 steps are no whole passes of 32"):
        common.passes(work, 33)
    parts = common.batches(work, work.steps)
    rows = np.concatenate([np.arange(work.rows)[part] for part in parts])
    assert np.array_equal(rows, np.arange(work.rows))


def test_the_page_is_made_of_the_results_alone(tmp_path, monkeypatch):
    pytest.importorskip("matplotlib")
    other = {**RESULTS, "machine": {"processor": "another"}}
    for name, results in (("peers_some", RESULTS), ("peers_another", other)):
        text = json.dumps(results)
        (tmp_path / f"{name}.json").write_text(text, encoding="utf-8")
    page = tmp_path / "page.md"
    write_page = module("write_page")
    monkeypatch.setattr(sys, "argv", ["x", str(tmp_path), str(page)])
    monkeypatch.setattr(sys, "path", ["x", *sys.path])
    write_page.main()
    text = page.read_text(encoding="utf-8")
    row = "| exam | 2.00 (1.75 to 2.00) | jax | 4.00 | - | 2.00 | - | - | - |"
    assert text.count(row) == 2 * len(RESULTS["train"])
    assert "| processor | some \\| processor |" in text
    assert "| scikit-learn, exam, threads: 1 | not run: no dropout. |" in text
    headings = re.findall("^## (.*)", text, re.MULTILINE)
    assert headings[-2:] == ["another", "some | processor"]
    assert re.search(r"^\| another \| 2.00 \| 2.00 \| \d+ of \d+ \|", text, re.M)
    for name in WORKLOADS:
        assert re.search(rf"^\| {name} \| ", text, re.MULTILINE)
    for name in ("some", "another"):
        assert f"(_static/benchmarks_{name}.svg)" in text
        chart = tmp_path / "_static" / f"benchmarks_{name}.svg"
        assert chart.read_text(encoding="utf-8").count("<svg") == 1


def test_each_processor_has_a_file_of_results():
    main = module("__main__")
    for processor, name in (
        ("Intel(R) Xeon(R) Processor", "peers_intel_xeon.json"),
        ("AMD EPYC", "peers_amd_epyc.json"),
        ("Apple M4 Pro", "peers_apple_m4_pro.json"),
    ):
        assert main.file_name(processor) == name
