"""Trainings whose loss rises early and falls far: who pays for it, and who does not."""

from __future__ import annotations

import re

import numpy as np
import pytest

import glassprop as gp
from glassprop.diagnosis import comparing
from glassprop.diagnosis.rules_of_steps import rises

RNG = np.random.default_rng(1)
X = RNG.standard_normal((240, 8))
LABELS = (X[:, 0] + X[:, 1] + 0.8 * RNG.standard_normal(240) > 0).astype(int)
OPTIONS = {"batch_size": None, "epochs": 150}
SEEN = re.compile(
    r"the loss rose by over 0\.3 times that of the best constant answer, 0\.6923, from "
    r"one epoch to the next, (\d+) times, and ends at ([\d.]+) on held-out rows\. At a "
    r"tenth of the learning rate it ends there at ([\d.]+); up to 1\.5 times that is "
    r"fine\."
)


def network(units=16):
    layers = [gp.Dense(units, "tanh"), gp.Dense(2)]
    return gp.Network(layers, loss="cross_entropy")


def test_rises_that_a_training_makes_up_for_harm_rows_that_were_held_out():
    net, large = network(), gp.SGD(10.0)
    history = net.copy().fit(X, LABELS, optimizer=large, verbose=False, **OPTIONS)
    losses = history["loss"]
    assert losses[-1] < 0.05
    (finding,) = net.diagnose(X, LABELS, optimizer=large, **OPTIONS)
    assert finding.condition == "overshooting"
    found = SEEN.fullmatch(finding.seen)
    assert int(found[1]) == rises(losses, 0.6923) >= 3
    assert float(found[2]) / float(found[3]) == pytest.approx(finding.value, rel=0.01)
    assert finding.limit == 1.5
    assert str(finding.change) == "net.fit(X, y, optimizer=gp.SGD(learning_rate=1.0))"


def test_a_rate_without_rises_is_left_as_it_is():
    assert not network().diagnose(X, LABELS, optimizer=gp.SGD(1.0), **OPTIONS)


def test_few_rows_do_not_tell_of_harm():
    few = slice(comparing.LEAST - 1)
    found = network(64).diagnose(X[few], LABELS[few], optimizer=gp.SGD(10.0), **OPTIONS)
    assert all("held-out" not in one.seen for one in found)


def test_rises_are_counted_where_one_is_large():
    assert rises([1.0, 1.5, 1.0, 2.1, 1.0, 1.4], 1.0) == 3
    assert rises([1.0, 1.5, 1.0, 1.9, 1.0, 1.4], 1.0) == 0
    assert rises([1.0], 1.0) == rises([1.0, 9.0], np.nan) == 0
