"""How the values of each layer are spread, forward and backward."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from glassprop.data import as_each_input
from glassprop.losses import LossSpec
from glassprop.network import Network
from glassprop.number_texts import number_text
from glassprop.pictures.asked import check_network, loss_of
from glassprop.pictures.contract import Picture
from glassprop.pictures.layer_values import (
    Counted,
    counted,
    counted_together,
    given_values,
    rows_to_look_at,
    slopes_at,
)
from glassprop.pictures.paper import BLUE, INK, ORANGE, shortened
from glassprop.rows import checked_rows
from glassprop.trees import as_parts, map_parts

LONGEST_NAME = 26
STRIP = 0.52  # the height of one, in inches


def activations(net: Network, X: Any) -> Picture:
    """Show how the values that each layer gives are spread.

    Where a layer's values are all alike, or heaped up at the ends of its activation,
    it hands on little (Glorot and Bengio 2010, "Understanding the difficulty of
    training deep feedforward neural networks", section 3).

    Parameters
    ----------
    net : Network
        As it predicts: dropout and noise do nothing.
    X : array-like of shape (n, ...)
        Rows; of many, about a thousand at equal distances are looked at.

    Returns
    -------
    Picture
        ``layers``, their paths. Of each, in that order: ``counts``, integers of shape
        (layers, bins), and ``edges``, of shape (layers, bins + 1); ``mean``, ``std``,
        ``least`` and ``greatest``; ``zeros``, the share of values that are 0 exactly;
        ``not_finite``, how many are NaN or infinite and are left out. ``rows``, how
        many rows were looked at.

    Raises
    ------
    DataError, ShapeError
        If the rows cannot be used.

    Examples
    --------
    >>> import numpy as np
    >>> import glassprop as gp
    >>> layers = [gp.Dense(2, "relu", weights=[[[1.0, -1.0]]], name="hidden")]
    >>> found = gp.pictures.activations(gp.Network(layers, input_shape=1), [[3.0]])
    >>> print(found.table())
    layer   mean  std  least  greatest  zeros  not finite
    ------  ----  ---  -----  --------  -----  ----------
    hidden  1.5   1.5  0      3         50 %   0
    """
    check_network(net, "activations")
    with net.built_for(X) as built:
        structure = built.structure
        filled = structure.fills_missing
        x = as_each_input(
            X, structure.dtype, structure.input_shape, missing_allowed=filled
        )
        some = rows_to_look_at(structure, len(as_parts(x)[0]))
        found = given_values(built, map_parts(lambda one: one[some], x))
    each = {name: counted(value) for name, value in found.items()}
    data = {"layers": list(each), **_columns(list(each.values())), "rows": len(some)}
    header = ("layer", "mean", "std", "least", "greatest", "zeros", "not finite")
    return Picture(
        "Activations",
        f"How the values that each layer gives are spread, on {len(some):,} rows.",
        data,
        [
            header,
            *(
                (
                    name,
                    *(one.mean, one.std, one.least, one.greatest),
                    _percent(one.zeros),
                    one.not_finite,
                )
                for name, one in each.items()
            ),
        ],
        _draw_activations,
        (7.0, 0.5 + STRIP * len(each)),
    )


def gradients(net: Network, X: Any, y: Any, *, loss: LossSpec | None = None) -> Picture:
    """Show how large the gradients are at each layer's output and parameters.

    Where they shrink from layer to layer, on the way from the loss back to the inputs,
    the first layers learn slowly, or not at all; where they grow, training is not
    stable (Glorot and Bengio 2010, section 4.2).

    Parameters
    ----------
    net : Network
        As it predicts: dropout and noise do nothing.
    X, y : array-like of shape (n, ...)
        Rows and their target; of many, about a thousand at equal distances are looked
        at.
    loss : str, function, list of such or None
        None for the network's own.

    Returns
    -------
    Picture
        ``names``: the layers' paths, each followed by its parameters, ``hidden`` and
        ``hidden.weight``. ``kinds``: what each is, ``"output"`` or ``"parameter"``.
        Sizes are absolute values of the gradient of the mean loss: ``counts``, integers
        of shape (names, bins), of their decimal logarithms, and the bins' common
        ``edges`` (what is smaller than the first is in the first bin); ``mean`` and
        ``greatest`` size; ``zeros``, the share that is 0 exactly, of which there is no
        logarithm; ``not_finite``, how many are NaN or infinite. ``rows``, how many rows
        were looked at.

    Raises
    ------
    ArgumentError
        If there is no loss.
    DataError, ShapeError
        If the rows or the target cannot be used.

    Examples
    --------
    >>> import glassprop as gp
    >>> layers = [gp.Dense(1, bias=False, weights=[[[1.0]]], name="line")]
    >>> net = gp.Network(layers, input_shape=1, loss="half_squared_error")
    >>> print(gp.pictures.gradients(net, [[2.0]], [[1.0]]).table())
    gradient at  kind       mean size  greatest  zeros  not finite
    -----------  ---------  ---------  --------  -----  ----------
    line         output     1          1         0 %    0
    line.weight  parameter  2          2         0 %    0
    """
    place = "gradients"
    check_network(net, place)
    chosen = loss_of(net, place, loss)
    with net.built_for(X) as built:
        whole = checked_rows(built.structure, X, y, chosen)
        rows = whole.take(rows_to_look_at(built.structure, len(whole)))
        found = slopes_at(built, rows, chosen)
    names, kinds = ([one[at] for one in found] for at in (0, 1))
    sizes = [np.abs(slope) for _, _, slope in found]
    logs = [np.log10(one[(one > 0) & np.isfinite(one)]) for one in sizes]
    counts, edges = counted_together(logs)
    each = [counted(one) for one in sizes]
    columns = _columns(each)
    data = {
        "names": names,
        "kinds": kinds,
        "counts": counts,
        "edges": edges,
        **{key: columns[key] for key in ("mean", "greatest", "zeros", "not_finite")},
        "rows": len(rows),
    }
    header = ("gradient at", "kind", "mean size", "greatest", "zeros", "not finite")
    return Picture(
        "Gradients",
        "How large the gradient of the mean loss is at what each layer gives and at "
        f"its parameters, on {len(rows):,} rows; sizes are drawn as powers of ten.",
        data,
        [
            header,
            *(
                (
                    *(name, kind, one.mean, one.greatest),
                    *(_percent(one.zeros), one.not_finite),
                )
                for name, kind, one in zip(names, kinds, each, strict=True)
            ),
        ],
        _draw_gradients,
        (7.0, 0.9 + STRIP * len(each)),
    )


def _columns(each: Sequence[Counted]) -> dict[str, Any]:
    """Turn records into arrays, one number or row of numbers for each."""
    names = (
        *("counts", "edges", "mean", "std", "least", "greatest"),
        *("zeros", "not_finite"),
    )
    return {name: np.array([getattr(one, name) for one in each]) for name in names}


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"


# Drawing ------------------------------------------------------------------------------


def _draw_activations(figure: Any, data: Mapping[str, Any]) -> None:
    for at, axes in enumerate(_strips(figure, data["layers"])):
        _bars(axes, data["counts"][at], data["edges"][at], BLUE)
        low, high = data["least"][at], data["greatest"][at]
        ends = sorted({float(low), float(high)} - {np.nan})
        axes.set_xticks(ends, [number_text(one, 3) for one in ends])
        for label, side in zip(axes.get_xticklabels(), ("left", "right"), strict=False):
            label.set_horizontalalignment(side if len(ends) > 1 else "center")
        zeros = data["zeros"][at]
        _note(
            axes,
            f"{number_text(data['mean'][at], 3)} ± {number_text(data['std'][at], 3)}",
            f"{_percent(zeros)} are 0" if zeros else "",
            int(data["not_finite"][at]),
        )


def _draw_gradients(figure: Any, data: Mapping[str, Any]) -> None:
    from matplotlib.patches import Patch
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    strips = _strips(figure, data["names"])
    low, high = data["edges"][[0, -1]]
    for at, axes in enumerate(strips):
        output = data["kinds"][at] == "output"
        _bars(axes, data["counts"][at], data["edges"], BLUE if output else ORANGE)
        axes.set_xlim(low, high)
        axes.grid(visible=True, axis="x")
        axes.tick_params(bottom=axes is strips[-1], labelbottom=axes is strips[-1])
        zeros = data["zeros"][at]
        _note(
            axes,
            f"mean {number_text(data['mean'][at], 2)}",
            f"{_percent(zeros)} are 0" if zeros else "",
            int(data["not_finite"][at]),
        )
    for axes in strips:
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=high - low > 3))
    strips[-1].xaxis.set_major_formatter(FuncFormatter(_power))
    strips[-1].set_xlabel("size of the gradient")
    handles = [Patch(color=BLUE), Patch(color=ORANGE)]
    words = ["at the layer's output", "at a parameter"]
    figure.legend(handles, words, loc="outside upper left", ncols=2)


def _power(exponent: float, _place: object) -> str:
    """Write a power of ten: ``1e-3``, ``0.032``."""
    whole = round(exponent) == round(exponent, 6)
    return f"1e{exponent:.0f}" if whole else f"{10.0**exponent:.2g}"


def _strips(figure: Any, names: Sequence[str]) -> list[Any]:
    """Make flat axes below one another, each with its name to the left."""
    strips: list[Any] = figure.subplots(len(names), 1, squeeze=False).ravel().tolist()
    for name, axes in zip(names, strips, strict=True):
        axes.grid(visible=False)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        label = shortened(name, LONGEST_NAME)
        axes.set_ylabel(label, rotation=0, ha="right", va="center", labelpad=6)
    return strips


def _bars(axes: Any, counts: Any, edges: Any, colour: str) -> None:
    axes.stairs(counts, edges, fill=True, color=colour)
    axes.set_ylim(0, 1.05 * max(1, counts.max()))
    axes.set_xlim(edges[0], edges[-1])


def _note(axes: Any, *lines: object) -> None:
    """Write to the right of a strip; a count of values that are not finite too."""
    *words, broken = lines
    shown = [str(one) for one in words if one]
    if broken:
        shown.append(f"{broken:,} not finite")
    axes.text(
        *(1.02, 0.5, "\n".join(shown)),
        transform=axes.transAxes,
        va="center",
        size="small",
        color=INK,
    )
