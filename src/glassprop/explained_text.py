"""An explanation as lines of text, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from glassprop.errors import shape_text
from glassprop.explained import Explained, Step
from glassprop.number_texts import (
    RESULT_DIGITS,
    SMALL,
    number_text,
    statistics_text,
)

INDENT = "  "


def lines_of(explanation: Explained) -> Iterator[str]:
    """Give an explanation line by line.

    Parameters
    ----------
    explanation : Explained
    """
    yield explanation.title
    if explanation.about:
        yield explanation.about
    yield from explanation.start_lines()
    for section, layers in explanation.sections():
        yield from ("", section)
        for layer, steps in layers:
            yield f"{INDENT}{layer}"
            for step in steps:
                yield from _step_lines(step)


def _step_lines(step: Step) -> Iterator[str]:
    word = f"  {step.word}" if step.word else ""
    yield f"{INDENT * 2}{step.statement}  # {shape_text(step.value.shape)}{word}"
    if step.problem:
        yield f"{INDENT * 3}! {step.problem}"
    if step.value.size > SMALL:
        yield f"{INDENT * 3}{statistics_text(step.value)}"
    for one in step.elements:
        place = f"[{', '.join(map(str, one.index))}]" if one.index else ""
        value = number_text(one.value, RESULT_DIGITS)
        parts = [step.name + place, one.arithmetic, value]
        yield INDENT * 3 + " = ".join(part for part in parts if part is not None)
