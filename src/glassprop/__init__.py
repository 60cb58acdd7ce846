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

from glassprop import errors, initializers
from glassprop.directions import hessian_vector_product, jacobian_vector_product
from glassprop.errors import GlasspropError
from glassprop.functions import (
    erf,
    log_softmax,
    logsumexp,
    sigmoid,
    softmax,
    softplus,
    stop_gradient,
)
from glassprop.gradient_checks import check_gradient
from glassprop.layers import (
    Activation,
    Add,
    BatchNorm,
    Concatenate,
    Dense,
    Dropout,
    Flatten,
    GaussianNoise,
    Lambda,
    LayerNorm,
    Parallel,
    Parameter,
    PReLU,
    Reshape,
    Residual,
    Scale,
    Standardize,
)
from glassprop.transforms import gradient, hessian, jacobian, value_and_gradient

if _typing.TYPE_CHECKING:
    from glassprop import (
        callbacks,
        clipping,
        constraints,
        diagnosis,
        losses,
        metrics,
        optimizers,
        pictures,
        schedules,
    )
    from glassprop.cross_validation import CrossValidation, cross_validate
    from glassprop.diagnosis import Change, Diagnosis, Finding
    from glassprop.diagnosis.overfitting import OverfitCheck
    from glassprop.diagnosis.rates import RateSearch
    from glassprop.early_stopping import EarlyStopping
    from glassprop.explain import Explanation
    from glassprop.history import History
    from glassprop.learning_curves import LearningCurve, learning_curve
    from glassprop.network import Network
    from glassprop.optimizers import (
        LBFGS,
        SGD,
        Adagrad,
        Adam,
        AdamW,
        Lion,
        Nadam,
        RMSprop,
        Rprop,
    )
    from glassprop.reasons.prediction_explanation import PredictionExplanation
    from glassprop.restarts import Restarts, best_of
    from glassprop.save import load
    from glassprop.splits import k_fold, train_test_split

__version__ = "0.1.0"

__all__ = [
    "LBFGS",
    "SGD",
    "Activation",
    "Adagrad",
    "Adam",
    "AdamW",
    "Add",
    "BatchNorm",
    "Change",
    "Concatenate",
    "CrossValidation",
    "Dense",
    "Diagnosis",
    "Dropout",
    "EarlyStopping",
    "Explanation",
    "Finding",
    "Flatten",
    "GaussianNoise",
    "GlasspropError",
    "History",
    "Lambda",
    "LayerNorm",
    "LearningCurve",
    "Lion",
    "Nadam",
    "Network",
    "OverfitCheck",
    "PReLU",
    "Parallel",
    "Parameter",
    "PredictionExplanation",
    "RMSprop",
    "RateSearch",
    "Reshape",
    "Residual",
    "Restarts",
    "Rprop",
    "Scale",
    "Standardize",
    "best_of",
    "callbacks",
    "check_gradient",
    "clipping",
    "constraints",
    "cross_validate",
    "diagnosis",
    "erf",
    "errors",
    "gradient",
    "hessian",
    "hessian_vector_product",
    "initializers",
    "jacobian",
    "jacobian_vector_product",
    "k_fold",
    "learning_curve",
    "load",
    "log_softmax",
    "logsumexp",
    "losses",
    "metrics",
    "optimizers",
    "pictures",
    "schedules",
    "sigmoid",
    "softmax",
    "softplus",
    "stop_gradient",
    "train_test_split",
    "value_and_gradient",
]


# Where the names are that are imported when they are first asked for.
_LATER = {
    "Adagrad": "optimizers",
    "Adam": "optimizers",
    "AdamW": "optimizers",
    "Change": "diagnosis",
    "CrossValidation": "cross_validation",
    "Diagnosis": "diagnosis",
    "EarlyStopping": "early_stopping",
    "Explanation": "explain",
    "Finding": "diagnosis",
    "History": "history",
    "LBFGS": "optimizers",
    "LearningCurve": "learning_curves",
    "Lion": "optimizers",
    "Nadam": "optimizers",
    "Network": "network",
    "OverfitCheck": "diagnosis.overfitting",
    "PredictionExplanation": "reasons.prediction_explanation",
    "RMSprop": "optimizers",
    "RateSearch": "diagnosis.rates",
    "Restarts": "restarts",
    "Rprop": "optimizers",
    "SGD": "optimizers",
    "best_of": "restarts",
    "callbacks": "callbacks",
    "clipping": "clipping",
    "constraints": "constraints",
    "cross_validate": "cross_validation",
    "diagnosis": "diagnosis",
    "k_fold": "splits",
    "learning_curve": "learning_curves",
    "load": "save",
    "losses": "losses",
    "metrics": "metrics",
    "optimizers": "optimizers",
    "pictures": "pictures",
    "schedules": "schedules",
    "train_test_split": "splits",
}


def __getattr__(name: str) -> object:
    """Import networks, and what belongs to them, when they are first asked for."""
    if name not in _LATER:
        raise AttributeError(f"module 'glassprop' has no attribute {name!r}")
    from importlib import import_module

    module = import_module(f"glassprop.{_LATER[name]}")
    return module if name == _LATER[name] else getattr(module, name)


def __dir__() -> list[str]:
    """List the public names, those too that are not imported yet."""
    return sorted({*__all__, *globals()})
