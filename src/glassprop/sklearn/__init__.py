"""Estimators for scikit-learn: its `MLPClassifier` and `MLPRegressor`, and any network.

Change the import, keep the code::

    from glassprop.sklearn import MLPClassifier, MLPRegressor

They take the same arguments, have the same methods and fitted attributes, start from
the same weights and go through the rows in the same order for the same `random_state`.
`NetworkClassifier` and `NetworkRegressor` take layers instead. What is inside is a
network like any other, ``network_``: print its step, explain it, diagnose it, save it.
These files translate; all training is `Network.fit`. Needs scikit-learn,
``glassprop[sklearn]``.
"""

from importlib.util import find_spec as _find_spec

from glassprop.errors import MissingExtraError as _MissingExtraError

if _find_spec("sklearn") is None:
    raise _MissingExtraError(
        "glassprop.sklearn needs scikit-learn: pip install 'glassprop[sklearn]'."
    )

from glassprop.sklearn.mlp_classifier import MLPClassifier
from glassprop.sklearn.mlp_regressor import MLPRegressor
from glassprop.sklearn.network_classifier import NetworkClassifier
from glassprop.sklearn.network_regressor import NetworkRegressor

__all__ = [
    "MLPClassifier",
    "MLPRegressor",
    "NetworkClassifier",
    "NetworkRegressor",
]
