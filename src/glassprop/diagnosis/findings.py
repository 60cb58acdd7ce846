"""What a diagnosis gives: findings, each a record, printed as a short paragraph."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from typing import Any, overload

from glassprop.diagnosis.changes import Change
from glassprop.diagnosis.conditions import CONDITIONS, Condition
from glassprop.plain_values import ForPrograms

SEVERITIES = ("error", "warning")
LISTED = 8  # units or columns that are named one by one


@dataclass(frozen=True)
class Finding:
    """Something that is wrong, where it is, and what to change.

    Parameters
    ----------
    condition : str
        A key of `CONDITIONS`, which has why it matters and the source.
    seen : str
        What was seen, with the number and its limit, as a sentence.
    change : Change
        What to do.
    value, limit : float
        The number that was seen, and where the condition begins; NaN where it is no
        matter of a number.
    severity : str
        ``"error"`` where nothing is learned this way, else ``"warning"``.
    layer : str
        The layer's path; empty for none.
    units : tuple of int
        Which, from 0.
    columns : tuple of int or str
        Which, from 0; of a table or a data frame their names.
    step : int or None
        Of the training, from 1: the last before it was seen; 1 for a start.
    symptom : bool
        Whether it came in the course of the training, so that other findings, if there
        are any, are what it comes from.
    """

    condition: str
    seen: str
    change: Change
    value: float = math.nan
    limit: float = math.nan
    severity: str = "warning"
    layer: str = ""
    units: tuple[int, ...] = ()
    columns: tuple[int | str, ...] = ()
    step: int | None = None
    symptom: bool = False

    @property
    def about(self) -> Condition:
        """The condition: title, why it matters, source."""
        return CONDITIONS[self.condition]

    def __str__(self) -> str:
        about = self.about
        change = str(self.change).replace("\n", "\n          ")
        return (
            f"{self.severity}: {about.title} ({about.key})\n"
            f"  seen: {self.seen}\n"
            f"  why: {about.why} [{about.source}]\n"
            f"  change: {change}"
        )

    def as_dict(self) -> dict[str, Any]:
        """Give it as dicts, lists, numbers and words; None where there is no number."""
        return {
            "condition": self.condition,
            "title": self.about.title,
            "severity": self.severity,
            "seen": self.seen,
            "value": _number(self.value),
            "limit": _number(self.limit),
            "layer": self.layer,
            "units": list(self.units),
            "columns": list(self.columns),
            "step": self.step,
            "why": self.about.why,
            "source": self.about.source,
            "words": self.change.words,
            "code": self.change.lines,
            "command": self.change.command or None,
        }


@dataclass(frozen=True)
class Diagnosis(Sequence[Finding], ForPrograms):
    """A list of findings, the worst first; empty when healthy.

    Parameters
    ----------
    findings : tuple of Finding
        What is wrong.
    looked_at : tuple of str
        What was looked at, in a few words each.
    """

    findings: tuple[Finding, ...] = ()
    looked_at: tuple[str, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        order = list(CONDITIONS)
        ranked = sorted(
            self.findings,
            key=lambda one: (
                SEVERITIES.index(one.severity),
                order.index(one.condition),
            ),
        )
        object.__setattr__(self, "findings", tuple(ranked))

    @overload
    def __getitem__(self, at: int) -> Finding: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Finding, ...]: ...
    def __getitem__(self, at: int | slice) -> Finding | tuple[Finding, ...]:
        return self.findings[at]

    def __len__(self) -> int:
        return len(self.findings)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    @property
    def conditions(self) -> tuple[str, ...]:
        """The keys of the conditions that were found, each once."""
        return tuple(dict.fromkeys(one.condition for one in self.findings))

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return f"<Diagnosis: {', '.join(self.conditions) or 'healthy'}>"

    def text(self) -> str:
        """Write it for a terminal.

        Returns
        -------
        str
            A paragraph for each finding.
        """
        if not self.findings:
            return f"Healthy: nothing found. {self._looked}".strip()
        return "\n\n".join([*map(str, self.findings), self._looked]).strip()

    @property
    def _looked(self) -> str:
        return f"Looked at: {', '.join(self.looked_at)}." if self.looked_at else ""

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<section><h4>{escape(one.about.title)} <small>{one.severity}, "
            f"{one.condition}</small></h4><p>{escape(one.seen)}</p>"
            f"<p>{escape(one.about.why)} <cite>{escape(one.about.source)}</cite></p>"
            f"{_html_change(one.change)}</section>"
            for one in self.findings
        )
        healthy = "" if rows else "<p>Healthy: nothing found.</p>"
        looked = f"<p>{escape(self._looked)}</p>" if self.looked_at else ""
        return f"<div>{rows}{healthy}{looked}</div>"

    def as_dict(self) -> dict[str, Any]:
        """Give it as dicts, lists, numbers and words."""
        return {
            "healthy": not self.findings,
            "findings": [one.as_dict() for one in self.findings],
            "looked_at": list(self.looked_at),
        }


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _html_change(change: Change) -> str:
    words = f"<p>{escape(change.words)}</p>" if change.words else ""
    code = change.command or "\n".join(change.lines)
    return words + (f"<pre>{escape(code)}</pre>" if code else "")


def some(numbers: Sequence[object]) -> str:
    """List a few numbers: ``0, 3, 4``, or ``0, 1, 2, ... (40 of them)``."""
    if len(numbers) <= LISTED:
        return ", ".join(map(str, numbers))
    first = ", ".join(map(str, numbers[:3]))
    return f"{first}, ... ({len(numbers)} of them)"


def with_words(finding: Finding, words: Sequence[str] | None) -> Finding:
    """Name the columns of a finding, where they have words.

    Parameters
    ----------
    finding : Finding
        With columns by number, or none.
    words : sequence of str or None
        One for each column there is.
    """
    if words is None or not finding.columns:
        return finding
    named = tuple(words[int(one)] for one in finding.columns)
    told = some([repr(one) for one in named])
    seen = finding.seen.replace(f"columns {some(finding.columns)}", f"columns {told}")
    return replace(finding, seen=seen, columns=named)
