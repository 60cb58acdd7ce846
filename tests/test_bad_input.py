"""Bad input to a network: the whole message, and nothing is lost."""

from __future__ import annotations

import datetime
import inspect
import math
from fractions import Fraction

import numpy as np
import pandas
import pytest

import glassprop as gp
from glassprop.errors import (
    ArgumentError,
    BroadcastError,
    DataError,
    ShapeError,
    TraceError,
)
from networks import KNOWN_LOSSES, bits, refusal

X = np.arange(12.0).reshape(4, 3)
Y = np.arange(8.0).reshape(4, 2)
LABELS = np.array([0, 1, 2, 0])


def numbers(**options):
    return gp.Network([gp.Dense(2)], loss="mean_squared_error", **options)


def classes(units=3, **options):
    return gp.Network([gp.Dense(units)], loss="cross_entropy", **options)


def yes_or_no(units=1):
    return gp.Network([gp.Dense(units)], loss="binary_cross_entropy")


def refused_everywhere(kind, net, message, *data, **options):
    """Expect one refusal from every method that learns or measures, and no trace."""
    before = bits(net), net.input_shape
    calls = [net.evaluate, net.gradients, net.check_gradients]
    for call in calls if not options else []:
        assert refusal(kind, lambda: call(*data)) == message  # noqa: B023  # called at once
    assert refusal(kind, lambda: net.fit(*data, verbose=False, **options)) == message
    assert (bits(net), net.input_shape) == before


# X: its shape -------------------------------------------------------------------------


@pytest.mark.parametrize("width", [2, 4])
@pytest.mark.parametrize("trained", [False, True])
def test_wrong_width(width, trained):
    net = numbers(input_shape=3)
    if trained:
        net.fit(X, Y, verbose=False)
    wide = np.ones((4, width))
    message = (
        f"X: expected shape (n, 3), got (4, {width}). The network was made for rows of "
        "shape (3,); give the same columns in the same order."
    )
    for call in (net, net.predict):
        assert refusal(ShapeError, lambda: call(wide)) == message  # noqa: B023  # called at once
    refused_everywhere(ShapeError, net, message, wide, Y)


def test_wrong_width_of_one_sample():
    net = numbers(input_shape=3)
    assert refusal(ShapeError, lambda: net([1.0, 2.0])) == (
        "X: expected shape (n, 3), got (2,). Each row has shape (3,); one row alone is "
        "X[None, :]."
    )


def test_one_dimension_where_two_are_needed():
    refused_everywhere(
        ShapeError,
        numbers(),
        "X: expected shape (n, features), got (4,). One feature is a column, "
        "X[:, None]; one row is X[None, :]. A network that is made with input_shape=4 "
        "takes one row as it is.",
        X[:, 0],
        Y,
    )


def test_a_number_alone():
    assert refusal(ShapeError, lambda: numbers(input_shape=3)(1.0)) == (
        "X: expected shape (n, 3), got (). Each row has shape (3,); one row alone is "
        "X[None, :]."
    )


def test_more_dimensions_than_the_network_takes():
    assert refusal(ShapeError, lambda: numbers(input_shape=3)(X[:, :, None])) == (
        "X: expected shape (n, 3), got (4, 3, 1). The network was made for rows of "
        "shape (3,); give the same columns in the same order."
    )


def test_no_columns():
    refused_everywhere(
        ShapeError,
        numbers(),
        "X: expected at least one value a row, got (4, 0).",
        X[:, :0],
        Y,
    )


def test_rows_of_different_length():
    refused_everywhere(
        DataError,
        numbers(),
        "X: the rows have different lengths. Give a rectangular array.",
        [[1.0, 2.0], [3.0]],
        Y[:2],
    )


# X and y: how many rows ---------------------------------------------------------------


def test_no_rows_in_fit():
    refused_everywhere(
        DataError,
        numbers(),
        "X: expected at least one row, got shape (0, 3).",
        X[:0],
        Y[:0],
    )
    assert numbers()(X[:0]).shape == (0, 2)


def test_an_empty_list():
    refused_everywhere(
        ShapeError,
        numbers(),
        "X: expected shape (n, features), got (0,). One feature is a column, "
        "X[:, None]; one row is X[None, :].",
        [],
        [],
    )


def test_one_row_is_enough_to_learn_from():
    for plain, y in ((numbers(), Y[:1]), (classes(), [2]), (yes_or_no(), [1])):
        net = gp.Network([gp.Standardize(), *plain.layers], loss=plain.loss)
        history = net.fit(X[:1], y, epochs=2, verbose=False)
        assert np.isfinite(history["loss"]).all()
        assert np.isfinite(net(X)).all()
        assert math.isfinite(net.evaluate(X[:1], y)["loss"])


def test_one_row_cannot_be_split():
    refused_everywhere(
        DataError,
        numbers(),
        "validation=0.2 of 1 rows leaves 1 to train on and 0 to hold out. Give more "
        "rows, or a pair (X, y) to validate on.",
        X[:1],
        Y[:1],
        validation=0.2,
    )


def test_y_with_another_number_of_rows():
    for y, shape in ((Y[:3], "(3, 2)"), (5.0, "()"), (Y[0], "(2,)")):
        refused_everywhere(
            ShapeError,
            numbers(),
            f"y: expected 4 rows, as many as X, got shape {shape}.",
            X,
            y,
        )


# Values -------------------------------------------------------------------------------

FILL = "Fill missing values or drop these rows."
REPLACE = "Replace it by a finite number or drop these rows; float32 ends at 3.4e38."


@pytest.mark.parametrize(
    ("value", "told"),
    [(np.nan, f"NaN {{}}. {FILL}"), (-np.inf, f"infinity {{}}. {REPLACE}")],
)
def test_nan_and_infinity_are_found_in_x(value, told):
    one = X.copy()
    one[2, 1] = value
    two = one.copy()
    two[1, 2] = value
    frame = pandas.DataFrame(one, columns=["hours", "sleep", "age"])
    for data, place in (
        (one, "in column 1, row 2"),
        (two, "in column 2, row 1 (2 such values)"),
        (frame, "in column 'sleep', row 2"),
        (one.tolist(), "in column 1, row 2"),
    ):
        message = "X: " + told.format(place)
        refused_everywhere(DataError, numbers(), message, data, Y)
        net = numbers(input_shape=3)
        assert refusal(DataError, lambda: net.predict(data)) == message  # noqa: B023  # called at once


def test_nan_in_more_dimensions():
    data = np.zeros((2, 3, 4))
    data[1, 2, 3] = np.nan
    net = gp.Network([gp.Flatten()])
    assert refusal(DataError, lambda: net(data)) == (
        f"X: NaN in row 1, position (2, 3). {FILL}"
    )


def test_nan_and_infinity_are_found_in_y():
    for y, told in (
        (np.where(Y == 5, np.nan, Y), f"y: NaN in column 1, row 2. {FILL}"),
        (
            np.where(Y > 5, np.inf, Y),
            "y: infinity in column 0, row 3 (2 such values). " + REPLACE,
        ),
        (
            pandas.DataFrame(np.where(Y == 0, np.nan, Y), columns=["score", "mark"]),
            f"y: NaN in column 'score', row 0. {FILL}",
        ),
    ):
        refused_everywhere(DataError, numbers(), told, X, y)
    for y in ([0.0, 1.0, np.nan, 0.0], pandas.Series([0.0, 1.0, np.nan, 0.0])):
        refused_everywhere(DataError, classes(), f"y: NaN in row 2. {FILL}", X, y)


def test_numbers_too_large_for_float32():
    large = X.copy()
    large[3, 0] = 1e39
    net = numbers(dtype=np.float32)
    refused_everywhere(
        DataError, net, f"X: infinity in column 0, row 3. {REPLACE}", large, Y
    )
    large = Y.copy()
    large[1, 1] = -1e39
    refused_everywhere(
        DataError, net, f"y: infinity in column 1, row 1. {REPLACE}", X, large
    )
    numbers().fit(X, large, verbose=False)  # float64 has room for it


WRONG_KINDS = {
    "complex": (
        X + 1j,
        "expected numbers, got dtype complex128. Take the real part, np.real(...), or "
        "stack real and imaginary parts.",
    ),
    "words": (
        [["a", "b", "c"]] * 4,
        "expected numbers, got dtype <U1. Number words by "
        "np.unique(words, return_inverse=True)[1].",
    ),
    "dates": (
        np.full((4, 3), "2020-01-01", "datetime64[D]"),
        "expected numbers, got dtype datetime64[D]. Convert it first, "
        "np.asarray(data, float).",
    ),
    "objects": (
        X.astype(object),
        "expected numbers, got an array of dtype object. Convert it first, "
        "np.asarray(data, float).",
    ),
    "a word among numbers": (
        np.array([[1.0, 2.0, 3.0], [1.0, "low", 3.0]] * 2, object),
        "expected numbers, got 'low' in column 1, row 1. Turn words into numbers, and "
        "missing values into NaN, before the call.",
    ),
    "None": (
        [[1.0, 2.0, 3.0], [1.0, 2.0, None]] * 2,
        "expected numbers, got None in column 2, row 1. Turn words into numbers, and "
        "missing values into NaN, before the call.",
    ),
    "masked values": (
        np.ma.masked_greater(X, 10),
        "the array has masked values. Fill them first, data.filled(...).",
    ),
    "fractions": (
        [[Fraction(1, 3)] * 3] * 4,
        "expected numbers, got Fraction(1, 3) in column 0, row 0. Turn words into "
        "numbers, and missing values into NaN, before the call.",
    ),
    "a frame with words": (
        pandas.DataFrame({"a": [1, 2, 3, 4], "b": ["x", "y", "z", "x"], "c": 0.5}),
        "expected numbers, got 'x' in column 'b', row 0. Turn words into numbers, and "
        "missing values into NaN, before the call.",
    ),
    "a frame with missing values": (
        pandas.DataFrame({"a": pandas.array([1, None, 3, 4], "Int64"), "b": True}),
        "expected numbers, got <NA> in column 'a', row 1. Turn words into numbers, and "
        "missing values into NaN, before the call.",
    ),
    "a frame with dates": (
        pandas.DataFrame({"day": [datetime.datetime(2020, 1, 1)] * 4}),
        "expected numbers, got dtype datetime64[us]. Convert it first, "
        "np.asarray(data, float).",
    ),
    "something else": (
        {"a": 1},
        "expected numbers, got {'a': 1} in the array. Turn words into numbers, and "
        "missing values into NaN, before the call.",
    ),
}


@pytest.mark.parametrize(("data", "told"), WRONG_KINDS.values(), ids=list(WRONG_KINDS))
def test_what_holds_no_numbers(data, told):
    refused_everywhere(DataError, numbers(), f"X: {told}", data, Y)
    refused_everywhere(DataError, numbers(), f"y: {told}", X, data)
    assert refusal(DataError, lambda: numbers(input_shape=3)(data)) == f"X: {told}"


# y: its shape, against broadcasting by accident ---------------------------------------

ACROSS = "; loss {!r} would broadcast them against each other"


@pytest.mark.parametrize(
    "loss", ["half_squared_error", "mean_squared_error", "mean_absolute_error", "huber"]
)
@pytest.mark.parametrize(
    ("units", "y", "told"),
    [
        (
            1,
            Y[:, 0],
            "(n, 1), like the network's output, got (n,){}. Make it a column, "
            "y[:, None].",
        ),
        (
            2,
            Y[:, :1],
            "(n, 2), like the network's output, got (n, 1){}. Give the last "
            "layer 1 unit, or y 2 columns.",
        ),
        (
            1,
            Y,
            "(n, 1), like the network's output, got (n, 2){}. Give the last layer 2 "
            "units, or y 1 column.",
        ),
        (
            4,
            Y[:, 0],
            "(n, 4), like the network's output, got (n,){}. Give y the shape "
            "of the network's output.",
        ),
        (
            2,
            Y[:, :, None],
            "(n, 2), like the network's output, got (n, 2, 1){}. Give y "
            "the shape of the network's output.",
        ),
    ],
    ids=["labels", "one column", "two columns", "rows as columns", "too deep"],
)
def test_a_target_that_would_broadcast(loss, units, y, told):
    net = gp.Network([gp.Dense(units)], loss=loss)
    message = f"y: expected shape {told.format(ACROSS.format(loss))}"
    refused_everywhere(BroadcastError, net, message, X, y)


def test_a_target_that_would_not_even_broadcast():
    net = gp.Network([gp.Dense(3)], loss="huber")
    refused_everywhere(
        ShapeError,
        net,
        "y: expected shape (n, 3), like the network's output, got (n, 2). Give the "
        "last layer 2 units, or y 3 columns.",
        X,
        Y,
    )


def test_a_column_where_the_output_is_a_number_a_row():
    class Only:
        def forward(self, p, x, run):
            return x[:, 0]

    net = gp.Network([Only()], loss="huber")
    refused_everywhere(
        BroadcastError,
        net,
        "y: expected shape (n,), like the network's output, got (n, 1); loss 'huber' "
        "would broadcast them against each other. Take the column, y[:, 0].",
        X,
        Y[:, :1],
    )
    assert math.isfinite(net.evaluate(X, Y[:, 0])["loss"])


@pytest.mark.parametrize("loss", ["cross_entropy", "binary_cross_entropy"])
def test_classes_of_another_shape(loss):
    net = gp.Network([gp.Dense(3)], loss=loss)
    broadcast = ACROSS.format(loss)
    column = (
        "Labels are one number a row, y[:, 0]."
        if loss == "cross_entropy"
        else "Give the last layer 1 unit, or y 3 columns."
    )
    refused_everywhere(
        BroadcastError,
        net,
        "y: expected shape (n, 3), like the network's output, got (n, 1)"
        f"{broadcast}. {column}",
        X,
        LABELS[:, None],
    )
    refused_everywhere(
        ShapeError,
        net,
        "y: expected shape (n, 3), like the network's output, got (n, 2). Give the "
        "last layer 2 units, or y 3 columns.",
        X,
        np.eye(4)[:, :2],
    )


def squares(output, y):
    return np.mean((output - y) ** 2, axis=-1)


def all_in_one(output, y):
    error = 2 * output - np.abs(y)
    return np.mean(error * error)


def chosen(output, y):
    return np.mean(np.where(y > 0, output, 0.0) ** 2)


@pytest.mark.parametrize("loss", [squares, all_in_one, chosen])
@pytest.mark.parametrize(
    "y", [Y[:, 0], LABELS, LABELS.tolist()], ids=["floats", "integers", "list"]
)
def test_a_loss_of_ones_own_that_would_make_rows_by_rows(loss, y):
    net = gp.Network([gp.Dense(1)], loss=loss)
    found = {
        squares: "output (n, 1) and target (n,)",
        all_in_one: "output (n, 1) and target (n,)",
        chosen: "target (n,) and output (n, 1)",
    }[loss]
    message = (
        f"loss {loss.__name__!r}: {found} would broadcast to (n, n), every row with "
        "every other. y[:, None] makes a column of one number a row, output[:, 0] one "
        "number a row of a column."
    )
    refused_everywhere(BroadcastError, net, message, X, y)
    net.evaluate(X, np.asarray(y, float)[:, None])


def test_rows_by_rows_deeper_in_a_loss_of_ones_own():
    def deep(output, y):
        spread = np.exp(output[:, 1:])
        return np.mean(spread * np.sqrt(1 + y), axis=1)

    net = gp.Network([gp.Dense(2)], loss=deep)
    refused_everywhere(
        BroadcastError,
        net,
        "loss 'deep': (n, 1) and target (n,) would broadcast to (n, n), every row with "
        "every other. y[:, None] makes a column of one number a row, output[:, 0] one "
        "number a row of a column.",
        X,
        Y[:, 0],
    )


@pytest.mark.parametrize(
    ("units", "y", "shapes"),
    [
        (3, Y[:, :1], "output (n, 3) and target (n, 1)"),
        (1, Y, "output (n, 1) and target (n, 2)"),
    ],
)
def test_a_loss_of_ones_own_that_would_broadcast_columns(units, y, shapes):
    net = gp.Network([gp.Dense(units)], loss=squares)
    refused_everywhere(
        BroadcastError,
        net,
        f"loss 'squares': {shapes} would broadcast against each other. Give y the "
        "shape of the output; if the loss means it, let it say so: "
        "np.broadcast_to(y, output.shape).",
        X,
        y,
    )


def test_what_a_loss_of_ones_own_means_may_be_said():
    def quantiles(output, y):
        error = np.broadcast_to(y, output.shape) - output
        return np.sum(np.maximum(0.9 * error, -0.1 * error), axis=1)

    def pairs(output, y):
        above = y[:, None] - y[None, :]
        return np.mean(np.maximum(0, 1 - above * (output - output.T)), axis=1)

    net = gp.Network([gp.Dense(3)], loss=quantiles)
    error = Y[:, :1] - net(X)
    expected = np.maximum(0.9 * error, -0.1 * error).sum(axis=1).mean()
    assert net.evaluate(X, Y[:, :1])["loss"] == pytest.approx(expected)
    net = gp.Network([gp.Dense(1)], loss=pairs)
    z = net(X)
    above = Y[:, 0][:, None] - Y[:, 0]
    expected = np.maximum(0, 1 - above * (z - z.T)).mean()
    assert net.evaluate(X, Y[:, 0])["loss"] == pytest.approx(expected)
    assert net.check_gradients(X, Y[:, 0]).ok


def test_a_loss_of_ones_own_that_does_not_fit_at_all():
    net = gp.Network([gp.Dense(3)], loss=squares)
    refused_everywhere(
        ShapeError,
        net,
        "shapes (n, 3) and (n,) do not broadcast together: axis -1 has the sizes 3 and "
        "n, and n fits n and 1 only. x[:, None] gives x another axis.",
        X,
        Y[:, 0],
    )


def branching(output, y):
    return np.sum(output, axis=1) if output[0, 0] > 0 else np.sum(y, axis=1)


def test_a_loss_of_ones_own_that_cannot_be_traced():
    net = gp.Network([gp.Dense(2)], loss=branching)
    with pytest.raises(TraceError) as caught:
        net.fit(X, Y, verbose=False)
    lines, first = inspect.getsourcelines(branching)
    assert caught.value.place == f"{__file__}:{first + 1}: {lines[1].strip()}"
    assert str(caught.value).endswith(f"\n  {caught.value.place}")
    assert bits(net) == {}
    assert net.input_shape is None


def share_of_errors(output, y):
    return np.mean(np.where(np.sign(output) == y, 0.0, 1.0), axis=1)


def constant(output, y):
    return np.sum(y * y, axis=1)


def position(output, y):
    return np.abs(output.argmax(axis=1) - y[:, 0])


@pytest.mark.parametrize("loss", [share_of_errors, constant, position])
def test_a_loss_of_ones_own_without_a_slope_can_be_measured_not_trained(loss):
    net = gp.Network([gp.Dense(2)], loss=loss)
    before = bits(net)
    for call in (lambda: net.fit(X, Y, verbose=False), lambda: net.gradients(X, Y)):
        assert refusal(ArgumentError, call) == (
            f"loss {loss.__name__!r} has the slope 0 for every output: it does not use "
            "the network's output, or only by comparisons, argmax, sign and the like. "
            "Training could change nothing; to measure without training, use "
            "net.evaluate."
        )
        assert (bits(net), net.input_shape) == (before, None)
    assert net.evaluate(X, Y)["loss"] == pytest.approx(loss(net(X), Y).mean())


def test_a_layer_that_pairs_rows_is_not_taken_for_the_loss():
    class Rank:
        def forward(self, p, x, run):
            first = x[:, 0]
            return np.mean(np.maximum(first - x[:, :1], 0), axis=1, keepdims=True)

    net = gp.Network([Rank(), gp.Dense(2)], loss=squares)
    first = X[:, 0]
    net.evaluate(X, Y)
    front = net.remove("dense_1")(X)
    np.testing.assert_allclose(
        front, np.maximum(first - first[:, None], 0).mean(axis=1, keepdims=True)
    )


# Labels -------------------------------------------------------------------------------

NUMBER = (
    "Number the classes from 0, y = np.unique(y, return_inverse=True)[1], and give the "
    "last layer one unit a class."
)


@pytest.mark.parametrize(
    ("y", "told"),
    [
        ([1, 2, 3, 1], "3 in row 2"),
        ([0, 1, -1, 0], "-1 in row 2"),
        ([0.0, 0.5, 1.0, 2.0], "0.5 in row 1"),
        ([0, 1, 2, 99], "99 in row 3"),
    ],
    ids=["from 1", "negative", "half", "far"],
)
def test_labels_are_0_to_k_minus_1(y, told):
    refused_everywhere(
        DataError,
        classes(),
        "y: loss 'cross_entropy' with 3 classes takes the labels 0 to 2, got "
        f"{told}. {NUMBER}",
        X,
        y,
    )


def test_labels_of_two_classes_are_0_and_1():
    refused_everywhere(
        DataError,
        yes_or_no(),
        "y: loss 'binary_cross_entropy' with 2 classes takes the labels 0 to 1, got -1 "
        f"in row 0. {NUMBER}",
        X,
        [-1, 1, 1, -1],
    )


@pytest.mark.parametrize(
    ("net", "y", "told"),
    [
        (yes_or_no(2), Y, "takes chances from 0 to 1, got 2.0 in row 1."),
        (classes(2), -Y, "takes chances from 0 to 1, got -1.0 in row 0."),
    ],
)
def test_chances_lie_between_0_and_1(net, y, told):
    refused_everywhere(
        DataError,
        net,
        f"y: loss {net.loss.name!r} {told} For numbers without these bounds use "
        "loss='mean_squared_error'.",
        X,
        y,
    )


def test_chances_of_classes_add_up_to_1():
    refused_everywhere(
        DataError,
        classes(),
        "y: the chances of the classes must add up to 1, got 2 in row 1. For several "
        "classes at once use loss='binary_cross_entropy'.",
        X,
        [[1, 0, 0], [1, 1, 0], [0, 0, 1], [0, 0, 0]],
    )


@pytest.mark.parametrize(
    ("net", "y", "label"),
    [
        (classes(), [2, 2, 2, 2], 2),
        (classes(), np.eye(3)[[1, 1, 1, 1]], 1),
        (yes_or_no(), [0, 0, 0, 0], 0),
        (yes_or_no(), np.ones((4, 1)), 1),
    ],
    ids=["labels", "one-hot", "binary", "column"],
)
def test_one_class(net, y, label):
    message = refusal(DataError, lambda: net.fit(X, y, verbose=False))
    assert message == (
        f"y: all 4 rows are of class {label}; there is nothing to tell apart. Give "
        "rows of at least two classes."
    )
    assert net.input_shape is None
    assert math.isfinite(net.evaluate(X, y)["loss"])  # to measure, one will do


def test_one_class_that_is_left_after_the_split():
    data, y = np.ones((9, 3)), [0, 0, 0, 0, 0, 0, 0, 0, 1]
    refused_everywhere(
        DataError,
        classes(),
        "y: all 2 rows are of class 0; there is nothing to tell apart. Give rows of at "
        "least two classes.",
        data,
        y,
        validation=0.8,
    )


def test_one_unit_cannot_tell_classes():
    refused_everywhere(
        ShapeError,
        classes(1),
        "loss 'cross_entropy': expected an output with one unit a class, two at least, "
        "got (n, 1). End the network with gp.Dense(classes); two classes can also be "
        "gp.Dense(1) with loss='binary_cross_entropy'.",
        X,
        [0, 1, 0, 1],
    )


# Arguments ----------------------------------------------------------------------------


@pytest.mark.parametrize("value", [0, -1, 1.5, "10", None, True, math.nan])
def test_epochs_are_counted(value):
    refused_everywhere(
        ArgumentError,
        numbers(),
        f"epochs must be a positive integer, got {value!r}.",
        X,
        Y,
        epochs=value,
    )


@pytest.mark.parametrize("value", [0, -1, 1.5, "10", True])
def test_batch_size_is_counted(value):
    refused_everywhere(
        ArgumentError,
        numbers(),
        "batch_size must be a positive integer (None takes all rows at once), got "
        f"{value!r}.",
        X,
        Y,
        batch_size=value,
    )


FRACTION = "validation must be a fraction above 0 and below 1, or a pair (X, y), got "
PAIR = "validation must be a fraction such as 0.2, or a pair (X, y), got "


@pytest.mark.parametrize(
    ("validation", "kind", "message"),
    [
        (0.0, ArgumentError, f"{FRACTION}0.0."),
        (1.0, ArgumentError, f"{FRACTION}1.0."),
        (-0.2, ArgumentError, f"{FRACTION}-0.2."),
        (20, ArgumentError, f"{FRACTION}20.0."),
        (math.nan, ArgumentError, f"{FRACTION}nan."),
        (True, ArgumentError, f"{PAIR}bool."),
        ("0.2", ArgumentError, f"{PAIR}str."),
        (X, ArgumentError, f"{PAIR}ndarray."),
        ((X,), ArgumentError, f"{PAIR}tuple."),
        (
            0.1,
            DataError,
            "validation=0.1 of 4 rows leaves 4 to train on and 0 to hold out. Give "
            "more rows, or a pair (X, y) to validate on.",
        ),
        (
            (X[:, :2], Y),
            ShapeError,
            "validation X: expected shape (n, 3), got (4, 2). The network was made for "
            "rows of shape (3,); give the same columns in the same order.",
        ),
        (
            (X[:0], Y[:0]),
            DataError,
            "validation X: expected at least one row, got shape (0, 3).",
        ),
        (
            (X, Y[:, :1]),
            BroadcastError,
            "validation y: expected shape (n, 2), like the network's output, got "
            "(n, 1); loss 'mean_squared_error' would broadcast them against each "
            "other. Give the last layer 1 unit, or y 2 columns.",
        ),
        (
            (np.where(X == 4, np.nan, X), Y),
            DataError,
            f"validation X: NaN in column 1, row 1. {FILL}",
        ),
        (
            (X, Y, [1.0]),
            ShapeError,
            "sample_weight: expected shape (4,), a weight a row, got (1,).",
        ),
    ],
)
def test_validation(validation, kind, message):
    refused_everywhere(kind, numbers(), message, X, Y, validation=validation)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"backend": "jax"},
            "unknown backend 'jax'. Expected 'auto', 'numpy' or 'numba'.",
        ),
        (
            {"backend": "nunpy"},
            "unknown backend 'nunpy'. Expected 'auto', 'numpy' or 'numba'.",
        ),
        (
            {"early_stopping": 0},
            "EarlyStopping: patience must be a positive integer, got 0.",
        ),
        (
            {"early_stopping": "yes"},
            "EarlyStopping: patience must be a positive integer, got 'yes'.",
        ),
        (
            {"early_stopping": gp.EarlyStopping(monitor="validation_los")},
            "EarlyStopping: monitor='validation_los' is not in the history, which has "
            "loss.",
        ),
        (
            {
                "early_stopping": gp.EarlyStopping(monitor="validation_accuracy"),
                "validation": 0.5,
            },
            "EarlyStopping: monitor='validation_accuracy' is not in the history, which "
            "has loss, validation_loss, validation_mae, validation_rmse, "
            "validation_r2. Did you mean 'validation_r2'?",
        ),
        (
            {"callbacks": [None]},
            "callbacks must be a list of functions callback(net, history), got [None].",
        ),
        (
            {"callbacks": [lambda net: None]},
            "callback '<lambda>' takes (net), but is called with (net, history). Write "
            "it as a function (net, history) -> True to stop.",
        ),
        (
            {"loss": lambda y: y},
            "loss '<lambda>' takes (y), but is called with (output, y). Write it as a "
            "function (output, y) -> one number a row.",
        ),
        (
            {"callbacks": None},
            "callbacks must be a list of functions callback(net, history), got None.",
        ),
        (
            {"callbacks": print},
            "callbacks must be a list of functions callback(net, history), got "
            "<built-in function print>.",
        ),
        (
            {"optimizer": "adm"},
            "unknown optimizer 'adm'. Did you mean 'adam'? Expected sgd, adam, "
            "adamw, nadam, rmsprop, adagrad, lion, rprop or lbfgs, or an optimizer "
            "such as gp.Adam(learning_rate=0.01).",
        ),
        (
            {"loss": "mean_squared"},
            "unknown loss 'mean_squared'. Did you mean 'mean_squared_error'? "
            f"{KNOWN_LOSSES}",
        ),
        (
            {"schedule": "cosin"},
            "schedule: expected constant, glassprop.schedules.Step(every=10), "
            "exponential, inverse_scaling, glassprop.schedules.Polynomial(epochs=100), "
            "glassprop.schedules.Cosine(epochs=100), "
            "glassprop.schedules.CosineRestarts(period=10), "
            "glassprop.schedules.OneCycle(epochs=100), "
            "glassprop.schedules.Warmup(epochs=5) or plateau, got 'cosin'.",
        ),
    ],
    ids=lambda value: None if isinstance(value, str) else str(next(iter(value))),
)
def test_options_of_fit(options, message):
    refused_everywhere(ArgumentError, numbers(), message, X, Y, **options)


def test_early_stopping_checks_its_numbers():
    assert refusal(ArgumentError, lambda: gp.EarlyStopping(patience=True)) == (
        "EarlyStopping: patience must be a positive integer, got True."
    )
    for given in (-1.0, math.inf, True):
        message = refusal(ArgumentError, lambda: gp.EarlyStopping(min_delta=given))  # noqa: B023  # called at once
        assert message == (
            f"EarlyStopping: min_delta must be a finite number >= 0, got {given!r}."
        )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seed": -1}, "seed must be an integer from 0 to 2**63 - 1, got -1."),
        ({"seed": 1.5}, "seed must be an integer from 0 to 2**63 - 1, got 1.5."),
        ({"seed": True}, "seed must be an integer from 0 to 2**63 - 1, got True."),
        (
            {"seed": 2**63},
            f"seed must be an integer from 0 to 2**63 - 1, got {2**63}.",
        ),
        (
            {"input_shape": 0},
            "input_shape must be a positive integer or a tuple of them, or for "
            "several inputs a tuple of such tuples, got 0.",
        ),
        (
            {"input_shape": (3, -1)},
            "input_shape must be a positive integer or a tuple of them, or for "
            "several inputs a tuple of such tuples, got (3, -1).",
        ),
        (
            {"input_shape": "abc"},
            "input_shape must be a positive integer or a tuple of them, or for "
            "several inputs a tuple of such tuples, got 'abc'.",
        ),
        (
            {"input_shape": 2.5},
            "input_shape must be a positive integer or a tuple of them, or for "
            "several inputs a tuple of such tuples, got 2.5.",
        ),
        (
            {"dtype": np.int32},
            "dtype must be float32 or float64, got <class 'numpy.int32'>.",
        ),
        ({"dtype": "float16"}, "dtype must be float32 or float64, got 'float16'."),
        ({"dtype": "real"}, "dtype must be float32 or float64, got 'real'."),
    ],
)
def test_options_of_a_network(options, message):
    assert refusal(ArgumentError, lambda: numbers(**options)) == message


def test_a_large_seed_works():
    net = gp.Network([gp.Dropout(0.5), gp.Dense(2)], loss="huber", seed=2**63 - 1)
    net.fit(X, Y, verbose=False)
    assert np.isfinite(net(X)).all()
