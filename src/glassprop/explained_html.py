"""An explanation as HTML: formulas as MathML."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from glassprop.errors import shape_text
from glassprop.explained import Explained, Step
from glassprop.html_pages import fragment_of, page_of
from glassprop.mathml import mathml, mathml_terms
from glassprop.number_texts import (
    RESULT_DIGITS,
    SMALL,
    number_text,
    statistics_text,
)


def fragment(explanation: Explained) -> str:
    """Write an explanation as a part of a page.

    Parameters
    ----------
    explanation : Explained
    """
    return fragment_of(_parts(explanation))


def page(explanation: Explained) -> str:
    """Write an explanation as a page of its own.

    Parameters
    ----------
    explanation : Explained
    """
    return page_of(explanation.title, fragment(explanation))


def _parts(explanation: Explained) -> Iterator[str]:
    yield f"<h2>{escape(explanation.title)}</h2>"
    if explanation.about:
        yield f"<p>{escape(explanation.about)}</p>"
    for line in explanation.start_lines():
        yield f"<p><code>{escape(line)}</code></p>"
    for section, layers in explanation.sections():
        yield f"<section><h3>{escape(section)}</h3>"
        for layer, steps in layers:
            yield f"<h4>{escape(layer)}</h4>"
            for step in steps:
                yield f"<div>{''.join(_step(step))}</div>"
        yield "</section>"


def _step(step: Step) -> Iterator[str]:
    word = f" {escape(step.word)}" if step.word else ""
    yield f"{mathml(step.statement)}<small>{shape_text(step.value.shape)}{word}</small>"
    if step.problem:
        yield f"<p><strong>{escape(step.problem)}</strong></p>"
    if step.value.size > SMALL:
        yield f"<p>{escape(statistics_text(step.value))}</p>"
    rows = [
        "<tr>"
        f"<th>{', '.join(map(str, one.index))}</th>"
        f"<td>{mathml_terms(one.arithmetic) if one.arithmetic else ''}</td>"
        f"<td>{number_text(one.value, RESULT_DIGITS)}</td>"
        "</tr>"
        for one in step.elements
    ]
    yield f"<table>{''.join(rows)}</table>"
