"""Which number of the output is explained, and what the network decides by it.

`decided` finds both from the loss: with classes the number is the logit of the class
that is predicted, and the decision is the class. Where the output is a number, there is
no decision until somebody asks for one: on which side of a threshold, `target`, is it?
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassprop.errors import ArgumentError, shape_text
from glassprop.layers.contract import Shapes
from glassprop.losses import AnyLoss, Loss
from glassprop.number_texts import number_text
from glassprop.options import is_number, is_whole
from glassprop.tasks import decision, task_of
from glassprop.trees import as_parts, is_several

NONE = -1  # the code of what is not finite, about which nothing is decided


@dataclass(frozen=True)
class Decided:
    """A number of the output, and a decision.

    Parameters
    ----------
    place : tuple of int
        Which output, and the index of the number in a row of it.
    name : str
        The number's, in words: ``output 2, the logit of class 2``.
    kind : str
        ``"class"``, ``"label"``, ``"side"`` of a threshold; empty for no decision.
    loss : Loss or None
        Of that output.
    target : number or None
        The class that is looked for, None for any other; or the threshold.
    words : tuple of str
        What classes are called; empty for their numbers.
    """

    place: tuple[int, ...]
    name: str
    kind: str
    loss: Loss | None
    target: float | None = None
    words: tuple[str, ...] = ()

    def number(self, outputs: Any) -> NDArray[Any]:
        """Give the number for each row, (n,)."""
        part, *index = self.place
        return _placed(as_parts(outputs)[part], index)

    def codes(self, outputs: Any) -> NDArray[np.int64]:
        """Give what is decided for each row, (n,): the class, or 1 for above."""
        numbers = self.number(outputs)
        part, *index = self.place
        output = as_parts(outputs)[part]
        if self.kind == "side":
            codes = np.asarray(numbers > self.target, np.int64)
        else:
            assert self.loss is not None
            found = np.asarray(decision(output, self.loss))
            codes = _placed(found, index[: found.ndim - 1]).astype(np.int64)
        finite = np.isfinite(output.reshape(len(output), -1)).all(axis=1)
        return np.where(finite, codes, NONE)

    def flipped(self, codes: NDArray[np.int64], before: int) -> NDArray[np.bool_]:
        """Tell which decisions are another than before, and what is looked for."""
        other = np.asarray((codes != before) & (codes != NONE))
        if self.kind == "class" and self.target is not None:
            other &= codes == self.target
        return other

    def text(self, code: int) -> str:
        """Write a decision: ``class 2``, ``above 0.5``."""
        if code == NONE:
            return "not finite"
        if self.kind == "side":
            assert self.target is not None
            return f"{'above' if code else 'not above'} {number_text(self.target)}"
        if self.words:
            return self.words[code]
        return f"{self.kind} {code}"


def decided(
    output_shape: Shapes,
    loss: AnyLoss | None,
    outputs: Any,
    *,
    output: Any = None,
    target: Any = None,
    words: Sequence[str] = (),
) -> Decided:
    """Choose the number to explain, and find what is decided.

    Parameters
    ----------
    output_shape : tuple of int, or tuple of such
        Of one row.
    loss : Loss, Several or None
        The network's.
    outputs : array of shape (1, ...), or tuple of such
        What the network gives for the row.
    output : int, tuple of int or None
        The place of the number; None for that of the predicted class, or the only one.
    target : number or None
        The class to look for, or a threshold for a number.
    words : sequence of str
        What the classes are called.

    Raises
    ------
    ArgumentError
        If there is no such number, none is named where there are several, or the target
        is neither a class nor a number.
    """
    place = _place(output_shape, loss, outputs, output)
    one = loss.each[place[0]] if loss is not None else None
    shape = as_parts(output_shape)[place[0]]
    kind = _kind(one, shape)
    _check_target(kind, shape, target)
    if target is not None and kind != "class":
        kind = "side"
    several = is_several(output_shape)
    name = _name(place, one, kind, shape, several=several, words=words)
    number = None if target is None else float(target)
    return Decided(place, name, kind, one, number, tuple(words))


def _placed(array: NDArray[Any], index: Sequence[int]) -> NDArray[Any]:
    """Give the number of an index for each row."""
    key: tuple[Any, ...] = (slice(None), *index)
    number: NDArray[Any] = array[key]
    return number


def _kind(loss: Loss | None, shape: tuple[int, ...]) -> str:
    if loss is None or not loss.classifies:
        return ""
    return "label" if task_of(loss, shape) == "several labels" else "class"


def _place(
    output_shape: Shapes, loss: AnyLoss | None, outputs: Any, output: Any
) -> tuple[int, ...]:
    """Find the number of the output that is meant."""
    several = is_several(output_shape)
    shapes = as_parts(output_shape)
    if output is None:
        classifies = not several and loss is not None and loss.each[0].classifies
        if not several and shapes[0] in ((), (1,)):
            return (0, *(0 for _ in shapes[0]))
        if classifies and len(shapes[0]) == 1:
            return (0, int(np.argmax(outputs[0])))
        raise ArgumentError(
            "explain_prediction explains one number of the output, which is "
            f"{_shapes_text(shapes)}; say which: output={_example(shapes)}."
        )
    index = output if isinstance(output, tuple) else (output,)
    place = index if several else (0, *index)
    fits = all(is_whole(one) for one in place) and 0 <= place[0] < len(shapes)
    if fits:
        shape = shapes[place[0]]
        fits = len(place) - 1 == len(shape) and all(
            0 <= at < size for at, size in zip(place[1:], shape, strict=True)
        )
    if not fits:
        raise ArgumentError(
            f"output must be the place of a number in the output of a row, which is "
            f"{_shapes_text(shapes)}, counted from 0, such as "
            f"output={_example(shapes)}; got {output!r}."
        )
    return tuple(int(one) for one in place)


def _shapes_text(shapes: Sequence[tuple[int, ...]]) -> str:
    return " and ".join(f"of shape {shape_text(one)}" for one in shapes)


def _example(shapes: Sequence[tuple[int, ...]]) -> str:
    last = tuple(size - 1 for size in shapes[-1])
    place = (len(shapes) - 1, *last) if len(shapes) > 1 else last
    return repr(place[0] if len(place) == 1 else place)


def _check_target(kind: str, shape: tuple[int, ...], target: Any) -> None:
    if target is None:
        return
    if kind == "class":
        classes = 2 if shape[-1:] == (1,) else shape[-1]
        if not is_whole(target) or not 0 <= target < classes:
            raise ArgumentError(
                f"target must be the class to look for, 0 to {classes - 1}, got "
                f"{target!r}."
            )
    elif not is_number(target) or not np.isfinite(target):
        raise ArgumentError(
            "target must be a finite number, the threshold that the output is to "
            f"cross, got {target!r}."
        )


def _name(
    place: tuple[int, ...],
    loss: Loss | None,
    kind: str,
    shape: tuple[int, ...],
    *,
    several: bool,
    words: Sequence[str],
) -> str:
    index = place if several else place[1:]
    shown = (
        "output" if not index else f"output {index[0] if len(index) == 1 else index}"
    )
    if not _kind(loss, shape):
        return shown
    assert loss is not None
    what = "logit" if loss.probabilities is not None else "score"

    def called(at: int) -> str:
        return repr(words[at]) if words else f"{_kind(loss, shape)} {at}"

    if shape[-1:] == (1,) and kind == "class":
        return f"{shown}, the {what} of {called(1)} (below 0: {called(0)})"
    return f"{shown}, the {what} of {called(place[-1])}"
