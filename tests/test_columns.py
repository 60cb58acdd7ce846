"""The layer between a table's array and a network."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import glassprop as gp
from glassprop.errors import ArgumentError, DataError, ShapeError
from glassprop.layers import Columns
from glassprop.losses import LOSSES
from networks import assert_slopes, example_target, fitting_outputs, refusal

NAN = np.nan
# Words, number, number, words, number: neither kind stands side by side throughout.
WORDS = (3, 0, 0, 2, 0)
FLAGGED = (1, 4)
X = np.array(
    [
        [2, 10.0, -1.0, 0, 5.0],
        [0, NAN, 1.0, 1, 5.0],
        [NAN, 30.0, 3.0, NAN, 5.0],
        [1, 20.0, 1.0, 0, NAN],
    ]
)
DEVIATION = np.sqrt(200 / 3)  # of 10, 20 and 30
EXPECTED = np.array(
    [
        # three numbers, two flags, three words, two words
        [-10 / DEVIATION, -2 / np.sqrt(2), 0, 0, 0, 0, 0, 1, 1, 0],
        [0, 0, 0, 1, 0, 1, 0, 0, 0, 1],
        [10 / DEVIATION, 2 / np.sqrt(2), 0, 0, 0, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 1, 0, 1, 0, 1, 0],
    ]
)


def output_of(layer, X, dtype=None):
    """Give what a layer makes of rows that it has learned from."""
    net = gp.Network([layer], input_shape=X.shape[1], dtype=dtype)
    net.learn(np.asarray(X, net.structure.dtype))
    return net(X)


def test_numbers_flags_and_words():
    np.testing.assert_allclose(
        output_of(Columns(WORDS, FLAGGED), X), EXPECTED, rtol=1e-15, atol=1e-15
    )


def row_by_row(words, flagged, X):
    """Make what the layer gives in plain Python, cell by cell."""
    numbers, flags, one_hot = [], [], []
    for place, count in enumerate(words):
        cells = X[:, place].tolist()
        present = [cell for cell in cells if not math.isnan(cell)]
        if count:
            for code in range(count):
                one_hot.append([float(cell == code) for cell in cells])
            continue
        mean = sum(present) / max(len(present), 1)
        squares = sum((cell - mean) ** 2 for cell in present) / max(len(present), 1)
        scale = squares**0.5 or 1.0
        filled = [mean if math.isnan(cell) else cell for cell in cells]
        numbers.append([(cell - mean) / scale for cell in filled])
        if place in flagged:
            flags.append([float(math.isnan(cell)) for cell in cells])
    return np.array(numbers + flags + one_hot).T


@pytest.mark.no_cover
@given(st.data())
def test_equals_a_plain_loop(data):
    kinds = st.lists(st.integers(0, 4), min_size=1, max_size=6)
    words = data.draw(kinds, label="words")
    numbers = [place for place, count in enumerate(words) if not count]
    flagged = sorted(data.draw(st.sets(st.sampled_from(numbers)))) if numbers else []
    cells = [
        st.integers(0, count - 1) if count else st.integers(-50, 50) for count in words
    ]
    row = st.tuples(*(cell | st.just(NAN) for cell in cells))
    X = np.array(data.draw(st.lists(row, min_size=1, max_size=6), label="X"), float)
    found = output_of(Columns(words, flagged), X)
    np.testing.assert_allclose(found, row_by_row(words, flagged, X), atol=1e-12)


def test_numbers_alone():
    numbers = [1, 2, 4]
    np.testing.assert_allclose(
        output_of(Columns((0, 0, 0)), X[:, numbers]),
        EXPECTED[:, :3],
        rtol=1e-15,
        atol=1e-15,
    )


def test_words_alone_have_nothing_to_learn():
    layer = Columns((3, 2))
    assert layer.state((2,)) == {}
    assert layer.learn(X[:, [0, 3]]) == {}
    assert np.array_equal(output_of(layer, X[:, [0, 3]]), EXPECTED[:, 5:])


def test_float32_stays_float32():
    found = output_of(Columns(WORDS, FLAGGED), X.astype(np.float32))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, EXPECTED, rtol=1e-6, atol=1e-7)


def test_mean_and_scale_are_learned_once_from_the_training_rows():
    layers = [Columns((0,), name="columns"), gp.Dense(1)]
    net = gp.Network(layers, loss="mean_squared_error")
    rows, target = np.array([[1.0], [NAN], [3.0], [100.0]]), np.ones((4, 1))
    validation = (rows[3:], target[3:])
    net.fit(rows[:3], target[:3], epochs=1, validation=validation, verbose=False)
    assert net.values["columns.mean"] == 2
    assert net.values["columns.scale"] == 1
    net.fit(rows, target, epochs=1, verbose=False)
    assert net.values["columns.mean"] == 2


def test_missing_where_training_had_none_counts_as_the_mean():
    net = gp.Network([Columns((0, 2))], input_shape=2)
    net.learn(np.array([[4.0, 0], [8.0, 1]]))
    assert net([NAN, NAN]).tolist() == [0, 0, 0]


def test_a_column_that_is_constant_or_missing_throughout_gives_zeros():
    rows = np.array([[7.0, NAN], [7.0, NAN]])
    assert output_of(Columns((0, 0), (1,)), rows).tolist() == [[0, 0, 1], [0, 0, 1]]


@pytest.mark.parametrize("loss", LOSSES)
def test_gradients_are_clean_though_values_are_missing(loss):
    units = fitting_outputs(LOSSES[loss], 2)
    target = example_target(LOSSES[loss], len(X), units, np.random.default_rng(0))
    layers = [Columns(WORDS, FLAGGED), gp.Dense(4, "tanh"), gp.Dense(units)]
    net = gp.Network(layers, loss=loss)
    net(X)
    net.learn(X)
    derived = net.gradients(X, target)
    assert all(np.isfinite(slope).all() for slope in derived.values())
    assert_slopes(derived, net.values, lambda: net.evaluate(X, target)["loss"])
    assert net.check_gradients(X, target).worst < 1e-6


def test_slope_of_the_input_is_zero_where_it_is_missing():
    layer = Columns((0, 2), (0,))

    def total(x):
        run = type("Run", (), {"state": {"mean": np.ones(1), "scale": np.full(1, 2.0)}})
        return np.sum(layer.forward({}, x, run))

    slope = gp.gradient(total)(np.array([[3.0, 1.0], [NAN, NAN]]))
    assert slope.tolist() == [[0.5, 0], [0, 0]]


def test_many_columns_become_arguments_of_the_program():
    words = [0, 2] * 100
    rows = np.random.default_rng(0).integers(0, 2, (9, 200)).astype(float)
    rows[3, 4:8] = NAN
    net = gp.Network([Columns(words, [4, 6]), gp.Dense(1)], loss="huber")
    net.fit(rows, rows[:, :1], epochs=2, verbose=False)
    assert net.structure.places[0].output_shape == (302,)
    assert np.isfinite(net(rows)).all()
    assert net.source().count("one_hot") == 2


def test_printed_step_runs_alone_and_gives_the_same_bits():
    net = gp.Network([Columns(WORDS, FLAGGED), gp.Dense(2)], loss="cross_entropy")
    net(X)
    net.learn(X)
    before = {name: np.array(value) for name, value in net.values.items()}
    y = np.array([0, 1, 1, 0])
    module = {}
    exec(net.source(optimizer="sgd"), module)
    W, b = before["dense_1.weight"], before["dense_1.bias"]
    mean, scale = before["columns_1.mean"], before["columns_1.scale"]
    loss = module["step"](W, b, mean, scale, X, y, 0.1)
    optimizer = gp.SGD(0.1)
    history = net.fit(
        X, y, optimizer=optimizer, batch_size=None, shuffle=False, verbose=False
    )
    assert history["loss"] == [loss]
    assert np.array_equal(net.values["dense_1.weight"], W)
    assert np.array_equal(net.values["dense_1.bias"], b)


def test_infinity_is_refused_where_missing_is_not():
    net = gp.Network([Columns((0, 0)), gp.Dense(1)])
    assert refusal(DataError, lambda: net([[1, NAN], [np.inf, 2]])) == (
        "X: infinity in column 0, row 1. Replace it by a finite number or drop these "
        "rows; float32 ends at 3.4e38."
    )


def test_missing_values_are_refused_where_another_layer_comes_first():
    net = gp.Network([gp.Standardize(), gp.Dense(1)])
    assert refusal(DataError, lambda: net([[1, 2], [NAN, 2]])) == (
        "X: NaN in column 0, row 1. Fill missing values or drop these rows."
    )


def test_fields_become_tuples_of_int():
    layer = Columns(np.array([0, 3]), [np.int64(0)])
    assert layer == Columns((0, 3), (0,))
    assert [type(one) for one in (*layer.words, *layer.flagged)] == [int, int, int]


@pytest.mark.parametrize(
    ("words", "flagged", "message"),
    [
        ((0, 1.5), (), "Columns: words must be whole numbers, got (0, 1.5)."),
        ((0,), ("a",), "Columns: flagged must be whole numbers, got ('a',)."),
        (
            (),
            (),
            "Columns: words must hold a count for each column, 0 for a column of "
            "numbers, got ().",
        ),
        (
            (0, -1),
            (),
            "Columns: words must hold a count for each column, 0 for a column of "
            "numbers, got (0, -1).",
        ),
        (
            (0, 3),
            (1,),
            "Columns: flagged must name columns of numbers, (0,), got (1,).",
        ),
    ],
)
def test_what_has_no_meaning_is_refused(words, flagged, message):
    assert refusal(ArgumentError, lambda: Columns(words, flagged)) == message


def test_another_number_of_columns_is_refused():
    net = gp.Network([Columns((0, 2))], input_shape=3)
    assert refusal(ShapeError, lambda: net.structure) == (
        "Columns 'columns_1': expected input (n, 2), a column for each count in words, "
        "got (n, 3)."
    )
