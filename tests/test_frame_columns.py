"""The words of a data frame's columns are those of what is said about its rows."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pytest

import glassprop as gp
from glassprop.errors import DataError, DivergenceError
from glassprop.frame_columns import (
    frame_words,
    place_text,
    row_words,
    words_of,
    words_text,
)
from networks import refusal

pandas = pytest.importorskip("pandas")

WORDS = ["hours", "sleep"]
FRAME = pandas.DataFrame([[2.0, 9.0], [1.0, 5.0], [3.0, 7.0]], columns=WORDS)


class Other:
    """A data frame of another library: it has ``columns``, and becomes an array."""

    columns = WORDS

    def __array__(self, dtype=None, copy=None):
        return np.array([[4.0, 3.0]])


def linear(**options):
    layers = [gp.Dense(1, bias=False, weights=[[[0.5], [-2.0]]])]
    return gp.Network(layers, loss="half_squared_error", input_shape=2, **options)


# What has words -----------------------------------------------------------------------


def test_words_are_those_of_frames_whose_columns_all_have_one():
    assert frame_words(FRAME) == row_words(FRAME.iloc[1]) == ("hours", "sleep")
    assert frame_words(Other()) == ("hours", "sleep")
    assert row_words(FRAME.mean()) == ("hours", "sleep")
    for data in (
        [[1, 2]],
        (1, 2),
        np.ones((1, 2)),
        FRAME["hours"],
        pandas.DataFrame([[1, 2]]),
        pandas.DataFrame([[1, 2]], columns=["hours", 2]),
        pandas.DataFrame([[1, 2]], columns=[("a", "x"), ("a", "y")]),
        SimpleNamespace(columns=lambda: WORDS),
        None,
    ):
        assert frame_words(data) is row_words(data) is None


def test_words_belong_to_the_array_that_a_program_takes():
    words = ("hours", "sleep")
    assert words_of("x", FRAME, (2,)) == {"x": words}
    assert words_of("x", (np.ones((3, 1)), FRAME), ((1,), (2,))) == {"x_2": words}
    assert words_of("x", FRAME, (2, 1)) == words_of("x", FRAME, (3,)) == {}
    assert words_of("y", FRAME[["sleep"]], ()) == {"y": ("sleep",)}
    assert words_of("y", FRAME.iloc[0], (2,)) == {}  # its words may be those of rows


def test_many_words_are_told_by_the_first():
    assert place_text(()) == ""
    assert place_text(("a",)) == ", in column 'a'"
    assert place_text(("a", "b")) == ", in columns 'a', 'b'"
    many = ", in columns 'a', 'b', 'c', ... (13 of them)"
    assert place_text(tuple("abcdefghijklm")) == many
    assert words_text(None) == ""
    assert words_text(("a", "b")) == "  # a, b"
    assert words_text(tuple("abcdefghijklm")) == "  # a, b, c, ... (13 columns)"


# A step -------------------------------------------------------------------------------


def test_a_step_says_what_the_columns_are():
    target = pandas.DataFrame({"score": [7.0]})
    found = linear().explain(FRAME[:1], target)
    lines = ["x = [[2, 9]]  # hours, sleep", "y = [[7]]  # score"]
    assert str(found).splitlines()[1:3] == lines
    assert f"<p><code>{lines[0]}</code></p>" in found.html()
    assert found.columns == {"x": ("hours", "sleep"), "y": ("score",)}
    assert json.loads(found.json())["columns"] == {"x": WORDS, "y": ["score"]}
    bare = linear().explain(FRAME[:1].to_numpy(), target.to_numpy())
    assert (bare.columns, bare.as_dict()["columns"]) == ({}, {})
    assert str(bare) == str(found).replace("  # hours, sleep", "").replace(
        "  # score", ""
    )


@pytest.mark.parametrize("one", [FRAME.iloc[0], FRAME.iloc[[0]]], ids=["row", "frame"])
def test_the_forward_pass_of_one_row_says_it_too(one):
    assert (
        str(linear().explain(one))
        == """\
2 -> Dense(1, bias=False)
x = [[2, 9]]  # hours, sleep

forward
  dense_1
    z1 = x @ W1  # (1, 1)  weighted sum
      z1[0, 0] = 2 * 0.5 + 9 * -2 = -17"""
    )


# A prediction -------------------------------------------------------------------------


WHY = """\
exam: 2 -> Dense(1, bias=False)
x = [4, 3]  # hours, sleep
decision: not above 0
explained: output 0, -4
baseline: zeros, where it is 0

contributions
  input  value  baseline  integrated  gradient x input
  -----  -----  --------  ----------  ----------------
  sleep  3      0         -6          -6
  hours  4      0         2           2
  sum -4 of -4; gap below 1e-09, with slopes at 60 points

the path that carries most of it
  unit   value  baseline  carries  of the change
  -----  -----  --------  -------  -------------
  sleep  3      0         -6       150%
  each carries a part of what the next one does; gap of such parts below 1e-09

what would flip it
  one input: if sleep were 0.999999 instead of 3: above 0 instead of not above 0 \
(distance 2)
  two inputs: if sleep were 1.117 instead of 3 and hours were 4.4704 instead of 4: \
above 0 instead of not above 0 (distance 1.94)
  searched: of the inputs all 2 alone and in pairs, each up to 10 times its size, at \
least 10, to both sides; a distance of 1 is 1."""


@pytest.mark.parametrize(
    "one",
    [
        Other(),
        pandas.Series([4.0, 3.0], WORDS),
        pandas.DataFrame([[4.0, 3.0]], columns=WORDS),
    ],
    ids=lambda one: type(one).__name__,
)
def test_a_prediction_is_explained_in_the_words_of_the_columns(one):
    net = linear(name="exam")
    found = net.explain_prediction(one, target=0)
    assert str(found) == WHY
    assert [each.name for each in found.inputs] == WORDS
    data = json.loads(found.json())
    assert data["columns"] == {"x": WORDS}
    assert [each["name"] for each in data["inputs"]] == WORDS
    assert data["path"][0]["unit"] == "sleep"
    assert "<td>sleep</td>" in found.html()
    assert "<p>x = [4, 3]  # hours, sleep</p>" in found.html()


def test_words_come_from_the_reference_or_the_baseline_too():
    for options in ({"reference": FRAME}, {"baseline": FRAME.mean()}):
        found = linear().explain_prediction([4, 3], **options)
        assert [one.name for one in found.inputs] == WORDS
        assert found.columns == {"x": ("hours", "sleep")}


@pytest.mark.parametrize("name", ["reference", "baseline"])
def test_columns_in_another_order_are_refused(name):
    other = FRAME[["sleep", "hours"]]
    options = {name: other if name == "reference" else other.mean()}
    assert refusal(
        DataError, lambda: linear().explain_prediction(FRAME.iloc[0], **options)
    ) == (
        f"{name}: expected 'hours' as column 0, got 'sleep'. The row, its baseline and "
        "reference have the same columns in the same order."
    )


def test_words_of_two_columns_leave_them_their_places():
    layers = [gp.Concatenate(), gp.Dense(1)]
    net = gp.Network(layers, loss="huber", input_shape=((2,), (3,)))
    more = pandas.DataFrame([[1.0, 2.0, 3.0]], columns=["sleep", "age", "mark"])
    found = net.explain_prediction((FRAME[:1], more))
    names = [one.name for one in found.inputs]
    assert names == ["hours", "x_1[1]", "x_2[0]", "age", "mark"]
    found = net.explain_prediction((FRAME[:1], more.to_numpy()))
    names = [one.name for one in found.inputs]
    assert names == ["hours", "sleep", "x_2[0]", "x_2[1]", "x_2[2]"]


# A diagnosis --------------------------------------------------------------------------


RNG = np.random.default_rng(0)
TABLE = pandas.DataFrame(RNG.normal(size=(60, 3)), columns=["age", "income", "years"])
LABELS = (TABLE["age"] > 0).astype(int)


def unscaled(layers, X, **options):
    net = gp.Network(layers, loss="cross_entropy")
    found = net.fit(X, LABELS, diagnose=True, verbose=False, **options).diagnosis
    return next(one for one in found if one.condition == "inputs_not_scaled")


def test_a_diagnosis_names_columns():
    wide = TABLE * [1, 1000, 1]
    found = unscaled([gp.Dense(4), gp.Dense(2)], wide)
    assert found.columns == ("income",)
    assert found.seen.startswith("columns 'income' are up to ")
    assert unscaled([gp.Dense(4), gp.Dense(2)], wide.to_numpy()).columns == (1,)
    net = gp.Network([gp.Dense(4), gp.Dense(2)], loss="cross_entropy")
    (one,) = (
        one
        for one in net.diagnose(wide, LABELS)
        if one.condition == "inputs_not_scaled"
    )
    assert one.columns == ("income",)


def test_columns_that_a_layer_has_made_are_not_those_of_the_frame():
    frozen = gp.Dense(3, weights=[1000 * np.eye(3)], bias=False, frozen=["weight"])
    assert unscaled([frozen, gp.Dense(2)], TABLE).columns == (0, 1, 2)
    scaled = gp.Scale(1000)
    assert unscaled([scaled, gp.Dense(2)], TABLE).columns == tuple(TABLE.columns)


# A training ---------------------------------------------------------------------------


NUMBERS = TABLE[["age"]].to_numpy()
DIVERGED = (
    "training diverged in epoch 1, step 1: the first value that is not finite is "
    "infinity, made by multiply in the forward pass of the loss; the largest weight "
    "then was 1, of layer 'out'. The network keeps the weights from before that step. "
    "The inputs are up to {} in size{}: standardize them, gp.Standardize() as first "
    "layer."
)


def diverged(X, y=NUMBERS, layers=(), **options):
    out = gp.Dense(1, bias=False, name="out", initializer=np_ones)
    net = gp.Network([*layers, out], loss="mean_squared_error")
    with pytest.raises(DivergenceError) as caught:
        net.fit(X, y, verbose=False, batch_size=None, **options)
    return caught.value


def np_ones(_rng, shape, dtype):
    return np.ones(shape, dtype)


@pytest.mark.parametrize("diagnose", [False, True])
@pytest.mark.parametrize("optimizer", ["sgd", "lbfgs"])
def test_a_divergence_names_the_columns_that_are_large(optimizer, diagnose):
    options = {"optimizer": optimizer, "diagnose": diagnose}
    frame = TABLE * [1, 1e200, 1]
    size = f"{frame['income'].abs().max():.3g}"
    error = diverged(frame, **options)
    assert str(error) == DIVERGED.format(size, ", in column 'income'")
    assert error.finding.columns == ("income",)
    assert error.finding.as_dict()["columns"] == ["income"]
    if diagnose:
        assert error.diagnosis[0] == error.finding
    frame = TABLE * [1, 1e200, 1e4]
    error = diverged(frame, **options)
    assert str(error) == DIVERGED.format(size, ", in columns 'income', 'years'")
    assert error.finding.columns == ("income", "years")
    error = diverged(frame.to_numpy(), **options)
    assert str(error) == DIVERGED.format(size, "")
    assert error.finding.columns == ()


def test_a_divergence_of_one_column_or_with_another_cause():
    frame = TABLE[["age"]] * 1e200
    size = f"{frame['age'].abs().max():.3g}"
    assert str(diverged(frame)) == DIVERGED.format(size, ", in column 'age'")
    error = diverged(TABLE, optimizer=gp.SGD(1e300), epochs=9)
    assert error.cause == ""
    assert error.finding.columns == ()


def test_a_divergence_names_the_columns_of_one_of_several_inputs():
    frame = TABLE * [1, 1e200, 1]
    error = diverged((TABLE.to_numpy(), frame), layers=[gp.Concatenate()])
    assert error.cause == (
        f"Input 2 is up to {frame['income'].abs().max():.3g} in size, in column "
        "'income': standardize it, gp.Standardize() as first layer of its branch."
    )
    assert error.finding.columns == ("income",)


def trained(validation):
    net = gp.Network([gp.Dense(2)], loss="cross_entropy")
    return net, lambda: net.fit(TABLE, LABELS, validation=validation, verbose=False)


def test_rows_that_are_held_out_have_the_columns_of_the_training():
    for other, message in (
        (
            TABLE[["age", "years", "income"]],
            "expected 'income' as column 1, got 'years'",
        ),
        (TABLE.rename(columns={"age": "AGE"}), "expected 'age' as column 0, got 'AGE'"),
    ):
        net, call = trained((other, LABELS))
        assert refusal(DataError, call) == (
            f"validation X: {message}. The rows of the training and those held out "
            "have the same columns in the same order."
        )
        assert (net.values, net.training) == ({}, None)
    for same in (TABLE, TABLE.to_numpy()):
        _, call = trained((same, LABELS))
        assert "validation_loss" in call()
