"""Layers: frozen records with a forward pass written in NumPy."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from glassprop.layers.branches import Add, Concatenate, Parallel, Residual
from glassprop.layers.columns import Columns
from glassprop.layers.contract import Layer, Parameter, Run
from glassprop.layers.core import Dense, Scale, Standardize
from glassprop.layers.functions import Activation, Lambda, PReLU
from glassprop.layers.noise import Dropout, GaussianNoise
from glassprop.layers.normalization import BatchNorm, LayerNorm
from glassprop.layers.shape import Flatten, Reshape

__all__ = [
    "LAYERS",
    "Activation",
    "Add",
    "BatchNorm",
    "Columns",
    "Concatenate",
    "Dense",
    "Dropout",
    "Flatten",
    "GaussianNoise",
    "Lambda",
    "Layer",
    "LayerNorm",
    "PReLU",
    "Parallel",
    "Parameter",
    "Reshape",
    "Residual",
    "Run",
    "Scale",
    "Standardize",
]

LAYERS: Mapping[str, type] = MappingProxyType(
    {
        kind.__name__: kind
        for kind in (
            Dense,
            Activation,
            PReLU,
            Lambda,
            Scale,
            Standardize,
            Columns,
            BatchNorm,
            LayerNorm,
            Dropout,
            GaussianNoise,
            Flatten,
            Reshape,
            Residual,
            Parallel,
            Concatenate,
            Add,
        )
    }
)
