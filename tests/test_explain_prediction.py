"""Why this prediction: contributions that sum up, a path, and flips that were run."""

from __future__ import annotations

import json
import tracemalloc
from xml.etree import ElementTree

import numpy as np
import pytest

import glassprop as gp
from glassprop.errors import ArgumentError, DataError, ShapeError
from glassprop.layers import LAYERS, Columns
from glassprop.layers.activations import ACTIVATIONS
from glassprop.losses import LOSSES
from glassprop.reasons.explained_prediction import Completeness
from glassprop.reasons.integrated_gradients import integrate
from glassprop.text_tables import table_text
from glassprop.trees import map_parts
from networks import bits, example_target, fitting_outputs, refusal
from test_layers import EXAMPLES

RNG = np.random.default_rng(5)


def trained(net, X, y, epochs=3):
    """Train a little, so that layers have learned from rows and biases are not 0."""
    net.fit(X, y, epochs=epochs, batch_size=None, backend="numpy", verbose=False)
    return net


def classifier(*hidden, inputs=2, classes=2, seed=0, dtype=None):
    """A network of random weights and biases whose classes meet near its rows."""
    layers = [gp.Dense(units, "tanh") for units in hidden]
    net = gp.Network(
        [*layers, gp.Dense(classes)],
        loss="cross_entropy",
        input_shape=inputs,
        seed=seed,
        dtype=dtype,
    )
    rng = np.random.default_rng(seed)
    for name in list(net.structure.parameters):
        net.parameters[name] = rng.normal(size=net.parameters[name].shape)
    return net


# Contributions -----------------------------------------------------------------------


def assert_complete(net, row, **options):
    assert net.structure
    before = bits(net)
    found = net.explain_prediction(row, **options)
    assert bits(net) == before
    known = found.completeness
    sizes = sum(abs(one.integrated) for one in found.inputs)
    assert known.complete
    assert known.change == pytest.approx(found.value - found.baseline_value)
    assert abs(known.gap) <= 1e-5 * sizes + 1e-12
    total = sum(one.integrated for one in found.inputs)
    assert total == pytest.approx(known.change, rel=1e-4, abs=1e-5 * sizes + 1e-12)
    assert found.path[0].layer == ""
    assert found.path_gap <= 0.02 * sizes + 1e-9
    return found


@pytest.mark.parametrize("name", LAYERS)
def test_contributions_through_every_layer_sum_to_the_change(name):
    for example in EXAMPLES[name]:
        net = example.network("huber", 2)
        trained(net, example.X, RNG.normal(size=(len(net(example.X)), 2)))
        row = example.rows(slice(1, 2))
        found = assert_complete(net, row, output=1)
        assert found.value == pytest.approx(net(row)[0, 1], rel=1e-12)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_contributions_through_every_activation_sum_to_the_change(name):
    net = gp.Network([gp.Dense(6, name), gp.Dense(4, name), gp.Dense(2)], loss="huber")
    X = RNG.normal(size=(8, 3))
    trained(net, X, RNG.normal(size=(8, 2)), epochs=20)
    found = assert_complete(net, X[0], output=0, reference=X)
    point, start = X[0], X.mean(axis=0)
    slopes = [
        (net(point + step)[0] - net(point - step)[0]) / 2e-6
        for step in 1e-6 * np.eye(3)
    ]
    np.testing.assert_allclose(
        [one.gradient_times_input for one in found.inputs],
        slopes * (point - start),
        rtol=1e-5,
        atol=1e-8,
    )


@pytest.mark.parametrize("name", LOSSES)
def test_what_every_loss_decides_is_told(name):
    outputs = fitting_outputs(LOSSES[name], 3)
    net = gp.Network([gp.Dense(outputs)], loss=name)
    X = RNG.normal(size=(5, 2))
    trained(net, X, example_target(LOSSES[name], 5, outputs, RNG))
    place = None if LOSSES[name].target == "classes" else 1
    found = assert_complete(net, X[0], output=place)
    decided = LOSSES[name].classifies
    assert bool(found.decision) is decided
    words = found.output.split(", ")[1:]
    assert bool(words) is decided
    if decided:
        kind = "class" if LOSSES[name].target == "classes" else "label"
        logit = LOSSES[name].probabilities is not None
        at = int(net.predict(X[0])) if kind == "class" else 1
        assert words == [f"the {'logit' if logit else 'score'} of {kind} {at}"]


def test_of_a_linear_network_contributions_are_weights_times_inputs():
    weight = np.array([[0.5], [-2.0], [0.25]])
    layers = [gp.Dense(1, weights=(weight, [3.0]))]
    net = gp.Network(layers, loss="huber", input_shape=3)
    found = net.explain_prediction([4, 3, -2])
    np.testing.assert_allclose([one.integrated for one in found.inputs], [2, -6, -0.5])
    assert [one.gradient_times_input for one in found.inputs] == [2, -6, -0.5]
    assert (found.value, found.baseline_value) == (-1.5, 3)
    found = net.explain_prediction([4, 3, -2], baseline=[1, 1, 1])
    np.testing.assert_allclose(
        [one.integrated for one in found.inputs], [1.5, -4, -0.75]
    )
    assert [one.unit for one in found.path] == ["x[1]"]
    assert found.path[0].part == pytest.approx(-4)


def test_the_papers_example_of_a_slope_that_has_gone():
    """Sundararajan, Taly and Yan (2017), section 2.1: f(x) = 1 - relu(1 - x)."""
    net = gp.Network([gp.Lambda(lambda x: 1 - np.maximum(1 - x, 0))], input_shape=1)
    (one,) = assert_complete(net, [2.0]).inputs
    assert one.gradient_times_input == 0
    assert one.integrated == pytest.approx(1, abs=1e-5)


def test_kinks_that_cancel_are_seen_though_the_sum_is_right():
    def bent(x):
        return np.maximum(x[:, :1] - 0.3, 0) - np.maximum(x[:, 1:] - 0.3, 0)

    net = gp.Network([gp.Lambda(bent)], input_shape=2)
    found = net.explain_prediction([1.0, 1.0])
    np.testing.assert_allclose(
        [one.integrated for one in found.inputs], [0.7, -0.7], atol=1e-4
    )


def test_what_the_output_does_not_depend_on_has_no_part():
    net = classifier(4, inputs=3)
    weight = net.parameters["dense_1.weight"].copy()
    weight[1] = 0
    net.parameters["dense_1.weight"] = weight
    found = net.explain_prediction([1.0, 5.0, -1.0])
    assert found.inputs[1].integrated == found.inputs[1].gradient_times_input == 0


def test_two_networks_that_are_one_function_get_the_same():
    """The axiom of implementation invariance: the hidden units in another order."""
    one, other = (gp.Network(classifier(5).layers, input_shape=2) for _ in "ab")
    values = {name: classifier(5).parameters[name] for name in one.parameters}
    for name, value in values.items():
        one.parameters[name] = value
    order = RNG.permutation(5)
    other.parameters["dense_1.weight"] = values["dense_1.weight"][:, order]
    other.parameters["dense_1.bias"] = values["dense_1.bias"][order]
    other.parameters["dense_2.weight"] = values["dense_2.weight"][order]
    other.parameters["dense_2.bias"] = values["dense_2.bias"]
    found = [net.explain_prediction([1.0, 2.0], output=1) for net in (one, other)]
    a, b = ([part.integrated for part in each.inputs] for each in found)
    np.testing.assert_allclose(a, b, rtol=1e-9)


def test_a_jump_is_said_and_not_shared_out():
    layers = [gp.Lambda(lambda x: np.where(x > 0.4, 2.0 + x, x))]
    net = gp.Network(layers, input_shape=1)
    found = net.explain_prediction([1.0])
    assert found.inputs[0].integrated == pytest.approx(1)
    assert not found.completeness.complete
    assert found.completeness.jumps == pytest.approx(2)
    assert (
        f"gap 2, with slopes at {found.completeness.slopes} points. The output jumps "
        "by 2 on the way, without a slope."
    ) in str(found)
    assert found.completeness.slopes < 1000


def test_the_limit_is_kept_and_said():
    def score(points):  # a slope of both signs, 10 000 bends along the way
        places = 10_000 * points[:, 0]
        return np.abs(places % 2 - 1), np.where(places % 2 > 1, 1e4, -1e4)[:, None]

    found = integrate(score, np.zeros(1), np.array([0.99995]), most=1000)
    assert 900 <= found.slopes <= 1100
    assert not found.complete


def test_what_a_gap_is_from_is_said():
    known = Completeness(1.0, 1.5, 0.1, 8192, complete=False)
    assert known.text == (
        "sum 1 of 1.5; gap 0.5, with slopes at 8,192 points. It was not made smaller: "
        "that would take more slopes."
    )
    known = Completeness(np.nan, 1.5, 0.0, 60, complete=False)
    assert known.text == (
        "sum nan of 1.5; gap nan, with slopes at 60 points. A slope on the way is not "
        "finite: take another baseline."
    )


def test_float32_is_explained_in_float64_and_flipped_as_it_runs():
    net = classifier(4, seed=3, dtype="float32")
    row = np.array([0.5, -0.25], np.float32)
    found = assert_complete(net, row)
    values = net.values
    double = gp.Network(net.layers, loss="cross_entropy", input_shape=2)
    for name, value in values.items():
        double.parameters[name] = value
    same = double.explain_prediction(row)
    assert [one.integrated for one in found.inputs] == [
        one.integrated for one in same.inputs
    ]
    assert_flips(net, row, found)


def test_layers_that_mix_rows_see_one_row():
    mixing = gp.Lambda(lambda x: x - np.mean(x, axis=0, keepdims=True))
    net = gp.Network([gp.Dense(2), mixing, gp.Dense(2)], input_shape=2)
    found = assert_complete(net, [1.0, 2.0], output=0)
    assert [one.integrated for one in found.inputs] == [0, 0]


# The path ----------------------------------------------------------------------------


def test_the_path_takes_the_unit_that_carries_most_and_its_largest_input():
    first = [[1.0, 0.0, 2.0], [0.0, 3.0, -1.0]]
    second = [[1.0], [-1.0], [2.0]]
    layers = [gp.Dense(3, bias=False, weights=[first], name="hidden")]
    layers += [gp.Dropout(0.5), gp.Dense(1, bias=False, weights=[second])]
    net = gp.Network(layers, input_shape=2)
    found = net.explain_prediction([2.0, 1.0])
    # Hidden 2, -> 2 * (2 * 2 - 1) = 6 of 2 - 3 + 6 = 5; of that input 0 sends 8.
    assert found.value == 5
    assert [(one.layer, one.unit) for one in found.path] == [
        ("", "x[0]"),
        ("hidden", "hidden[2]"),
    ]
    np.testing.assert_allclose([one.part for one in found.path], [8, 6])
    assert [one.value for one in found.path] == [2, 3]


def test_conductance_is_what_it_is_by_its_definition():
    """A fine sum of slope times step, unit by unit, by nothing but the network."""
    net = classifier(3, seed=4)
    row, steps = np.array([0.7, -1.2]), 4000
    found = net.explain_prediction(row, output=1)
    way = np.linspace(0, 1, steps + 1)[:, None] * row
    W, b = (net.parameters[f"dense_1.{name}"] for name in ("weight", "bias"))
    hidden = np.tanh(way @ W + b)
    carried = (hidden[-1] - hidden[0]) * net.parameters["dense_2.weight"][:, 1]
    sign = np.sign(carried.sum())
    unit = int(np.argmax(sign * carried))
    assert found.path[1].unit == f"dense_1[{unit}]"
    assert found.path[1].part == pytest.approx(carried[unit], rel=1e-6)
    slopes = 1 - np.tanh((way[1:] + way[:-1]) / 2 @ W[:, unit] + b[unit]) ** 2
    through = W[:, unit] * row * slopes.mean()
    through = through * net.parameters["dense_2.weight"][unit, 1]
    at = int(np.argmax(sign * through))
    assert found.path[0].unit == f"x[{at}]"
    assert found.path[0].part == pytest.approx(through[at], rel=1e-3)


# Flips -------------------------------------------------------------------------------


def assert_flips(net, row, found):
    """Run what is proposed, on the network as it is."""
    flips = [one for one in (found.single, found.pair) if one is not None]
    for flip in flips:
        moved = np.array(row, np.float64)
        for change in flip.changes:
            at = int(change.name.removeprefix("x[").removesuffix("]"))
            assert change.before == row[at]
            moved[at] = change.after
        dtype = net.structure.dtype
        assert flip.before == f"class {net.predict(row)}" == found.decision
        assert flip.after == f"class {net.predict(moved.astype(dtype))}"
        assert flip.after != flip.before
    return flips


def nearest_along(net, row, directions, reach=10.0):
    """Find how near a flip is in some directions, by trying very many lengths."""
    before = net.predict(row)
    lengths = np.linspace(0, reach, 20_001)[1:]
    best = np.inf
    for direction in directions:
        flips = net.predict(row + lengths[:, None] * direction) != before
        if flips.any():
            best = min(best, lengths[flips.argmax()])
    return best


@pytest.mark.parametrize("seed", range(12))
def test_flips_are_as_near_as_brute_force_finds_them(seed):
    net = classifier(4, classes=3, seed=seed)
    row = np.random.default_rng(seed).normal(size=2)
    found = net.explain_prediction(row)
    assert_flips(net, row, found)
    axes = np.concatenate([np.eye(2), -np.eye(2)])
    single = nearest_along(net, row, axes)
    angles = np.linspace(0, 2 * np.pi, 361)
    every = nearest_along(net, row, np.stack([np.cos(angles), np.sin(angles)], axis=1))
    assert (found.single is None) == np.isinf(single)
    near = [one.distance for one in (found.single, found.pair) if one is not None]
    if found.single is not None:
        assert found.single.distance == pytest.approx(single, rel=2e-3, abs=1e-3)
    if near:
        assert min(near) == pytest.approx(every, rel=4e-3, abs=1e-3)
    else:
        assert np.isinf(every)


def test_the_line_of_a_linear_network_is_hit_at_a_right_angle():
    weights = [[[1.0], [2.0]]]
    layers = [gp.Dense(1, bias=False, weights=weights)]
    net = gp.Network(layers, loss="binary_cross_entropy", input_shape=2)
    found = net.explain_prediction([-5.0, 0.0])
    assert found.single.distance == pytest.approx(2.5, rel=2e-3)
    assert found.pair.distance == pytest.approx(5 / np.sqrt(5), rel=2e-3)
    np.testing.assert_allclose(
        [one.after for one in found.pair.changes], [2, -4], rtol=1e-2, atol=5e-3
    ) if [one.name for one in found.pair.changes] == ["x[1]", "x[0]"] else None
    assert (found.decision, found.single.after) == ("class 0", "class 1")
    assert found.output == "output 0, the logit of class 1 (below 0: class 0)"


def test_a_corner_that_only_two_inputs_reach():
    both_high = gp.Lambda(lambda x: np.minimum(x[:, :1], x[:, 1:]) - 1)
    net = gp.Network([both_high], loss="binary_cross_entropy", input_shape=2)
    found = net.explain_prediction([0.0, 0.0])
    assert found.single is None
    assert found.pair.distance == pytest.approx(np.sqrt(2), rel=2e-3)
    assert "one input: no change was found that flips it" in str(found)


def test_what_is_not_finite_is_no_other_class():
    layers = [gp.Lambda(lambda x: np.sqrt(3 - x) - 1)]
    net = gp.Network(layers, loss="binary_cross_entropy", input_shape=1)
    found = net.explain_prediction([1.0])  # class 0 from 2 on, and NaN from 3 on
    assert found.single.changes[0].after == pytest.approx(2, rel=2e-3)
    assert np.isfinite(found.single.value_after)
    far = gp.Network([gp.Lambda(lambda x: np.sqrt(3 - x) + 1)], input_shape=1)
    found = far.explain_prediction([1.0], target=0.5)
    assert found.single is None


def test_with_a_reference_distance_is_in_its_spread_and_range():
    net = classifier(seed=2)
    net.parameters["dense_1.weight"] = [[0.0, 1.0], [0.0, 100.0]]
    net.parameters["dense_1.bias"] = [0.0, -100.0]
    X = np.stack([RNG.normal(0, 50, 400), RNG.normal(0, 0.5, 400)], axis=1)
    found = net.explain_prediction([0.0, 0.0], reference=X)
    (change,) = found.single.changes
    # Class 1 where x0 + 100 * x1 > 100: nearer along the second, in its own units.
    assert change.after == pytest.approx([100, 1][int(change.name[2])], rel=2e-3)
    distances = [100 / X[:, 0].std(), 1 / X[:, 1].std()]
    assert found.single.distance == pytest.approx(min(distances), rel=2e-3)
    narrow = X[np.abs(X) @ [1, 100] < 40]
    found = net.explain_prediction([0.0, 0.0], reference=narrow)
    assert found.single is None
    assert found.pair is None
    assert "one input or two: no change was found that flips it" in str(found)
    assert f"within the range of the {len(narrow)} reference rows" in found.searched


def test_a_class_that_is_looked_for_and_a_threshold():
    net = classifier(5, classes=3, seed=1)
    row = np.array([0.2, 0.1])
    others = {0, 1, 2} - {int(net.predict(row))}
    for target in others:
        found = net.explain_prediction(row, target=target)
        for flip in assert_flips(net, row, found):
            assert flip.after == f"class {target}"
        assert found.searched.startswith(f"searched for class {target}: ")
    number = gp.Network([gp.Dense(1, weights=([[2.0]], [1.0]))], loss="huber")
    found = number.explain_prediction([[3.0]], target=10.5)
    assert found.decision == "not above 10.5"
    assert found.single.changes[0].after == pytest.approx(4.75, rel=1e-3)
    assert number([[found.single.changes[0].after]]) > 10.5
    assert found.pair is None


def test_where_nothing_is_decided_no_flip_is_looked_for():
    net = gp.Network([gp.Dense(1)], loss="huber", input_shape=2)
    found = net.explain_prediction([1.0, 2.0])
    assert (found.decision, found.single, found.pair) == ("", None, None)
    known = json.loads(found.json())
    assert (known["single"], known["pair"]) == (None, None)
    assert found.searched == (
        "nothing is decided: the output is a number. Give a threshold, target=..., to "
        "see what takes the output across it."
    )


def test_words_are_swapped_and_missing_numbers_filled_in():
    layers = [Columns((0, 3), flagged=(0,)), gp.Dense(2)]
    net = gp.Network(layers, loss="cross_entropy", input_shape=2)
    X = np.array([[1.0, 0], [3, 1], [np.nan, 2], [5, np.nan]])
    net.learn(X)
    weight = np.zeros((5, 2))
    weight[:, 1] = [1.0, -3.0, 0.0, 2.0, 9.0]  # number, flag, three words
    net.parameters["dense_1.weight"] = weight
    net.parameters["dense_1.bias"] = [0.0, -1.0]
    found = net.explain_prediction([np.nan, 0.0], output=1)
    assert [one.value for one in found.inputs] == [None, 0]
    assert [one.integrated for one in found.inputs] == [-3, 0]
    assert found.baseline == "zeros behind layer 'columns_1'"
    (change,) = found.single.changes
    assert (change.name, change.before, change.after) == ("x[1]", 0, 2)
    assert found.single.text == (
        "if x[1] were 2 instead of 0: class 1 instead of class 0 (distance 1)"
    )
    assert "missing" in str(found)
    # Word 0 is not so bad when the number is known: standardized, above 1 will do.
    weight[:, 1] = [1.0, -3.0, 0.0, 0.0, 0.0]
    net.parameters["dense_1.weight"] = weight
    (change,) = net.explain_prediction([np.nan, 0.0]).single.changes
    assert (change.name, change.before) == ("x[0]", None)
    assert change.after == pytest.approx(3 + np.std([1, 3, 5]), rel=2e-3)


def test_a_missing_number_that_only_has_to_be_known_is_a_short_one():
    net = gp.Network(
        [Columns((0, 3), flagged=(0,)), gp.Dense(2)],
        loss="cross_entropy",
        input_shape=2,
    )
    X = np.array([[1.01, 0], [3.2, 1], [np.nan, 2], [5.1234, np.nan]])
    net.learn(X)
    weight = np.zeros((5, 2))
    weight[1, 1] = -3.0  # the flag
    net.parameters["dense_1.weight"] = weight
    net.parameters["dense_1.bias"] = [0.0, 1.0]
    assert net.explain_prediction([np.nan, 0.0], reference=X).single.text == (
        "if x[0] were 3.112 instead of missing: class 1 instead of class 0 (distance "
        "0.000516)"
    )


def test_words_of_two_columns_a_character_stand_below_each_other():
    assert table_text([("input", "value"), ("\u540d", "a"), ("e\u0301te", "b")]) == (
        "input  value\n-----  -----\n\u540d     a\ne\u0301te    b"
    )


def test_a_reference_of_words_and_gaps_is_averaged_behind_the_first_layer():
    layers = [Columns((0, 3), flagged=(0,)), gp.Dense(2)]
    net = gp.Network(layers, loss="cross_entropy", input_shape=2)
    X = np.array([[1.0, 0], [3, 1], [np.nan, 2], [5, np.nan]])
    net.learn(X)
    net.parameters["dense_1.weight"] = RNG.normal(size=(5, 2))
    found = assert_complete(net, X[2], reference=X, output=0)
    assert found.baseline_value == pytest.approx(net(X)[:, 0].mean())
    assert [one.start for one in found.inputs] == [3, None]
    assert found.baseline == "the mean of the 4 reference rows"
    found = net.explain_prediction(X[2], baseline=[1.0, np.nan], output=0)
    assert [one.start for one in found.inputs] == [1, None]
    assert found.baseline_value == pytest.approx(net([1.0, np.nan])[0])


# Shapes, sizes and several ------------------------------------------------------------


def test_of_images_the_largest_are_shown_and_the_others_summed():
    layers = [gp.Flatten(), gp.Dense(20, "relu"), gp.Dense(4)]
    net = gp.Network(layers, loss="cross_entropy", input_shape=(12, 10, 2), seed=1)
    image = RNG.uniform(size=(12, 10, 2))
    found = assert_complete(net, image)
    assert len(found.inputs) == 240
    assert found.inputs[-1].name == "x[11, 9, 1]"
    shown = found.largest()
    assert len(shown) == 10
    assert (
        min(abs(one.integrated) for one in shown)
        >= np.sort([abs(one.integrated) for one in found.inputs])[-11]
    )
    count, integrated, _ = found.rest()
    total = sum(one.integrated for one in shown) + integrated
    assert (count, total) == (230, pytest.approx(found.completeness.sum))
    assert any(line.startswith("  230 others") for line in str(found).splitlines())
    known = json.loads(found.json(), parse_constant=pytest.fail)
    assert (len(known["inputs"]), known["rest"]["inputs"]) == (10, 230)
    assert known["given"]["x"]["size"] == 240
    assert "the 64 steepest alone, the 12 steepest in pairs" in found.searched


def test_several_inputs_and_outputs():
    layers = [gp.Parallel([gp.Dense(1), gp.Dense(3)])]
    net = gp.Network(layers, loss=["huber", "cross_entropy"], input_shape=((2,), (3,)))
    row = (np.array([1.0, 2.0]), np.array([0.5, -1.0, 2.0]))
    target = (int(net.predict(row)[1]) + 1) % 3
    found = assert_complete(net, row, output=(1, 2), target=target)
    assert found.output == "output (1, 2), the logit of class 2"
    assert [one.name for one in found.inputs] == [
        "x_1[0]",
        "x_1[1]",
        "x_2[0]",
        "x_2[1]",
        "x_2[2]",
    ]
    assert [one.integrated for one in found.inputs[:2]] == [0, 0]
    assert list(json.loads(found.json())["given"]) == ["x_1", "x_2"]
    rows = map_parts(lambda one: one[None], row)
    again = net.explain_prediction(rows, output=(1, 2), target=target)
    assert str(again) == str(found)


def test_a_number_of_an_output_with_several_axes():
    net = gp.Network([gp.Dense(3)], loss="cross_entropy", input_shape=(4, 2))
    row = RNG.normal(size=(4, 2))
    found = assert_complete(net, row, output=(2, 1))
    assert found.output == "output (2, 1), the logit of class 1"
    assert found.decision == f"class {net.predict(row)[2]}"
    other = [one.integrated for one in found.inputs if not one.name.startswith("x[2,")]
    assert other == [0] * 6


def test_several_labels_are_decided_each():
    net = gp.Network([gp.Dense(3)], loss="binary_cross_entropy", input_shape=2)
    found = net.explain_prediction([1.0, 2.0], output=2)
    assert found.decision in ("label 0", "label 1")
    code = int(net.predict([1.0, 2.0])[2])
    assert found.decision == f"label {code}"
    assert found.single.after == f"label {1 - code}"


def test_a_network_of_a_million_parameters_fits():
    layers = [gp.Dense(1000, "relu"), gp.Dense(250, "relu"), gp.Dense(10)]
    net = gp.Network(layers, loss="cross_entropy", input_shape=784, seed=1)
    net.parameters["dense_1.bias"] = RNG.normal(0, 0.1, 1000)
    row = RNG.uniform(size=784)
    tracemalloc.start()
    found = net.explain_prediction(row)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 500e6
    assert abs(found.completeness.gap) < 1e-3 * abs(found.completeness.change)
    assert found.single is not None


# As text, as a page, as data ----------------------------------------------------------

TEXT = """\
both: 2 -> Dense(2, relu) -> Dense(1)
x = [3, 1]
decision: class 1
explained: output 0, the logit of class 1 (below 0: class 0), 1.5433
baseline: zeros, where it is -0.4567

contributions
  input  value  baseline  integrated  gradient x input
  -----  -----  --------  ----------  ----------------
  x[0]   3      0         3           3
  x[1]   1      0         -1          -1
  sum 2 of 2; gap below 1e-09, with slopes at 60 points

the path that carries most of it
  unit       value  baseline  carries  of the change
  ---------  -----  --------  -------  -------------
  x[0]       3      0         3        150%
  hidden[0]  2      0         2        100%
  each carries a part of what the next one does; gap of such parts below 1e-09

what would flip it
  one input: if x[1] were 2.544 instead of 1: class 0 instead of class 1 (distance 1.54)
  two inputs: if x[0] were 2.2277 instead of 3 and x[1] were 1.7711 instead of 1: \
class 0 instead of class 1 (distance 1.09)
  searched: of the inputs all 2 alone and in pairs, each up to 10 times its size, at \
least 10, to both sides; a distance of 1 is 1."""


def both():
    hidden = gp.Dense(2, "relu", bias=False, weights=[[[1, 0], [-1, 1]]], name="hidden")
    last = gp.Dense(1, weights=([[1.0], [0.0]], [-0.4567]))
    return gp.Network(
        [hidden, last], loss="binary_cross_entropy", input_shape=2, name="both"
    )


def test_the_text_says_all_of_it():
    assert str(both().explain_prediction([3, 1])) == TEXT


def test_large_outputs_are_written_so_that_they_differ():
    layers = [gp.Dense(1, weights=[[[0.5]], [123456.25]])]
    net = gp.Network(layers, loss="mean_squared_error", input_shape=1)
    lines = str(net.explain_prediction([0.125])).splitlines()
    assert lines[2:4] == [
        "explained: output 0, 123456.3125",
        "baseline: zeros, where it is 123456.25",
    ]


def test_the_largest_numbers_are_explained():
    layers = [gp.Dense(4, "tanh"), gp.Dense(2, weights=[np.eye(4, 2)])]
    net = gp.Network(layers, loss="cross_entropy", input_shape=2)
    found = net.explain_prediction([1e308, -1e308])
    assert abs(found.value) == 1
    assert found.completeness.text.endswith("on the way, without a slope.")


def test_the_page_is_well_formed_and_without_script():
    found = both().explain_prediction([3, 1])
    page = found.html()
    assert page.startswith("<!doctype html>\n")
    text = page.removeprefix("<!doctype html>\n").replace('<meta charset="utf-8">', "")
    text = text.replace('<meta name="viewport" content="width=device-width">', "")
    text = text.replace('<meta name="color-scheme" content="light dark">', "")
    root = ElementTree.fromstring(text)
    assert "<script" not in page
    assert len(list(root.iter("table"))) == 2
    words = "".join(root.itertext())
    assert "if x[1] were 2.544 instead of 1: class 0" in words
    assert found._repr_html_() in page


def test_json_is_strict_and_has_all_that_is_shown():
    known = json.loads(both().explain_prediction([3, 1]).json())
    assert known["inputs"][0] == {
        "name": "x[0]",
        "value": 3.0,
        "baseline": 0.0,
        "integrated": pytest.approx(3.0),
        "gradient_times_input": 3.0,
    }
    assert known["completeness"] == {
        "sum": pytest.approx(2.0),
        "change": 2.0,
        "gap": pytest.approx(0, abs=1e-12),
        "jumps": 0.0,
        "slopes": 60,
        "complete": True,
    }
    assert known["path"][1] == {
        "layer": "hidden",
        "unit": "hidden[0]",
        "value": 2.0,
        "baseline": 0.0,
        "carries": pytest.approx(2.0),
    }
    assert known["single"] == {
        "changes": [{"name": "x[1]", "before": 1.0, "after": 2.544}],
        "distance": 1.544,
        "before": "class 1",
        "after": "class 0",
        "value_before": pytest.approx(1.5433),
        "value_after": pytest.approx(-0.0007),
    }
    assert known["rest"]["inputs"] == 0
    assert known["decision"] == "class 1"


# Bad input ----------------------------------------------------------------------------


def test_a_thousand_rows_are_refused_with_the_way_out():
    text = (
        "explain_prediction explains one row, got 1,000. Pick one: "
        "net.explain_prediction(X[0])."
    )
    X = np.zeros((1000, 2))
    assert refusal(ArgumentError, lambda: both().explain_prediction(X)) == text
    new = gp.Network([gp.Dense(1)])
    assert refusal(ArgumentError, lambda: new.explain_prediction(X)) == text
    assert new.input_shape is None


def test_missing_values_are_refused_unless_the_network_fills_them():
    row = [np.nan, 1.0]
    assert refusal(DataError, lambda: both().explain_prediction(row)) == (
        "X: NaN in column 0, row 0. Fill missing values or drop these rows."
    )
    assert refusal(
        DataError, lambda: both().explain_prediction([1, 1], baseline=row)
    ) == ("baseline: NaN in column 0, row 0. Fill missing values or drop these rows.")


@pytest.mark.parametrize("output", [1, -1, (0, 0), 0.0, "a"])
def test_an_output_that_there_is_not(output):
    assert refusal(
        ArgumentError, lambda: both().explain_prediction([1, 1], output=output)
    ) == (
        "output must be the place of a number in the output of a row, which is of "
        f"shape (1,), counted from 0, such as output=0; got {output!r}."
    )


def test_it_is_asked_which_number_where_there_are_several():
    net = gp.Network([gp.Dense(3)], loss="huber", input_shape=2)
    assert refusal(ArgumentError, lambda: net.explain_prediction([1, 1])) == (
        "explain_prediction explains one number of the output, which is of shape (3,); "
        "say which: output=2."
    )
    net = gp.Network([gp.Parallel([gp.Dense(3), gp.Dense(2)])], input_shape=2)
    assert refusal(ArgumentError, lambda: net.explain_prediction([1, 1])) == (
        "explain_prediction explains one number of the output, which is of shape (3,) "
        "and of shape (2,); say which: output=(1, 1)."
    )


def test_a_network_without_the_shape_of_its_input():
    net = gp.Network([gp.Dense(1)])
    assert refusal(ShapeError, lambda: net.explain_prediction([1.0, 2.0])) == (
        "X: expected shape (n, features), got (2,). One feature is a column, "
        "X[:, None]; one row is X[None, :]. A network that is made with input_shape=2 "
        "takes one row as it is."
    )


def test_a_row_or_a_baseline_of_another_shape():
    assert refusal(ShapeError, lambda: both().explain_prediction([[1, 2, 3]])) == (
        "X: expected shape (n, 2), got (1, 3). The network was made for rows of shape "
        "(2,); give the same columns in the same order."
    )
    assert refusal(
        ShapeError, lambda: both().explain_prediction([1, 2], baseline=[[1, 2]])
    ) == (
        "baseline: expected one row, of shape (2,), got (1, 2). Give the numbers of "
        "one row, as X.mean(axis=0) has them."
    )


def test_a_reference_of_one_row():
    assert refusal(
        DataError, lambda: both().explain_prediction([1, 2], reference=[[1, 2]])
    ) == (
        "reference: expected two rows or more, to take their mean and their spread of, "
        "got 1. Give the training rows, or leave reference out."
    )


@pytest.mark.parametrize("target", [2, -1, 0.5, "1"])
def test_a_class_that_there_is_not(target):
    assert (
        refusal(ArgumentError, lambda: both().explain_prediction([1, 2], target=target))
        == f"target must be the class to look for, 0 to 1, got {target!r}."
    )


def test_a_class_that_is_decided_already():
    assert refusal(
        ArgumentError, lambda: both().explain_prediction([3, 1], target=1)
    ) == (
        "the network decides class 1 for this row as it is. Look for another class, or "
        "for any other: leave the target out."
    )


@pytest.mark.parametrize("target", [np.nan, "high"])
def test_a_threshold_that_is_none(target):
    net = gp.Network([gp.Dense(1)], loss="huber", input_shape=2)
    assert refusal(
        ArgumentError, lambda: net.explain_prediction([1, 2], target=target)
    ) == (
        "target must be a finite number, the threshold that the output is to cross, "
        f"got {target!r}."
    )


def test_a_network_that_gives_what_is_not_finite():
    net = gp.Network([gp.Lambda(np.log)], loss="huber", input_shape=1)
    assert refusal(DataError, lambda: net.explain_prediction([-1.0])) == (
        "explain_prediction: the network gives nan for the row, which nothing can be a "
        "part of. net.explain(x) shows where that begins."
    )
    assert refusal(DataError, lambda: net.explain_prediction([1.0])) == (
        "explain_prediction: the network gives -inf for the baseline, which nothing "
        "can be a part of. Give another baseline."
    )
    found = net.explain_prediction([2.0], baseline=[1.0])
    assert found.inputs[0].integrated == pytest.approx(np.log(2))
