"""The trial of a diagnosis: how long it is, and how much is looked at of dear steps."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import glassprop as gp
from diagnose_examples import ADAM, LABELS, X, classifier
from glassprop.backends.contract import Pace
from glassprop.backends.run_numpy import NumpySteps
from glassprop.diagnosis import overfitting, rates
from glassprop.diagnosis.overfitting import (
    LEAST_STEPS,
    MOST_ROWS,
    RATES,
    STEPS,
    affordable_by_heart,
    check_overfit,
)
from glassprop.diagnosis.planning import (
    HEART_SECONDS,
    LEAST_EPOCHS,
    LEAST_ROWS,
    LEAST_TRIAL,
    MOST,
    RANGE_SECONDS,
    ROWS,
    TRIAL_SECONDS,
    TRIAL_STEPS,
    planned_trial,
    rows_of_looks,
)
from glassprop.diagnosis.rates import (
    COUNT,
    FEWEST_TRIES,
    TRIED,
    TRIES,
    affordable_tries,
)
from glassprop.diagnosis.rules_of_gradients import CHECKED, FEWEST, affordable_rows
from glassprop.diagnosis.rules_of_trials import cannot_overfit
from glassprop.errors import GlasspropWarning
from glassprop.losses import get_loss
from glassprop.recipes import assumed_recipe
from glassprop.rows import checked_rows

MANY = np.tile(X, (40, 1)), np.tile(LABELS, 40)
STATIC = ("layers, start, data and loss", "gradients against finite differences")
BY_COPIES = ("a few rows learned by heart", "a range of learning rates")


def network():
    return gp.Network(classifier(), loss="cross_entropy")


def diagnosed(net=None, **options):
    """Give a diagnosis, and what is warned of, all of it at a line of this file."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        made = (net or network()).diagnose(X, LABELS, optimizer=ADAM, **options)
    assert {one.category for one in found} <= {GlasspropWarning}
    assert {one.filename for one in found} <= {__file__}
    return made, [str(one.message) for one in found]


# Schedules ----------------------------------------------------------------------------


def test_a_trial_has_the_epochs_of_its_steps():
    assert diagnosed()[0].looked_at == (*STATIC, *BY_COPIES, "a trial of 150 epochs")


@pytest.mark.parametrize(
    "schedule",
    [
        gp.schedules.Cosine(10),
        gp.schedules.OneCycle(10),
        gp.schedules.Warmup(4, then=gp.schedules.Cosine(6)),
    ],
)
def test_a_trial_ends_with_its_schedule(schedule):
    found, warned = diagnosed(schedule=schedule)
    assert warned == []
    assert found.conditions == ()
    assert found.looked_at[-1] == "a trial of 10 epochs"


def test_a_rise_of_the_learning_rate_ends_with_the_trial():
    found, warned = diagnosed(schedule=gp.schedules.Warmup(1000))
    assert (found.conditions, warned) == ((), [])
    assert found.looked_at[-1] == "a trial of 150 epochs"


def test_a_schedule_that_is_over_is_left_out():
    net, schedule = network(), gp.schedules.Cosine(40)
    net.fit(X, LABELS, optimizer=ADAM, schedule=schedule, epochs=40, verbose=False)
    found, warned = diagnosed(net, schedule=schedule)
    assert (found.conditions, warned) == ((), [])
    assert found.looked_at == (
        *STATIC,
        "a range of learning rates",
        "a trial of 150 epochs, its schedule being over",
    )
    found, warned = diagnosed(net, schedule=gp.schedules.Cosine(60))
    assert (found.conditions, warned) == ((), [])
    assert found.looked_at[-1] == "a trial of 20 epochs"


def test_epochs_that_are_given_are_kept():
    found, warned = diagnosed(schedule=gp.schedules.Cosine(10), epochs=12)
    assert found.looked_at[-1] == "a trial of 12 epochs"
    assert warned == [
        "schedule: Cosine(epochs=10, final=0.0) has come to its end after 10 epochs, "
        "and this fit goes on to epoch 12. The learning rate stays what it is then. "
        "Give the schedule 12 epochs to end with the fit."
    ]
    assert diagnosed(epochs=1)[0].looked_at[-1] == "a trial of 1 epoch"


# Dear steps ---------------------------------------------------------------------------


def step_of(units):
    """Give the program of a step, of one that is small, dear, or dearer still."""
    layers = [gp.Dense(units, "relu"), gp.Dense(units, "relu"), gp.Dense(3)]
    structure = gp.Network(layers, input_shape=3).structure
    return assumed_recipe(structure, get_loss("cross_entropy")).program(structure)


SMALL, DEAR, DEARER = (step_of(units) for units in (8, 1200, 6000))


def seconds(program, rows):
    return NumpySteps.pace.seconds(program, rows)


def test_nothing_is_cut_of_steps_that_are_not_dear():
    assert planned_trial(SMALL, 60, 32) == (60, TRIAL_STEPS // 2)
    assert planned_trial(SMALL, 60, 60) == (60, TRIAL_STEPS)
    assert planned_trial(SMALL, 10**6, 32) == (32 * TRIAL_STEPS // 3, LEAST_EPOCHS)
    assert affordable_tries(SMALL, 32) == TRIES
    assert affordable_by_heart(SMALL) == STEPS
    assert affordable_rows(SMALL, 6) == CHECKED
    assert rows_of_looks(SMALL, 32, MOST) == ROWS


def test_dear_steps_are_fewer_and_each_part_keeps_to_its_time():
    rows, epochs = planned_trial(DEAR, 10**6, 32)
    steps = epochs * rows // 32
    assert epochs == LEAST_EPOCHS
    assert LEAST_TRIAL < steps < TRIAL_STEPS
    assert steps * seconds(DEAR, 32) <= TRIAL_SECONDS
    tries = affordable_tries(DEAR, 32)
    assert FEWEST_TRIES <= tries < TRIES
    assert (COUNT + (TRIED + 2) * tries) * seconds(DEAR, 32) <= RANGE_SECONDS
    by_heart = affordable_by_heart(DEAR)
    assert LEAST_STEPS <= by_heart < STEPS
    assert len(RATES) * by_heart * seconds(DEAR, MOST_ROWS) <= HEART_SECONDS


def test_what_too_few_steps_would_tell_is_left_out():
    assert planned_trial(DEARER, 10**6, 32) == (32 * LEAST_TRIAL // 3, LEAST_EPOCHS)
    assert (affordable_tries(DEARER, 32), affordable_by_heart(DEARER)) == (0, 0)
    assert affordable_rows(DEARER, 6) == FEWEST
    assert rows_of_looks(DEARER, 32, MOST) == LEAST_ROWS


def test_a_step_on_all_rows_is_on_fewer_where_they_are_dear():
    rows, epochs = planned_trial(SMALL, 10**7, 10**7)
    assert ROWS < rows < 10**7
    assert TRIAL_STEPS * seconds(SMALL, rows) <= 1.01 * TRIAL_SECONDS
    assert epochs == pytest.approx(TRIAL_STEPS, rel=0.01)  # one step each
    assert planned_trial(DEARER, 10**6, 10**6) == (ROWS, LEAST_TRIAL)
    rows, epochs = planned_trial(SMALL, 10**9, 10**8)  # a batch of which is too dear
    assert epochs == pytest.approx(LEAST_TRIAL, rel=0.1)
    assert ROWS < rows < 10**8


@pytest.mark.parametrize(
    ("arithmetic", "looked"),
    [
        (
            2e5,
            (
                "a few rows learned by heart in 100 steps",
                "a range of learning rates for 36 steps each",
                "a trial of 3 epochs on 2,090 of 2,400 rows",
            ),
        ),
        (1e4, ("a trial of 3 epochs on 320 of 2,400 rows",)),
    ],
)
def test_it_is_said_what_was_looked_at(monkeypatch, arithmetic, looked):
    monkeypatch.setattr(NumpySteps, "pace", Pace(arithmetic, call=0))
    found = network().diagnose(*MANY, optimizer=ADAM)
    assert found.conditions == ()
    assert found.looked_at == (*STATIC, *looked)
    found = network().diagnose(*MANY, optimizer=ADAM, batch_size=None)
    assert found.conditions == ()
    assert found.looked_at[-1] == "a trial of 30 epochs on 256 of 2,400 rows"


def test_no_rate_is_looked_for_where_a_step_is_too_dear(monkeypatch):
    options = {"optimizer": gp.SGD(1e-7), "epochs": 60, "verbose": False}
    found = [network().fit(X, LABELS, diagnose=True, **options).diagnosis]
    monkeypatch.setattr(rates, "RANGE_SECONDS", 0.0)
    found += [network().fit(X, LABELS, diagnose=True, **options).diagnosis]
    assert [one.conditions for one in found] == [("not_falling", "step_size")] * 2
    known, unknown = (one[-1].change.options["optimizer"] for one in found)
    assert known.learning_rate > 0.1
    assert unknown.learning_rate == pytest.approx(1e-6)  # ten times the rate


def test_little_is_asked_of_few_steps_by_heart(monkeypatch):
    """What is not learned in them may be learned in more."""
    net = gp.Network([gp.Dense(64, "sigmoid"), gp.Dense(3)], loss="cross_entropy")
    net(X)
    rows = checked_rows(net.structure, X, LABELS, net.loss)
    monkeypatch.setattr(overfitting, "RATES", (0.005,))
    few = check_overfit(net.built, rows, net.loss, steps=LEAST_STEPS)
    assert (few.steps, few.ok) == (LEAST_STEPS, False)
    assert not [*cannot_overfit(net, rows, net.loss, stuck=True, steps=LEAST_STEPS)]
