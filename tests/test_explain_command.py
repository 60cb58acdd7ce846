"""``glassprop explain``: one row of a table, forward, backward and update."""

from __future__ import annotations

import json
import re
import sys

import pytest

from glassprop.cli import main
from glassprop.cli.console import print_text
from glassprop.table_explanations import explain_row
from glassprop.table_training import prepare_training, train_table
from glassprop.tables import read_table
from glassprop.tabular import load_table_model
from terminals import Terminal

TABLE = """\
hours,place,passed
2,home,no
9,school,yes
1,home,no
5,,yes
4,school,yes
3,home,
"""


@pytest.fixture
def model(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.csv").write_text(TABLE)
    prepared = prepare_training(read_table("t.csv"), "passed", layers=(2,), epochs=2)
    train_table(prepared, verbose=False).model.net.save("m.safetensors")


@pytest.fixture
def run(capsys, model):
    def in_process(*arguments):
        with pytest.raises(SystemExit) as ended:
            main(["explain", "m.safetensors", "t.csv", *arguments])
        return (ended.value.code or 0, *capsys.readouterr())

    return in_process


def test_a_row_is_told_in_the_tables_words_and_explained(run):
    code, out, error = run("--row", "2")
    head, about, *lines = out.splitlines()
    assert (code, error) == (0, "")
    assert head.endswith("Dense(2, relu) -> Dense(1); loss binary_cross_entropy")
    assert about == "'t.csv', line 3: hours 9, place school, passed yes"
    assert lines[:2] == ["x = [[9, 1]]  # hours, place", "y = [1]"]
    assert [one for one in lines if one in ("forward", "backward", "update")] == [
        "forward",
        "backward",
        "update",
    ]
    assert "    z1 = " in out


def test_a_missing_value_and_a_missing_target_are_said(run):
    assert "line 5: hours 5, place missing, passed yes" in run("--row", "4")[1]
    code, out, error = run("--row", "6")
    assert (code, error) == (
        0,
        "row 6 has no passed: the forward pass alone is shown\n",
    )
    assert "line 7: hours 3, place home\n" in out
    assert "backward" not in out


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        (30, ""),
        (31, "and 1 more column, "),
        (1200, "and 1,170 more columns, "),
    ],
)
def test_numbers_are_the_tables_own_and_of_many_columns_the_first_are_told(
    tmp_path, columns, told
):
    path = tmp_path / "t.csv"
    heads = [f"c{at}" for at in range(columns)]
    rows = ["44423.96", *(str(850891574000 + at) for at in range(1, columns))]
    path.write_text(
        f"{','.join(heads)},y\n" + f"{','.join(rows)},a\n{','.join(rows)},b\n" * 3
    )
    table = read_table(path)
    prepared = prepare_training(table, "y", layers=(), epochs=1)
    found, _ = explain_row(train_table(prepared, verbose=False).model, table, 1)
    words = [f"{head} {text}" for head, text in zip(heads[:30], rows, strict=False)]
    start = f"{str(path)!r}, line 2: "
    assert found.about == f"{start}{', '.join(words)}, {told}y a"


def test_json_is_what_the_library_gives(run):
    code, out, _ = run("--row", "1", "--json")
    found = json.loads(out)
    assert (code, found["row"], found["data"]) == (0, 1, "t.csv")
    expected, _ = explain_row(load_table_model("m.safetensors"), read_table("t.csv"), 1)
    assert found["columns"] == {"x": ["hours", "place"]}
    assert found["steps"] == json.loads(expected.json())["steps"]


@pytest.mark.parametrize("row", [0, 7])
def test_a_row_that_there_is_not(run, row):
    assert run("--row", str(row)) == (
        1,
        "",
        f"error: 't.csv': there is no row {row}; expected a number from 1 to 6, "
        "the rows of data.\n",
    )


def test_a_table_without_rows(run, tmp_path):
    (tmp_path / "t.csv").write_text("hours,place,passed\n", encoding="utf-8")
    message = (
        "error: 't.csv': expected at least one row of data, got only the names of the "
        "columns.\n"
    )
    assert run() == run("--why") == (1, "", message)


def test_a_page_is_written_and_not_over_another_file(run, tmp_path):
    page = tmp_path / "row.html"
    code, out, error = run("--row", "2", "--out", "row.html")
    assert (code, out, error) == (0, "", "row 2 explained in row.html\n")
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>\n")
    assert run("--out", "row.html") == (
        1,
        "",
        "error: 'row.html' exists already and is left as it is. Name another file, or "
        "replace it with --force.\n",
    )
    assert run("--out", "row.html", "--force")[0] == 0
    assert run("--out", "t.csv", "--force") == (
        1,
        "",
        "error: 't.csv' is read by this command and is left as it is, with --force "
        "too. Name another file.\n",
    )


LONG = """\
title
  layer
    z = x @ W  # (1, 3)
      z[0, 0] = 0.25 * 0.5 + 0.125 * 0.75 = 0.22
      東京東京東京東京東京東京東京東京 ▁▂▃▄▅▆▇█·▁▂▃▄▅▆▇

a_word_that_is_longer_than_the_whole_terminal_is"""
BROKEN = """\
title
  layer
    z = x @ W  # (1, 3)
      z[0, 0] = 0.25 * 0.5 +
          0.125 * 0.75 = 0.22
      東京東京東京東京東京東京
          東京東京 ▁▂▃▄▅▆▇█·▁▂▃▄▅▆▇

a_word_that_is_longer_than_the_whole
    _terminal_is"""


def test_on_a_terminal_long_lines_go_on_further_in(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "40")
    print_text(LONG)
    assert re.sub(r"\x1b\[[\d;]*m", "", terminal.getvalue()) == f"{BROKEN}\n"


def test_on_a_terminal_headings_and_faults_stand_out(monkeypatch, capsys):
    text = "exam\n\nforward\n  dense_1\n    z = x @ W  # (1, 3)\n\nerror: a fault (x)"
    print_text(text)
    assert capsys.readouterr().out == f"{text}\n"
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    print_text(text)
    shown = terminal.getvalue()
    assert re.sub(r"\x1b\[[\d;]*m", "", shown) == f"{text}\n"
    assert "\x1b[1mforward\x1b[0m" in shown
    assert "\x1b[1;31merror: a fault (x)\x1b[0m" in shown
