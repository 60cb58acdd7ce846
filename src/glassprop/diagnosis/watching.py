"""A training that is watched: what `fit` calls, and what it has found in the end."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from glassprop.diagnosis.at_rest import AtRest
from glassprop.diagnosis.findings import Diagnosis, Finding
from glassprop.diagnosis.looks import Watch
from glassprop.diagnosis.planning import look_epochs
from glassprop.diagnosis.rates import RateSearch, affordable_tries, search_rates
from glassprop.diagnosis.remedies import at_learning_rate
from glassprop.diagnosis.rules_of_data import (
    frozen_parts,
    imbalance,
    inputs_not_scaled,
    is_scaled,
)
from glassprop.diagnosis.rules_of_fading import vanishing_gradient
from glassprop.diagnosis.rules_of_losses import (
    constant_output,
    not_falling,
    overfitting,
)
from glassprop.diagnosis.rules_of_outputs import loss_and_output
from glassprop.diagnosis.rules_of_starts import bad_start, starting_loss
from glassprop.diagnosis.rules_of_steps import overshooting, step_size
from glassprop.diagnosis.rules_of_units import never_moves, units
from glassprop.diagnosis.settling import explained, settled
from glassprop.diagnosis.trends import Trends
from glassprop.errors import ArgumentError
from glassprop.optimizers import is_minimizer
from glassprop.structure import start_values
from glassprop.updates import start_memory

if TYPE_CHECKING:
    from glassprop.epochs import Work
    from glassprop.history import History

LOOKED_AT = ("layers, start, data and loss", "steps, gradients and units in training")


@dataclass
class Watching:
    """The diagnosis of one `fit`.

    Parameters
    ----------
    at_rest : AtRest
        What can be seen before the first step.
    watch : Watch
        What looks.
    work : Work
        What `fit` works with.
    epochs : int
        Of this `fit`.
    looks : int
        How many there are, at most.
    """

    at_rest: AtRest
    watch: Watch
    work: Work
    epochs: int
    looks: int
    say: Callable[[str], None] | None = field(default=None, init=False)
    before: list[Finding] = field(default_factory=list)
    held: set[tuple[str, str]] = field(default_factory=set)
    told: set[tuple[str, str]] = field(default_factory=set)

    @cached_property
    def pauses(self) -> Collection[int]:
        """After how many epochs of this `fit` there is a look."""
        return look_epochs(self.epochs, self.looks)

    @cached_property
    def inputs_scaled(self) -> bool:
        """Whether what comes in is scaled."""
        return is_scaled(self.at_rest)

    @cached_property
    def start(self) -> dict[str, Any]:
        """The values of a fresh start."""
        structure, net = self.at_rest.built.structure, self.work.net
        kept = {key: net.values[key] for key in structure.state}
        return start_values(structure, net.seed, kept)

    @cached_property
    def misled(self) -> bool:
        """Whether the gradient is not the slope of the loss; asked where it matters."""
        return self.watch.is_misled(self.work, self.start)

    @cached_property
    def search(self) -> RateSearch | None:
        """A range test from a fresh start, where the loss falls at some rate.

        None where something else is wrong, since what suits that suits nothing else,
        and where a step is too dear for a test.
        """
        work, structure = self.work, self.at_rest.built.structure
        optimizer = self.watch.recipe.optimizer
        if is_minimizer(optimizer) or not structure.trainable:
            return None
        if explained(self.before) or self.misled:
            return None
        tries = affordable_tries(work.steps.program, work.rows_per_step)
        if not tries:
            return None
        values = {
            **self.start,
            **start_memory(structure, optimizer, self.start),
        }
        try:
            found = search_rates(
                work.steps,
                values,
                work.rows,
                work.rows_per_step,
                seed=work.net.seed,
                length=min(tries, self.epochs * work.steps_per_epoch),
            )
        except ArgumentError:
            return None
        return found if found.falls else None

    def begin(self, say: Callable[[str], None] | None) -> None:
        """Judge what can be seen before training, and look for the first time.

        Parameters
        ----------
        say : callable or None
            Told of a finding when it has held for two looks.
        """
        self.say = say
        self.before = settled(findings_at_rest(self.at_rest))
        self._tell(self.before)
        self.watch.look(self.work)

    def after_epoch(self, history: History) -> None:
        """Look, if it is time.

        Parameters
        ----------
        history : History
            So far.
        """
        if len(history.epochs) not in self.pauses:
            return
        self.watch.look(self.work)
        if len(history.epochs) == self.epochs:
            return  # what is left is told at the end
        seen = self._trends(history)
        found = {_key(one) for one in trends(_quick(seen))}
        if found & self.held - self.told:  # now a range test is worth its time
            every = settled([*self.before, *trends(seen)])
            self._tell([one for one in every if _key(one) in self.held])
        self.held = found

    def diagnosis(self, history: History, worst: Finding | None = None) -> Diagnosis:
        """Give all that was found.

        Parameters
        ----------
        history : History
            The whole.
        worst : Finding or None
            What ended the training.
        """
        if history.epochs and self.watch.looks[-1].epoch != self.work.training.epochs:
            self.watch.look(self.work)
        ended = [] if worst is None else [self._slowed(worst)]
        seen = replace(self._trends(history), diverged=worst is not None)
        found = settled([*ended, *self.before, *trends(seen)])
        self._tell(found)
        return Diagnosis(tuple(found), LOOKED_AT)

    def _slowed(self, worst: Finding) -> Finding:
        """Propose the learning rate of a range test where a lower one is proposed."""
        if "optimizer" not in worst.change.options or self.search is None:
            return worst
        change = at_learning_rate(self.watch.recipe.optimizer, self.search.suggestion)
        return replace(worst, change=change)

    def _trends(self, history: History) -> Trends:
        best = history.best_epoch
        return Trends(
            self.watch,
            self.at_rest,
            history.get("loss", []),
            history.get("validation_loss", []),
            self.at_rest.constant,
            self.inputs_scaled,
            lambda: self.search,
            lambda: self.misled,
            None if best is None else history.epochs.index(best),
        )

    def _tell(self, findings: list[Finding]) -> None:
        for one in findings:
            if self.say is not None and _key(one) not in self.told:
                self.told.add(_key(one))
                self.say(str(one))


def _quick(seen: Trends) -> Trends:
    """Leave out what takes time and is for changes alone."""
    return replace(seen, search=lambda: None, misled=lambda: False)


def _key(finding: Finding) -> tuple[str, str]:
    return finding.condition, finding.layer


# Rules --------------------------------------------------------------------------------


def findings_at_rest(seen: AtRest) -> list[Finding]:
    """Judge a network before a step is made.

    Parameters
    ----------
    seen : AtRest
        The network and its rows.
    """
    rules = (
        loss_and_output,
        bad_start,
        frozen_parts,
        inputs_not_scaled,
        imbalance,
        starting_loss,
    )
    with np.errstate(all="ignore"):  # numbers may be of any size
        return [one for rule in rules for one in rule(seen)]


def trends(seen: Trends) -> list[Finding]:
    """Judge the looks at a training.

    Parameters
    ----------
    seen : Trends
        All that is known of it.
    """
    rules = (
        step_size,
        overshooting,
        vanishing_gradient,
        units,
        never_moves,
        not_falling,
        overfitting,
        constant_output,
    )
    if not seen.looks:
        return []
    with np.errstate(all="ignore"):  # numbers may be of any size
        return [one for rule in rules for one in rule(seen)]
