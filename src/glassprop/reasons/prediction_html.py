"""The explanation of a prediction as HTML."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape

from glassprop.html_pages import fragment_of, page_of
from glassprop.reasons.explained_prediction import ExplainedPrediction
from glassprop.reasons.prediction_text import (
    CONTRIBUTIONS,
    PATH,
    contribution_rows,
    head_lines,
    path_note,
    path_rows,
)


def prediction_fragment(prediction: ExplainedPrediction) -> str:
    """Write the explanation of a prediction as a part of a page.

    Parameters
    ----------
    prediction : ExplainedPrediction
    """
    return fragment_of(_parts(prediction))


def prediction_page(prediction: ExplainedPrediction) -> str:
    """Write the explanation of a prediction as a page of its own.

    Parameters
    ----------
    prediction : ExplainedPrediction
    """
    return page_of(prediction.title, prediction_fragment(prediction))


def _parts(prediction: ExplainedPrediction) -> Iterator[str]:
    yield f"<h2>{escape(prediction.title)}</h2>"
    for line in head_lines(prediction):
        yield f"<p>{escape(line)}</p>"
    yield "<section><h3>contributions</h3>"
    yield _table(CONTRIBUTIONS, contribution_rows(prediction))
    yield f"<p>{escape(prediction.completeness.text)}</p></section>"
    yield "<section><h3>the path that carries most of it</h3>"
    yield _table(PATH, path_rows(prediction))
    yield f"<p>{escape(path_note(prediction))}</p></section>"
    yield "<section><h3>what would flip it</h3>"
    for what, answer in prediction.flips():
        yield f"<p>{escape(what)}: {escape(answer)}</p>"
    yield f"<p>{escape(prediction.searched)}</p></section>"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [
        f"<tr>{''.join(f'<{kind}>{escape(one)}</{kind}>' for one in row)}</tr>"
        for kind, some in (("th", [head]), ("td", rows))
        for row in some
    ]
    return f"<div><table>{''.join(lines)}</table></div>"
