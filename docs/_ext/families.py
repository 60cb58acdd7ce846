"""Every public name of glassprop, and the one page that documents it.

Nothing here lists functions or classes: they come from ``__all__``, from what public
modules define, and from the registries. A new row of a registry is on its family's page
with the next build. A public name whose module no family claims goes to the page
"networks".

Vocabulary: a *family* is a page; an *entry* is a name on it, with its object; a *row*
is an entry that a registry holds, with its key there.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cached_property
from importlib import import_module
from types import ModuleType
from typing import Any

import glassprop
import glassprop.layers
import glassprop.sklearn

PACKAGE = "glassprop"


@dataclass(frozen=True)
class Entry:
    """A public object and the name that it is documented under.

    Parameters
    ----------
    name : str
        The full name, the one that users write: ``glassprop.Dense``.
    value : object
        The function, the class or the module.
    """

    name: str
    value: Any

    @property
    def kind(self) -> str:
        """What Sphinx calls it: the directive is ``auto`` and this."""
        if isinstance(self.value, ModuleType):
            return "module"
        if not inspect.isclass(self.value):
            return "function" if callable(self.value) else "data"
        return "exception" if issubclass(self.value, Exception) else "class"

    @property
    def is_class(self) -> bool:
        """Whether it may have members."""
        return inspect.isclass(self.value)

    @property
    def members(self) -> list[str]:
        """The names of a class's public methods and properties that are ours.

        Its own come first, then those of the classes of this package that it is made
        of. A method that is there under a condition counts as any.
        """
        kinds = (property, classmethod, staticmethod)
        owners = inspect.getmro(self.value) if self.is_class else ()
        found = {
            name: None
            for owner in owners
            if is_inside(owner.__module__, PACKAGE)
            for name, one in vars(owner).items()
            if inspect.isfunction(inspect.unwrap(one)) or isinstance(one, kinds)
        }
        return [name for name in found if not name.startswith("_")]

    @property
    def summary(self) -> str:
        """The first line of the docstring."""
        return (inspect.getdoc(self.value) or "").partition("\n")[0]


@dataclass(frozen=True)
class Row:
    """One row of a registry: what users write, and what they get.

    Parameters
    ----------
    key : str
        The key in the registry.
    record : object
        What the registry holds there.
    entry : Entry
        The function or class behind it.
    facts : mapping from str to str
        What else the registry says of it.
    """

    key: str
    record: Any
    entry: Entry
    facts: Mapping[str, str]


@dataclass(frozen=True)
class Family:
    """A page, and which public objects belong on it.

    Parameters
    ----------
    name : str
        The name of the page's file.
    modules : tuple of str
        Objects that are defined in these, or in modules below them, belong here.
    registry : str
        The full name of the registry, if there is one: ``glassprop.losses.LOSSES``.
    introduced : bool
        Whether the docstring of the first module opens the page.
    """

    name: str
    modules: tuple[str, ...]
    registry: str = ""
    introduced: bool = False

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """The rows of the registry, in its order."""
        if not self.registry:
            return ()
        names = public_names()
        module, _, registry = self.registry.rpartition(".")
        made = []
        for key, record in getattr(import_module(module), registry).items():
            value = behind(record)
            name = names.get(id(value), f"{value.__module__}.{value.__qualname__}")
            made.append(Row(key, record, Entry(name, value), facts(record)))
        return tuple(made)

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """Everything on the page: first the rows, each once, then the others."""
        found = {id(row.entry.value): row.entry for row in self.rows}
        others = [
            one
            for one in public_entries()
            if home_of(one) == self.name and id(one.value) not in found
        ]
        return (*found.values(), *sorted(others, key=self._place))

    def _place(self, entry: Entry) -> tuple[int, str, int]:
        """Give what entries that are not rows are sorted by: where they are defined."""
        module = module_of(entry)
        claims = [at for at, one in enumerate(self.modules) if is_inside(module, one)]
        return claims[0], module, line_of(entry.value)


FAMILIES: Mapping[str, Family] = {
    family.name: family
    for family in (
        Family(
            "functions",
            (
                "glassprop.transforms",
                "glassprop.directions",
                "glassprop.gradient_checks",
                "glassprop.functions",
            ),
        ),
        Family(
            "networks",
            (
                "glassprop.network",
                "glassprop.history",
                "glassprop.explain",
                "glassprop.reasons.prediction_explanation",
                PACKAGE,
            ),
        ),
        Family("diagnosis", ("glassprop.diagnosis",), introduced=True),
        Family(
            "training",
            (
                "glassprop.splits",
                "glassprop.cross_validation",
                "glassprop.restarts",
                "glassprop.learning_curves",
                "glassprop.early_stopping",
            ),
        ),
        Family("callbacks", ("glassprop.callbacks",), introduced=True),
        Family(
            "layers",
            ("glassprop.layers",),
            "glassprop.layers.LAYERS",
            True,
        ),
        Family(
            "activations",
            ("glassprop.layers.activations",),
            "glassprop.layers.activations.ACTIVATIONS",
            True,
        ),
        Family(
            "initializers",
            ("glassprop.initializers",),
            "glassprop.initializers.INITIALIZERS",
            True,
        ),
        Family("losses", ("glassprop.losses",), "glassprop.losses.LOSSES", True),
        Family("metrics", ("glassprop.metrics",), "glassprop.metrics.METRICS", True),
        Family(
            "optimizers",
            ("glassprop.optimizers",),
            "glassprop.optimizers.OPTIMIZERS",
            True,
        ),
        Family(
            "schedules",
            ("glassprop.schedules",),
            "glassprop.schedules.SCHEDULES",
            True,
        ),
        Family("clipping", ("glassprop.clipping",), introduced=True),
        Family("constraints", ("glassprop.constraints",), introduced=True),
        Family("pictures", ("glassprop.pictures",), introduced=True),
        Family("saving", ("glassprop.save",)),
        Family("sklearn", ("glassprop.sklearn",), introduced=True),
        Family("errors", ("glassprop.errors",), introduced=True),
    )
}


def public_entries() -> Iterator[Entry]:
    """Give every public object once, under the shortest of its names."""
    modules = [
        ("glassprop", glassprop),
        ("glassprop.layers", glassprop.layers),
        ("glassprop.sklearn", glassprop.sklearn),
    ]
    seen: set[int] = set()
    while modules:
        place, module = modules.pop(0)
        for name in listed(module):
            entry = Entry(f"{place}.{name}", getattr(module, name))
            if id(entry.value) in seen or isinstance(entry.value, Mapping):
                continue
            seen.add(id(entry.value))
            if isinstance(entry.value, ModuleType):
                modules.append((entry.name, entry.value))
            yield entry


def documented_names(entries: Iterable[Entry]) -> Iterator[str]:
    """Give the names of objects, and of the public members of classes among them."""
    for entry in entries:
        yield entry.name
        yield from (f"{entry.name}.{member}" for member in entry.members)


def listed(module: ModuleType) -> Iterable[str]:
    """Give what a module says is public, else what it defines without underscore."""
    if hasattr(module, "__all__"):
        return list(module.__all__)
    return [
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and (inspect.isfunction(value) or inspect.isclass(value))
        and value.__module__ == module.__name__
    ]


def public_names() -> dict[int, str]:
    """Give the name of each public object by its identity."""
    return {id(entry.value): entry.name for entry in public_entries()}


def class_names() -> dict[str, str]:
    """Give the full names of public classes by the names that types are written with.

    Those in lower case, such as ``normal``, are also words, and are left out.
    """
    return {
        entry.value.__name__: entry.name
        for entry in public_entries()
        if inspect.isclass(entry.value) and entry.value.__name__[0].isupper()
    }


def home_of(entry: Entry) -> str:
    """Give the family of an object: the one that names most of its module's path."""
    for family in FAMILIES.values():
        if any(entry.value is row.entry.value for row in family.rows):
            return family.name
    claims = {
        claim: family.name
        for family in FAMILIES.values()
        for claim in family.modules
        if is_inside(module_of(entry), claim)
    }
    return claims[max(claims, key=len)]


def module_of(entry: Entry) -> str:
    """Give the full name of the module that defines an object."""
    value = entry.value
    if entry.kind == "module":
        return str(value.__name__)
    return str(getattr(value, "__module__", PACKAGE))


def is_inside(module: str, claim: str) -> bool:
    """Say whether a module is another, or below it."""
    return f"{module}.".startswith(f"{claim}.")


def line_of(value: Any) -> int:
    """Give the line that a definition begins in; 0 where there is none."""
    has_lines = inspect.isfunction(value) or inspect.isclass(value)
    return inspect.getsourcelines(value)[1] if has_lines else 0


def behind(record: Any) -> Any:
    """Give the function or class that a row of a registry stands for."""
    if inspect.isclass(record):
        return record
    value = getattr(record, "function", record)
    value = getattr(value, "func", value)  # of one whose options are bound
    return value if inspect.isfunction(value) else type(value)


def facts(record: Any) -> dict[str, str]:
    """Give the other fields of a record that holds a function, in words."""
    if inspect.isclass(record) or not is_dataclass(record):
        return {}
    given = {
        field.name.replace("_", " "): getattr(record, field.name)
        for field in fields(record)
        if field.name not in ("name", "function")
    }
    return {name: in_words(value) for name, value in given.items()}


def in_words(value: Any) -> str:
    """Write a field of a record as a cell of a table."""
    if value is None or isinstance(value, bool):
        return "yes" if value else "no"
    return str(getattr(value, "__name__", value))
