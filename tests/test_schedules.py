"""Schedules: every row of the registry, its formula step by step, and its refusals."""

from __future__ import annotations

import dataclasses
import doctest
import math
from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassprop import schedules
from glassprop.errors import ArgumentError
from glassprop.schedules import SCHEDULES, Constant, Cosine, Step, get_schedule

# What an option gets, by its type; powers of 0.3 are rounded, those of 0.5 are not.
SAMPLES = {"int": 3, "float": 0.3}


def example(name, defaults):
    """Make any row of the registry, with its defaults where it has them or without."""
    record = SCHEDULES[name]
    options = {
        field.name: SAMPLES[field.type]
        for field in dataclasses.fields(record)
        if field.default is dataclasses.MISSING or not defaults
    }
    return record(**options)


EXAMPLES = [example(name, defaults) for name in SCHEDULES for defaults in (True, False)]


@pytest.fixture(params=EXAMPLES, ids=repr)
def schedule(request):
    return request.param


def bits(factors):
    return factors.view(np.uint64).tolist()


@pytest.mark.parametrize("steps_per_epoch", [1, 7])
def test_factors_are_finite_not_negative_and_begin_at_one(schedule, steps_per_epoch):
    steps = np.arange(20 * steps_per_epoch)
    factors = schedule(steps, steps_per_epoch)
    assert factors.shape == steps.shape
    assert factors.dtype == np.float64
    assert np.isfinite(factors).all()
    assert (factors >= 0).all()
    assert factors[0] == 1.0
    assert schedule(steps[:0], steps_per_epoch).shape == (0,)


@given(st.data())
def test_a_factor_depends_on_its_step_alone(data):
    schedule = data.draw(st.sampled_from(EXAMPLES))
    steps_per_epoch = data.draw(st.integers(1, 50))
    length = data.draw(st.integers(1, 400))
    steps = np.arange(length)
    whole = schedule(steps, steps_per_epoch)
    cuts = sorted(data.draw(st.lists(st.integers(0, length), max_size=6)))
    parts = [schedule(part, steps_per_epoch) for part in np.split(steps, cuts)]
    assert bits(np.concatenate(parts)) == bits(whole)
    order = np.random.default_rng(length).permutation(length)
    assert bits(schedule(order, steps_per_epoch)) == bits(whole[order])
    assert bits(schedule(steps.astype(np.int32), steps_per_epoch)) == bits(whole)


def test_records_are_equal_by_their_options_and_cannot_be_changed(schedule):
    assert type(schedule)(**dataclasses.asdict(schedule)) == schedule
    assert get_schedule(schedule) is schedule
    with pytest.raises(dataclasses.FrozenInstanceError):
        schedule.every = 4
    assert isinstance(SCHEDULES, MappingProxyType)


def test_step_drops_at_the_start_of_every_so_many_epochs():
    factors = Step(every=2, factor=0.1)(np.arange(18), steps_per_epoch=3)
    expected = [0.1 ** (step // 3 // 2) for step in range(18)]
    assert factors.tolist() == expected
    assert factors[[0, 5, 6, 11, 12]].tolist() == [1.0, 1.0, 0.1, 0.1, 0.1**2]
    assert Step(1, 1)(np.arange(3), 1).tolist() == [1, 1, 1]
    # It fades to 0 in the end, and never to a NaN.
    assert Step(1)(np.array([10_000]), 1).tolist() == [0.0]


@pytest.mark.parametrize("final", [0.0, 0.01, 0.1, 0.3, 1.0])
def test_cosine_is_the_papers_equation_then_stays(final):
    epochs, steps_per_epoch = 5, 8
    factors = Cosine(epochs, final)(np.arange(60), steps_per_epoch)
    for step, factor in enumerate(factors.tolist()):
        now = min(step / steps_per_epoch, epochs)
        # eta_min + (eta_max - eta_min) (1 + cos(pi T_cur / T_i)) / 2
        paper = final + 0.5 * (1 - final) * (1 + math.cos(math.pi * now / epochs))
        assert factor == pytest.approx(paper, abs=1e-15)
    assert factors[0] == 1.0
    assert factors[20] == pytest.approx((1 + final) / 2, abs=1e-15)
    assert factors[40:].tolist() == [final] * 20
    assert (np.diff(factors) <= 0).all()


def test_options_of_other_types_become_int_and_float():
    schedule = Step(every=np.int64(2), factor=np.float32(0.5))
    assert schedule == Step(2, 0.5)
    assert (type(schedule.every), type(schedule.factor)) == (int, float)
    assert type(Cosine(3, final=1).final) is float


def test_get_schedule_takes_none_names_records_and_functions():
    assert get_schedule(None) == Constant()
    assert get_schedule("constant") == Constant()

    def own(steps, steps_per_epoch):
        return 1 / (1 + steps / steps_per_epoch)

    assert get_schedule(own) is own


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: get_schedule("cosin"),
            "schedule: expected constant, glassprop.schedules.Step(every=10) or "
            "glassprop.schedules.Cosine(epochs=100), got 'cosin'.",
        ),
        (
            lambda: get_schedule("qqq"),
            "schedule: expected constant, glassprop.schedules.Step(every=10) or "
            "glassprop.schedules.Cosine(epochs=100), got 'qqq'.",
        ),
        (
            lambda: get_schedule("cosine"),
            "schedule: 'cosine' alone does not say enough. Pass a record, such as "
            "glassprop.schedules.Cosine(epochs=100).",
        ),
        (
            lambda: get_schedule("step"),
            "schedule: 'step' alone does not say enough. Pass a record, such as "
            "glassprop.schedules.Step(every=10).",
        ),
        (
            lambda: get_schedule("constan"),
            "schedule: expected constant, glassprop.schedules.Step(every=10) or "
            "glassprop.schedules.Cosine(epochs=100), got 'constan'. Did you mean "
            "'constant'?",
        ),
        (
            lambda: get_schedule(lambda step: 1.0),
            "schedule '<lambda>' takes (step), but is called with (steps, "
            "steps_per_epoch). Write it as a function (steps, steps_per_epoch) -> "
            "factors.",
        ),
        (
            lambda: get_schedule(Cosine),
            "schedule: expected a schedule, got the class Cosine. Call it: "
            "Cosine(...).",
        ),
        (
            lambda: get_schedule(0.1),
            "schedule: expected a name, a schedule or a function (steps, "
            "steps_per_epoch) -> factors, got 0.1. The learning rate itself is the "
            "optimizer's.",
        ),
        (
            lambda: Step(every=0),
            "schedules.Step: expected every to be a whole number of epochs, 1 or "
            "more, got 0. Epochs are counted, not steps.",
        ),
        (
            lambda: Step(every=2.5),
            "schedules.Step: expected every to be a whole number of epochs, 1 or "
            "more, got 2.5. Epochs are counted, not steps.",
        ),
        (
            lambda: Cosine(epochs=True),
            "schedules.Cosine: expected epochs to be a whole number of epochs, 1 or "
            "more, got True. Epochs are counted, not steps.",
        ),
        (
            lambda: Cosine(epochs=-3),
            "schedules.Cosine: expected epochs to be a whole number of epochs, 1 or "
            "more, got -3. Epochs are counted, not steps.",
        ),
        (
            lambda: Step(every=1, factor=-0.5),
            "schedules.Step: expected factor above 0 and at most 1, got -0.5. With "
            "factor=0.5 each drop halves the learning rate.",
        ),
        (
            lambda: Step(every=1, factor=math.nan),
            "schedules.Step: expected factor above 0 and at most 1, got nan. With "
            "factor=0.5 each drop halves the learning rate.",
        ),
        (
            lambda: Step(every=1, factor="half"),
            "schedules.Step: expected factor to be a number, got 'half'. Pass a float "
            "such as 0.5.",
        ),
        (
            lambda: Cosine(epochs=1, final=1.5),
            "schedules.Cosine: expected final from 0 to 1, got 1.5. It is the part of "
            "the learning rate that is left at the end, not a learning rate.",
        ),
        (
            lambda: Cosine(epochs=1, final=False),
            "schedules.Cosine: expected final to be a number, got False. Pass a float "
            "such as 0.5.",
        ),
    ],
)
def test_refusals(call, message):
    with pytest.raises(ArgumentError) as caught:
        call()
    assert str(caught.value) == message


def test_docstring_examples():
    failed, tried = doctest.testmod(schedules)
    assert (failed, tried > 0) == (0, True)
