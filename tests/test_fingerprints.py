"""Programs that are alike are derived once, and only those."""

from __future__ import annotations

import threading

import numpy as np
import pytest

import glassprop as gp
from glassprop.errors import TraceError
from glassprop.fingerprints import LARGEST, fingerprint
from glassprop.graph import apply
from glassprop.ops import elementwise, leaves
from glassprop.recent import Recent
from glassprop.recipes import assumed_recipe

X = np.linspace(-1, 1, 12).reshape(6, 2)
Y = np.arange(6) % 3


def step_of(*layers, seed=0, dtype=None):
    """Give the program of a network's training step."""
    net = gp.Network(
        layers, loss="cross_entropy", input_shape=2, seed=seed, dtype=dtype
    )
    return assumed_recipe(net.structure, net.loss).program(net.structure)


def plain(*, slope=0.0, name=None, units=4):
    return gp.Dense(units, lambda z: np.where(z > 0, z, slope * z), name=name)


def in_words(word):
    """Give a function of one name that calls a value in its middle by a word."""
    made = {}
    exec(
        f"def doubled(z):\n    {word} = np.maximum(z, 0)\n    return {word} * 2",
        {"np": np},
        made,
    )
    return made["doubled"]


def test_networks_alike_share_their_programs():
    given = {"weight": np.ones((2, 4))}
    first = step_of(gp.Dense(4, "relu"), gp.Dense(3))
    assert step_of(gp.Dense(4, "relu"), gp.Dense(3), seed=7) is first
    assert step_of(gp.Dense(4, "relu", weights=given), gp.Dense(3)) is first


@pytest.mark.parametrize(
    "other",
    [
        lambda: step_of(gp.Dense(5, "relu"), gp.Dense(3)),
        lambda: step_of(gp.Dense(4, "tanh"), gp.Dense(3)),
        lambda: step_of(gp.Dense(4, "relu", name="first"), gp.Dense(3)),
        lambda: step_of(gp.Dense(4, "relu", l2=0.1), gp.Dense(3)),
        lambda: step_of(gp.Dense(4, "relu"), gp.Dense(3), dtype="float32"),
    ],
    ids=["units", "activation", "name", "penalty", "dtype"],
)
def test_others_do_not(other):
    first = step_of(gp.Dense(4, "relu"), gp.Dense(3))
    assert other() is not first


@pytest.mark.parametrize(
    ("one", "two"), [(0.0, -0.0), (0.5, np.float32(0.5)), (1, 2)], ids=str
)
def test_constants_are_compared_bit_for_bit(one, two):
    programs = [step_of(plain(slope=slope), gp.Dense(3)) for slope in (one, two, one)]
    assert programs[0] is programs[2]
    assert programs[0] is not programs[1]


def test_the_words_of_the_author_count():
    words = ("positive", "rectified", "positive")
    one, two, three = (step_of(gp.Dense(4, in_words(it)), gp.Dense(3)) for it in words)
    assert one.doc == two.doc
    assert one is three is not two
    assert "rectified1" in two.names.values()


def test_a_function_that_reads_what_has_changed_is_another():
    factor = [2.0]
    layers = gp.Dense(4, lambda z: factor[0] * z), gp.Dense(3)
    before = step_of(*layers)
    factor[0] = 3.0
    after = step_of(*layers)
    assert after is not before
    factor[0] = 2.0
    assert step_of(*layers) is before


def test_what_draws_is_refused_every_time():
    rng = np.random.default_rng(0)
    layers = gp.Dense(4, lambda z: rng.uniform() * z), gp.Dense(3)
    for _ in range(3):
        with pytest.raises(TraceError, match="another program each time it runs"):
            step_of(*layers)


def test_much_data_and_unknown_values_have_no_fingerprint():
    def of(value):
        shape = {"shape": (), "dtype": np.dtype(float)}
        x = apply(leaves.input_, (), {"name": "x", **shape})
        there = np.zeros(2) if value is None else value
        constant = apply(leaves.constant, (), {"value": there, "dtype": there.dtype})
        y = apply(elementwise.add, (x, constant))
        return fingerprint(("f", ""), {"x": x}, {"y": y})

    assert of(np.zeros(2)) == of(np.zeros(2)) is not None
    assert of(np.zeros(LARGEST // 8)) is not None
    assert of(np.zeros(LARGEST // 8 + 1)) is None

    unknown = apply(leaves.input_, (), {"name": "x", "shape": (), "dtype": "float64"})
    strange = {**unknown.attributes, "other": object()}
    odd = type(unknown)(leaves.input_, (), strange, (), np.dtype(float))
    assert fingerprint(("f", ""), {"x": odd}, {"x": odd}) is None


def test_both_back_ends_train_alike_on_a_shared_program():
    def trained(backend):
        net = gp.Network([gp.Dense(4, "relu"), gp.Dense(3)], loss="cross_entropy")
        net.fit(X, Y, epochs=2, batch_size=2, backend=backend, verbose=False)
        return [one.tobytes() for one in net.values.values()]

    assert trained("numpy") == trained("numpy")
    pytest.importorskip("numba")
    assert trained("numba") == trained("numba")


def test_the_one_asked_for_longest_ago_is_forgotten():
    recent = Recent(2)
    recent.keep("a", 1)
    recent.keep("b", 2)
    assert recent.get("a") == 1
    recent.keep("c", 3)
    assert [recent.get(key) for key in "abc"] == [1, None, 3]
    recent.keep("a", 4)
    assert recent.get("a") == 4


def test_threads_share_what_is_recent():
    recent = Recent(4)
    wrong = []

    def work(offset):
        for at in range(2000):
            key = (at + offset) % 8
            recent.keep(key, key)
            if recent.get(at % 8) not in (None, at % 8):
                wrong.append(at)

    threads = [threading.Thread(target=work, args=(one,)) for one in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert not wrong
