"""What happened in a training, epoch by epoch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field


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
        Why the training ended: ``epochs``, ``early stopping``, ``callback`` or
        ``interrupted``.
    best_epoch : int or None
        With early stopping, the epoch whose parameters the network has now.
    """

    epochs: list[int] = field(default_factory=list)
    columns: dict[str, list[float]] = field(default_factory=dict)
    stopped: str = "epochs"
    best_epoch: int | None = None

    def add(self, epoch: int, numbers: Mapping[str, float]) -> None:
        """Write down one epoch."""
        self.epochs.append(epoch)
        for name, value in numbers.items():
            self.columns.setdefault(name, []).append(float(value))

    def last(self) -> dict[str, float]:
        """Give the numbers of the last epoch."""
        return {name: values[-1] for name, values in self.columns.items()}

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
