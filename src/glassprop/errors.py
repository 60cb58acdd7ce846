"""What can go wrong, and how it is said.

Every error of glassprop's own names the place, what was expected, what came, and the
way out. The tree, each with the built-in exception it also is::

    GlasspropError
    |-- TraceError (TypeError)        a function that cannot be traced, and its repair
    |-- ShapeError (ValueError)       shapes that do not fit together
    |   `-- BroadcastError            target and output that NumPy would repeat
    |-- DataError (ValueError)        X, y, a table or a file of data
    |-- ArgumentError (ValueError)    an argument with a wrong value
    |-- DivergenceError (ArithmeticError)   training met NaN or infinity
    |-- ModelFileError (ValueError)   a model file that is not what it says
    |-- MissingExtraError (ImportError)     an optional dependency is not installed
    |-- Unspelled (NotImplementedError)     an operation that a back end has not
    |-- GlasspropWarning (UserWarning)      what has no effect; a warning, not raised
    `-- VerifyError (AssertionError)  a program breaks its own rules: a bug of ours
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


class GlasspropError(Exception):
    """The root of every error that glassprop raises itself."""


class TraceError(GlasspropError, TypeError):
    """A NumPy function that cannot be traced; the message says how to write it."""


class ShapeError(GlasspropError, ValueError):
    """Arrays whose shapes do not fit together."""


class BroadcastError(ShapeError):
    """Target and output whose shapes differ, and that NumPy would combine all the same.

    Parameters
    ----------
    seen : str
        Which shapes, and what would become of them, as a sentence.
    repair : str
        What to do, as a sentence.
    code : str
        The same as a line of Python, where one line will do.
    """

    def __init__(self, seen: str, repair: str = "", code: str = "") -> None:
        super().__init__(f"{seen} {repair}".strip())
        self.seen = seen
        self.repair = repair
        self.code = code


class DataError(GlasspropError, ValueError):
    """Data that cannot be used as it is: X, y, a table, a file."""


class ArgumentError(GlasspropError, ValueError):
    """An argument with a value that makes no sense here."""


RUINED = 1e6  # weights beyond it are no start for another training


class DivergenceError(GlasspropError, ArithmeticError):
    """Training met NaN or infinity; the network keeps its last finite weights.

    Parameters
    ----------
    epoch, step : int
        Where: counted from 1, the step within its epoch.
    found : str
        The first value that is not finite, and what made it, in words.
    layer : str or None
        Whose operation made it; where it was the loss, the layer with the largest
        weight.
    learning_rate : float or None
        Of that step; None where the optimizer finds its own step size.
    largest : float
        The largest absolute value of a parameter before that step.
    cause : str
        What it comes from and what to do, where that is not the learning rate.

    Attributes
    ----------
    finding : Finding or None
        The same as a finding of a diagnosis, with the change to make.
    diagnosis : Diagnosis or None
        With ``fit(diagnose=True)``, all that was found.
    """

    def __init__(  # noqa: PLR0917  # pickle gives all of them by position
        self,
        epoch: int,
        step: int,
        found: str,
        layer: str | None,
        learning_rate: float | None,
        largest: float = 0.0,
        cause: str = "",
    ) -> None:
        super().__init__(epoch, step, found, layer, learning_rate, largest, cause)
        self.epoch = epoch
        self.step = step
        self.found = found
        self.layer = layer
        self.learning_rate = learning_rate
        self.largest = largest
        self.cause = cause
        self.finding: Any = None
        self.diagnosis: Any = None

    @property
    def what(self) -> str:
        """What happened, as the first sentence of a message."""
        where = f"in epoch {self.epoch}, step {self.step}"
        return f"training diverged {where}: {self.found}."

    def __str__(self) -> str:
        """Say what happened, and what to try in Python."""
        rate = self.learning_rate
        kept = "The network keeps the weights from before that step."
        if self.largest > RUINED:
            kept += " They are too large to go on from: make the network anew."
        if self.cause:
            return f"{self.what} {kept} {self.cause}"
        if rate is None:
            return (
                f"{self.what} {kept} Standardize the inputs (gp.Standardize() as first "
                "layer), or begin with some epochs of gp.Adam()."
            )
        return (
            f"{self.what} {kept} The learning rate was {rate:.6g}: try "
            f"{rate / 10:.2g}; standardize the inputs (gp.Standardize() as first "
            "layer), or clip the gradient (clip=1.0)."
        )


class ModelFileError(GlasspropError, ValueError):
    """A model file that is cut, damaged, of another kind, or asks for unknown code."""


class MissingExtraError(GlasspropError, ImportError):
    """An optional dependency is needed and not installed."""


class Unspelled(GlasspropError, NotImplementedError):
    """An operation that a back end cannot do; users get it as an `ArgumentError`.

    Parameters
    ----------
    node : Node
        The operation.
    why : str
        Which form of it, in words; empty where it is the whole row.
    """

    def __init__(self, node: Any, why: str = "") -> None:
        super().__init__(f"{node.primitive.name}{f' ({why})' if why else ''}")
        self.node = node


class GlasspropWarning(GlasspropError, UserWarning):
    """Something that was asked for has no effect, or another than it seems."""


class VerifyError(GlasspropError, AssertionError):
    """A program whose recorded shapes or dtypes are not what its operations give."""


def shape_text(shape: Iterable[object]) -> str:
    """Write a shape as NumPy does: ``(n, 3)``, ``(3,)``, ``()``.

    Parameters
    ----------
    shape : iterable of int or size
        The sizes.

    Returns
    -------
    str
        The text.
    """
    sizes = [str(size) for size in shape]
    return f"({sizes[0]},)" if len(sizes) == 1 else f"({', '.join(sizes)})"


def listing(words: Iterable[object]) -> str:
    """Join words as prose does: ``a``, ``a or b``, ``a, b or c``.

    Parameters
    ----------
    words : iterable
        What to list.

    Returns
    -------
    str
        The text.
    """
    texts = [str(word) for word in words]
    if len(texts) < 2:
        return "".join(texts)
    return f"{', '.join(texts[:-1])} or {texts[-1]}"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Say which known word is nearest, as a sentence to append.

    Parameters
    ----------
    word : str
        What somebody wrote.
    known : iterable of str
        What there is.

    Returns
    -------
    str
        `` Did you mean 'adam'?``, or nothing if no word is near.
    """
    from difflib import get_close_matches

    near = get_close_matches(word, list(known), n=1)
    return f" Did you mean {near[0]!r}?" if near else ""
