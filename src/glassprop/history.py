"""What happened in a training, epoch by epoch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from glassprop.diagnosis.findings import Diagnosis


@dataclass
class History(Mapping[str, list[float]]):
    """The numbers of each epoch of one `fit`, by name: ``history["loss"]``.

    Parameters
    ----------
    epochs : list of int
        The numbers of the epochs, counted over all calls of `fit`, from 1.
    columns : dict from str to list of float
        ``loss``, the mean training loss over the epoch's batches (before each batch's
        update, penalties included); with validation data also ``validation_loss`` and
        the loss's metrics, ``validation_accuracy`` and so on.
    stopped : str
        Why the training ended: ``epochs``, ``early stopping``, ``plateau`` (its
        schedule's), ``callback`` or ``interrupted``; with `LBFGS` also ``converged``,
        ``evaluations``, or ``no way down`` where it found nothing lower along its last
        direction.
    best_epoch : int or None
        With early stopping, the epoch whose parameters the network has now.
    rising : frozenset of str
        The numbers that get better as they rise; all others do as they fall.
    diagnosis : Diagnosis or None
        What ``fit(diagnose=True)`` found.
    rates : list of float
        The learning rate of each epoch's last step; empty where the optimizer finds
        its own steps.
    """

    epochs: list[int] = field(default_factory=list)
    columns: dict[str, list[float]] = field(default_factory=dict)
    stopped: str = "epochs"
    best_epoch: int | None = None
    rising: frozenset[str] = frozenset()
    diagnosis: Diagnosis | None = None
    rates: list[float] = field(default_factory=list)

    def add(
        self, epoch: int, numbers: Mapping[str, float], rate: float | None = None
    ) -> None:
        """Write down one epoch."""
        self.epochs.append(epoch)
        if rate is not None:
            self.rates.append(rate)
        for name, value in numbers.items():
            self.columns.setdefault(name, []).append(float(value))

    def last(self) -> dict[str, float]:
        """Give the numbers of the last epoch."""
        return {name: values[-1] for name, values in self.columns.items()}

    def to_frame(self) -> Any:
        """Give the numbers as a pandas data frame.

        Returns
        -------
        pandas.DataFrame
            A row for each epoch, whose number is the index, and a column for each name.

        Raises
        ------
        MissingExtraError
            If pandas is not installed.
        """
        from glassprop.result_files import imported

        pandas = imported("pandas", "History.to_frame", "pandas")
        index = pandas.Index(self.epochs, dtype="int64", name="epoch")
        return pandas.DataFrame(self.columns, index=index)

    def to_csv(self, path: Any) -> None:
        """Write the numbers to a CSV file: a line for each epoch.

        Parameters
        ----------
        path : str or path
            Where to; a file that is there is replaced as a whole, or not at all.

        Raises
        ------
        ArgumentError
            If it is not a path.
        DataError
            If the file cannot be written.
        """
        from glassprop.result_files import csv_text, write_result

        header = ["epoch", *self.columns]
        lines = zip(self.epochs, *self.columns.values(), strict=True)
        write_result(path, csv_text([header, *lines]).encode())

    def plot(self, path: Any, names: str | Iterable[str] | None = None) -> None:
        """Draw the numbers over the epochs: `glassprop.pictures.history`, in a file.

        Parameters
        ----------
        path : str or path
            Where to; its ending says the format, ``.svg``, ``.png`` or ``.pdf``.
        names : str, iterable of str or None
            Which numbers; None for all, and the learning rates.

        Raises
        ------
        ArgumentError
            If there is no such number, or the ending is no format.
        MissingExtraError
            If Matplotlib is not installed (``glassprop[plot]``).
        DataError
            If the file cannot be written.
        """
        from glassprop.pictures import history

        history(self, names).save(path)

    def __getitem__(self, name: str) -> list[float]:
        return self.columns[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __len__(self) -> int:
        return len(self.columns)

    def __repr__(self) -> str:
        numbers = ", ".join(
            f"{name} {value:.6g}" for name, value in self.last().items()
        )
        told = f": {numbers}" if numbers else ""
        return f"<History of {len(self.epochs)} epochs{told}; stopped: {self.stopped}>"
