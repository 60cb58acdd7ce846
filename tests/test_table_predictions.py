"""Why a table model predicts what it does: in the table's words, run on the table."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from glassprop.cli import main
from glassprop.encoding import decode_classes, encode
from glassprop.errors import ArgumentError
from glassprop.reasons.explained_prediction import Change
from glassprop.table_explanations import row_of
from glassprop.table_predictions import explain_row_prediction, with_changes
from glassprop.table_reports import predict_table
from glassprop.table_training import prepare_training, train_table
from glassprop.tables import read_table
from networks import refusal

PENGUINS = Path(__file__).parent.parent / "examples" / "penguins.csv"


def train(target, **options):
    options = {"layers": (8,), "epochs": 15} | options
    return train_table(
        prepare_training(read_table(PENGUINS), target, **options), verbose=False
    ).model


@pytest.fixture(scope="module")
def table():
    return read_table(PENGUINS)


@pytest.fixture(scope="module")
def species():
    return train("species")


@pytest.fixture(scope="module")
def mass():
    return train("body_mass_g")


def predicted(model, one):
    return decode_classes(model.plan, predict_table(model, one).values)[0]


def by_name(found):
    return {one.name: one for one in found.inputs}


# What a column contributes -----------------------------------------------------------


def test_a_column_of_words_is_one_contribution_in_its_own_words(species, table):
    found = explain_row_prediction(species, table, 300)
    names = [column.name for column in species.plan.features]
    assert [one.name for one in found.inputs] == names
    island = by_name(found)["island"]
    assert island.value in ("Biscoe", "Dream", "Torgersen")
    assert island.start is None
    assert found.about.startswith(f"'{PENGUINS.as_posix()}', line 301: island ")
    assert found.decision == predicted(species, row_of(table, 300))
    at = species.plan.target.words.index(found.decision)
    assert found.output == f"output {at}, the logit of {found.decision!r}"
    assert found.completeness.complete
    x = encode(species.plan, row_of(table, 300))
    assert found.value == pytest.approx(species.net(x)[0, at])


def test_the_baseline_is_the_mean_with_every_word_missing(species, table):
    found = explain_row_prediction(species, table, 300)
    mean = species.net.values["columns_1.mean"]
    numbers = [one for one in found.inputs if isinstance(one.start, float)]
    np.testing.assert_allclose([one.start for one in numbers], mean)
    # Such a row has no flag that a number is missing, so only a mean can make it.
    row = np.full((1, len(found.inputs)), np.nan)
    row[0, [not column.words for column in species.plan.features]] = mean
    at = species.plan.target.words.index(found.decision)
    assert found.baseline_value == pytest.approx(species.net(row)[0, at])


def test_contributions_of_one_layer_are_weights_times_the_way(table):
    model = train("species", layers=())
    found = explain_row_prediction(model, table, 1)
    weight = model.net.parameters["dense_1.weight"]
    encoded = model.net.remove("dense_1")(encode(model.plan, row_of(table, 1)))[0]
    at = model.plan.target.words.index(found.decision)
    sums = np.bincount(model.net.layers[0].sources, weights=encoded * weight[:, at])
    np.testing.assert_allclose(
        [one.integrated for one in found.inputs], sums, atol=1e-12
    )
    np.testing.assert_allclose(
        [one.gradient_times_input for one in found.inputs], sums, atol=1e-12
    )


def test_a_missing_value_is_said(species, table):
    found = explain_row_prediction(species, table, 4)
    missing = [one.name for one in found.inputs if one.value is None]
    assert missing[:4] == [
        "bill_length_mm",
        "bill_depth_mm",
        "flipper_length_mm",
        "body_mass_g",
    ]
    line = next(one for one in str(found).splitlines() if "  bill_length_mm" in one)
    assert line.split()[:2] == ["bill_length_mm", "missing"]


# What would change it ----------------------------------------------------------------


def assert_flips_when_the_cell_is_changed(model, table, row, found):
    one = row_of(table, row)
    before = predicted(model, one)
    for flip in filter(None, (found.single, found.pair)):
        assert (flip.before, found.decision) == (before, before)
        after = predicted(model, with_changes(one, flip.changes))
        assert after == flip.after != before
        for change in flip.changes:
            column = next(one for one in table.columns if one.name == change.name)
            known = column.values[~column.missing]
            if isinstance(change.after, str):
                assert change.after in known
            else:
                assert known.min() <= change.after <= known.max()
                if column.kind == "integers":
                    assert change.after == int(change.after)


@pytest.mark.parametrize("row", [1, 4, 100, 200, 300, 344])
def test_a_flip_holds_in_the_table_itself(species, table, row):
    found = explain_row_prediction(species, table, row)
    assert found.single is not None or found.pair is not None
    assert_flips_when_the_cell_is_changed(species, table, row, found)


def test_a_class_that_is_looked_for(species, table):
    for word in ("Chinstrap", "Gentoo"):
        found = explain_row_prediction(species, table, 1, to=word)
        assert found.searched.startswith(f"searched for {word}: ")
        flips = [flip for flip in (found.single, found.pair) if flip is not None]
        assert flips
        assert {flip.after for flip in flips} == {word}


def test_the_nearest_single_change_is_as_near_as_brute_force_finds_it(species, table):
    one = row_of(table, 100)
    x, before = encode(species.plan, one)[0], predicted(species, one)
    scales = iter(species.net.values["columns_1.scale"])
    best = np.inf
    for at, column in enumerate(species.plan.features):
        if column.words:
            values, distances = np.arange(len(column.words)), 1.0
        else:
            cells = next(each for each in table.columns if each.name == column.name)
            values = np.linspace(np.nanmin(cells.values), np.nanmax(cells.values), 4001)
            distances = np.abs(values - x[at]) / next(scales)
        rows = np.repeat(x[None], len(values), axis=0)
        rows[:, at] = values
        flips = species.net.predict(rows) != species.plan.target.words.index(before)
        best = np.where(flips, distances, best).min(initial=best)
    found = explain_row_prediction(species, table, 100)
    nearest = np.inf if found.single is None else found.single.distance
    # A whole number may be the next one above, less than a unit farther.
    assert nearest == pytest.approx(best, rel=5e-3, abs=5e-3)


def test_a_model_that_looks_at_words_alone_proposes_a_word(tmp_path):
    rows = [
        f"{kind},{n % 7},{'yes' if kind == 'x' else 'no'}\n"
        for n in range(60)
        for kind in "xyz"
    ]
    path = tmp_path / "t.csv"
    path.write_text("kind,number,is_x\n" + "".join(rows))
    table = read_table(path)
    model = train_table(
        prepare_training(table, "is_x", layers=(), epochs=60), verbose=False
    ).model
    found = explain_row_prediction(model, table, 2)
    assert found.decision == "no"
    assert found.single.changes == (Change("kind", "y", "x"),)
    assert found.single.text == (
        "if kind were x instead of y: yes instead of no (distance 1)"
    )
    assert found.output == "output 0, the logit of 'yes' (below 0: 'no')"
    assert abs(by_name(found)["kind"].integrated) > 10 * abs(
        by_name(found)["number"].integrated
    )


def test_a_number_takes_a_threshold(mass, table):
    found = explain_row_prediction(mass, table, 3)
    assert (found.decision, found.single) == ("", None)
    assert found.searched == (
        "nothing is decided: the output is a number. Give a threshold, --to NUMBER, to "
        "see what takes the output across it."
    )
    found = explain_row_prediction(mass, table, 3, to="4200")
    one = row_of(table, 3)
    below = predict_table(mass, one).values[0]
    assert found.value == pytest.approx(below)
    assert below < 4200
    assert found.decision == "not above 4200"
    for flip in filter(None, (found.single, found.pair)):
        assert flip.after == "above 4200"
        changed = predict_table(mass, with_changes(one, flip.changes)).values[0]
        assert changed > 4200
        assert flip.value_after == pytest.approx(changed)


def test_words_that_are_numbers_in_the_new_table(tmp_path):
    path, other = tmp_path / "t.csv", tmp_path / "new.csv"
    path.write_text("room,free\n" + "a1,no\n007,yes\n7,no\n" * 20)
    other.write_text("room\n7\n7\n")
    table = read_table(path)
    model = train_table(
        prepare_training(table, "free", layers=(), epochs=60), verbose=False
    ).model
    new = read_table(other)
    assert new.columns[0].kind == "integers"
    found = explain_row_prediction(model, new, 1)
    assert found.about.endswith("line 2: room 7")
    assert (found.inputs[0].value, found.decision) == ("7", "no")
    changes = [Change("room", "7", word) for word in ("a1", "7", "007")]
    decisions = [
        predicted(model, with_changes(row_of(new, 1), (change,))) for change in changes
    ]
    assert decisions == ["no", "no", "yes"]
    assert found.single.changes == (Change("room", "7", "007"),)


def test_a_table_of_one_row_is_searched_around_the_mean(species, table):
    one = row_of(table, 200)
    found = explain_row_prediction(species, one, 1)
    assert found.single is not None
    after = predicted(species, with_changes(one, found.single.changes))
    assert after == found.single.after != found.decision


# Errors and the command ---------------------------------------------------------------


def test_a_class_that_the_target_has_not(species, mass, table):
    assert refusal(
        ArgumentError, lambda: explain_row_prediction(species, table, 1, to="gentoo")
    ) == (
        "--to: expected 'Adelie', 'Chinstrap' or 'Gentoo', a class of 'species', got "
        "'gentoo'. Did you mean 'Gentoo'?"
    )
    assert refusal(
        ArgumentError, lambda: explain_row_prediction(mass, table, 1, to="heavy")
    ) == ("--to: expected a number, the value of 'body_mass_g' to cross, got 'heavy'.")


def test_a_row_that_there_is_not(species, table):
    short = replace(table, row_numbers=table.row_numbers[:3])
    assert refusal(
        ArgumentError, lambda: explain_row_prediction(species, short, 4)
    ) == (
        f"'{PENGUINS.as_posix()}': there is no row 4; expected a number from 1 to 3, "
        "the rows of data."
    )


@pytest.fixture
def run(tmp_path, monkeypatch, capsys, species):
    monkeypatch.chdir(tmp_path)
    species.net.save("p.safetensors")

    def in_process(*arguments):
        with pytest.raises(SystemExit) as ended:
            main(["explain", "p.safetensors", str(PENGUINS), *arguments])
        return (ended.value.code or 0, *capsys.readouterr())

    return in_process


def test_the_command_says_what_the_library_says(run, species, table):
    code, out, error = run("--row", "3", "--why", "--to", "Gentoo")
    expected = explain_row_prediction(species, table, 3, to="Gentoo")
    assert (code, out, error) == (0, f"{expected}\n", "")
    code, out, _ = run("--row", "3", "--why", "--json")
    found = json.loads(out, parse_constant=pytest.fail)
    known = json.loads(explain_row_prediction(species, table, 3).json())
    assert (code, found["row"]) == (0, 3)
    assert {key: found[key] for key in known} == known
    code, out, error = run("--row", "3", "--why", "--out", "why.html")
    assert (code, out, error) == (0, "", "row 3 explained in why.html\n")
    page = Path("why.html").read_text(encoding="utf-8")
    assert "what would flip it" in page


def test_the_command_refuses_to_without_why(run):
    assert run("--to", "Gentoo") == (
        1,
        "",
        "error: --to says what --why is to look for. Give --why too.\n",
    )
