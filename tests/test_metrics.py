"""Metrics: equal to scikit-learn's, sound over the registry, clear in refusal."""

from __future__ import annotations

import dataclasses
import doctest
import math
import warnings
from functools import partial
from importlib import import_module
from types import MappingProxyType

import hypothesis.strategies as st
import numpy as np
import pytest
import sklearn.metrics
from hypothesis import given, settings

from glassprop import metrics
from glassprop.errors import ArgumentError, DataError, ShapeError, listing
from glassprop.metrics import (
    METRICS,
    Metric,
    accuracy,
    average_precision,
    balanced_accuracy,
    brier,
    calibration_error,
    confusion_matrix,
    explained_variance,
    f1,
    get_metric,
    label_accuracy,
    log_loss,
    matthews,
    max_error,
    mean_absolute_error,
    mean_absolute_percentage_error,
    median_absolute_error,
    precision,
    r2,
    recall,
    roc_auc,
    root_mean_squared_error,
    subset_accuracy,
    top_k,
    top_k_accuracy,
)

NAMES = sorted(METRICS)
NOT_CLASSES = [name for name in NAMES if METRICS[name].takes != "classes"]
NOT_VALUES = [name for name in NAMES if METRICS[name].takes != "values"]
OF_CLASSES = [name for name in NAMES if METRICS[name].tasks[0] != "several labels"]
WITH_LABELS = [name for name in NAMES if "several labels" in METRICS[name].tasks]
ONE_CLASS_A_ROW = sorted({*NOT_VALUES} - {*WITH_LABELS} - {"precision", "recall", "f1"})


def place_of(row):
    """Give the name of a row's function, which its errors begin with."""
    return getattr(row.function, "func", row.function).__name__


def least_classes(row):
    """Give the fewest classes that a row's task has."""
    if place_of(row) == "top_k_accuracy":
        return row.function.keywords["k"] + 1
    return 2 if "two classes" in row.tasks else 3


def cases(row, rng):
    """Give random pairs of a truth and predictions of every form that a row takes."""
    n = int(rng.integers(2, 60))
    if row.takes == "values":
        for shape in ((n,), (n, 1), (n, 4)):
            truth = rng.normal(3, 2, shape)
            yield truth, truth + rng.normal(0, 1, shape)
        return
    if "several labels" in row.tasks:
        truth = rng.integers(0, 2, (n, 3))
        truth[:2] = [[0, 1, 0], [1, 0, 1]]
        scores = rng.random((n, 3)).round(1)
        yield truth, (scores > 0.5).astype(int) if row.takes == "classes" else scores
    for classes in (2, 3, 7):
        task = "two classes" if classes == 2 else "many classes"
        if task not in row.tasks or classes < least_classes(row):
            continue
        truth = rng.permutation(np.arange(max(n, classes)) % classes)
        if row.takes == "classes":
            yield truth, rng.integers(0, classes, len(truth))
        else:
            scores = rng.exponential(1, (len(truth), classes))
            probabilities = scores / scores.sum(axis=1, keepdims=True)
            yield truth, probabilities
            if classes == 2:
                yield truth, probabilities[:, 1]
                yield truth, probabilities[:, 1:]


def perfect(row, rng):
    """Give a truth, predictions that nothing can beat, and some that are worse."""
    truth = rng.permutation(np.arange(30) % 3)
    if row.takes == "values":
        best = truth.astype(float)
        return truth, best, np.roll(best, 1)
    if row.tasks == ("several labels",):
        best = np.eye(3, dtype=int)[truth]
        return best, best, np.roll(best, 1, axis=0)
    if "two classes" in row.tasks:
        truth = rng.permutation(np.arange(30) % 2)
        truth[0] = 1
    if row.takes == "classes":
        return truth, truth.copy(), np.roll(truth, 1)
    classes = least_classes(row)
    best = np.eye(classes)[truth]
    if row.takes == "scores" and classes > 2:
        return truth, best, -best
    return truth, best, np.roll(best, 1, axis=0)


# The same of scikit-learn -------------------------------------------------------------

OTHER_NAMES = {
    "brier": "brier_score_loss",
    "matthews": "matthews_corrcoef",
    "r2": "r2_score",
    "subset_accuracy": "accuracy_score",
}


def mean_of_columns(function):
    """Give the mean over classes, each against the rest, of a function of scores."""

    def measure(truth, scores, **options):
        if truth.ndim == 1 and (scores.ndim == 1 or scores.shape[1] < 3):
            column = scores.reshape(len(scores), -1)[:, -1]
            return function(truth, column, **options)
        if truth.ndim == 1:
            truth = np.eye(scores.shape[1])[truth]
        columns = zip(truth.T, scores.T, strict=True)
        return np.mean([function(one, other, **options) for one, other in columns])

    return measure


def greatest(truth, guess, sample_weight=None):
    """Give scikit-learn's greatest error of one output, over all outputs."""
    counts = slice(None) if sample_weight is None else sample_weight > 0
    return sklearn.metrics.max_error(truth[counts].ravel(), guess[counts].ravel())


def brier_of_classes(truth, guess, sample_weight=None):
    """Give scikit-learn's Brier score, told which classes there are."""
    classes = 2 if guess.ndim == 1 else max(2, guess.shape[1])
    return sklearn.metrics.brier_score_loss(
        truth, guess, sample_weight=sample_weight, labels=range(classes)
    )


def log_loss_of_classes(truth, guess, sample_weight=None):
    """Give scikit-learn's log loss, told which classes there are."""
    classes = 2 if guess.ndim == 1 else max(2, guess.shape[1])
    return sklearn.metrics.log_loss(
        truth, guess, sample_weight=sample_weight, labels=range(classes)
    )


def top_k_of_classes(truth, guess, sample_weight=None, k=5):
    """Give scikit-learn's top-k accuracy, told which classes there are."""
    return sklearn.metrics.top_k_accuracy_score(
        truth, guess, k=k, sample_weight=sample_weight, labels=range(guess.shape[1])
    )


def right_labels(truth, guess, sample_weight=None):
    """Give 1 less scikit-learn's Hamming loss."""
    return 1 - sklearn.metrics.hamming_loss(truth, guess, sample_weight=sample_weight)


def by_definition(truth, guess, sample_weight=None, bins=15):
    """Give the calibration error as its definition reads, row by row."""
    if guess.ndim == 1 or guess.shape[1] == 1:
        guess = np.stack([1 - guess.ravel(), guess.ravel()], axis=1)
    weights = np.ones(len(truth)) if sample_weight is None else sample_weight
    sums = [[0.0, 0.0] for _ in range(bins)]
    for label, chances, weight in zip(truth, guess, weights, strict=True):
        confidence = max(chances)
        upper_ends = (at for at in range(bins) if confidence <= (at + 1) / bins)
        one = sums[next(upper_ends, bins - 1)]
        one[0] += weight * confidence
        one[1] += weight * (list(chances).index(confidence) == label)
    return sum(abs(confident - right) for confident, right in sums) / sum(weights)


TWINS = {
    "average_precision": mean_of_columns(sklearn.metrics.average_precision_score),
    "brier": brier_of_classes,
    "calibration_error": by_definition,
    "label_accuracy": right_labels,
    "log_loss": log_loss_of_classes,
    "max_error": greatest,
    "roc_auc": mean_of_columns(sklearn.metrics.roc_auc_score),
    "top_k_accuracy": top_k_of_classes,
}


def twin(row):
    """Find scikit-learn's function for a row by its name."""
    name, options = place_of(row), getattr(row.function, "keywords", {})
    found = TWINS.get(name) or getattr(
        sklearn.metrics,
        OTHER_NAMES.get(name, f"{name}_score"),
        getattr(sklearn.metrics, name, None),
    )
    return found and partial(found, **options)


def told_by_scikit_learn(row, truth, guess, weights):
    """Measure the rows that count, without what scikit-learn warns of.

    It warns of the values that it puts where a class is missing, or there is one row,
    and needs longer to check its arguments than to measure.
    """
    if weights is not None:
        counts = weights > 0
        truth, guess, weights = truth[counts], guess[counts], weights[counts]
    unchecked = sklearn.config_context(
        assume_finite=True, skip_parameter_validation=True
    )
    with warnings.catch_warnings(), unchecked:
        warnings.simplefilter("ignore")
        return float(twin(row)(truth, guess, sample_weight=weights))


@pytest.fixture(params=NAMES)
def row(request):
    return METRICS[request.param]


def test_every_metric_has_a_twin_in_scikit_learn():
    assert [name for name in NAMES if twin(METRICS[name]) is None] == []


@pytest.mark.no_cover
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_values_equal_those_of_scikit_learn(row, dtype):
    rng = np.random.default_rng(7)
    tolerance = 1e-12 if dtype == np.float64 else 2e-5
    tried = 0
    for _ in range(20):
        for truth, guess in cases(row, rng):
            given = guess.astype(dtype) if row.takes != "classes" else guess
            weights = rng.exponential(1, len(truth))
            weights[rng.random(len(truth)) < 0.2] = 0
            weights[0] = 1
            for used in (None, weights):
                expected = told_by_scikit_learn(row, truth, given, used)
                value = row.function(truth, given, weights=used)
                assert type(value) is float
                assert value == pytest.approx(
                    expected, rel=tolerance, abs=tolerance, nan_ok=True
                )
                tried += 1
    assert tried >= 40


@st.composite
def few_different(draw, row):
    """Draw a truth, predictions with ties, and weights; classes may be missing."""
    rows = draw(st.integers(1, 12))
    weights = draw(st.lists(st.integers(0, 3), min_size=rows, max_size=rows))
    weights[0] += 1

    def array(shape, least, greatest):
        size = math.prod(shape)
        numbers = st.integers(least, greatest)
        drawn = draw(st.lists(numbers, min_size=size, max_size=size))
        return np.array(drawn).reshape(shape)

    task = draw(st.sampled_from(row.tasks))
    if task == "numbers":
        shape = (rows, draw(st.integers(1, 3)))
        truth, guess = array(shape, -2, 2).astype(float), array(shape, -2, 2)
        guess = guess + draw(st.sampled_from([0.0, 0.5]))
    elif task == "several labels":
        shape = (rows, draw(st.integers(2, 4)))
        truth, guess = array(shape, 0, 1), array(shape, 0, 4)
        guess = (guess > 2).astype(int) if row.takes == "classes" else guess / 4
    else:
        least = least_classes(row) if task == "many classes" else 2
        classes = draw(st.integers(max(3, least), 7)) if task == "many classes" else 2
        truth = array((rows,), 0, classes - 1)
        if row.takes == "classes":
            guess = array((rows,), 0, classes - 1)
        else:
            scores = array((rows, classes), 0, 3) + 0.25
            guess = scores / scores.sum(axis=1, keepdims=True)
    return truth, guess, draw(st.sampled_from([None, np.array(weights, float)]))


@pytest.mark.no_cover
@pytest.mark.parametrize("name", NAMES)
def test_ties_missing_classes_and_constants_are_scikit_learns(name):
    row = METRICS[name]

    @settings(max_examples=60, deadline=None, derandomize=True, database=None)
    @given(few_different(row))
    def compare(drawn):
        truth, guess, weights = drawn
        expected = told_by_scikit_learn(row, truth, guess, weights)
        value = row.function(truth, guess, weights=weights)
        assert value == pytest.approx(expected, rel=1e-9, abs=1e-9, nan_ok=True)

    compare()


def test_scores_of_classes_are_those_of_one_against_the_rest():
    rng = np.random.default_rng(9)
    truth = rng.permutation(np.arange(40) % 4)
    scores = rng.dirichlet(np.ones(4), size=40)
    one_hot = np.eye(4)[truth]
    assert roc_auc(truth, scores) == pytest.approx(
        sklearn.metrics.roc_auc_score(truth, scores, multi_class="ovr")
    )
    assert average_precision(truth, scores) == pytest.approx(
        sklearn.metrics.average_precision_score(truth, scores)
    )
    for function, other in (
        (roc_auc, sklearn.metrics.roc_auc_score),
        (average_precision, sklearn.metrics.average_precision_score),
    ):
        assert function(one_hot, scores) == pytest.approx(other(one_hot, scores))
        assert function(one_hot, scores) == pytest.approx(function(truth, scores))


def test_only_the_order_of_scores_counts():
    rng = np.random.default_rng(10)
    for name in ("roc_auc", "average_precision", "top_3_accuracy"):
        row = METRICS[name]
        for truth, scores in cases(row, rng):
            value = row.function(truth, scores)
            assert row.function(truth, 5 * np.log(scores + 1) - 20) == value
    assert roc_auc([0, 1, 1], [-math.inf, 2.0, math.inf]) == 1.0
    assert roc_auc([0, 1], [math.inf, math.inf]) == 0.5


# Laws ---------------------------------------------------------------------------------


def test_the_order_of_rows_does_not_matter_and_lists_will_do(row):
    rng = np.random.default_rng(1)
    for truth, guess in cases(row, rng):
        value = row.function(truth, guess)
        order = rng.permutation(len(truth))
        assert row.function(truth[order], guess[order]) == pytest.approx(value, 1e-12)
        assert row.function(truth.tolist(), guess.tolist()) == value
        truth.setflags(write=False)
        assert row.function(truth, np.asfortranarray(guess)[::1]) == pytest.approx(
            value, 1e-15
        )


def test_a_weight_counts_a_row_so_many_times(row):
    rng = np.random.default_rng(2)
    for truth, guess in cases(row, rng):
        weights = rng.integers(0, 4, len(truth))
        weights[:2] = 1
        repeated = row.function(truth.repeat(weights, 0), guess.repeat(weights, 0))
        expected = pytest.approx(repeated, nan_ok=True)
        assert row.function(truth, guess, weights=weights) == expected
        assert row.function(truth, guess, weights=weights * 0.37) == expected


def test_nothing_beats_the_perfect_answer_and_the_row_says_which_way(row):
    truth, best, worst = perfect(row, np.random.default_rng(3))
    top = row.function(truth, best)
    assert top == pytest.approx(1.0 if row.greater_is_better else 0.0, abs=1e-15)
    worse = row.function(truth, worst)
    assert (worse < top) == row.greater_is_better
    assert worse != top


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("row", NOT_CLASSES, indirect=True)
def test_nan_predictions_give_nan_without_a_warning(row, dtype):
    for truth, guess in cases(row, np.random.default_rng(4)):
        broken = guess.astype(dtype)
        broken[0] = np.nan
        assert math.isnan(row.function(truth, broken))
        one = guess.astype(dtype)
        one.reshape(-1)[0] = np.nan
        assert math.isnan(row.function(truth, one))
        weights = np.ones(len(truth))
        weights[0] = 0  # as if the row were not there
        found = row.function(truth, broken, weights=weights)
        rest = row.function(truth[1:], guess[1:].astype(dtype))
        assert found == pytest.approx(rest, nan_ok=True)
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


ONE_ROW = {"r2": math.nan, "roc_auc": math.nan, "matthews": 0.0}


def test_one_row(row):
    truth, guess, _ = perfect(row, np.random.default_rng(5))
    value = row.function(truth[:1], guess[:1])
    best = 1.0 if row.greater_is_better else 0.0
    if row.tasks == ("several labels",) or "weighted" in row.name:
        assert value == 1.0
    assert value == pytest.approx(ONE_ROW.get(row.name, best), abs=1e-15, nan_ok=True)


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


def test_explained_variance_forgives_what_is_always_the_same():
    truth = np.array([1.0, 2.0, 4.0])
    assert explained_variance(truth, truth + 7) == 1.0
    assert r2(truth, truth + 7) < 0
    tenth = np.full(3, 0.1)
    assert explained_variance(tenth, tenth + 1 / 3) == 1.0
    assert explained_variance(tenth, truth) == 0.0
    assert explained_variance([1.0], [2.0]) == 1.0
    assert math.isnan(explained_variance(truth, [1.0, math.inf, 4.0]))


def test_a_median_is_the_middle_of_the_weight():
    truth = np.zeros(4)
    guess = np.array([1.0, -2.0, 4.0, 100.0])
    assert median_absolute_error(truth, guess) == 3.0
    assert median_absolute_error(truth, guess, weights=[1, 1, 1, 0]) == 2.0
    assert median_absolute_error(truth, guess, weights=[3, 1, 1, 0]) == 1.0
    assert median_absolute_error(truth, guess, weights=[2, 1, 1, 0]) == 1.5
    assert median_absolute_error(truth[:3], [1.0, math.inf, 2.0]) == 2.0


def test_errors_relative_to_0_and_the_greatest_error():
    assert mean_absolute_percentage_error([2.0, -4.0], [1.0, -5.0]) == 0.375
    assert mean_absolute_percentage_error([0.0], [0.0]) == 0.0
    assert mean_absolute_percentage_error([0.0], [1.0]) == 1 / np.finfo(float).eps
    assert max_error([0.0, 0.0], [-3.0, 9.0], weights=[1, 0]) == 3.0
    assert max_error([0.0, 0.0], [-3.0, math.inf]) == math.inf


def test_brier_scores_of_two_and_of_more_classes():
    assert brier([1], [0.75]) == brier([1], [[0.25, 0.75]]) == 0.0625
    assert brier([1], [[0.25, 0.75, 0.0]]) == 0.125
    assert brier([0], [[0.0, 0.0, 1.0]]) == 2.0


def test_calibration_error_by_hand():
    # All in one bin: confidences 0.75 and 0.25 (of class 0: 0.75), one of them right.
    assert calibration_error([1, 1], [0.75, 0.25], bins=1) == 0.25
    # A bin has its upper end: 0.5 belongs to the first of two, 0.75 to the second.
    assert calibration_error([0, 0], [0.5, 0.75], bins=2) == (0.5 + 0.75) / 2
    assert calibration_error([0, 0], [0.5, 0.75], bins=1) == 0.125
    seven_tenths = [[0.7, 0.2, 0.1], [0.65, 0.25, 0.1]]
    assert calibration_error([0, 1], seven_tenths, bins=10) == pytest.approx(0.175)
    assert calibration_error([0, 1], seven_tenths, weights=[0, 3]) == 0.65


def test_precision_and_recall_where_nothing_is_found():
    for weights in (None, [1.0, 2.0]):
        assert precision([1, 1], [0, 0], weights=weights) == 0.0
        assert recall([0, 0], [1, 1], weights=weights) == 0.0
        assert f1([0, 0], [0, 0], weights=weights) == 0.0
    none = np.zeros((2, 3), int)
    for function in (precision, recall, f1):
        for average in ("macro", "micro", "weighted"):
            assert function(none, none, average=average) == 0.0
    # A class with only rows of weight 0 is as if it were not there.
    assert recall([0, 1, 2], [0, 1, 1], weights=[1, 1, 0], average="macro") == 1.0


def test_of_one_class_a_row_the_micro_averages_are_the_accuracy():
    rng = np.random.default_rng(12)
    truth, guess = rng.integers(0, 4, (2, 50))
    for function in (precision, recall, f1):
        assert function(truth, guess, average="micro") == accuracy(truth, guess)
    assert recall(truth, guess, average="weighted") == pytest.approx(
        accuracy(truth, guess)
    )
    assert recall(truth, guess, average="macro") == balanced_accuracy(truth, guess)


def test_areas_of_missing_classes():
    assert math.isnan(roc_auc([1, 1], [0.5, 0.25]))
    assert math.isnan(roc_auc([0, 1, 0], np.eye(3)))
    assert average_precision([0, 0], [0.5, 0.25]) == 0.0
    assert average_precision([0, 1, 1], np.eye(3)[[0, 1, 1]]) == pytest.approx(2 / 3)


def test_several_labels_by_hand():
    truth = np.array([[1, 1, 0], [0, 1, 0]])
    guess = np.array([[1, 0, 0], [0, 1, 1]])
    assert subset_accuracy(truth, truth) == label_accuracy(truth, truth) == 1.0
    assert (subset_accuracy(truth, guess), label_accuracy(truth, guess)) == (0, 4 / 6)
    assert precision(truth, guess, average="micro") == 2 / 3
    assert recall(truth, guess, average="macro") == 0.5
    assert matthews([0, 1, 1], [1, 0, 0]) == pytest.approx(-1)


def test_top_k_by_name_and_by_number():
    rng = np.random.default_rng(13)
    truth, scores = rng.integers(0, 12, 50), rng.random((50, 12))
    row = get_metric("top_10_accuracy")
    assert row.name == "top_10_accuracy"
    assert row.function(truth, scores) == top_k_accuracy(truth, scores, k=10)
    assert METRICS["top_5_accuracy"].function(truth, scores) == top_k_accuracy(
        truth, scores
    )
    assert top_k_accuracy(truth, scores, k=np.int64(1)) == accuracy(
        truth, scores.argmax(axis=1)
    )


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
    assert own.tasks == ("two classes", "many classes")
    assert Metric("own", r2, "values", True).tasks == metrics.records.TASKS


def valid(row):
    """Give three rows that a metric takes."""
    truth = np.array([0, 1, 2])
    if row.tasks == ("several labels",):
        return np.eye(3, dtype=int), np.eye(3, dtype=int)
    if row.tasks == ("two classes",):
        return np.array([0, 1, 1]), np.array([0, 1, 1])
    if row.takes in ("probabilities", "scores"):
        return truth, np.eye(max(3, least_classes(row)))[truth]
    if row.takes == "values":
        return truth.astype(float), truth.astype(float)
    return truth, truth


def refusal(error, call):
    with pytest.raises(error) as caught:
        call()
    return str(caught.value)


def test_refuses_no_rows(row):
    place = place_of(row)
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
        f"{place_of(row)}: expected y_pred to hold rows, got 1. Put a single "
        f"one into a list."
    )


@pytest.mark.parametrize("row", OF_CLASSES, indirect=True)
def test_refuses_accidental_broadcasting(row):
    place = place_of(row)
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
    place = place_of(row)
    truth, guess = valid(row)
    if row.takes == "values" or row.tasks == ("several labels",):
        shapes = "(3,) and (1,)" if row.takes == "values" else "(3, 3) and (1, 3)"
        expected = (
            f"{place}: expected y_true and y_pred of one shape, got {shapes}. "
            f"Give one prediction for every number of y_true."
        )
    else:
        shape = f"({', '.join(map(str, guess[:1].shape))}{',' * (guess.ndim == 1)})"
        expected = (
            f"{place}: expected one prediction for each of the 3 rows of y_true, got "
            f"y_pred of shape {shape}. Predict the same rows that y_true holds."
        )
    assert refusal(ShapeError, lambda: row.function(truth, guess[:1])) == expected


@pytest.mark.parametrize(
    "row",
    sorted({*NOT_VALUES} - {*WITH_LABELS} - {"precision", "recall", "f1"}),
    indirect=True,
)
def test_refuses_one_hot_truth(row):
    _, guess = valid(row)
    assert refusal(ShapeError, lambda: row.function(np.eye(3), guess)) == (
        f"{place_of(row)}: expected y_true of shape (n,), one class number a "
        f"row, got (3, 3). One-hot rows and scores become classes by "
        f"y_true.argmax(axis=-1)."
    )


@pytest.mark.parametrize("row", WITH_LABELS, indirect=True)
def test_refuses_labels_that_do_not_fit(row):
    place, truth = place_of(row), np.eye(3, dtype=int)
    for guess, shape in ((np.eye(3)[:2], "(2, 3)"), (np.eye(4)[:3], "(3, 4)")):
        assert refusal(ShapeError, lambda: row.function(truth, guess)) == (  # noqa: B023
            f"{place}: expected y_true and y_pred of one shape, got (3, 3) and "
            f"{shape}. Give one prediction for every number of y_true."
        )
    wrong = truth.copy()
    wrong[1, 2] = 2
    assert refusal(DataError, lambda: row.function(wrong, truth)) == (
        f"{place}: expected y_true to hold 0 or 1 for each label, got 2 in column 2, "
        f"row 1. Probabilities become answers by y_true > 0.5."
    )
    if row.takes == "classes":
        chances = np.full((3, 3), 0.25)
        assert refusal(DataError, lambda: row.function(truth, chances)) == (
            f"{place}: expected y_pred to hold 0 or 1 for each label, got 0.25 in "
            f"column 0, row 0. Probabilities become answers by y_pred > 0.5."
        )
        if row.tasks == ("several labels",):
            assert refusal(ShapeError, lambda: row.function(truth, [0, 1, 2])) == (
                f"{place}: expected y_pred of shape (n, k), 0 or 1 for each of k "
                f"labels, got (3,). For one class a row there is accuracy."
            )


def test_refuses_what_is_no_number(row):
    place = place_of(row)
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
        f"{place_of(row)}: y_pred: expected numbers, got dtype complex128. "
        f"Take the real part, np.real(...), or stack real and imaginary parts."
    )


@pytest.mark.parametrize("broken", [1.5, math.nan, math.inf])
def test_refuses_labels_that_are_not_whole(broken):
    assert refusal(DataError, lambda: accuracy([0, 1, 2], [0.0, broken, 2.0])) == (
        f"accuracy: expected y_pred to hold whole class numbers, got {broken} in row "
        f"1. Probabilities become classes by y_pred > 0.5."
    )


def test_refuses_weights_that_do_not_fit(row):
    place = place_of(row)
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


KNOWN = listing(METRICS)
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
            f"metric: expected {KNOWN}, or a glassprop.metrics.Metric, got 'acuracy'. "
            "Did you mean 'accuracy'?",
        ),
        (
            ArgumentError,
            lambda: get_metric(3),
            f"metric: expected {KNOWN}, or a glassprop.metrics.Metric, got 3.",
        ),
        (
            ArgumentError,
            lambda: get_metric("top_0_accuracy"),
            f"metric: expected {KNOWN}, or a glassprop.metrics.Metric, got "
            "'top_0_accuracy'. Did you mean 'top_5_accuracy'?",
        ),
        (
            ArgumentError,
            lambda: top_k(0),
            "top_k: expected k to be a whole number, 1 or more, got 0. It is the "
            "number of guesses a row.",
        ),
        (
            ArgumentError,
            lambda: top_k_accuracy([0, 1], np.eye(2), k=1.0),
            "top_k_accuracy: expected k to be a whole number, 1 or more, got 1.0. It "
            "is the number of guesses a row.",
        ),
        (
            ArgumentError,
            lambda: top_k_accuracy([0, 1, 2], np.eye(3), k=3),
            "top_k_accuracy: expected k from 1 to 2, fewer than the 3 classes, got 3. "
            "With all classes every row would be right.",
        ),
        (
            ShapeError,
            lambda: top_k_accuracy([0, 1], [0.2, 0.9], k=1),
            "top_k_accuracy: expected y_pred of shape (n, K), a score for each class, "
            "got (2,). One score a row is for accuracy.",
        ),
        (
            ShapeError,
            lambda: roc_auc([0, 1], np.zeros((2, 2, 2))),
            "roc_auc: expected y_pred of shape (n, K), or (n,) for two classes, got "
            "(2, 2, 2). Give one row of scores a label.",
        ),
        (
            DataError,
            lambda: roc_auc([0, 2], [0.5, 0.25]),
            "roc_auc: expected y_true to hold the classes 0 to 1, got 2 in row 1. "
            "Labels of any kind become class numbers by numpy.unique(labels, "
            "return_inverse=True).",
        ),
        (
            ArgumentError,
            lambda: calibration_error([0, 1], [0.5, 0.25], bins=0),
            "calibration_error: expected bins to be a whole number, 1 or more, got 0. "
            "Guo et al. (2017) take 15.",
        ),
        (
            ArgumentError,
            lambda: precision([0, 1], [0, 1], average="marco"),
            "precision: expected average to be binary, macro, micro or weighted, got "
            "'marco'. Did you mean 'macro'?",
        ),
        (
            ArgumentError,
            lambda: f1([0, 1], [0, 1], average=None),
            "f1: expected average to be binary, macro, micro or weighted, got None.",
        ),
        (
            DataError,
            lambda: recall([0, 1, 2], [0, 1, 1]),
            "recall: average='binary' takes the classes 0 and 1, got class 2. More "
            "classes are averaged, average='macro' or average='weighted'.",
        ),
        (
            ShapeError,
            lambda: f1(np.eye(2), np.eye(2)),
            "f1: average='binary' is for rows of one class each, got y_true of shape "
            "(2, 2). Labels are averaged, average='macro' or average='micro'.",
        ),
        (
            ArgumentError,
            lambda: Metric("own", accuracy, "labels", True),
            "metric 'own': takes must be classes, probabilities, scores or values, got "
            "'labels'.",
        ),
        (
            ArgumentError,
            lambda: Metric("own", accuracy, "classes", True, ("classes",)),
            "metric 'own': tasks must be a tuple of two classes, many classes, several "
            "labels or numbers, got ('classes',).",
        ),
    ],
)
def test_refusals(error, call, message):
    assert refusal(error, call) == message


DEFINED_IN = sorted(
    {getattr(metrics, name).__module__ for name in metrics.__all__ if name != "METRICS"}
)


@pytest.mark.parametrize("module", DEFINED_IN)
def test_docstring_examples(module):
    failed, tried = doctest.testmod(import_module(module))
    assert (failed, tried > 0) == (0, True)


def test_every_function_has_an_example():
    assert len(DEFINED_IN) == 5
    functions = [getattr(metrics, name) for name in metrics.__all__ if name.islower()]
    without = [one.__name__ for one in functions if ">>> " not in one.__doc__]
    assert (len(functions) > 20, without) == (True, [])
