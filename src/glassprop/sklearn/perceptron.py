"""What both perceptrons share: a network made of scikit-learn's parameters."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils._param_validation import InvalidParameterError

import glassprop as gp
from glassprop.options import is_whole
from glassprop.sklearn import translation
from glassprop.sklearn.arrays import Shown, start_values
from glassprop.sklearn.layers import hidden_activations, layers
from glassprop.sklearn.parameters import Parameters

Array = NDArray[Any]


class Perceptron(Parameters):
    """What both perceptrons share; use one of them."""

    _rate = "learning_rate_init"

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

    @property
    def n_layers_(self) -> int:
        """The number of layers, that of the inputs among them."""
        return 1 + len(self.coefs_)

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

    # The network ----------------------------------------------------------------------

    def _hidden_units(self) -> list[int]:
        given = self.hidden_layer_sizes
        sizes = list(given) if hasattr(given, "__iter__") else [given]
        if not all(is_whole(size) for size in sizes):
            raise InvalidParameterError(
                f"hidden_layer_sizes must be whole numbers, got {sizes}."
            )
        if any(size <= 0 for size in sizes):
            raise ValueError(f"hidden_layer_sizes must be > 0, got {sizes}.")
        return [int(size) for size in sizes]

    def _start(
        self, rng: np.random.RandomState, input_shape: tuple[int, ...], outputs: int
    ) -> tuple[list[tuple[Array, Array]], int]:
        """Draw start values as scikit-learn does, and the seed of dropout."""
        hidden = self._hidden_units()
        units = [*input_shape, *hidden, outputs]
        start = start_values(rng, units, hidden_activations(self, len(hidden)))
        return start, int(rng.randint(2**31)) if self.dropout else 0

    def _layers(
        self, outputs: int, start: list[tuple[Array, Array]] | None, share: float
    ) -> list[Any]:
        return layers(self, [*self._hidden_units(), outputs], start, share)

    # What Network.fit takes -----------------------------------------------------------

    def _optimizer(self) -> Any:
        if self.optimizer is None:
            return translation.solver(self)
        return super()._optimizer()

    def _trainer(self) -> tuple[str, Any]:
        return "solver", self.solver if self.optimizer is None else self.optimizer

    def _schedule(
        self, seen: int, rows: int, monitor: str, *, incremental: bool
    ) -> Any:
        policy = translation.policy(self)
        if policy == "invscaling":
            return translation.scaled_by_rows(self, seen, rows, incremental=incremental)
        if policy == "adaptive":
            return translation.falling(self, monitor)
        return super()._schedule(seen, rows, monitor, incremental=incremental)

    def _stopping(self, monitor: str) -> gp.EarlyStopping:
        """Give the rule that ends a training, unless the policy "adaptive" does."""
        rule = super()._stopping(monitor)
        is_adaptive = translation.policy(self) == "adaptive"
        return replace(rule, patience=translation.NEVER) if is_adaptive else rule
