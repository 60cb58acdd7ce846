"""The workloads that speed is measured on, and `glassprop bench`."""

import json
import sys

import numpy as np
import pytest

from glassprop import bench
from glassprop.backends.run_numpy import NumpySteps
from glassprop.cli import main
from glassprop.errors import ArgumentError, GlasspropError, MissingExtraError
from glassprop.workloads import WORKLOADS, data, network, optimizer, start

SMALL = [one for one in WORKLOADS.values() if one.rows * one.sizes[0] < 1e6]


@pytest.mark.parametrize("workload", SMALL, ids=lambda one: one.name)
def test_data_are_those_that_are_named(workload):
    x, y = data(workload)
    assert x.shape == (workload.rows, workload.sizes[0])
    assert x.dtype == workload.dtype
    if workload.loss == "cross_entropy":
        assert y.shape == (workload.rows,)
        assert set(np.unique(y)) == set(range(workload.sizes[-1]))
    else:
        assert y.shape == (workload.rows, workload.sizes[-1])
        assert y.dtype == workload.dtype
    again = data(workload)
    assert np.array_equal(x, again[0]) and np.array_equal(y, again[1])


@pytest.mark.parametrize("workload", WORKLOADS.values(), ids=lambda one: one.name)
def test_a_network_is_what_its_workload_says(workload):
    assert len(workload.activations) == len(workload.sizes) - 1
    net, rule = network(workload), optimizer(workload)
    assert net.structure.output_shape == (workload.sizes[-1],)
    assert net.structure.dtype == workload.dtype
    assert type(rule).__name__.lower() == workload.optimizer
    assert rule.learning_rate == workload.learning_rate
    assert getattr(rule, "weight_decay", 0) == workload.weight_decay
    for number, (weight, bias) in enumerate(start(workload), 1):
        assert np.array_equal(net.parameters[f"layer{number}.weight"], weight)
        if workload.bias:
            assert np.array_equal(net.parameters[f"layer{number}.bias"], bias)
    kinds = [type(layer).__name__ for layer in net.layers]
    hidden = len(workload.sizes) - 2
    assert kinds.count("BatchNorm") == hidden * workload.batch_norm
    assert kinds.count("Dropout") == hidden * (workload.dropout > 0)


@pytest.mark.parametrize("name", ["and", "spiral"])
def test_a_trainer_does_what_fit_does(name):
    workload = WORKLOADS[name]
    x, y = data(workload)
    order = np.random.default_rng(0).permutation(workload.rows)
    trainer = bench.Trainer(workload, NumpySteps, (x, y))
    losses = [trainer.run(order, workload.steps) for _ in range(2)]
    net = network(workload)
    sizes = np.full(workload.steps, workload.batch)
    sizes[-1] = workload.rows - sizes[:-1].sum()
    history = net.fit(
        x[order],
        y[order],
        optimizer=optimizer(workload),
        epochs=2,
        batch_size=workload.batch,
        shuffle=False,
        backend="numpy",
        verbose=False,
    )
    means = [one @ sizes / workload.rows for one in losses]
    assert history["loss"] == pytest.approx(means, rel=1e-12)
    for key, value in net.values.items():
        assert np.array_equal(trainer.values[key], value)


def test_back_ends_that_differ_are_reported():
    one, two = np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.1, np.nan])
    bench.check_agreement({"numba": one, "numpy": one + 1e-12}, 1e-9)
    with pytest.raises(GlasspropError) as failure:
        bench.check_agreement({"numba": one, "numpy": two}, 1e-3)
    assert str(failure.value) == (
        "step 2: numba has the loss 2.0, numpy 2.1. Please report this."
    )
    with pytest.raises(GlasspropError, match="step 1: .* numpy nan"):
        bench.check_agreement({"numba": one[2:], "numpy": two[2:]}, 1e-3)


def test_what_cannot_be_measured_is_refused_before_anything_is(monkeypatch):
    with pytest.raises(ArgumentError) as failure:
        bench.chosen(["exam", "digit"], 7)
    assert str(failure.value) == (
        "there is no workload 'digit'. Did you mean 'digits'? They are "
        f"{', '.join(WORKLOADS)}."
    )
    with pytest.raises(ArgumentError) as failure:
        bench.chosen([], 1)
    assert str(failure.value) == "turns must be an integer of at least 2, got 1."
    monkeypatch.setitem(sys.modules, "numba", None)
    with pytest.raises(MissingExtraError) as failure:
        bench.chosen([], 2)
    assert str(failure.value) == (
        "backend 'numba' needs numba, which is not installed. Install it: "
        'pip install "glassprop[fast]"'
    )


@pytest.fixture
def run(capsys, monkeypatch):
    """Give a function that runs the command, its turns short."""
    monkeypatch.setattr(bench, "SECONDS", 0.001)

    def command(*arguments):
        with pytest.raises(SystemExit) as ended:
            main(["bench", *arguments])
        assert not ended.value.code
        return capsys.readouterr()

    return command


def test_bench_prints_a_table(run):
    pytest.importorskip("numba")
    shown = run("exam", "--turns", "2")
    assert shown.err == "exam ...\n"
    title, heads, row = shown.out.splitlines()
    assert title == "Microseconds a step: median of 2 turns (quartiles)"
    assert heads.split() == [
        *("NumPy", "compiled", "times", "faster"),
        *("to", "compile,", "s"),
    ]
    assert row.startswith("exam ")


def test_bench_prints_json_and_names_what_it_cannot_run(run, monkeypatch):
    pytest.importorskip("numba")
    measured = bench.speed

    def speed(workload, turns):
        if workload.name == "and":
            raise ArgumentError("too hard.")
        return measured(workload, turns)

    monkeypatch.setattr("glassprop.cli.bench.speed", speed)
    shown = run("exam", "and", "--turns", "2", "--json")
    assert shown.err == "exam ...\nand ...\nand is not run: too hard.\n"
    found = json.loads(shown.out)
    assert found["unit"] == "seconds a step"
    assert found["workloads"]["and"] == {"not_run": "too hard."}
    exam = found["workloads"]["exam"]
    assert sorted(exam) == ["making", "numba", "numpy", "ratio"]
    assert exam["numpy"] == sorted(exam["numpy"])
