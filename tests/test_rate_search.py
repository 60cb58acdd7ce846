"""The range test of learning rates, and a few rows learned by heart."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

import glassprop as gp
from diagnose_examples import LABELS, NUMBERS, ROWS, X, classifier, regressor
from glassprop.diagnosis.baselines import constant_loss
from glassprop.diagnosis.rates import read_search
from glassprop.errors import ArgumentError
from glassprop.losses import LOSSES, get_loss
from glassprop.rows import checked_rows
from networks import refusal

RATES = np.geomspace(1e-7, 10, 100)
LOGS = np.log10(RATES)


# Curves made by hand ------------------------------------------------------------------


def valley(noise=0.0, explodes=True):
    """Flat up to 1e-4, falling to 0.1, and rising fast from 1 on."""
    fall = 2 - np.clip((LOGS + 4) / 3, 0, 1) * 1.5
    rise = np.where(LOGS > 0, 10.0 ** np.clip(3 * LOGS, 0, 6), 1) if explodes else 1
    return fall * rise + noise * np.random.default_rng(0).standard_normal(100)


@pytest.mark.parametrize("noise", [0.0, 0.05])
@pytest.mark.parametrize("explodes", [False, True])
def test_a_valley_is_read(noise, explodes):
    found = read_search(RATES, valley(noise, explodes))
    assert found.falls
    assert found.exploded is explodes
    assert 1e-5 < found.falling < 2e-3
    assert found.falling < found.valley < 1
    assert found.falling <= found.steepest < 1
    assert found.suggestion == found.valley
    assert len(found.rates) == len(found.losses) == len(found.smoothed)
    assert bool(found.rates[-1] < 9.9) is explodes
    end = "where the loss exploded" if explodes else "where the test ended"
    assert str(found) == (
        f"learning rate {found.valley:.2g}: the loss falls from {found.falling:.2g} "
        f"on, fastest at {found.steepest:.2g}, up to {found.rates[-1]:.2g}, {end}"
    )


@pytest.mark.parametrize(
    "losses",
    [
        np.ones(100),
        1 + 0.01 * np.random.default_rng(0).standard_normal(100),
        np.linspace(1, 3, 100),
        np.zeros(100),
    ],
    ids=["flat", "noise", "rising", "zero"],
)
def test_a_loss_that_does_not_fall(losses):
    found = read_search(RATES, losses)
    assert not found.falls
    assert np.isnan([found.suggestion, found.falling, found.steepest]).all()
    assert str(found) == "the loss falls at no learning rate from 1e-07 to 10"
    made = json.loads(found.json())
    assert made["suggestion"] is made["valley"] is None
    assert made["losses"] == list(losses)


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e9])
def test_an_explosion_ends_the_test(bad):
    losses = valley(explodes=False)
    losses[50] = bad
    found = read_search(RATES, losses)
    assert (len(found.rates), found.exploded) == (50, True)
    losses[3] = bad
    assert refusal(ArgumentError, lambda: read_search(RATES, losses)) == (
        "find_learning_rate: the loss explodes in step 4, at the rate "
        f"{RATES[3]:.2g}. Give a smaller low=, or scale the inputs, gp.Standardize() "
        "as first layer."
    )


def test_a_first_batch_with_a_small_loss_is_not_the_lowest():
    losses = valley(0.05, explodes=False)
    losses[0] = 0.3
    found = read_search(RATES, losses)
    assert found.falls
    assert 1e-5 < found.falling < 2e-3


# On networks --------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", [gp.SGD(), gp.Adam(), gp.Lion()])
def test_a_rate_that_is_suggested_learns(optimizer):
    net = gp.Network(regressor(), loss="mean_squared_error")
    found = net.find_learning_rate(X, NUMBERS, optimizer=optimizer)
    again = net.find_learning_rate(X, NUMBERS, optimizer=optimizer)
    assert found.suggestion == again.suggestion
    np.testing.assert_array_equal(found.losses, again.losses)
    assert found.tried
    rule = type(optimizer)(found.suggestion)
    history = net.fit(X, NUMBERS, optimizer=rule, epochs=100, verbose=False)
    assert history["loss"][-1] < 0.2 * np.var(NUMBERS)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"low": 1.0, "high": 0.1},
            "find_learning_rate: expected 0 < low < high, both finite, got low=1.0 and "
            "high=0.1.",
        ),
        (
            {"low": 0.1, "high": math.inf},
            "find_learning_rate: expected 0 < low < high, both finite, got low=0.1 and "
            "high=inf.",
        ),
        (
            {"low": "a"},
            "find_learning_rate: expected 0 < low < high, both finite, got low='a' and "
            "high=10.0.",
        ),
        (
            {"steps": 3},
            "find_learning_rate: steps must be an integer of 10 or more, got 3.",
        ),
        (
            {"batch_size": 0},
            "batch_size must be a positive integer (None takes all rows at once), got "
            "0.",
        ),
        (
            {"optimizer": "lbfgs"},
            "find_learning_rate: LBFGS finds the size of its steps itself. Give an "
            "optimizer with a learning rate, such as gp.Adam().",
        ),
    ],
)
def test_ranges_that_are_none(options, message):
    net = gp.Network(classifier(), loss="cross_entropy")
    ask = lambda: net.find_learning_rate(X, LABELS, **options)  # noqa: E731
    assert refusal(ArgumentError, ask) == message


def test_a_loss_that_explodes_at_once():
    net = gp.Network(regressor(), loss="mean_squared_error")
    ask = lambda: net.find_learning_rate(X, NUMBERS * 1e200)  # noqa: E731
    assert refusal(ArgumentError, ask) == (
        "find_learning_rate: the loss explodes in step 1, at the rate 1e-07. Give a "
        "smaller low=, or scale the inputs, gp.Standardize() as first layer."
    )


# The best constant answer -------------------------------------------------------------


def best_constant(loss, y, units=1):
    net = gp.Network([gp.Dense(units)], input_shape=3)
    row = get_loss(loss)
    return constant_loss(
        net.structure, checked_rows(net.structure, X[: len(y)], y, row), row
    )


SHARES = np.bincount(LABELS) / ROWS
ENTROPY = -np.sum(SHARES * np.log(SHARES))
YES = (X[:, :1] > 0.5).astype(int)
COUNTS = np.random.default_rng(3).poisson(3, (ROWS, 1))
PART = YES.mean()
KNOWN = {
    "mean_squared_error": (NUMBERS, 1, np.var(NUMBERS)),
    "half_squared_error": (NUMBERS, 1, np.var(NUMBERS) / 2),
    "mean_absolute_error": (
        NUMBERS,
        1,
        np.mean(np.abs(NUMBERS - np.median(NUMBERS))),
    ),
    "cross_entropy": (LABELS, 3, ENTROPY),
    "kl_divergence": (LABELS, 3, ENTROPY),
    "binary_cross_entropy": (
        YES,
        1,
        -(PART * np.log(PART) + (1 - PART) * np.log(1 - PART)),
    ),
    "poisson": (
        COUNTS,
        1,
        COUNTS.mean() - COUNTS.mean() * np.log(COUNTS.mean()),
    ),
}


@pytest.mark.parametrize("loss", KNOWN)
def test_the_best_constant_answer_is_the_known_one(loss):
    assert loss in LOSSES
    y, units, expected = KNOWN[loss]
    assert best_constant(loss, y, units) == pytest.approx(expected, rel=1e-6)


def test_no_constant_is_better_by_much():
    """Of every loss of numbers, beside the best of many constants."""
    grid = np.linspace(NUMBERS.min(), NUMBERS.max(), 2001)
    for name, row in LOSSES.items():
        if row.target == "values":
            each = [row.function(np.full((ROWS, 1), at), NUMBERS).mean() for at in grid]
            assert best_constant(name, NUMBERS) <= 1.1 * min(each) + 1e-9, name


def test_a_search_is_shown_in_a_line_and_drawn_in_a_file(tmp_path):
    found, path = read_search(RATES, valley()), tmp_path / "rates.svg"
    assert repr(found) == f"<RateSearch: {found}>"
    found.plot(path)
    drawn = gp.pictures.learning_rates(found).svg()
    assert path.read_text(encoding="utf-8") == drawn
    place = (tmp_path / "rates").as_posix()
    assert refusal(ArgumentError, lambda: found.plot(tmp_path / "rates")) == (
        f"{place!r}: expected a name that ends in .svg, .png or .pdf, got no ending."
    )


# A few rows by heart ------------------------------------------------------------------


def test_the_lowest_loss_is_that_of_free_outputs():
    """Two rows alike but for their labels cannot be told apart by more than a half."""
    found = gp.Network(regressor(), loss="mean_squared_error").overfit_check(X, NUMBERS)
    assert found.ok
    assert found.lowest < 1e-9
    assert found.lowest <= found.end < found.constant
    smoothed = LOSSES["smoothed_cross_entropy"].function
    hot = np.log(np.array([[1 - 0.1 + 0.1 / 3, 0.1 / 3, 0.1 / 3]]))
    check = gp.Network(classifier()).overfit_check(
        X, LABELS, loss="smoothed_cross_entropy"
    )
    assert check.lowest == pytest.approx(smoothed(hot, np.array([0]))[0], rel=1e-3)


def test_a_check_says_how_far_it_came():
    found = gp.Network([gp.Dense(1, "sigmoid"), gp.Dense(2)]).overfit_check(
        X, X[:, ::2] ** 2, loss="mean_squared_error"
    )
    left = (found.end - found.lowest) / (found.constant - found.lowest)
    assert found.left == left
    verdict = "learned by heart" if found.ok else "not learned by heart"
    assert str(found) == (
        f"{found.rows} rows {verdict}: loss {found.start:.4g} to {found.end:.4g} in "
        f"{found.steps} steps; the best constant answer has {found.constant:.4g}, the "
        f"lowest is {found.lowest:.4g}"
    )
    made = json.loads(found.json())
    assert (made["ok"], made["rows"], made["left"]) == (found.ok, found.rows, left)


def test_one_row_is_one_row():
    found = gp.Network(regressor(), loss="mean_squared_error").overfit_check(
        X[:1], NUMBERS[:1]
    )
    assert str(found).startswith("1 row learned by heart: loss ")


def test_penalties_and_noise_are_left_out():
    layers = [gp.Dense(20, "tanh"), gp.Dropout(0.9), gp.Dense(1)]
    bare = [gp.Dense(20, "tanh"), gp.Dense(1)]
    noisy, quiet = (
        gp.Network(each, loss="mean_squared_error").overfit_check(X, NUMBERS)
        for each in (layers, bare)
    )
    assert noisy.ok
    assert noisy.end < 10 * quiet.end + 1e-3
