"""The Sphinx extension behind the API pages.

It adds directives for pages, so that these hold prose and nothing that must be kept up
to date:

- ``.. family:: losses`` documents everything in a family of `families`;
- ``.. command-line::`` documents every command of the program ``glassprop``;
- ``.. numpy-functions::`` lists which functions of NumPy trace, and which do not.

Activations and schedules get their pictures from `pictures`. At the end a build fails
if a public name has no place.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

import families
import numpy_names
import pictures
import typer
from docutils import nodes
from families import FAMILIES, Entry, Family
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging, rst
from sphinx.util.docutils import SphinxDirective

from glassprop.cli import app as program

LOG = logging.getLogger(__name__)
PICTURED = ("activations", "schedules")
NO_PLACE = (
    "%s is public and on no page. Give it a family in docs/_ext/families.py, and the "
    "family a page in docs/api."
)


# A family ----------------------------------------------------------------------------


class FamilyDirective(SphinxDirective):
    """Document a family: an introduction, a table of its registry, then each entry."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Give the nodes of the page, but for its title."""
        self.env.note_reread()  # what it shows is not in the page
        lines = "\n".join(family_text(FAMILIES[self.arguments[0]]))
        return self.parse_text_to_nodes(lines, allow_section_headings=True)


def family_text(family: Family) -> Iterator[str]:
    """Write a family in reStructuredText."""
    if family.introduced:
        yield from [f".. automodule:: {family.modules[0]}", "   :no-members:", ""]
    rows = list({id(row.entry.value): row.entry for row in family.rows}.values())
    if rows:
        yield from registry_text(family)
    others = [one for one in family.entries if one not in rows and one.kind != "module"]
    for title, entries in (("In detail", rows), ("More", others)):
        if rows and entries:
            yield from section(title)
        for entry in entries:
            yield from entry_text(entry)


def registry_text(family: Family) -> Iterator[str]:
    """Write the registry of a family as a table."""
    headers = list(dict.fromkeys(fact for row in family.rows for fact in row.facts))
    yield from section("By name")
    module, _, registry = family.registry.rpartition(".")
    yield from [f".. py:currentmodule:: {module}", ""]
    yield from [f".. py:data:: {registry}", "", "   Read-only:", ""]
    yield from [".. list-table::", "   :header-rows: 1", "   :class: by-name", ""]
    yield from table_row(["name", "what it is", *headers])
    for row in family.rows:
        link = f':py:obj:`"{row.key}" <{row.entry.name}>`'
        others = [row.facts.get(header, "") for header in headers]
        yield from table_row([link, row.entry.summary, *others])
    yield ""


def section(title: str) -> list[str]:
    """Write the title of a section."""
    return ["", title, "-" * len(title), ""]


def table_row(cells: list[str]) -> Iterator[str]:
    """Write a row of a list-table."""
    for at, cell in enumerate(cells):
        yield f"   {'*' if at == 0 else ' '} - {cell}".rstrip()


def entry_text(entry: Entry) -> Iterator[str]:
    """Write the directive that documents an object, with its members if it has any."""
    yield f".. auto{entry.kind}:: {entry.name}"
    if entry.is_class:
        yield f"   :members: {', '.join(entry.members)}"
    yield ""


# Pictures ----------------------------------------------------------------------------


def add_picture(value: Any, lines: list[str]) -> None:
    """Ask for a picture behind the first paragraph of a docstring that has one."""
    for family in PICTURED:
        for row in FAMILIES[family].rows:
            if row.entry.value is value and pictures.can_be_drawn(row.record):
                words = [at for at, line in enumerate(lines) if line]
                blanks = [at for at, line in enumerate(lines) if not line]
                at = min((at for at in blanks if at > words[0]), default=len(lines))
                lines[at:at] = ["", f".. picture:: {family} {row.key}", ""]
                return


class PictureDirective(SphinxDirective):
    """Draw a row of a registry: ``.. picture:: activations tanh``."""

    required_arguments = 2

    def run(self) -> list[nodes.Node]:
        """Give the picture as HTML; other formats go without."""
        family, key = self.arguments
        (row,) = [row for row in FAMILIES[family].rows if row.key == key]
        if family == "activations":
            svg = pictures.activation_picture(key, row.record)
        else:
            svg = pictures.schedule_picture(pictures.schedule_example(row.record))
        return [nodes.raw("", f'<div class="picture">{svg}</div>', format="html")]


# The command line --------------------------------------------------------------------


class CommandLineDirective(SphinxDirective):
    """Document the program ``glassprop``: each command, its arguments and options."""

    def run(self) -> list[nodes.Node]:
        """Give the nodes of the page, but for its title."""
        self.env.note_reread()  # what it shows is not in the page
        lines = "\n".join(command_line_text())
        return self.parse_text_to_nodes(lines, allow_section_headings=True)


def command_line_text() -> Iterator[str]:
    """Write every command in reStructuredText, as its help describes it."""
    group: Any = typer.main.get_command(program)
    yield from command_text("glassprop", group)
    yield from [rst.escape(group.epilog), ""]
    for name, command in group.commands.items():
        yield from section(f"glassprop {name}")
        yield from command_text(f"glassprop {name}", command)


def command_text(name: str, command: Any) -> Iterator[str]:
    """Write how a command is called, what it does, its arguments and its options."""
    context = command.make_context(name, [], resilient_parsing=True)
    usage = " ".join(command.get_usage(context).removeprefix("Usage:").split())
    yield from [".. code-block:: text", "", f"   {usage}", ""]
    yield from [*rst.escape(inspect.cleandoc(command.help)).split("\n"), ""]
    yield from [f".. program:: {name}", ""]
    for parameter in command.get_params(context):
        how, what = parameter.get_help_record(context) or ("", "")
        if how:
            yield from [f".. option:: {how}", "", f"   {rst.escape(what)}", ""]


# NumPy --------------------------------------------------------------------------------


class NumpyDirective(SphinxDirective):
    """List the functions of NumPy that trace, and those that do not."""

    def run(self) -> list[nodes.Node]:
        """Give the nodes of the page, but for its title."""
        self.env.note_reread()  # what it shows is not in the page
        lines = "\n".join(numpy_text())
        return self.parse_text_to_nodes(lines, allow_section_headings=True)


def numpy_text() -> Iterator[str]:
    """Write the names of NumPy's functions in reStructuredText."""
    for traced, title in ((True, "What traces"), (False, "What does not")):
        yield from section(title)
        for universal, words in ((True, "Universal functions"), (False, "The others")):
            names = numpy_names.names(traced=traced, universal=universal)
            if names:
                yield from [f"{words}: {', '.join(f'``{one}``' for one in names)}.", ""]


# Docstrings --------------------------------------------------------------------------


STAR = re.compile(r"(?<=[ (])\*(?=\w+[,)])")


def finish_docstring(
    app: Sphinx, what: str, name: str, value: Any, *details: Any
) -> None:
    """Add to a docstring what pages show besides, where it is written."""
    _, lines = details
    keep_stars(lines)
    add_picture(value, lines)


def keep_stars(lines: list[str]) -> None:
    """Keep the star of a shape such as (n, *features), which is no emphasis."""
    for at, line in enumerate(lines):
        parts = re.split("(``.*?``)", line)
        parts[::2] = [STAR.sub(r"\*", part) for part in parts[::2]]
        lines[at] = "".join(parts)


# References --------------------------------------------------------------------------


def find_reference(
    app: Sphinx, env: BuildEnvironment, node: addnodes.pending_xref, text: nodes.Element
) -> nodes.Node | None:
    """Find what a name in single back quotes means, where Sphinx does not.

    ``gp.Dense`` is ``glassprop.Dense``, and a bare name is the one public object that
    bears it. What is not found, such as the name of a parameter, stays as it is.
    """
    if node.get("refdomain") != "py" or node.get("reftype") != "obj":
        return None
    target = node["reftarget"].removeprefix("gp.")
    domain = env.domains.python_domain
    found = [
        name
        for name, one in domain.objects.items()
        if name.endswith(f".{target}") and not one.aliased
    ]
    if len(found) != 1:
        return None
    return domain.resolve_xref(
        env, node["refdoc"], app.builder, "obj", found[0], node, text
    )


def check_places(app: Sphinx, env: BuildEnvironment) -> None:
    """Warn of public names that are on no page."""
    placed = env.domains.python_domain.objects
    for name in families.documented_names(families.public_entries()):
        if name not in placed:
            LOG.warning(NO_PLACE, name)


def setup(app: Sphinx) -> dict[str, Any]:
    """Tell Sphinx what is here."""
    app.add_directive("family", FamilyDirective)
    app.add_directive("picture", PictureDirective)
    app.add_directive("command-line", CommandLineDirective)
    app.add_directive("numpy-functions", NumpyDirective)
    # Behind numpydoc, which has written the docstring as reStructuredText by then.
    app.connect("autodoc-process-docstring", finish_docstring, priority=900)
    app.connect("missing-reference", find_reference)
    app.connect("env-check-consistency", check_places)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
