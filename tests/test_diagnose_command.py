"""``glassprop diagnose``: a table model diagnosed on a table, in the table's words."""

from __future__ import annotations

import json
import shlex

import numpy as np
import pytest

from glassprop.cli import main
from glassprop.table_diagnoses import diagnose_table
from glassprop.table_training import prepare_training, train_table
from glassprop.tables import read_table
from glassprop.tabular import load_table_model

RNG = np.random.default_rng(0)
HOURS = RNG.uniform(0, 10, 90)
HEIGHT = RNG.normal(170, 10, 90)
HEALTHY = {"layers": (8,), "activation": "tanh", "epochs": 2}


def table(hours=HOURS, few=None, size=False):
    """Passed where hours are many; `few` rows of those who passed."""
    passed = np.where(HOURS > 5, "yes", "no")
    rows = [
        f"{hour:.3f},{height:.2f},{'home' if at % 3 else 'school'},{done}"
        for at, (hour, height, done) in enumerate(
            zip(hours, HEIGHT, HOURS * 3 if size else passed, strict=True)
        )
    ]
    if few is not None:
        yes = [one for one in rows if one.endswith("yes")][:few]
        rows = [one for one in rows if one.endswith("no")] + yes
    return "\n".join(["hours,height,place,passed", *rows]) + "\n"


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Train a model with some options, on one table, and diagnose it on another."""
    monkeypatch.chdir(tmp_path)

    def in_process(*arguments, content=None, trained_on=None, **options):
        (tmp_path / "t.csv").write_text(trained_on or table())
        prepared = prepare_training(
            read_table("t.csv"), "passed", **{**HEALTHY, **options}
        )
        net = train_table(prepared, verbose=False).model.net
        net.save("m.safetensors")
        (tmp_path / "t.csv").write_text(content or trained_on or table())
        before = (tmp_path / "m.safetensors").read_bytes()
        with pytest.raises(SystemExit) as ended:
            main(["diagnose", "m.safetensors", "t.csv", *arguments])
        assert (tmp_path / "m.safetensors").read_bytes() == before
        return (ended.value.code or 0, *capsys.readouterr())

    return in_process


def test_a_healthy_model(run):
    code, out, error = run()
    assert (code, error) == (0, "")
    assert out.startswith("Healthy: nothing found. Looked at: layers, start, data and ")
    assert out.endswith("values beyond those that the model was trained on.\n")


def test_another_learning_rate_is_a_command_that_is_healthy(run, capsys):
    code, out, error = run(learning_rate=1e-6, seed=3)
    assert (code, error) == (0, "")
    commands = {one.strip() for one in out.splitlines() if "glassprop train" in one}
    (command,) = {one.removeprefix("change: ") for one in commands}
    start = "glassprop train t.csv --target passed --epochs 2 --seed 3 --layers 8 "
    assert command.startswith(f"{start}--activation tanh --learning-rate 0.")
    for arguments in (
        [*shlex.split(command)[1:], "--out", "n.safetensors"],
        ["diagnose", "n.safetensors", "t.csv"],
    ):
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert not ended.value.code
    assert "Healthy: nothing found." in capsys.readouterr().out


def test_another_activation_is_a_command(run):
    _, out, _ = run("--json", layers=(8,) * 9, activation="sigmoid")
    found = {one["condition"]: one for one in json.loads(out)["findings"]}
    layers = ",".join(["8"] * 9)
    assert found["vanishing_gradient"]["command"] == (
        f"glassprop train t.csv --target passed --epochs 2 --layers {layers} "
        "--activation tanh"
    )


def test_columns_have_their_names(run):
    _, out, _ = run("--json", content=table(hours=HOURS * 1000))
    (found,) = json.loads(out)["findings"]
    assert (found["condition"], found["columns"]) == ("inputs_not_scaled", ["hours"])
    assert found["seen"].startswith("columns 'hours' reach ")
    assert found["words"] == (
        "Check the unit of these columns, or train again with these rows."
    )
    assert found["command"] == (
        "glassprop train t.csv --target passed --epochs 2 --layers 8 --activation tanh"
    )


def test_classes_have_their_words(run):
    _, out, _ = run("--json", trained_on=table(few=3))
    found = {one["condition"]: one for one in json.loads(out)["findings"]}
    no = int((HOURS <= 5).sum())
    assert found["imbalance"]["seen"] == (
        f"class 'no' has {no} rows and class 'yes' has 3: {no / 3:.3g} times; up to 10 "
        "is fine."
    )
    assert found["imbalance"]["command"] == (
        "glassprop train t.csv --target passed --epochs 2 --class-weight balanced "
        "--layers 8 --activation tanh"
    )
    assert found["imbalance"]["words"] == "Measure the balanced accuracy too."


def follow(command):
    """Run a command that was printed, and diagnose the model that it makes."""
    for arguments in (
        [*shlex.split(command)[1:], "--out", "n.safetensors"],
        ["diagnose", "n.safetensors", "t.csv", "--epochs", "40", "--json"],
    ):
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert not ended.value.code


def test_classes_that_are_balanced_are_no_finding_any_more(run, capsys):
    _, out, _ = run("--json", trained_on=table(few=3))
    found = {one["condition"]: one for one in json.loads(out)["findings"]}
    follow(found["imbalance"]["command"])
    again = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert "imbalance" not in [one["condition"] for one in again["findings"]]
    assert load_table_model("n.safetensors").options == {
        "epochs": 2,
        "class_weight": "balanced",
    }


def chance():
    """Eleven columns that tell nothing of the last one."""
    rng = np.random.default_rng(2)
    rows = "\n".join(
        ",".join(map("{:.3f}".format, one)) for one in rng.normal(size=(80, 12))
    )
    return ",".join([*(f"x{at}" for at in range(11)), "passed"]) + f"\n{rows}\n"


def test_overfitting_is_stopped_by_a_command(run, capsys):
    options = {"layers": (64,), "epochs": None, "trained_on": chance()}
    _, out, _ = run("--epochs", "40", "--json", **options)
    found = {one["condition"]: one for one in json.loads(out)["findings"]}
    command = (
        "glassprop train t.csv --target passed --early-stopping 4 --layers 64 "
        "--activation tanh"
    )
    assert found["overfitting"]["command"] == command
    follow(command)
    again = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert "overfitting" not in [one["condition"] for one in again["findings"]]
    assert load_table_model("n.safetensors").options == {"early_stopping": 4}


def test_a_change_keeps_how_classes_count_and_when_training_stops(run):
    _, out, _ = run(
        "--json",
        trained_on=table(few=3),
        learning_rate=1e-6,
        class_weight="balanced",
        early_stopping=7,
    )
    found = json.loads(out)["findings"]
    assert "imbalance" not in [one["condition"] for one in found]
    (command,) = {one["command"] for one in found if one["command"]}
    assert command.startswith(
        "glassprop train t.csv --target passed --epochs 2 --class-weight balanced "
        "--early-stopping 7 --layers 8 --activation tanh --learning-rate "
    )


def test_json_is_what_the_library_gives(run):
    code, out, error = run("--json", learning_rate=1e-6)
    found = json.loads(out)
    assert (code, error) == (0, "")
    assert list(found)[:3] == ["model", "data", "rows_without_target"]
    model = load_table_model("m.safetensors")
    expected, _ = diagnose_table(model, read_table("t.csv"), "t.csv")
    assert found["findings"] == json.loads(expected.json())["findings"]
    assert found["healthy"] is False


def test_a_number_is_diagnosed_too_and_columns_that_were_dropped(run):
    _, out, _ = run("--json", trained_on=table(size=True), drop=["height"])
    assert json.loads(out)["healthy"]
    _, out, _ = run(
        "--json",
        trained_on=table(size=True),
        drop=["height"],
        learning_rate=1e-7,
        optimizer="sgd",
        loss="huber",
    )
    commands = {one["command"] for one in json.loads(out)["findings"]}
    start = (
        "glassprop train t.csv --target passed --drop height --loss huber --epochs 2 "
        "--layers 8 --activation tanh --optimizer sgd --learning-rate "
    )
    commands -= {None}
    assert commands
    assert all(one.startswith(start) for one in commands)


def test_a_command_has_what_the_model_was_trained_with(run):
    """A loss that is the default of its task still says which task it is."""
    rows = "\n".join(f"{at},{at % 7}" for at in range(70))
    _, out, _ = run(
        "--json",
        trained_on=f"size,passed\n{rows}\n",
        loss="mean_squared_error",
        epochs=3,
        batch_size=8,
        optimizer="sgd",
        learning_rate=1e-7,
    )
    commands = {one["command"] for one in json.loads(out)["findings"]} - {None}
    start = (
        "glassprop train t.csv --target passed --loss mean_squared_error --epochs 3 "
        "--batch-size 8 --layers 32 --activation tanh --optimizer sgd --learning-rate "
    )
    (command,) = commands
    assert command == f"{start}1e-07"


def test_a_model_that_was_trained_as_usual_keeps_no_options(run):
    run(epochs=None)
    model = load_table_model("m.safetensors")
    assert model.options == {}
    assert set(model.net.notes["table"]) == {"plan", "baseline"}


def test_epochs_hold_rows_out_and_are_told(run):
    _, out, _ = run("--epochs", "5")
    assert "a trial of 5 epochs, " in out
    assert run("--epochs", "0") == (
        1,
        "",
        "error: epochs: expected 1 or more, got 0.\n",
    )


def test_rows_without_a_target_and_one_class(run):
    content = table() + "3,170,home,\n"
    code, _, error = run(content=content)
    assert (code, error) == (0, "1 row without 'passed' is left out\n")
    assert run(content=table(few=0)) == (
        1,
        "",
        f"error: 't.csv', column 'passed': all {(HOURS <= 5).sum()} rows are 'no'; "
        "there is nothing to tell apart. Give rows of at least two classes.\n",
    )
