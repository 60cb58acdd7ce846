"""Event files that TensorBoard reads, written with tensorboardX.

One file a training. What is written after an epoch is on the disk before the next one
begins, so TensorBoard can look on. Only local files are written.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassprop.errors import DataError
from glassprop.model_files import AnyPath, shown_path
from glassprop.result_files import imported

VERSION = "brain.Event:2"  # what TensorBoard expects in the first record
BINS = 30


class EventFile:
    """An event file that is open.

    Parameters
    ----------
    folder : str or path
        Where it is made; the folder too, if there is none.

    Raises
    ------
    MissingExtraError
        If tensorboardX is not installed.
    DataError
        If the file cannot be made.
    """

    def __init__(self, folder: AnyPath) -> None:
        name, install = shown_path(folder), "'glassprop[tensorboard]'"
        what = "callbacks.TensorBoard"
        self._library = imported("tensorboardX", what, install)
        self._protos = imported("tensorboardX.proto.event_pb2", what, install)
        self._summaries = imported("tensorboardX.summary", what, install)
        # A whole path: the library takes "s3:" at the beginning for an address.
        whole = os.path.abspath(os.fsdecode(folder))
        try:
            os.makedirs(whole, exist_ok=True)
            self.path = _new_path(whole)
            self._records = self._library.RecordWriter(self.path)
        except OSError as error:
            raise DataError(f"{name}: cannot be written: {error.strerror}.") from None
        self._write(file_version=VERSION)
        self._records.flush()

    def add(
        self,
        step: int,
        numbers: Mapping[str, float],
        arrays: Mapping[str, NDArray[Any]],
    ) -> None:
        """Write numbers as scalars and arrays as histograms, down to the disk.

        Parameters
        ----------
        step : int
            The number of the epoch.
        numbers : mapping from str to float
        arrays : mapping from str to array
            Finite values.
        """
        for name, number in numbers.items():
            self._write(step=step, summary=self._summaries.scalar(name, number))
        for name, array in arrays.items():
            values = np.asarray(array, np.float64).ravel()
            histogram = self._summaries.histogram(name, values, bins=BINS)
            self._write(step=step, summary=histogram)
        self._records.flush()

    def close(self) -> None:
        """Close the file; nothing is written after that."""
        self._records.close()

    def _write(self, **fields: Any) -> None:
        event = self._protos.Event(wall_time=time.time(), **fields)
        self._records.write(event.SerializeToString())


def _new_path(folder: str) -> str:
    """Give the name of a file that is not there, behind all others in their order."""
    start = f"events.out.tfevents.{int(time.time()):010}"
    number = 0
    while os.path.exists(path := os.path.join(folder, f"{start}.{number:03}")):
        number += 1
    return path
