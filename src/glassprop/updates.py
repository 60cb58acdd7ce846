"""The end of a training step: clipping, then the optimizer's update of each parameter.

Each parameter has a rule: what the optimizer says of it, within the parameter's
constraint. What a rule remembers has the parameter's name behind it,
``m of hidden.weight``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from glassprop.clipping import Clipping
from glassprop.optimizers import Optimizer, constrained, point_of, rules_of
from glassprop.structure import Structure
from glassprop.trace import Trace
from glassprop.traced import Array

Memory = Mapping[str, Mapping[str, Array]]


def state_key(memory: str, parameter: str) -> str:
    """Name what an optimizer remembers for a parameter: ``m of hidden.weight``."""
    return f"{memory} of {parameter}"


def rules_for(structure: Structure, optimizer: Optimizer) -> dict[str, Optimizer]:
    """Give the rule of every trainable parameter.

    Raises
    ------
    ArgumentError
        If the optimizer names a parameter that there is not.
    """
    rules = rules_of(optimizer, structure.parameters)
    found: dict[str, Optimizer] = {}
    for key in structure.trainable:
        keep = structure.parameters[key].constraint
        rule = rules[key]
        found[key] = rule if keep is None else constrained(rule, keep, key)
    return found


def start_memory(
    structure: Structure, optimizer: Optimizer, values: Mapping[str, Any]
) -> dict[str, Any]:
    """Give what an optimizer remembers before its first step."""
    return {
        state_key(which, key): np.array(value, structure.dtype)
        for key, rule in rules_for(structure, optimizer).items()
        for which, value in rule.init(values[key]).items()
    }


def declared_memory(
    trace: Trace, structure: Structure, rules: Mapping[str, Optimizer]
) -> dict[str, dict[str, Array]]:
    """Make the inputs for what is remembered, by parameter."""
    memory: dict[str, dict[str, Array]] = {}
    for key, rule in rules.items():
        scope, _, name = key.rpartition(".")
        empty = np.zeros(structure.parameters[key].shape, structure.dtype)
        memory[key] = {
            which: trace.input(
                state_key(which, key),
                np.shape(value),
                structure.dtype,
                name=f"{which}_{name}",
                scope=scope,
            )
            for which, value in rule.init(empty).items()
        }
    return memory


def flat(memory: Memory) -> dict[str, Array]:
    """Give what is remembered by its whole name."""
    return {
        state_key(which, key): one
        for key, state in memory.items()
        for which, one in state.items()
    }


def points(
    rules: Mapping[str, Optimizer], values: Mapping[str, Array], memory: Memory
) -> dict[str, Array]:
    """Give where the loss is computed, for each trainable parameter."""
    return {
        key: point_of(rule, values[key], dict(memory[key]))
        for key, rule in rules.items()
    }


def clipped(
    trace: Trace, gradients: Mapping[str, Array], clip: Clipping | None
) -> dict[str, Array]:
    """Trace what is left of the gradients."""
    if clip is None:
        return dict(gradients)
    left: dict[str, Array] = {}
    with trace.within(section="backward"):
        shared = clip.shared(list(gradients.values()))
        for key, g in gradients.items():
            with _named_after(trace, key):
                left[key] = clip.clip(g, shared)
    return left


def updated(
    trace: Trace,
    rules: Mapping[str, Optimizer],
    values: Mapping[str, Array],
    memory: Memory,
    gradients: Mapping[str, Array],
) -> dict[str, Array]:
    """Trace the next value of each parameter, and of what is remembered.

    Parameters
    ----------
    trace : Trace
        Where it is written down.
    rules : mapping from str to Optimizer
        By parameter.
    values : mapping from str to traced array
        The parameters, ``learning_rate`` and ``t``.
    memory : mapping from str to mapping
        What is remembered, by parameter and name.
    gradients : mapping from str to traced array
        By parameter.

    Returns
    -------
    dict from str to traced array
        By the names that inputs have.
    """
    following: dict[str, Array] = {}
    shared: dict[Optimizer, Any] = {}
    with trace.within(section="update"):
        for key, rule in rules.items():
            if rule not in shared:
                shared[rule] = rule.scalars(values["learning_rate"], values["t"])
            state = dict(memory[key])
            with _named_after(trace, key):
                w, state = rule.update(values[key], gradients[key], state, shared[rule])
            for which, value in state.items():
                following[state_key(which, key)] = value
            following[key] = w
    return following


@contextmanager
def _named_after(trace: Trace, key: str) -> Iterator[None]:
    """Put a parameter's name behind those that are given inside: ``step_weight``."""
    scope, _, name = key.rpartition(".")
    trace.catch_up()
    before = set(trace.names)
    with trace.within(scope=scope):
        yield
    trace.catch_up()
    for node in trace.names.keys() - before:
        trace.names[node] = f"{trace.names[node]}_{name}"
