"""The stages of a plan as calls of kernels; stages that are alike share a kernel.

Where several threads divide the stages, all of them make the same calls, with their
numbers, and meet between two: but not between two that the first thread does alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from glassprop.backends.calls_in_main import Call
from glassprop.backends.fusion import Stage
from glassprop.backends.kernels import LETTERS, Loop, slot_text
from glassprop.backends.loops import Plan
from glassprop.backends.own_table import OWN
from glassprop.backends.products import product_of
from glassprop.backends.shares import ALONE, GIVEN, edges
from glassprop.backends.views import view_of
from glassprop.graph import Node

# A kernel's name, what a call gives it, whether the first of several threads does it.
Called: TypeAlias = tuple[str, list[str], bool]
MEETING = "meet", ("arrived", "team")


class Kernels:
    """The kernels that a plan needs, each with a name.

    Parameters
    ----------
    plan : Plan
        Whose stages are called.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.given = GIVEN if plan.is_shared else ()
        self.texts: dict[str, str] = {}  # from text to name
        self.signatures: dict[str, str] = {}  # by name, types with letters for dtypes

    def calls(self) -> Iterator[Call]:
        """Give the calls of a step, in order."""
        alone, where = False, ""
        for stage in self.plan.stages:
            name, given, is_alone = self._called(stage)
            if self.given and not (alone and is_alone):
                yield Call(*MEETING, where)
            last = stage.nodes[-1]
            alone, where = is_alone, f"{last.section} {last.scope}".strip()
            yield Call(name, (*given, *self.given), where)
        if self.given:
            yield Call(*MEETING, where)

    def start(self, node: Node) -> str:
        """Write where a value begins."""
        view = view_of(node)
        return slot_text(self.plan.layout.slots[view.node], view.offset)

    def _called(self, stage: Stage) -> Called:
        if stage.is_product:
            return self._product(stage)
        return self._loop(stage) if stage.is_loop else self._own(stage)

    def _kernel(self, text: str, stem: str) -> str:
        """Give the name of a kernel, new or one that there is."""
        name = self.texts.get(text)
        if name is None:
            alike = sum(one.startswith(f"{stem}_") for one in self.texts.values())
            name = self.texts[text] = f"{stem}_{alike + 1}"
            taken = text[text.index("(") + 1 : text.index("):")].split(", ")
            self.signatures[name] = ", ".join(
                f"{one}[::1]" if one in LETTERS.values() else "int64" for one in taken
            )
        return name

    def _loop(self, stage: Stage) -> Called:
        loop = Loop(stage, self.plan)
        name = self._kernel(loop.text(), "loop")
        return name, loop.given, loop.shared is None

    def _product(self, stage: Stage) -> Called:
        (node,) = stage.nodes
        a, b = node.inputs
        letter = LETTERS[node.dtype.name]
        how = product_of(node, letter, self.plan.rows, self.plan.threads)
        places = [self.start(one) for one in (a, b, node)]
        places[1:1] = map(str, how.strides)
        sizes = [str(one) for one in (a.shape[0], b.shape[1], a.shape[1])]
        name = self._kernel(how.text, how.stem)
        return name, [letter, *places, *sizes], how.alone

    def _own(self, stage: Stage) -> Called:
        (node,) = stage.nodes
        kernel = OWN[node.primitive.name](node)
        read = [LETTERS[view_of(one).node.dtype.name] for one in node.inputs]
        made = LETTERS[node.dtype.name]
        letters = list(dict.fromkeys([*read, made]))
        starts = [f"a{at}" for at in range(len(read))]
        sizes = [f"s{at}" for at in range(len(kernel.sizes))]
        names = {f"x{at}": letter for at, letter in enumerate(read)} | {"y": made}
        names |= {"first": "0", "last": "s0"}
        lines = list(kernel.lines)
        if self.given and kernel.block:
            names |= {"first": "first", "last": "last"}
            lines = [*edges("s0", kernel.block), *lines]
        elif self.given:
            lines = [*ALONE, *lines]
        taken = [*letters, *starts, "out", *sizes, *self.given]
        body = [f"    {line.format(**names)}" for line in lines]
        text = "\n".join([f"def NAME({', '.join(taken)}):", *body])
        name = self._kernel(text, node.primitive.name)
        places = [self.start(one) for one in (*node.inputs, node)]
        given = [*letters, *places, *map(str, kernel.sizes)]
        return name, given, not kernel.block
