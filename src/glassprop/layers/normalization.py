"""Layers that give values mean 0 and variance 1: over a batch, or over one sample.

Both then multiply by a gain and add a bias, which are trained. Vocabulary: ``mean`` and
``variance`` of a layer's state are running averages, ``batch_mean`` and
``batch_variance`` those of the rows at hand.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar

import numpy as np

from glassprop.errors import ArgumentError, ShapeError, shape_text
from glassprop.layers.contract import Parameter, Run, SampleShape
from glassprop.layers.core import check_frozen, with_given
from glassprop.options import check_positive, check_switch, is_number, is_whole


def _check_options(layer: Any) -> None:
    """Refuse an epsilon, affine or frozen without a meaning."""
    kind = type(layer).__name__
    check_positive(kind, "epsilon", layer.epsilon)
    check_switch(kind, "affine", layer.affine)
    check_frozen(kind, layer.frozen)


def _gain_and_bias(layer: Any, shape: SampleShape) -> dict[str, Parameter]:
    """Declare what the normalized values are multiplied by, and what is added."""
    made = {"gain": Parameter(shape, 1.0), "bias": Parameter(shape, 0.0)}
    return with_given(made if layer.affine else {}, None, layer.frozen)


@dataclass(frozen=True)
class BatchNorm:
    """Give each feature mean 0 and variance 1 over the rows of a batch.

    ``(x - mean) / sqrt(variance + epsilon) * gain + bias`` for each feature, the last
    axis of x (Ioffe and Szegedy 2015, "Batch normalization", algorithm 1). In training,
    mean and variance are those of the batch, over all other axes, the variance divided
    by their number m. Prediction takes running averages of them, which each step moves
    by ``mean = (1 - momentum) * mean + momentum * batch_mean``, and likewise for the
    variance, there divided by m - 1 (algorithm 2, step 10).

    Those are PyTorch's conventions, but that features are its second axis. Keras' and
    ONNX' momentum is 1 minus this one, and Keras averages the variance divided by m;
    its epsilon is 1e-3.

    Parameters
    ----------
    momentum : float
        How much each batch counts in the running averages, above 0 and at most 1.
    epsilon : float
        What is added to the variance.
    affine : bool
        Whether there are a gain and a bias, one a feature.
    frozen : bool, str or sequence of str
        True, or the names of the parameters that training leaves as they are; running
        averages move all the same.
    name : str or None
        The layer's name.

    Raises
    ------
    ArgumentError
        If an option has no meaning; from `fit`, if a batch would have one row, whose
        variance is 0.

    Examples
    --------
    >>> import glassprop as gp
    >>> net = gp.Network([gp.Dense(8), gp.BatchNorm(), gp.Activation("relu")])
    """

    _: KW_ONLY
    momentum: float = 0.1
    epsilon: float = 1e-5
    affine: bool = True
    frozen: bool | str | Sequence[str] = ()
    name: str | None = None

    least_rows: ClassVar[int] = 2

    def __post_init__(self) -> None:
        if not is_number(self.momentum) or not 0 < self.momentum <= 1:
            raise ArgumentError(
                "BatchNorm: momentum must be above 0 and at most 1, got "
                f"{self.momentum!r}."
            )
        _check_options(self)

    def parameters(self, input_shape: SampleShape) -> dict[str, Parameter]:
        """Give the gain and the bias of each feature."""
        return _gain_and_bias(self, input_shape[-1:])

    def state(self, input_shape: SampleShape) -> dict[str, Parameter]:
        """Give the running mean and variance of each feature."""
        shape = input_shape[-1:]
        return {"mean": Parameter(shape, 0.0), "variance": Parameter(shape, 1.0)}

    def forward(self, p: Mapping[str, Any], x: Any, run: Run) -> Any:
        """Give ``(x - mean) / sqrt(variance + epsilon) * gain + bias``."""
        mean, variance = run.state["mean"], run.state["variance"]
        if run.training:
            axes = tuple(range(max(x.ndim - 1, 1)))
            batch_mean = np.mean(x, axis=axes)
            deviation = x - batch_mean
            batch_variance = np.mean(deviation * deviation, axis=axes)
            count = math.prod(x.shape[axis] for axis in axes)
            unbiased = batch_variance * count / (count - 1)
            keep = 1 - self.momentum
            run.update(
                mean=keep * mean + self.momentum * batch_mean,
                variance=keep * variance + self.momentum * unbiased,
            )
        else:
            deviation, batch_variance = x - mean, variance
        spread = np.sqrt(batch_variance + self.epsilon)
        normalized = deviation / spread
        if not self.affine:
            return normalized
        a = normalized * p["gain"] + p["bias"]
        return a  # noqa: RET504  # programs call the value by this name


@dataclass(frozen=True)
class LayerNorm:
    """Give the values of each sample mean 0 and variance 1.

    ``(x - mean) / sqrt(variance + epsilon) * gain + bias``, mean and variance over some
    axes of one sample, the variance divided by the number of values (Ba, Kiros and
    Hinton 2016, "Layer normalization", equations 3 and 4, which have no epsilon). Rows
    do not mix, and training and prediction are the same. Equal to PyTorch's, where the
    axes are the last ones; Keras' epsilon is 1e-3.

    Parameters
    ----------
    axes : int or sequence of int
        The axes of one sample, counted from 0 without the batch; -1 is the last.
    epsilon : float
        What is added to the variance.
    affine : bool
        Whether there are a gain and a bias, of the shape of the axes.
    frozen : bool, str or sequence of str
        True, or the names of the parameters that training leaves as they are.
    name : str or None
        The layer's name.

    Raises
    ------
    ArgumentError, ShapeError
        If an option has no meaning, if a sample does not have an axis, or if there
        would be a single value to normalize.

    Examples
    --------
    >>> import glassprop as gp
    >>> gp.LayerNorm((0, 1)).parameters((4, 3))["gain"].shape
    (4, 3)
    """

    axes: int | Sequence[int] = -1
    _: KW_ONLY
    epsilon: float = 1e-5
    affine: bool = True
    frozen: bool | str | Sequence[str] = ()
    name: str | None = None

    def __post_init__(self) -> None:
        given = self.axes
        axes = tuple(given) if isinstance(given, list | tuple) else (given,)
        if not axes or not all(map(is_whole, axes)):
            raise ArgumentError(
                f"LayerNorm: axes must be a whole number or several, got {self.axes!r}."
            )
        object.__setattr__(self, "axes", tuple(int(one) for one in axes))
        _check_options(self)

    def parameters(self, input_shape: SampleShape) -> dict[str, Parameter]:
        """Give the gain and the bias of each value along the axes."""
        axes = self._sample_axes(input_shape)
        shape = tuple(input_shape[axis] for axis in axes)
        if math.prod(shape) < 2:
            raise ShapeError(
                f"expected two values of a sample to normalize, got "
                f"{shape_text(shape)} of a sample of shape {shape_text(input_shape)}: "
                "one alone becomes 0. Name more axes, or drop the layer."
            )
        return _gain_and_bias(self, shape)

    def _sample_axes(self, shape: SampleShape) -> tuple[int, ...]:
        """Give the axes of a sample in ascending order."""
        rank = len(shape)
        given = tuple(self.axes) if isinstance(self.axes, Sequence) else (self.axes,)
        for axis in given:
            if not -rank <= axis < rank:
                raise ShapeError(
                    f"axis {axis} is none of a sample of shape {shape_text(shape)}. "
                    "Count from 0, without the batch."
                )
        axes = tuple(sorted(axis % rank for axis in given))
        if len(set(axes)) < len(axes):
            raise ShapeError(
                f"axes {given} name one axis of a sample of shape {shape_text(shape)} "
                "twice. Name each once."
            )
        return axes

    def forward(self, p: Mapping[str, Any], x: Any, run: Run) -> Any:
        """Give ``(x - mean) / sqrt(variance + epsilon) * gain + bias``."""
        sizes = tuple(x.shape[1:])
        chosen = self._sample_axes(sizes)
        axes = tuple(axis + 1 for axis in chosen)
        mean = np.mean(x, axis=axes, keepdims=True)
        deviation = x - mean
        variance = np.mean(deviation * deviation, axis=axes, keepdims=True)
        spread = np.sqrt(variance + self.epsilon)
        normalized = deviation / spread
        if not self.affine:
            return normalized
        gain, bias = p["gain"], p["bias"]
        if chosen[-1] - chosen[0] != len(chosen) - 1 or axes[-1] != x.ndim - 1:
            beside = [
                size if axis in chosen else 1
                for axis, size in enumerate(sizes)
                if axis >= chosen[0]
            ]
            gain, bias = np.reshape(gain, beside), np.reshape(bias, beside)
        a = normalized * gain + bias
        return a  # noqa: RET504  # programs call the value by this name
