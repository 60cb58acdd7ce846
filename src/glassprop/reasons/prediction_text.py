"""The explanation of a prediction as lines of text, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from glassprop.frame_columns import words_text
from glassprop.number_texts import number_text, texts_apart, value_text
from glassprop.reasons.carried import Carrier
from glassprop.reasons.explained_prediction import (
    ExplainedPrediction,
    bound_text,
    shown_text,
)
from glassprop.text_tables import table_text

INDENT = "  "
CONTRIBUTIONS = ("input", "value", "baseline", "integrated", "gradient x input")
PATH = ("unit", "value", "baseline", "carries", "of the change")


def prediction_lines(prediction: ExplainedPrediction) -> Iterator[str]:
    """Give the explanation of a prediction line by line.

    Parameters
    ----------
    prediction : ExplainedPrediction
    """
    yield prediction.title
    yield from head_lines(prediction)
    yield from ("", "contributions")
    yield from _table([CONTRIBUTIONS, *contribution_rows(prediction)])
    yield f"{INDENT}{prediction.completeness.text}"
    yield from ("", "the path that carries most of it")
    yield from _table([PATH, *path_rows(prediction)])
    yield f"{INDENT}{path_note(prediction)}"
    yield from ("", "what would flip it")
    for what, answer in prediction.flips():
        yield f"{INDENT}{what}: {answer}"
    yield f"{INDENT}{prediction.searched}"


def head_lines(prediction: ExplainedPrediction) -> Iterator[str]:
    """Say of which row and which number of the output it tells.

    Parameters
    ----------
    prediction : ExplainedPrediction
    """
    if prediction.about:
        yield prediction.about
    else:
        for key, value in prediction.given.items():
            words = words_text(prediction.columns.get(key))
            yield f"{key} = {value_text(value[0])}{words}"
    if prediction.decision:
        yield f"decision: {prediction.decision}"
    row, start = texts_apart(prediction.value, prediction.baseline_value)
    yield f"explained: {prediction.output}, {row}"
    yield f"baseline: {prediction.baseline}, where it is {start}"


def contribution_rows(prediction: ExplainedPrediction) -> Iterator[Sequence[str]]:
    """Give the rows of the table of contributions, the largest first.

    Parameters
    ----------
    prediction : ExplainedPrediction
    """
    for one in prediction.largest():
        yield (
            one.name,
            shown_text(one.value),
            shown_text(one.start),
            number_text(one.integrated),
            number_text(one.gradient_times_input),
        )
    count, integrated, gradient = prediction.rest()
    if count:
        name = f"{count:,} others" if count > 1 else "1 other"
        yield (name, "", "", number_text(integrated), number_text(gradient))


def path_rows(prediction: ExplainedPrediction) -> Iterator[Sequence[str]]:
    """Give the rows of the table of the path, from the input on.

    Parameters
    ----------
    prediction : ExplainedPrediction
    """
    for one in prediction.path:
        ends = (shown_text(one.value), shown_text(one.start))
        yield (one.unit, *ends, number_text(one.part), _share(one, prediction))


def path_note(prediction: ExplainedPrediction) -> str:
    """Say how exact the path's parts are.

    Parameters
    ----------
    prediction : ExplainedPrediction
    """
    gap = bound_text(prediction.path_gap, prediction.completeness.change)
    return f"each carries a part of what the next one does; gap of such parts {gap}"


def _share(one: Carrier, prediction: ExplainedPrediction) -> str:
    change = prediction.completeness.change
    return f"{one.part / change:.0%}" if change else ""


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    for line in table_text(rows).splitlines():
        yield f"{INDENT}{line}"
