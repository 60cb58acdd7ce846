"""Some values of a program, without the rest of it.

A look wants a few values of a training step and changes nothing. It runs a few times,
so that printing and compiling a program for it would cost more than it saves: what the
values need is run node by node.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from glassprop.built import Built
from glassprop.program import Program


@dataclass
class Parts:
    """A program that is asked for some of its values at a time.

    Parameters
    ----------
    program : Program
        With all values that it may be asked for.
    """

    program: Program
    made: dict[tuple[str, ...], Program] = field(default_factory=dict, init=False)

    def giving(self, names: Iterable[str]) -> Program:
        """Give the program of some values, made once.

        Parameters
        ----------
        names : iterable of str
            Which.
        """
        key = tuple(names)
        if key not in self.made:
            self.made[key] = self.program.giving(key)
        return self.made[key]

    def __call__(
        self, names: Iterable[str], given: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Run what some values need.

        Parameters
        ----------
        names : iterable of str
            Of the values.
        given : mapping from str to array
            The program's inputs; further ones are left aside.

        Returns
        -------
        dict from str to array
            The values by name.
        """
        part = self.giving(names)
        with np.errstate(all="ignore"):
            return part.run({key: given[key] for key in part.inputs})


def parts_of(built: Built, program: Program) -> Parts:
    """Give the parts of a training step, made once.

    Parameters
    ----------
    built : Built
        It keeps them.
    program : Program
        One step.
    """
    made: Parts = built.compiled(("parts", program), lambda: Parts(program))
    return made
