"""The parts of an explanation: its statements, and their elements."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from numpy.typing import NDArray

from glassprop.frame_columns import Words, words_text
from glassprop.number_texts import value_text

ALL_LAYERS = "all layers"  # heads what belongs to none of them


@dataclass(frozen=True)
class Element:
    """One element of a value.

    Parameters
    ----------
    index : tuple of int
        Where it is.
    arithmetic : str or None
        What it is calculated from, in numbers; None where that is long.
    value : number
        What it is.
    """

    index: tuple[int, ...]
    arithmetic: str | None
    value: Any


@dataclass(frozen=True, eq=False)
class Step:
    """One statement of the program, and what it gave.

    Parameters
    ----------
    section : str
        ``"forward"``, ``"backward"`` or ``"update"``.
    layer : str
        The path of the layer; empty for what belongs to none.
    name, formula : str
        The value's name and the expression it is, in symbols.
    word : str
        What the field calls it: weighted sum, error, delta, gradient; or nothing. Where
        an activation stands behind a weighted sum, ``"delta, error times slope"``.
    value : array
        What came out.
    elements : tuple of Element
        All of a small value, else the first one.
    problem : str
        What begins to be wrong here, NaN or infinite; empty if nothing does.
    """

    section: str
    layer: str
    name: str
    formula: str
    word: str
    value: NDArray[Any]
    elements: tuple[Element, ...]
    problem: str

    @property
    def statement(self) -> str:
        """The formula with what it is assigned to."""
        changes = self.formula.startswith((f"{self.name} -=", f"{self.name} +="))
        return self.formula if changes else f"{self.name} = {self.formula}"


@dataclass(frozen=True, eq=False, repr=False)
class Explained:
    """What an explanation holds.

    Parameters
    ----------
    title : str
        The network in a line.
    given : dict from str to array
        The rows and their target.
    steps : tuple of Step
        Forward, then backward, then update.
    about : str
        Where the rows are from, in the words of their source; or nothing.
    constants : dict from str to array
        Arrays that a layer or a loss brings with it, by the names in the formulas.
    columns : dict from str to tuple of str
        The words for the columns of what was given as a data frame.
    """

    title: str
    given: Mapping[str, NDArray[Any]]
    steps: tuple[Step, ...]
    about: str = ""
    constants: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    columns: Mapping[str, Words] = field(default_factory=dict)

    def start_lines(self) -> Iterator[str]:
        """Write what formulas start from: the rows and their target, and constants."""
        for key, value in {**self.given, **self.constants}.items():
            yield f"{key} = {value_text(value)}{words_text(self.columns.get(key))}"

    def sections(self) -> Iterator[tuple[str, Iterator[tuple[str, Iterator[Step]]]]]:
        """Give each section with its layers, and each of these with its steps."""
        for section, steps in groupby(self.steps, lambda one: one.section):
            yield section, groupby(steps, lambda one: one.layer or ALL_LAYERS)
