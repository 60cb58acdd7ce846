"""A change to make: as code for a list of layers and for `fit`, and carried out.

What is printed and what is done come from one record, so that the calibration follows
the very repair that people read.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields, replace
from typing import Any

from glassprop.diagnosis.nesting import made_anew
from glassprop.layers.contract import START

PLAIN = (str, int, float, tuple)
POSITIONAL = ("units", "activation", "function", "rate", "layers", "layer", "branches")


@dataclass(frozen=True)
class Change:
    """What to do about a finding.

    Parameters
    ----------
    words : str
        A sentence, where the code below does not say it all.
    layers : dict from str to (layer, layer)
        By path, what a layer is and what it should be; None for none.
    first : layer or None
        A layer to put in front of all others, or of one.
    before : str
        The path of that one; empty for the front.
    options : dict from str to object
        Arguments of `fit`.
    data : str
        Code for X or y, before `fit`.
    command : str
        The same on the command line, where there is a command; it stands for the code.
    """

    words: str = ""
    layers: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    first: Any = None
    before: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    data: str = ""
    command: str = ""

    @property
    def lines(self) -> list[str]:
        """The code, a line for each thing to change."""
        made = [self.data] if self.data else []
        if self.first is not None and self.before:
            made.append(f"{code_of(self.first)} before {self.before}")
        elif self.first is not None:
            made.append(f"layers = [{code_of(self.first)}, *layers]")
        made += [
            f"{name}: without {code_of(old)}"
            if new is None
            else f"{name}: {code_of(new)} instead of {code_of(old)}"
            for name, (old, new) in self.layers.items()
        ]
        if self.options:
            given = ", ".join(f"{key}={code_of(one)}" for key, one in self._options())
            made.append(f"net.fit(X, y, {given})")
        return made

    def _options(self) -> list[tuple[str, Any]]:
        return sorted(self.options.items())

    def __str__(self) -> str:
        told = [self.command] if self.command else self.lines
        return "\n".join([*([self.words] if self.words else []), *told])

    def applied(
        self, layers: Sequence[Any], options: Mapping[str, Any]
    ) -> tuple[list[Any], dict[str, Any]]:
        """Give the layers and the options of `fit` with the change made.

        Parameters
        ----------
        layers : sequence of layers
            Those of the network that was diagnosed.
        options : mapping
            What `fit` was told.
        """

        def changed(path: str, layer: Any) -> list[Any]:
            if path in self.layers:
                layer = _changed(layer, *self.layers[path])
            row = [self.first, layer] if path == self.before else [layer]
            return [one for one in row if one is not None]

        made = made_anew(layers, changed)
        if self.first is not None and not self.before:
            made.insert(0, self.first)
        return made, {**options, **self.options}


def _changed(layer: Any, old: Any, new: Any) -> Any:
    """Make a change of one record in another, which may have been changed before."""
    if new is None:
        return None
    fields_changed = {
        one.name: getattr(new, one.name)
        for one in fields(new)
        if one.init and not same_value(getattr(old, one.name), getattr(new, one.name))
    }
    return replace(layer, **fields_changed)


def same_value(one: Any, other: Any) -> bool:
    """Tell whether two values of a field are one, or plain and alike.

    Parameters
    ----------
    one, other : object
    """
    return one is other or (
        isinstance(one, PLAIN) and isinstance(other, PLAIN) and one == other
    )


def code_of(value: Any) -> str:
    """Write a layer, an optimizer or another record as the call that makes it.

    Parameters
    ----------
    value : object
        Fields with their defaults are left out; what is no record is written as Python
        writes it, a function by its name.
    """
    kind = type(value)
    if not hasattr(kind, "__dataclass_fields__"):
        if callable(value):
            return str(getattr(value, "__name__", kind.__name__))
        if isinstance(value, list | tuple):
            return f"[{', '.join(map(code_of, value))}]"
        return repr(value).replace("'", '"') if isinstance(value, str) else repr(value)
    parts: list[str] = []
    for one in fields(value):
        if one.name == "_" or not one.init:
            continue
        given = getattr(value, one.name)
        if _is_default(one, given):
            continue
        text = one.name if one.metadata.get(START) else code_of(given)
        by_place = one.name in POSITIONAL and not one.kw_only
        parts.append(text if by_place else f"{one.name}={text}")
    return f"{_owner(kind)}{kind.__name__}({', '.join(parts)})"


def _is_default(one: Any, given: Any) -> bool:
    if one.default_factory is not MISSING:
        return bool(given == one.default_factory())
    if one.default is MISSING:
        return False
    return same_value(given, one.default)


def _owner(kind: type) -> str:
    """Give what stands before the name of a record: ``gp.``, ``gp.clipping.``."""
    package, *module = kind.__module__.split(".")
    if package != __name__.partition(".")[0]:
        return ""
    public = sys.modules[package].__all__
    return "gp." if kind.__name__ in public else f"gp.{module[0]}."
