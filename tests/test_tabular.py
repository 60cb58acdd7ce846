"""Networks for tables: training, defaults, reports, and the model file."""

import json
import math
import os
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import glassprop as gp
from glassprop.errors import (
    ArgumentError,
    DataError,
    DivergenceError,
    ModelFileError,
)
from glassprop.losses import LOSSES
from glassprop.model_names import model_path, save_model
from glassprop.optimizers import OPTIMIZERS
from glassprop.plans import Plan, PlanColumn
from glassprop.rows import validation_rows
from glassprop.table_defaults import (
    LEARNING_RATES,
    default_epochs,
    gradient_clip,
    parse_layers,
    rounded_scale,
    table_optimizer,
)
from glassprop.table_reports import (
    Report,
    evaluate_table,
    predict_table,
    worse_than_baseline,
)
from glassprop.table_training import prepare_training, train_table
from glassprop.tables import Table, read_table
from glassprop.tabular import (
    chosen_loss,
    fitting_losses,
    load_table_model,
    network_source,
    network_summary,
    noted_model,
)
from networks import ANY_ACTIVATION, KNOWN_LOSSES, bits, refusal

PENGUINS = Path(__file__).parent.parent / "examples" / "penguins.csv"
HOURS = PlanColumn("hours", "number")
NUMBER = Plan((HOURS,), PlanColumn("score", "number"))
TWO = Plan((HOURS,), PlanColumn("passed", "words", ("no", "yes")))
THREE = Plan((HOURS,), PlanColumn("grade", "words", ("a", "b", "c")))


@pytest.fixture(autouse=True)
def _in_a_directory_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def penguins():
    return read_table(PENGUINS)


def table_of(text: str, name: str = "t.csv") -> Table:
    Path(name).write_text(text, encoding="utf-8")
    return read_table(name)


def sums(rows: int = 40) -> Table:
    """A table of two numbers, their sum, and whether that is above 1."""
    x = np.random.default_rng(0).random((rows, 2)).round(3)
    lines = [f"{a},{b},{a + b:.3f},{'yes' if a + b > 1 else 'no'}" for a, b in x]
    return table_of("\n".join(["a,b,sum,above", *lines]))


def trained(table: Table, target: str, **options):
    return train_table(prepare_training(table, target, **options), verbose=False)


# How good the defaults are --------------------------------------------------------


def test_penguins_reach_97_percent(penguins):
    reports = [trained(penguins, "species", seed=seed).report for seed in range(5)]
    assert [report.rows for report in reports] == [69] * 5
    assert np.median([report.metrics["accuracy"] for report in reports]) >= 0.97
    assert all(report.baseline["accuracy"] < 0.5 for report in reports)


def test_a_number_is_estimated_in_its_own_unit(penguins):
    found = trained(penguins, "body_mass_g")
    assert (found.report.rows, found.report.unlabelled) == (68, 2)
    assert found.report.metrics["r2"] > 0.8
    assert found.report.metrics["rmse"] < 400 < found.report.baseline["rmse"]
    predicted = predict_table(found.model, penguins)
    assert predicted.probabilities is None
    assert predicted.values.shape == (344,)
    assert 2500 < predicted.values.min() < predicted.values.max() < 6500


def sklearn_table(name: str) -> Table:
    datasets = pytest.importorskip("sklearn.datasets")
    found = getattr(datasets, f"load_{name}")(as_frame=True)
    frame = found.frame
    if name != "diabetes":
        frame["target"] = [str(found.target_names[code]) for code in frame["target"]]
    frame.to_csv(f"{name}.csv", index=False)
    return read_table(f"{name}.csv")


@pytest.mark.parametrize(
    ("name", "metric", "least"),
    [
        ("iris", "accuracy", 0.85),
        ("wine", "accuracy", 0.9),
        ("breast_cancer", "accuracy", 0.93),
        ("diabetes", "r2", 0.3),
    ],
)
def test_well_known_tables(name, metric, least):
    report = trained(sklearn_table(name), "target").report
    assert report.metrics[metric] >= least > report.baseline[metric]


@pytest.mark.parametrize("target", ["species", "body_mass_g", "sex"])
def test_sixty_rows_are_enough(penguins, target):
    some = np.zeros(len(penguins.row_numbers), bool)
    some[np.random.default_rng(0).permutation(len(some))[:60]] = True
    report = trained(penguins.take(some), target).report
    which = "r2" if target == "body_mass_g" else "accuracy"
    assert report.metrics[which] > report.baseline[which]


@pytest.mark.no_cover
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize(
    "loss", [name for name, loss in LOSSES.items() if loss.target == "values"]
)
def test_every_optimizer_learns_a_number_of_a_large_unit(penguins, loss, optimizer):
    report = trained(
        penguins, "body_mass_g", optimizer=optimizer, loss=loss, epochs=30
    ).report
    assert report.metrics["r2"] > 0.6


@pytest.mark.parametrize("loss", ["binary_cross_entropy", "cross_entropy"])
def test_two_classes_with_either_loss(loss):
    table = sums(200)
    found = trained(table, "above", loss=loss, drop=["sum"])
    outputs = 1 if loss == "binary_cross_entropy" else 2
    assert found.model.net.structure.output_shape == (outputs,)
    assert found.report.metrics["accuracy"] > 0.9
    assert found.report.confusion.sum() == found.report.rows == 40
    predicted = predict_table(found.model, table)
    assert predicted.probabilities.shape == (200, 2)
    np.testing.assert_allclose(predicted.probabilities.sum(axis=1), 1, rtol=1e-12)
    assert np.array_equal(predicted.probabilities.argmax(axis=1), predicted.values)


# Rows ---------------------------------------------------------------------------------


def test_hold_out_is_stratified_and_drawn_from_the_seed(penguins):
    first, again, other = (
        prepare_training(penguins, "species", seed=seed) for seed in (0, 0, 1)
    )
    assert np.array_equal(first.held_out, again.held_out)
    assert not np.array_equal(first.held_out, other.held_out)
    both = np.sort(np.concatenate([first.training, first.held_out]))
    assert np.array_equal(both, np.arange(344))
    for prepared in (first, other):
        counts = np.bincount(prepared.y[prepared.held_out])
        assert np.abs(counts - np.array([152, 68, 124]) / 5).max() < 1


def test_held_out_rows_change_nothing_but_the_report():
    table = sums()
    one, two = (prepare_training(table, "above", epochs=3) for _ in range(2))
    two.x[two.held_out] = 1e6
    two.y[two.held_out] = 0
    nets = [train_table(prepared, verbose=False).model.net for prepared in (one, two)]
    assert bits(nets[0]) == bits(nets[1])
    mean = nets[0].values["columns_1.mean"]
    np.testing.assert_allclose(mean, one.x[one.training].mean(axis=0), rtol=1e-14)


def test_same_seed_same_bits():
    nets = [trained(sums(), "sum", epochs=3, seed=seed).model.net for seed in (4, 4, 5)]
    assert bits(nets[0]) == bits(nets[1]) != bits(nets[2])


def test_a_class_with_one_row_is_learned_not_measured():
    lines = [
        f"{n},{'rare' if n == 7 else 'even' if n % 2 else 'odd'}" for n in range(20)
    ]
    prepared = prepare_training(table_of("\n".join(["n,kind", *lines])), "kind")
    assert "rare" in prepared.model.plan.target.words
    rare = prepared.model.plan.target.words.index("rare")
    assert rare in prepared.y[prepared.training]
    report = train_table(prepared, verbose=False).report
    assert math.isfinite(report.metrics["log_loss"])
    assert prepared.model.baseline[rare] == 1 / 16


def test_three_rows_are_the_least():
    found = trained(table_of("hours,score\n2,92\n1,86\n3,89\n"), "score")
    assert (found.report.rows, math.isnan(found.report.metrics["r2"])) == (1, True)
    table = table_of("hours,score\n2,92\n1,86\n3,\n")
    assert refusal(DataError, lambda: prepare_training(table, "score")) == (
        "'t.csv': expected at least 3 rows with a target, to learn from most of them "
        "and to measure on the others, got 2. Add rows."
    )


def test_a_target_that_is_constant_among_the_training_rows():
    table = table_of("n,kg\n" + "".join(f"{n},{1.5 if n else 2.5}\n" for n in range(9)))
    seed = next(
        seed
        for seed in range(99)
        if 0 in prepare_training(table, "kg", seed=seed).held_out
    )
    found = trained(table, "kg", seed=seed)
    np.testing.assert_allclose(predict_table(found.model, table).values, 1.5, atol=0.1)


# Decisions ----------------------------------------------------------------------------


def test_flags_are_for_numbers_that_are_missing_in_training(penguins):
    net = prepare_training(penguins, "species").model.net
    assert net.layers[0].words == (3, 0, 0, 0, 0, 2, 0)
    assert net.layers[0].flagged == (1, 2, 3, 4)


def test_weight_decay_follows_the_rows():
    assert table_optimizer("adamw", None, 400) == gp.AdamW(0.01, weight_decay=0.5)
    assert table_optimizer("AdamW", 0.5, 7) == gp.AdamW(0.5, weight_decay=1)
    assert table_optimizer("adam", None, 7) == gp.Adam(0.01)
    assert table_optimizer("sgd", None, 7) == gp.SGD(0.1)
    assert set(LEARNING_RATES) == set(OPTIMIZERS)


def test_a_table_is_learned_in_batches():
    message = refusal(ArgumentError, lambda: table_optimizer("lbfgs", None, 7))
    assert message == (
        "optimizer: a table is learned in batches, and 'lbfgs' takes all rows at once. "
        "Expected sgd, adam, adamw, nadam, rmsprop, adagrad, lion or rprop."
    )


def test_plain_descent_alone_is_clipped():
    clips = {name: gradient_clip(kind()) for name, kind in OPTIMIZERS.items()}
    assert clips == {**dict.fromkeys(OPTIMIZERS), "sgd": 1.0}


@pytest.mark.parametrize(
    ("rows", "batch_size", "epochs"),
    [(48, 32, 500), (275, 32, 111), (16000, 32, 20), (5, 32, 1000), (5, 1, 200)],
)
def test_epochs_make_about_a_thousand_steps(rows, batch_size, epochs):
    assert default_epochs(rows, batch_size) == epochs


def test_options_reach_the_training():
    prepared = prepare_training(
        sums(),
        "sum",
        drop=["above"],
        layers=(5,),
        activation="tanh",
        loss="huber",
        optimizer="adam",
        learning_rate=0.5,
        epochs=7,
        batch_size=9,
        seed=3,
    )
    net = prepared.model.net
    assert net.layers[1:-1] == [gp.Dense(5, "tanh"), gp.Dense(1)]
    assert isinstance(net.layers[-1], gp.Scale)
    assert (net.loss.name, net.seed) == ("huber", 3)
    assert [column.name for column in prepared.model.plan.features] == ["a", "b"]
    history = train_table(prepared, verbose=False).history
    assert len(history.epochs) == 7
    assert net.training.optimizer == gp.Adam(0.5)
    assert net.training.steps == 7 * 4  # 32 rows in batches of 9


def test_class_weights_reach_the_training():
    table = sums()
    prepared = prepare_training(table, "above", epochs=2, class_weight="balanced")
    rows, net = prepared.training, prepared.model.net
    again = net.copy()
    assert prepared.model.options == {"epochs": 2, "class_weight": "balanced"}
    train_table(prepared, verbose=False)
    again.fit(
        prepared.x[rows],
        prepared.y[rows],
        optimizer=prepared.optimizer,
        epochs=2,
        schedule=gp.schedules.Cosine(2),
        class_weight="balanced",
        verbose=False,
    )
    assert bits(net) == bits(again)
    plain = trained(table, "above", epochs=2).model
    assert bits(plain.net) != bits(net)
    assert plain.options == {"epochs": 2}


def test_early_stopping_keeps_the_best_epoch_of_rows_of_its_own():
    rng = np.random.default_rng(1)
    rows = "\n".join(f"{a:.3f},{b:.3f}" for a, b in rng.normal(size=(60, 2)))
    prepared = prepare_training(
        table_of(f"a,b\n{rows}"), "b", epochs=200, early_stopping=6
    )
    assert prepared.model.options == {"epochs": 200, "early_stopping": 6}
    found = train_table(prepared, verbose=False)
    history, losses = found.history, found.history["validation_loss"]
    assert history.stopped == "early stopping"
    assert history.best_epoch == int(np.argmin(losses)) + 1 == len(losses) - 6
    net, kept = prepared.model.net, prepared.training
    _, held = validation_rows(len(kept), 0.2, net.seed, None)
    assert len(held) == 10
    measured = net.evaluate(prepared.x[kept][held], prepared.y[kept][held])
    assert measured["loss"] == pytest.approx(min(losses), rel=1e-12)
    assert not set(kept) & set(prepared.held_out)  # the report has seen none of them
    net.save("early.safetensors")
    assert load_table_model("early.safetensors").options == prepared.model.options


def test_early_stopping_needs_rows_to_hold_out():
    few = table_of("a,b\n1,2\n3,4\n5,7\n")
    assert refusal(DataError, lambda: prepare_training(few, "b", early_stopping=2)) == (
        "'t.csv': expected at least 4 rows with a target, since early stopping holds "
        "out further rows to measure on, got 3. Add rows, or train without it."
    )
    four = table_of("a,b\n1,2\n3,4\n5,7\n8,8\n")
    assert len(trained(four, "b", early_stopping=2, epochs=3).history.epochs) <= 3


def test_weights_of_classes_need_classes():
    assert refusal(
        ArgumentError,
        lambda: prepare_training(sums(), "sum", class_weight="balanced"),
    ) == (
        "class_weight: 'sum' is a number, without classes to balance. Train without it."
    )


def test_scale_of_the_target_is_short_and_close():
    y = np.random.default_rng(0).normal(1e6 / 3, 0.123456, (500, 1))
    deviation, mean = rounded_scale(y)
    assert (len(repr(deviation)), len(repr(mean))) == (7, 12)
    assert abs(deviation - y.std()) < 1e-4 * y.std()
    assert abs(mean - y.mean()) < 1e-4 * y.std()
    assert rounded_scale(np.array([[4.25], [4.25]])) == (1.0, 4.25)
    assert rounded_scale(np.array([[-3e7], [1e7]])) == (2e7, -1e7)


@pytest.mark.parametrize(
    ("text", "layers"),
    [("32,16", (32, 16)), (" 8 ", (8,)), ("4, 4 ,4", (4, 4, 4)), ("None", ())],
)
def test_layers_from_text(text, layers):
    assert parse_layers(text) == layers


@pytest.mark.parametrize("text", ["", "32,,x", "0", "8,", "-4", "1.5", "8;8", "²", "٣"])
def test_layers_that_are_none(text):
    assert refusal(ArgumentError, lambda: parse_layers(text)) == (
        "layers: expected the neurons of each hidden layer, such as 32,16 (or none for "
        f"a linear model), got {text!r}."
    )


def test_no_hidden_layers_make_a_linear_model():
    net = prepare_training(sums(), "sum", layers=()).model.net
    assert [type(layer).__name__ for layer in net.layers] == [
        "Columns",
        "Dense",
        "Scale",
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"epochs": 0}, "epochs: expected 1 or more, got 0."),
        ({"batch_size": -1}, "batch_size: expected 1 or more, got -1."),
        ({"early_stopping": 0}, "early_stopping: expected 1 or more, got 0."),
        ({"class_weight": "even"}, "class_weight: expected balanced, got 'even'."),
        ({"seed": -1}, "seed: expected 0 or more, got -1."),
        (
            {"learning_rate": -0.1},
            "AdamW: learning_rate must be a finite number >= 0, got -0.1.",
        ),
        (
            {"learning_rate": math.nan},
            "AdamW: learning_rate must be a finite number >= 0, got nan.",
        ),
        (
            {"activation": "rleu"},
            "unknown activation 'rleu'. Did you mean 'relu'? Expected "
            f"{ANY_ACTIVATION}.",
        ),
        (
            {"optimizer": "adan"},
            "unknown optimizer 'adan'. Did you mean 'adam'? Expected sgd, adam, "
            "adamw, nadam, rmsprop, adagrad, lion, rprop or lbfgs, or an optimizer "
            "such as gp.Adam(learning_rate=0.01).",
        ),
        (
            {"loss": "huger"},
            f"unknown loss 'huger'. Did you mean 'huber'? {KNOWN_LOSSES}",
        ),
        (
            {"drop": ["sum", "b", "a"]},
            "'t.csv': expected at least one column beside the target 'above' to learn "
            "from, got none. Drop fewer columns.",
        ),
        (
            {"drop": ["above"]},
            "drop: column 'above' is the target and cannot be dropped. Choose another "
            "target, or do not drop it.",
        ),
    ],
)
def test_options_without_meaning(options, message):
    kind = DataError if message.startswith("'t.csv'") else ArgumentError
    assert (
        refusal(kind, lambda: prepare_training(sums(), "above", **options)) == message
    )


# Losses and tasks -----------------------------------------------------------------


def test_losses_that_fit():
    values = tuple(name for name, loss in LOSSES.items() if loss.target == "values")
    assert sorted(fitting_losses(NUMBER)) == sorted(values)
    assert fitting_losses(NUMBER)[0] == "mean_squared_error"
    assert fitting_losses(TWO) == ("binary_cross_entropy", "cross_entropy")
    assert fitting_losses(THREE) == ("cross_entropy",)
    assert {*fitting_losses(NUMBER), *fitting_losses(TWO)} <= set(LOSSES)


@pytest.mark.parametrize(
    ("plan", "name", "message"),
    [
        (
            NUMBER,
            "cross_entropy",
            "loss: expected mean_squared_error, half_squared_error, "
            "mean_absolute_error, huber or log_cosh to predict 'score', a number, got "
            "cross_entropy.",
        ),
        (
            NUMBER,
            "quantile",
            "loss: expected mean_squared_error, half_squared_error, "
            "mean_absolute_error, huber or log_cosh to predict 'score', a number, got "
            "quantile.",
        ),
        (
            TWO,
            "huber",
            "loss: expected binary_cross_entropy or cross_entropy to predict 'passed', "
            "2 classes, got huber.",
        ),
        (
            THREE,
            "binary_cross_entropy",
            "loss: expected cross_entropy to predict 'grade', 3 classes, got "
            "binary_cross_entropy.",
        ),
    ],
)
def test_losses_that_do_not_fit(plan, name, message):
    assert refusal(ArgumentError, lambda: chosen_loss(plan, name)) == message


def test_a_loss_decides_what_whole_numbers_are():
    few = table_of(
        "a,k\n" + "".join(f"{n / 7},{n % 3}\n" for n in range(30)), "few.csv"
    )
    many = table_of(
        "a,k\n" + "".join(f"{n / 7},{n % 15}\n" for n in range(60)), "m.csv"
    )

    def task(table, loss):
        return prepare_training(table, "k", loss=loss).model.plan.task

    assert [task(few, None), task(many, None)] == ["classification", "regression"]
    assert [task(few, "huber"), task(many, "huber")] == ["regression"] * 2
    assert [task(few, "cross_entropy"), task(many, "cross_entropy")] == [
        "classification"
    ] * 2


# Numbers that are too large ------------------------------------------------------


@pytest.mark.parametrize("column", ["a", "kg"])
def test_numbers_whose_squares_are_infinite(column):
    cells = {"a": "1.5", "kg": "2.5"} | {column: "-1e200"}
    lines = [f"{n},{n + 0.5}" for n in range(8)]
    table = table_of("\n".join(["a,kg", *lines, f"{cells['a']},{cells['kg']}"]))
    assert refusal(DataError, lambda: prepare_training(table, "kg")) == (
        f"'t.csv', column {column!r}: expected numbers up to 1e+100, got one of size "
        "1e+200. Write them in a larger unit."
    )


def test_a_row_far_from_all_others_is_not_answered_by_nan():
    found = trained(sums(), "above", drop=["sum"], epochs=2)
    table = table_of("a,b\n0.5,0.5\n-1.7e308,1.7e308\n", "far.csv")
    assert refusal(DataError, lambda: predict_table(found.model, table)) == (
        "'far.csv', line 3: the network gives no finite number for it. Its values are "
        "too far from those that the network was trained on: look for a slip, or "
        "another unit."
    )


# Reports ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rate", "batch_size", "place", "layer"),
    [(1e200, 32, (2, 1), "dense_2"), (1e300, 8, (1, 2), "dense_2")],
)
def test_a_divergence_says_where_in_parts_too(rate, batch_size, place, layer):
    prepared = prepare_training(
        sums(), "sum", learning_rate=rate, optimizer="adam", batch_size=batch_size
    )
    with pytest.raises(DivergenceError) as caught:
        train_table(prepared, verbose=False)
    for error in (caught.value, pickle.loads(pickle.dumps(caught.value))):
        assert (error.epoch, error.step) == place
        assert error.layer == layer
        assert error.found == (
            "the first value that is not finite is infinity, made by matmul in the "
            f"forward pass of layer {layer!r}"
        )
        assert error.what == (
            f"training diverged in epoch {error.epoch}, step {error.step}: "
            f"{error.found}."
        )
        assert str(error) == (
            f"{error.what} The network keeps the weights from before that step. They "
            "are too large to go on from: make the network anew. The learning rate was "
            f"{error.learning_rate:.6g}: try "
            f"{error.learning_rate / 10:.2g}; standardize the inputs "
            "(gp.Standardize() as first layer), or clip the gradient (clip=1.0)."
        )
    assert 0 < caught.value.learning_rate <= rate


@pytest.mark.parametrize(
    ("metrics", "baseline", "found"),
    [
        ({"rmse": 1.0, "r2": 0.5}, {"rmse": 1.5, "r2": -0.1}, None),
        ({"rmse": 1.5, "r2": -0.1}, {"rmse": 1.5, "r2": -0.1}, None),
        ({"rmse": 1.6, "r2": -0.2}, {"rmse": 1.5, "r2": -0.1}, "r2"),
        ({"rmse": math.inf, "r2": -math.inf}, {"rmse": 1.5, "r2": 0.0}, "r2"),
        ({"rmse": math.nan, "r2": math.nan}, {"rmse": 1.5, "r2": 0.0}, "rmse"),
        ({"rmse": 2.0, "r2": math.nan}, {"rmse": 1.5, "r2": math.nan}, "rmse"),
        ({"rmse": 1.0, "r2": math.nan}, {"rmse": 1.5, "r2": math.nan}, None),
    ],
)
def test_a_number_worse_than_the_mean(metrics, baseline, found):
    report = Report(5, 0, metrics, baseline, None)
    assert worse_than_baseline(report) == found


@pytest.mark.parametrize(
    ("accuracy", "log_loss", "found"),
    [
        (0.8, 0.3, None),
        (0.8, 9.0, None),
        (0.6, 0.7, None),
        (0.6, 0.71, "log_loss"),
        (0.6, math.nan, "log_loss"),
        (0.59, 0.3, "accuracy"),
    ],
)
def test_classes_worse_than_the_most_frequent_one(accuracy, log_loss, found):
    report = Report(
        5,
        0,
        {"accuracy": accuracy, "log_loss": log_loss},
        {"accuracy": 0.6, "log_loss": 0.7},
        np.eye(2, dtype=int),
    )
    assert worse_than_baseline(report) == found


@pytest.mark.parametrize(
    ("share", "found"),
    [(0.51, None), (0.5, None), (0.49, "balanced_accuracy")],
)
def test_a_balanced_model_is_judged_by_classes_that_count_alike(share, found):
    report = Report(
        5,
        0,
        {"accuracy": 0.7, "balanced_accuracy": share, "log_loss": 0.9},
        {"accuracy": 0.9, "balanced_accuracy": 0.5, "log_loss": 0.3},
        np.eye(2, dtype=int),
    )
    assert worse_than_baseline(report, balanced=True) == found
    assert worse_than_baseline(report) == "accuracy"


def test_baseline_of_classes_knows_the_shares_of_the_training_rows():
    found = trained(sums(), "above", epochs=1)
    share = found.model.baseline[1]
    table = table_of(
        "a,b,sum,above\n" + "1,1,2,yes\n" * 3 + "0,0,0,no\n0,0,0,\n", "u.csv"
    )
    report = evaluate_table(found.model, table)
    assert (report.rows, report.unlabelled) == (4, 1)
    most = share > 0.5
    assert report.baseline == {
        "accuracy": 0.75 if most else 0.25,
        "balanced_accuracy": 0.5,
        "log_loss": pytest.approx(-0.75 * np.log(share) - 0.25 * np.log(1 - share)),
    }
    assert report.confusion.sum(axis=1).tolist() == [1, 3]


def test_baseline_of_a_number_is_the_mean_of_the_training_rows():
    prepared = prepare_training(sums(), "sum", epochs=1)
    found = train_table(prepared, verbose=False)
    (mean,) = found.model.baseline
    assert mean == prepared.y[prepared.training].mean()
    y = prepared.y[prepared.held_out]
    assert found.report.baseline == {
        "mae": pytest.approx(np.abs(y - mean).mean()),
        "rmse": pytest.approx(np.sqrt(((y - mean) ** 2).mean())),
        "r2": pytest.approx(1 - ((y - mean) ** 2).mean() / y.var()),
    }
    assert found.report.confusion is None


def test_other_columns_and_another_order_change_nothing(penguins):
    found = trained(penguins, "species", epochs=2, drop=["year"])
    shuffled = replace(penguins, columns=penguins.columns[::-1])
    one, two = (predict_table(found.model, table) for table in (penguins, shuffled))
    assert np.array_equal(one.probabilities, two.probabilities)


# Model files ----------------------------------------------------------------------


@pytest.mark.parametrize("target", ["sum", "above"])
def test_a_saved_model_gives_the_same_answers(target):
    found = trained(sums(), target, epochs=3)
    found.model.net.save("m.safetensors")
    again = load_table_model("m.safetensors")
    assert again.plan == found.model.plan
    assert again.baseline == found.model.baseline
    one, two = (predict_table(model, sums()) for model in (found.model, again))
    assert np.array_equal(one.values, two.values)
    assert network_source(again.net) == network_source(found.model.net)


def test_source_says_which_columns_and_runs(penguins):
    net = trained(penguins, "species", epochs=1).model.net
    source = network_source(net)
    assert source.splitlines()[:9] == [
        "# x[:, 0]: 'island', 0 'Biscoe', 1 'Dream', 2 'Torgersen'",
        "# x[:, 1]: 'bill_length_mm'",
        "# x[:, 2]: 'bill_depth_mm'",
        "# x[:, 3]: 'flipper_length_mm'",
        "# x[:, 4]: 'body_mass_g'",
        "# x[:, 5]: 'sex', 0 'female', 1 'male'",
        "# x[:, 6]: 'year'",
        "# y: 'species', 0 'Adelie', 1 'Chinstrap', 2 'Gentoo'",
        '"""One training step: 7 -> Columns() -> Dense(32, relu) -> Dense(16, relu) -> '
        'Dense(3); loss cross_entropy; AdamW."""',
    ]
    module = {}
    exec(source, module)
    assert callable(module["step"])


def test_a_column_s_name_cannot_write_code_into_the_source():
    name = "a\nimport os  #"
    table = table_of(f'"{name}",b\n' + "".join(f"{n},{n / 2}\n" for n in range(9)))
    source = network_source(trained(table, "b", epochs=1).model.net)
    assert source.startswith("# x[:, 0]: 'a\\nimport os  #'\n# y: 'b'\n")


def test_summary_says_which_columns():
    net = trained(sums(), "above", epochs=1, drop=["b"]).model.net
    assert network_summary(net).splitlines()[:5] == [
        "x[:, 0]: 'a'",
        "x[:, 1]: 'sum'",
        "y: 'above', 0 'no', 1 'yes'",
        "",
        "layer      kind             output   parameters  operations",
    ]


def test_other_networks_have_no_columns_to_tell_of():
    net = gp.Network([gp.Dense(1)], loss="huber", input_shape=2)
    assert network_source(net) == net.source().rstrip("\n")
    assert network_summary(net) == net.summary()


def test_a_model_that_was_not_trained_on_a_table():
    gp.Network([gp.Dense(1)], input_shape=2).save("m.safetensors")
    assert refusal(ModelFileError, lambda: load_table_model("m.safetensors")) == (
        "'m.safetensors': the network was not trained on a table, so nothing says what "
        "the columns of one mean to it. Train one: glassprop train DATA --target "
        "COLUMN."
    )


def damaged(change):
    """Give what is said of a model whose notes were changed."""
    net = trained(sums(), "above", epochs=1).model.net
    net.notes = json.loads(json.dumps(net.notes))
    change(net)
    return refusal(ModelFileError, lambda: noted_model(net))


def put(key, value):
    return lambda net: net.notes["table"].__setitem__(key, value)


WAY_OUT = "Copy it again, or train the model again."


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda net: net.notes.update(table=[1]),
            f"the file is damaged: expected 'plan' and 'baseline', got [1]. {WAY_OUT}",
        ),
        (
            put("plan", 3),
            "Table plan, the plan: expected an object of 'features' and 'target', got "
            "3. The model file is damaged or of another version: train the model "
            "again.",
        ),
        (
            put("baseline", [0.5]),
            f"the file is damaged: the baseline cannot be [0.5]. {WAY_OUT}",
        ),
        (
            put("baseline", [0.5, True]),
            f"the file is damaged: the baseline cannot be [0.5, True]. {WAY_OUT}",
        ),
        (
            put("baseline", "x" * 500),
            f"the file is damaged: the baseline cannot be '{'x' * 79}. {WAY_OUT}",
        ),
        (
            put("options", {"epochs": 0}),
            "the file is damaged: the options of its training cannot be {'epochs': 0}. "
            f"{WAY_OUT}",
        ),
        (
            put("options", {"loss": "huber"}),
            "the file is damaged: the options of its training cannot be {'loss': "
            f"'huber'}}. {WAY_OUT}",
        ),
        (
            put("options", {"class_weight": "even"}),
            "the file is damaged: the options of its training cannot be "
            f"{{'class_weight': 'even'}}. {WAY_OUT}",
        ),
        (
            put("options", {"early_stopping": True}),
            "the file is damaged: the options of its training cannot be "
            f"{{'early_stopping': True}}. {WAY_OUT}",
        ),
        (
            put("options", {"drop": 1}),
            "the file is damaged: the options of its training cannot be {'drop': 1}. "
            f"{WAY_OUT}",
        ),
        (
            put("options", [1]),
            "the file is damaged: the options of its training cannot be [1]. "
            f"{WAY_OUT}",
        ),
        (
            lambda net: net.notes["table"]["plan"]["features"].pop(),
            "the file is damaged: the first layer takes other columns than the plan "
            f"has. {WAY_OUT}",
        ),
        (
            lambda net: net.layers.pop(0),
            "the file is damaged: the first layer takes other columns than the plan "
            f"has. {WAY_OUT}",
        ),
        (
            lambda net: setattr(net, "loss", None),
            "the file is damaged: loss none is not for the target 'above', 2 classes. "
            f"{WAY_OUT}",
        ),
        (
            lambda net: setattr(net, "loss", LOSSES["huber"]),
            "the file is damaged: loss huber is not for the target 'above', 2 classes. "
            f"{WAY_OUT}",
        ),
        (
            lambda net: setattr(net, "loss", LOSSES["cross_entropy"]),
            "the file is damaged: the network gives (1,) for a row, the target "
            f"'above', 2 classes, takes (2,). {WAY_OUT}",
        ),
    ],
)
def test_notes_are_trusted_in_nothing(change, message):
    assert damaged(change) == message


# Names of model files -------------------------------------------------------------


def some_net():
    return gp.Network([gp.Dense(1)], input_shape=2)


def test_models_never_take_each_other_s_place():
    path = model_path(Path("tables/penguins.csv"), None)
    assert path == Path("penguins.safetensors")
    saved = [save_model(some_net(), path) for _ in range(3)]
    assert [one.name for one in saved] == [
        "penguins.safetensors",
        "penguins-2.safetensors",
        "penguins-3.safetensors",
    ]
    assert all(gp.load(one).input_shape == (2,) for one in saved)
    assert sorted(one.name for one in Path().iterdir()) == sorted(
        one.name for one in saved
    )


def test_a_folder_of_the_default_name_is_passed_by():
    Path("penguins.safetensors").mkdir()
    path = model_path(Path("penguins.csv"), None)
    assert save_model(some_net(), path) == Path("penguins-2.safetensors")


def test_force_replaces():
    Path("m").write_text("old", encoding="utf-8")
    path = model_path(Path("penguins.csv"), Path("m"), force=True)
    assert save_model(some_net(), path, force=True) == Path("m")
    assert gp.load("m").input_shape == (2,)


def test_a_file_that_appears_while_training_is_left_as_it_is():
    path = model_path(Path("penguins.csv"), Path("m.safetensors"))
    path.write_text("another's", encoding="utf-8")
    assert save_model(some_net(), path) == Path("m-2.safetensors")
    assert path.read_text(encoding="utf-8") == "another's"


def test_a_model_that_cannot_be_saved_leaves_nothing_behind():
    net = gp.Network([gp.Dense(1, lambda z: z)], input_shape=2)
    with pytest.raises(ArgumentError):
        save_model(net, Path("m.safetensors"))
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize(
    ("out", "force", "kind", "message"),
    [
        (
            "old",
            False,
            ArgumentError,
            "'old' exists already and is left as it is. Name another file, or replace "
            "it with --force.",
        ),
        ("folder", False, ArgumentError, "'folder' is a folder. Name a file."),
        ("folder", True, ArgumentError, "'folder' is a folder. Name a file."),
        (
            "none/m",
            False,
            ModelFileError,
            "'none/m': cannot be written: No such file or directory.",
        ),
        pytest.param(
            "pipe",
            True,
            ModelFileError,
            "'pipe': expected a file, this is a device or a pipe.",
            marks=pytest.mark.skipif(os.name != "posix", reason="no pipes elsewhere"),
        ),
    ],
)
def test_files_that_cannot_be_written_are_refused_before_training(
    out, force, kind, message
):
    Path("old").write_text("old", encoding="utf-8")
    Path("folder").mkdir()
    if hasattr(os, "mkfifo"):
        os.mkfifo("pipe")
    found = refusal(kind, lambda: model_path(Path("t.csv"), Path(out), force=force))
    assert found == message
    assert Path("old").read_text(encoding="utf-8") == "old"
