"""Our numbers against those of PyTorch that are stored in benchmarks/agreement."""

from __future__ import annotations

import importlib
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"


def module(name):
    """Import a module of benchmarks/agreement, which is no installed package."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(BENCHMARKS)
        return importlib.import_module(f"agreement.{name}")


common, stored = module("common"), module("stored")
FAMILIES = [
    module(name).FAMILY for name in ("layers", "activations", "losses", "optimizers")
]
STORED = stored.read()
AGAIN = (
    "Their numbers are written by python benchmarks/agreement --write, as "
    "benchmarks/agreement/README.md says."
)


def each(what):
    """Give each case or difference with its family, as parameters of a test."""
    return [
        pytest.param(family, one, id=f"{family.name}-{getattr(one, 'name', at)}")
        for family in FAMILIES
        for at, one in enumerate(getattr(family, what))
    ]


# The numbers --------------------------------------------------------------------------


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_every_entry_is_compared_or_says_why_not(family):
    assert family.missing() == []
    assert len(family.entries) > 0


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_there_are_numbers_of_every_case(family):
    found = STORED[family.name]
    names = {
        stored.NUMBERS: [case.name for case in family.cases],
        stored.DIFFERENCES: [one.where for one in family.differences],
    }
    assert {key: list(one) for key, one in found.items()} == names, AGAIN


@pytest.mark.no_cover
@pytest.mark.parametrize(("family", "case"), each("cases"))
def test_our_numbers_are_those_of_pytorch(family, case):
    theirs = STORED[family.name][stored.NUMBERS][case.name]
    found = (case.brief or case.ours)()
    assert {key: set(one) for key, one in found.items()} == {
        key: set(one) for key, one in theirs.items()
    }, AGAIN
    ours = stored.kept(found, theirs)
    assert any(theirs.values())
    for column in theirs:
        apart = common.worst_of(ours[column], theirs[column])
        assert apart <= common.TOLERANCE, (column, ours[column], theirs[column])


@pytest.mark.parametrize(("family", "one"), each("differences"))
def test_conventions_differ_as_they_are_said_to(family, one):
    theirs = STORED[family.name][stored.DIFFERENCES][one.where]
    assert common.apart(one.ours(), theirs)


@pytest.mark.parametrize(("family", "one"), each("drawn"))
def test_what_is_random_is_as_expected(family, one):
    found = one.ours()
    assert one.fits(found)
    assert not one.fits(found + 0.01)
    assert not one.fits(1.02 * (found - found.mean()) + one.mean)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_the_printed_table_has_every_case_and_reason(family):
    page = (BENCHMARKS / "agreement" / "README.md").read_text(encoding="utf-8")
    lines, words = page.splitlines(), " ".join(page.split())
    for case in family.cases:
        head = f"{case.name} "
        assert any(line.startswith(head) for line in lines), case.name
    for entry, reason in family.alone.items():
        assert " ".join(f"Not compared: {entry}: {reason}".split()) in words
    for one in family.differences:
        assert f"Convention: {one.where}: " in words
        assert one.why in words
    assert "All equal to 1e-10, or as said: kept" in page


# How they are compared ----------------------------------------------------------------


def made_up(entries, cases=(), alone=()):
    nothing = dict.fromkeys(("counterpart", "ours", "theirs"))
    made = [common.Case(*one, **nothing) for one in cases]
    return common.Family("losses", entries, made, dict(alone))


def test_an_entry_that_is_compared_with_nothing_is_named():
    family = made_up(["mine", "yours", "theirs"], [("mine", "")], {"theirs": "why"})
    assert family.missing() == [
        "losses: 'yours' is compared with nothing. Add a Case to "
        "benchmarks/agreement/losses.py, or the reason why PyTorch has no counterpart "
        "to its ALONE."
    ]


def test_an_entry_that_is_named_twice_or_does_not_exist_is_named():
    family = made_up(
        ["mine"],
        [("mine", "a"), ("mine", "a"), ("old", "")],
        {"mine": "why", "older": "why"},
    )
    assert family.missing() == [
        "losses: 'mine' has a Case and stands in ALONE too.",
        "losses: there is no 'old'; remove it from benchmarks/agreement/losses.py.",
        "losses: there is no 'older'; remove it from benchmarks/agreement/losses.py.",
        "losses: two cases are named 'mine, a'. Give them other options.",
    ]


@pytest.mark.parametrize(
    ("ours", "theirs", "floor", "expected"),
    [
        ([1.0, -2.0], [1.0, -2.0], 0, 0.0),
        ([1.0, 3.0], [1.0, 2.0], 0, 0.5),
        ([1.0 + 1e-8, 1e-3], [1.0, 1e-3 + 1e-9], 0, 1e-6),
        ([1e5, 2.0], [1e5, 1.0], 1e-4, 0.1),
        ([0.0, 2.0], [0.0, -0.0], 0, np.inf),
        ([np.nan, np.inf], [np.nan, np.inf], 0, 0.0),
        ([np.nan], [1.0], 0, np.inf),
        ([np.inf], [-np.inf], 0, np.inf),
        ([1.0], [np.inf], 0, np.inf),
        ([[1.0]], [1.0], 0, np.inf),
        ([1e200], [1e-200], 0, np.inf),
    ],
)
def test_a_difference_is_that_of_the_worst_entry(ours, theirs, floor, expected):
    found = common.worst(np.array(ours), np.array(theirs), floor)
    assert found == pytest.approx(expected, rel=1e-5)


def test_arrays_named_each_are_measured_without_a_floor():
    ours, theirs = np.array([1e5, 2.0]), np.array([1e5, 1.0])
    assert common.worst_of({"far": ours}, {"far": theirs}) == pytest.approx(0.1)
    assert common.worst_of({"each far": ours}, {"each far": theirs}) == 1.0
    with pytest.raises(ValueError, match=r"^only one side has far, near$"):
        common.worst_of({"far": ours}, {"near": ours})


def test_the_numbers_to_compare_on_are_the_same_everywhere():
    assert common.numbers(1, 2, 2).tolist() == [
        [0.384564358741045, 0.5544151570647955],
        [1.880094274878502, -1.6343296449631453],
    ]
    assert np.abs(common.numbers(7, 1000)).max() <= 2
    assert abs(common.numbers(7, 1000).mean()) < 0.1
