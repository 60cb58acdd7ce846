"""Layers: frozen records with a forward pass written in NumPy."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from glassprop.layers.branches import Add, Concatenate, Parallel, Residual
from glassprop.layers.columns import Columns
from glassprop.layers.contract import Layer, Parameter, Run
from glassprop.layers.core import (
    Activation,
    Dense,
    Dropout,
    Flatten,
    Scale,
    Standardize,
)

__all__ = [
    "LAYERS",
    "Activation",
    "Add",
    "Columns",
    "Concatenate",
    "Dense",
    "Dropout",
    "Flatten",
    "Layer",
    "Parallel",
    "Parameter",
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
            Scale,
            Standardize,
            Columns,
            Dropout,
            Flatten,
            Residual,
            Parallel,
            Concatenate,
            Add,
        )
    }
)
