"""Run the Python of a Markdown page, and compare what it prints with the page.

Takes a Markdown file. Gives its text with every output as computed now; a page is
right when that text is the text it has. The conventions:

- ```` ```python ```` blocks run in order, in one namespace a page, with warnings as
  errors;
- ```` ```python no-run ```` is shown only;
- a block that follows a ``python`` block with nothing but blank lines between, and is
  ```` ```text ````, ```` ```output ```` or has ``output`` as its second word (as in
  ```` ```python output ````, which is coloured as a program), is what that block
  prints, up to white space at its end. A block that prints must have one;
- all other blocks are left alone.

From the command line, in the repository::

    python tests/pages.py docs/page.md            # compare
    python tests/pages.py --write docs/page.md    # put in what is printed

Vocabulary: a *fence* is the line of back quotes around a *block*; the *info* is what
stands behind the opening fence. Line numbers count from 1.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import re
import shutil
import sys
import tempfile
import types
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path
from unittest import mock

import numpy as np

ROOT = Path(__file__).resolve().parent.parent

# Code that asks for a terminal's width, its colours or a window gets the same answer
# everywhere.
ENVIRONMENT = {"COLUMNS": "80", "LINES": "24", "NO_COLOR": "1", "MPLBACKEND": "Agg"}

FENCE = re.compile(r"(?P<indent> *)(?P<fence>`{3,}|~{3,})(?P<info>[^`]*)")


class PageError(AssertionError):
    """A page that is malformed, or shows something else than its code prints."""


@dataclass(frozen=True)
class Block:
    """One fenced block of a page.

    Attributes
    ----------
    info : tuple of str
        The words behind the opening fence.
    start, end : int
        The lines of the opening and the closing fence.
    indent : str
        The blanks before the opening fence.
    body : str
        The lines between the fences, without the indent.
    """

    info: tuple[str, ...]
    start: int
    end: int
    indent: str
    body: str

    @property
    def runs(self) -> bool:
        """Whether the block is code to run."""
        return self.info == ("python",)

    @property
    def is_output(self) -> bool:
        """Whether the block may show what the block before it prints."""
        return self.info in {("text",), ("output",)} or self.info[1:] == ("output",)


def parse(text: str, place: str) -> list[Block]:
    """Find the fenced blocks of a page.

    Parameters
    ----------
    text : str
        The page.
    place : str
        What messages call it.

    Raises
    ------
    PageError
        If a fence is never closed, or its info asks for something unknown.
    """
    blocks = []
    lines = text.splitlines()
    line = 0
    while line < len(lines):
        opening = FENCE.fullmatch(lines[line])
        line += 1
        if opening is None:
            continue
        start, indent, fence = line, opening["indent"], opening["fence"]
        closing = re.compile(rf" *{fence}{fence[0]}* *")
        while line < len(lines) and not closing.fullmatch(lines[line]):
            line += 1
        if line == len(lines):
            raise PageError(
                f"{place}, line {start}: the block that opens here is never closed. "
                f"End it with a line {fence}"
            )
        line += 1
        info = tuple(opening["info"].split())
        check_info(info, f"{place}, line {start}")
        body = "".join(
            f"{shown.removeprefix(indent)}\n" for shown in lines[start : line - 1]
        )
        blocks.append(Block(info, start, line, indent, body))
    return blocks


def check_info(info: tuple[str, ...], place: str) -> None:
    """Refuse an info that looks like Python to run, and would be passed over.

    Raises
    ------
    PageError
        For ``py``, ``Python`` and the like, and for options that do not exist.
    """
    if not info or info[0].lower() not in {"python", "python3", "py"}:
        return
    if info[0] != "python" or info[1:] not in {(), ("no-run",), ("output",)}:
        raise PageError(
            f"{place}: expected ```python (run), ```python no-run (shown only) or "
            f"```python output (what the block before it prints), "
            f"got ```{' '.join(info)}"
        )


def run_block(block: Block, path: Path, namespace: dict[str, object]) -> str:
    """Run one block of code and give what it prints, without white space at the end.

    The code is compiled at its own lines of the page, so that tracebacks show the page.
    """
    code = compile(
        "\n" * block.start + block.body, str(path), "exec", dont_inherit=True
    )
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code, namespace)
    return printed.getvalue().rstrip()


def output_lines(printed: str, shown: Block | None, indent: str) -> list[str]:
    """Write the fenced block that shows an output; no lines if there is none.

    Parameters
    ----------
    printed : str
        The output.
    shown : Block or None
        The block that shows it now; its info is kept.
    indent : str
        The blanks before each line.
    """
    if not printed:
        return []
    longest = max((len(run) for run in re.findall("`+", printed)), default=0)
    fence = "`" * max(3, longest + 1)
    info = " ".join(shown.info) if shown else "text"
    lines = [f"{fence}{info}", *printed.split("\n"), fence]
    return [indent + line if line else "" for line in lines]


def computed(path: Path, text: str, place: str) -> str:
    """Run a page and give its text with every output as computed now.

    Parameters
    ----------
    path : Path
        The file, for tracebacks.
    text : str
        What it holds.
    place : str
        What messages call it.

    Raises
    ------
    PageError
        If the page is malformed. What its code raises is not caught.
    """
    blocks = parse(text, place)
    lines = text.splitlines()
    new: list[str] = []
    copied = 0
    with page_module(path) as namespace:
        for number, block in enumerate(blocks):
            if not block.runs:
                continue
            printed = run_block(block, path, namespace)
            shown = output_of(block, blocks[number + 1 :], lines)
            if shown and shown.body.rstrip() == printed:
                continue
            new += lines[copied : block.end]
            copied = shown.end if shown else block.end
            written = output_lines(printed, shown, block.indent)
            new += ["", *written] if written else []
    return "".join(f"{line}\n" for line in new + lines[copied:])


def output_of(block: Block, later: list[Block], lines: list[str]) -> Block | None:
    """Find the block that shows what a block prints, if the page has one."""
    if not later or not later[0].is_output:
        return None
    between = lines[block.end : later[0].start - 1]
    return None if "".join(between).strip() else later[0]


@contextlib.contextmanager
def page_module(path: Path) -> Iterator[dict[str, object]]:
    """Give a fresh module's namespace; put back what a page could leave behind."""
    name = re.sub(r"\W", "_", f"page_{path.stem}")
    module = types.ModuleType(name)
    module.__file__ = str(path)
    sys.modules[name] = module
    try:
        with (
            mock.patch.dict(os.environ, ENVIRONMENT),
            np.printoptions(),
            np.errstate(),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("error")
            yield module.__dict__
    finally:
        del sys.modules[name]


@contextlib.contextmanager
def workspace(folder: Path) -> Iterator[None]:
    """Work in a folder that has a copy of the repository's ``examples``."""
    examples = ROOT / "examples"
    if examples.is_dir():
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(
            examples, folder / "examples", ignore=ignored, dirs_exist_ok=True
        )
    with contextlib.chdir(folder):
        yield


def check_page(path: Path, folder: Path) -> None:
    """Run a page and compare every output with what the page shows.

    Parameters
    ----------
    path : Path
        The Markdown file.
    folder : Path
        A folder to work in.

    Raises
    ------
    PageError
        With a unified diff, in the page's own lines, from what the page shows to what
        its code prints.
    """
    path = path.resolve()
    place = place_of(path)
    text = path.read_text(encoding="utf-8")
    with workspace(folder):
        new = computed(path, text, place)
    difference = list(
        unified_diff(
            text.splitlines(), new.splitlines(), place, f"{place}, run", lineterm=""
        )
    )
    if difference:
        shown = "\n".join(difference)
        raise PageError(
            f"{place} shows something else than its code prints:\n{shown}\n"
            f"If the code is right, run: python tests/pages.py --write {place}"
        )


def write_page(path: Path, folder: Path) -> bool:
    """Run a page and put what its code prints into it; say whether that changed it.

    Parameters
    ----------
    path : Path
        The Markdown file.
    folder : Path
        A folder to work in.
    """
    path = path.resolve()
    text = path.read_text(encoding="utf-8")
    with workspace(folder):
        new = computed(path, text, place_of(path))
    if new != text:
        path.write_text(new, encoding="utf-8", newline="\n")
    return new != text


def place_of(path: Path) -> str:
    """Name a page as seen from the repository, or in full if it lies elsewhere."""
    inside = path.is_relative_to(ROOT)
    return (path.relative_to(ROOT) if inside else path).as_posix()


def pages() -> list[Path]:
    """List the pages of the repository: the README and all in ``docs``."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def main(arguments: list[str] | None = None) -> int:
    """Check pages, or write them; 1 if one shows something else than it prints."""
    parser = argparse.ArgumentParser(description="Run the Python of Markdown pages.")
    parser.add_argument("--write", action="store_true", help="put in what is printed")
    parser.add_argument("page", nargs="*", type=Path, help="all pages if none is named")
    options = parser.parse_args(arguments)
    wrong = 0
    for page in options.page or pages():
        with tempfile.TemporaryDirectory() as folder:
            try:
                if options.write:
                    written = write_page(page, Path(folder))
                else:
                    check_page(page, Path(folder))
                    written = False
                print(f"{page}: {'written' if written else 'right'}")
            except PageError as error:
                wrong = 1
                print(error)
    return wrong


if __name__ == "__main__":
    sys.exit(main())
