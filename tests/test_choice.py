"""backend="auto": chosen by what a program costs, kept when training goes on."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

import glassprop as gp
from glassprop.backends import choice
from glassprop.backends.choice import chosen_backend, chosen_threads
from glassprop.backends.installed import NEEDED

RNG = np.random.default_rng(5)


def step_of(*layers, columns=8):
    net = gp.Network([*layers], loss="half_squared_error", input_shape=columns)
    y = np.zeros((4, *net.structure.output_shape))
    net.fit(np.zeros((4, columns)), y, verbose=False)
    return net.recipe.program(net.structure)


def test_short_trainings_take_numpy_and_long_ones_compiled_code():
    pytest.importorskip("numba")
    program = step_of(gp.Dense(64, "relu"), gp.Dense(64, "relu"), gp.Dense(1))
    chosen = [chosen_backend(program, 256, steps) for steps in (1, 100, 10**5)]
    assert chosen == ["numpy", "numpy", "numba"]


def test_the_answer_depends_on_rows_steps_and_program_alone():
    program = step_of(gp.Dense(3, "tanh"), gp.Dense(1))
    answers = {chosen_backend(program, 32, 5000) for _ in range(3)}
    assert len(answers) == 1


def test_what_cannot_be_compiled_takes_numpy():
    pytest.importorskip("numba")

    def whitened(x):
        return x @ np.linalg.inv(np.eye(8) + x.T @ x)

    program = step_of(gp.Dense(8), gp.Lambda(whitened), gp.Dense(1))
    assert chosen_backend(program, 256, 10**6) == "numpy"


@pytest.mark.parametrize("missing", NEEDED)
def test_without_the_extra_it_is_numpy(missing, monkeypatch):
    program = step_of(gp.Dense(64, "relu"), gp.Dense(1))
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name, *rest: None if name == missing else found(name, *rest),
    )
    assert chosen_backend(program, 256, 10**7) == "numpy"


def test_two_threads_are_for_large_steps(monkeypatch):
    monkeypatch.setattr(choice, "cores", lambda: 2)
    small, large = step_of(gp.Dense(8)), step_of(gp.Dense(512), gp.Dense(512))
    assert chosen_threads(small, 32) == 1
    assert chosen_threads(large, 128) == 2
    assert choice.cores() == 2


def test_the_first_training_settles_it(monkeypatch):
    asked = []

    def chosen(program, rows, steps):
        asked.append(steps)
        return "numpy"

    monkeypatch.setattr("glassprop.training_steps.chosen_backend", chosen)
    net = gp.Network([gp.Dense(1)], loss="half_squared_error")
    X, y = RNG.normal(size=(10, 2)), RNG.normal(size=(10, 1))
    for epochs in (2, 3):
        net.fit(X, y, epochs=epochs, batch_size=4, verbose=False)
    assert asked == [6]
    net.add(gp.Dense(1))
    net.fit(X, y, epochs=5, batch_size=4, verbose=False)
    assert asked == [6, 15]
