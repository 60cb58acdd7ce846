"""A step explained: every number is the step's own, every formula gives its number."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

import glassprop as gp
from glassprop import number_texts
from glassprop.backends.expressions import HELPERS
from glassprop.errors import ArgumentError, DataError, ShapeError
from glassprop.layers import LAYERS
from glassprop.layers.activations import ACTIVATIONS
from glassprop.losses import LOSSES
from glassprop.optimizers import OPTIMIZERS, WRAPPERS
from glassprop.trees import as_parts, map_parts
from networks import bits, example_target, fitting_outputs, refusal
from test_layers import EXAMPLES

# The worked row of the exam tutorial, and its numbers as they should be.
HIDDEN, OUTPUT = [[0.2, 0.6, 0.1], [0.8, 0.3, 0.7]], [[0.4], [0.5], [0.9]]
RNG = np.random.default_rng(11)
ERROR_LOSSES = (
    "half_squared_error",
    "mean_squared_error",
    "mean_absolute_error",
    "huber",
    "log_cosh",
    "quantile",
    "gaussian",
)


def exam(**options):
    layers = [
        gp.Dense(3, "sigmoid", bias=False, weights=[HIDDEN], name="hidden"),
        gp.Dense(1, "sigmoid", bias=False, weights=[OUTPUT], name="output"),
    ]
    options = {"loss": "half_squared_error", "input_shape": 2, "name": "exam"} | options
    return gp.Network(layers, **options)


FORWARD = """\
exam: 2 -> Dense(3, sigmoid) -> Dense(1, sigmoid)
x = [[2, 9]]

forward
  hidden
    z_hidden = x @ W_hidden  # (1, 3)  weighted sum
      z_hidden[0, 0] = 2 * 0.2 + 9 * 0.8 = 7.6
      z_hidden[0, 1] = 2 * 0.6 + 9 * 0.3 = 3.9
      z_hidden[0, 2] = 2 * 0.1 + 9 * 0.7 = 6.5
    a_hidden = sigmoid(z_hidden)  # (1, 3)  activation
      a_hidden[0, 0] = sigmoid(7.6) = 0.999499799
      a_hidden[0, 1] = sigmoid(3.9) = 0.980159694
      a_hidden[0, 2] = sigmoid(6.5) = 0.998498818
  output
    z_output = a_hidden @ W_output  # (1, 1)  weighted sum
      z_output[0, 0] = 0.9995 * 0.4 + 0.98016 * 0.5 + 0.998499 * 0.9 = 1.7885287
    a_output = sigmoid(z_output)  # (1, 1)  activation
      a_output[0, 0] = sigmoid(1.78853) = 0.856746796"""


def test_the_tutorials_worked_row_reads_as_it_is_calculated_by_hand():
    found = exam().explain([2, 9])
    assert str(found) == FORWARD
    known = {
        "z_hidden": [7.6, 3.9, 6.5],
        "a_hidden": [0.999499799, 0.980159694, 0.998498818],
        "z_output": [1.788528703],
        "a_output": [0.856746796],
    }
    for name, numbers in known.items():
        np.testing.assert_allclose(found[name].value[0], numbers, atol=5e-10)


def test_backward_and_update_follow_in_the_words_of_the_field():
    found = exam().explain([2, 9], [0.92])
    assert [(step.section, step.layer, step.name, step.word) for step in found.steps][
        4:
    ] == [
        ("forward", "the loss", "error", "error"),
        ("forward", "the loss", "row_loss", ""),
        ("forward", "the loss", "loss", ""),
        ("backward", "the loss", "d_error", "error"),
        ("backward", "output", "d_z_output", "delta, error times slope"),
        ("backward", "output", "d_W_output", "gradient"),
        ("backward", "hidden", "d_a_hidden", "error that came back"),
        ("backward", "hidden", "d_z_hidden", "delta, error times slope"),
        ("backward", "hidden", "d_W_hidden", "gradient"),
        ("update", "hidden", "W_hidden", ""),
        ("update", "output", "W_output", ""),
    ]
    assert found["d_z_output"].formula == "d_error * a_output * (1 - a_output)"
    assert found["W_output"].formula == "W_output -= learning_rate * d_W_output"
    assert found["W_output"].elements[0].arithmetic == "0.4 - 0.01 * -0.00775929"
    lines = str(found).splitlines()
    assert "    W_output -= learning_rate * d_W_output  # (3, 1)" in lines


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_a_slope_is_named_where_each_number_has_its_own(name):
    net = gp.Network([gp.Dense(3, name), gp.Dense(2)], loss="poisson", input_shape=2)
    found = net.explain([1, 2], [0, 1])
    has_none = name in ("identity", "softmax", "log_softmax")
    assert found["d_z1"].word == ("delta" if has_none else "delta, error times slope")
    assert found["d_z2"].word == "delta"


def own(output, y):
    gap = y - output
    return np.mean(gap * gap, axis=1)


def unnamed(output, y):
    return np.mean((output - y) ** 2, axis=1)


def of_logarithms(output, y):
    error = np.log1p(output) - np.log1p(y)
    return np.mean(error * error, axis=1)


@pytest.mark.parametrize(
    ("loss", "errors"),
    [
        *((name, ["error", "d_error"]) for name in ERROR_LOSSES),
        ("poisson", []),
        ("cosine", []),
        (own, ["gap", "d_gap"]),
        (unnamed, ["difference"]),
        (of_logarithms, []),
    ],
    ids=lambda one: getattr(one, "__name__", None) or str(one),
)
def test_the_difference_of_prediction_and_target_is_an_error(loss, errors):
    outputs = fitting_outputs(LOSSES[loss], 2) if isinstance(loss, str) else 2
    net = gp.Network([gp.Dense(outputs)], loss=loss, input_shape=2)
    y = example_target(LOSSES[loss], 1, outputs, RNG)[0] if isinstance(loss, str) else 0
    found = net.explain([1, 2], y if isinstance(loss, str) else [0, 1])
    words = [step.name for step in found.steps if step.word == "error"]
    assert words == errors


def test_a_layer_that_is_called_loss_is_not_the_loss():
    net = gp.Network(
        [gp.Dense(1, bias=False, weights=[[[0.5], [2.0]]], name="loss")],
        loss="half_squared_error",
        input_shape=2,
    )
    assert (
        str(net.explain([4, 3], [7]))
        == """\
2 -> Dense(1, bias=False); loss half_squared_error
x = [[4, 3]]
y = [[7]]

forward
  loss
    z_loss = x @ W_loss  # (1, 1)  weighted sum
      z_loss[0, 0] = 4 * 0.5 + 3 * 2 = 8
  the loss
    error = z_loss - y  # (1, 1)  error
      error[0, 0] = 8 - 7 = 1
    row_loss = 0.5 * np.sum(error * error, axis=1)  # (1,)
      row_loss[0] = 0.5 * (1 * 1) = 0.5
    loss = np.sum(row_loss) / n  # ()
      loss = 0.5 / 1 = 0.5

backward
  the loss
    d_error = (1 / n) * error  # (1, 1)  error
      d_error[0, 0] = (1 / 1) * 1 = 1
  loss
    d_W_loss = x.T @ d_error  # (2, 1)  gradient
      d_W_loss[0, 0] = 4 * 1 = 4
      d_W_loss[1, 0] = 3 * 1 = 3

update
  loss
    W_loss -= learning_rate * d_W_loss  # (2, 1)
      W_loss[0, 0] = 0.5 - 0.01 * 4 = 0.46
      W_loss[1, 0] = 2 - 0.01 * 3 = 1.97"""
    )
    assert "    z_loss = x @ W_loss                   # (n, 1)\n" in net.source()


def test_constants_that_formulas_name_are_shown():
    net = gp.Network([gp.Dense(3)], loss="cross_entropy", input_shape=2)
    found = net.explain([1, 2], 1)
    assert found["chosen"].formula == "y[:, None] == constant_1"
    assert str(found).splitlines()[1:4] == [
        "x = [[1, 2]]",
        "y = [1]",
        "constant_1 = [0, 1, 2]",
    ]
    assert "<p><code>constant_1 = [0, 1, 2]</code></p>" in found.html()
    assert found.as_dict()["constants"] == {"constant_1": [0, 1, 2]}
    assert list(found.given) == ["x", "y"]
    assert net.explain([1, 2]).constants == {}


# Over the registries -----------------------------------------------------------------


KNOWN = HELPERS | {"np": np, "inf": np.inf, "nan": np.nan}
NOISE = 1e-15  # what is left where numbers near 1 cancel


def assert_explained(net, X, y, monkeypatch, **options):
    """Hold each formula against its number, and the update against that of `fit`.

    As it is shown it gives the number to three digits; with all digits, the number.
    """
    how = {"batch_size": None, "shuffle": False, "backend": "numpy", "verbose": False}
    net.fit(X, y, **how, **options)  # layers have learned what they do from rows
    before = bits(net)
    with np.errstate(all="ignore"):
        for step in net.explain(X, y, **options).steps:
            for one in step.elements:
                if one.arithmetic and abs(one.value) > NOISE:
                    value = eval(one.arithmetic, KNOWN)
                    np.testing.assert_allclose(value, one.value, rtol=1.001e-3)
    monkeypatch.setattr(number_texts, "DIGITS", 17)
    found = net.explain(X, y, **options)
    assert bits(net) == before
    tried = 0
    with np.errstate(all="ignore"):
        for step in found.steps:
            for one in step.elements:
                if one.arithmetic is None:
                    continue
                value = eval(one.arithmetic, KNOWN)
                np.testing.assert_allclose(
                    value, one.value, rtol=1e-9, atol=1e-12, err_msg=step.formula
                )
                tried += 1
    assert tried > 0
    net.fit(X, y, **how, **options)
    updates = {step.name: step.value for step in found.steps}
    program = net.recipe.program(net.structure)
    for key in net.structure.trainable:
        name = program.names[program.inputs[key]]
        np.testing.assert_allclose(
            updates[name], net.values[key], rtol=1e-12, atol=1e-15
        )
    return found


@pytest.mark.parametrize("name", LAYERS)
def test_every_layer_is_explained(name, monkeypatch):
    for example in EXAMPLES[name]:
        net = example.network("huber", 2)
        y = RNG.normal(size=(len(as_parts(example.X)[0]), 2))
        assert_explained(net, example.X, y, monkeypatch, optimizer="sgd")


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_is_explained(name, monkeypatch):
    net = gp.Network([gp.Dense(3, name), gp.Dense(2)], loss="huber")
    X, y = RNG.normal(size=(3, 2)), RNG.normal(size=(3, 2))
    assert_explained(net, X, y, monkeypatch, optimizer="sgd")


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_is_explained(name, monkeypatch):
    outputs = fitting_outputs(LOSSES[name], 3)
    net = gp.Network([gp.Dense(outputs)], loss=name)
    y = example_target(LOSSES[name], 4, outputs, RNG)
    found = assert_explained(
        net, RNG.normal(size=(4, 2)), y, monkeypatch, optimizer="sgd"
    )
    assert found["loss"].value.shape == ()


@pytest.mark.parametrize(
    "optimizer",
    [*OPTIMIZERS, *(kind(gp.Adam()) for kind in WRAPPERS.values())],
    ids=str,
)
def test_every_optimizers_next_step_is_explained(optimizer, monkeypatch):
    net = gp.Network([gp.Dense(2)], loss="half_squared_error")
    X, y = RNG.normal(size=(3, 2)), RNG.normal(size=(3, 2))
    for _ in range(3):  # the next step goes on with what is remembered
        assert_explained(net, X, y, monkeypatch, optimizer=optimizer)


def test_without_an_optimizer_it_is_that_of_the_last_fit(monkeypatch):
    net = gp.Network([gp.Dense(2)], loss="half_squared_error")
    X, y = RNG.normal(size=(3, 2)), RNG.normal(size=(3, 2))
    plain = [step.name for step in net.explain(X, y).steps]
    assert plain[-2:] == ["W1", "b1"]
    assert {"norm", "clipped_d_W1"}.isdisjoint(plain)
    net.fit(X, y, optimizer=gp.Lion(), clip=0.5, verbose=False)
    names = {step.name for step in net.explain(X, y).steps}
    assert {"m_W1", "m_b1", "norm", "clipped_d_W1"} <= names
    net.fit(X, y, optimizer="lbfgs", batch_size=None, verbose=False)
    found = net.explain(X, y)
    assert {step.section for step in found.steps} == {"forward", "backward"}
    assert found.title == (
        "2 -> Dense(2); loss half_squared_error; the update is not shown: LBFGS "
        "searches for it"
    )


# Digits ------------------------------------------------------------------------------


def single(weight, bias, activation=None, **options):
    """Make a network of one neuron."""
    weights = [[[weight]], [bias]]
    layers = [gp.Dense(1, activation, weights=weights)]
    return gp.Network(layers, loss="half_squared_error", input_shape=1, **options)


def arithmetic(net, name, *rows, **options):
    """Give what is written for the first number of a value."""
    return net.explain(*rows, **options)[name].elements[0].arithmetic


@pytest.mark.parametrize(
    ("weight", "dtype", "shown"),
    [
        (2.0, None, "0.880797 * 0.880797 * (1 - 0.880797)"),
        (20.0, None, "0.999999997939 * 0.999999997939 * (1 - 0.999999997939)"),
        (14.0, "float32", "0.999999166 * 0.999999166 * (1 - 0.999999166)"),
        (50.0, None, "1 * 1 * (1 - 1)"),  # which is what it is: the slope is gone
    ],
)
def test_numbers_that_cancel_have_the_digits_that_are_left(weight, dtype, shown):
    net = single(weight, 0, "sigmoid", dtype=dtype)
    assert arithmetic(net, "d_z1", [1], [0]) == shown


def test_the_loss_of_a_sure_and_right_class_is_seen_to_be_small():
    layers = [gp.Dense(2, weights=[[[6.0, -6.0]], [0.1, 0.2]])]
    net = gp.Network(layers, loss="cross_entropy", input_shape=1)
    assert arithmetic(net, "row_loss", [1], 0) == (
        "6.10000679 - (np.where(True, 6.1, 0) + np.where(False, -5.8, 0))"
    )
    assert arithmetic(net, "d_z1", [1], 0) == (
        "np.where(True, -(1 / 1), 0) + 0.99999321"
    )


def test_prices_are_written_out():
    found = single(1.0, 1000000042.95).explain([-200], [1000000999.25])
    lines = [line.strip() for line in str(found).splitlines()]
    assert "y = [[1000000999]]" in lines
    assert "z1[0, 0] = -200 * 1 + 1000000043 = 999999843" in lines
    assert "error[0, 0] = 999999843 - 1000000999 = -1156.3" in lines


def test_what_is_lost_in_many_digits_is_not_drawn_out():
    layers = [gp.Dense(1), gp.BatchNorm()]
    net = gp.Network(layers, loss="half_squared_error", input_shape=2)
    X, y = RNG.normal(size=(8, 2)), RNG.normal(size=(8, 1))
    shown = arithmetic(net, "d_b1", X, y)
    assert len(shown) < 8 * 14  # the slope is 0, and what is left is no number's digits


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (0.1 + 0.2, None, "0.3"),
        (123456.7, None, "123457"),
        (999999.7, None, "999999.7"),
        (1234567.8, None, "1234568"),
        (-850891574012.4, None, "-850891574012"),
        (1e12, None, "1e+12"),
        (1234567.8, 9, "1234567.8"),
        (123456.7, 2, "1.2e+05"),
        (1e-9, None, "1e-09"),
        (np.float32(1234567.8), None, "1234568"),
        (np.float32(12345678), None, "1.23457e+07"),
        (np.int64(10**15), None, "1000000000000000"),
        (np.inf, None, "inf"),
        (np.nan, None, "nan"),
        (np.True_, None, "True"),
    ],
)
def test_numbers(value, digits, text):
    assert number_texts.number_text(value, digits) == text


@pytest.mark.parametrize(
    ("one", "other", "texts"),
    [
        (5.79379123, 5.41263456, ("5.79379", "5.41263")),
        (0.123456789, 0.123456788, ("0.123456789", "0.123456788")),
        (1.0, 1.0, ("1", "1")),
        (np.inf, 1.0, ("inf", "1")),
    ],
)
def test_two_numbers_are_told_apart(one, other, texts):
    assert number_texts.texts_apart(one, other) == texts


def test_no_number_is_said_to_be_itself():
    net = single(0.5, 0.25)
    found = net.explain([1], [0])
    assert found["d_b1"].formula == "np.sum(d_error, axis=0)"
    assert found["d_b1"].elements[0].arithmetic is None
    assert "      d_b1[0] = 0.75" in str(found).splitlines()
    assert "<td></td><td>0.75</td>" in found.html()


def test_no_sign_stands_right_behind_another():
    layers = [gp.Dense(2, weights=[[[1, -1]], [0, 0]]), gp.Lambda(lambda x: -x)]
    net = gp.Network(layers, input_shape=1)
    texts = [one.arithmetic for one in net.explain([3]).steps[-1].elements]
    assert texts == [None, "-(-3)"]


def test_what_belongs_to_no_layer_has_a_heading_of_its_own():
    net = single(0.5, 0.25)
    found = net.explain([1], [0], optimizer="adam")
    assert found["step_size"].layer == ""
    lines = str(found).splitlines()
    at = lines.index(f"    {found['step_size'].statement}  # ()")
    assert lines[at - 1] == "  all layers"
    assert lines[lines.index(f"    {found['step_b1'].statement}  # (1,)") - 1] != ""
    assert "<h4>all layers</h4>" in found.html()


# Large, wrong and unusual ------------------------------------------------------------


def test_large_values_are_told_by_statistics_and_one_element():
    net = gp.Network([gp.Dense(50, "tanh"), gp.Dense(1)], loss="huber", input_shape=5)
    found = net.explain(np.linspace(-1, 1, 5), [1.0])
    step = found["z1"]
    assert [one.index for one in step.elements] == [(0, 0)]
    assert step.elements[0].arithmetic.count(" * ") == 5
    line = next(one for one in str(found).splitlines() if "mean" in one)
    assert line.strip() == number_texts.statistics_text(step.value)
    assert found["z2"].elements[0].arithmetic is None  # a sum of 50 products
    assert len(str(found).splitlines()) < 80


def test_statistics():
    assert number_texts.statistics_text(np.array([1.0, 2.0, 3.0, np.nan])) == (
        "mean 2, standard deviation 0.816497, from 1 to 3  █·······█······█"
    )
    assert number_texts.statistics_text(np.full(3, 2.0)) == (
        "mean 2, standard deviation 0, from 2 to 2"
    )
    assert number_texts.statistics_text(np.full(3, np.inf)) == "no finite number"
    chosen = np.arange(2000) % 2 == 0
    assert number_texts.statistics_text(chosen) == "true in 1,000 of 2,000"


def test_not_a_number_is_shown_where_it_begins():
    net = gp.Network(
        [gp.Dense(2, name="first"), gp.Lambda(np.log, name="log"), gp.Dense(1)],
        loss="huber",
        input_shape=2,
    )
    net.parameters["first.weight"] = [[1, -1], [0, 0]]
    found = net.explain([[1.0, 1.0], [2.0, 1.0]], [[0.0], [0.0]])
    problems = [(one.layer, one.problem) for one in found.steps if one.problem]
    problem = "NaN in 2 of 4 numbers, which begins here"
    assert problems == [("log", problem)]
    assert f"      ! {problem}" in str(found).splitlines()


def test_a_damaged_weight_is_named_where_it_comes_in():
    net = exam()
    net([2, 9])
    net.values["output.weight"][0, 0] = np.nan
    found = net.explain([2, 9], [0.5])
    assert [(one.name, one.problem) for one in found.steps if one.problem] == [
        ("z_output", "NaN in 1 of 3 numbers of W_output, which comes in here")
    ]


def test_a_thousand_rows_are_refused_with_the_way_out():
    X = np.zeros((1000, 2))
    assert refusal(ArgumentError, lambda: exam().explain(X, X[:, :1])) == (
        "explain shows the values of a step one by one: expected at most 10 rows, got "
        "1,000. Pick some: net.explain(X[:1], y[:1])."
    )


def test_no_row_is_refused_with_the_way_out():
    assert refusal(ArgumentError, lambda: exam().explain(np.zeros((0, 2)))) == (
        "explain shows the values of a step: expected 1 to 10 rows, got none. Pick "
        "some: net.explain(X[:1], y[:1])."
    )


def test_without_a_loss_it_says_what_to_pass():
    assert refusal(ArgumentError, lambda: exam(loss=None).explain([2, 9], [1])) == (
        "the network has no loss yet. Pass one, loss='mean_squared_error' for numbers, "
        "loss='cross_entropy' for classes, or give it to gp.Network."
    )
    found = exam(loss=None).explain([2, 9], [1], loss="huber")
    assert found.title.endswith("; loss huber")


def test_missing_values_are_refused_unless_the_network_fills_them():
    assert refusal(DataError, lambda: exam().explain([[2, np.nan]])) == (
        "X: NaN in column 1, row 0. Fill missing values or drop these rows."
    )
    example = EXAMPLES["Columns"][0]
    net = gp.Network([example.layer, gp.Dense(1)], loss="huber")
    net.fit(example.X, np.zeros((len(example.X), 1)), verbose=False)
    row = example.X[np.isnan(example.X).any(axis=1)][:1]
    assert not any(step.problem for step in net.explain(row).steps)


def test_what_there_is_not_is_named():
    found = exam().explain([2, 9])
    with pytest.raises(KeyError) as caught:
        found["z"]
    assert caught.value.args[0] == (
        "there is no value 'z'; there are z_hidden, a_hidden, z_output, a_output"
    )
    assert refusal(ShapeError, lambda: exam().explain([[1, 2, 3]])).startswith("X")


def test_explanations_say_in_a_line_what_they_are_and_are_equal_to_themselves():
    net = exam()
    found, why = net.explain([2, 9]), net.explain_prediction([2, 9])
    assert repr(found) == (
        "<Explanation of 4 steps: exam: 2 -> Dense(3, sigmoid) -> Dense(1, sigmoid); "
        "print it>"
    )
    assert repr(why) == (
        "<PredictionExplanation of output 0: exam: 2 -> Dense(3, sigmoid) -> "
        "Dense(1, sigmoid); print it>"
    )
    assert found == found != net.explain([2, 9])  # noqa: PLR0124
    assert why == why != net.explain_prediction([2, 9])  # noqa: PLR0124


def test_it_does_not_build_a_network_for_rows_that_are_refused():
    net = gp.Network([gp.Dense(1)], loss="huber")
    refusal(ArgumentError, lambda: net.explain(np.zeros((11, 2))))
    assert net.input_shape is None


def test_several_inputs_and_outputs():
    layers = [gp.Parallel([gp.Dense(1), gp.Dense(2)])]
    net = gp.Network(layers, loss=["huber", "cross_entropy"], input_shape=((2,), (3,)))
    X = (np.ones((2, 2)), np.ones((2, 3)))
    y = (np.ones((2, 1)), np.array([0, 1]))
    found = net.explain(X, y)
    assert list(found.given) == ["x_1", "x_2", "y_1", "y_2"]
    single = net.explain(map_parts(lambda one: one[0], X))
    assert [step.section for step in single.steps] == ["forward", "forward"]


# As data ------------------------------------------------------------------------------


def test_json_is_strict_and_has_all_that_is_shown():
    net = exam()
    found = json.loads(net.explain([2, 9], [0.92]).json(), parse_constant=pytest.fail)
    assert found["title"] == (
        "exam: 2 -> Dense(3, sigmoid) -> Dense(1, sigmoid); loss half_squared_error"
    )
    assert found["given"] == {"x": [[2.0, 9.0]], "y": [[0.92]]}
    assert found["steps"][0] == {
        "section": "forward",
        "layer": "hidden",
        "name": "z_hidden",
        "formula": "x @ W_hidden",
        "word": "weighted sum",
        "shape": [1, 3],
        "value": [pytest.approx([7.6, 3.9, 6.5])],
        "elements": [
            {"index": [0, at], "arithmetic": text, "value": pytest.approx(value)}
            for at, (text, value) in enumerate(
                [
                    ("2 * 0.2 + 9 * 0.8", 7.6),
                    ("2 * 0.6 + 9 * 0.3", 3.9),
                    ("2 * 0.1 + 9 * 0.7", 6.5),
                ]
            )
        ],
        "problem": "",
    }


def test_json_of_what_is_not_finite_and_of_what_is_large():
    net = gp.Network([gp.Dense(100), gp.Lambda(np.log)], input_shape=1)
    net.parameters["dense_1.weight"] = [[*range(100)]]
    found = json.loads(net.explain([1.0]).json(), parse_constant=pytest.fail)
    first, second = found["steps"]
    assert first["value"] == {
        "finite": 100,
        "size": 100,
        "mean": 49.5,
        "std": pytest.approx(np.arange(100).std()),
        "min": 0.0,
        "max": 99.0,
    }
    assert second["elements"][0]["value"] == "-inf"
    assert second["problem"] == "infinity in 1 of 100 numbers, which begins here"
    assert math.isfinite(second["value"]["max"])
