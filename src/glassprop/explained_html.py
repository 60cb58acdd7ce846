"""An explanation as HTML: formulas as MathML, no script, for screen, dark and paper."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from glassprop.errors import shape_text
from glassprop.explained import Explained, Step
from glassprop.mathml import mathml
from glassprop.number_texts import (
    RESULT_DIGITS,
    SMALL,
    number_text,
    statistics_text,
    value_text,
)

STYLE = """
.glassprop-step { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif;
  max-width: 60rem; }
.glassprop-step h3 { border-bottom: 1px solid; margin: 1.5rem 0 0.5rem; }
.glassprop-step h4 { margin: 1rem 0 0.25rem; }
.glassprop-step section > div { break-inside: avoid; margin: 0 0 0.75rem 1rem;
  overflow-x: auto; }
.glassprop-step math { font-size: 1.1em; }
.glassprop-step small { margin-left: 1rem; opacity: 0.75; }
.glassprop-step table { border-collapse: collapse; margin: 0.25rem 0 0 1rem;
  font-variant-numeric: tabular-nums; }
.glassprop-step th, .glassprop-step td { font-weight: normal; padding: 0 1rem 0 0;
  text-align: left; white-space: nowrap; }
.glassprop-step td:last-child { text-align: right; }
.glassprop-step strong { border: 2px solid; padding: 0 0.25rem; }
"""


def fragment(explanation: Explained) -> str:
    """Write an explanation as a part of a page.

    Parameters
    ----------
    explanation : Explained
    """
    body = "\n".join(_parts(explanation))
    return f'<div class="glassprop-step">\n<style>{STYLE}</style>\n{body}\n</div>'


def page(explanation: Explained) -> str:
    """Write an explanation as a page of its own.

    Parameters
    ----------
    explanation : Explained
    """
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(explanation.title)}</title>\n</head>\n<body>\n"
        f"{fragment(explanation)}\n</body>\n</html>\n"
    )


def _parts(explanation: Explained) -> Iterator[str]:
    yield f"<h2>{escape(explanation.title)}</h2>"
    if explanation.about:
        yield f"<p>{escape(explanation.about)}</p>"
    for key, value in explanation.given.items():
        yield f"<p><code>{escape(key)} = {escape(value_text(value))}</code></p>"
    for section, layers in explanation.sections():
        yield f"<section><h3>{escape(section)}</h3>"
        for layer, steps in layers:
            if layer:
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
        f"<td>{mathml(one.arithmetic) if one.arithmetic else ''}</td>"
        f"<td>{number_text(one.value, RESULT_DIGITS)}</td>"
        "</tr>"
        for one in step.elements
    ]
    yield f"<table>{''.join(rows)}</table>"
