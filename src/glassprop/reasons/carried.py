"""The path through the neurons that carries most of a prediction.

The straight way from the baseline b to the point x takes the score from F(b) to F(x).
What h_l gives, layer l's output (h_0 is the input), moves on that way, and each unit u
carries a part of the change, its *conductance* (Dhamdhere, Sundararajan and Yan 2018,
"How important is a neuron?", equation 2)

    C(u) = integral over a from 0 to 1 of dF/dh_{l,u} * dh_{l,u}/da

Over the units of a layer that sums to F(x) - F(b). The path is chosen from the output
back. In the last layer before the output it takes the unit u_L with the largest part
in the direction of the change. In the one before, the unit that carries most of *what
u_L carries*, and so on: with the units u_{l+1}, ..., u_L chosen, unit u of layer l has

    C_l(u) = integral of dF/dh_{u_L} * dh_{u_L}/dh_{u_{L-1}} * ... * dh_{u_{l+1}}/dh_u
             * dh_u/da

which over u sums to C_{l+1}(u_{l+1}). So the part that is given at each step is what
passes through that unit and all that were chosen behind it; at the input it is what
this one input sends along this one path.

The integral is a sum over small pieces of the way, the slopes in the middle of each
times what h_u changes by over it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassprop.compiling import Compiled
from glassprop.reasons.flat_points import Flat
from glassprop.reasons.integrated_gradients import Vector
from glassprop.reasons.score_programs import SLOPE, flow_program
from glassprop.reasons.scores import Score, batches, run_at
from glassprop.trees import as_parts, part_names

PIECES = 64  # of the way, at least
MOST_PIECES = 1024


@dataclass(frozen=True)
class Carrier:
    """A unit of the path.

    Parameters
    ----------
    layer : str
        The path of the layer; empty for the input.
    unit : str
        Its name, such as ``hidden[2]``.
    value, start : float, str or None
        What it gives for the row, and for the baseline.
    part : float
        What of the score's change passes through it and all of the path behind it.
    """

    layer: str
    unit: str
    value: float | str | None
    start: float | str | None
    part: float


def carriers(
    score: Score,
    start: Vector,
    end: Vector,
    edges: Vector,
    *,
    sources: NDArray[Any],
    most: int = MOST_PIECES,
) -> tuple[tuple[Carrier, ...], float]:
    """Find the path that carries most of the score's change.

    Parameters
    ----------
    score : Score
        What is explained.
    start, end : array of shape (D,)
        The baseline and the point.
    edges : array
        Where the way bends, from `integrate`.
    sources : array of shape (D,)
        For each number of a point the input that it is of; the path ends at one input.
    most : int
        Into how many pieces the way may be cut, about.

    Returns
    -------
    carriers : tuple of Carrier
        From the input to the last layer before the output; the input alone where there
        is one layer.
    gap : float
        The largest difference between what a unit carries and the sum of its parts.
    """
    flow = _Flow(score, start, end, _mesh(edges, most))
    ends, _ = score(np.stack([start, end]))
    carried = float(ends[1] - ends[0])
    sign = -1.0 if carried < 0 else 1.0
    found: list[Carrier] = []
    gap = 0.0
    for level in reversed(range(len(score.structure.places))):
        parts = flow.parts(level)
        gap = max(gap, abs(float(parts.sum()) - carried))
        if flow.passes_on(level):
            continue
        one = _of_unit(flow, level, sign * parts) if level else None
        if one is None:
            one = _of_input(flow, sign * parts, sources)
        found.append(replace(one, part=sign * one.part))
        carried = found[-1].part
    return tuple(reversed(found)), gap


def _of_unit(flow: _Flow, level: int, parts: Vector) -> Carrier:
    """Choose the unit of a layer that carries most, and let nothing else pass."""
    at = int(np.argmax(parts))
    flow.choose(level, at)
    layer = flow.score.structure.places[level - 1].name
    unit = flow.flats[level].labels(layer)[at]
    value, start = (float(ends[level][at]) for ends in (flow.last, flow.first))
    return Carrier(layer, unit, value, start, float(parts[at]))


def _of_input(flow: _Flow, parts: Vector, sources: NDArray[Any]) -> Carrier:
    """Choose the input that carries most, with all numbers that are made of it."""
    sums = np.bincount(sources, weights=parts)
    at = int(np.argmax(sums))
    place = int(np.argmax(sources == at))
    value, start = (float(ends[0][place]) for ends in (flow.last, flow.first))
    return Carrier("", str(at), value, start, float(sums[at]))


def _mesh(edges: Vector, most: int) -> Vector:
    """Cut the way into small pieces, so that it bends at their edges."""
    each = max(1, -(-PIECES // (edges.size - 1)))
    if edges.size > most:
        edges = edges[np.linspace(0, edges.size - 1, most).astype(int)]
    fractions = np.arange(each) / each
    inner = edges[:-1, None] + np.diff(edges)[:, None] * fractions
    return np.append(inner.ravel(), 1.0)


class _Flow:
    """What the layers give on the way, and how the score flows back through masks."""

    def __init__(self, score: Score, start: Vector, end: Vector, mesh: Vector) -> None:
        self.score = score
        structure = score.structure
        shapes = [
            structure.input_shape,
            *(one.output_shape for one in structure.places),
        ]
        self.flats = [Flat(shape) for shape in shapes[:-1]]
        self._compiled = Compiled(flow_program(structure, score.place))
        self.masks: dict[str, NDArray[Any]] = {}
        for level in range(1, len(self.flats)):
            self._mask(level, np.ones(self.flats[level].size))
        middle, edges = (mesh[:-1] + mesh[1:]) / 2, mesh[:, None]
        self._edges = (1 - edges) * start + edges * end
        self._middle = (1 - middle[:, None]) * start + middle[:, None] * end
        ends = self._run(np.stack([start, end]))
        self.first, self.last = (
            [ends[f"h_{level}"][row] for level in range(len(self.flats))]
            for row in (0, 1)
        )

    def _mask(self, level: int, mask: Vector) -> None:
        arrays = self.flats[level].named(f"mask h_{level}", mask[None])
        self.masks |= {key: one[0] for key, one in arrays.items()}

    def choose(self, level: int, at: int) -> None:
        """Let what passes through one unit of a layer go on, and nothing else."""
        chosen = np.zeros(self.flats[level].size)
        chosen[at] = 1
        self._mask(level, chosen)

    def passes_on(self, level: int) -> bool:
        """Tell whether a layer gives what it is given, as dropout in prediction."""
        outputs = self._compiled.program.outputs
        if level == 0:
            return False
        here, before = (
            [outputs[name] for name in as_parts(part_names(f"h_{one}", flat.shapes))]
            for one, flat in zip(
                (level, level - 1),
                (self.flats[level], self.flats[level - 1]),
                strict=True,
            )
        )
        return here == before

    def parts(self, level: int) -> Vector:
        """Give what each unit of a layer carries, of what the chosen ones let pass."""
        total = np.zeros(self.flats[level].size)
        for rows in batches(self._compiled.program, len(self._middle)):
            edges = self._edges[rows.start : rows.stop + 1]
            moves = np.diff(self._run(edges)[f"h_{level}"], axis=0)
            slopes = self._run(self._middle[rows])[f"{SLOPE} h_{level}"]
            total += np.sum(slopes * moves, axis=0)
        return total

    def _run(self, points: NDArray[Any]) -> dict[str, NDArray[Any]]:
        """Run the program of the flow; several arrays of a layer are laid together."""
        given = {**self.score.given, **self.masks}
        flat = self.flats[0]
        runs = [
            run_at(self._compiled, given, flat, points[rows])
            for rows in batches(self._compiled.program, len(points))
        ]
        found = {key: np.concatenate([run[key] for run in runs]) for key in runs[0]}
        laid: dict[str, NDArray[Any]] = {}
        for level, one in enumerate(self.flats):
            for kind in ("", f"{SLOPE} "):
                names = as_parts(part_names(f"{kind}h_{level}", one.shapes))
                arrays = tuple(found[name] for name in names)
                laid[f"{kind}h_{level}"] = one.points(arrays)
        return laid
