"""The example that compares a network with trees and others."""

import re

import numpy as np
import pytest

from example_programs import imported

QUICK = ["--data", "iris", "diabetes", "--folds", "2"]


@pytest.fixture(scope="module")
def example():
    return imported("beside_trees")


@pytest.fixture(scope="module")
def compared(example):
    return {name: example.compare(name, 2) for name in ("iris", "diabetes")}


@pytest.fixture
def measured(example, compared, monkeypatch):
    """Give the example with what was measured already."""
    monkeypatch.setattr(example, "compare", lambda name, folds: compared[name])
    return example


def test_prints_a_table_for_each_data_set_and_who_wins(measured, compared, capsys):
    measured.main(QUICK)
    printed, errors = capsys.readouterr()
    assert not errors
    lines = printed.splitlines()
    assert lines[0] == "iris: 150 rows, 4 columns; accuracy, 3 classes"
    assert "diabetes: 442 rows, 10 columns; R2" in lines
    rows = re.findall(r"^  (.+?) +(\S+) \+- (\S+) +(\S+) ms +(\S+) ms$", printed, re.M)
    assert [row[0] for row in rows] == 2 * list(measured.MODELS)
    for (label, score, *_), found in zip(
        rows, [one for each in compared.values() for one in each.values()], strict=True
    ):
        assert float(score) == pytest.approx(found.scores.mean(), abs=5e-4), label
    assert lines[-2].startswith("A tree is first on: ")
    assert lines[-1].startswith("glassprop is first, or within chance of it, on: ")


def test_ours_scores_what_theirs_scores(measured, compared):
    for found in compared.values():
        ours, theirs = found["glassprop"], found["scikit-learn's network"]
        np.testing.assert_allclose(ours.scores, theirs.scores, rtol=1e-6)


@pytest.mark.parametrize(
    ("other", "scores", "words"),
    [
        (
            "forest",
            [0.9, 0.8],
            "A tree wins. First: forest, ahead of glassprop by 0.150 +- 0.050.\n"
            "A tree is first on: iris.\n"
            "glassprop is first, or within chance of it, on: none.\n",
        ),
        (
            "linear",
            [0.9, 0.8],
            "First: linear, ahead of glassprop by 0.150 +- 0.050.\n"
            "A tree is first on: none.\n"
            "glassprop is first, or within chance of it, on: none.\n",
        ),
        (
            "linear",
            [0.9, 0.6],
            "First: linear, ahead of glassprop by 0.050 +- 0.150, which may be "
            "chance.\n"
            "A tree is first on: none.\n"
            "glassprop is first, or within chance of it, on: iris.\n",
        ),
        (
            "tree",
            [0.8, 0.6],
            "A tree wins. First: glassprop, tree.\n"
            "A tree is first on: iris.\n"
            "glassprop is first, or within chance of it, on: iris.\n",
        ),
        (
            "tree",
            [0.6, 0.6],
            "First: glassprop.\n"
            "A tree is first on: none.\n"
            "glassprop is first, or within chance of it, on: iris.\n",
        ),
    ],
)
def test_says_who_wins_and_whether_it_is_a_tree(example, other, scores, words, capsys):
    found = {
        label: example.Measured(np.array(each), np.ones(2), np.ones(2))
        for label, each in (("glassprop", [0.7, 0.7]), (other, scores))
    }
    print(example.verdict(found))
    example.show_winners({"iris": found})
    assert capsys.readouterr().out == words


@pytest.mark.parametrize("file", ["beside_trees.png", "picture.svg"])
def test_plot_draws_into_a_file(measured, file, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    measured.main([*QUICK, "--plot", *([file] if file.endswith("svg") else [])])
    assert capsys.readouterr().out.splitlines()[-1] == f"The picture is in {file}"
    begins = b"<?xml" if file.endswith("svg") else b"\x89PNG\r"
    assert (tmp_path / file).read_bytes()[:5] == begins


def test_the_picture_has_a_panel_for_each_table(measured, compared):
    figure = measured.picture(compared)
    panels = [axes for axes in figure.axes if axes.axison]
    assert [axes.get_title(loc="left") for axes in panels] == list(compared)
    for axes, found in zip(panels, compared.values(), strict=True):
        drawn = {bars.get_label(): bars.lines[0] for bars in axes.containers}
        assert set(drawn) == set(found)
        for label, line in drawn.items():
            assert line.get_xdata() == [np.median(found[label].fit_times)]
            assert line.get_ydata() == [found[label].scores.mean()]
    looks = [(one.colour, one.marker) for one in measured.MODELS.values()]
    assert all(len(set(each)) == len(looks) for each in zip(*looks, strict=True))


def test_plot_into_a_folder_that_is_not_there(measured, tmp_path):
    path = str(tmp_path / "no" / "picture.png")
    with pytest.raises(SystemExit) as stop:
        measured.main([*QUICK, "--plot", path])
    assert stop.value.code == (
        f"cannot draw to {path}: [Errno 2] No such file or directory: {path!r}"
    )


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["--folds", "1"], "--folds must be 2 or more, got 1"),
        (["--folds", "two"], "argument --folds: invalid int value: 'two'"),
        (
            ["--data", "boston"],
            "argument --data: invalid choice: 'boston' (choose from 'iris', 'wine', "
            "'breast_cancer', 'digits', 'diabetes')",
        ),
    ],
)
def test_wrong_options_are_usage_errors(example, given, words, capsys):
    with pytest.raises(SystemExit) as stop:
        example.main(given)
    assert stop.value.code == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.endswith(f": error: {words}")
