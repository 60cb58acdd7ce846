"""scikit-learn: `MLPClassifier` and `MLPRegressor`, pass by pass with `partial_fit`.

They get the start weights and the rows in their order (``shuffle=False``). scikit-learn
has one activation for all hidden layers, always biases, no batch normalization and no
dropout, and only outputs whose slope with the loss is ``a - y``. For two classes it
has one output; two are had by giving it two labels a row and asking for softmax. Its
epsilon of Adam counts ``1 / sqrt(1 - beta2**t)`` times as much as the others': each
step is given one that is smaller by that.
"""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
from sklearn.neural_network import MLPClassifier, MLPRegressor

from glassprop.workloads import Workload, start
from peers.common import BETA1, BETA2, EPSILON, NotRun, flat, passes


class Recording:
    """Keeps the loss of each step, which scikit-learn only tells pass by pass."""

    def _backprop(self, *given: Any) -> Any:
        if self.solver == "adam":
            step = self._optimizer.t + 1
            self._optimizer.epsilon = EPSILON * math.sqrt(1 - BETA2**step)
        found = super()._backprop(*given)
        self.losses.append(found[0])
        return found


class Classifier(Recording, MLPClassifier):
    """With losses."""


class Regressor(Recording, MLPRegressor):
    """With losses."""


def refuse(workload: Workload) -> None:
    """Say what scikit-learn cannot do."""
    *hidden, last = workload.activations
    if workload.batch_norm or workload.dropout:
        raise NotRun("scikit-learn has no batch normalization and no dropout.")
    if last is not None:
        raise NotRun(f"scikit-learn has no {last} output under a squared error.")
    if not workload.bias or len(set(hidden)) > 1:
        raise NotRun("scikit-learn always has biases, and one activation for all.")


class Trainer:
    """One workload."""

    note = "partial_fit"

    def __init__(self, workload: Workload, x: Any, y: Any, *, threads: int, lean: bool):
        refuse(workload)
        self.workload, self.x = workload, x
        classes = workload.loss == "cross_entropy"
        two = workload.sizes[-1] == 2
        self.y = np.eye(2, dtype=np.int64)[y] if classes and two else y
        if not classes:
            self.y = y.ravel()
        kind = Classifier if classes else Regressor
        self.model = kind(
            hidden_layer_sizes=workload.sizes[1:-1],
            activation=workload.activations[0],
            solver=workload.optimizer,
            alpha=0.0,
            batch_size=workload.batch,
            learning_rate_init=workload.learning_rate,
            shuffle=False,
            momentum=0.0,
            beta_1=BETA1,
            beta_2=BETA2,
            epsilon=EPSILON,
            n_iter_no_change=10**9,
        )
        self.model.losses = []
        self.first(classes, two)

    def first(self, classes: bool, two: bool) -> None:
        """Let it make its arrays, and put the start weights there."""
        work, model = self.workload, self.model
        known = {}
        if classes:
            known = {"classes": np.arange(work.sizes[-1])}
        model.partial_fit(self.x[: work.batch], self.y[: work.batch], **known)
        del model._optimizer
        pairs = start(work)
        for mine, given in zip(model.coefs_, pairs, strict=True):
            mine[...] = given[0]
        for mine, given in zip(model.intercepts_, pairs, strict=True):
            mine[...] = given[1]
        if classes and two:
            model.out_activation_ = "softmax"

    def run(self, order: Any, steps: int) -> Any:
        whole, count = passes(self.workload, steps)
        rows = order[: count * self.workload.batch]
        x, y, model = self.x[rows], self.y[rows], self.model
        model.losses = []
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for _ in range(whole):
                model.partial_fit(x, y)
        return np.array(model.losses)

    def weights(self) -> list[Any]:
        pairs = list(zip(self.model.coefs_, self.model.intercepts_, strict=True))
        return flat(pairs, self.workload.bias)
