"""Why this prediction: what `Network.explain_prediction` does.

`explained` puts together the contributions (`integrated_gradients`), the path
(`carried`) and the nearest flips (`decision_flips`), in the words of `Terms`: for
arrays these are made by `array_terms`, for tables by `table_predictions`. The
contributions of all values that are made of one input are summed.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from glassprop.errors import DataError
from glassprop.reasons.carried import MOST_PIECES, PIECES, Carrier, carriers
from glassprop.reasons.decided import Decided
from glassprop.reasons.decision_flips import flips
from glassprop.reasons.explained_prediction import Completeness, Contribution
from glassprop.reasons.integrated_gradients import MOST_SLOPES, integrate
from glassprop.reasons.prediction_explanation import PredictionExplanation
from glassprop.reasons.rays import Vector
from glassprop.reasons.row_points import Row
from glassprop.reasons.scores import MOST_OPERATIONS
from glassprop.reasons.terms import Terms
from glassprop.summary import structure_text


def explained(
    row: Row, decided: Decided, terms: Terms, *, name: str | None
) -> PredictionExplanation:
    """Explain what a network says about a row.

    Parameters
    ----------
    row : Row
        The network and the row.
    decided : Decided
        Which number of the output, and what is decided.
    terms : Terms
        In what terms.
    name : str or None
        The network's.

    Raises
    ------
    ArgumentError
        If the class that is looked for is the one that is decided.
    DataError
        If the network gives what is not finite for the row or the baseline.
    """
    score = row.score(decided.place)
    cost = score.cost
    point = row.encoded(row.values[None])[0]
    ends, slopes = score(np.stack([point, terms.start]))
    _check_finite(ends)
    found = integrate(score, terms.start, point, _most(cost, MOST_SLOPES, 512))
    levels = 1 + len(score.structure.places)
    path, path_gap = carriers(
        score,
        terms.start,
        point,
        found.edges,
        sources=row.sources,
        most=_most(cost * levels, MOST_PIECES, PIECES),
    )
    products = slopes[0] * (point - terms.start)
    by_input = (
        np.bincount(row.sources, weights=one, minlength=row.values.size)
        for one in (products, found.contributions)
    )
    parts = zip(terms.names, terms.values, terms.starts, *by_input, strict=True)
    title = f"{name}: " * bool(name) + structure_text(row.built.structure)
    single, pair, searched = flips(row, score, decided, terms)
    return PredictionExplanation(
        title=title,
        given=row.flat.named("x", row.values[None]),
        output=decided.name,
        value=float(ends[0]),
        decision=_decision(row, decided),
        baseline=terms.baseline,
        baseline_value=float(ends[1]),
        inputs=tuple(
            Contribution(label, value, start, float(product), float(integrated))
            for label, value, start, product, integrated in parts
        ),
        completeness=Completeness(
            found.change - found.gap,
            found.change,
            found.jumps,
            found.slopes,
            found.complete,
        ),
        path=tuple(_named(row, one, terms) for one in path),
        path_gap=path_gap,
        single=single,
        pair=pair,
        searched=searched,
        columns=terms.columns,
    )


def _decision(row: Row, decided: Decided) -> str:
    if not decided.kind:
        return ""
    return decided.text(int(decided.codes(row.output)[0]))


def _named(row: Row, carrier: Carrier, terms: Terms) -> Carrier:
    """Call the input at the path's begin by its name."""
    if carrier.layer:
        return carrier
    at = int(carrier.unit)
    if row.codes is None:
        return replace(carrier, unit=terms.names[at])
    value, start = terms.values[at], terms.starts[at]
    return replace(carrier, unit=terms.names[at], value=value, start=start)


def _most(cost: float, most: int, least: int) -> int:
    """Give how many points may be calculated, by what one costs."""
    return int(np.clip(MOST_OPERATIONS / cost, least, most))


def _check_finite(ends: Vector) -> None:
    for which, value in zip(("row", "baseline"), ends, strict=True):
        if not np.isfinite(value):
            way = (
                "net.explain(x) shows where that begins."
                if which == "row"
                else "Give another baseline."
            )
            raise DataError(
                f"explain_prediction: the network gives {value} for the {which}, which "
                f"nothing can be a part of. {way}"
            )
