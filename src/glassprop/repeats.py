"""One training done several times: on other rows, or from other seeds.

Each time a fresh network is trained, of the same layers; the one that is given stays as
it is. Data are checked as a whole before the first training, so that errors name rows
as the caller numbers them.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassprop.errors import ArgumentError, did_you_mean
from glassprop.history import History
from glassprop.network import Network
from glassprop.rows import Rows, checked_rows
from glassprop.splits import Numbers, count_rows, take_rows
from glassprop.targets import row_classes
from glassprop.trees import is_several

OPTIONS = frozenset(inspect.signature(Network.fit).parameters) - {"self", "X", "y"}


@dataclass(frozen=True)
class Job:
    """What is trained several times.

    Parameters
    ----------
    net : Network
        What the networks are like.
    X, y : array-like of shape (rows, ...), or tuple of such
        All data.
    rows : int
        How many there are.
    checked : Rows or None
        The data as the network takes them; None where there is no loss yet.
    options : mapping
        What `Network.fit` is told.
    programs : dict
        What was compiled for the first network, which serves the others too: their
        layers are the same.
    """

    net: Network
    X: Any
    y: Any
    rows: int
    checked: Rows | None
    options: Mapping[str, Any]
    programs: dict[Any, dict[Any, Any]] = field(default_factory=dict)

    @property
    def labels(self) -> NDArray[Any] | None:
        """The class of each row; None where rows have none."""
        if self.checked is None:
            return None
        loss = fresh(self.net, self.options.get("loss")).loss
        assert loss is not None
        return row_classes(self.checked.y, loss)

    def part(self, chosen: Numbers) -> tuple[Any, Any, Any]:
        """Give X, y and the weights of some rows; None for no weights."""
        weights = self.options.get("sample_weight")
        if weights is not None:
            weights = np.asarray(weights)[chosen]
        x, y = (take_rows(data, chosen, self.rows) for data in (self.X, self.y))
        return x, y, weights

    def train(
        self, chosen: Numbers, *, seed: int | None = None, **changed: Any
    ) -> tuple[Network, History]:
        """Train a fresh network on some rows.

        Parameters
        ----------
        chosen : array of int
            The numbers of the rows.
        seed : int or None
            None for the network's own.
        **changed
            Options for `Network.fit` instead of the job's.

        Returns
        -------
        Network, History

        Raises
        ------
        KeyboardInterrupt
            If the training was interrupted.
        """
        net = fresh(self.net, self.options.get("loss"), seed)
        x, y, weights = self.part(chosen)
        options = {**self.options, "sample_weight": weights, **changed}
        with net.built_for(x) as built:
            key = built.structure.input_shape, built.structure.dtype
            built.programs = self.programs.setdefault(key, built.programs)
        history = net.fit(x, y, **options)
        if history.stopped == "interrupted":
            raise KeyboardInterrupt
        return net, history

    def evaluate(self, net: Network, chosen: Numbers, metrics: Any) -> dict[str, float]:
        """Measure a network on some rows."""
        x, y, weights = self.part(chosen)
        return net.evaluate(x, y, sample_weight=weights, metrics=metrics)


def make_job(
    where: str, net: Network, X: Any, y: Any, options: Mapping[str, Any]
) -> Job:
    """Check what is to be trained several times.

    Parameters
    ----------
    where : str
        In front of errors.
    net : Network
        It stays as it is.
    X, y : array-like of shape (n, ...)
        All data.
    options : mapping
        What `Network.fit` is told. Nothing is shown unless it says so.

    Raises
    ------
    ArgumentError, DataError, ShapeError
        If `fit` has no such option, or the data do not fit the network.
    """
    for name in options:
        if name not in OPTIONS:
            raise ArgumentError(
                f"{where}: fit has no option {name!r}.{did_you_mean(name, OPTIONS)} "
                f"The options are {', '.join(sorted(OPTIONS))}."
            )
    given = {"verbose": False, **options}
    if isinstance(given.get("callbacks"), Iterable):
        given["callbacks"] = list(given["callbacks"])  # more than one training's
    if is_several(net.input_shape) and isinstance(X, list):
        X = tuple(X)
    probe = fresh(net, given.get("loss"))
    if probe.loss is None:
        return Job(net, X, y, count_rows(X), None, given)
    with probe.built_for(X) as built:
        checked = checked_rows(
            built.structure,
            X,
            y,
            probe.loss,
            sample_weight=given.get("sample_weight"),
            class_weight=given.get("class_weight"),
        )
    return Job(net, X, y, len(checked), checked, given)


def fresh(net: Network, loss: Any = None, seed: int | None = None) -> Network:
    """Make a network of the same layers that has not been trained.

    Parameters
    ----------
    net : Network
        What it shall be like; parameters that were assigned are not taken.
    loss : str, function, list of such or None
        None for the same.
    seed : int or None
        None for the same.
    """
    made = Network(
        net.layers,
        loss=net.loss if loss is None else loss,
        input_shape=net.input_shape,
        seed=net.seed if seed is None else seed,
        dtype=net.dtype,
        name=net.name,
    )
    made.notes = dict(net.notes)
    return made
