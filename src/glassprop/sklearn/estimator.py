"""What all estimators share: data, `fit` by `Network.fit`, fitted attributes."""

from __future__ import annotations

import warnings
from numbers import Integral, Real
from typing import Any, ClassVar, TypeGuard

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, is_classifier
from sklearn.utils import check_random_state, column_or_1d
from sklearn.utils._param_validation import Interval, Options, StrOptions
from sklearn.utils.validation import (
    _check_sample_weight,
    check_is_fitted,
    validate_data,
)

import glassprop as gp
from glassprop.data import FLOATS
from glassprop.errors import DivergenceError
from glassprop.losses import Loss
from glassprop.optimizers import get_optimizer, is_minimizer
from glassprop.sklearn.arrays import Reshuffled
from glassprop.sklearn.checks import check_goes_on, check_outputs
from glassprop.sklearn.data import Data, dense, held_out
from glassprop.sklearn.losses import activation_of
from glassprop.sklearn.picture import html_of
from glassprop.sklearn.results import begin, keep, look_back, tell
from glassprop.sklearn.translation import patience
from glassprop.training import continued

Array = NDArray[Any]


class Estimator(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """What all estimators share; use one of them.

    What an estimator predicts adds ``_checked_data``, ``_loss``, ``_target``,
    ``_weights``, ``_measure`` and ``_constant_of_loss``; how its network is described
    adds ``_start`` and ``_layers``.
    """

    network_: gp.Network

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "batch_size": [
            StrOptions({"auto"}),
            Interval(Integral, 1, None, closed="left"),
        ],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "shuffle": ["boolean"],
        "random_state": ["random_state"],
        "tol": [Interval(Real, 0, None, closed="left")],
        "verbose": ["verbose"],
        "warm_start": ["boolean"],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="left")],
        "n_iter_no_change": [
            Interval(Integral, 1, None, closed="left"),
            Options(Real, {np.inf}),
        ],
        "class_weight": [dict, list, StrOptions({"balanced"}), None],
    }
    _rate = "the learning rate"  # how it is called
    _dimensions: ClassVar[dict[str, Any]] = {}  # of the rows, as validate_data has it

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
            The rows; a sparse matrix is made dense. A network of `layers` may take
            rows of more dimensions, (n_samples, ...).
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
        return self._fit(X, y, sample_weight, (X_val, y_val), incremental=False)

    def _fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        held: tuple[Any, Any],
        *,
        incremental: bool,
    ) -> Any:
        self._validate_params()
        fitted = "network_" in vars(self)
        fresh = not fitted or not (self.warm_start or incremental)
        X, y = self._checked_data(X, y, incremental=incremental, reset=fresh)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X)
        rng, loss = check_random_state(self.random_state), self._loss()
        target, outputs = self._target(y, loss)
        start, seed = None, 0
        if fresh:
            start, seed = self._start(rng, X.shape[1:], outputs)
        weights = self._weights(y, sample_weight)
        data = self._split(
            Data(X, target, weights, loss, outputs, self._checked_held(*held, loss)),
            rng,
            incremental=incremental,
        )
        made = self._layers(outputs, start, data.share)
        before = None if fresh else self.network_
        net = self._arranged(made, data, before, seed, incremental=incremental)
        monitor, seen = self._monitor(data), 0 if fresh else self.t_
        history = self._trained(net, data, rng, monitor, seen, incremental=incremental)
        self.network_ = net
        if fresh:
            self.n_outputs_, self.out_activation_ = outputs, activation_of(loss)
            begin(self)
        constant, steps = self._constant_of_loss(data), self._takes_steps()
        keep(self, history, constant, monitor, rows=len(data.X), steps=steps)
        if not history.epochs:  # there was no way down from the start
            found = net.evaluate(data.X, data.y, sample_weight=data.weights)
            self.loss_ = found["loss"] + constant
        if incremental:
            look_back(self, history, self._stopping(monitor))
        rule = self._optimizer()
        tell(self, history, self._trainer(), rule, incremental=incremental)
        return self

    # Data -----------------------------------------------------------------------------

    def _validated(
        self, X: Any, y: Any, *, reset: bool, **more: Any
    ) -> tuple[Array, Array]:
        """Check rows and their target as scikit-learn does; give both as arrays.

        A target of one column becomes a row of numbers or labels.
        """
        X, y = validate_data(
            self,
            X,
            y,
            accept_sparse=["csr", "csc"],
            multi_output=True,
            dtype=(np.float64, np.float32),
            reset=reset,
            **self._dimensions,
            **more,
        )
        y = dense(y)
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        return dense(X), y

    def _checked_held(self, X: Any, y: Any, loss: Loss) -> tuple[Array, Array] | None:
        """Check rows that are given to measure, if any are."""
        if X is None and y is None:
            return None
        if X is None or y is None:
            missing = "X_val" if X is None else "y_val"
            raise ValueError(f"{missing} is missing: pass both X_val and y_val.")
        X, y = self._checked_data(X, y, incremental=True, reset=False, held=True)
        return X, self._target(y, loss)[0]

    def _split(
        self, data: Data, rng: np.random.RandomState, *, incremental: bool
    ) -> Data:
        """Hold out rows to measure, where none are given and early stopping asks."""
        if data.held or not (self.early_stopping and self._takes_steps()):
            return data
        # Scikit-learn keeps the shares of classes where one output tells them apart.
        stratified = is_classifier(self) and data.outputs == 1 and not incremental
        return held_out(data, self.validation_fraction, rng, stratified=stratified)

    # The network ----------------------------------------------------------------------

    def _arranged(
        self,
        layers: list[Any],
        data: Data,
        before: gp.Network | None,
        seed: int,
        *,
        incremental: bool,
    ) -> gp.Network:
        """Give the network; what it remembers of its training stays in partial_fit."""
        training = before.training if before is not None and incremental else None
        net = before
        if net is None or training is None or layers != net.layers:
            net = gp.Network(
                layers,
                loss=data.loss,
                input_shape=data.X.shape[1:],
                seed=seed if before is None else before.seed,
                dtype=data.X.dtype if self.dtype is None else self.dtype,
            )
            if before is not None:
                check_goes_on(type(self).__name__, before, net)
                net.take(net.structure, before.values, before.learned)
            net.training = training
            check_outputs(type(self).__name__, net, data.outputs)
        continued(net, self._optimizer())
        return net

    # What Network.fit takes -----------------------------------------------------------

    def _optimizer(self) -> Any:
        return get_optimizer(self.optimizer)

    def _trainer(self) -> tuple[str, Any]:
        """Give the parameter that says what trains, and its value, for messages."""
        return "optimizer", self.optimizer

    def _takes_steps(self) -> bool:
        """Tell whether training goes step by step, through batches of rows."""
        return not is_minimizer(self._optimizer())

    def _schedule(
        self, seen: int, rows: int, monitor: str, *, incremental: bool
    ) -> Any:
        return self.schedule

    def _stopping(self, monitor: str) -> gp.EarlyStopping:
        """Give the rule that ends a training."""
        return gp.EarlyStopping(
            patience(self),
            float(self.tol),
            monitor,
            restore_best=bool(self.early_stopping),
            adds_up=False,
        )

    def _monitor(self, data: Data) -> str:
        """Name the number of the history that shows whether training gets on."""
        if not self.early_stopping or data.held is None:
            return "loss"
        return f"validation_{self._measure(data.loss) or 'loss'}"

    def _metrics(self, data: Data) -> list[Any] | None:
        """Give what the rows that are held out are measured by."""
        measure = self._measure(data.loss)
        return None if data.held is None or measure is None else [measure]

    def _batch_size(self, rows: int) -> int | None:
        if not self._takes_steps():
            return None
        if isinstance(self.batch_size, str):  # "auto"
            return min(200, rows)
        if self.batch_size > rows:
            warnings.warn(
                "Got `batch_size` less than 1 or larger than sample size. It is going "
                "to be clipped",
                stacklevel=5,
            )
        return int(min(self.batch_size, rows))

    def _trained(
        self,
        net: gp.Network,
        data: Data,
        rng: np.random.RandomState,
        monitor: str,
        seen: int,
        *,
        incremental: bool,
    ) -> gp.History:
        stepwise, rows = self._takes_steps(), len(data.X)
        counts = stepwise and not incremental  # epochs; partial_fit counts its calls
        try:
            return net.fit(
                data.X,
                data.y,
                loss=data.loss,
                optimizer=self._optimizer(),
                epochs=1 if incremental else int(self.max_iter),
                batch_size=self._batch_size(rows),
                validation=data.held,
                metrics=self._metrics(data),
                sample_weight=data.weights,
                shuffle=Reshuffled(rng) if self.shuffle and stepwise else False,
                schedule=self._schedule(seen, rows, monitor, incremental=incremental),
                early_stopping=self._stopping(monitor) if counts else None,
                clip=self.clip,
                callbacks=self.callbacks,
                backend=self.backend,
                verbose=bool(self.verbose),
            )
        except DivergenceError as error:
            raise ValueError(
                "Solver produced non-finite parameter weights. The input data may "
                "contain large values and need to be preprocessed. What happened: "
                f"{error.what} Scale X, and y if it is numbers (StandardScaler, "
                f"TransformedTargetRegressor), lower {self._rate}, or pass clip=1.0."
            ) from error

    # Prediction -----------------------------------------------------------------------

    def _rows(self, X: Any) -> Array:
        """Check rows to predict."""
        if self._takes_as_it_is(X):
            return X
        check_is_fitted(self)
        X = validate_data(
            self, X, accept_sparse=["csr", "csc"], reset=False, **self._dimensions
        )
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

    # Notebooks ------------------------------------------------------------------------

    def _repr_html_inner(self) -> str:
        """Show scikit-learn's diagram, and after `fit` the network below it."""
        return html_of(self)

    def _repr_mimebundle_(self, **options: Any) -> dict[str, str]:
        """Give notebooks the same, where scikit-learn is set to show diagrams."""
        bundle: dict[str, str] = super()._repr_mimebundle_(**options)
        html = {"text/html": html_of(self)} if "text/html" in bundle else {}
        return {**bundle, **html}


def has_steps(told: Estimator) -> bool:
    """Tell whether training goes step by step, so that `partial_fit` is there."""
    if not told._takes_steps():
        raise AttributeError(
            "partial_fit is only available for stochastic optimizers. "
            f"{told._trainer()[1]} is not stochastic."
        )
    return True
