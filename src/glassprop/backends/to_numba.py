"""A program as a module for Numba: flat kernels, a step that calls them, an epoch.

Each kernel takes workspaces, places in them and sizes, and does one stage of the plan.
Stages that differ in places and sizes only share one kernel, so equal layers cost no
more to compile than one. The main function, the last one, calls the kernels: `step`
once; `epoch` for one batch after the other, whose rows it gathers into the workspace;
`predict` for one block of rows after the other. Where several threads divide the
stages, each calls the same `epoch` with its number (`glassprop.backends.shares`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from glassprop.backends.arithmetic import IMPORTS, OPTIONS, called, needed
from glassprop.backends.calls_in_main import written
from glassprop.backends.kernels import LETTERS
from glassprop.backends.loops import Plan
from glassprop.backends.shares import GIVEN, HELPERS, HELPERS_TAKE
from glassprop.backends.stage_calls import Kernels
from glassprop.backends.texts import wrapped
from glassprop.errors import Unspelled
from glassprop.graph import DType, Node, count

Main: TypeAlias = tuple[str, list[str], list[str]]  # text, types, helpers
FEW_STAGES = 60  # that may be put into the main function; it compiles slowly with more
LITTLE_WORK = 2e5  # operations of a step whose calls are worth that
DATA = re.compile(r"(x|y)(_\d+)?|weights")
MEETING = "from glassprop.backends.meeting import arrive, give_way, seen"
RUNTIME = "from glassprop.backends.runtime import gemm, lanes, part, tile, upper"
TINY = "from glassprop.backends.tiny_numbers import as_before, count_as_zero"
HEAD = f'''"""Compiled by Numba: training steps, many in one call."""

import math

import numpy as np
from numba import njit

{IMPORTS}
{RUNTIME}

kernel = njit(
    error_model="numpy", forceinline=INLINED, pipeline_class=Part,
    no_cpython_wrapper=True, no_cfunc_wrapper=True,
)'''
MAIN = """@njit(
    error_model="numpy", pipeline_class=Main,
    no_cpython_wrapper=True, no_cfunc_wrapper=True,
)"""
GATHER = """@kernel
def NAME_LETTER(batch, at, rows, order, start, n):
    width = rows.shape[1]
    for i in range(n):
        row = part(rows, order[start + i] * width, width)
        place = part(batch, at + i * width, width)
        for j in range(place.shape[0]):
            place[j] = row[j]"""
COPY = """@kernel
def NAME_LETTER(target, at, source, start, count):
    values = part(source, start, count)
    place = part(target, at, count)
    for i in range(place.shape[0]):
        place[i] = values[i]"""
IN = "LETTER[::1], int64, LETTER[:, ::1], int64, int64"
OUT = "LETTER[:, ::1], int64, LETTER[::1], int64, int64"


def to_numba(plan: Plan, main: str) -> str:
    """Print the module.

    Parameters
    ----------
    plan : Plan
        From `glassprop.backends.loops.plan`.
    main : str
        ``"epoch"`` for the program of a training step, ``"predict"`` for one whose
        results have a row for each row of its data, ``"step"`` for any.

    Returns
    -------
    str
        The source of a module with the main function and those it calls, and their
        types in ``SIGNATURES``, the main one last.

    Raises
    ------
    Unspelled
        If an operation has no spelling.
    """
    return _Module(plan).source(main)


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
        self.kernels = Kernels(plan)
        self.signatures: dict[str, str] = {}  # by name, types with letters for dtypes

    def source(self, name: str) -> str:
        tables, names, calls = written(list(self.kernels.calls()))
        write = {"epoch": self._epoch, "predict": self._predict, "step": self._step}
        main, types, helpers = write[name](names, calls)
        functions = needed(called("\n".join(self.kernels.texts)))
        options = f"INLINE = dict({OPTIONS})"
        head = HEAD.replace("INLINED", str(self._is_small()))
        listed = {one.name: one.signature for one in functions}
        parts = [f"{head}\n{options}" if functions else head]
        if name == "epoch":
            parts[0] = parts[0].replace(RUNTIME, f"{RUNTIME}\n{TINY}")
        if self.plan.is_shared:
            parts[0] = parts[0].replace(RUNTIME, f"{MEETING}\n{RUNTIME}")
            parts += HELPERS
            listed |= HELPERS_TAKE
        parts += [one.source for one in functions]
        parts += [
            f"@kernel\n{text.replace('NAME', one, 1)}"
            for text, one in self.kernels.texts.items()
        ]
        parts += [*helpers, *tables]
        taken = {**self.kernels.signatures, **self.signatures, name: ", ".join(types)}
        for key, one in taken.items():
            listed[key] = f"void({_typed(one)})"
        lines = [f'    "{key}": "{one}",' for key, one in listed.items()]
        return "\n\n\n".join([*parts, main, "\n".join(["SIGNATURES = {", *lines, "}"])])

    def _is_small(self) -> bool:
        """Tell whether calling the kernels would take long beside what they do."""
        work = self.plan.program.cost(self.plan.rows or 1)
        return len(self.plan.stages) <= FEW_STAGES and work <= LITTLE_WORK

    def _helpers(
        self, stem: str, text: str, types: str, keys: Iterable[str]
    ) -> list[str]:
        """Give a function of each dtype that some values have."""
        nodes = {**self.plan.inputs, **self.plan.results}
        letters = dict.fromkeys(LETTERS[nodes[key].dtype.name] for key in keys)
        for letter in letters:
            self.signatures[f"{stem}_{letter}"] = types.replace("LETTER", letter)
        text = text.replace("NAME", stem)
        return [text.replace("LETTER", letter) for letter in letters]

    def _step(self, names: Sequence[str], calls: Sequence[str]) -> Main:
        types = [*(f"{letter}[::1]" for letter in self.letters), "int64", "int64"]
        head = f"def step({', '.join([*self.letters, 'n', 'most'])}):"
        lines = [f"    {one}" for one in (*names, *calls)]
        return "\n".join([MAIN, head, *(lines or ["    pass"])]), types, []

    def _predict(self, names: Sequence[str], calls: Sequence[str]) -> Main:
        plan, data = self.plan, data_inputs(self.plan)
        given = [*self.letters, *data, *plan.results, "rows", "most"]
        nodes = {**plan.inputs, **plan.results}
        letters = {key: LETTERS[nodes[key].dtype.name] for key in nodes}
        types = [f"{letter}[::1]" for letter in self.letters]
        types += [f"{letters[key]}[:, ::1]" for key in (*data, *plan.results)]
        lines = [
            MAIN,
            wrapped("def predict(", given, "):"),
            *(f"    {one}" for one in names),
            "    for start in range(0, rows, most):",
            "        n = min(most, rows - start)",
        ]
        for key in data:
            width = count(nodes[key].shape[1:])
            ends = f"{self._start(nodes[key])}, {key}, start * {width}, n * {width}"
            lines.append(f"        read_{letters[key]}({letters[key]}, {ends})")
        lines += [f"        {one}" for one in calls]
        for key in plan.results:
            width, letter = count(nodes[key].shape[1:]), letters[key]
            ends = f"{letter}, {self._start(nodes[key])}, n * {width}"
            lines.append(f"        give_{letter}({key}, start * {width}, {ends})")
        helpers = self._helpers("read", COPY, IN, data)
        helpers += self._helpers("give", COPY, OUT, plan.results)
        return "\n".join(lines), [*types, "int64", "int64"], helpers

    def _epoch(self, names: Sequence[str], calls: Sequence[str]) -> Main:
        plan, data = self.plan, data_inputs(self.plan)
        letters = {key: LETTERS[plan.inputs[key].dtype.name] for key in plan.inputs}
        types = [f"{letter}[::1]" for letter in self.letters]
        types += [f"{letters[key]}[:, ::1]" for key in data]
        types += ["int64[::1]", f"{letters['learning_rate']}[::1]", "float64[::1]"]
        types += ["int64"] * 5
        given = [*self.letters, *data, "order", "rates", "losses"]
        given += ["count", "batch_size", "first_step", "seed", "most"]
        if plan.is_shared:
            given += ["arrived", *GIVEN]
            types += ["int64[::1]", "int64", "int64"]
        lines = [
            MAIN,
            wrapped("def epoch(", given, "):"),
            "    arithmetic = count_as_zero()",
            *(f"    {one}" for one in names),
            "    first = start = 0",
            "    for k in range(losses.shape[0]):",
            "        if start == first + count:",
            "            first = start if start < order.shape[0] else 0",
            "            start = first",
            "        n = min(batch_size, first + count - start)",
        ]
        begin, many = "start", "n"
        if plan.is_shared:
            begin, many = "start + share", "many"
            lines.append("        share = edge(n, 1, me, team)")
            lines.append("        many = edge(n, 1, me + 1, team) - share")
        for key in data:
            place, width = (
                self._start(plan.inputs[key]),
                count(plan.inputs[key].shape[1:]),
            )
            if plan.is_shared:
                place += " + share" if width == 1 else f" + share * {width}"
            arguments = f"{letters[key]}, {place}, {key}, order, {begin}, {many}"
            lines.append(f"        gather_{letters[key]}({arguments})")
        changing = {"learning_rate": "rates[k]", "t": "first_step + k", "seed": "seed"}
        set_ = [
            f"{letters[key]}[{self._start(plan.inputs[key])}] = {value}"
            for key, value in changing.items()
            if key in plan.inputs
        ]
        loss = plan.results["loss"]
        told = f"losses[k] = {LETTERS[loss.dtype.name]}[{self._start(loss)}]"
        for one in (*self._by_one(set_), *calls, *self._by_one([told]), "start += n"):
            lines.append(f"        {one}")
        lines.append("    as_before(arithmetic)")
        signature = "LETTER[::1], int64, LETTER[:, ::1], int64[::1], int64, int64"
        helpers = self._helpers("gather", GATHER, signature, data)
        return "\n".join(lines), types, helpers

    def _by_one(self, lines: Sequence[str]) -> list[str]:
        """Let the first thread alone do something, if there are several."""
        if not self.plan.is_shared:
            return [*lines]
        return ["if me == 0:", *(f"    {one}" for one in lines)]

    def _start(self, node: Node) -> str:
        return self.kernels.start(node)


LETTER = re.compile(rf"\b({'|'.join(LETTERS.values())})\[")


def _typed(types: str) -> str:
    """Put dtypes in the places of their letters."""
    names = {letter: name for name, letter in LETTERS.items()} | {"b": "bool_"}
    return LETTER.sub(lambda found: f"{names[found[1]]}[", types)
