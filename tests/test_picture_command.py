"""``glassprop picture``: pictures of a table model, in the table's words."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pytest

from glassprop.cli import main
from glassprop.table_explanations import explain_row
from glassprop.table_pictures import KINDS, table_picture
from glassprop.table_reports import evaluate_table
from glassprop.table_training import prepare_training, train_table
from glassprop.tables import read_table
from glassprop.tabular import load_table_model

ROWS = [
    ("hours", "place", "grade", "points"),
    *(
        (1 + at % 7, "home" if at % 2 else "school", "abc"[at % 3], at)
        for at in range(24)
    ),
    (3, "home", "", ""),
]


@pytest.fixture
def models(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = "".join(",".join(map(str, row)) + "\n" for row in ROWS)
    (tmp_path / "t.csv").write_text(text)
    for target in ("grade", "points"):
        prepared = prepare_training(read_table("t.csv"), target, layers=(3,), epochs=2)
        train_table(prepared, verbose=False).model.net.save(f"{target}.safetensors")


@pytest.fixture
def run(capsys, models):
    def in_process(*arguments):
        with pytest.raises(SystemExit) as ended:
            main(["picture", *arguments])
        return (ended.value.code or 0, *capsys.readouterr())

    return in_process


def test_classes_have_their_words(run):
    code, out, error = run("grade.safetensors", "confusion", "t.csv")
    model, table = load_table_model("grade.safetensors"), read_table("t.csv")
    report = evaluate_table(model, table)
    found, unlabelled = table_picture(model, "confusion", table)
    assert (code, unlabelled) == (0, 1)
    np.testing.assert_array_equal(found["counts"], report.confusion)
    assert out == f"{found}\n"
    assert "true \\ predicted  a  b  c  right" in out
    assert error == "1 row without 'grade' is left out\n"


def test_the_worst_row_is_the_one_that_explain_shows(models, tmp_path):
    lines = (tmp_path / "t.csv").read_text().splitlines()
    (tmp_path / "u.csv").write_text("\n".join([lines[0], "3,home,,", *lines[1:]]))
    model, table = load_table_model("points.safetensors"), read_table("u.csv")
    found, unlabelled = table_picture(model, "residuals", table)
    row = found.rows[1][-1]
    explanation, _ = explain_row(model, table, row)
    error = explanation["error"].value
    assert (unlabelled, error.size) == (2, 1)
    assert abs(error[0, 0]) == pytest.approx(np.abs(found["residuals"]).max())
    at = int(np.abs(found["residuals"]).argmax())
    assert row == at + 2  # the first row of the file is 1, and has no target


@pytest.mark.parametrize(
    ("model", "kind"),
    [("grade", "calibration"), ("points", "residuals"), ("points", "network")],
)
def test_it_is_drawn_into_a_file(run, tmp_path, model, kind):
    code, out, error = run(
        f"{model}.safetensors", kind, "t.csv", "--out", "picture.svg"
    )
    left_out = "" if kind == "network" else f"1 row without '{model}' is left out\n"
    assert (code, out) == (0, "")
    assert error == f"{kind} drawn in picture.svg\n{left_out}"
    text = (tmp_path / "picture.svg").read_text(encoding="utf-8")
    assert ElementTree.fromstring(text).get("role") == "img"
    if kind == "residuals":
        assert "predicted points" in text


def test_a_network_needs_no_table(run):
    code, out, error = run("points.safetensors", "network")
    assert (code, error) == (0, "")
    assert "Columns()" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["points.safetensors", "confusion", "t.csv"],
            "kind: expected network or residuals for a model that predicts 'points', a "
            "number, got 'confusion'.",
        ),
        (
            ["none.csv", "confusion", "t.csv"],
            "'none.csv': cannot be read: No such file or directory.",
        ),
        (
            ["t.csv", "confusion", "grade.safetensors"],
            "'t.csv': expected a model, which glassprop train has saved, got a table. "
            "Name the model first, and the table behind it.",
        ),
        (
            ["grade.safetensors", "pie", "t.csv"],
            "kind: expected network, confusion or calibration for a model that "
            "predicts 'grade', 3 classes, got 'pie'.",
        ),
        (
            ["grade.safetensors", "confusion"],
            "confusion needs rows with a target to hold predictions against. Name a "
            "table behind it.",
        ),
        (
            ["grade.safetensors", "confusion", "t.csv", "--out", "a.gif"],
            "'a.gif': expected a name that ends in .svg, .png or .pdf, got .gif.",
        ),
        (
            ["grade.safetensors", "confusion", "t.csv", "--out", "t.csv", "--force"],
            "'t.csv' is read by this command and is left as it is, with --force too. "
            "Name another file.",
        ),
    ],
)
def test_refusal(run, arguments, message):
    assert run(*arguments) == (1, "", f"error: {message}\n")


def test_a_file_is_replaced_by_force_alone(run, tmp_path):
    (tmp_path / "a.png").write_text("old")
    arguments = ["grade.safetensors", "network", "--out", "a.png"]
    assert run(*arguments) == (
        1,
        "",
        "error: 'a.png' exists already and is left as it is. Name another file, or "
        "replace it with --force.\n",
    )
    assert run(*arguments, "--force")[0] == 0
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


def test_the_help_names_every_kind(run):
    out = run("--help")[1]
    assert f"{', '.join(KINDS)}." in out
