"""Schedules: every row of the registry, its formula step by step, and its refusals."""

from __future__ import annotations

import dataclasses
import math
from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassprop.errors import ArgumentError
from glassprop.schedules import (
    SCHEDULES,
    Constant,
    Cosine,
    CosineRestarts,
    Exponential,
    InverseScaling,
    OneCycle,
    Plateau,
    Polynomial,
    Step,
    Warmup,
    get_schedule,
)
from glassprop.schedules.contract import after, length_of, watched_by

# What an option gets, by its type; powers of 0.3 are rounded, those of 0.5 are not.
SAMPLES = {
    "int": 3,
    "int | None": 3,
    "bool": False,
    "float": 0.3,
    "str | None": "validation_accuracy",
    "Schedule": Cosine(2),
}


def first_of_one_cycle(schedule, count):
    """Give the start, but for cycles so short that the first step is the highest."""
    return schedule.start if schedule.rise * schedule.epochs * count > 1 else 1.0


# How a schedule begins, where it does not begin with the optimizer's learning rate.
FIRST = {
    Warmup: lambda schedule, count: 1 / (schedule.epochs * count),
    OneCycle: first_of_one_cycle,
}


def example(name, defaults):
    """Make any row of the registry, with its defaults where it has them or without."""
    record = SCHEDULES[name]
    options = {
        field.name: SAMPLES[field.type]
        for field in dataclasses.fields(record)
        if field.metadata.get("example") or not defaults
    }
    return record(**options)


EXAMPLES = [example(name, defaults) for name in SCHEDULES for defaults in (True, False)]


@pytest.fixture(params=EXAMPLES, ids=repr)
def schedule(request):
    return request.param


def bits(factors):
    return factors.view(np.uint64).tolist()


@pytest.mark.parametrize("steps_per_epoch", [1, 7])
def test_factors_are_finite_not_negative_and_begin_well(schedule, steps_per_epoch):
    steps = np.arange(20 * steps_per_epoch)
    factors = schedule(steps, steps_per_epoch)
    assert factors.shape == steps.shape
    assert factors.dtype == np.float64
    assert np.isfinite(factors).all()
    assert (factors >= 0).all()
    first = FIRST.get(type(schedule), lambda *_: 1.0)
    assert factors[0] == first(schedule, steps_per_epoch)
    assert (factors <= 1).all()
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
    assert dataclasses.replace(schedule) == schedule
    assert hash(schedule) == hash(dataclasses.replace(schedule))
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


# Formulas of the papers and libraries, one step at a time -----------------------------

SPE = 8  # steps an epoch


def formula_of_one_cycle(schedule, step):
    """PyTorch's OneCycleLR, from its documentation: two phases, each half a cosine."""
    last = schedule.epochs * SPE - 1
    peak = schedule.rise * schedule.epochs * SPE - 1
    if step <= peak:
        begin, end, part = schedule.start, 1.0, step / peak
    else:
        begin, end = 1.0, schedule.final
        part = min((step - peak) / (last - peak), 1)
    return end + (begin - end) / 2 * (1 + math.cos(math.pi * part))


def formula_of_restarts(schedule, step):
    """SGDR: T_cur epochs since the last restart, T_i epochs until the next."""
    now, length = step / SPE, schedule.period
    while now >= length:
        now, length = now - length, length * schedule.growth
    height = 0.5 * (1 + math.cos(math.pi * now / length))
    return schedule.final + (1 - schedule.final) * height


FORMULAS = [
    (Exponential(0.9), lambda one, step: 0.9 ** (step / SPE)),
    (InverseScaling(), lambda one, step: 1 / math.sqrt(step + 1)),
    (InverseScaling(0.75), lambda one, step: (step + 1) ** -0.75),
    (Polynomial(5), lambda one, step: max(1 - step / SPE / 5, 0)),
    (
        Polynomial(5, power=2.5, final=0.1),
        lambda one, step: 0.1 + 0.9 * max(1 - step / SPE / 5, 0) ** 2.5,
    ),
    (OneCycle(5), formula_of_one_cycle),
    (OneCycle(6, start=0.1, rise=0.45, final=0.01), formula_of_one_cycle),
    (CosineRestarts(2), formula_of_restarts),
    (CosineRestarts(1, growth=2, final=0.2), formula_of_restarts),
    (CosineRestarts(1, growth=3), formula_of_restarts),
    (Warmup(2), lambda one, step: min((step + 1) / (2 * SPE), 1)),
    (
        Warmup(2, then=Cosine(4)),
        lambda one, step: (
            min((step + 1) / (2 * SPE), 1)
            * 0.5
            * (1 + math.cos(math.pi * min(max(step / SPE - 2, 0) / 4, 1)))
        ),
    ),
    (
        Warmup(1, then=lambda steps, steps_per_epoch: 0.5 + 0 * steps),
        lambda one, step: min((step + 1) / SPE, 1) / 2,
    ),
    (Plateau(), lambda one, step: 1.0),
    (Constant(), lambda one, step: 1.0),
    (Step(2, 0.3), lambda one, step: 0.3 ** (step // SPE // 2)),
    (Cosine(3), lambda one, step: (1 + math.cos(math.pi * min(step / SPE / 3, 1))) / 2),
]


def test_every_schedule_has_its_formula():
    assert {type(schedule) for schedule, _ in FORMULAS} == set(SCHEDULES.values())


@pytest.mark.parametrize(
    ("schedule", "formula"), FORMULAS, ids=[type(one).__name__ for one, _ in FORMULAS]
)
def test_factors_are_those_of_the_formula(schedule, formula):
    found = schedule(np.arange(10 * SPE), SPE)
    expected = [formula(schedule, step) for step in range(10 * SPE)]
    np.testing.assert_allclose(found, expected, rtol=1e-14, atol=1e-15)


def test_restarts_come_back_to_one_exactly():
    factors = CosineRestarts(2, growth=2)(np.arange(14 * 5 + 1), 5)
    assert factors[[0, 10, 30, 70]].tolist() == [1, 1, 1, 1]
    assert (factors == 1).sum() == 4


@pytest.mark.parametrize("epochs", [1, 2, 3])
def test_one_cycle_of_a_few_steps(epochs):
    factors = OneCycle(epochs, rise=0.3)(np.arange(6), 1)
    assert np.isfinite(factors).all()
    assert factors[0] == 1.0
    assert factors[epochs:].tolist() == [factors[-1]] * (6 - epochs)


def test_lengths():
    lengths = {
        type(one).__name__: length_of(one)
        for one in EXAMPLES
        if length_of(one) is not None
    }
    assert lengths == {"Polynomial": 3, "Cosine": 3, "OneCycle": 3, "Warmup": 5}
    assert length_of(Warmup(3)) is None
    assert length_of(lambda steps, steps_per_epoch: steps) is None


# Plateaus -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "costs", "factor"),
    [
        ({"patience": 2}, [], 1.0),
        ({"patience": 2}, [3, 3], 1.0),
        ({"patience": 2}, [3, 3, 3], 0.1),
        ({"patience": 2}, [3, 3, 2, 2], 1.0),
        ({"patience": 2}, [3, 3, 3, 3, 3], 0.1 * 0.1),
        ({"patience": 2}, [3, 3, 3, 2, 2, 2], 0.1 * 0.1),
        ({"patience": 2}, [3, 4, 2.5, 4, 4, 1], 0.1),
        ({"patience": 1, "factor": 0.5}, [1, 1, 1, 1], 0.5**3),
        ({"patience": 1, "factor": 0.5, "minimum": 0.3}, [1, 1, 1, 1], 0.3),
        ({"patience": 2, "min_delta": 0.5}, [3, 2.6, 2.51], 0.1),
        ({"patience": 2, "min_delta": 0.5}, [3, 2.6, 2.49], 1.0),
        ({"patience": 1}, [math.nan, 1.0], 0.1),
        ({"patience": 1}, [-0.5, -0.6, -0.6], 0.1),
    ],
)
def test_a_plateau_counts_epochs_without_anything_better(options, costs, factor):
    plateau = Plateau(**options)
    assert plateau.reached(costs) == factor
    assert after(plateau, costs)(np.arange(4), 3).tolist() == [factor] * 4


def test_what_looks_at_numbers_is_asked_through_a_warmup():
    plateau = Plateau(1, factor=0.5)
    warm = Warmup(1, then=plateau)
    assert watched_by(warm) is plateau
    assert watched_by(plateau) is plateau
    assert watched_by(Warmup(1)) is None
    assert watched_by(Constant()) is None
    assert after(warm, [1, 1, 1])(np.arange(4), 2).tolist() == [0.25, 0.5, 0.5, 0.5]
    # That of the one epoch of the rise does not count.
    assert after(warm, [0, 2, 1])(np.arange(4), 2).tolist() == [0.5, 1, 1, 1]
    twice = after(Warmup(1, then=Warmup(1, then=plateau)), [0, 0, 2, 1])
    assert twice(np.arange(4), 2).tolist() == [0.25, 0.5, 0.5, 1]
    assert after(Warmup(1), [1, 1]) == Warmup(1)


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


FORMS = (
    "constant, glassprop.schedules.Step(every=10), exponential, inverse_scaling, "
    "glassprop.schedules.Polynomial(epochs=100), "
    "glassprop.schedules.Cosine(epochs=100), "
    "glassprop.schedules.CosineRestarts(period=10), "
    "glassprop.schedules.OneCycle(epochs=100), glassprop.schedules.Warmup(epochs=5) or "
    "plateau"
)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: get_schedule("cosin"),
            f"schedule: expected {FORMS}, got 'cosin'.",
        ),
        (
            lambda: get_schedule("qqq"),
            f"schedule: expected {FORMS}, got 'qqq'.",
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
            f"schedule: expected {FORMS}, got 'constan'. Did you mean 'constant'?",
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
        (
            lambda: Exponential(1.5),
            "schedules.Exponential: expected factor above 0 and at most 1, got 1.5. "
            "With factor=0.95 an epoch takes away 5 %.",
        ),
        (
            lambda: Exponential("fast"),
            "schedules.Exponential: expected factor to be a number, got 'fast'. Pass a "
            "float such as 0.5.",
        ),
        (
            lambda: InverseScaling(0),
            "schedules.InverseScaling: expected a finite power above 0, got 0.0.",
        ),
        (
            lambda: Polynomial(3, power=math.inf),
            "schedules.Polynomial: expected a finite power above 0, got inf.",
        ),
        (
            lambda: Polynomial(3, final=-0.1),
            "schedules.Polynomial: expected final from 0 to 1, got -0.1. It is the "
            "part of the learning rate that is left at the end, not a learning rate.",
        ),
        (
            lambda: Polynomial(0),
            "schedules.Polynomial: expected epochs to be a whole number of epochs, 1 "
            "or more, got 0. Epochs are counted, not steps.",
        ),
        (
            lambda: CosineRestarts(2, growth=1.5),
            "schedules.CosineRestarts: expected growth to be a whole number, 1 or "
            "more, got 1.5. With growth=2 each run is twice as long.",
        ),
        (
            lambda: CosineRestarts(2, final=2),
            "schedules.CosineRestarts: expected final from 0 to 1, got 2.0. It is the "
            "part of the learning rate that a run ends with.",
        ),
        (
            lambda: OneCycle(3, rise=1),
            "schedules.OneCycle: expected rise above 0 and below 1, got 1.0. It is the "
            "part of the steps in which the rate rises.",
        ),
        (
            lambda: OneCycle(3, start=25),
            "schedules.OneCycle: expected start from 0 to 1, got 25.0. It is the part "
            "of the learning rate that the first step has.",
        ),
        (
            lambda: OneCycle(3, final=math.nan),
            "schedules.OneCycle: expected final from 0 to 1, got nan. It is the part "
            "of the learning rate that is left at the end, not a learning rate.",
        ),
        (
            lambda: Warmup(2, then="cosine"),
            "schedules.Warmup: expected then to be a schedule, such as "
            "gp.schedules.Cosine(epochs=10), got 'cosine'.",
        ),
        (
            lambda: Warmup(2, then=lambda step: step),
            "schedule '<lambda>' takes (step), but is called with (steps, "
            "steps_per_epoch). Write it as a function (steps, steps_per_epoch) -> "
            "factors.",
        ),
        (
            lambda: Plateau(patience=0),
            "schedules.Plateau: expected patience to be a whole number of epochs, 1 or "
            "more, got 0. Epochs are counted, not steps.",
        ),
        (
            lambda: Plateau(factor=1),
            "schedules.Plateau: expected factor above 0 and below 1, got 1.0. With "
            "factor=0.1 each drop leaves a tenth.",
        ),
        (
            lambda: Plateau(monitor=3),
            "schedules.Plateau: expected monitor to be the name of a number in the "
            "history, or None, got 3.",
        ),
        (
            lambda: Plateau(minimum=-1),
            "schedules.Plateau: expected minimum from 0 to 1, got -1.0. It is the "
            "smallest factor, not a learning rate.",
        ),
        (
            lambda: Plateau(min_delta=-1),
            "schedules.Plateau: expected a finite min_delta of 0 or more, got -1.0.",
        ),
    ],
)
def test_refusals(call, message):
    with pytest.raises(ArgumentError) as caught:
        call()
    assert str(caught.value) == message
