"""Networks of several inputs and several outputs, from data to model file."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

import glassprop as gp
from glassprop.chunks import CHUNK, rows_stay_apart
from glassprop.compiling import Compiled
from glassprop.errors import ArgumentError, BroadcastError, DataError, ShapeError
from glassprop.losses import Several
from glassprop.programs import Target, predict_program, step_program
from networks import bits, refusal

ROWS = 60
RNG = np.random.default_rng(0)
A, B = RNG.normal(size=(ROWS, 4)), RNG.normal(size=(ROWS, 3, 2))
KIND = (A[:, 0] + B[:, 0, 0] > 0).astype(int) + (A[:, 1] > 1)
SIZE = A[:, :1] * 2 + B[:, 1, 1:]
LOSSES = ["cross_entropy", "mean_squared_error"]


def two_by_two(loss=LOSSES, **options):
    """Two inputs, the second of a matrix a row; two outputs, of classes and numbers."""
    front = gp.Parallel(
        [[gp.Standardize(), gp.Dense(8, "tanh")], [gp.Flatten(), gp.Dense(8, "tanh")]]
    )
    ends = gp.Parallel([gp.Dense(3, name="kind"), gp.Dense(1, name="size")])
    layers = [front, gp.Concatenate(), gp.Dense(16, "tanh"), ends]
    return gp.Network(layers, loss=loss, **options)


def joined():
    """Two inputs, one output."""
    front = gp.Parallel([gp.Dense(2), [gp.Flatten(), gp.Dense(2)]])
    return gp.Network([front, gp.Concatenate(), gp.Dense(1)], loss="huber")


def apart(loss=("huber", "huber")):
    """One input, two outputs of one number."""
    return gp.Network([gp.Parallel([gp.Dense(1), gp.Dense(1)])], loss=list(loss))


def fitted(net, **options):
    options = {"epochs": 5, "verbose": False, **options}
    return net.fit((A, B), (KIND, SIZE), **options)


# Prediction ---------------------------------------------------------------------------


def test_shapes_of_inputs_and_outputs():
    net = two_by_two()
    assert [one.shape for one in net((A, B))] == [(ROWS, 3), (ROWS, 1)]
    assert net.input_shape == net.structure.input_shape == ((4,), (3, 2))
    assert net.structure.output_shape == ((3,), (1,))
    kind, size = net.predict((A, B))
    logits, numbers = net((A, B))
    np.testing.assert_array_equal(kind, logits.argmax(axis=1))
    np.testing.assert_array_equal(size, numbers)
    chances, same = net.predict_proba((A, B))
    np.testing.assert_allclose(chances.sum(axis=1), 1)
    np.testing.assert_array_equal(same, numbers)


def test_outputs_are_those_of_networks_with_one_each():
    net = two_by_two(seed=4)
    net((A, B))
    p = {key: np.array(value) for key, value in net.parameters.items()}
    left = np.tanh(A @ p["parallel_1.dense_1.weight"] + p["parallel_1.dense_1.bias"])
    flat = B.reshape(ROWS, 6)
    right = np.tanh(
        flat @ p["parallel_1.dense_2.weight"] + p["parallel_1.dense_2.bias"]
    )
    hidden = np.hstack([left, right]) @ p["dense_1.weight"] + p["dense_1.bias"]
    for found, name in zip(net((A, B)), ("kind", "size"), strict=True):
        weight, bias = (p[f"parallel_2.{name}.{one}"] for one in ("weight", "bias"))
        np.testing.assert_allclose(found, np.tanh(hidden) @ weight + bias, rtol=1e-12)


def test_one_sample_is_a_tuple_of_samples():
    net = two_by_two()
    whole = net((A, B))
    for sample in ((A[7], B[7]), [A[7].tolist(), B[7].tolist()]):
        kind, size = net(sample)
        np.testing.assert_allclose(kind, whole[0][7], rtol=1e-12)
        np.testing.assert_allclose(size, whole[1][7], rtol=1e-12)
    kind, size = net.predict((A[7], B[7]))
    assert kind == whole[0][7].argmax()
    assert size.shape == (1,)


def test_an_input_of_one_number_a_row_and_its_sample():
    net = gp.Network(
        [gp.Parallel([[], gp.Reshape(1)]), gp.Concatenate(), gp.Dense(1)],
        input_shape=((4,), ()),
    )
    numbers = np.arange(5.0)
    assert net((A[:5], numbers)).shape == (5, 1)
    np.testing.assert_allclose(net((A[2], 2.0)), net((A[:5], numbers))[2])


def test_lists_and_data_frames_stand_for_arrays():
    net = joined()
    expected = net((A, B))
    frame = pd.DataFrame(A, columns=list("abcd"))
    for given in ([A, B], (A.tolist(), B.tolist()), (frame, B), [frame, B.tolist()]):
        np.testing.assert_array_equal(net(given), expected)
    fresh = joined()
    np.testing.assert_array_equal(fresh((frame, B)), expected)
    fresh.fit((frame, B), pd.DataFrame(SIZE), verbose=False)
    net.fit((A, B), SIZE, verbose=False)
    assert bits(fresh) == bits(net)


def test_a_data_frame_each():
    frames = (pd.DataFrame(A), pd.DataFrame(B.reshape(ROWS, 6)).astype("float32"))
    net = gp.Network([gp.Concatenate(), gp.Dense(1)], loss="huber")
    net.fit(frames, SIZE, verbose=False)
    assert net.structure.dtype == np.float64
    assert net.structure.output_shape == (1,)
    bad = frames[1].copy()
    bad.iloc[3, 2] = np.nan
    assert refusal(DataError, lambda: net((frames[0], bad))) == (
        "X[1]: NaN in column '2', row 3. Fill missing values or drop these rows."
    )


@pytest.mark.parametrize(
    ("dtypes", "expected"),
    [
        ((np.float32, np.float32), np.float32),
        ((np.float32, np.float64), np.float64),
        ((np.float64, np.int64), np.float64),
    ],
)
def test_the_dtype_is_float32_where_all_inputs_are(dtypes, expected):
    given = tuple(one.astype(dtype) for one, dtype in zip((A, B), dtypes, strict=True))
    net = two_by_two()
    history = net.fit(given, (KIND, SIZE), epochs=3, verbose=False)
    assert net.structure.dtype == expected
    assert [one.dtype for one in net(given)] == [expected, expected]
    assert {value.dtype for value in net.values.values()} == {np.dtype(expected)}
    assert history["loss"][-1] < history["loss"][0]


def test_no_rows_give_no_rows():
    net = two_by_two()
    for seen in (False, True):
        given = (A[:0], B[:0])
        assert [one.shape for one in net(given)] == [(0, 3), (0, 1)]
        assert [one.shape for one in net.predict(given)] == [(0,), (0, 1)]
        assert [one.shape for one in net.predict_proba(given)] == [(0, 3), (0, 1)]
        if not seen:
            fitted(net)
    assert refusal(
        DataError, lambda: net.fit((A[:0], B[:0]), (KIND[:0], SIZE[:0]))
    ) == ("X: expected at least one row, got shape (0, 4).")


def test_long_data_are_calculated_in_parts():
    net = two_by_two()
    fitted(net)
    assert rows_stay_apart(predict_program(net.structure))
    rows = np.arange(CHUNK + 100) % ROWS
    for found, some in zip(net((A[rows], B[rows])), net((A, B)), strict=True):
        np.testing.assert_allclose(found, some[rows], rtol=1e-12)


# Training -----------------------------------------------------------------------------


def test_training_makes_the_sum_of_the_losses_small():
    net = two_by_two()
    history = fitted(net, epochs=60, optimizer=gp.Adam(0.01), validation=0.2)
    numbers = [
        "loss",
        "loss_1",
        "accuracy_1",
        "balanced_accuracy_1",
        "loss_2",
        "mae_2",
        "rmse_2",
        "r2_2",
    ]
    assert list(history) == ["loss", *(f"validation_{name}" for name in numbers)]
    assert history["loss"][-1] < 0.3 * history["loss"][0]
    found = net.evaluate((A, B), (KIND, SIZE))
    assert list(found) == numbers
    assert found["loss"] == pytest.approx(found["loss_1"] + found["loss_2"])
    assert found["accuracy_1"] > 0.85
    assert found["r2_2"] > 0.85


def test_evaluate_gives_what_each_output_alone_would():
    net = two_by_two()
    weights = np.arange(ROWS)
    found = net.evaluate((A, B), (KIND, SIZE), sample_weight=weights)
    for at, (output, y) in enumerate(zip(net((A, B)), (KIND, SIZE), strict=True)):
        alone = gp.Network([gp.Scale(1.0)], loss=LOSSES[at])
        for name, value in alone.evaluate(output, y, sample_weight=weights).items():
            assert found[f"{name}_{at + 1}"] == pytest.approx(value), name


@pytest.mark.parametrize("weights", [None, [1, 0.1], [0, 2.5]])
def test_losses_count_by_their_weights(weights):
    def ready(factors):
        net = two_by_two(loss=Several(LOSSES, weights=factors))
        net((A, B))
        net.learn((A, B))
        return net

    net = ready(weights)
    first, second = weights or (1, 1)
    found = net.evaluate((A, B), (KIND, SIZE))
    total = first * found["loss_1"] + second * found["loss_2"]
    assert found["loss"] == pytest.approx(total)
    slopes = net.gradients((A, B), (KIND, SIZE))
    parts = [
        ready(factors).gradients((A, B), (KIND, SIZE)) for factors in ([1, 0], [0, 1])
    ]
    for key, slope in slopes.items():
        expected = first * parts[0][key] + second * parts[1][key]
        np.testing.assert_allclose(slope, expected, rtol=1e-9, atol=1e-12)
    assert net.check_gradients((A, B), (KIND, SIZE)).ok
    history = fitted(net, batch_size=None, epochs=1)
    assert history["loss"] == [pytest.approx(total)]


def test_row_weights_weigh_the_rows_of_every_output():
    weights = np.where(np.arange(ROWS) < 20, 0.0, 2.0)
    one, other = two_by_two(), two_by_two()
    for net in (one, other):
        net((A, B))
        net.learn((A, B))
    given = {"batch_size": None, "epochs": 3, "verbose": False}
    one.fit((A, B), (KIND, SIZE), sample_weight=weights, **given)
    other.fit((A[20:], B[20:]), (KIND[20:], SIZE[20:]), **given)
    for key in one.values:
        np.testing.assert_allclose(one.values[key], other.values[key], rtol=1e-9)


def test_five_epochs_a_file_and_five_are_ten(tmp_path):
    path = tmp_path / "m.safetensors"
    options = {"validation": 0.2, "batch_size": 7, "sample_weight": np.ones(ROWS)}
    ten = two_by_two()
    fitted(ten, epochs=10, **options)
    five = two_by_two()
    fitted(five, **options)
    five.save(path)
    again = gp.load(path)
    assert again.loss == five.loss == Several(LOSSES)
    assert again.input_shape == ((4,), (3, 2))
    assert again.summary() == five.summary()
    assert again.source() == five.source()
    for found, expected in zip(again((A, B)), five((A, B)), strict=True):
        np.testing.assert_array_equal(found, expected)
    fitted(again, **options)
    assert bits(again) == bits(ten)


def test_layers_in_branches_learn_from_their_own_input():
    net = two_by_two()
    fitted(net)
    assert net.learned == {"parallel_1.standardize_1"}
    mean = net.values["parallel_1.standardize_1.mean"]
    np.testing.assert_allclose(mean, A.mean(axis=0))


@pytest.mark.parametrize("seed", range(4))
def test_validation_keeps_the_share_of_each_class_of_the_first_target_with_classes(
    seed,
):
    rare = (np.arange(40) % 5 == 0).astype(int)

    def share(output, y):  # of the rows of the rare class, but for a trace of output
        return np.sum(y + 1e-12 * output * output, axis=1)

    ends = gp.Parallel([gp.Dense(1), gp.Dense(2)])
    net = gp.Network([ends], loss=[share, "cross_entropy"], seed=seed)
    targets = (rare[:, None].astype(float), rare)
    history = net.fit(A[:40], targets, validation=0.25, verbose=False)
    assert history["validation_loss_1"] == [pytest.approx(0.2)]


def test_validation_data_of_ones_own():
    net = two_by_two()
    held_out = ((A[40:], B[40:]), (KIND[40:], SIZE[40:]), np.arange(1, 21))
    history = net.fit(
        (A[:40], B[:40]),
        (KIND[:40], SIZE[:40]),
        validation=held_out,
        epochs=2,
        verbose=False,
    )
    found = net.evaluate(*held_out[:2], sample_weight=held_out[2])
    assert history["validation_loss"][-1] == pytest.approx(found["loss"])
    assert history["validation_mae_2"][-1] == pytest.approx(found["mae_2"])


def test_callbacks_see_predict_and_stop():
    seen = []

    def look(net, history):
        seen.append((len(history["loss"]), *(one.shape for one in net((A, B)))))
        return len(seen) == 3

    history = fitted(two_by_two(), epochs=10, callbacks=[look])
    assert seen == [(at, (ROWS, 3), (ROWS, 1)) for at in (1, 2, 3)]
    assert history.stopped == "callback"


def test_early_stopping_watches_one_output_and_puts_the_best_back():
    best = gp.EarlyStopping(monitor="validation_loss_2", patience=2)
    net = two_by_two()
    options = {"optimizer": gp.Adam(0.3), "validation": ((A, B), (KIND, SIZE))}
    history = fitted(net, epochs=200, early_stopping=best, **options)
    assert history.stopped == "early stopping"
    at = int(np.argmin(history["validation_loss_2"]))
    assert history.best_epoch == at + 1
    found = net.evaluate((A, B), (KIND, SIZE))["loss_2"]
    assert found == pytest.approx(history["validation_loss_2"][at])


def test_the_printed_step_gives_what_the_program_gives():
    net = two_by_two()
    net((A, B))
    floating = np.dtype(np.float64)
    target = Target(((), (1,)), (np.dtype(np.int64), floating), weighted=True)
    program = step_program(net.structure, net.loss, gp.Adam(), target)
    rng = np.random.default_rng(0)
    values = {
        key: rng.uniform(0.1, 1, [one for one in node.shape if isinstance(one, int)])
        for key, node in program.inputs.items()
    }
    values |= {"x_1": A, "x_2": B, "y_1": KIND, "y_2": SIZE}
    values |= {"weights": np.ones(ROWS), "t": np.float64(2)}
    expected = program.run(values)
    given = {key: np.array(value) for key, value in values.items()}
    assert Compiled(program)(*given.values()) == expected["loss"]
    for key in program.updates:
        np.testing.assert_array_equal(given[key], expected[key])


def test_several_outputs_of_one_input_and_no_loss():
    net = gp.Network([gp.Parallel([gp.Dense(2), []])])
    made, same = net.predict(A)
    np.testing.assert_array_equal(same, A)
    assert made.shape == (ROWS, 2)
    one_made, one_same = net(A[3])
    np.testing.assert_allclose(one_made, made[3])
    np.testing.assert_array_equal(one_same, A[3])


def test_own_losses_and_metrics_of_several_outputs():
    def own(output, y):
        return np.sum(np.abs(output - y), axis=1)

    net = apart([own, "huber"])
    net.fit(A, (SIZE, SIZE), epochs=2, verbose=False)
    found = net.evaluate(A, (SIZE, SIZE), metrics=["mae"])
    assert {"loss", "loss_1", "loss_2", "mae_2"} <= set(found)
    first, _ = net(A)
    assert found["loss_1"] == pytest.approx(np.abs(first - SIZE).mean())
    assert math.isfinite(found["loss"])


@pytest.mark.parametrize("weights", [3, [True], "a", [1.0, 2.0], [math.inf]])
def test_weights_of_losses_are_a_number_each(weights):
    assert refusal(ArgumentError, lambda: Several(["huber"], weights=weights)) == (
        "Several: weights must be 1 finite numbers >= 0, one for each loss, got "
        f"{weights!r}."
    )


# What does not fit --------------------------------------------------------------------

TAKES_TWO = "X: expected a tuple of 2 arrays, one for each input of the network, got"
ONE_ARRAY = (
    "X: expected one array of shape (n, 4), got 2, of shapes (60, 4) and (60, 4). A "
    "network of several inputs begins with a layer that takes them, gp.Parallel([...]) "
    "or gp.Concatenate()."
)


def known(net, X):
    """Let a network see its input."""
    net(X)
    return net


@pytest.mark.parametrize(
    ("given", "kind", "message"),
    [
        (A, DataError, f"{TAKES_TWO} ndarray."),
        (pd.DataFrame(A), DataError, f"{TAKES_TWO} DataFrame."),
        (None, DataError, f"{TAKES_TWO} NoneType."),
        ({"a": A, "b": B}, DataError, f"{TAKES_TWO} dict."),
        ((A, B, A), DataError, f"{TAKES_TWO} 3 of them."),
        ((A,), DataError, f"{TAKES_TWO} 1 of them."),
        ((), DataError, f"{TAKES_TWO} 0 of them."),
        (
            (B, A),
            ShapeError,
            "X[0]: expected shape (n, 4), got (60, 3, 2). The network was made for "
            "rows of shape (4,); give the same columns in the same order.",
        ),
        (
            (A, B[:5]),
            ShapeError,
            "X: all inputs must have the same rows, got 60 in X[0] and 5 in X[1].",
        ),
        (
            (A[0], B),
            ShapeError,
            "X[0]: expected shape (n, 4), got (4,). Each row has shape (4,); one row "
            "alone is X[0][None, :].",
        ),
        (
            (A, B.astype(str)),
            DataError,
            "X[1]: expected numbers, got dtype <U32. Number words by "
            "np.unique(words, return_inverse=True)[1].",
        ),
        (
            (A, np.where(B > 2, np.nan, B)),
            DataError,
            "X[1]: NaN in row 1, position (0, 1) (6 such values). Fill missing values "
            "or drop these rows.",
        ),
    ],
)
def test_inputs_that_do_not_fit_a_network_of_two_are_refused(given, kind, message):
    for net in (
        known(joined(), (A, B)),
        gp.Network(joined().layers, input_shape=((4,), (3, 2))),
    ):
        before = bits(net)
        assert refusal(kind, lambda: net(given)) == message  # noqa: B023  # called at once
        assert refusal(kind, lambda: net.fit(given, SIZE, loss="huber")) == message  # noqa: B023  # called at once
        assert bits(net) == before


def test_two_inputs_to_a_network_made_for_one_are_refused():
    net = known(gp.Network([gp.Dense(1)], loss="huber"), A)
    for call in (
        lambda: net((A, A)),
        lambda: net.predict((A, A)),
        lambda: net.fit((A, A), SIZE),
        lambda: net.evaluate((A, A), SIZE),
    ):
        assert refusal(ShapeError, call) == ONE_ARRAY
    assert refusal(ShapeError, lambda: net((A, B))) == ONE_ARRAY.replace(
        "and (60, 4)", "and (60, 3, 2)"
    )


def test_two_inputs_to_layers_that_take_one_are_refused():
    net = gp.Network([gp.Dense(1)])
    assert refusal(ShapeError, lambda: net((A, A))) == (
        "Dense 'dense_1': expected one array, got 2, of shapes (n, 4) and (n, 4). Join "
        "them first, gp.Concatenate(), or feed them to a branch each, "
        "gp.Parallel([...])."
    )
    assert net.input_shape is None


def test_a_tuple_of_samples_is_the_rows_of_one_input():
    net = known(gp.Network([gp.Flatten(), gp.Dense(1)]), B)
    np.testing.assert_array_equal(net(tuple(B[:5])), net(B[:5]))
    images = gp.Network([gp.Flatten(), gp.Dense(1)], input_shape=(2, 3, 2))
    np.testing.assert_array_equal(images((B[0], B[1])), images(B[None, :2])[0])


@pytest.mark.parametrize("layers", [[gp.Dense(1)], [gp.Flatten(), gp.Dense(1)]])
@pytest.mark.parametrize(
    ("given", "got"),
    [
        ([A, A], "a list of 2, of shapes (60, 4) and (60, 4)"),
        ([A, A, A], "a list of 3, of shapes (60, 4) and (60, 4) and (60, 4)"),
        ((A,), "a tuple of 1, of shape (60, 4)"),
        ([B], "a list of 1, of shape (60, 3, 2)"),
    ],
)
def test_inputs_are_not_taken_for_rows(layers, given, got):
    net = gp.Network(layers, loss="huber")
    assert refusal(ShapeError, lambda: net.fit(given, SIZE)) == (
        f"X: expected an array, or a tuple of several, got {got}. Give one input as "
        "the array itself; several, to a network that takes them, are a tuple: (a, b)."
    )
    assert net.input_shape is None


def test_a_list_of_rows_is_one_input():
    rows = list(B[:5])
    net = gp.Network([gp.Flatten(), gp.Dense(1)], loss="huber", seed=1)
    net.fit(rows, SIZE[:5], verbose=False)
    same = gp.Network([gp.Flatten(), gp.Dense(1)], loss="huber", seed=1)
    same.fit(B[:5], SIZE[:5], verbose=False)
    np.testing.assert_array_equal(net(rows), same(B[:5]))


def test_inputs_in_a_list_are_not_one_input():
    net = known(gp.Network([gp.Dense(1)], loss="huber"), A)
    for given in ([A, A], (A, A)):
        assert refusal(ShapeError, lambda: net(given)) == ONE_ARRAY  # noqa: B023  # called at once
    for given, kind in (([A], "list"), ((A,), "tuple")):
        assert refusal(ShapeError, lambda: net.fit(given, SIZE)) == (  # noqa: B023  # called at once
            f"X: expected one array of shape (n, 4), got a {kind} of one, of shape "
            "(60, 4). Give the array itself."
        )


def test_a_list_of_inputs_says_that_they_are_a_tuple():
    assert refusal(DataError, lambda: joined()([A, B])) == (
        "X: the rows have different lengths. Give a rectangular array. Several inputs "
        "are a tuple of arrays, each of shape (n, ...)."
    )
    assert refusal(DataError, lambda: joined()([[1, 2], [3]])) == (
        "X: the rows have different lengths. Give a rectangular array."
    )


@pytest.mark.parametrize(
    ("input_shape", "got"),
    [
        (((4,),), "((4,),)"),
        (((4,), (3, 0)), "(3, 0)"),
        (((4,), 3), "((4,), 3)"),
        (((4,), "ab"), "((4,), 'ab')"),
        (("ab", "cd"), "('ab', 'cd')"),
        ((((4,), (3,)), (2,)), "(((4,), (3,)), (2,))"),
    ],
)
def test_input_shapes_that_are_none_are_refused(input_shape, got):
    def call():
        gp.Network([gp.Concatenate()], input_shape=input_shape)

    assert refusal(ArgumentError, call) == (
        "input_shape must be a positive integer or a tuple of them, or for several "
        f"inputs a tuple of such tuples, got {got}."
    )


TWO_TARGETS = "y: expected a tuple of 2 arrays, one for each output of the network, got"


@pytest.mark.parametrize(
    ("y", "kind", "message"),
    [
        (np.hstack([SIZE, SIZE]), DataError, f"{TWO_TARGETS} ndarray."),
        ((SIZE,) * 3, DataError, f"{TWO_TARGETS} 3 of them."),
        ("ab", DataError, f"{TWO_TARGETS} str."),
        (
            (SIZE, SIZE[:, 0]),
            BroadcastError,
            "y[1]: expected shape (n, 1), like the network's output, got (n,); loss "
            "'huber' would broadcast them against each other. Make it a column, y[:, "
            "None].",
        ),
        (
            (SIZE, SIZE[:3]),
            ShapeError,
            "y[1]: expected 60 rows, as many as X, got shape (3, 1).",
        ),
        (
            (SIZE * np.nan, SIZE),
            DataError,
            "y[0]: NaN in column 0, row 0 (60 such values). Fill missing values or "
            "drop these rows.",
        ),
    ],
)
def test_targets_that_do_not_fit_are_refused(y, kind, message):
    net = apart()
    assert refusal(kind, lambda: net.fit(A, y, verbose=False)) == message
    assert net.input_shape is None


def test_several_targets_of_one_output_are_refused():
    net = gp.Network([gp.Dense(1)], loss="huber")
    assert refusal(ShapeError, lambda: net.fit(A, (SIZE, SIZE))) == (
        "y: expected one array, as the network has one output, got 2, of shapes (60, "
        "1) and (60, 1). A network of several outputs ends with gp.Parallel([...])."
    )
    net.fit(A, tuple(SIZE), verbose=False)  # a tuple of rows


def test_every_output_needs_a_loss_and_every_loss_an_output():
    two = gp.Network([gp.Parallel([gp.Dense(1), gp.Dense(1)])], loss="huber")
    message = (
        "loss: expected one for each of the network's 2 outputs, got 1: 'huber'. Pass "
        "a list, loss=['cross_entropy', 'mean_squared_error'], in the order of the "
        "outputs."
    )
    for call in (
        lambda: two.fit(A, (SIZE, SIZE)),
        lambda: two.evaluate(A, (SIZE, SIZE)),
        lambda: two.gradients(A, (SIZE, SIZE)),
    ):
        assert refusal(ArgumentError, call) == message
    two(A)
    assert refusal(ArgumentError, lambda: two.predict(A)) == message
    one = gp.Network([gp.Dense(1)], loss=["huber", "mean_squared_error"])
    assert refusal(ArgumentError, lambda: one.fit(A, SIZE)) == (
        "loss: expected one for each of the network's 1 output, got 2: 'huber', "
        "'mean_squared_error'. Join the outputs, or drop the other losses."
    )
    listed = gp.Network([gp.Dense(1)], loss=["huber"])  # a list of one is one
    listed.fit(A, SIZE, verbose=False)


def test_labels_of_an_output_are_checked_by_its_loss():
    net = two_by_two()
    assert refusal(DataError, lambda: net.fit((A, B), (KIND + 5, SIZE))) == (
        "y[0]: loss 'cross_entropy' with 3 classes takes the labels 0 to 2, got 6 in "
        "row 0. Number the classes from 0, y = np.unique(y, return_inverse=True)[1], "
        "and give the last layer one unit a class."
    )
    assert refusal(DataError, lambda: net.fit((A, B), (0 * KIND, SIZE))) == (
        "y[0]: all 60 rows are of class 0; there is nothing to tell apart. Give rows "
        "of at least two classes."
    )


def test_class_weights_of_several_targets_are_refused():
    message = refusal(
        ArgumentError, lambda: fitted(two_by_two(), class_weight="balanced")
    )
    assert message == (
        "class_weight needs rows of one class each, which loss 'cross_entropy + "
        "mean_squared_error' with y of shape (n,) and (n, 1) does not have. Use "
        "sample_weight."
    )


def test_validation_data_are_checked_like_the_rows():
    net = joined()
    for validation, kind, message in (
        (
            (A, SIZE),
            DataError,
            f"validation {TAKES_TWO} ndarray.",
        ),
        (
            ((A, B[:3]), SIZE),
            ShapeError,
            "validation X: all inputs must have the same rows, got 60 in validation "
            "X[0] and 3 in validation X[1].",
        ),
        (
            ((A, B), SIZE[:3]),
            ShapeError,
            "validation y: expected 60 rows, as many as X, got shape (3, 1).",
        ),
    ):

        def call(validation=validation):
            net.fit((A, B), SIZE, validation=validation, verbose=False)

        assert refusal(kind, call) == message
        assert net.input_shape is None
