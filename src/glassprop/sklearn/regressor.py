"""What both regressors share: numbers, one a row or several."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import RegressorMixin
from sklearn.utils.metaestimators import available_if

from glassprop.losses import LOSSES, Loss
from glassprop.sklearn.data import Data
from glassprop.sklearn.estimator import Estimator, has_steps
from glassprop.sklearn.losses import loss_of_numbers
from glassprop.tasks import task_of

Array = NDArray[Any]


class Regressor(RegressorMixin, Estimator):  # type: ignore[misc]  # no types
    """What both regressors share; use one of them."""

    def _checked_data(
        self, X: Any, y: Any, *, incremental: bool, reset: bool, held: bool = False
    ) -> tuple[Array, Array]:
        return self._validated(X, y, reset=reset, y_numeric=True)

    def _loss(self) -> Loss:
        return loss_of_numbers(self.loss)

    def _target(self, y: Array, loss: Loss) -> tuple[Array, int]:
        """Give numbers in columns, and how many outputs they need."""
        columns = y.reshape(len(y), -1)
        return columns, columns.shape[1] * loss.outputs_per_value

    def _weights(self, y: Array, sample_weight: Any) -> Any:
        return sample_weight

    def _measure(self, loss: Loss) -> str | None:
        """Name the score, where the loss predicts one number for each of the target."""
        return "r2" if task_of(loss, ()) == "numbers" else None

    def _constant_of_loss(self, data: Data) -> float:
        """Give what the deviance has and the likelihood leaves out: y log y - y."""
        if data.loss != LOSSES["poisson"]:
            return 0.0
        y = data.y.astype(np.float64)
        each = np.sum(y * np.log(np.where(y > 0, y, 1)) - y, axis=1)
        return float(np.average(each, weights=data.weights))

    @available_if(has_steps)  # type: ignore[untyped-decorator]  # no types
    def partial_fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
    ) -> Any:
        """Go on training: once through these rows.

        With ``early_stopping`` each call is scored as an epoch of `fit` is, by the rows
        that are given to measure, else by ``validation_fraction`` of its own rows,
        which it then does not train on. Once ``n_iter_no_change`` calls in a row were
        no better, ``converged_`` is True, and the network has the weights of the best.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            The rows.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Their target.
        sample_weight : array-like of shape (n_samples,) or None
            The weight of each row.
        X_val, y_val : array-like or None
            Rows to measure after the call, and their target.

        Returns
        -------
        estimator
            Itself.

        Raises
        ------
        ValueError
            If a parameter or the data cannot be used.
        """
        return self._fit(X, y, sample_weight, (X_val, y_val), incremental=True)

    # Prediction -----------------------------------------------------------------------

    def predict(self, X: Any) -> Array:
        """Give the numbers for each row.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            The rows.

        Returns
        -------
        array of shape (n_samples,) or (n_samples, n_outputs)
            One number a row, or several; with ``"quantile"`` each of the quantiles.
        """
        rows = self._rows(X)
        found: Array = self.network_.predict(rows)
        return found.ravel() if found.shape[1] == 1 else found
