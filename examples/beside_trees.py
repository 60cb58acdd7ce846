"""A network beside lines, trees and support vectors: scores and times on five tables.

Nothing is tuned: every model has its defaults, but that networks may train until they
are done. Networks, lines and support vectors get standardized columns. The tables come
with scikit-learn; the folds are the same for all. Where a tree wins, it says so.

    python examples/beside_trees.py
    python examples/beside_trees.py --plot beside_trees.svg
    python examples/beside_trees.py --data wine diabetes --folds 3
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn import datasets, ensemble, linear_model, neural_network, svm, tree
from sklearn.compose import TransformedTargetRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import KFold, StratifiedKFold, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from glassprop import sklearn as glassprop

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TABLES = {
    "iris": datasets.load_iris,
    "wine": datasets.load_wine,
    "breast_cancer": datasets.load_breast_cancer,
    "digits": datasets.load_digits,
    "diabetes": datasets.load_diabetes,
}
OURS = "glassprop"
UNTIL_DONE = {"max_iter": 2000, "random_state": 0}
SEEDED = {"random_state": 0}


@dataclass(frozen=True)
class Model:
    """A kind of model: one for classes, and one for numbers.

    Parameters
    ----------
    classes, numbers : callable
        Make it.
    colour, marker : str
        How it is drawn: no two are alike in either, for eyes that see few colours.
    is_tree : bool
        Whether it is a tree, or made of trees. All others get columns of mean 0 and
        spread 1, and such a target if it is a number.
    """

    classes: Callable[[], Any]
    numbers: Callable[[], Any]
    colour: str
    marker: str
    is_tree: bool = False

    def made(self, *, is_regression: bool) -> Any:
        """Make one, with what stands before it."""
        model = self.numbers() if is_regression else self.classes()
        if self.is_tree:
            return model
        whole = make_pipeline(StandardScaler(), model)
        if not is_regression:
            return whole
        return TransformedTargetRegressor(whole, transformer=StandardScaler())


# The colours are those of Okabe and Ito, "Color Universal Design", 2008.
MODELS = {
    OURS: Model(
        classes=lambda: glassprop.MLPClassifier(**UNTIL_DONE),
        numbers=lambda: glassprop.MLPRegressor(**UNTIL_DONE),
        colour="#0072b2",
        marker="o",
    ),
    "scikit-learn's network": Model(
        classes=lambda: neural_network.MLPClassifier(**UNTIL_DONE),
        numbers=lambda: neural_network.MLPRegressor(**UNTIL_DONE),
        colour="#56b4e9",
        marker="D",
    ),
    "linear": Model(
        classes=linear_model.LogisticRegression,
        numbers=linear_model.Ridge,
        colour="#000000",
        marker="P",
    ),
    "support vectors": Model(
        classes=svm.SVC, numbers=svm.SVR, colour="#cc79a7", marker="X"
    ),
    "tree": Model(
        classes=lambda: tree.DecisionTreeClassifier(**SEEDED),
        numbers=lambda: tree.DecisionTreeRegressor(**SEEDED),
        colour="#e69f00",
        marker="v",
        is_tree=True,
    ),
    "forest": Model(
        classes=lambda: ensemble.RandomForestClassifier(**SEEDED),
        numbers=lambda: ensemble.RandomForestRegressor(**SEEDED),
        colour="#009e73",
        marker="^",
        is_tree=True,
    ),
    "boosted trees": Model(
        classes=lambda: ensemble.HistGradientBoostingClassifier(**SEEDED),
        numbers=lambda: ensemble.HistGradientBoostingRegressor(**SEEDED),
        colour="#d55e00",
        marker="s",
        is_tree=True,
    ),
}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Compare a network with others.")
    parser.add_argument(
        "--data",
        nargs="+",
        choices=TABLES,
        default=list(TABLES),
        metavar="NAME",
        help=f"the tables, of {', '.join(TABLES)} (all)",
    )
    parser.add_argument(
        "--folds", type=int, default=5, help="parts to hold out in turn (5)"
    )
    parser.add_argument(
        "--plot",
        nargs="?",
        const="beside_trees.png",
        metavar="FILE",
        help="draw scores by times (beside_trees.png)",
    )
    options = parser.parse_args(arguments)
    if options.folds < 2:
        parser.error(f"--folds must be 2 or more, got {options.folds}")
    if options.plot:
        check_matplotlib()

    compared = {}
    for name in options.data:
        compared[name] = compare(name, options.folds)
        show(name, compared[name])
    show_winners(compared)
    if options.plot:
        save_picture(compared, options.plot)


# Measuring ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Measured:
    """What one model did on one table, fold by fold.

    Parameters
    ----------
    scores : array of shape (folds,)
        The part of held-out rows that is right, or the explained variance (R2).
    fit_times, predict_times : array of shape (folds,)
        In seconds.
    """

    scores: np.ndarray
    fit_times: np.ndarray
    predict_times: np.ndarray


def error_of(values: np.ndarray) -> float:
    """Give the standard error of a mean over folds."""
    return float(np.std(values, ddof=1) / np.sqrt(len(values)))


def is_regression(name: str) -> bool:
    return "target_names" not in TABLES[name]()


def compare(name: str, folds: int) -> dict[str, Measured]:
    """Train every model on every fold of a table."""
    X, y = TABLES[name](return_X_y=True)
    split = KFold if is_regression(name) else StratifiedKFold
    found = {}
    for label, model in MODELS.items():
        with warnings.catch_warnings():
            warnings.simplefilter("error", ConvergenceWarning)  # until they are done
            result = cross_validate(
                model.made(is_regression=is_regression(name)),
                X,
                y,
                cv=split(folds, shuffle=True, random_state=0),
            )
        found[label] = Measured(
            result["test_score"], result["fit_time"], result["score_time"]
        )
    return found


def leaders(found: Mapping[str, Measured]) -> list[str]:
    """Give the models with the best score, as it is shown."""
    shown = {label: round(float(one.scores.mean()), 3) for label, one in found.items()}
    return [label for label, score in shown.items() if score == max(shown.values())]


def ahead(found: Mapping[str, Measured], label: str) -> tuple[float, float]:
    """Give how far a model is ahead of ours, over the same folds, and its error."""
    differences = found[label].scores - found[OURS].scores
    return float(differences.mean()), error_of(differences)


# The table ----------------------------------------------------------------------------


def show(name: str, found: Mapping[str, Measured]) -> None:
    X, y = TABLES[name](return_X_y=True)
    rows, columns = X.shape
    what = "R2" if is_regression(name) else f"accuracy, {len(set(y))} classes"
    print(f"{name}: {rows} rows, {columns} columns; {what}")
    print(f"  {'':22}  {'score':>13}  {'fit':>9}  {'predict':>9}")
    for label, one in found.items():
        score = f"{one.scores.mean():.3f} +- {error_of(one.scores):.3f}"
        fit, predict = (
            f"{1000 * np.median(times):.1f} ms"
            for times in (one.fit_times, one.predict_times)
        )
        print(f"  {label:22}  {score:>13}  {fit:>9}  {predict:>9}")
    print(f"  {verdict(found)}")


def verdict(found: Mapping[str, Measured]) -> str:
    """Say who is first, whether that is more than chance, and whether it is a tree."""
    first = leaders(found)
    words = f"First: {', '.join(first)}"
    if any(MODELS[label].is_tree for label in first):
        words = f"A tree wins. {words}"
    if OURS in first:
        return f"{words}."
    distance, error = ahead(found, first[0])
    words = f"{words}, ahead of {OURS} by {distance:.3f} +- {error:.3f}"
    return f"{words}, which may be chance." if distance <= error else f"{words}."


def show_winners(compared: Mapping[str, Mapping[str, Measured]]) -> None:
    """Say where trees are first, and where the network keeps up with the first."""
    trees, kept = [], []
    for name, found in compared.items():
        first = leaders(found)
        distance, error = ahead(found, first[0])
        if any(MODELS[label].is_tree for label in first):
            trees.append(name)
        if OURS in first or distance <= error:
            kept.append(name)
    print(f"A tree is first on: {', '.join(trees) or 'none'}.")
    print(f"{OURS} is first, or within chance of it, on: {', '.join(kept) or 'none'}.")


# The picture --------------------------------------------------------------------------


def check_matplotlib() -> None:
    """Stop before the work if the picture cannot be drawn after it."""
    try:
        import matplotlib  # noqa: F401, PLC0415 -- only --plot needs it
    except ImportError:
        sys.exit(
            "--plot draws with matplotlib, which is not installed. Install it:\n"
            'python -m pip install "glassprop[plot]"'
        )


def picture(compared: Mapping[str, Mapping[str, Measured]]) -> Figure:
    """Draw each model's score by the time of a training, a panel for each table."""
    from matplotlib.figure import Figure  # noqa: PLC0415 -- only --plot needs it

    across = min(3, len(compared) + 1)
    down = -(-(len(compared) + 1) // across)
    figure = Figure(figsize=(3.8 * across, 3.2 * down), layout="constrained")
    panels = figure.subplots(down, across, squeeze=False, sharex=True).ravel()
    for axes, (name, found) in zip(panels, compared.items(), strict=False):
        for label, one in reversed(found.items()):  # ours is drawn over the others
            model = MODELS[label]
            axes.errorbar(
                np.median(one.fit_times),
                one.scores.mean(),
                error_of(one.scores),
                color=model.colour,
                marker=model.marker,
                markersize=9,
                markeredgecolor="white",
                linestyle="none",
                label=label,
            )
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter("{x:g}")
        axes.tick_params(labelbottom=True)
        axes.set_title(name, loc="left")
        axes.set_ylabel("R2" if is_regression(name) else "accuracy")
        axes.set_xlabel("seconds of a training")
        axes.grid(color="#dddddd", linewidth=0.6)
        axes.set_axisbelow(True)
    for axes in panels[len(compared) :]:
        axes.set_axis_off()
    handles, labels = panels[0].get_legend_handles_labels()
    panels[len(compared)].legend(
        handles[::-1], labels[::-1], loc="center", frameon=False
    )
    return figure


def save_picture(compared: Mapping[str, Mapping[str, Measured]], path: str) -> None:
    try:
        picture(compared).savefig(path)
    except (OSError, ValueError) as error:
        sys.exit(f"cannot draw to {path}: {error}")
    print(f"The picture is in {path}")


if __name__ == "__main__":
    main()
