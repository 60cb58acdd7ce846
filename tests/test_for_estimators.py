"""What networks learned for other libraries' estimators, and what anybody may use."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import glassprop as gp
from glassprop.errors import ArgumentError
from glassprop.schedules import Plateau, Warmup
from glassprop.schedules.contract import is_over
from networks import bits, refusal

RNG = np.random.default_rng(4)
X = RNG.normal(size=(30, 3))
Y = X @ RNG.normal(size=(3, 2))
LABELS = (X[:, 0] > 0).astype(int)


def network(**penalty):
    layers = [gp.Dense(4, "tanh", **penalty), gp.Dense(2, **penalty)]
    return gp.Network(layers, loss="half_squared_error", input_shape=3, seed=1)


def squares(net):
    return sum(np.sum(net.parameters[f"dense_{at}.weight"] ** 2) for at in (1, 2))


# A prior of weights -------------------------------------------------------------------


@pytest.mark.parametrize("rows", [1, 7, 30])
@pytest.mark.parametrize("weighted", [False, True])
def test_a_prior_counts_once_for_all_rows(rows, weighted):
    weights = np.arange(1.0, rows + 1) if weighted else None
    given = {"sample_weight": weights}
    plain, with_prior = network(), network(prior_precision=0.6)
    added = 0.3 * squares(plain) / rows
    before, after = (
        one.evaluate(X[:rows], Y[:rows], **given)["loss"] for one in (plain, with_prior)
    )
    assert after == pytest.approx(before + added, rel=1e-12)
    slope = with_prior.gradients(X[:rows], Y[:rows])["dense_1.weight"]
    expected = plain.gradients(X[:rows], Y[:rows])["dense_1.weight"]
    expected = expected + 0.6 * plain.parameters["dense_1.weight"] / rows
    np.testing.assert_allclose(slope, expected, rtol=1e-10)
    assert with_prior.check_gradients(X[:rows], Y[:rows]).ok


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_a_prior_is_divided_by_the_rows_of_each_batch(backend):
    net = network(prior_precision=0.6)
    history = net.fit(
        X,
        Y,
        batch_size=8,
        shuffle=False,
        optimizer=gp.SGD(0.0),
        backend=backend,
        verbose=False,
    )
    losses = [
        net.evaluate(X[at : at + 8], Y[at : at + 8])["loss"] for at in range(0, 30, 8)
    ]
    expected = np.average(losses, weights=[8, 8, 8, 6])
    assert history["loss"] == pytest.approx([expected], rel=1e-12)


def test_a_prior_must_be_one_number():
    class Odd:
        def parameters(self, input_shape):
            return {"w": gp.Parameter(input_shape)}

        def forward(self, p, x, run):
            return x * p["w"]

        def prior(self, p):
            return p["w"]

    net = gp.Network([Odd()], loss="half_squared_error")
    assert refusal(gp.errors.ShapeError, lambda: net.fit(X, X)) == (
        "Odd 'odd_1': prior(p) must give one number, got shape (3,). Sum it, "
        "np.sum(...)."
    )


def test_a_prior_of_a_frozen_weight_is_warned_of():
    layers = [gp.Dense(4, prior_precision=1.0, frozen=True), gp.Dense(2)]
    net = gp.Network(layers, loss="half_squared_error")
    with pytest.warns(gp.errors.GlasspropWarning, match="all that its penalty reads"):
        net.fit(X, Y, verbose=False)


def test_the_precision_of_a_prior_is_a_size():
    assert refusal(ArgumentError, lambda: gp.Dense(2, prior_precision=-1)) == (
        refusal(ArgumentError, lambda: gp.Dense(2, l2=-1)).replace(
            "l2", "prior_precision"
        )
    )


# Optimizers ---------------------------------------------------------------------------


@pytest.mark.parametrize("amsgrad", [False, True])
def test_epsilon_hat_is_added_before_the_correction(amsgrad):
    rule = gp.Adam(0.1, epsilon=0.5, epsilon_hat=True, amsgrad=amsgrad)
    w, m, v, largest = 1.0, 0.0, 0.0, 0.0
    net = gp.Network(
        [gp.Dense(1, bias=False, weights=[[[w]]])], loss="half_squared_error"
    )
    for t in range(1, 6):
        g = w - 3.0
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        largest = max(v, largest) if amsgrad else v
        rate = 0.1 * np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        w -= rate * m / (np.sqrt(largest) + 0.5)
        net.fit([[1.0]], [[3.0]], optimizer=rule, verbose=False)
        found = net.parameters["dense_1.weight"].item()
        assert found == pytest.approx(w, rel=1e-12)


def test_a_limit_of_evaluations_ends_a_search():
    looked = []

    def parabolas(point):
        looked.append(point)
        return float(np.sum(SCALES * point**4)), 4 * SCALES * point**3

    rule = gp.LBFGS(gradient_tolerance=0.0, loss_tolerance=0.0, evaluations=9)
    reason = rule.minimize(parabolas, np.ones(5), lambda point: False, 1000)
    assert reason == "evaluations"
    assert 9 <= len(looked) <= 9 + rule.line_search
    rule = gp.LBFGS(gradient_tolerance=0.0, loss_tolerance=0.0)
    assert rule.minimize(parabolas, np.ones(5), lambda point: False, 3) == "epochs"


SCALES = np.array([1.0, 10.0, 100.0, 1e3, 1e4])


# Stopping -----------------------------------------------------------------------------


COSTS = [9.0, 8.5, 8.0, 7.5, 7.0, 5.0, 4.9, 5.1]


@pytest.mark.parametrize(
    ("adds_up", "falls"), [(True, [False] * 8), (False, [0, 0, 1, 0, 1, 0, 0, 1])]
)
def test_small_gains_add_up_or_not(adds_up, falls):
    plateau = Plateau(patience=2, factor=0.5, min_delta=0.9, adds_up=adds_up)
    reached = [plateau.reached(COSTS[:count]) for count in range(9)]
    expected = 0.5 ** np.cumsum([0, *falls])
    assert reached == (expected.tolist() if not adds_up else [1.0] * 8 + [0.5])


def test_early_stopping_counts_as_a_plateau_does():
    """The network's loss is what it is told: the only weight, which a callback sets."""
    for adds_up in (True, False):
        net = gp.Network([gp.Dense(1, bias=False)], loss=lambda z, y: z[:, 0])
        costs = iter([*COSTS[1:], *[5.1] * 9])
        net.fit([[1.0]], [[0.0]], optimizer=gp.SGD(0.0), verbose=False)
        net.parameters["dense_1.weight"] = [[COSTS[0]]]

        def assign(net, history, costs=costs):
            net.parameters["dense_1.weight"] = [[next(costs)]]

        rule = gp.EarlyStopping(patience=2, min_delta=0.9, adds_up=adds_up)
        history = net.fit(
            [[1.0]],
            [[0.0]],
            optimizer=gp.SGD(0.0),
            epochs=20,
            callbacks=[assign],
            early_stopping=rule,
            verbose=False,
        )
        plateau = Plateau(patience=2, min_delta=0.9, adds_up=adds_up, drops=0)
        assert history.stopped == "early stopping"
        assert plateau.ends(history["loss"])
        assert not any(
            plateau.ends(history["loss"][:count])
            for count in range(len(history.epochs))
        )


def test_a_gain_of_the_least_that_counts():
    strict, each = (
        Plateau(1, 0.5, min_delta=1.0, adds_up=one) for one in (True, False)
    )
    assert strict.reached([3.0, 2.0]) == 0.5
    assert each.reached([3.0, 2.0]) == 1.0


def test_a_plateau_ends_the_training_after_its_drops():
    rates = []
    plateau = Plateau(patience=2, factor=0.5, min_delta=1e9, adds_up=False, drops=2)
    history = network().fit(
        X,
        Y,
        epochs=50,
        schedule=plateau,
        optimizer=gp.SGD(0.01),
        callbacks=[lambda net, history: rates.append(net.training.rate)],
        verbose=False,
    )
    assert history.stopped == "plateau"
    assert rates == [0.01] * 3 + [0.005] * 2 + [0.0025] * 2
    later = Warmup(2, then=plateau)
    assert [is_over(later, [1.0] * count) for count in (7, 8, 9, 10, 11)] == [
        False,
        False,
        True,
        False,
        True,
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"adds_up": 1},
            "schedules.Plateau: adds_up must be True or False, got 1.",
        ),
        (
            {"drops": -1},
            "schedules.Plateau: drops must be a whole number >= 0, got -1.",
        ),
    ],
)
def test_options_of_a_plateau_are_checked(options, message):
    assert refusal(ArgumentError, lambda: Plateau(**options)) == message


# The order of rows --------------------------------------------------------------------


def test_a_function_gives_the_order_of_each_epoch():
    asked, seen = [], []

    def backwards(epoch, rows):
        asked.append((epoch, rows))
        return np.arange(rows)[::-1] if epoch % 2 else np.arange(rows)

    options = {"optimizer": gp.SGD(0.1), "batch_size": 7, "verbose": False}
    net, by_hand = network(), network()
    net.fit(X, Y, epochs=3, shuffle=backwards, **options)
    for epoch in range(3):
        order = slice(None, None, -1) if epoch % 2 else slice(None)
        by_hand.fit(X[order], Y[order], shuffle=False, **options)
        seen.append((epoch, 30))
    assert asked == seen
    assert bits(net) == bits(by_hand)


def test_a_function_is_asked_also_where_all_rows_are_one_batch():
    """It may draw from a generator, on which something else depends."""
    asked = []

    def order(epoch, rows):
        asked.append((epoch, rows))
        return np.arange(rows)[::-1]

    options = {"optimizer": gp.SGD(0.1), "batch_size": None, "verbose": False}
    net, plain = network(), network()
    net.fit(X, Y, epochs=3, shuffle=order, **options)
    plain.fit(X, Y, epochs=3, **options)
    assert asked == [(0, 30), (1, 30), (2, 30)]
    assert bits(net) == bits(plain)


@pytest.mark.parametrize(
    ("order", "shown"),
    [
        ([0, 1, 1], "array([0, 1, 1])"),
        ([0, 1], "array([0, 1])"),
        ([0.0, 1.0, 2.0], "array([0., 1., 2.])"),
    ],
)
def test_an_order_must_have_each_row_once(order, shown):
    net = network()

    def fit():
        net.fit(
            X[:3], Y[:3], batch_size=1, shuffle=lambda epoch, rows: order, verbose=False
        )

    assert refusal(ArgumentError, fit) == (
        "shuffle: expected an order of 3 rows, each number from 0 to 2 once, got "
        f"{shown} for epoch 0. One is rng.permutation(rows)."
    )


def test_what_gives_the_order_takes_two_arguments():
    with pytest.raises(ArgumentError, match=r"^shuffle .*\(epoch, rows\)"):
        network().fit(X, Y, shuffle=lambda epoch: epoch, verbose=False)


# Going on -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))]
)
def test_a_network_that_is_copied_or_pickled_goes_on(copied):
    options = {"optimizer": "adam", "batch_size": 7, "verbose": False}
    net = network()
    net.fit(X, Y, epochs=2, **options)
    again = copied(net)
    for one in (net, again):
        one.fit(X, Y, epochs=2, **options)
    assert bits(again) == bits(net)


def test_a_training_that_goes_on_may_meet_one_class():
    net = gp.Network([gp.Dense(2)], loss="cross_entropy")
    net.fit(X, LABELS, verbose=False)
    alone, label = X[LABELS == 1], LABELS[LABELS == 1]
    net.fit(alone, label, optimizer=gp.SGD(0.5), epochs=200, verbose=False)
    assert net.predict(X[LABELS == 1]).tolist() == [1] * int(LABELS.sum())
