"""Splits and folds: every row has its place, and every class its share."""

from __future__ import annotations

import numpy as np
import pandas
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_digits

import glassprop as gp
from glassprop.errors import ArgumentError, DataError, ShapeError
from networks import refusal

X = np.arange(60.0).reshape(20, 3)
Y = np.arange(20) % 2


# Two parts ----------------------------------------------------------------------------


@pytest.mark.parametrize("test", [0.1, 0.25, 0.5, np.float32(0.25)])
def test_each_row_is_in_one_part_and_rows_keep_their_order(test):
    numbers = np.arange(20)
    parts = gp.train_test_split(X, numbers, test=test)
    X_train, X_test, train, held = parts
    assert sorted([*train, *held]) == list(range(20))
    assert len(held) == round(20 * test)
    assert (np.diff(train) > 0).all()
    assert (np.diff(held) > 0).all()
    np.testing.assert_array_equal(X_train, X[train])
    np.testing.assert_array_equal(X_test, X[held])


def test_a_split_follows_from_the_seed_alone():
    def held(seed):
        return gp.train_test_split(X, np.arange(20.0), seed=seed)[3].tolist()

    first = held(0)
    np.random.default_rng().normal()
    assert held(0) == first
    assert len({tuple(held(seed)) for seed in range(10)}) > 5


@pytest.mark.parametrize(
    "y",
    [
        np.repeat([0, 1, 2], [60, 30, 10]),
        np.repeat(["a", "b", "c"], [60, 30, 10]),
        np.repeat(["a", "b", "c"], [60, 30, 10]).astype(object),
        pandas.Series(np.repeat(["a", "b", "c"], [60, 30, 10]), dtype="category"),
        np.repeat([0, 1, 2], [60, 30, 10])[:, None],
        (np.repeat([0, 1, 2], [60, 30, 10]), np.zeros((100, 2))),
    ],
    ids=["numbers", "words", "objects", "categories", "column", "several"],
)
def test_what_looks_like_classes_is_stratified(y):
    parts = gp.train_test_split(np.zeros((100, 1)), y, np.arange(100), test=0.2)
    held = parts[5]
    assert np.bincount(held // 10, minlength=10)[:6].sum() == 12
    assert np.bincount(held // 10, minlength=10)[9:].sum() == 2


def held_zeros(y, **options):
    """Count the zeros that are held out, for several seeds."""
    data = np.zeros((len(y), 1))
    splits = [
        gp.train_test_split(data, y, test=0.5, seed=seed, **options)
        for seed in range(20)
    ]
    return {int((split[3] == 0).sum()) for split in splits}


@pytest.mark.parametrize(
    "y",
    [
        np.repeat([0.0, 1.0], [20, 80]),
        np.repeat([0, 2], [20, 80]),
        np.repeat([0, 1, 2], [20, 79, 1]),
    ],
    ids=["floats", "a gap", "a single one"],
)
def test_other_targets_are_not_stratified_unless_asked_for(y):
    assert len(held_zeros(y)) > 1
    assert held_zeros(y, stratify=True) == {10}


def test_one_may_stratify_by_anything_or_nothing():
    place = np.repeat(["north", "south"], [16, 4])
    _, _, _, _, _, held = gp.train_test_split(X, Y, place, test=0.25, stratify=place)
    assert sorted(held) == ["north"] * 4 + ["south"]
    counts = {
        int(gp.train_test_split(X, Y, stratify=False, seed=seed)[3].sum())
        for seed in range(20)
    }
    assert len(counts) > 1


def test_data_keep_their_kind():
    frame = pandas.DataFrame(X, columns=list("abc"), index=range(100, 120))
    series = pandas.Series(Y, index=frame.index)
    names = [f"row {at}" for at in range(20)]
    parts = gp.train_test_split(frame, series, names, tuple(names), test=0.25)
    assert [type(one) for one in parts[:4]] == [pandas.DataFrame] * 2 + [
        pandas.Series
    ] * 2
    assert parts[0].index.equals(parts[2].index)
    assert parts[4] == [f"row {at - 100}" for at in parts[0].index]
    assert parts[7] == [f"row {at - 100}" for at in parts[1].index]


def test_several_inputs_and_targets_are_split_alike():
    frame = pandas.DataFrame(X)
    parts = gp.train_test_split((X, frame), [Y, X[:, :1]], test=0.2)
    X_train, X_test, y_train, y_test = parts
    for x, y, rows in ((X_train, y_train, 16), (X_test, y_test, 4)):
        assert [len(one) for one in (*x, *y)] == [rows] * 4
        np.testing.assert_array_equal(x[0], x[1])
        np.testing.assert_array_equal(x[0][:, :1], y[1])


def test_a_split_trains_and_tests_a_network():
    digits, labels = load_digits(return_X_y=True)
    X_train, X_test, y_train, y_test = gp.train_test_split(digits, labels)
    assert np.bincount(y_test).tolist() == [36, 36, 35, 37, 36, 36, 36, 36, 35, 36]
    layers = [gp.Standardize(), gp.Dense(10)]
    net = gp.Network(layers, loss="cross_entropy")
    net.fit(X_train, y_train, optimizer=gp.Adam(0.01), epochs=4, verbose=False)
    assert net.evaluate(X_test, y_test)["accuracy"] > 0.85


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (
            lambda: gp.train_test_split(X, Y, test=1.5),
            ArgumentError,
            "train_test_split: test must be a fraction above 0 and below 1, got 1.5.",
        ),
        (
            lambda: gp.train_test_split(X, Y, test=5),
            ArgumentError,
            "train_test_split: test must be a fraction above 0 and below 1, got 5.",
        ),
        (
            lambda: gp.train_test_split(X, Y, test="a fifth"),
            ArgumentError,
            "train_test_split: test must be a fraction above 0 and below 1, got "
            "'a fifth'.",
        ),
        (
            lambda: gp.train_test_split(X, Y, test=0.01),
            DataError,
            "train_test_split: test=0.01 of 20 rows leaves 20 to train on and 0 to "
            "test with. Give more rows, or another fraction.",
        ),
        (
            lambda: gp.train_test_split(X, Y, seed=-1),
            ArgumentError,
            "train_test_split: seed must be an integer from 0 to 2**63 - 1, got -1.",
        ),
        (
            lambda: gp.train_test_split(X, Y[:19]),
            ShapeError,
            "y: expected 20 rows, as many as X, got 19.",
        ),
        (
            lambda: gp.train_test_split(X, Y, X, 3),
            ShapeError,
            "array 4: expected 20 rows, as many as X, got int.",
        ),
        (
            lambda: gp.train_test_split((X, X[:5]), Y),
            ShapeError,
            "X: expected 20 rows, as many as X, got 5.",
        ),
        (
            lambda: gp.train_test_split(3, Y),
            DataError,
            "X: expected an array, a list or a data frame, got int.",
        ),
        (
            lambda: gp.train_test_split(X, Y, stratify=[1, 2]),
            ShapeError,
            "stratify: expected shape (20,), one a row, got (2,).",
        ),
        (
            lambda: gp.train_test_split(X, X, stratify=True),
            ShapeError,
            "y: expected shape (20,), one a row, got (20, 3).",
        ),
    ],
)
def test_what_cannot_be_split_is_refused(call, kind, message):
    assert refusal(kind, call) == message


# Folds --------------------------------------------------------------------------------


@given(
    rows=st.integers(2, 60),
    folds=st.integers(2, 9),
    seed=st.integers(0, 5),
    classes=st.integers(0, 6),
)
def test_every_row_is_tested_once_and_every_class_is_spread(rows, folds, seed, classes):
    folds = min(folds, rows)
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, rows) if classes else None
    dealt = gp.k_fold(rows, folds, seed=seed, labels=labels)
    assert len(dealt) == folds
    assert sorted(np.concatenate([test for _, test in dealt])) == list(range(rows))
    sizes = [len(test) for _, test in dealt]
    assert max(sizes) - min(sizes) <= 1
    for training, test in dealt:
        assert sorted([*training, *test]) == list(range(rows))
        assert (np.diff(training) > 0).all()
        assert (np.diff(test) > 0).all()
    for label in range(classes):
        counts = [int((labels[test] == label).sum()) for _, test in dealt]
        assert max(counts) - min(counts) <= 1


def test_folds_follow_from_the_seed():
    def tested(seed):
        return [test.tolist() for _, test in gp.k_fold(20, 4, seed=seed)]

    assert tested(1) == tested(1)
    assert tested(1) != tested(2)
    assert tested(0) != [list(range(at, at + 5)) for at in range(0, 20, 5)]


@given(
    groups=st.lists(st.integers(0, 9), min_size=4, max_size=50),
    seed=st.integers(0, 5),
)
def test_a_group_is_never_in_two_folds(groups, seed):
    names = np.array([f"patient {one}" for one in groups])
    folds = min(3, len(set(groups)))
    if folds < 2:
        return
    dealt = gp.k_fold(len(groups), folds, seed=seed, groups=names)
    assert sorted(np.concatenate([test for _, test in dealt])) == list(
        range(len(groups))
    )
    for training, test in dealt:
        assert len(test)
        assert not set(names[training]) & set(names[test])
    sizes = [len(test) for _, test in dealt]
    largest = np.unique(names, return_counts=True)[1].max()
    assert max(sizes) - min(sizes) <= largest


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (
            lambda: gp.k_fold(1),
            ArgumentError,
            "k_fold: rows must be a whole number >= 2, got 1.",
        ),
        (
            lambda: gp.k_fold(X),
            ArgumentError,
            f"k_fold: rows must be a whole number >= 2, got {X!r}.",
        ),
        (
            lambda: gp.k_fold(10, 11),
            ArgumentError,
            "k_fold: folds must be a whole number from 2 to the number of rows, 10, "
            "got 11.",
        ),
        (
            lambda: gp.k_fold(10, 1),
            ArgumentError,
            "k_fold: folds must be a whole number from 2 to the number of rows, 10, "
            "got 1.",
        ),
        (
            lambda: gp.k_fold(10, seed=0.5),
            ArgumentError,
            "k_fold: seed must be an integer from 0 to 2**63 - 1, got 0.5.",
        ),
        (
            lambda: gp.k_fold(4, 2, labels=[0, 1, 0]),
            ShapeError,
            "labels: expected shape (4,), one a row, got (3,).",
        ),
        (
            lambda: gp.k_fold(4, 2, labels=[0, 1, 0, 1], groups=[0, 1, 0, 1]),
            ArgumentError,
            "k_fold: give labels or groups, not both. Groups are kept together "
            "whatever their classes.",
        ),
        (
            lambda: gp.k_fold(4, 3, groups=["a", "a", "b", "b"]),
            ArgumentError,
            "k_fold: folds must be at most the number of groups, 2, got 3.",
        ),
    ],
)
def test_what_cannot_be_dealt_is_refused(call, kind, message):
    assert refusal(kind, call) == message
