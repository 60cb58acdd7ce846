"""What both estimators share: parameters, `fit` by `Network.fit`, fitted attributes."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import is_classifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.validation import (
    _check_sample_weight,
    check_is_fitted,
    validate_data,
)

import glassprop as gp
from glassprop.errors import DivergenceError
from glassprop.sklearn import translation
from glassprop.sklearn.arrays import Reshuffled, Shown, start_values
from glassprop.sklearn.data import Data, dense, held_out
from glassprop.sklearn.parameters import Parameters
from glassprop.training import continued

Array = NDArray[Any]
STEPWISE = ("sgd", "adam")
ENDS = {
    "epochs": "reached the maximum of {told.max_iter} iterations",
    "evaluations": "looked at the rows more than max_fun={told.max_fun} times",
    "no way down": "found nothing lower along its last direction",
}
"""Why a training may end before it has converged, by the history's word for it."""


class Perceptron(Parameters):
    """What both estimators share; use one of them."""

    network_: gp.Network

    # Fitted attributes that the network holds -----------------------------------------

    @property
    def coefs_(self) -> Shown:
        """The weight of each layer: the network's own arrays, which may be set."""
        return Shown(self._arrays("weight"))

    @coefs_.setter
    def coefs_(self, values: Any) -> None:
        self.coefs_[:] = values

    @property
    def intercepts_(self) -> Shown:
        """The biases of each layer: the network's own arrays, which may be set."""
        return Shown(self._arrays("bias"))

    @intercepts_.setter
    def intercepts_(self, values: Any) -> None:
        self.intercepts_[:] = values

    def _arrays(self, name: str) -> list[Array]:
        if "network_" not in vars(self):
            raise AttributeError(
                f"this {type(self).__name__} is not fitted yet: it has weights and "
                "biases after fit."
            )
        return [
            value
            for key, value in self.network_.values.items()
            if key.endswith(f".{name}")
        ]

    # Training -------------------------------------------------------------------------

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        """Train on rows and their target.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            The rows; a sparse matrix is made dense.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            The target: labels, or numbers.
        sample_weight : array-like of shape (n_samples,) or None
            The weight of each row.

        Returns
        -------
        estimator
            Itself.

        Raises
        ------
        ValueError
            If a parameter or the data cannot be used, or the weights become infinite.
        """
        return self._fit(X, y, sample_weight, incremental=False)

    def _fit(self, X: Any, y: Any, sample_weight: Any, *, incremental: bool) -> Any:
        self._validate_params()
        if incremental and self.early_stopping:
            raise ValueError("partial_fit does not support early_stopping=True")
        fitted = "network_" in vars(self)
        fresh = not fitted or not (self.warm_start or incremental)
        X, y = self._checked_data(X, y, incremental=incremental, reset=fresh)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X)
        rng = check_random_state(self.random_state)
        target, outputs = self._target(y)
        units = [X.shape[1], *self._hidden_units(), outputs]
        if fresh:
            self._begin(units)
            parameters = start_values(rng, units, self.activation)
        else:
            parameters = list(zip(self.coefs_, self.intercepts_, strict=True))
            self._check_units(units)
        data = Data(X, target, sample_weight)
        if self.early_stopping and self.solver in STEPWISE:
            stratified = is_classifier(self) and self.n_outputs_ == 1
            fraction = self.validation_fraction
            data = held_out(data, fraction, rng, stratified=stratified)
        self._arrange(parameters, data, fresh=fresh, incremental=incremental)
        batch_size = self._batch_size(len(data.X))
        history = self._trained(data, batch_size, rng, incremental=incremental)
        self._keep(history, data, incremental=incremental)
        return self

    def _hidden_units(self) -> list[int]:
        given = self.hidden_layer_sizes
        sizes = list(given) if hasattr(given, "__iter__") else [given]
        if np.any(np.array(sizes) <= 0):
            raise ValueError(f"hidden_layer_sizes must be > 0, got {sizes}.")
        return [int(size) for size in sizes]

    def _check_units(self, units: list[int]) -> None:
        had = [self.n_features_in_, *(len(one) for one in self.intercepts_)]
        if had != units:
            raise ValueError(
                f"{type(self).__name__} goes on with the layers of the last fit, of "
                f"{had} units, the inputs first, and these would be {units}. Fit it "
                "anew, warm_start=False."
            )

    def _begin(self, units: list[int]) -> None:
        self.n_layers_, self.n_outputs_ = len(units), units[-1]
        self.out_activation_ = self._output_activation()
        self.n_iter_, self.t_ = 0, 0
        if self.solver in STEPWISE:
            scored = self.early_stopping
            self.loss_curve_: list[float] = []
            self.validation_scores_: list[float] | None = [] if scored else None
            self.best_validation_score_ = -np.inf if scored else None
            self.best_loss_ = None if scored else np.inf

    def _arrange(
        self,
        parameters: list[tuple[Array, Array]],
        data: Data,
        *,
        fresh: bool,
        incremental: bool,
    ) -> None:
        """Make the network; what it remembers of its training stays in partial_fit."""
        layers = translation.layers(self, parameters, data.share)
        training = None if fresh or not incremental else self.network_.training
        if training is None or layers != self.network_.layers:
            self.network_ = gp.Network(
                layers,
                loss=translation.LOSSES[self.out_activation_],
                input_shape=self.n_features_in_,
                dtype=data.X.dtype,
            )
            self.network_.training = training
        continued(self.network_, translation.optimizer(self))

    def _batch_size(self, rows: int) -> int | None:
        if self.solver not in STEPWISE:
            return None
        if isinstance(self.batch_size, str):  # "auto"
            return min(200, rows)
        if self.batch_size > rows:
            warnings.warn(
                "Got `batch_size` less than 1 or larger than sample size. It is going "
                "to be clipped",
                stacklevel=4,
            )
        return int(min(self.batch_size, rows))

    def _trained(
        self,
        data: Data,
        batch_size: int | None,
        rng: np.random.RandomState,
        *,
        incremental: bool,
    ) -> gp.History:
        monitor = "loss" if data.held is None else f"validation_{self._measure}"
        stepwise = self.solver in STEPWISE
        try:
            return self.network_.fit(
                data.X,
                data.y,
                optimizer=translation.optimizer(self),
                epochs=1 if incremental else int(self.max_iter),
                batch_size=batch_size,
                validation=data.held,
                metrics=None if data.held is None else self._measure,
                sample_weight=data.weights,
                shuffle=Reshuffled(rng) if self.shuffle and stepwise else False,
                schedule=translation.schedule(
                    self, self.t_, len(data.X), monitor, incremental=incremental
                ),
                early_stopping=translation.stopping(self, monitor),
                verbose=bool(self.verbose),
            )
        except DivergenceError as error:
            raise ValueError(
                "Solver produced non-finite parameter weights. The input data may "
                f"contain large values and need to be preprocessed. {error}"
            ) from error

    def _keep(self, history: gp.History, data: Data, *, incremental: bool) -> None:
        """Keep what the history says, under scikit-learn's names."""
        constant = self._constant_of_loss(data)
        losses = [one + constant for one in history.columns.get("loss", [])]
        self.n_iter_ = len(losses)
        if losses:
            self.loss_ = losses[-1]
        if self.solver in STEPWISE:
            self.t_ += len(losses) * len(data.X)
            self.loss_curve_ += losses
            if data.held is None:
                self.best_loss_ = min([*losses, self.best_loss_])
            else:
                scores = history[f"validation_{self._measure}"]
                self.validation_scores_ = [*(self.validation_scores_ or []), *scores]
                self.best_validation_score_ = max(self.validation_scores_)
        if history.stopped == "interrupted":
            warnings.warn("Training interrupted by user.", stacklevel=4)
        elif not incremental and history.stopped in ENDS:
            _warn_of_end(self, history.stopped)

    # Prediction -----------------------------------------------------------------------

    def _rows(self, X: Any) -> Array:
        """Check rows to predict."""
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse=["csr", "csc"], reset=False)
        return dense(X)

    def __sklearn_is_fitted__(self) -> bool:
        """Tell whether there is a network."""
        return "network_" in vars(self)

    def __sklearn_tags__(self) -> Any:
        """Say that sparse rows are taken."""
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


def _warn_of_end(told: Perceptron, stopped: str) -> None:
    reason = ENDS[stopped].format(told=told)
    warnings.warn(
        f"solver {told.solver!r} {reason}, and the training has not converged yet. "
        "Increase max_iter, or scale the data.",
        ConvergenceWarning,
        stacklevel=5,
    )


def has_steps(told: Perceptron) -> bool:
    """Tell whether a solver goes step by step, so that `partial_fit` is there."""
    if told.solver not in STEPWISE:
        raise AttributeError(
            "partial_fit is only available for stochastic optimizers. "
            f"{told.solver} is not stochastic."
        )
    return True
