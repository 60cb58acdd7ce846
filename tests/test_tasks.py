"""Which metrics a network's predictions have: by default, by name, and in training."""

from __future__ import annotations

import math

import numpy as np
import pytest
import sklearn.metrics

import glassprop as gp
from glassprop.errors import ArgumentError, listing
from glassprop.losses import LOSSES
from glassprop.metrics import METRICS, TASKS, Metric, top_k
from glassprop.tasks import chosen_metrics, task_of
from networks import example_target, fitting_outputs, refusal

RNG = np.random.default_rng(5)
CLASS_LOSSES = [name for name, loss in LOSSES.items() if loss.classifies]


def units_of(loss, task):
    """Give the outputs that make a loss's task this one; None if none do."""
    for units in (1, 2, 3, 6):
        usable = loss.target not in ("classes", "vectors") or units > 1
        if usable and task_of(loss, (units,)) == task:
            return fitting_outputs(loss, units)
    return None


@pytest.mark.parametrize(
    ("loss", "shape", "task"),
    [
        ("cross_entropy", (2,), "two classes"),
        ("cross_entropy", (3,), "many classes"),
        ("cross_entropy", (5, 3), None),
        ("hinge", (1,), "two classes"),
        ("binary_cross_entropy", (4,), "several labels"),
        ("binary_cross_entropy", (4, 1), None),
        ("huber", (4,), "numbers"),
        ("huber", (), "numbers"),
        ("gaussian", (4,), "numbers"),
        ("quantile", (3,), None),
    ],
)
def test_the_task_follows_from_loss_and_output(loss, shape, task):
    assert task_of(LOSSES[loss], shape) == task


@pytest.mark.parametrize("task", TASKS)
def test_each_task_has_a_loss_and_metrics(task):
    fitting = [name for name, one in METRICS.items() if task in one.tasks]
    assert len(fitting) > 5
    assert any(units_of(loss, task) for loss in LOSSES.values())


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("loss", LOSSES.values(), ids=list(LOSSES))
def test_every_metric_that_fits_is_measured_by_name(loss, task):
    units = units_of(loss, task)
    if units is None:
        return
    units = max(units, 6) if task == "many classes" else units
    X = RNG.normal(size=(60, 3))
    y = example_target(loss, 60, max(units, 2), RNG)
    if loss.target == "binary" or task == "numbers":
        y = example_target(loss, 60, units, RNG)
    net = gp.Network([gp.Dense(units)], loss=loss.name)
    names = [
        name
        for name, one in METRICS.items()
        if task in one.tasks and (one.takes != "probabilities" or loss.probabilities)
    ]
    found = net.evaluate(X, y, metrics=names)
    assert list(found) == ["loss", *names]
    assert all(math.isfinite(value) for value in found.values())
    decided, scores = net.predict(X), net(X)
    if loss.probabilities:
        scores = net.predict_proba(X)
    truth = y[:, 0] if task == "two classes" and y.ndim == 2 else y
    for name in names:
        one = METRICS[name]
        given = decided if one.takes in ("classes", "values") else scores
        assert found[name] == pytest.approx(one.function(truth, given))
    assert net.evaluate(X, y, metrics=names, sample_weight=np.ones(60)) == (
        pytest.approx(found)
    )


def test_several_labels_are_measured_as_scikit_learn_does():
    X = RNG.normal(size=(80, 3))
    y = (X @ RNG.normal(size=(3, 4)) + RNG.normal(size=(80, 4)) > 0).astype(int)
    net = gp.Network([gp.Dense(4)], loss="binary_cross_entropy")
    net.fit(X, y, epochs=5, verbose=False)
    metrics = ["subset_accuracy", "f1_macro", "f1_micro", "roc_auc"]
    found = net.evaluate(X, y, metrics=metrics)
    decided, chances = net.predict(X), net.predict_proba(X)
    assert found["subset_accuracy"] == pytest.approx(
        sklearn.metrics.accuracy_score(y, decided)
    )
    for average in ("macro", "micro"):
        assert found[f"f1_{average}"] == pytest.approx(
            sklearn.metrics.f1_score(y, decided, average=average)
        )
    assert found["roc_auc"] == pytest.approx(sklearn.metrics.roc_auc_score(y, chances))
    soft = net.evaluate(X, 0.2 + 0.6 * y, metrics=metrics)
    for name in metrics:
        assert soft[name] == pytest.approx(found[name])


def test_a_metric_measures_the_outputs_that_it_fits():
    X = RNG.normal(size=(20, 3))
    y = (np.arange(20) % 3, RNG.normal(size=(20, 1)))
    layers = [gp.Parallel([[gp.Dense(3)], [gp.Dense(1)]])]
    net = gp.Network(layers, loss=["cross_entropy", "mean_squared_error"])
    names = ["loss", "loss_1", "f1_macro_1", "loss_2", "mae_2"]
    assert list(net.evaluate(X, y, metrics=["f1_macro", "mae"])) == names
    assert refusal(ArgumentError, lambda: net.evaluate(X, y, metrics="precision")) == (
        "metric 'precision' is for two classes; loss 'cross_entropy' with output (n, "
        "3) predicts many classes, loss 'mean_squared_error' with output (n, 1) "
        f"predicts numbers. Use {listing(fitting('many classes', 'numbers'))}."
    )
    history = net.fit(
        X,
        y,
        validation=(X, y),
        metrics=["accuracy", "r2"],
        early_stopping=gp.EarlyStopping(monitor="validation_accuracy_1"),
        verbose=False,
    )
    assert history.rising == {"validation_accuracy_1", "validation_r2_2"}


def fitting(*tasks):
    return [name for name, one in METRICS.items() if set(tasks) & set(one.tasks)]


def own(y_true, y_pred, *, weights=None):
    return float(np.sum(y_pred))


@pytest.mark.parametrize(
    ("loss", "units", "metric", "message"),
    [
        (
            "cross_entropy",
            3,
            "precision",
            "metric 'precision' is for two classes; loss 'cross_entropy' with output "
            f"(n, 3) predicts many classes. Use {listing(fitting('many classes'))}.",
        ),
        (
            "cross_entropy",
            2,
            "mae",
            "metric 'mae' is for numbers; loss 'cross_entropy' with output (n, 2) "
            f"predicts two classes. Use {listing(fitting('two classes'))}.",
        ),
        (
            "binary_cross_entropy",
            3,
            "brier",
            "metric 'brier' is for probabilities of two classes or many classes; loss "
            "'binary_cross_entropy' with output (n, 3) predicts several labels. Use "
            f"{listing(fitting('several labels'))}.",
        ),
        (
            "hinge",
            1,
            "log_loss",
            "metric 'log_loss' is for probabilities of two classes or many classes; "
            "loss 'hinge' with output (n, 1) predicts two classes and defines no "
            "probabilities. Use "
            + listing(
                name
                for name in fitting("two classes")
                if METRICS[name].takes != "probabilities"
            )
            + ".",
        ),
        (
            "quantile",
            3,
            "mae",
            "metric 'mae' is for numbers; loss 'quantile' with output (n, 3) predicts "
            "nothing that a metric measures. Leave the metrics out.",
        ),
        (
            lambda output, y: np.sum(output - y, axis=1),
            1,
            "accuracy",
            "metric 'accuracy' is for two classes or many classes; loss '<lambda>' "
            "with output (n, 1) predicts numbers. Use "
            f"{listing(fitting('numbers'))}. If a loss of your own is about classes, "
            "say so: gp.losses.Loss('name', function, 'classes').",
        ),
        (
            "huber",
            1,
            {"mae": 1},
            "metrics must be a name, a glassprop.metrics.Metric, or a list of such, "
            "got {'mae': 1}.",
        ),
    ],
)
def test_a_metric_that_the_task_does_not_have(loss, units, metric, message):
    net = gp.Network([gp.Dense(units)], loss=loss)
    X, y = np.ones((4, 2)), np.ones((4, 1))
    if loss in CLASS_LOSSES:
        y = (
            np.array([0, 1, 0, 1])
            if units != 3 or loss == "cross_entropy"
            else X[:, :1]
        )
        y = np.eye(3)[[0, 1, 2, 0]] if loss == "binary_cross_entropy" else y
    for call in (
        lambda: net.evaluate(X, y, metrics=metric),
        lambda: net.fit(X, y, validation=(X, y), metrics=metric, verbose=False),
    ):
        assert refusal(ArgumentError, call) == message
        assert net.input_shape is None


def test_metrics_of_ones_own_fit_what_they_say():
    shape = [(3,)]
    for metric, good in (
        (Metric("own", own, "values", True), True),
        (Metric("own", own, "classes", True), True),
        (Metric("own", own, "scores", True, ("several labels",)), False),
        (top_k(2), True),
    ):
        if good:
            chosen = chosen_metrics(metric, [LOSSES["cross_entropy"]], shape)
            assert chosen == [[metric]]
        else:
            with pytest.raises(ArgumentError):
                chosen_metrics(metric, [LOSSES["cross_entropy"]], shape)
    any_value = Metric("own", own, "values", True)
    assert chosen_metrics([any_value], [LOSSES["quantile"]], shape) == [[any_value]]


# In training --------------------------------------------------------------------------


def test_fit_measures_and_early_stopping_watches_metrics():
    X = RNG.normal(size=(90, 3))
    y = (X @ RNG.normal(size=(3, 3))).argmax(axis=1)
    net = gp.Network([gp.Dense(3)], loss="cross_entropy")
    rule = gp.EarlyStopping(patience=3, monitor="validation_f1_macro")
    history = net.fit(
        X,
        y,
        optimizer=gp.Adam(0.05),
        epochs=200,
        validation=(X, y),
        metrics=["f1_macro", "brier"],
        early_stopping=rule,
        verbose=False,
    )
    assert list(history) == [
        "loss",
        "validation_loss",
        "validation_f1_macro",
        "validation_brier",
    ]
    assert history.rising == {"validation_f1_macro"}
    watched = history["validation_f1_macro"]
    assert history.stopped == "early stopping"
    assert history.best_epoch == 1 + int(np.argmax(watched))
    assert net.evaluate(X, y, metrics="f1_macro")["f1_macro"] == max(watched)
    assert max(watched) > 0.9 > watched[0]


def test_metrics_need_validation_data():
    net = gp.Network([gp.Dense(1)], loss="huber")
    X = np.ones((4, 1))
    assert refusal(ArgumentError, lambda: net.fit(X, X, metrics="mae")) == (
        "metrics are measured on validation data, and there are none. Pass "
        "validation=0.2, or validation=(X, y)."
    )


def test_an_unknown_metric_to_watch_is_refused():
    net = gp.Network([gp.Dense(1)], loss="huber")
    X = np.ones((4, 1))
    rule = gp.EarlyStopping(monitor="validation_rmse")
    call = lambda: net.fit(  # noqa: E731
        X, X, validation=(X, X), metrics="mae", early_stopping=rule, verbose=False
    )
    assert refusal(ArgumentError, call) == (
        "EarlyStopping: monitor='validation_rmse' is not in the history, which has "
        "loss, validation_loss, validation_mae. Did you mean 'validation_mae'?"
    )
