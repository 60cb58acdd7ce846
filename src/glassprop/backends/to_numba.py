"""A program as a module for Numba: flat kernels, a step that calls them, an epoch.

Each kernel takes workspaces, places in them and sizes, and does one stage of the plan.
Stages that differ in places and sizes only share one kernel, so equal layers cost no
more to compile than one. `step` calls the kernels; `epoch` gathers the rows of each
batch into the workspace and calls them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from glassprop.backends.expressions import WIDTH
from glassprop.backends.fusion import Stage
from glassprop.backends.kernels import LETTERS, Loop, size_text, slot_text
from glassprop.backends.loops import Plan
from glassprop.backends.own_table import OWN
from glassprop.backends.views import view_of
from glassprop.errors import Unspelled
from glassprop.graph import DType, Node

DATA = re.compile(r"(x|y)(_\d+)?|weights")
HEAD = '''"""Compiled by Numba: training steps, many in one call."""

import math

import numpy as np
from numba import njit

from glassprop.backends.intrinsics import gemm, part, upper

kernel = njit(error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)'''
MAIN = '@njit(error_model="numpy", nogil=True, cache=True)'
GATHER = """@kernel
def gather_LETTER(batch, at, rows, order, start, n):
    for i in range(n):
        row = rows[order[start + i]]
        place = part(batch, at + i * row.shape[0], row.shape[0])
        for j in range(place.shape[0]):
            place[j] = row[j]"""
PRODUCT = """def NAME(LETTER, left, right, out, rows, columns, inner):
    gemm(
        rows, columns, inner,
        LETTER, left, TURN_A, LONG_A,
        LETTER, right, TURN_B, LONG_B,
        LETTER, out, columns,
    )"""


def to_numba(plan: Plan) -> str:
    """Print the module.

    Parameters
    ----------
    plan : Plan
        From `glassprop.backends.loops.plan`.

    Returns
    -------
    str
        The source of a module with `step` or, if the program has a learning rate,
        `epoch`, and the types of its functions in `SIGNATURES`.

    Raises
    ------
    Unspelled
        If an operation has no spelling.
    """
    return _Module(plan).source()


def workspaces(plan: Plan) -> list[DType]:
    """Give the dtypes of the workspaces, in the order in which `step` takes them."""
    layout = plan.layout
    for dtype in layout.sizes:
        if dtype.name not in LETTERS:
            node = next(
                one for one, slot in layout.slots.items() if slot.dtype == dtype
            )
            raise Unspelled(node, f"of {dtype}")
    return list(layout.sizes)


def data_inputs(plan: Plan) -> list[str]:
    """Give the names of the inputs that hold a row for each row of a batch."""
    return [key for key in plan.inputs if DATA.fullmatch(key)]


class _Module:
    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.letters = [LETTERS[dtype.name] for dtype in workspaces(plan)]
        self.kernels: dict[str, str] = {}  # from text to name
        self.signatures: dict[str, str] = {}  # by name, types with letters for dtypes

    def source(self) -> str:
        calls = list(self._calls())
        if "learning_rate" in self.plan.inputs:
            main, types = self._epoch(calls)
            name, gathered = "epoch", self._gathered()
        else:
            main, types = self._step(calls)
            name, gathered = "step", []
        for letter in gathered:
            self.signatures[f"gather_{letter}"] = (
                f"{letter}[::1], int64, {letter}[:, ::1], int64[::1], int64, int64"
            )
        parts = [HEAD]
        parts += [
            f"@kernel\n{text.replace('NAME', one, 1)}"
            for text, one in self.kernels.items()
        ]
        parts += [GATHER.replace("LETTER", letter) for letter in gathered]
        listed = {**self.signatures, name: ", ".join(types)}
        lines = [f'    "{key}": "void({_typed(one)})",' for key, one in listed.items()]
        return "\n\n\n".join([*parts, main, "\n".join(["SIGNATURES = {", *lines, "}"])])

    def _gathered(self) -> list[str]:
        """Give the letters of the dtypes that data have."""
        dtypes = [self.plan.inputs[key].dtype for key in data_inputs(self.plan)]
        return list(dict.fromkeys(LETTERS[one.name] for one in dtypes))

    def _step(self, calls: Sequence[str]) -> tuple[str, list[str]]:
        types = [*(f"{letter}[::1]" for letter in self.letters), "int64", "int64"]
        head = f"def step({', '.join([*self.letters, 'n', 'most'])}):"
        return "\n".join([MAIN, head, *(f"    {one}" for one in calls)]), types

    def _epoch(self, calls: Sequence[str]) -> tuple[str, list[str]]:
        plan, data = self.plan, data_inputs(self.plan)
        letters = {key: LETTERS[plan.inputs[key].dtype.name] for key in plan.inputs}
        types = [f"{letter}[::1]" for letter in self.letters]
        types += [f"{letters[key]}[:, ::1]" for key in data]
        types += ["int64[::1]", f"{letters['learning_rate']}[::1]", "float64[::1]"]
        types += ["int64"] * 4
        given = [*self.letters, *data, "order", "rates", "losses"]
        given += ["batch_size", "first_step", "seed", "most"]
        lines = [
            MAIN,
            _wrapped("def epoch(", given, "):"),
            "    batches = -(-order.shape[0] // batch_size)",
            "    for k in range(losses.shape[0]):",
            "        start = k % batches * batch_size",
            "        n = min(batch_size, order.shape[0] - start)",
        ]
        for key in data:
            place = slot_text(plan.layout.slots[plan.inputs[key]])
            arguments = f"{letters[key]}, {place}, {key}, order, start, n"
            lines.append(f"        gather_{letters[key]}({arguments})")
        changing = {"learning_rate": "rates[k]", "t": "first_step + k", "seed": "seed"}
        for key, value in changing.items():
            if key in plan.inputs:
                place = slot_text(plan.layout.slots[plan.inputs[key]])
                lines.append(f"        {letters[key]}[{place}] = {value}")
        lines += [f"        {one}" for one in calls]
        loss = plan.results["loss"]
        letter = LETTERS[loss.dtype.name]
        lines.append(f"        losses[k] = {letter}[{self._start(loss)}]")
        return "\n".join(lines), types

    # Stages ---------------------------------------------------------------------------

    def _calls(self) -> Iterator[str]:
        scope = None
        for stage in self.plan.stages:
            last = stage.nodes[-1]
            here = f"{last.section} {last.scope}".strip()
            if here != scope:
                scope = here
                yield f"# {here}"
            if stage.is_product:
                yield self._product(stage)
            else:
                yield self._loop(stage) if stage.is_loop else self._own(stage)
        if scope is None:
            yield "pass"

    def _kernel(self, text: str, stem: str) -> str:
        """Give the name of a kernel, new or one that there is."""
        name = self.kernels.get(text)
        if name is None:
            alike = sum(one.startswith(f"{stem}_") for one in self.kernels.values())
            name = self.kernels[text] = f"{stem}_{alike + 1}"
            taken = text[text.index("(") + 1 : text.index("):")].split(", ")
            self.signatures[name] = ", ".join(
                f"{one}[::1]" if one in LETTERS.values() else "int64" for one in taken
            )
        return name

    def _start(self, node: Node) -> str:
        view = view_of(node)
        return slot_text(self.plan.layout.slots[view.node], view.offset)

    def _loop(self, stage: Stage) -> str:
        loop = Loop(stage, self.plan)
        name = self._kernel(loop.text(), "loop")
        return f"{name}({', '.join(loop.given)})"

    def _product(self, stage: Stage) -> str:
        (node,) = stage.nodes
        a, b = node.inputs
        (rows, inner), columns = a.shape, b.shape[1]
        turned = [not view_of(one).is_whole for one in (a, b)]
        text = PRODUCT.replace("LETTER", LETTERS[node.dtype.name])
        for name, is_turned, lengths in (
            ("A", turned[0], ("inner", "rows")),
            ("B", turned[1], ("columns", "inner")),
        ):
            text = text.replace(f"TURN_{name}", str(is_turned))
            text = text.replace(f"LONG_{name}", lengths[is_turned])
        name = self._kernel(text, "product")
        places = [self._start(one) for one in (a, b, node)]
        sizes = [size_text(one) for one in (rows, columns, inner)]
        return f"{name}({', '.join([LETTERS[node.dtype.name], *places, *sizes])})"

    def _own(self, stage: Stage) -> str:
        (node,) = stage.nodes
        kernel = OWN[node.primitive.name](node)
        read = [LETTERS[view_of(one).node.dtype.name] for one in node.inputs]
        made = LETTERS[node.dtype.name]
        letters = list(dict.fromkeys([*read, made]))
        starts = [f"a{at}" for at in range(len(read))]
        sizes = [f"s{at}" for at in range(len(kernel.sizes))]
        names = {f"x{at}": letter for at, letter in enumerate(read)} | {"y": made}
        head = f"def NAME({', '.join([*letters, *starts, 'out', *sizes])}):"
        body = [f"    {line.format(**names)}" for line in kernel.lines]
        name = self._kernel("\n".join([head, *body]), node.primitive.name)
        places = [self._start(one) for one in (*node.inputs, node)]
        return (
            f"{name}({', '.join([*letters, *places, *map(size_text, kernel.sizes)])})"
        )


LETTER = re.compile(r"\b([fdib])\[")


def _typed(types: str) -> str:
    """Put dtypes in the places of their letters."""
    names = {letter: name for name, letter in LETTERS.items()} | {"b": "bool_"}
    return LETTER.sub(lambda found: f"{names[found[1]]}[", types)


def _wrapped(head: str, items: Sequence[str], tail: str) -> str:
    """Write items in parentheses after a head, in lines that are not too long."""
    lines = [head]
    for item in items:
        if len(lines) == 1 or len(lines[-1]) + len(item) + 2 > WIDTH:
            lines.append("   ")
        lines[-1] += f" {item},"
    return "\n".join([*lines, tail])


__all__ = ["data_inputs", "to_numba", "workspaces"]
