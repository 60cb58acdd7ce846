"""Neural networks in plain Python whose backpropagation you can read and check.

>>> import numpy as np
>>> import glassprop as gp
>>> net = gp.Network([gp.Dense(3, "sigmoid"), gp.Dense(1)], loss="half_squared_error")
>>> X, y = np.array([[0.0], [1.0]]), np.array([[1.0], [0.0]])
>>> history = net.fit(X, y, epochs=10, verbose=False)
>>> net.predict(X).shape
(2, 1)
"""

import typing as _typing

from glassprop import errors, initializers, losses, metrics, optimizers, schedules
from glassprop.early_stopping import EarlyStopping
from glassprop.errors import GlasspropError
from glassprop.functions import logsumexp, sigmoid, softmax, softplus, stop_gradient
from glassprop.history import History
from glassprop.layers import (
    Activation,
    Dense,
    Dropout,
    Flatten,
    Parameter,
    Scale,
    Standardize,
)
from glassprop.network import Network
from glassprop.optimizers import SGD, Adam, AdamW
from glassprop.transforms import gradient, hessian, jacobian, value_and_gradient

if _typing.TYPE_CHECKING:
    from glassprop.save import load

__version__ = "0.1.0"

__all__ = [
    "SGD",
    "Activation",
    "Adam",
    "AdamW",
    "Dense",
    "Dropout",
    "EarlyStopping",
    "Flatten",
    "GlasspropError",
    "History",
    "Network",
    "Parameter",
    "Scale",
    "Standardize",
    "errors",
    "gradient",
    "hessian",
    "initializers",
    "jacobian",
    "load",
    "logsumexp",
    "losses",
    "metrics",
    "optimizers",
    "schedules",
    "sigmoid",
    "softmax",
    "softplus",
    "stop_gradient",
    "value_and_gradient",
]


def __getattr__(name: str) -> object:
    """Import what reads model files where it is first asked for."""
    if name == "load":
        from glassprop.save import load

        return load
    raise AttributeError(f"module 'glassprop' has no attribute {name!r}")
