"""Rows to train on and rows to test with: reproducible, and fair to every class.

A split depends on the seed, on the number of rows and on their classes or groups, on
nothing else. What is split may be arrays, data frames, lists, or tuples of several.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassprop.arrays import Array
from glassprop.data import holds_several
from glassprop.errors import ArgumentError, DataError, ShapeError, shape_text
from glassprop.options import check_seed, check_whole, is_number, is_whole
from glassprop.randomness import SPLIT, generator, stream_of
from glassprop.rows import split_rows

Numbers = NDArray[np.int64]


def train_test_split(
    X: Any,
    y: Any,
    *more: Any,
    test: float = 0.2,
    seed: int = 0,
    stratify: Any = None,
) -> tuple[Any, ...]:
    """Split rows into a part to train on and a part to test with.

    Parameters
    ----------
    X, y : array-like of shape (n, ...)
        The rows and their target: arrays, data frames, lists; tuples of them for
        several inputs or several targets.
    *more : array-like of shape (n, ...)
        What else belongs to the rows, such as weights or names.
    test : float
        The part to test with, above 0 and below 1.
    seed : int
        What the choice follows from, 0 or more.
    stratify : bool, array-like of shape (n,) or None
        Whether both parts have the same share of every class: True for the classes in
        `y`, or an array of classes. None does so where `y` looks like classes: words,
        booleans, or whole numbers from 0 without gaps, each in two rows at least.

    Returns
    -------
    tuple
        ``X_train, X_test, y_train, y_test``, and two parts of each of `more`. Rows
        keep their order. Arrays give arrays, data frames data frames, lists lists.

    Raises
    ------
    ArgumentError, DataError, ShapeError
        If a number is out of range, a part would be empty, or the data differ in rows.

    Notes
    -----
    Named as scikit-learn's, with the same order of results. There ``test`` is called
    ``test_size``, ``seed`` is ``random_state``, and nothing is stratified by itself.

    Examples
    --------
    >>> import numpy as np
    >>> X, y = np.arange(20.0).reshape(10, 2), np.arange(10) % 2
    >>> X_train, X_test, y_train, y_test = train_test_split(X, y, test=0.4)
    >>> X_train.shape, X_test.shape, y_test.sum()
    ((6, 2), (4, 2), np.int64(2))
    """
    where = "train_test_split"
    check_seed(seed, where)
    if not is_number(test) or not 0 < test < 1:
        raise ArgumentError(
            f"{where}: test must be a fraction above 0 and below 1, got {test!r}."
        )
    parts = [X, y, *more]
    rows = count_rows(X)
    names = ["X", "y", *(f"array {at}" for at in range(3, len(parts) + 1))]
    for name, data in zip(names, parts, strict=True):
        _check_rows(name, data, rows)
    held = round(rows * test)
    if held in (0, rows):
        raise DataError(
            f"{where}: test={test} of {rows} rows leaves {rows - held} to train on and "
            f"{held} to test with. Give more rows, or another fraction."
        )
    rng = generator(seed, stream_of(where, SPLIT))
    labels = _asked_classes(y, rows, stratify)
    chosen = split_rows(rows, float(test), rng, labels)
    return tuple(take_rows(data, part, rows) for data in parts for part in chosen)


def k_fold(
    rows: int,
    folds: int = 5,
    *,
    seed: int = 0,
    labels: Any = None,
    groups: Any = None,
) -> list[tuple[Numbers, Numbers]]:
    """Deal rows out into folds; each fold is tested once and trained on otherwise.

    Parameters
    ----------
    rows : int
        How many rows there are.
    folds : int
        How many folds, from 2 to the number of rows. Their sizes differ by one row at
        most, unless there are groups.
    seed : int
        What the dealing follows from, 0 or more.
    labels : array-like of shape (rows,) or None
        Classes. The rows of a class in one fold and in another differ by one at most.
    groups : array-like of shape (rows,) or None
        What belongs together, such as all rows of a patient; no group stands in two
        folds. Larger groups are dealt first, each to the smallest fold.

    Returns
    -------
    list of tuple of array
        For each fold the numbers of its training rows and of its test rows, ascending.

    Raises
    ------
    ArgumentError, ShapeError
        If a number is out of range, there are fewer groups than folds, or both labels
        and groups are given.

    Examples
    --------
    >>> import numpy as np
    >>> labels = np.array([0, 1, 0, 1, 0, 1])
    >>> [labels[test].tolist() for training, test in k_fold(6, 3, labels=labels)]
    [[0, 1], [0, 1], [1, 0]]
    """
    check_whole("k_fold", "rows", rows, 2)
    check_folds("k_fold", folds, rows)
    check_seed(seed, "k_fold")
    if labels is not None and groups is not None:
        raise ArgumentError(
            "k_fold: give labels or groups, not both. Groups are kept together "
            "whatever their classes."
        )
    rng = generator(seed, stream_of("k_fold", SPLIT))
    if groups is not None:
        fold_of = _dealt_groups(_one_a_row("groups", groups, rows), folds, rng)
    else:
        order = rng.permutation(rows)
        if labels is not None:
            classes = _one_a_row("labels", labels, rows)
            order = order[np.argsort(classes[order], kind="stable")]
        fold_of = np.empty(rows, np.int64)
        fold_of[order] = np.arange(rows) % folds
    return [
        (np.flatnonzero(fold_of != fold), np.flatnonzero(fold_of == fold))
        for fold in range(folds)
    ]


def _dealt_groups(groups: Array, folds: int, rng: np.random.Generator) -> Numbers:
    """Give the fold of each row, all rows of a group the same."""
    _, group_of, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    if len(sizes) < folds:
        raise ArgumentError(
            f"k_fold: folds must be at most the number of groups, {len(sizes)}, got "
            f"{folds!r}."
        )
    shuffled = rng.permutation(len(sizes))
    filled, fold_of = np.zeros(folds, np.int64), np.empty(len(sizes), np.int64)
    for group in shuffled[np.argsort(-sizes[shuffled], kind="stable")]:
        fold_of[group] = filled.argmin()
        filled[fold_of[group]] += sizes[group]
    return fold_of[group_of]


# Rows of anything ---------------------------------------------------------------------


def count_rows(X: Any) -> int:
    """Count the rows of an input, or of several.

    Parameters
    ----------
    X : array-like of shape (n, ...), or tuple of such

    Raises
    ------
    DataError
        If it has no rows.
    """
    first = X[0] if holds_several(X) else X
    rows = _length(first)
    if rows is None:
        raise DataError(
            f"X: expected an array, a list or a data frame, got {type(X).__name__}."
        )
    return rows


def take_rows(data: Any, chosen: Numbers, rows: int) -> Any:
    """Take some of the rows; data keep their kind.

    Parameters
    ----------
    data : array-like of shape (rows, ...), or tuple of such
    chosen : array of int
        The numbers of the rows.
    rows : int
        How many there are. A tuple or list of another length holds several arrays.

    Returns
    -------
    array-like of shape (len(chosen), ...), or tuple of such
        A list for a tuple of rows.
    """
    if _are_several(data, rows):
        return tuple(take_rows(part, chosen, rows) for part in data)
    if hasattr(data, "iloc"):  # a data frame, whose own brackets look for names
        return data.iloc[chosen]
    if isinstance(data, list | tuple):
        return [data[row] for row in chosen]
    return data[chosen]


def _are_several(data: Any, rows: int) -> bool:
    """Tell whether data are a tuple of several arrays of so many rows."""
    if holds_several(data):
        return True
    many = isinstance(data, tuple | list) and 0 < len(data) != rows
    return many and all(_length(part) == rows for part in data)


def _length(data: Any) -> int | None:
    try:
        return len(data)
    except TypeError:
        return None


# Checks -------------------------------------------------------------------------------


def check_folds(where: str, folds: Any, rows: int) -> None:
    """Refuse a number of folds that rows cannot be dealt into.

    Parameters
    ----------
    where : str
        In front of errors.
    folds : object
        What somebody wrote.
    rows : int

    Raises
    ------
    ArgumentError
        If it is not a whole number from 2 to the number of rows.
    """
    if not is_whole(folds) or not 2 <= folds <= rows:
        raise ArgumentError(
            f"{where}: folds must be a whole number from 2 to the number of rows, "
            f"{rows}, got {folds!r}."
        )


def _check_rows(name: str, data: Any, rows: int) -> None:
    """Refuse data with another number of rows than X."""
    if holds_several(data):
        found: int | None = next((len(one) for one in data if len(one) != rows), rows)
    else:
        found = rows if _are_several(data, rows) else _length(data)
    if found != rows:
        what = type(data).__name__ if found is None else found
        raise ShapeError(f"{name}: expected {rows} rows, as many as X, got {what}.")


def _one_a_row(name: str, data: Any, rows: int) -> Array:
    """Give an array of one label a row, words or numbers."""
    array = np.asarray(data)
    array = array.astype(str) if array.dtype.kind == "O" else array
    array = array[:, 0] if array.shape == (rows, 1) else array
    if array.shape != (rows,):
        raise ShapeError(
            f"{name}: expected shape ({rows},), one a row, got "
            f"{shape_text(array.shape)}."
        )
    return array


def _asked_classes(y: Any, rows: int, stratify: Any) -> Array | None:
    """Give the classes to stratify by, or None."""
    if stratify is None:
        return _likely_classes(y, rows)
    if isinstance(stratify, bool):
        return _one_a_row("y", _first(y, rows), rows) if stratify else None
    return _one_a_row("stratify", stratify, rows)


def _likely_classes(y: Any, rows: int) -> Array | None:
    """Give the classes of a target that looks like classes, else None."""
    array = np.asarray(_first(y, rows))
    if array.shape not in ((rows,), (rows, 1)) or array.dtype.kind not in "bOSUiu":
        return None
    labels = _one_a_row("y", array, rows)
    found, counts = np.unique(labels, return_counts=True)
    if labels.dtype.kind in "iu" and found.tolist() != list(range(len(found))):
        return None
    return labels if counts.min() > 1 else None


def _first(y: Any, rows: int) -> Any:
    return y[0] if _are_several(y, rows) else y
