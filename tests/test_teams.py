"""Several threads that divide a step give the bits of one, and never wait for ever."""

from __future__ import annotations

import os
import signal
import sys
import threading
from dataclasses import replace
from functools import partial
from time import sleep

import numpy as np
import pytest

import glassprop as gp
from glassprop.backends.arithmetic import FUNCTIONS
from glassprop.backends.run_numba import NumbaSteps
from glassprop.backends.shares import EDGE
from glassprop.backends.teams import team_of
from networks import bits, refusal
from test_numba import LAYER_NETWORKS, LOSSES, WAYS, OneForEachLayer, loss_network

RNG = np.random.default_rng(8)
ROWS = 39
SHARES = "glassprop.backends."


@pytest.fixture
def divided(monkeypatch):
    """Let everything be divided that can be, however small, among three threads."""
    pytest.importorskip("numba")
    monkeypatch.setattr(f"{SHARES}shares.THREADED", 0)
    for name in ("kernels", "products"):
        monkeypatch.setattr(f"{SHARES}{name}.LITTLE", 0)
    monkeypatch.setattr(f"{SHARES}run_numba.cores", lambda: 3)


def trained(make, x, y, threads, **options):
    """Give the bits of a network after two epochs, and its losses."""
    net = make()
    given = {"epochs": 2, "batch_size": 16, "backend": "numba"} | options
    history = net.fit(x, y, threads=threads, verbose=False, **given)
    return bits(net), history["loss"], net


def assert_same_bits(make, x, y, **options):
    one, losses, _ = trained(make, x, y, 1, **options)
    for threads in (2, 3):
        several, others, _ = trained(make, x, y, threads, **options)
        assert several == one
        assert others == losses


def regular(dtype):
    layers = [
        gp.Dense(70, "relu"),
        gp.BatchNorm(),
        gp.Dropout(0.2),
        gp.Dense(40, "tanh"),
        gp.Dense(3),
    ]
    return gp.Network(layers, loss="cross_entropy", seed=2, dtype=dtype)


@pytest.mark.usefixtures("divided")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_bits_are_those_of_one_thread(dtype):
    x, y = RNG.normal(size=(ROWS, 21)).astype(dtype), np.arange(ROWS) % 3
    weights = np.linspace(0.5, 2, ROWS)
    make = lambda: regular(dtype)  # noqa: E731
    assert_same_bits(make, x, y, optimizer=gp.AdamW(0.01), sample_weight=weights)


@pytest.mark.usefixtures("divided")
def test_products_by_blas_are_divided(monkeypatch):
    for name in ("FEW", "FEW_COLUMNS", "SOME", "WIDE"):
        monkeypatch.setattr(f"{SHARES}products.{name}", 0)
    x, y = RNG.normal(size=(ROWS, 21)), np.arange(ROWS) % 3
    make = lambda: regular("float64")  # noqa: E731
    one, _, _ = trained(make, x, y, 1)
    several, _, net = trained(make, x, y, 3)
    for key, value in one.items():
        found = np.frombuffer(several[key])
        np.testing.assert_allclose(found, np.frombuffer(value), rtol=1e-9, atol=1e-12)
    assert "tiles" not in net.source(backend="numba", batch_size=16)


@pytest.mark.no_cover
@pytest.mark.usefixtures("divided")
@pytest.mark.parametrize("layers", LAYER_NETWORKS)
def test_every_layer_gives_the_bits_of_one_thread(layers):
    def make():
        heads = [*LAYER_NETWORKS[layers][1], gp.Dense(2)]
        return gp.Network(heads, loss="huber", seed=3)

    shape = (ROWS, 2, 3) if layers == "matrices" else (ROWS, 3)
    x = np.abs(RNG.normal(size=shape))
    assert_same_bits(make, x, RNG.normal(size=(ROWS, 2)))


@pytest.mark.no_cover
@pytest.mark.usefixtures("divided")
def test_every_loss_gives_the_bits_of_one_thread():
    _, y = loss_network(LOSSES)
    x = RNG.normal(size=(len(y[0]), 3))
    make = lambda: loss_network(LOSSES)[0]  # noqa: E731
    assert_same_bits(make, x, y, optimizer=gp.SGD(0.01), batch_size=4)


@pytest.mark.no_cover
@pytest.mark.usefixtures("divided")
def test_every_optimizer_gives_the_bits_of_one_thread():
    def make():
        heads = gp.Parallel([gp.Dense(2, name=name) for name in WAYS])
        losses = ["half_squared_error"] * len(WAYS)
        return gp.Network([heads], loss=losses, input_shape=3, seed=1)

    x, y = RNG.normal(size=(ROWS, 3)), RNG.normal(size=(ROWS, 2))
    assert_same_bits(make, x, (y,) * len(WAYS), optimizer=OneForEachLayer())


def attention(x):
    """Multiply matrices behind an axis of rows."""
    return x @ np.transpose(x, (0, 2, 1))


@pytest.mark.usefixtures("divided")
def test_products_of_many_matrices_are_divided():
    def make():
        layers = [gp.Reshape((4, 3)), gp.Lambda(attention), gp.Flatten(), gp.Dense(2)]
        return gp.Network(layers, loss="huber", seed=3)

    assert_same_bits(make, RNG.normal(size=(ROWS, 12)), RNG.normal(size=(ROWS, 2)))


@pytest.mark.usefixtures("divided")
@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="not on this system")
def test_threads_that_share_a_core_come_to_an_end():
    whole = os.sched_getaffinity(0)
    x, y = RNG.normal(size=(ROWS, 21)), np.arange(ROWS) % 3
    make = lambda: regular("float64")  # noqa: E731
    one, _, _ = trained(make, x, y, 1)
    os.sched_setaffinity(0, {min(whole)})
    try:
        assert trained(make, x, y, 3)[0] == one
    finally:
        os.sched_setaffinity(0, whole)


def test_shares_lie_side_by_side_and_are_whole_blocks():
    names = {"kernel": lambda function: function}
    exec(EDGE, names)
    edge = names["edge"]
    for size in (0, 1, 15, 16, 40, 128, 1000):
        for block in (1, 4, 32):
            for team in (1, 2, 3, 7):
                edges = [edge(size, block, me, team) for me in range(team + 1)]
                assert edges[0] == 0 and edges[-1] == size
                shares = np.diff(edges)
                assert (shares >= 0).all() and not (shares[:-1] % block).any()
                # What is left over stands behind whole blocks, where there are some.
                assert size < block or shares[-1] >= block
                assert shares.max() - shares.min() < 2 * block or size < block


@pytest.mark.usefixtures("divided")
def test_a_small_step_or_one_core_is_one_threads(monkeypatch):
    x, y = RNG.normal(size=(ROWS, 21)), np.arange(ROWS) % 3
    _, _, net = trained(lambda: regular("float64"), x, y, 1, backend="numpy")
    program = net.recipe.program(net.structure)

    def source(threads):  # of a copy: what was printed before is kept
        return NumbaSteps(replace(program), 16, threads).source

    assert "meet(arrived, team)" in source(2)
    monkeypatch.setattr(f"{SHARES}run_numba.cores", lambda: 1)
    alone = source(1)
    assert source(2) == alone
    monkeypatch.setattr(f"{SHARES}run_numba.cores", lambda: 2)
    monkeypatch.setattr(f"{SHARES}shares.THREADED", 1e9)
    assert source(2) == alone


def test_compiled_code_raises_nothing_that_others_would_wait_for():
    sources = {name: one.source for name, one in FUNCTIONS.items()}
    assert [name for name, text in sources.items() if "raise " in text] == []


@pytest.mark.usefixtures("divided")
def test_what_numpy_refuses_in_one_share_is_told():
    def powers(x):
        return 0.01 * x + 2 ** np.floor(x).astype(int)

    x = RNG.uniform(0, 3, (ROWS, 20))
    x[30, 3] = -1.5
    net = gp.Network([gp.Lambda(powers), gp.Dense(1)], loss="half_squared_error")
    options = {"backend": "numba", "shuffle": False, "verbose": False}
    calls = [partial(net.fit, x, x[:, :1], threads=k, **options) for k in (1, 3)]
    message = "Integers to negative integer powers are not allowed."
    assert [refusal(ValueError, call) for call in calls] == [message] * 2


def test_a_team_calls_with_numbers_and_an_error_is_told():
    called = []

    def function(given, arrived, me, team):
        called.append((given, arrived.tolist(), me, team, threading.get_ident()))
        if given == "wrong":
            raise ValueError("inside")

    with team_of(3) as team:
        team(function, "one")
        assert sorted(one[:4] for one in called) == [
            ("one", [0], me, 3) for me in range(3)
        ]
        assert threading.get_ident() not in {one[4] for one in called}
        with pytest.raises(ValueError, match="^inside$"):
            team(function, "wrong")
    with team_of(1) as team:
        team(called.append, "alone")
    assert called[-1] == "alone"


def test_no_thread_begins_before_all_are_there(monkeypatch):
    start, started, called = threading.Thread.start, [], []

    def limited(thread):
        if len(started) == 2:
            raise RuntimeError("can't start new thread")
        started.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", limited)
    with team_of(3) as team, pytest.raises(RuntimeError, match="start new thread"):
        team(lambda *given: called.append(given))
    assert len(started) == 2
    assert called == []


@pytest.mark.skipif(sys.platform == "win32", reason="signals are others there")
def test_an_interrupted_call_ends_before_it_is_told():
    ended = []

    def function(_arrived, me, _team):
        if me == 0:
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        sleep(0.1)
        ended.append(me)

    with team_of(2) as team, pytest.raises(KeyboardInterrupt):
        try:
            team(function)
        finally:
            assert sorted(ended) == [0, 1]
