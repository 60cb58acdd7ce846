"""Findings that stand together: causes are changed, and what follows waits."""

from __future__ import annotations

from dataclasses import replace

import pytest

import glassprop as gp
from diagnose_examples import classifier
from glassprop.diagnosis.changes import Change
from glassprop.diagnosis.findings import Finding
from glassprop.diagnosis.remedies import bent, fresh_start
from glassprop.diagnosis.settling import WAIT, explained, settled

SMALL = gp.initializers.normal(0.001)
LAYERS = classifier("sigmoid", initializer=SMALL)
TANH, LEAKY = (bent(LAYERS, ["hidden"], name) for name in ("tanh", "leaky_relu"))
FRESH = fresh_start(LAYERS, ["hidden"])
SCALED = Change(first=gp.Standardize())
SLOW, FAST = (Change(options={"optimizer": gp.SGD(rate)}) for rate in (0.01, 1.0))
WORDS = Change(words="Look.")


def found(condition, change, severity="warning", **more):
    return Finding(condition, "seen", change, severity=severity, **more)


def changes(*findings):
    return [str(one.change) for one in settled(findings)]


@pytest.mark.parametrize(
    "cause",
    [
        found("inputs_not_scaled", SCALED),
        found("dead_units", FRESH),
        found("not_finite", WORDS),
    ],
)
@pytest.mark.parametrize(
    "condition", ["learning_rate", "step_size", "overshooting", "not_falling"]
)
def test_no_rate_is_proposed_beside_a_cause(cause, condition):
    other = found(condition, FAST, "error")
    assert changes(other, cause) == [str(WAIT), str(cause.change)]
    assert changes(other) == [str(FAST)]
    assert explained([cause])
    assert not explained([other])


def test_a_rate_that_diverged_is_a_cause():
    diverged = found("not_finite", SLOW, "error")
    dead = found("dead_units", LEAKY, "error", symptom=True)
    assert changes(dead, diverged) == [str(WAIT), str(SLOW)]


def test_few_rows_learned_by_heart_come_before_the_rate_and_after_all_else():
    wider = Change(layers={"hidden": (LAYERS[0], replace(LAYERS[0], units=32))})
    heart, slow = found("cannot_overfit", wider), found("learning_rate", SLOW)
    assert changes(slow, heart) == [str(WAIT), str(wider)]
    start = found("bad_start", FRESH)
    assert changes(heart, start) == [str(WAIT), str(FRESH)]


def test_of_two_changes_to_one_thing_that_of_the_cause_counts():
    vanishing = found("vanishing_gradient", TANH, "error")
    constant = found("constant_output", LEAKY, "error")
    assert changes(constant, vanishing) == [str(TANH), str(TANH)]
    rates = found("step_size", FAST), found("learning_rate", SLOW)
    assert changes(*rates) == [str(SLOW), str(SLOW)]


def test_changes_to_different_fields_of_a_layer_are_both_made():
    bend = Change(
        layers={
            "hidden": (
                LAYERS[0],
                gp.Dense(8, "tanh", initializer=SMALL, name="hidden"),
            )
        }
    )
    made = settled([found("bad_start", FRESH), found("vanishing_gradient", bend)])
    layers = LAYERS
    for one in made:
        layers, _ = one.change.applied(layers, {})
    assert (layers[0].activation, layers[0].initializer) == ("tanh", None)


@pytest.mark.parametrize("condition", ["imbalance", "overfitting"])
def test_what_nothing_else_leads_to_is_changed_too(condition):
    change = Change(words="Measure, too.", options={"class_weight": "balanced"})
    beside = found(condition, change)
    assert changes(beside, found("step_size", SLOW)) == [str(change), str(SLOW)]
    assert not explained([beside])


def test_a_symptom_keeps_what_causes_change_too():
    both = Change(LEAKY.words, LEAKY.layers, options=FAST.options)
    dead = found("dead_units", both, symptom=True)
    assert changes(dead, found("learning_rate", SLOW)) == [str(SLOW)] * 2
    assert changes(dead) == [str(both)]
    assert changes(found("not_falling", WORDS)) == ["Look."]
    assert changes() == []
