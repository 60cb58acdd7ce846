"""Metrics: equal to scikit-learn's, sound over the registry, clear in refusal."""

from __future__ import annotations

import dataclasses
import doctest
import math
import warnings
from types import MappingProxyType

import numpy as np
import pytest
import sklearn.metrics

from glassprop import metrics
from glassprop.errors import ArgumentError, DataError, ShapeError
from glassprop.metrics import (
    METRICS,
    Metric,
    accuracy,
    balanced_accuracy,
    confusion_matrix,
    get_metric,
    log_loss,
    mean_absolute_error,
    r2,
    root_mean_squared_error,
)

NAMES = sorted(METRICS)
NOT_CLASSES = [name for name in NAMES if METRICS[name].takes != "classes"]
NOT_VALUES = [name for name in NAMES if METRICS[name].takes != "values"]


def cases(takes, rng):
    """Give random pairs of a truth and predictions of every form of that kind."""
    n = int(rng.integers(2, 60))
    if takes == "values":
        for shape in ((n,), (n, 1), (n, 4)):
            truth = rng.normal(3, 2, shape)
            yield truth, truth + rng.normal(0, 1, shape)
        return
    for classes in (2, 3, 7):
        truth = rng.permutation(np.arange(max(n, classes)) % classes)
        if takes == "classes":
            yield truth, rng.integers(0, classes, len(truth))
        else:
            scores = rng.exponential(1, (len(truth), classes))
            probabilities = scores / scores.sum(axis=1, keepdims=True)
            yield truth, probabilities
            if classes == 2:
                yield truth, probabilities[:, 1]
                yield truth, probabilities[:, 1:]


def perfect(takes, rng):
    """Give a truth and the predictions that nothing can beat."""
    truth = rng.permutation(np.arange(30) % 3)
    if takes == "probabilities":
        return truth, np.eye(3)[truth]
    return truth, truth.copy()


def twin(row):
    """Find scikit-learn's function for a row by its name."""
    name = row.function.__name__
    return getattr(sklearn.metrics, f"{name}_score", None) or getattr(
        sklearn.metrics, name, None
    )


@pytest.fixture(params=NAMES)
def row(request):
    return METRICS[request.param]


def test_every_metric_has_a_twin_in_scikit_learn():
    assert [name for name in NAMES if twin(METRICS[name]) is None] == []


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_values_equal_those_of_scikit_learn(row, dtype):
    rng = np.random.default_rng(7)
    tolerance = 1e-12 if dtype == np.float64 else 2e-5
    tried = 0
    for _ in range(40):
        for truth, guess in cases(row.takes, rng):
            given = guess.astype(dtype) if row.takes != "classes" else guess
            weights = rng.exponential(1, len(truth))
            weights[rng.random(len(truth)) < 0.2] = 0
            weights[0] = 1
            for used in (None, weights):
                with warnings.catch_warnings():
                    # A class may be only predicted, or weigh nothing: it warns.
                    warnings.filterwarnings("ignore", message="y_pred contains")
                    expected = twin(row)(truth, given, sample_weight=used)
                value = row.function(truth, given, weights=used)
                assert type(value) is float
                assert value == pytest.approx(expected, rel=tolerance, abs=tolerance)
                tried += 1
    assert tried >= 240


def test_the_order_of_rows_does_not_matter_and_lists_will_do(row):
    rng = np.random.default_rng(1)
    for truth, guess in cases(row.takes, rng):
        value = row.function(truth, guess)
        order = rng.permutation(len(truth))
        assert row.function(truth[order], guess[order]) == pytest.approx(value, 1e-12)
        assert row.function(truth.tolist(), guess.tolist()) == value
        truth.setflags(write=False)
        assert row.function(truth, np.asfortranarray(guess)[::1]) == value


def test_a_weight_counts_a_row_so_many_times(row):
    rng = np.random.default_rng(2)
    for truth, guess in cases(row.takes, rng):
        weights = rng.integers(0, 4, len(truth))
        weights[:2] = 1
        repeated = row.function(truth.repeat(weights, 0), guess.repeat(weights, 0))
        assert row.function(truth, guess, weights=weights) == pytest.approx(repeated)
        scaled = row.function(truth, guess, weights=weights * 0.37)
        assert scaled == pytest.approx(repeated)


def test_nothing_beats_the_perfect_answer_and_the_row_says_which_way(row):
    rng = np.random.default_rng(3)
    truth, best = perfect(row.takes, rng)
    top = row.function(truth, best)
    assert top == pytest.approx(1.0 if row.greater_is_better else 0.0, abs=1e-15)
    worse = row.function(truth, np.roll(best, 1, axis=0))
    assert (worse < top) == row.greater_is_better
    assert worse != top


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("row", NOT_CLASSES, indirect=True)
def test_nan_predictions_give_nan_without_a_warning(row, dtype):
    for truth, guess in cases(row.takes, np.random.default_rng(4)):
        broken = guess.astype(dtype)
        broken[0] = np.nan
        assert math.isnan(row.function(truth, broken))
    assert math.isnan(log_loss([0, 1], [[0.5, 0.5], [math.nan, 1.0]]))


def test_infinite_and_huge_predictions_give_an_infinite_error():
    truth = np.array([1.0, 2.0, 3.0])
    for guess in ([1.0, math.inf, 3.0], [1.0, -1e200, 3.0]):
        assert root_mean_squared_error(truth, guess) == math.inf
        assert r2(truth, guess) == -math.inf
    assert mean_absolute_error(truth, [1.0, math.inf, 3.0]) == math.inf


def test_small_integers_do_not_overflow():
    truth = np.array([-128, 127, 0], np.int8)
    guess = np.array([127, -128, 0], np.int8)
    assert mean_absolute_error(truth, guess) == 170.0
    large = np.array([255, 0], np.uint8)
    assert root_mean_squared_error(large, large[::-1]) == 255.0
    counts = confusion_matrix(np.full(2, 100, np.int8), np.array([0, 1], np.int8))
    assert np.argwhere(counts).tolist() == [[100, 0], [100, 1]]


def test_one_row(row):
    truth, guess = perfect(row.takes, np.random.default_rng(5))
    value = row.function(truth[:1], guess[:1])
    if row.name == "r2":
        assert math.isnan(value)
    else:
        assert value == pytest.approx(1.0 if row.greater_is_better else 0, abs=1e-15)


def test_balanced_accuracy_of_classes_that_are_only_predicted_or_missing():
    # Class 2 is only predicted and class 1 nowhere: the mean is over 0 and 3.
    assert balanced_accuracy([0, 0, 3, 3], [0, 2, 3, 3]) == 0.75
    assert balanced_accuracy([0, 1], [0, 0], weights=[1.0, 0.0]) == 1.0
    assert balanced_accuracy([-1, 1, 10**12], [-1, 1, 0]) == pytest.approx(2 / 3)


def test_r2_of_constant_outputs():
    assert r2([5.0, 5.0, 5.0], [5.0, 5.0, 5.0]) == 1.0
    assert r2([5.0, 5.0, 5.0], [5.0, 5.0, 5.1]) == 0.0
    # The rounded variance of three 0.1 is not 0, yet they are constant.
    tenth = np.full(3, 0.1)
    assert np.sum((tenth - tenth.mean()) ** 2) > 0
    assert r2(tenth, tenth) == 1.0
    assert r2(tenth, tenth + 1e-3) == 0.0
    assert r2([0.1, 0.1, 0.1, 7.0], [1.0, 0.1, 0.1, 7.0], weights=[1, 1, 1, 0]) == 0.0
    two = np.array([[1.0, 5.0], [3.0, 5.0]])
    assert r2(two, two + [[0.0, 1.0], [0.0, 0.0]]) == 0.5
    assert math.isnan(r2([5.0, 5.0], [5.0, math.nan]))


def test_log_loss_of_certain_answers_is_clipped_by_the_dtype():
    for dtype in (np.float32, np.float64):
        eps = np.finfo(dtype).eps
        wrong = np.array([[0.0, 1.0]], dtype)
        assert log_loss([0], wrong) == pytest.approx(-math.log(eps), rel=1e-7)
        assert log_loss([0], wrong[:, 1]) == log_loss([0], wrong)
        assert 0 < log_loss([1], wrong) < 2 * eps
    assert log_loss([0], [[0, 1]]) == pytest.approx(36.04, abs=0.01)


def test_log_loss_knows_the_classes_from_the_columns():
    # One class only in the truth: scikit-learn has to be told the labels.
    probabilities = np.array([[0.2, 0.3, 0.5], [0.1, 0.8, 0.1]])
    expected = sklearn.metrics.log_loss([1, 1], probabilities, labels=[0, 1, 2])
    assert log_loss([1, 1], probabilities) == pytest.approx(expected, rel=1e-14)


def test_confusion_matrix_equals_that_of_scikit_learn():
    rng = np.random.default_rng(6)
    for classes in (1, 2, 5):
        truth, guess = rng.integers(0, classes, (2, 50))
        weights = rng.exponential(1, 50)
        labels = list(range(classes + 1))
        counts = confusion_matrix(truth, guess, classes=classes + 1)
        expected = sklearn.metrics.confusion_matrix(truth, guess, labels=labels)
        assert counts.dtype == np.int64
        assert counts.tolist() == expected.tolist()
        weighted = confusion_matrix(truth, guess, classes + 1, weights=weights)
        expected = sklearn.metrics.confusion_matrix(
            truth, guess, labels=labels, sample_weight=weights
        )
        np.testing.assert_allclose(weighted, expected, rtol=1e-12)
    assert confusion_matrix([0, 2], [0, 1]).tolist() == [
        [1, 0, 0],
        [0, 0, 0],
        [0, 1, 0],
    ]
    assert confusion_matrix([0, 1], [1, 1], np.int64(2)).tolist() == [[0, 1], [0, 1]]


def test_whole_floats_and_booleans_are_class_numbers():
    assert accuracy([0.0, 1.0], np.array([False, True])) == 1.0


def test_values_of_more_axes_are_averaged_over_all_outputs():
    rng = np.random.default_rng(8)
    truth, guess = rng.normal(size=(2, 5, 3, 2))
    flat = mean_absolute_error(truth.reshape(5, 6), guess.reshape(5, 6))
    assert mean_absolute_error(truth, guess) == flat


def test_the_registry_is_read_only_and_named_by_its_rows():
    assert isinstance(METRICS, MappingProxyType)
    for name, row in METRICS.items():
        assert row.name == name
        assert get_metric(name) is row
        with pytest.raises(dataclasses.FrozenInstanceError):
            row.name = "other"
    own = Metric("own", accuracy, "classes", True)
    assert get_metric(own) is own


def valid(row):
    """Give three rows that a metric takes."""
    truth = np.array([0, 1, 2])
    if row.takes == "probabilities":
        return truth, np.eye(3)
    if row.takes == "values":
        return truth.astype(float), truth.astype(float)
    return truth, truth


def refusal(error, call):
    with pytest.raises(error) as caught:
        call()
    return str(caught.value)


def test_refuses_no_rows(row):
    place = row.function.__name__
    assert refusal(DataError, lambda: row.function([], [])) == (
        f"{place}: expected at least one row, got y_true of shape (0,). There is "
        f"nothing to measure."
    )
    truth, _ = valid(row)
    empty = np.empty((3, 0))
    assert refusal(DataError, lambda: row.function(truth, empty)) == (
        f"{place}: expected at least one row, got y_pred of shape (3, 0). There is "
        f"nothing to measure."
    )


def test_refuses_a_bare_number(row):
    truth, _ = valid(row)
    assert refusal(ShapeError, lambda: row.function(truth, 1)) == (
        f"{row.function.__name__}: expected y_pred to hold rows, got 1. Put a single "
        f"one into a list."
    )


def test_refuses_accidental_broadcasting(row):
    place = row.function.__name__
    truth, guess = valid(row)
    column = truth[:, None]
    if row.takes == "values":
        assert refusal(ShapeError, lambda: row.function(truth, column)) == (
            f"{place}: expected y_true and y_pred of one shape, got (3,) and (3, 1). "
            f"If the order is the same, use y_pred.reshape(y_true.shape)."
        )
        assert refusal(ShapeError, lambda: row.function(column, truth)) == (
            f"{place}: expected y_true and y_pred of one shape, got (3, 1) and (3,). "
            f"If the order is the same, use y_pred.reshape(y_true.shape)."
        )
    else:
        assert refusal(ShapeError, lambda: row.function(column, guess)) == (
            f"{place}: expected y_true of shape (n,), one class number a row, got "
            f"(3, 1). Use y_true.ravel()."
        )
    if row.takes == "classes":
        assert refusal(ShapeError, lambda: row.function(truth, column)) == (
            f"{place}: expected y_pred of shape (n,), one class number a row, got "
            f"(3, 1). Use y_pred.ravel()."
        )


def test_refuses_another_number_of_rows(row):
    place = row.function.__name__
    truth, guess = valid(row)
    if row.takes == "values":
        expected = (
            f"{place}: expected y_true and y_pred of one shape, got (3,) and (1,). "
            f"Give one prediction for every number of y_true."
        )
    else:
        shape = "(1,)" if row.takes == "classes" else "(1, 3)"
        expected = (
            f"{place}: expected one prediction for each of the 3 rows of y_true, got "
            f"y_pred of shape {shape}. Predict the same rows that y_true holds."
        )
    assert refusal(ShapeError, lambda: row.function(truth, guess[:1])) == expected


@pytest.mark.parametrize("row", NOT_VALUES, indirect=True)
def test_refuses_one_hot_truth(row):
    _, guess = valid(row)
    assert refusal(ShapeError, lambda: row.function(np.eye(3), guess)) == (
        f"{row.function.__name__}: expected y_true of shape (n,), one class number a "
        f"row, got (3, 3). One-hot rows and scores become classes by "
        f"y_true.argmax(axis=-1)."
    )


def test_refuses_what_is_no_number(row):
    place = row.function.__name__
    _, guess = valid(row)
    words = np.array(["a", "b", "c"])
    assert refusal(DataError, lambda: row.function(words, guess)) == (
        f"{place}: y_true: expected numbers, got dtype <U1. Number words by "
        f"np.unique(words, return_inverse=True)[1]."
    )


def test_refuses_complex_predictions(row):
    truth, guess = valid(row)
    text = refusal(DataError, lambda: row.function(truth, guess.astype(complex)))
    assert text == (
        f"{row.function.__name__}: y_pred: expected numbers, got dtype complex128. "
        f"Take the real part, np.real(...), or stack real and imaginary parts."
    )


@pytest.mark.parametrize("broken", [1.5, math.nan, math.inf])
def test_refuses_labels_that_are_not_whole(broken):
    assert refusal(DataError, lambda: accuracy([0, 1, 2], [0.0, broken, 2.0])) == (
        f"accuracy: expected y_pred to hold whole class numbers, got {broken} in row "
        f"1. Probabilities become classes by y_pred > 0.5."
    )


def test_refuses_weights_that_do_not_fit(row):
    place = row.function.__name__
    truth, guess = valid(row)

    def weighted(weights):
        return lambda: row.function(truth, guess, weights=weights)

    assert refusal(ShapeError, weighted(np.ones((3, 1)))) == (
        f"{place}: weights: expected shape (3,), a weight a row, got (3, 1). "
        f"np.ravel(weights) gives it one axis."
    )
    assert refusal(ShapeError, weighted([1.0, 2.0])) == (
        f"{place}: weights: expected shape (3,), a weight a row, got (2,)."
    )
    assert refusal(DataError, weighted([1, -2, 1])) == (
        f"{place}: weights: expected numbers >= 0, got -2 in row 1."
    )
    assert refusal(DataError, weighted([1, 1, math.nan])) == (
        f"{place}: weights: NaN in row 2. Fill missing values or drop these rows."
    )
    assert refusal(DataError, weighted([0, 0, 0])) == (
        f"{place}: weights: all 3 weights are 0; then no row counts. Leave them out "
        f"to count all rows alike."
    )
    assert refusal(DataError, weighted(["a", "b", "c"])) == (
        f"{place}: weights: expected numbers, got dtype <U1. Number words by "
        f"np.unique(words, return_inverse=True)[1]."
    )


SOFTMAX = (
    "Scores (logits) become probabilities by softmax, or by sigmoid for two classes."
)


@pytest.mark.parametrize(
    ("error", "call", "message"),
    [
        (
            DataError,
            lambda: log_loss([0, 1], [[0.5, 0.5], [1.5, -0.5]]),
            "log_loss: expected y_pred to hold probabilities from 0 to 1 in each row, "
            f"got [1.5, -0.5] in row 1. {SOFTMAX}",
        ),
        (
            DataError,
            lambda: log_loss([0, 1], [0.5, 2.0]),
            "log_loss: expected y_pred to hold probabilities from 0 to 1 in each row, "
            f"got 2.0 in row 1. {SOFTMAX}",
        ),
        (
            DataError,
            lambda: log_loss([0, 1], [[0.5, 0.5], [0.5, 0.25]]),
            "log_loss: expected y_pred to hold probabilities that add up to 1 in each "
            f"row, got [0.5, 0.25] in row 1. {SOFTMAX}",
        ),
        (
            DataError,
            lambda: log_loss([0, 2], [0.5, 0.5]),
            "log_loss: expected y_true to hold the classes 0 to 1, got 2 in row 1. "
            "Labels of any kind become class numbers by numpy.unique(labels, "
            "return_inverse=True).",
        ),
        (
            ShapeError,
            lambda: log_loss([0, 1], np.full((2, 2, 2), 0.5)),
            "log_loss: expected y_pred of shape (n, K), or (n,) for two classes, got "
            "(2, 2, 2). Give one row of probabilities a label.",
        ),
        (
            DataError,
            lambda: confusion_matrix([0, 1], [0, 2], classes=2),
            "confusion_matrix: expected y_pred to hold the classes 0 to 1, got 2 in "
            "row 1. Labels of any kind become class numbers by numpy.unique(labels, "
            "return_inverse=True).",
        ),
        (
            DataError,
            lambda: confusion_matrix([-1, 1], [1, 1]),
            "confusion_matrix: expected y_true to hold the classes 0 to 1, got -1 in "
            "row 0. Labels of any kind become class numbers by numpy.unique(labels, "
            "return_inverse=True).",
        ),
        (
            ArgumentError,
            lambda: confusion_matrix([0, 1], [1, 1], classes=0),
            "confusion_matrix: expected classes to be a whole number, 1 or more, got "
            "0. Leave it out to count up to the greatest label.",
        ),
        (
            ArgumentError,
            lambda: confusion_matrix([0, 1], [1, 1], classes=2.0),
            "confusion_matrix: expected classes to be a whole number, 1 or more, got "
            "2.0. Leave it out to count up to the greatest label.",
        ),
        (
            ArgumentError,
            lambda: get_metric("acuracy"),
            "metric: expected accuracy, balanced_accuracy, log_loss, mae, rmse or r2, "
            "or a glassprop.metrics.Metric, got 'acuracy'. Did you mean 'accuracy'?",
        ),
        (
            ArgumentError,
            lambda: get_metric(3),
            "metric: expected accuracy, balanced_accuracy, log_loss, mae, rmse or r2, "
            "or a glassprop.metrics.Metric, got 3.",
        ),
    ],
)
def test_refusals(error, call, message):
    assert refusal(error, call) == message


def test_docstring_examples():
    failed, tried = doctest.testmod(metrics)
    assert (failed, tried > 0) == (0, True)
