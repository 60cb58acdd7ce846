"""What a diagnosis says of a cause: where it is, and the change that suits it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import glassprop as gp
from diagnose_examples import ADAM, LABELS, NUMBERS, X, classifier, regressor
from glassprop.diagnosis.settling import WAIT
from glassprop.randomness import LOOK, generator

LONG = {"epochs": 60, "verbose": False, "diagnose": 12}
FEW = "below 1e-05 next to nothing is learned."


def watched(layers, y=LABELS, loss="cross_entropy", **options):
    net = gp.Network(layers, loss=loss)
    return net.fit(X, y, **{"optimizer": ADAM, **LONG, **options}).diagnosis


def of(found, condition):
    return [one for one in found if one.condition == condition]


# How it is trained --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "change"),
    [
        ({"clip": 1e-7}, "clip=gp.clipping.ByGlobalNorm(limit=0.5)"),
        (
            {"clip": gp.clipping.ByValue(1e-7)},
            "clip=gp.clipping.ByValue(limit=0.5)",
        ),
        ({"schedule": lambda steps, _: 1e-7 + 0.0 * steps}, "schedule=None"),
    ],
)
def test_what_holds_steps_back_is_changed_instead_of_the_rate(options, change):
    found = watched(classifier(), optimizer=gp.SGD(0.5), **options)
    assert found.conditions == ("not_falling", "step_size")
    for one in found:
        assert str(one.change) == f"net.fit(X, y, {change})"
    assert found[1].seen.endswith(FEW)


@pytest.mark.parametrize(
    ("layers", "optimizer", "change"),
    [
        (
            classifier("relu"),
            gp.AdamW(0.05, weight_decay=15.0),
            "net.fit(X, y, optimizer=gp.AdamW(learning_rate=0.05, weight_decay=0.0))",
        ),
        (
            [replace(one, l2=3.0) for one in classifier("relu")],
            ADAM,
            'hidden: gp.Dense(8, "relu", name="hidden") instead of '
            'gp.Dense(8, "relu", l2=3.0, name="hidden")\n'
            'out: gp.Dense(3, name="out") instead of gp.Dense(3, l2=3.0, name="out")',
        ),
    ],
)
def test_penalties_that_draw_all_weights_to_0_are_left_out(layers, optimizer, change):
    found = watched(layers, optimizer=optimizer)
    assert "not_falling" in found.conditions
    for one in found:
        assert str(one.change) == change


def test_a_loss_that_rises_again_and_again_is_overshooting_wherever_it_ends():
    found = watched(classifier(), optimizer=gp.SGD(30.0), batch_size=None)
    (finding,) = of(found, "overshooting")
    assert finding.seen == (
        "the loss rose by over 0.3 times that of the best constant answer, 1.06, from "
        f"one epoch to the next, {finding.value} times; up to 2 is fine."
    )
    assert finding.change.options["optimizer"].learning_rate <= 3.0


def test_a_rate_that_keeps_the_loss_high_is_far_from_those_that_work():
    net = gp.Network(classifier(), loss="cross_entropy")
    found = net.diagnose(X, LABELS, optimizer=gp.Adam(5.0))
    (finding,) = of(found, "learning_rate")
    assert "times what is suggested, the loss staying high, in a range" in finding.seen
    assert finding.change.options["optimizer"].learning_rate < 0.5
    for one in found:
        assert not one.change.layers


# How it is set up ---------------------------------------------------------------------


def test_each_saturated_layer_is_named():
    start = gp.initializers.normal(stddev=30.0)
    layers = [
        gp.Dense(8, "tanh", initializer=start, name="one"),
        gp.Dense(8, "tanh", initializer=start, name="two"),
        gp.Dense(3),
    ]
    found = of(watched(layers), "saturation")
    assert [(one.layer, [*one.change.layers]) for one in found] == [
        ("one", ["one"]),
        ("two", ["two"]),
    ]


def quarter(z):
    return np.tanh(z) / 4


@pytest.mark.parametrize(
    ("activation", "start", "change"),
    [
        (quarter, None, 'gp.Dense(8, "tanh") instead of gp.Dense(8, quarter)'),
        (
            "elu",
            gp.initializers.normal(0.01),
            'gp.Dense(8, "elu") instead of gp.Dense(8, "elu", '
            "initializer=gp.initializers.normal(stddev=0.01))",
        ),
    ],
)
@pytest.mark.parametrize("optimizer", [ADAM, gp.SGD(0.1)])
def test_a_gradient_that_fades_as_values_do_is_vanishing(
    activation, start, change, optimizer
):
    layers = [gp.Dense(8, activation, initializer=start) for _ in range(7)]
    found = watched([*layers, gp.Dense(3)], optimizer=optimizer)
    (finding,) = of(found, "vanishing_gradient")
    assert finding.change.lines == [f"dense_{at}: {change}" for at in range(1, 8)]
    for one in found:
        assert not one.change.options


def test_small_inputs_or_a_small_last_layer_are_no_vanishing_gradient():
    net = gp.Network([gp.Scale(1e-6), *classifier()], loss="cross_entropy")
    found = net.fit(X, LABELS, optimizer=ADAM, **LONG).diagnosis
    assert "inputs_not_scaled" in found.conditions
    assert "vanishing_gradient" not in found.conditions
    small = gp.initializers.normal(1e-6)
    hidden, last = classifier()
    assert watched([hidden, replace(last, initializer=small)]).conditions == ()


def test_a_layer_that_gives_the_same_for_every_row_is_named():
    layers = [gp.Lambda(lambda x: np.clip(x, 8, 9)), *classifier("relu")]
    found = watched(layers)
    words = "Look at layer 'lambda_1': what it gives is the same for every row."
    assert {str(one.change) for one in of(found, "constant_output")} == {words}
    assert {str(one.change) for one in of(found, "dead_units")[:1]} == {words}


def test_a_small_column_beside_others_is_not_scaled():
    layers = classifier()
    net = gp.Network(layers, loss="cross_entropy")
    columns = X * [1.0, 1e-4, 1.0]
    (finding,) = net.fit(columns, LABELS, optimizer=ADAM, **LONG).diagnosis
    least = np.abs(columns[:, 1]).max()
    assert (finding.condition, finding.columns) == ("inputs_not_scaled", (1,))
    assert finding.seen.startswith(
        f"columns 1 are as small as {least:.3g} at most where they come to layer "
        "'hidden', beside others of up to "
    )
    rare = np.where(np.arange(len(X)) % 9 == 0, 1e-3, 0.0)
    assert watched_on(np.column_stack([X, rare])).conditions == ()


def watched_on(columns):
    net = gp.Network(classifier(), loss="cross_entropy")
    return net.fit(columns, LABELS, optimizer=ADAM, **LONG).diagnosis


def test_a_layer_frozen_as_it_was_drawn_is_named_and_one_that_was_trained_is_not():
    frozen = classifier(frozen=("weight", "bias"))
    (finding,) = of(watched(frozen), "never_moves")
    assert finding.seen == "layer 'hidden': weight, bias is frozen as it was drawn."
    assert finding.change.lines == [
        'hidden: gp.Dense(8, "tanh", name="hidden") instead of gp.Dense(8, "tanh", '
        'frozen=["weight", "bias"], name="hidden")'
    ]
    before = gp.Network(classifier(), loss="cross_entropy")
    before.fit(X, LABELS, epochs=20, optimizer=ADAM, verbose=False)
    weights = {key: before.parameters[f"hidden.{key}"] for key in ("weight", "bias")}
    kept = classifier(frozen=("weight", "bias"), weights=weights)
    assert of(watched(kept), "never_moves") == []


@pytest.mark.parametrize("loss", ["hinge", "squared_hinge"])
def test_scores_of_a_hinge_loss_are_no_probabilities(loss):
    layers = [gp.Dense(8, "tanh"), gp.Dense(1, "sigmoid", name="out")]
    finding = watched(layers, LABELS > 0, loss)[0]
    assert finding.condition == "loss_and_output"
    assert finding.seen == (
        f"the network's output reaches from 0 to 1; loss '{loss}' takes scores that "
        "are to be above 1 for one class and below -1, or 1 apart, for another."
    )
    assert finding.change.lines == [
        'out: gp.Dense(1, name="out") instead of gp.Dense(1, "sigmoid", name="out")'
    ]


@pytest.mark.parametrize("kind", ["hard_sigmoid", "relu6"])
def test_straight_lines_saturate_where_nearly_all_slopes_are_0(kind):
    start = gp.initializers.normal(stddev=80.0)
    found = watched(classifier(kind, initializer=start))
    (finding,) = of(found, "saturation")
    assert finding.layer == "hidden"
    assert finding.seen.endswith("at the start; over 90 % is too much.")
    assert [*finding.change.layers] == ["hidden"]


def test_smooth_units_without_a_slope_for_any_row_are_dead():
    found = watched(classifier("gelu", weights={"bias": np.full(8, -40.0)}))
    assert found.conditions[:2] == ("saturation", "dead_units")
    (finding,) = of(found, "dead_units")
    assert finding.units == tuple(range(8))
    assert finding.seen == (
        "layer 'hidden': 8 of 8 units have a slope for under 1 % of the rows, from the "
        "start: 0, 1, 2, 3, 4, 5, 6, 7. Over half of a layer is too many."
    )


def test_a_layer_whose_rate_is_0_never_moves():
    optimizer = gp.optimizers.LayerRates(ADAM, {"hidden": 0.0})
    (finding,) = of(watched(classifier(), optimizer=optimizer), "never_moves")
    assert finding.seen.startswith("hidden.weight, hidden.bias did not change in ")
    assert finding.seen.endswith(
        "the optimizer leaves it as it is, though it has a gradient."
    )
    assert str(finding.change) == (
        "Give it a learning rate above 0, or freeze it on purpose.\n"
        "net.fit(X, y, optimizer=gp.Adam(learning_rate=0.02))"
    )


def test_a_rate_below_1_is_beyond_an_output_that_is_not_negative():
    layers = regressor()
    layers[1] = replace(layers[1], activation="softplus")
    counts = np.round(np.abs(NUMBERS) / 4)
    finding = watched(layers, counts, "poisson")[0]
    assert finding.condition == "loss_and_output"
    assert finding.seen == (
        "loss 'poisson' takes the logarithm of a rate, and the network's output is 0 "
        "at least, a rate of 1; the targets begin at 0."
    )


def test_targets_that_are_large_are_scaled():
    found = watched(
        regressor(), 1e4 * NUMBERS, "mean_absolute_error", optimizer=gp.Adam(0.001)
    )
    (finding,) = of(found, "not_falling")
    assert str(finding.change) == "y = (y - y.mean(axis=0)) / y.std(axis=0)"


def stopped(output, y):
    total = gp.stop_gradient(gp.logsumexp(output, axis=1))
    return total - np.sum(y * output, axis=1)


def test_no_rate_is_proposed_where_the_gradient_is_not_the_slope():
    found = watched(classifier(), np.eye(3)[LABELS], stopped, optimizer=gp.SGD(1.0))
    assert "not_falling" in found.conditions
    for one in found:
        assert not one.change.options


def test_weights_that_enlarge_from_layer_to_layer_are_a_bad_start():
    start = gp.initializers.normal(stddev=1.5)
    layers = [gp.Dense(16, "relu", initializer=start) for _ in range(4)]
    layers += [gp.Dense(1, initializer=start)]
    found = watched(layers, NUMBERS, "mean_squared_error", optimizer=gp.SGD(1e-9))
    for condition in ("bad_start", "starting_loss"):
        (finding,) = of(found, condition)
        assert [*finding.change.layers] == [f"dense_{at}" for at in range(1, 6)]
    assert "up to 20 is fine." in of(found, "bad_start")[0].seen


def test_twelve_weights_of_one_sign_that_were_drawn_are_chance():
    for seed in range(60):
        net = gp.Network([gp.Dense(6, "tanh"), gp.Dense(1)], seed=seed)
        found = net.diagnose(X, NUMBERS, loss="mean_squared_error", epochs=3)
        assert "bad_start" not in found.conditions


def test_a_straight_line_cannot_tell_classes_inside_of_one_another():
    radius = np.hypot(X[:, 0], X[:, 1])
    inside = (radius < np.median(radius)).astype(int)
    net = gp.Network([gp.Dense(1)], loss="binary_cross_entropy")
    found = net.diagnose(X[:, :2], inside, optimizer=gp.SGD(0.1))
    (finding,) = found
    assert finding.condition == "cannot_overfit"
    assert finding.seen.startswith("4 rows not learned by heart: loss ")
    assert str(finding.change) == 'gp.Dense(32, "relu") before dense_1'
    check = net.overfit_check(X[:, :2], inside)
    assert check.rows == 4


def test_a_network_that_is_better_than_a_constant_by_chance_may_stand_still():
    layers = regressor(weights={"weight": np.eye(3, 8), "bias": np.zeros(8)})
    layers[1] = replace(layers[1], weights={"weight": np.eye(8, 1) * 2})
    net = gp.Network(layers, loss="mean_squared_error")
    start = net.evaluate(X, NUMBERS)["loss"]
    options = {**LONG, "optimizer": gp.SGD(1e-9)}
    found = net.fit(X, NUMBERS, **options).diagnosis
    (finding,) = of(found, "not_falling")
    assert start < 0.9 * NUMBERS.var()
    assert finding.seen == (
        f"the loss is {start:.4g} after 120 steps, and {start:.4g} before the first."
    )
    assert "step_size" in found.conditions


@pytest.mark.parametrize(
    ("kind", "condition", "more"),
    [
        ("relu", "dead_units", {"weights": {"bias": np.full(8, -40.0)}}),
        ("tanh", "saturation", {"initializer": gp.initializers.normal(stddev=60.0)}),
    ],
)
def test_an_activation_that_stands_alone_has_its_cause_before_it(kind, condition, more):
    first = gp.Dense(8, name="first", **more)
    layers = [first, gp.Activation(kind, name="bend"), gp.Dense(3)]
    (finding,) = of(watched(layers), condition)
    assert (finding.layer, [*finding.change.layers]) == ("bend", ["first"])


def test_a_loss_that_rises_at_the_start_and_is_learned_then_is_no_fault():
    start = {"weight": 3 * np.ones((3, 1)), "bias": np.zeros(1)}
    net = gp.Network([gp.Dense(1, weights=start)], loss="mean_squared_error")
    rates = gp.schedules.Step(12, 0.4)
    history = net.fit(
        X,
        X @ np.ones((3, 1)),
        optimizer=gp.SGD(1.1),
        batch_size=None,
        schedule=rates,
        epochs=120,
        verbose=False,
        diagnose=12,
    )
    losses = np.array(history["loss"])
    assert np.count_nonzero(np.diff(losses) > 0.3 * 3) > 3
    assert "overshooting" not in history.diagnosis.conditions


# Layers inside of others, and several inputs ------------------------------------------


def two_inputs():
    first = gp.Parallel([gp.Dense(4, "tanh"), [gp.Dense(4, "tanh", name="wide")]])
    return [first, gp.Concatenate(), gp.Dense(3)]


@pytest.mark.parametrize("frames", [False, True])
def test_each_of_several_inputs_is_scaled_where_it_comes_in(frames):
    given = (X, X * [1.0, 100.0, 1e4] + 1000)
    if frames:
        frame = pytest.importorskip("pandas").DataFrame
        given = (X, frame(given[1], columns=["age", "income", "debt"]))
    net = gp.Network(two_inputs(), loss="cross_entropy")
    found = net.diagnose(given, LABELS, optimizer=ADAM)
    assert "inputs_not_scaled" in found.conditions
    (finding,) = of(found, "inputs_not_scaled")
    names = ("age", "income", "debt") if frames else (0, 1, 2)
    told = ", ".join(map(repr, names))
    size = np.sqrt(np.mean(np.asarray(given[1]) ** 2, axis=0)).max()
    assert finding.columns == names
    assert finding.layer == "parallel_1.wide"
    assert finding.seen == (
        f"columns {told} are up to {size:.3g} in size where they come to layer "
        "'parallel_1.wide'; up to 10 is fine."
    )
    change = "gp.Standardize() before parallel_1.wide"
    assert {str(one.change) for one in found} <= {change, str(WAIT)}
    layers, _ = finding.change.applied(two_inputs(), {})
    repaired = gp.Network(layers, loss="cross_entropy")
    assert repaired.diagnose(given, LABELS, optimizer=ADAM).conditions == ()


def test_an_answer_that_several_inputs_do_not_change_has_something_to_change():
    given, y = (X, X * 100 + 1000), (X[:, :1], LABELS)
    layers = [
        gp.Parallel([gp.Dense(4, "tanh"), gp.Dense(4, "tanh")]),
        gp.Parallel([gp.Dense(1), gp.Dense(3)]),
    ]
    net = gp.Network(layers, loss=["huber", "cross_entropy"])
    found = net.diagnose(given, y, optimizer=ADAM)
    assert "constant_output" in found.conditions
    for one in found:
        change = "gp.Standardize() before parallel_1.dense_2"
        assert str(one.change) in (change, str(WAIT))


def test_a_layer_inside_of_another_is_changed_in_its_place():
    off = gp.Dense(3, "relu", weights={"bias": np.full(3, -30.0)}, name="off")
    layers = [gp.Residual([off, gp.Dense(3)], name="block"), gp.Dense(3)]
    (finding,) = of(watched(layers), "dead_units")
    assert finding.change.lines == [
        'block.off: gp.Dense(3, "relu", name="off") instead of gp.Dense(3, "relu", '
        'weights=weights, name="off")'
    ]
    made, _ = finding.change.applied(layers, {})
    assert watched(made).conditions == ()


def test_columns_that_reach_far_out_are_wrong_rows_or_another_unit():
    layers = [gp.Standardize(), *classifier()]
    net = gp.Network(layers, loss="cross_entropy")
    wrong, labels = np.tile(X, (20, 1)), np.tile(LABELS, 20)
    wrong[generator(net.seed, LOOK).permutation(len(wrong))[0], 1] = 1e4
    (finding,) = of(net.diagnose(wrong, labels, optimizer=ADAM), "inputs_not_scaled")
    assert finding.seen.startswith("columns 1 reach ")
    assert str(finding.change) == (
        "Look for wrong values where columns reach far out; if they are right, take "
        "the columns' logarithm, or clip them."
    )
    net.fit(X, LABELS, epochs=30, optimizer=ADAM, verbose=False)
    (finding,) = of(net.diagnose(X * 50, LABELS, optimizer=ADAM), "inputs_not_scaled")
    assert finding.seen.startswith("columns 0, 1, 2 reach ")
    assert str(finding.change) == (
        "Check the unit of these columns, or train again with these rows."
    )


# What diverges, and optimizers without a rate -----------------------------------------


def test_a_rate_that_is_far_too_high_is_all_that_is_changed():
    layers = [gp.Dense(16, "relu"), gp.Dense(8, "relu"), gp.Dense(3)]
    for data, rate in ((X, 1e3), (X, 30.0), (10 * X, 1e3)):
        net = gp.Network([gp.Standardize(), *layers], loss="cross_entropy")
        found = net.diagnose(data, LABELS, optimizer=gp.SGD(rate))
        assert "vanishing_gradient" not in found.conditions
        for one in found:
            assert not one.change.layers
            assert one.change.options or one.change == WAIT


def test_no_rate_is_proposed_beside_an_output_that_cannot_reach_its_targets():
    layers = [gp.Dense(8, "tanh"), gp.Dense(1, "sigmoid")]
    net = gp.Network(layers, loss="mean_squared_error")
    found = net.diagnose(X, 100 * X[:, :1])
    assert {"loss_and_output", "not_falling"} <= {*found.conditions}
    for one in found:
        assert not one.change.options


def test_lbfgs_has_no_rate_to_change():
    rng = np.random.default_rng(0)
    rows, noise = rng.standard_normal((4000, 3)), rng.integers(0, 2, 4000)
    net = gp.Network([gp.Dense(2, "tanh"), gp.Dense(2)], loss="cross_entropy")
    found = net.fit(
        rows,
        noise,
        optimizer="lbfgs",
        batch_size=None,
        epochs=300,
        verbose=False,
        diagnose=5,
    ).diagnosis
    assert [(one.condition, str(one.change)) for one in found] == [
        (
            "not_falling",
            "Look at the other findings first; else give the network more units, or "
            "inputs that tell more of the target.",
        ),
        (
            "saturation",
            "Begin with some epochs of gp.Adam(), whose steps are small.",
        ),
    ]


def faint(output, y):
    return -1e-7 * np.sum(y * np.log(gp.softmax(output)), axis=1)


def test_a_small_gradient_is_told_by_its_size():
    layers = [gp.Dense(8, "sigmoid"), gp.Dense(8, "sigmoid"), gp.Dense(3)]
    found = watched(layers, np.eye(3)[LABELS], faint, optimizer=gp.SGD(1.0))
    (finding,) = of(found, "vanishing_gradient")
    assert finding.limit == 1e-7
    assert finding.seen.endswith(
        f"; beside what comes to them, the first layer gets {finding.value:.2g}, and "
        "below 1e-07 hardly learns."
    )


@pytest.mark.parametrize(("every", "conditions"), [(1, ("step_size",)), (20, ())])
def test_a_schedule_may_end_a_training_that_has_learned_what_it_can(every, conditions):
    schedule = gp.schedules.Step(every, 1e-4)
    found = watched(classifier(), optimizer=gp.SGD(0.5), schedule=schedule)
    assert found.conditions == conditions
    for one in found:
        assert one.seen == f"a step changes the weights by 0 of their size; {FEW}"
        assert str(one.change) == "net.fit(X, y, schedule=None)"


# In words -----------------------------------------------------------------------------


def test_a_start_beyond_all_numbers_has_no_infinite_times():
    """The weights are an array, which is compared with what is usual as a whole."""
    layers = [gp.Dense(1, weights=np.full((3, 1), 1e200))]
    net = gp.Network(layers, loss="mean_squared_error")
    found = {one.condition: one for one in net.diagnose(X, NUMBERS)}
    assert found["not_finite"].step == 1
    assert found["starting_loss"].seen.startswith(
        "the loss starts at inf, far above that of the best constant answer, "
    )
    assert found["cannot_overfit"].seen.endswith(
        ". All of the way is left; up to 0.2 is fine."
    )


def test_what_is_the_same_for_every_row_is_said_so():
    lost = gp.layers.Lambda(lambda z: 0 * z)
    layers = [gp.Dense(8, "relu"), lost, gp.Dense(8, "tanh"), gp.Dense(1)]
    (finding,) = of(watched(layers, NUMBERS, "mean_squared_error"), "bad_start")
    assert finding.seen == (
        "what comes to layer 'dense_2' is the same for every row, and all that follows "
        "is, too."
    )


def test_steps_are_counted_from_1():
    at_start = watched(classifier("gelu", weights={"bias": np.full(8, -40.0)}))
    assert [one.step for one in at_start[:2]] == [1, 1]
    in_training = watched(classifier("relu"), optimizer=gp.SGD(30.0))
    (finding,) = of(in_training, "dead_units")
    assert finding.step == 120  # the last, of two an epoch
