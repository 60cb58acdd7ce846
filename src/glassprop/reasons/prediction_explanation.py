"""`PredictionExplanation`: why a network says what it says about one row."""

from __future__ import annotations

from typing import Any

from glassprop.plain_values import LISTED, ForPrograms, finite, plain
from glassprop.reasons.explained_prediction import ExplainedPrediction, Flip
from glassprop.reasons.prediction_html import prediction_fragment, prediction_page
from glassprop.reasons.prediction_text import prediction_lines


class PredictionExplanation(ExplainedPrediction, ForPrograms):
    """Why a network says what it says about one row; as text, as a page, and as data.

    Parameters
    ----------
    title : str
        The network in a line.
    given : mapping from str to array
        The row.
    output : str
        Which number of the output is explained, the *score*.
    value : float
        What it is.
    decision : str
        What the network decides; empty where it decides nothing.
    baseline : str
        What the row is compared with, in words.
    baseline_value : float
        The score there.
    inputs : tuple of Contribution
        Every input, in order: ``name``, ``value``, ``start``, ``integrated`` and
        ``gradient_times_input``.
    completeness : Completeness
        Whether their contributions sum to the difference of the two scores: ``sum``,
        ``change``, ``gap`` and ``complete``.
    path : tuple of Carrier
        The path through the neurons that carries most of it, from an input on.
    path_gap : float
        The largest difference between what a unit carries and the sum of its parts.
    single, pair : Flip or None
        The nearest change of one input, and of two if that is nearer, that flips the
        decision: ``changes``, ``distance``, and what was decided ``before`` and
        ``after``, as run.
    searched : str
        Where these were looked for, or why not.
    about : str
        Where the row is from, in the words of its source; or nothing.
    columns : dict from str to tuple of str
        The words for the columns of what was given as a data frame.
    """

    def __repr__(self) -> str:
        return f"<PredictionExplanation of {self.output}: {self.title}; print it>"

    def __str__(self) -> str:
        return self.text()

    def text(self) -> str:
        """Write it for a terminal.

        Returns
        -------
        str
            Several lines; of more than ten inputs the largest contributions, and the
            others as a sum.
        """
        return "\n".join(prediction_lines(self))

    def html(self) -> str:
        """Write it as a page for a browser, without script.

        Returns
        -------
        str
            A whole page.
        """
        return prediction_page(self)

    def _repr_html_(self) -> str:
        return prediction_fragment(self)

    def as_dict(self) -> dict[str, Any]:
        """Give it as dicts, lists, numbers and words.

        Returns
        -------
        dict
            Of more than 64 inputs those ten that contribute most, and the sum of the
            others as ``rest``. What is missing is None, what is not finite a word.
        """
        few = len(self.inputs) <= LISTED
        count, integrated, gradient = (0, 0.0, 0.0) if few else self.rest()
        known = self.completeness
        return {
            "title": self.title,
            "about": self.about,
            "given": {key: plain(value[0]) for key, value in self.given.items()},
            "columns": {key: list(words) for key, words in self.columns.items()},
            "output": self.output,
            "value": finite(self.value),
            "decision": self.decision,
            "baseline": self.baseline,
            "baseline_value": finite(self.baseline_value),
            "inputs": [
                {
                    "name": one.name,
                    "value": finite(one.value),
                    "baseline": finite(one.start),
                    "integrated": finite(one.integrated),
                    "gradient_times_input": finite(one.gradient_times_input),
                }
                for one in (self.inputs if few else self.largest())
            ],
            "rest": {
                "inputs": count,
                "integrated": finite(integrated),
                "gradient_times_input": finite(gradient),
            },
            "completeness": {
                "sum": finite(known.sum),
                "change": finite(known.change),
                "gap": finite(known.gap),
                "jumps": finite(known.jumps),
                "slopes": known.slopes,
                "complete": known.complete,
            },
            "path": [
                {
                    "layer": one.layer,
                    "unit": one.unit,
                    "value": finite(one.value),
                    "baseline": finite(one.start),
                    "carries": finite(one.part),
                }
                for one in self.path
            ],
            "path_gap": finite(self.path_gap),
            "single": _flip(self.single),
            "pair": _flip(self.pair),
            "searched": self.searched,
        }


def _flip(flip: Flip | None) -> dict[str, Any] | None:
    if flip is None:
        return None
    return {
        "changes": [
            {"name": one.name, "before": finite(one.before), "after": finite(one.after)}
            for one in flip.changes
        ],
        "distance": flip.distance,
        "before": flip.before,
        "after": flip.after,
        "value_before": finite(flip.value_before),
        "value_after": finite(flip.value_after),
    }
