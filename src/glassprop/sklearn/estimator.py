"""What both estimators share: parameters, `fit` by `Network.fit`, fitted attributes."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import NDArray
from sklearn.base import is_classifier
from sklearn.utils import check_random_state
from sklearn.utils.validation import (
    _check_sample_weight,
    check_is_fitted,
    validate_data,
)

import glassprop as gp
from glassprop.data import FLOATS
from glassprop.errors import DivergenceError
from glassprop.sklearn import translation
from glassprop.sklearn.arrays import Reshuffled, Shown, start_values
from glassprop.sklearn.data import Data, dense, held_out
from glassprop.sklearn.layers import hidden_activations, layers
from glassprop.sklearn.parameters import Parameters
from glassprop.sklearn.results import keep, tell
from glassprop.training import continued

Array = NDArray[Any]


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
            if key.startswith("dense_") and key.endswith(f".{name}")
        ]

    # Training -------------------------------------------------------------------------

    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
    ) -> Any:
        """Train on rows and their target.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            The rows; a sparse matrix is made dense.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            The target: labels, or numbers.
        sample_weight : array-like of shape (n_samples,) or None
            The weight of each row.
        X_val, y_val : array-like or None
            Rows to measure after each epoch, and their target, in place of those that
            early stopping would hold out.

        Returns
        -------
        estimator
            Itself.

        Raises
        ------
        ValueError
            If a parameter or the data cannot be used, or the weights become infinite.
        """
        held = None if X_val is None and y_val is None else (X_val, y_val)
        return self._fit(X, y, sample_weight, held, incremental=False)

    def _fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        held: tuple[Any, Any] | None = None,
        *,
        incremental: bool,
    ) -> Any:
        self._validate_params()
        if incremental and self.early_stopping:
            raise ValueError("partial_fit does not support early_stopping=True")
        fitted = "network_" in vars(self)
        fresh = not fitted or not (self.warm_start or incremental)
        X, y = self._checked_data(X, y, incremental=incremental, reset=fresh)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X)
        sample_weight = self._weights(y, sample_weight)
        rng = check_random_state(self.random_state)
        target, outputs = self._target(y)
        units = [X.shape[1], *self._hidden_units(), outputs]
        if fresh:
            self._begin(units)
            activations = hidden_activations(self, len(units) - 2)
            parameters = start_values(rng, units, activations)
        else:
            parameters = list(zip(self.coefs_, self.intercepts_, strict=True))
            self._check_units(units)
        data = Data(X, target, sample_weight)
        if held is not None:
            data = replace(data, held=self._checked_held(*held))
        elif self.early_stopping and translation.takes_steps(self):
            stratified = is_classifier(self) and self.n_outputs_ == 1
            fraction = self.validation_fraction
            data = held_out(data, fraction, rng, stratified=stratified)
        seed = int(rng.randint(2**31)) if self.dropout and fresh else 0
        self._arrange(parameters, data, seed, fresh=fresh, incremental=incremental)
        batch_size = self._batch_size(len(data.X))
        history = self._trained(data, batch_size, rng, incremental=incremental)
        scores = history.columns.get(f"validation_{self._measure}", [])
        constant = self._constant_of_loss(data)
        keep(self, history, constant, scores, rows=len(data.X))
        if not history.epochs:  # there was no way down from the start
            found = self.network_.evaluate(data.X, data.y, sample_weight=data.weights)
            self.loss_ = found["loss"] + constant
        tell(self, history, incremental=incremental)
        return self

    def _checked_held(self, X: Any, y: Any) -> tuple[Array, Array]:
        """Check rows that are given to measure."""
        if X is None or y is None:
            missing = "X_val" if X is None else "y_val"
            raise ValueError(f"{missing} is missing: pass both X_val and y_val.")
        X, y = self._checked_data(X, y, incremental=True, reset=False, held=True)
        return X, self._target(y)[0]

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
        if translation.takes_steps(self):
            scored = self.early_stopping
            self.loss_curve_: list[float] = []
            self.validation_scores_: list[float] | None = [] if scored else None
            self.best_validation_score_ = -np.inf if scored else None
            self.best_loss_ = None if scored else np.inf

    def _arrange(
        self,
        parameters: list[tuple[Array, Array]],
        data: Data,
        seed: int,
        *,
        fresh: bool,
        incremental: bool,
    ) -> None:
        """Make the network; what it remembers of its training stays in partial_fit."""
        made = layers(self, parameters, data.share)
        before = None if fresh else self.network_
        training = before.training if before is not None and incremental else None
        if before is None or training is None or made != before.layers:
            self.network_ = gp.Network(
                made,
                loss=translation.LOSSES[self.out_activation_],
                input_shape=self.n_features_in_,
                seed=seed if before is None else before.seed,
                dtype=data.X.dtype if self.dtype is None else self.dtype,
            )
            if before is not None:
                self.network_.put(before.values)
            self.network_.training = training
        continued(self.network_, translation.optimizer(self))

    def _batch_size(self, rows: int) -> int | None:
        if not translation.takes_steps(self):
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
        scored = self.early_stopping and data.held is not None
        monitor = f"validation_{self._measure}" if scored else "loss"
        stepwise = translation.takes_steps(self)
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
                clip=self.clip,
                callbacks=self.callbacks,
                backend=self.backend,
                verbose=bool(self.verbose),
            )
        except DivergenceError as error:
            raise ValueError(
                "Solver produced non-finite parameter weights. The input data may "
                f"contain large values and need to be preprocessed. {error}"
            ) from error

    # Prediction -----------------------------------------------------------------------

    def _rows(self, X: Any) -> Array:
        """Check rows to predict."""
        if self._takes_as_it_is(X):
            return X
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse=["csr", "csc"], reset=False)
        return dense(X)

    def _takes_as_it_is(self, X: Any) -> TypeGuard[Array]:
        """Tell whether rows would come out of all of scikit-learn's checks as they are.

        The checks take longer than the prediction of a row.
        """
        fitted = vars(self)
        return (
            "network_" in fitted
            and "feature_names_in_" not in fitted
            and type(X) is np.ndarray
            and X.dtype in FLOATS
            and X.ndim == 2
            and len(X) > 0
            and X.shape[1] == self.n_features_in_
            and bool(np.isfinite(X).all())
        )

    def __sklearn_is_fitted__(self) -> bool:
        """Tell whether there is a network."""
        return "network_" in vars(self)

    def __sklearn_tags__(self) -> Any:
        """Say that sparse rows are taken."""
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


def has_steps(told: Perceptron) -> bool:
    """Tell whether a solver goes step by step, so that `partial_fit` is there."""
    if not translation.takes_steps(told):
        raise AttributeError(
            "partial_fit is only available for stochastic optimizers. "
            f"{told.solver} is not stochastic."
        )
    return True
