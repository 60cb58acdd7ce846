"""What both network estimators share: a network made of any layers."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

import glassprop as gp
from glassprop.sklearn.data import Data
from glassprop.sklearn.estimator import Estimator
from glassprop.sklearn.layer_parameters import parameters_of, with_parameters

OUTPUT = "output"
"""The name of the layer that gives one number a class, or one for each of the target.

Where the last of the layers bears it, it is that layer; else it is added.
"""

HIDDEN = (gp.Dense(100, "relu", name="hidden"),)
"""The layers where none are given: those of a perceptron with its defaults."""


class Layered(Estimator):
    """What both network estimators share; use one of them."""

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **Estimator._parameter_constraints,
        "layers": [list, tuple],
    }
    _dimensions: ClassVar[dict[str, Any]] = {"allow_nd": True}

    def __init__(
        self,
        layers: Any = HIDDEN,
        *,
        loss: Any = None,
        optimizer: Any = "adam",
        schedule: Any = None,
        clip: Any = None,
        batch_size: int | str = "auto",
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        n_iter_no_change: float = 10,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        metrics: Any = None,
        callbacks: Any = (),
        warm_start: bool = False,
        verbose: bool = False,
        backend: str = "auto",
        dtype: Any = None,
        class_weight: Any = None,
    ) -> None:
        self.layers = layers
        self.loss = loss
        self.optimizer = optimizer
        self.schedule = schedule
        self.clip = clip
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.n_iter_no_change = n_iter_no_change
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.metrics = metrics
        self.callbacks = callbacks
        self.warm_start = warm_start
        self.verbose = verbose
        self.backend = backend
        self.dtype = dtype
        self.class_weight = class_weight

    # Parameters of layers -------------------------------------------------------------

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Give all parameters by name, those of layers as ``layers__hidden__units``.

        Parameters
        ----------
        deep : bool
            Whether those of layers, and of layers inside of layers, are among them.

        Returns
        -------
        dict from str to object
            The values.
        """
        found: dict[str, Any] = super().get_params(deep=deep)
        if deep:
            found |= {f"layers__{key}": one for key, one in parameters_of(self.layers)}
        return found

    def set_params(self, **params: Any) -> Any:
        """Set parameters; those of layers make new layers of the ones that were given.

        Parameters
        ----------
        **params : dict
            The values by name, as `get_params` gives them.

        Returns
        -------
        estimator
            Itself.

        Raises
        ------
        ValueError
            If there is no such parameter, or a layer refuses the value.
        """
        inside = {
            key.removeprefix("layers__"): params.pop(key)
            for key in list(params)
            if key.startswith("layers__")
        }
        super().set_params(**params)
        self.layers = with_parameters(self.layers, inside, "layers")
        return self

    # The network ----------------------------------------------------------------------

    def _start(
        self, rng: np.random.RandomState, input_shape: tuple[int, ...], outputs: int
    ) -> tuple[None, int]:
        """Draw the seed that start values follow from."""
        return None, int(rng.randint(2**31))

    def _layers(self, outputs: int, start: None, share: float) -> list[Any]:
        given = list(self.layers)
        if given and getattr(given[-1], "name", None) == OUTPUT:
            return given
        return [*given, gp.Dense(outputs, name=OUTPUT)]

    # What Network.fit takes -----------------------------------------------------------

    def _metrics(self, data: Data) -> list[Any] | None:
        """Give what the rows that are held out are measured by."""
        measured = super()._metrics(data)
        if self.metrics is None:
            return measured
        if data.held is None:
            raise ValueError(
                "metrics are measured on rows that are held out, and there are none. "
                "Pass early_stopping=True, or fit(..., X_val=, y_val=)."
            )
        several = isinstance(self.metrics, list | tuple)
        return [*(measured or []), *(self.metrics if several else [self.metrics])]

    def __sklearn_tags__(self) -> Any:
        """Say that rows may have several dimensions."""
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags
