"""The calls of kernels in a main function: what is said twice is said once.

A deep network calls the same kernels over and over, in other places of the workspace.
Such calls become a loop over a table of places, so that the compiler's work does not
grow with the depth; and a place that many calls read has a name.

Vocabulary: a call's arguments are texts; a *place* is ``12``, ``3 * most`` or
``12 + 3 * most``, most being the rows of the largest batch.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from textwrap import wrap

from glassprop.backends.own_kernels import indented
from glassprop.backends.texts import INDENT, WIDTH

PLACE = re.compile(r"(?:(\d+)(?: \+ (?=\d+ \*)|$))?(?:(\d+) \* most)?")
FEWEST = 3  # times that calls are repeated before they become a loop
LONGEST = 24  # calls of one round


@dataclass(frozen=True)
class Call:
    """A call of a kernel.

    Parameters
    ----------
    name : str
        Of the kernel.
    given : tuple of str
        The arguments.
    where : str
        The section and the layer that it is for.
    """

    name: str
    given: tuple[str, ...]
    where: str


def written(calls: Sequence[Call]) -> tuple[list[str], list[str], list[str]]:
    """Write calls as the lines of a function.

    Parameters
    ----------
    calls : sequence of Call
        In order.

    Returns
    -------
    tables, names, lines : list of str
        Arrays that stand beside the function, what it begins with, and the calls.
    """
    tables: list[str] = []
    lines: list[str] = []
    at, where = 0, ""
    while at < len(calls):
        size, times = _repeated(calls, at)
        rounds = [calls[at + k * size : at + (k + 1) * size] for k in range(times)]
        last = rounds[-1][-1].where
        if rounds[0][0].where != where or last != where:
            where = last
            first = rounds[0][0].where
            lines.append(f"# {first}" if first == last else f"# {first} to {last}")
        if times == 1:
            lines.append(f"{calls[at].name}({', '.join(calls[at].given)})")
        else:
            lines += _loop(rounds, tables)
        at += size * times
    names, lines = _named(lines)
    return tables, names, lines


def _repeated(calls: Sequence[Call], at: int) -> tuple[int, int]:
    """Find how many calls from here on are a round, and how often it comes."""
    best = (1, 1)
    for size in range(1, min(LONGEST, (len(calls) - at) // FEWEST) + 1):
        times = 1
        while _alike(calls, at, at + times * size, size):
            times += 1
        if times >= FEWEST and size * times > best[0] * best[1]:
            best = (size, times)
    return best


def _alike(calls: Sequence[Call], one: int, other: int, size: int) -> bool:
    """Tell whether two rounds differ in places alone."""
    if other + size > len(calls):
        return False
    return all(
        a.name == b.name
        and all(
            x == y or (_parts(x) is not None and _parts(y) is not None)
            for x, y in zip(a.given, b.given, strict=True)
        )
        for a, b in zip(
            calls[one : one + size], calls[other : other + size], strict=True
        )
    )


def _parts(text: str) -> tuple[int, int] | None:
    """Take a place apart: what is fixed, and what grows with the rows."""
    found = PLACE.fullmatch(text)
    if not text or found is None:
        return None
    return int(found[1] or 0), int(found[2] or 0)


def _loop(rounds: Sequence[Sequence[Call]], tables: list[str]) -> Iterator[str]:
    """Write rounds as a loop, and their places as a table."""
    table = f"PLACES_{len(tables) + 1}"
    columns: list[list[str]] = []
    calls = []
    for at, call in enumerate(rounds[0]):
        given = []
        for k, text in enumerate(call.given):
            each = [one[at].given[k] for one in rounds]
            if len(set(each)) == 1:
                given.append(text)
                continue
            if each not in columns:
                columns.append(each)
            given.append(f"p{columns.index(each)}")
        calls.append(f"    {call.name}({', '.join(given)})")
    rows = [[_parts(one[q]) or (0, 0) for one in columns] for q in range(len(rounds))]
    numbers = [[number for pair in row for number in pair] for row in rows]
    tables.append(_table(table, numbers))
    yield f"for q in range({len(rounds)}):"
    for at in range(len(columns)):
        fixed, grown = f"{table}[q, {2 * at}]", f"{table}[q, {2 * at + 1}]"
        grows = any(row[at][1] for row in rows)
        yield f"    p{at} = {fixed}{f' + {grown} * most' if grows else ''}"
    yield from calls


def _table(name: str, rows: list[list[int]]) -> str:
    """Write a table of integers in lines that are not too long."""
    lines = wrap(str(rows), WIDTH - INDENT)
    return "\n".join([f"{name} = np.array(", *indented(lines), ")"])


def _named(lines: Sequence[str]) -> tuple[list[str], list[str]]:
    """Give names to places that grow with the rows and are read more than once."""
    pattern = re.compile(r"(?<![\w.\]])(?:\d+ \+ )?\d+ \* most\b")
    counts = Counter(one for line in lines for one in pattern.findall(line))
    names = {
        text: f"at{at}"
        for at, text in enumerate(one for one, many in counts.items() if many > 1)
    }
    replaced = [
        pattern.sub(lambda found: names.get(found[0], found[0]), line) for line in lines
    ]
    return [f"{name} = {text}" for text, name in names.items()], replaced
