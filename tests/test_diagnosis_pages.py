"""The pages of the diagnosis agree with the table of conditions."""

import re

import pytest

import pages
from glassprop.diagnosis import (
    comparing,
    overfitting,
    planning,
    rates,
    rules_of_gradients,
)
from glassprop.diagnosis.conditions import CONDITIONS

DOCS = pages.ROOT / "docs"
OVERVIEW = (DOCS / "diagnosing.md").read_text(encoding="utf-8")
HEADINGS = [
    "What it looks like",
    "A run that shows it",
    "The repair",
    "When it is no fault",
    "Source",
]
ROW = re.compile(
    r"^\| \[`(\w+)`\]\(diagnosis/(\w+)\.md\)( \*)? \| (.+) \| (.+) \|$", re.M
)


def text_of(key):
    return (DOCS / "diagnosis" / f"{key}.md").read_text(encoding="utf-8")


def part_of(key, heading):
    """Give what stands below a heading, up to the next."""
    return text_of(key).partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def code_of(key):
    blocks = pages.parse(text_of(key), key)
    return "\n".join(block.body for block in blocks if block.runs)


def test_every_condition_has_a_page_and_every_page_a_condition():
    assert {path.stem for path in (DOCS / "diagnosis").iterdir()} == set(CONDITIONS)


def test_the_overview_lists_every_condition_as_the_table_has_it():
    rows = ROW.findall(OVERVIEW)
    assert [(key, page, title, source) for key, page, _, title, source in rows] == [
        (key, key, one.title, one.source) for key, one in CONDITIONS.items()
    ]


@pytest.mark.parametrize("key", CONDITIONS)
def test_a_page_has_the_title_and_all_parts(key):
    lines = text_of(key).splitlines()
    title = CONDITIONS[key].title
    assert lines[0] == f"# {title[0].upper()}{title[1:]} ({key})"
    assert [line[3:] for line in lines if line.startswith("## ")] == HEADINGS
    assert all(part_of(key, heading).strip() for heading in HEADINGS)


@pytest.mark.parametrize("key", CONDITIONS)
def test_a_page_cites_the_sources_of_the_condition(key):
    items = re.split(r"^- ", part_of(key, "Source"), flags=re.M)[1:]
    cited = [" ".join(item.split()) for item in items]
    sources = CONDITIONS[key].source.split("; ")
    assert len(cited) == len(sources)
    for full, source in zip(cited, sources, strict=True):
        assert full.startswith(f"{source}: ")


@pytest.mark.parametrize("key", CONDITIONS)
def test_a_page_shows_the_condition_as_it_is_printed(key):
    blocks = pages.parse(part_of(key, "A run that shows it"), key)
    assert any(key in block.body for block in blocks if block.is_output)


def test_a_star_marks_what_a_training_alone_does_not_find():
    starred = {key for key, _, star, *_ in ROW.findall(OVERVIEW) if star}
    assert starred == {key for key in CONDITIONS if "diagnose=" not in code_of(key)}
    assert all(".diagnose(" in code_of(key) for key in starred)


def test_what_the_overview_says_of_costs():
    words = " ".join(OVERVIEW.split())
    assert f"gradients of {rules_of_gradients.CHECKED} rows" in words
    assert f"a trial of about {planning.TRIAL_STEPS} steps" in words
    few, most = planning.FEWEST, planning.MOST
    assert f"{few} to {most} looks at up to {planning.ROWS} rows" in words
    assert f"on fewer rows, {planning.LEAST_ROWS} at least" in words
    assert f"twice as many at each of {rates.TRIED} rates" in words
    assert "about 2 % of the training" in words and planning.SHARE == 0.02
    assert (
        f"{overfitting.STEPS:,} steps on {overfitting.MOST_ROWS} rows, with up to "
        f"{len(overfitting.RATES)} learning rates"
    ) in words
    trained = comparing.MOST - comparing.MOST // comparing.HELD
    assert (
        f"{comparing.STEPS:,} steps on up to {trained} rows, at "
        f"{len(comparing.RATES)} learning rates, and {comparing.STEPS:,} more for each"
    ) in words
