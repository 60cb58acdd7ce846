"""What can be called while a network is trained, besides functions of one's own.

A callback is called after every epoch, ``callback(net, history)``; it ends the training
by returning True. Two things are optional. A method ``after_step(net, step, loss)`` is
called after every batch. And a callback that is a context manager is entered before the
first epoch and left after the last one, also when an error ends the training.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glassprop.errors import ArgumentError
from glassprop.history import History
from glassprop.model_files import shown_path
from glassprop.options import check_switch, check_whole
from glassprop.signatures import check_call

if TYPE_CHECKING:
    from glassprop.network import Network
    from glassprop.tensorboard import EventFile

StepFunction = Callable[["Network", int, float], object]


@dataclass(frozen=True)
class BatchEnd:
    """Call a function after every batch, which costs speed.

    Without it, one call of a back end runs as many steps as fit into about half a
    second. With it each call holds a single step, so that Python gets its turn after
    each. That costs most where steps are short, and the function's own time is added.
    The bits stay the same. An iteration of `LBFGS` counts as one batch.

    Parameters
    ----------
    function : callable
        ``function(net, step, loss)``. `step` counts the optimizer's steps, over all
        calls of `fit`, from 1; `loss` is the batch's mean loss before the step,
        penalties included. It may look at the network, which has taken the step, and
        must leave its parameters as they are. True ends the training at once; the
        epoch that it interrupts is not in the history.

    Raises
    ------
    ArgumentError
        If the function takes other arguments.

    Examples
    --------
    >>> import numpy as np
    >>> import glassprop as gp
    >>> steps = []
    >>> watch = gp.callbacks.BatchEnd(lambda net, step, loss: steps.append(step))
    >>> net = gp.Network([gp.Dense(1)], loss="mean_squared_error")
    >>> X = np.ones((6, 2))
    >>> history = net.fit(X, X[:, :1], batch_size=2, callbacks=[watch], verbose=False)
    >>> steps
    [1, 2, 3]
    """

    function: StepFunction

    def __post_init__(self) -> None:
        if not callable(self.function):
            raise ArgumentError(
                "callbacks.BatchEnd: expected a function (net, step, loss), got "
                f"{self.function!r}."
            )
        arguments = ("net", "step", "loss")
        check_call(
            "callbacks.BatchEnd:", self.function, arguments, gives="True to stop"
        )

    def after_step(self, net: Network, step: int, loss: float) -> object:
        """Call the function."""
        return self.function(net, step, loss)

    def __call__(self, net: Network, history: History) -> None:
        """Do nothing after an epoch."""


@dataclass
class Checkpoint:
    """Save the network every few epochs, with all that training needs to go on.

    ``gp.load(path).fit(...)`` with the same options gives the bits of a training that
    never stopped. Each file is written whole or not at all.

    Parameters
    ----------
    path : str or path
        Where to, with ``{epoch}`` in its name: ``"model-{epoch:04}.safetensors"``.
        Without, each file replaces the one before, which `overwrite` must allow.
    every : int
        Epochs from one file to the next, 1 or more; the files are those of epochs that
        it divides, counted over all calls of `fit`.
    keep : int or None
        How many of the files that this callback wrote stay, the latest ones; older ones
        are deleted. None for all.
    overwrite : bool
        Whether a file that is there already may be replaced.

    Raises
    ------
    ArgumentError
        If a number is out of range or the path cannot be used; in `fit`, if a file is
        there already.
    ModelFileError
        In `fit`, if a file cannot be written.
    """

    path: str | os.PathLike[str]
    every: int = 1
    keep: int | None = None
    overwrite: bool = False
    written: list[str] = field(default_factory=list, init=False, repr=False)

    def __post_init__(self) -> None:
        name = shown_path(self.path)
        check_whole("callbacks.Checkpoint", "every", self.every, 1)
        if self.keep is not None:
            check_whole("callbacks.Checkpoint", "keep", self.keep, 1)
        check_switch("callbacks.Checkpoint", "overwrite", self.overwrite)
        try:
            one_file = self._path_of(1) == self._path_of(2)
        except (LookupError, ValueError, AttributeError):
            raise ArgumentError(
                f"callbacks.Checkpoint: {name} may have {{epoch}} in braces and "
                "nothing else; write {{ and }} for braces."
            ) from None
        if one_file and not self.overwrite:
            raise ArgumentError(
                f"callbacks.Checkpoint: {name} is the same file for every epoch. Put "
                "{epoch} into the name, or allow overwrite=True."
            )

    def __call__(self, net: Network, history: History) -> None:
        """Save the network if it is time."""
        epoch = history.epochs[-1]
        if epoch % self.every:
            return
        path = self._path_of(epoch)
        if not self.overwrite and os.path.lexists(path):
            raise ArgumentError(
                f"callbacks.Checkpoint: {shown_path(path)} is there already. Remove "
                "it, name another, or allow overwrite=True."
            )
        net.save(path)
        self.written = [*(one for one in self.written if one != path), path]
        if self.keep is not None:
            for old in self.written[: -self.keep]:
                Path(old).unlink(missing_ok=True)
            self.written = self.written[-self.keep :]

    def _path_of(self, epoch: int) -> str:
        return os.fsdecode(self.path).format(epoch=epoch)


@dataclass
class TensorBoard:
    """Write event files for TensorBoard: ``tensorboard --logdir FOLDER`` shows them.

    After each epoch come all numbers of the history, by their names, and the learning
    rate of the epoch's last step. Every `fit` writes a file of its own; epochs are
    counted over all of them, so the curves go on. A folder is one run: give another to
    another network. Needs tensorboardX, ``glassprop[tensorboard]``; each epoch costs
    a flush to the disk.

    Parameters
    ----------
    folder : str or path
        Where the files are made; the folder too, if there is none.
    histograms : int or None
        How many epochs lie between histograms of all parameters, 1 or more; None for
        none.

    Raises
    ------
    ArgumentError
        If an option is out of range.
    MissingExtraError
        In `fit`, if tensorboardX is not installed.
    DataError
        In `fit`, if the folder or file cannot be made.
    """

    folder: str | os.PathLike[str]
    histograms: int | None = None
    _file: EventFile | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        shown_path(self.folder)
        if self.histograms is not None:
            check_whole("callbacks.TensorBoard", "histograms", self.histograms, 1)

    def __enter__(self) -> TensorBoard:
        from glassprop.tensorboard import EventFile

        self._file = EventFile(self.folder)
        return self

    def __exit__(self, *_error: object) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def __call__(self, net: Network, history: History) -> None:
        """Write the numbers of an epoch."""
        if self._file is None:
            raise ArgumentError(
                "callbacks.TensorBoard: there is no open file. Give it to fit, "
                "callbacks=[...], or enter it: with gp.callbacks.TensorBoard(...)."
            )
        epoch, numbers = history.epochs[-1], history.last()
        if net.training is not None and net.training.rate is not None:
            numbers["learning_rate"] = net.training.rate
        due = self.histograms is not None and epoch % self.histograms == 0
        arrays: dict[str, Any] = dict(net.parameters) if due else {}
        self._file.add(epoch, numbers, arrays)
