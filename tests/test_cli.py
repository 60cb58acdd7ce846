"""The command line, as a user meets it: output, messages, exit codes, files."""

import csv
import io
import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pytest

import glassprop as gp
from glassprop.cli import main
from glassprop.cli.console import counted, print_json, print_table, shown
from glassprop.table_training import prepare_training, train_table
from glassprop.tables import read_table
from glassprop.tabular import load_table_model, network_source, network_summary
from networks import ANY_ACTIVATION, KNOWN_LOSSES

PENGUINS = Path(__file__).parent.parent / "examples" / "penguins.csv"
START = "from glassprop.cli import main; main()"
TABLE = "a,kind,size,grade\n" + "".join(
    f"{n / 8},{'xyz'[n % 3]},{n * n / 9 + 100},{'good' if n > 14 else 'bad'}\n"
    for n in range(30)
)


@dataclass
class Ended:
    """How a command ended."""

    code: int
    out: str
    error: str


@pytest.fixture(autouse=True)
def _in_a_directory_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    write("t.csv", TABLE)


@pytest.fixture
def run(capsys):
    """Give a function that runs a command in this process."""

    def in_process(*arguments) -> Ended:
        with pytest.raises(SystemExit) as ended:
            main([str(one) for one in arguments])
        captured = capsys.readouterr()
        return Ended(ended.value.code or 0, captured.out, captured.err)

    return in_process


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """Give a model of t.csv's grade, and one of its size."""
    folder = tmp_path_factory.mktemp("models")
    (folder / "t.csv").write_text(TABLE, encoding="utf-8")
    table = read_table(folder / "t.csv")
    for target in ("grade", "size"):
        prepared = prepare_training(table, target, epochs=9)
        found = train_table(prepared, verbose=False)
        found.model.net.save(folder / target)
    return folder


def write(name: str, text: str) -> str:
    Path(name).write_text(text, encoding="utf-8")
    return name


def process(*arguments, **options) -> Ended:
    """Run a command in a process of its own."""
    environment = {**os.environ, **options.pop("env", {})}
    done = subprocess.run(
        [sys.executable, "-c", START, *map(str, arguments)],
        capture_output=True,
        env=environment,
        check=False,
        **options,
    )
    return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())


# Training -----------------------------------------------------------------------------


def test_train_says_what_it_does_and_how_good_it_is(run):
    ended = run("train", PENGUINS, "--target", "species", "--epochs", 20)
    found = load_table_model("penguins.safetensors")
    prepared = prepare_training(read_table(PENGUINS), "species", epochs=20)
    again = train_table(prepared, verbose=False)
    report, losses = again.report.metrics, again.history["loss"]
    rows = [
        ("", "model", "baseline"),
        ("accuracy", f"{100 * report['accuracy']:.1f} %", "43.5 %"),
        ("balanced accuracy", f"{100 * report['balanced_accuracy']:.1f} %", "33.3 %"),
        ("log loss", f"{report['log_loss']:.4g}", "1.054"),
    ]
    width = max(len(row[1]) for row in rows)
    assert ended.out.splitlines() == [
        "On 69 rows held out from training:",
        *(f"{row[0]:17}   {row[1]:>{width}}   {row[2]:>8}" for row in rows),
        "baseline: always 'Adelie', the most frequent class in training",
        "Saved as penguins.safetensors",
    ]
    assert ended.error.splitlines() == [
        "penguins.csv: 344 rows, 7 columns to predict 'species', 3 classes",
        "network: 7 -> Columns() -> Dense(32, relu) -> Dense(16, relu) -> Dense(3)",
        *(
            f"epoch {epoch}  loss {losses[epoch - 1]:.6g}"
            for epoch in (1, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20)
        ),
        "Next: glassprop predict penguins.safetensors TABLE (or evaluate)",
    ]
    assert (ended.code, found.plan) == (0, prepared.model.plan)


def test_train_on_a_number(run):
    write("t.csv", TABLE.replace("100.0,", ",", 1))
    ended = run("train", "t.csv", "--target", "size", "--drop", "grade", "--json")
    scale = gp.load("t.safetensors").layers[-1]
    assert ended.error.splitlines()[:3] == [
        "1 row without 'size' is left out",
        "t.csv: 29 rows, 2 columns to predict 'size', a number",
        "network: 2 -> Columns() -> Dense(32, relu) -> Dense(16, relu) -> Dense(1) -> "
        f"Scale(factor={scale.factor}, offset={scale.offset})",
    ]
    found = json.loads(ended.out)
    held_out = found.pop("held_out")
    assert found == {
        "model": "t.safetensors",
        "data": "t.csv",
        "target": "size",
        "task": "regression",
        "classes": None,
        "features": ["a", "kind"],
        "training_rows": 23,
        "epochs": 1000,
        "best_epoch": None,
        "stopped": "epochs",
        "warning": None,
    }
    assert held_out["rows"] == 6
    assert held_out["rows_without_target"] == 1
    assert held_out["confusion"] is None
    assert (
        set(held_out["metrics"]) == set(held_out["baseline"]) == {"mae", "rmse", "r2"}
    )
    assert held_out["metrics"]["r2"] > 0.9


def test_train_on_a_number_in_words(run):
    ended = run("train", "t.csv", "--target", "size", "--epochs", 3)
    lines = ended.out.splitlines()
    assert lines[0] == "On 6 rows held out from training:"
    assert [line.split()[0] for line in lines[1:5]] == ["model", "mae", "rmse", "r2"]
    mean = load_table_model("t.safetensors").baseline[0]
    assert lines[5:] == [
        f"baseline: always {mean:.4g}, the mean in training",
        "Saved as t.safetensors",
    ]


def test_options_are_those_of_the_library(run):
    options = [
        *("--layers", "6,5", "--activation", "tanh", "--epochs", 4, "--batch-size", 7),
        *("--learning-rate", 0.05, "--loss", "cross_entropy", "--optimizer", "sgd"),
        *("--seed", 2, "--drop", "a", "--drop", "size", "--out", "m.safetensors"),
        *("--class-weight", "balanced", "--early-stopping", 2),
    ]
    assert run("train", "t.csv", "--target", "grade", *options).code == 0
    prepared = prepare_training(
        read_table("t.csv"),
        "grade",
        layers=(6, 5),
        activation="tanh",
        epochs=4,
        batch_size=7,
        learning_rate=0.05,
        loss="cross_entropy",
        optimizer="sgd",
        seed=2,
        drop=["a", "size"],
        class_weight="balanced",
        early_stopping=2,
    )
    expected = train_table(prepared, verbose=False).model.net
    found = gp.load("m.safetensors")
    assert found.layers == expected.layers
    assert all(
        np.array_equal(found.values[k], expected.values[k]) for k in found.values
    )
    assert found.training.optimizer == gp.SGD(0.05)


def test_default_options_are_those_of_the_library(run):
    assert run("train", "t.csv", "--target", "grade").code == 0
    prepared = prepare_training(read_table("t.csv"), "grade")
    expected = train_table(prepared, verbose=False).model.net
    found = gp.load("t.safetensors")
    assert all(
        np.array_equal(found.values[k], expected.values[k]) for k in found.values
    )


def test_models_get_names_of_their_own(run):
    for name in ("t.safetensors", "t-2.safetensors", "t-3.safetensors"):
        ended = run("train", "t.csv", "--target", "grade", "--epochs", 1)
        assert ended.out.splitlines()[-1] == f"Saved as {name}"
        assert Path(name).is_file()
    again = run("train", "t.csv", "--target", "grade", "--epochs", 1, "--force")
    assert again.out.splitlines()[-1] == "Saved as t.safetensors"


def test_parquet_and_folders(run):
    Path("data").mkdir()
    with duckdb.connect(":memory:") as connection:
        connection.execute(
            "COPY (SELECT * FROM 't.csv') TO 'data/some rows.parquet' (FORMAT parquet)"
        )
    options = ["--target", "grade", "--epochs", 1]
    ended = run("train", "data/some rows.parquet", *options)
    assert ended.out.splitlines()[-1] == "Saved as some rows.safetensors"
    assert ended.error.splitlines()[0].startswith("some rows.parquet: 30 rows,")
    assert ended.error.splitlines()[-1] == (
        'Next: glassprop predict "some rows.safetensors" TABLE (or evaluate)'
    )


# Predicting and measuring -------------------------------------------------------------


def test_predict_answers_in_the_table_s_words(run, model):
    ended = run("predict", model / "grade", "t.csv")
    assert (ended.code, ended.error) == (0, "")
    header, *lines = csv.reader(io.StringIO(ended.out))
    assert header == ["prediction", "probability_bad", "probability_good"]
    assert len(lines) == 30
    for word, bad, good in lines:
        assert abs(float(bad) + float(good) - 1) < 1e-12
        assert word == ("good" if float(good) > 0.5 else "bad")


def test_predict_answers_in_the_target_s_unit(run, model):
    write("new.csv", "other,kind,grade,a\n1,x,bad,0.5\n2,,,\n")
    ended = run("predict", model / "size", "new.csv")
    header, *lines = ended.out.splitlines()
    assert (ended.code, header, len(lines)) == (0, "prediction", 2)
    assert all(90 < float(line) < 210 for line in lines)


def test_predict_writes_a_file(run, model):
    expected = run("predict", model / "grade", "t.csv").out
    ended = run("predict", model / "grade", "t.csv", "--out", "p.csv")
    assert ended == Ended(0, "", "30 predictions written to p.csv\n")
    assert Path("p.csv").read_text(encoding="utf-8") == expected
    ended = run("predict", model / "size", "t.csv", "--out", "p.csv")
    assert ended == Ended(
        1,
        "",
        "error: 'p.csv' exists already and is left as it is. Name another file, or "
        "replace it with --force.\n",
    )
    assert Path("p.csv").read_text(encoding="utf-8") == expected
    assert (
        run("predict", model / "size", "t.csv", "--out", "p.csv", "--force").code == 0
    )
    assert Path("p.csv").read_text(encoding="utf-8").splitlines()[0] == "prediction"


def test_a_table_without_rows_gets_no_predictions(run, model):
    write("names.csv", "size,a,kind,grade\n")
    header = "prediction,probability_bad,probability_good\n"
    nothing = "names.csv has no rows to predict\n"
    assert run("predict", model / "grade", "names.csv") == Ended(0, header, nothing)
    assert run("predict", model / "grade", "names.csv", "--out", "p.csv") == Ended(
        0, "", f"0 predictions written to p.csv\n{nothing}"
    )
    assert Path("p.csv").read_text(encoding="utf-8") == header
    ended = run("predict", model / "grade", "names.csv", "--json")
    found = json.loads(ended.out)
    assert (ended.code, ended.error) == (0, nothing)
    assert (found["predictions"], found["probabilities"]) == ([], [])
    write("names.csv", "a,kind,grade\n")
    ended = run("predict", model / "size", "names.csv")
    assert ended == Ended(0, "prediction\n", nothing)
    assert run("predict", model / "grade", "names.csv") == Ended(
        1,
        "",
        "error: 'names.csv': expected a column 'size', got 'a', 'kind', 'grade'.\n",
    )
    for options in ([], ["--json"]):
        ended = run("evaluate", model / "grade", "names.csv", *options)
        assert ended == Ended(
            1,
            "",
            "error: 'names.csv': expected at least one row of data, got only the names "
            "of the columns.\n",
        )


def test_predict_as_json(run, model):
    ended = run("predict", model / "grade", "t.csv", "--json", "--out", "p.csv")
    found = json.loads(ended.out)
    predictions, probabilities = found.pop("predictions"), found.pop("probabilities")
    assert found == {
        "model": str(model / "grade"),
        "data": "t.csv",
        "out": "p.csv",
        "target": "grade",
        "classes": ["bad", "good"],
    }
    _, *lines = csv.reader(Path("p.csv").read_text(encoding="utf-8").splitlines())
    assert [line[0] for line in lines] == predictions
    assert [[float(one) for one in line[1:]] for line in lines] == probabilities
    found = json.loads(run("predict", model / "size", "t.csv", "--json").out)
    assert (found["classes"], found["probabilities"], found["out"]) == (
        None,
        None,
        None,
    )
    assert len(found["predictions"]) == 30


def test_evaluate_shows_which_classes_are_confused(run, model):
    write("some.csv", TABLE + "1,x,110,\n1,x,110,\n")
    ended = run("evaluate", model / "grade", "some.csv")
    found = json.loads(run("evaluate", model / "grade", "some.csv", "--json").out)
    (bad_bad, bad_good), (good_bad, good_good) = found["confusion"]
    lines = ended.out.splitlines()
    assert ended.error == "2 rows without 'grade' are left out\n"
    assert lines[0] == "On 30 rows of some.csv:"
    accuracy = (bad_bad + good_good) / 30
    assert lines[2].split() == [
        *("accuracy", f"{100 * accuracy:.1f}", "%", "50.0", "%"),
    ]
    most = load_table_model(model / "grade").baseline.index(
        max(load_table_model(model / "grade").baseline)
    )
    assert lines[5:] == [
        f"baseline: always '{('bad', 'good')[most]}', the most frequent class in "
        "training",
        "",
        "true \\ predicted   bad   good",
        f"bad                {bad_bad:3}   {bad_good:4}",
        f"good               {good_bad:3}   {good_good:4}",
    ]
    assert found["metrics"]["accuracy"] == pytest.approx(accuracy)
    assert (found["rows"], found["rows_without_target"]) == (30, 2)


def test_source_and_summary(run, model):
    net = gp.load(model / "size")
    assert run("source", model / "size") == Ended(0, network_source(net) + "\n", "")
    assert run("summary", model / "size") == Ended(0, network_summary(net) + "\n", "")
    gp.Network([gp.Dense(1)], loss="huber", input_shape=2).save("other")
    assert run("source", "other").out == gp.load("other").source().rstrip("\n") + "\n"


# What goes wrong ----------------------------------------------------------------------

GRADE = ["--target", "grade"]
SMALL = "a,b\n1,2\n2,1\n3,5\n"
TRAINING = [
    (
        ["none.csv", *GRADE],
        "'none.csv': there is no such file. Check the path.",
    ),
    (
        ["empty.csv", *GRADE],
        "'empty.csv': expected the names of the columns in the first line, got an "
        "empty line.",
    ),
    (
        ["names.csv", "--target", "b"],
        "'names.csv': expected at least one row of data, got only the names of the "
        "columns.",
    ),
    (
        ["t.txt", *GRADE],
        "'t.txt': expected a file that ends in .csv, .tsv or .parquet, got one that "
        "ends in '.txt'. Save the table as CSV.",
    ),
    (
        ["t.csv", "--target", "grades"],
        "'t.csv': expected a column 'grades', got 'a', 'kind', 'size', 'grade'. Did "
        "you mean 'grade'?",
    ),
    (
        ["t.csv", *GRADE, "--drop", "aa"],
        "'t.csv': expected a column 'aa', got 'a', 'kind', 'size', 'grade'. Did you "
        "mean 'a'?",
    ),
    (
        ["constant.csv", "--target", "b"],
        "'constant.csv', column 'b': expected at least two different values to "
        "predict, got 7 in every row. Choose another target.",
    ),
    (
        ["dates.csv", "--target", "b"],
        "'dates.csv', column 'day': expected numbers, words or booleans, got dates or "
        "times. To train without the column: --drop day.",
    ),
    (
        ["names of all.csv", "--target", "b"],
        "'names of all.csv', column 'full name': expected at most 50 different words, "
        'got 60. To train without the column: --drop "full name".',
    ),
    (
        ["stray.csv", "--target", "b"],
        "'stray.csv', column 'a', line 5: expected a number, as in 11 of its 12 filled "
        "cells, got the word 'unknown'. Mend that cell, or empty it if the value is "
        "missing. To train without the column: --drop a.",
    ),
    (
        ["infinite.csv", "--target", "b"],
        "'infinite.csv', column 'a', line 3: expected a finite number, got inf. Mend "
        "that cell, or empty it if the value is missing.",
    ),
    (
        ["small.csv", "--target", "b"],
        "'small.csv': expected at least 3 rows with a target, to learn from most of "
        "them and to measure on the others, got 2. Add rows.",
    ),
    (
        ["t.csv", *GRADE, "--layers", "32,,x"],
        "layers: expected the neurons of each hidden layer, such as 32,16 (or none for "
        "a linear model), got '32,,x'.",
    ),
    (["t.csv", *GRADE, "--epochs", "0"], "epochs: expected 1 or more, got 0."),
    (["t.csv", *GRADE, "--batch-size", "0"], "batch_size: expected 1 or more, got 0."),
    (
        ["t.csv", *GRADE, "--early-stopping", "0"],
        "early_stopping: expected 1 or more, got 0.",
    ),
    (
        ["t.csv", *GRADE, "--class-weight", "even"],
        "class_weight: expected balanced, got 'even'.",
    ),
    (["t.csv", *GRADE, "--seed", "-1"], "seed: expected 0 or more, got -1."),
    (
        ["t.csv", *GRADE, "--activation", "rellu"],
        f"unknown activation 'rellu'. Did you mean 'relu'? Expected {ANY_ACTIVATION}.",
    ),
    (
        ["t.csv", *GRADE, "--optimizer", "sdg"],
        "unknown optimizer 'sdg'. Did you mean 'sgd'? Expected sgd, adam, adamw, "
        "nadam, rmsprop, adagrad, lion, rprop or lbfgs, or an optimizer such as "
        "gp.Adam(learning_rate=0.01).",
    ),
    (
        ["t.csv", *GRADE, "--loss", "mean_squared_error"],
        "loss: expected binary_cross_entropy or cross_entropy to predict 'grade', 2 "
        "classes, got mean_squared_error.",
    ),
    (
        ["t.csv", *GRADE, "--loss", "mse"],
        f"unknown loss 'mse'. {KNOWN_LOSSES}",
    ),
    (
        ["t.csv", *GRADE, "--learning-rate", "-0.1"],
        "AdamW: learning_rate must be a finite number >= 0, got -0.1.",
    ),
    (
        ["t.csv", *GRADE, "--learning-rate", "nan"],
        "AdamW: learning_rate must be a finite number >= 0, got nan.",
    ),
    (
        ["t.csv", *GRADE, "--out", "old"],
        "'old' exists already and is left as it is. Name another file, or replace it "
        "with --force.",
    ),
    (
        ["t.csv", *GRADE, "--out", "none/m"],
        "'none/m': cannot be written: No such file or directory.",
    ),
]


def write_bad_tables():
    write("empty.csv", "")
    write("names.csv", "a,b\n")
    write("t.txt", TABLE)
    write("old", "old")
    write("constant.csv", "a,b\n1,7\n2,7\n3,7\n")
    write("dates.csv", "day,b\n2024-01-01,1\n2024-01-02,2.5\n2024-01-03,4\n")
    people = "".join(f"person {chr(65 + n % 26)}{n},{n / 2}\n" for n in range(60))
    write("names of all.csv", f"full name,b\n{people}")
    cells = ["unknown" if n == 3 else n for n in range(12)]
    write(
        "stray.csv",
        "a,b\n" + "".join(f"{one},{n / 3}\n" for n, one in enumerate(cells)),
    )
    write("infinite.csv", "a,b\n1,2\ninf,1.5\n3,4\n4,5.5\n")
    write("small.csv", "a,b\n1,2.5\n2,1\n3,\n")


@pytest.mark.parametrize(("arguments", "message"), TRAINING)
def test_training_is_refused(run, arguments, message):
    write_bad_tables()
    before = sorted(Path().iterdir())
    assert run("train", *arguments) == Ended(1, "", f"error: {message}\n")
    assert sorted(Path().iterdir()) == before
    assert Path("old").read_text(encoding="utf-8") == "old"


@pytest.mark.skipif(os.name != "posix", reason="folders of other systems")
def test_a_folder_that_cannot_be_written_to(run):
    if os.geteuid() == 0:
        # Root may write everywhere but where nobody can.
        folder, why = "/proc", "No such file or directory"
    else:
        Path("closed").mkdir(mode=0o555)
        folder, why = "closed", "Permission denied"
    if not Path(folder).is_dir():
        pytest.skip("no folder that is closed to root")
    ended = run("train", "t.csv", *GRADE, "--out", f"{folder}/m")
    assert ended == Ended(1, "", f"error: '{folder}/m': cannot be written: {why}.\n")


def test_a_training_that_diverges_saves_nothing(run):
    options = ["--target", "size", "--learning-rate", "1e200", "--optimizer", "adam"]
    ended = run("train", "t.csv", *options)
    assert (ended.code, ended.out) == (1, "")
    assert ended.error.splitlines()[2:] == [
        "error: training diverged in epoch 2, step 1: the first value that is not "
        "finite is infinity, made by matmul in the forward pass of layer 'dense_2'.",
        "Nothing was saved. Train again with a --learning-rate below 1e+200.",
    ]
    assert [one.name for one in Path().iterdir()] == ["t.csv"]


@pytest.mark.parametrize(
    ("target", "options", "metric"),
    [
        ("size", ["--learning-rate", "100", "--epochs", 3], "r2"),
        ("side", ["--learning-rate", "1e4", "--epochs", 3, "--seed", 5], "accuracy"),
        ("side", ["--learning-rate", "100", "--epochs", 2, "--seed", 2], "log_loss"),
    ],
)
def test_a_model_worse_than_the_baseline_is_saved_with_a_warning(
    run, target, options, metric
):
    rows = "".join(
        f"{n},{n * n / 9 + 100},{'left' if n % 7 % 3 else 'right'}\n" for n in range(60)
    )
    write("t.csv", f"a,size,side\n{rows}")
    ended = run("train", "t.csv", "--target", target, *options)
    as_json = run("train", "t.csv", "--target", target, *options, "--json")
    found = json.loads(as_json.out)
    model, baseline = (
        found["held_out"][which][metric] for which in ("metrics", "baseline")
    )
    assert model > baseline if metric == "log_loss" else model < baseline
    for one, file in ((ended, "t.safetensors"), (as_json, "t-2.safetensors")):
        warning = (
            "on the held-out rows the model is worse than the baseline: "
            f"{metric.replace('_', ' ')} "
            f"{shown(metric, model)}, baseline {shown(metric, baseline)}. Look for the "
            f"reason with glassprop diagnose {file} t.csv, or try more --epochs, over "
            f"{options[3]}. It may also be that the columns do not tell the target."
        )
        assert one.code == 0
        assert one.error.splitlines()[-1] == f"warning: {warning}"
    assert found["warning"] == warning
    assert Path("t.safetensors").is_file()
    assert Path("t-2.safetensors").is_file()


def test_a_training_that_stops_early_says_which_epoch_is_kept(run):
    rng = np.random.default_rng(1)
    rows = "\n".join(f"{a:.3f},{b:.3f}" for a, b in rng.normal(size=(60, 2)))
    write("t.csv", f"a,b\n{rows}\n")
    options = ["t.csv", "--target", "b", "--epochs", 200, "--early-stopping", 6]
    found = json.loads(run("train", *options, "--json").out)
    best, epochs = found["best_epoch"], found["epochs"]
    assert (found["stopped"], epochs) == ("early stopping", best + 6)
    over = ["--out", "t.safetensors", "--force"]
    said = run("train", *options, *over).error.splitlines()
    kept = (
        f"kept is epoch {best} of {epochs}, the best on the rows held out for early "
        "stopping"
    )
    assert said[-2:] == [kept, f"warning: {found['warning']}"]
    assert found["warning"].endswith(
        "Look for the reason with glassprop diagnose t.safetensors t.csv. It may also "
        "be that the columns do not tell the target."
    )


PREDICTING = [
    (
        "missing.csv",
        "'missing.csv': expected a column 'kind', got 'a', 'size'.",
    ),
    (
        "renamed.csv",
        "'renamed.csv': expected a column 'kind', got 'a', 'Kind', 'size'. Did you "
        "mean 'Kind'?",
    ),
    (
        "unseen.csv",
        "'unseen.csv', column 'kind', line 3: expected 'x', 'y' or 'z', as in "
        "training, got 'w'. Mend that cell, or empty it if the value is missing.",
    ),
    (
        "word.csv",
        "'word.csv', column 'size', line 4: expected a number, as in training, got the "
        "word 'big'. Mend that cell, or empty it if the value is missing.",
    ),
    (
        "infinite.csv",
        "'infinite.csv', column 'a', line 2: expected a finite number, got -inf. Mend "
        "that cell, or empty it if the value is missing.",
    ),
    ("none.csv", "'none.csv': there is no such file. Check the path."),
]


def write_unfitting_tables():
    write("missing.csv", "a,size\n1,2\n")
    write("renamed.csv", "a,Kind,size\n1,x,2\n")
    write("unseen.csv", "a,kind,size\n1,x,2\n1,w,2\n")
    write("word.csv", "a,kind,size\n1,x,2\n1,y,2\n1,z,big\n")
    write("infinite.csv", "a,kind,size\n-inf,x,2\n")


@pytest.mark.parametrize(("table", "message"), PREDICTING)
@pytest.mark.parametrize("options", [[], ["--json"], ["--out", "p.csv"]])
def test_predicting_is_refused(run, model, table, message, options):
    write_unfitting_tables()
    ended = run("predict", model / "grade", table, *options)
    assert ended == Ended(1, "", f"error: {message}\n")
    assert not Path("p.csv").exists()


def test_evaluating_needs_the_target(run, model):
    write("no.csv", "a,kind,size\n1,x,2\n")
    assert run("evaluate", model / "grade", "no.csv") == Ended(
        1,
        "",
        "error: 'no.csv': expected a column 'grade', got 'a', 'kind', 'size'.\n",
    )
    write("other.csv", "a,kind,size,grade\n1,x,2,good\n1,x,2,fair\n")
    assert run("evaluate", model / "grade", "other.csv") == Ended(
        1,
        "",
        "error: 'other.csv', column 'grade', line 3: expected 'bad' or 'good', as in "
        "training, got 'fair'. Mend that cell, or empty it if the value is missing.\n",
    )


@pytest.mark.parametrize("command", ["predict", "evaluate", "source", "summary"])
def test_models_that_are_none(run, command):
    rest = ["t.csv"] if command in ("predict", "evaluate") else []
    assert run(command, "none.safetensors", *rest) == Ended(
        1,
        "",
        "error: 'none.safetensors': cannot be read: No such file or directory.\n",
    )
    ended = run(command, "t.csv", *rest)
    assert (ended.code, ended.out) == (1, "")
    assert ended.error.startswith("error: 't.csv': ")
    assert ended.error.count("\n") == 1


@pytest.mark.parametrize("command", ["predict", "evaluate"])
def test_models_without_a_table(run, command):
    gp.Network([gp.Dense(1)], input_shape=2).save("m")
    assert run(command, "m", "t.csv") == Ended(
        1,
        "",
        "error: 'm': the network was not trained on a table, so nothing says what the "
        "columns of one mean to it. Train one: glassprop train DATA --target COLUMN.\n",
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ["train", "t.csv"],
        ["train", "--target", "a"],
        ["train", "t.csv", "--target", "a", "--epochs", "many"],
        ["train", "t.csv", "--target", "a", "--epoch", "3"],
        ["tarin"],
        ["predict", "m"],
        ["source", "m", "n"],
        ["--verson"],
    ],
)
def test_usage_errors(run, arguments):
    ended = run(*arguments)
    assert (ended.code, ended.out) == (2, "")
    assert ended.error.startswith("Usage: glassprop ")
    assert "\nError: " in ended.error


def test_version_and_help(run):
    assert run("--version") == Ended(0, f"glassprop {gp.__version__}\n", "")
    for arguments in (["--help"], ["train", "-h"], ["summary", "--help"]):
        ended = run(*arguments)
        assert (ended.code, ended.error) == (0, "")
        assert ended.out.startswith("Usage: glassprop ")
        assert ended.out.isascii()
    for command in ("train", "predict", "evaluate", "source", "summary", "cache"):
        line = next(
            line
            for line in run("--help").out.splitlines()
            if line.startswith(f"  {command} ")
        )
        assert line.endswith(".")
        assert not line.endswith("...")


# How things are written ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("accuracy", 0.98765, "98.8 %"),
        ("r2", 0.98765, "0.9877"),
        ("r2", -0.00003, "-3e-05"),
        ("mae", 1234567.8, "1,234,568"),
        ("mae", 999.96, "1000"),
        ("rmse", 1e15, "1e+15"),
        ("r2", float("nan"), "-"),
    ],
)
def test_numbers_as_people_read_them(name, value, text):
    assert shown(name, value) == text


def test_counts():
    found = [counted(number, "row") for number in (0, 1, 2, 12345)]
    assert found == ["0 rows", "1 row", "2 rows", "12,345 rows"]


def test_json_has_null_for_what_is_not_a_number(capsys):
    print_json({"r2": float("nan"), "all": [float("inf"), 1, ("a", None)], "é": True})
    assert capsys.readouterr().out == (
        '{"r2": null, "all": [null, 1, ["a", null]], "é": true}\n'
    )


def test_words_of_the_table_are_not_markup(capsys):
    print_table(["[b]", "n"], [["[red]x[/red]", "1"], [":smile:", "20"]])
    assert capsys.readouterr().out == (
        "[b]             n\n[red]x[/red]    1\n:smile:        20\n"
    )


def test_many_classes_have_no_confusion_matrix(run):
    rows = "".join(f"{n},k{n % 13:02}\n" for n in range(65))
    write("many.csv", f"n,kind\n{rows}")
    assert run("train", "many.csv", "--target", "kind", "--epochs", 1).code == 0
    ended = run("evaluate", "many.safetensors", "many.csv")
    assert len(ended.out.splitlines()) == 6
    found = json.loads(run("evaluate", "many.safetensors", "many.csv", "--json").out)
    assert np.shape(found["confusion"]) == (13, 13)


# Processes ----------------------------------------------------------------------------


def test_the_script_is_installed():
    script = shutil.which("glassprop", path=str(Path(sys.executable).parent))
    assert script is not None
    done = subprocess.run([script, "--version"], capture_output=True, check=True)
    assert done.stdout.decode().strip() == f"glassprop {gp.__version__}"


def test_words_of_any_script_go_through_pipes_of_any_encoding():
    rows = "".join(f"{n},{'企鹅' if n % 2 else 'Ωmega “ł”'}\n" for n in range(12))
    write("words.csv", f"n,名\n{rows}")
    plain = {"PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0"}
    options = ["--target", "名", "--epochs", "1"]
    ended = process("train", "words.csv", *options, env=plain)
    assert (ended.code, "Saved as words.safetensors" in ended.out) == (0, True)
    assert "'名', 2 classes" in ended.error
    ended = process("predict", "words.safetensors", "words.csv", env=plain)
    assert ended.code == 0
    assert ended.out.splitlines()[0] == (
        "prediction,probability_Ωmega “ł”,probability_企鹅"
    )


def test_nothing_but_ascii_is_written_without_such_words(run, model):
    for ended in (
        run("evaluate", model / "grade", "t.csv"),
        run("train", "t.csv", "--target", "size", "--epochs", "3"),
    ):
        assert ended.code == 0
        assert (ended.out + ended.error).isascii()


@pytest.mark.skipif(os.name != "posix", reason="pipes of other systems")
def test_a_reader_that_goes_away_is_no_error(model):
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-c", START, "predict", model / "grade", "t.csv"]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is full")
def test_a_full_disk_behind_standard_output(model):
    command = [sys.executable, "-c", START, "predict", model / "grade", "t.csv"]
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 1
    assert done.stderr == b"error: standard output: No space left on device.\n"


@pytest.mark.skipif(os.name != "posix", reason="shells of other systems")
def test_closed_output_is_no_error(model):
    command = '"$0" -c "$1" predict "$2" t.csv >&- 2>&-'
    words = ["sh", "-c", command, sys.executable, START, str(model / "grade")]
    assert subprocess.run(words, check=False).returncode == 0


@pytest.mark.skipif(os.name != "posix", reason="signals of other systems")
def test_ctrl_c_keeps_what_was_learned():
    # A shell that starts this in the background lets children ignore Ctrl-C.
    start = f"import signal; signal.signal(2, signal.default_int_handler); {START}"
    options = ["--target", "size", "--epochs", "1000000", "--json"]
    command = [sys.executable, "-c", start, "train", "t.csv", *options]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, **pipes) as training:
        for line in training.stderr:
            if line.startswith(b"epoch 1 "):
                break
        training.send_signal(signal.SIGINT)
        out, error = training.communicate()
    assert training.returncode == 130
    found = json.loads(out)
    epochs = found["epochs"]
    assert (found["stopped"], 1 <= epochs < 1_000_000) == ("interrupted", True)
    assert error.decode() == (
        f"interrupted after {counted(epochs, 'epoch')} of 1,000,000: what was learned "
        "until then is saved\n"
    )
    assert gp.load("t.safetensors").training.epochs == epochs


def test_ctrl_c_elsewhere_ends_without_a_traceback(run, monkeypatch):
    def interrupted(_path):
        raise KeyboardInterrupt

    monkeypatch.setattr("glassprop.cli.train.read_table", interrupted)
    assert run("train", "t.csv", *GRADE) == Ended(130, "", "interrupted\n")


def test_what_a_command_reads_is_never_written_over(run, model):
    table, kept = Path("t.csv").read_bytes(), (model / "grade").read_bytes()

    def refused(name):
        return Ended(
            1,
            "",
            f"error: '{name}' is read by this command and is left as it is, with "
            "--force too. Name another file.\n",
        )

    over = ["--out", "t.csv", "--force"]
    assert run("train", "t.csv", *GRADE, *over) == refused("t.csv")
    assert run("predict", model / "grade", "t.csv", *over) == refused("t.csv")
    grade = str(model / "grade")
    ended = run("predict", grade, "t.csv", "--out", grade, "--force")
    assert ended == refused(grade)
    assert Path("t.csv").read_bytes() == table
    assert (model / "grade").read_bytes() == kept
