"""One training step explained: every value by its name, its formula and its numbers.

The program of the step is the one that `fit` runs, statement by statement. Each has its
formula with symbols, the same with the numbers of an element where that is short, and
its value, or of a large one statistics and a small picture. What is shown is data
first; text, HTML and JSON are made of it.

Vocabulary: the *error* is what the output is off by; a *slope* is the derivative of an
activation where the layer is; a *delta* is the gradient at a weighted sum, an error
that came back times a slope.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassprop.backends.to_numpy import statements
from glassprop.built import Built
from glassprop.errors import ArgumentError
from glassprop.explained import Element, Explained, Step
from glassprop.explained_html import fragment, page
from glassprop.explained_text import lines_of
from glassprop.frame_columns import Words
from glassprop.graph import Node
from glassprop.loss_errors import errors_of
from glassprop.losses import AnyLoss
from glassprop.names import LOSS_SCOPE
from glassprop.number_texts import SMALL
from glassprop.ops.leaves import constant
from glassprop.optimizers import SGD, is_minimizer
from glassprop.plain_values import ForPrograms, finite, plain
from glassprop.program import Program
from glassprop.programs import predict_program
from glassprop.recipes import Recipe
from glassprop.rows import Rows
from glassprop.summary import structure_text
from glassprop.training import Training
from glassprop.trees import named_parts, part_names
from glassprop.updates import start_memory
from glassprop.worked import Worked

MOST_ROWS = 10  # that a step is explained on
WORDS = {"z": "weighted sum", "a": "activation"}
BACKWARD_WORDS = {"z": "delta", "a": "error that came back"}
ERROR = "error"
WITH_SLOPE = "delta, error times slope"


class Explanation(Explained, ForPrograms):
    """A step, statement by statement; as text, as a page, and as data.

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

    def __getitem__(self, name: str) -> Step:
        """Give the statement that made a value, by the value's name."""
        for step in self.steps:
            if step.name == name:
                return step
        known = ", ".join(step.name for step in self.steps)
        raise KeyError(f"there is no value {name!r}; there are {known}")

    def __repr__(self) -> str:
        return f"<Explanation of {len(self.steps)} steps: {self.title}; print it>"

    def __str__(self) -> str:
        return self.text()

    def text(self) -> str:
        """Write it for a terminal.

        Returns
        -------
        str
            Several lines, no wider than its formulas.
        """
        return "\n".join(lines_of(self))

    def html(self) -> str:
        """Write it as a page for a browser: formulas as MathML, no script.

        Returns
        -------
        str
            A whole page.
        """
        return page(self)

    def _repr_html_(self) -> str:
        return fragment(self)

    def as_dict(self) -> dict[str, Any]:
        """Give it as dicts, lists, numbers and words.

        Returns
        -------
        dict
            Values of up to 64 elements are lists, larger ones statistics. What is not
            finite is a word: ``"nan"``, ``"inf"``, ``"-inf"``.
        """
        return {
            "title": self.title,
            "about": self.about,
            "given": {key: plain(value) for key, value in self.given.items()},
            "columns": {key: list(words) for key, words in self.columns.items()},
            "constants": {key: plain(value) for key, value in self.constants.items()},
            "steps": [
                {
                    "section": step.section,
                    "layer": step.layer,
                    "name": step.name,
                    "formula": step.formula,
                    "word": step.word,
                    "shape": list(step.value.shape),
                    "value": plain(step.value),
                    "elements": [
                        {
                            "index": list(one.index),
                            "arithmetic": one.arithmetic,
                            "value": finite(one.value),
                        }
                        for one in step.elements
                    ],
                    "problem": step.problem,
                }
                for step in self.steps
            ],
        }


def explain_forward(
    built: Built, x: Any, *, name: str | None, columns: Mapping[str, Words]
) -> Explanation:
    """Explain the forward pass on checked rows.

    Parameters
    ----------
    built : Built
        The network's structure and values.
    x : array, or tuple of such
        The rows.
    name : str or None
        The network's.
    columns : mapping from str to tuple of str
        The words for the columns of rows that were a data frame.

    Raises
    ------
    ArgumentError
        If there are too many rows to be read.
    """
    data = named_parts(part_names("x", x), x)
    _check_few(data)
    title = _title(built, name)
    given = {**built.given(), **data}
    program = predict_program(built.structure)
    return _explanation(title, program, given, data, columns)


def explain_step(
    built: Built,
    rows: Rows,
    loss: AnyLoss,
    *,
    optimizer: Any,
    known: Recipe | None,
    training: Training | None,
    name: str | None,
    columns: Mapping[str, Words],
) -> Explanation:
    """Explain a training step on checked rows.

    Parameters
    ----------
    built : Built
        The network's structure and values; nothing of it changes.
    rows : Rows
        With their target.
    loss : Loss or Several
        What is made small.
    optimizer : Optimizer, Minimizer or None
        None for that of the last training, before one for plain SGD.
    known : Recipe or None
        That of the last training.
    training : Training or None
        The network's; its memory counts where it is of this optimizer.
    name : str or None
        The network's.
    columns : mapping from str to tuple of str
        The words for the columns of rows and target that were data frames.

    Raises
    ------
    ArgumentError
        If there are too many rows to be read.
    """
    data = rows.data()
    _check_few(data)
    before = known or Recipe(loss, SGD(), rows.target)
    rule = before.optimizer if optimizer is None else optimizer
    recipe = Recipe(loss, rule, rows.target, before.clip)
    title = f"{_title(built, name)}; loss {loss.name}"
    if is_minimizer(rule):
        title += f"; the update is not shown: {type(rule).__name__} searches for it"
    given = {**built.given(), **_of_training(built, recipe, training), **data}
    program = recipe.program(built.structure, name)
    return _explanation(title, program, given, data, columns)


def _check_few(data: Mapping[str, NDArray[Any]]) -> None:
    count = len(next(iter(data.values())))
    if not count:
        raise ArgumentError(
            "explain shows the values of a step: expected 1 to 10 rows, got none. Pick "
            "some: net.explain(X[:1], y[:1])."
        )
    if count > MOST_ROWS:
        raise ArgumentError(
            f"explain shows the values of a step one by one: expected at most "
            f"{MOST_ROWS} rows, got {count:,}. Pick some: net.explain(X[:1], y[:1])."
        )


def _title(built: Built, name: str | None) -> str:
    return f"{name}: " * bool(name) + structure_text(built.structure)


def _explanation(
    title: str,
    program: Program,
    given: Mapping[str, Any],
    data: Mapping[str, NDArray[Any]],
    columns: Mapping[str, Words],
) -> Explanation:
    used = {key: given[key] for key in program.inputs}
    with np.errstate(all="ignore"):
        steps = tuple(_explained(program, used, data))
    return Explanation(
        title, data, steps, constants=_constants(program), columns=columns
    )


def _constants(program: Program) -> dict[str, NDArray[Any]]:
    """Give the arrays that formulas call by a name, and that nobody gives."""
    return {
        program.names[node]: np.asarray(node.attributes["value"])
        for node in program.nodes
        if node.primitive is constant and node.shape
    }


def _of_training(
    built: Built, recipe: Recipe, training: Training | None
) -> dict[str, Any]:
    """Give what the next step of a training takes besides values and data."""
    if is_minimizer(recipe.optimizer):
        return {}
    goes_on = training is not None and training.optimizer == recipe.optimizer
    if training is not None and goes_on:
        memory, done, rate = training.memory, training.steps, training.rate
    else:
        memory = start_memory(built.structure, recipe.optimizer, built.values)
        done, rate = 0, None
    rate = recipe.optimizer.learning_rate if rate is None else rate
    dtype = built.structure.dtype
    return {**memory, "t": np.float64(done + 1), "learning_rate": dtype.type(rate)}


def _explained(
    program: Program, given: Mapping[str, Any], data: Collection[str]
) -> Iterator[Step]:
    """Run a program, and tell of each of its statements."""
    values = {one.node: one.value for one in program.record(given)}
    made = [(one.node, one) for one in statements(program) if one.node is not None]
    sloped = {node.scope for node, _ in made if _is_activation(node)}
    errors = errors_of(program)
    slopes = {(LOSS_SCOPE, f"d_{one.name}") for one in errors if one.name}
    worked = Worked(values, {*program.inputs.values(), *(node for node, _ in made)})
    # Where what is not finite is known to be from: the rows themselves may have gaps.
    known = {program.inputs[key] for key in data if key in program.inputs}
    for node, line in made:
        value = np.asarray(values[node])
        left, _, formula = line.code.partition(" = ")
        if not formula:  # W -= learning_rate * d_W
            left, formula = line.code.split(" ", 1)[0], line.code
        name = left.removesuffix("[...]")
        problem = _problem(node, values, known, program.names)
        elements = tuple(_elements(worked, node, value))
        yield Step(
            line.section,
            node.scope,
            name,
            formula,
            ERROR
            if node in errors or (node.scope, node.name) in slopes
            else _word(node, sloped),
            value,
            elements,
            problem,
        )


def _elements(worked: Worked, node: Node, value: NDArray[Any]) -> Iterator[Element]:
    indices = list(np.ndindex(value.shape)) if value.size <= SMALL else []
    if not indices and value.size:
        indices = [(0,) * value.ndim]
    for index in indices:
        yield Element(index, worked.element(node, index), value[index])


def _is_activation(node: Node) -> bool:
    """Say whether a value has a slope by its layer's weighted sum, number by number."""
    if (node.section, node.name) != ("forward", "a"):
        return False
    waiting, found = [*node.inputs], False
    while waiting:
        one = waiting.pop()
        if one.name == "z" and one.scope == node.scope:
            found = True
        elif one.inputs and one.scope == node.scope:
            if not one.primitive.elementwise:
                return False
            waiting += one.inputs
    return found and node.primitive.elementwise


def _word(node: Node, sloped: Collection[str]) -> str:
    """Give the field's word for a value; `sloped` are layers with an activation."""
    name = node.name or ""
    if node.section == "forward":
        return WORDS.get(name, "")
    if node.section == "backward" and name == "d_z" and node.scope in sloped:
        return WITH_SLOPE
    if node.section == "backward" and name.startswith("d_"):
        return BACKWARD_WORDS.get(name.removeprefix("d_"), "gradient")
    return ""


def _problem(
    node: Node,
    values: Mapping[Node, Any],
    known: set[Node],
    names: Mapping[Node, str],
) -> str:
    """Tell of NaN and infinity where they begin, or what they come in with."""
    text = _not_finite(values[node])
    if not text:
        return ""
    waiting, found = [*node.inputs], list[Node]()
    while waiting:
        one = waiting.pop()
        if one.inputs and one not in known and not one.name:
            waiting += one.inputs
        elif _not_finite(values[one]):
            found.append(one)
    known.add(node)
    if any(one in known for one in found):
        return ""
    for one in found:
        if not one.inputs:
            known.add(one)
            return f"{_not_finite(values[one])} of {names[one]}, which comes in here"
    return f"{text}, which begins here"


def _not_finite(value: Any) -> str:
    """Say what of a value is not finite: ``NaN in 2 of 4 numbers``; else nothing."""
    numbers = np.asarray(value)
    if numbers.dtype.kind != "f" or np.isfinite(numbers).all():
        return ""
    kind = "NaN" if np.isnan(numbers).any() else "infinity"
    return f"{kind} in {np.sum(~np.isfinite(numbers))} of {numbers.size} numbers"
