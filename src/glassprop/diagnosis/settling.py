"""Which changes are made together: those of causes; what follows from these waits.

Several findings often have one cause, and each rule proposes what suits its own. A rate
that a range test finds suits the network as it is, not the repaired one; units that a
training turned off need no other activation where the rate was at fault.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from typing import Any

from glassprop.diagnosis.changes import Change, same_value
from glassprop.diagnosis.conditions import CONDITIONS
from glassprop.diagnosis.findings import SEVERITIES, Finding

WAIT = Change(words="Make the other changes first.")
BESIDE = frozenset({"imbalance", "overfitting"})  # no other condition leads to them
RATES = frozenset({"not_finite", "learning_rate", "step_size", "overshooting"})
SYMPTOMS = frozenset({"not_falling"})  # whatever they come from
SET_UP, BY_HEART, STEPS, SYMPTOM = range(4)  # what is changed first comes first
Parts = dict[tuple[str, ...], Any]


def settled(findings: Iterable[Finding]) -> list[Finding]:
    """Give findings with changes that can be made together.

    How a network is set up is changed before its width, if few rows cannot be learned
    by heart, and that before the rate. Of two changes to one thing, that of the cause
    counts, and the other finding has it too.

    Parameters
    ----------
    findings : iterable of Finding
        All that was found at a time.
    """
    found = list(findings)
    ranked = sorted(found, key=_order)
    causes = [one for one in ranked if one.condition not in BESIDE]
    first = _rank(causes[0]) if causes else SYMPTOM
    made: Parts = {}
    for one in ranked:
        if one.condition in BESIDE or _rank(one) == first:
            made = {**_parts(one.change), **made}
    return [
        replace(one, change=_settled(one, made, waits=_rank(one) > first))
        for one in found
    ]


def explained(findings: Iterable[Finding]) -> bool:
    """Tell whether something is wrong with how the network and its rows are set up.

    Parameters
    ----------
    findings : iterable of Finding
        What was found.
    """
    return any(_rank(one) == SET_UP and one.condition not in BESIDE for one in findings)


def by_steps(findings: Iterable[Finding]) -> bool:
    """Tell whether the steps are at fault, too small or too large.

    Parameters
    ----------
    findings : iterable of Finding
        What was found.
    """
    return any(_rank(one) == STEPS for one in findings)


def _order(finding: Finding) -> tuple[int, int, int]:
    return (
        _rank(finding),
        SEVERITIES.index(finding.severity),
        list(CONDITIONS).index(finding.condition),
    )


def _rank(finding: Finding) -> int:
    if finding.symptom or finding.condition in SYMPTOMS:
        return SYMPTOM
    if finding.condition == "cannot_overfit":
        return BY_HEART
    by_rate = finding.condition != "not_finite" or finding.change.options
    return STEPS if finding.condition in RATES and by_rate else SET_UP


def _settled(finding: Finding, made: Parts, *, waits: bool) -> Change:
    parts = _parts(finding.change)
    if finding.condition in BESIDE or (not parts and not waits):
        return finding.change
    kept = {key: made[key] for key in parts if key in made}
    if len(kept) == len(parts) and all(
        same_value(one, parts[key]) for key, one in kept.items()
    ):
        return finding.change if parts else WAIT
    if not kept:
        return WAIT
    words = finding.change.words if len(kept) == len(parts) else ""
    return _change(replace(finding.change, words=words), kept)


def _parts(change: Change) -> Parts:
    """Take a change apart: a value for each thing that is changed."""
    parts: Parts = {("option", key): one for key, one in change.options.items()}
    if change.first is not None:
        branch = change.before if "." in change.before else ""  # each has its own
        kind = type(change.first).__name__
        parts["first", kind, branch] = (change.first, change.before)
    if change.data:
        parts["data",] = change.data
    for name, (old, new) in change.layers.items():
        if new is None:
            parts["layer", name, ""] = None
            continue
        parts |= {
            ("layer", name, one.name): getattr(new, one.name)
            for one in fields(new)
            if one.init
            and not same_value(getattr(old, one.name), getattr(new, one.name))
        }
    return parts


def _change(change: Change, parts: Parts) -> Change:
    """Give a change with these parts alone, all of which it has in some form."""
    layers: dict[str, tuple[Any, Any]] = {}
    for name, (old, new) in change.layers.items():
        mine = _of(parts, name)
        if "" in mine:
            layers[name] = (old, None)
        elif mine and new is not None:
            layers[name] = (old, replace(old, **mine))
    first, before = next(
        (one for key, one in parts.items() if key[0] == "first"), (None, "")
    )
    return Change(
        words=change.words,
        layers=layers,
        first=first,
        before=before,
        options={key[1]: one for key, one in parts.items() if key[0] == "option"},
        data=parts.get(("data",), ""),
    )


def _of(parts: Parts, name: str) -> Mapping[str, Any]:
    return {key[2]: one for key, one in parts.items() if key[:2] == ("layer", name)}
