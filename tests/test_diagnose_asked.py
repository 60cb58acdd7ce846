"""A diagnosis changes nothing of the network, and says what it cannot use."""

from __future__ import annotations

import numpy as np
import pytest

import glassprop as gp
from diagnose_examples import LABELS, X, classifier, normalized
from glassprop.errors import ArgumentError, DataError, ShapeError
from networks import bits, refusal

# Nothing changes ----------------------------------------------------------------------


@pytest.mark.parametrize("trained", [False, True])
@pytest.mark.parametrize(
    "ask",
    [
        lambda net: net.diagnose(X, LABELS),
        lambda net: net.find_learning_rate(X, LABELS),
        lambda net: net.overfit_check(X, LABELS),
    ],
    ids=["diagnose", "find_learning_rate", "overfit_check"],
)
def test_the_network_stays_as_it_is(ask, trained):
    layers = [gp.Standardize(), *classifier(), gp.Dropout(0.1), gp.BatchNorm()]
    nets = [gp.Network(layers, loss="cross_entropy") for _ in range(2)]
    for net in nets if trained else []:
        net.fit(X, LABELS, epochs=3, verbose=False)
    asked, other = nets
    training, recipe = asked.training, asked.recipe
    before = bits(asked)
    memory = {key: one.copy() for key, one in training.memory.items()} if trained else 0
    ask(asked)
    assert bits(asked) == before
    assert asked.training is training
    assert asked.recipe is recipe
    if trained:
        np.testing.assert_equal(training.memory, memory)
    else:
        assert (asked.values, asked.input_shape) == ({}, None)
    for net in nets:
        history = net.fit(X, LABELS, epochs=3, verbose=False)
        last = history["loss"]
    assert bits(asked) == bits(other)
    assert history["loss"] == last


def test_a_copy_shares_nothing():
    net = gp.Network(normalized(), loss="cross_entropy", name="one", seed=4)
    net.fit(X, LABELS, epochs=2, verbose=False)
    copy, before = net.copy(), bits(net)
    assert bits(copy) == before
    copy.fit(X, LABELS, epochs=2, verbose=False)
    assert bits(net) == before != bits(copy)
    net.fit(X, LABELS, epochs=2, verbose=False)
    assert bits(net) == bits(copy)
    assert (copy.name, copy.seed, copy.loss) == ("one", 4, net.loss)
    copy.notes["mine"] = 1
    copy.add(gp.Dense(2))
    assert net.notes == {}
    assert len(copy.layers) == len(net.layers) + 1


# Bad input ----------------------------------------------------------------------------

OPTIONS = (
    "loss, optimizer, epochs, batch_size, validation, sample_weight, class_weight, "
    "shuffle, early_stopping, schedule, clip, callbacks, metrics, backend or threads"
)


@pytest.mark.parametrize(
    ("x", "y", "options", "kind", "message"),
    [
        (
            X,
            LABELS,
            {"epoch": 3},
            ArgumentError,
            "diagnose: there is no option 'epoch'. Did you mean 'epochs'? Expected "
            f"options of fit: {OPTIONS}.",
        ),
        (
            X,
            LABELS,
            {"diagnose": True},
            ArgumentError,
            "diagnose: there is no option 'diagnose'. Expected options of fit: "
            f"{OPTIONS}.",
        ),
        (
            X,
            LABELS,
            {"epochs": 0},
            ArgumentError,
            "epochs must be a positive integer, got 0.",
        ),
        (
            X,
            LABELS,
            {"batch_size": "32"},
            ArgumentError,
            "batch_size must be a positive integer (None takes all rows at once), got "
            "'32'.",
        ),
        (
            X,
            0 * LABELS,
            {},
            DataError,
            "y: all 60 rows are of class 0; there is nothing to tell apart. Give rows "
            "of at least two classes.",
        ),
        (
            np.where(X[3, 1] == X, np.nan, X),
            LABELS,
            {},
            DataError,
            "X: NaN in column 1, row 3. Fill missing values or drop these rows.",
        ),
        (
            X,
            LABELS[:50],
            {},
            ShapeError,
            "y: expected 60 rows, as many as X, got shape (50,).",
        ),
    ],
)
def test_what_cannot_be_diagnosed_is_refused(x, y, options, kind, message):
    net = gp.Network(classifier(), loss="cross_entropy")
    assert refusal(kind, lambda: net.diagnose(x, y, **options)) == message
    assert (net.values, net.input_shape) == ({}, None)


@pytest.mark.parametrize("ask", ["diagnose", "find_learning_rate", "overfit_check"])
def test_no_loss(ask):
    net = gp.Network(classifier())
    assert refusal(ArgumentError, lambda: getattr(net, ask)(X, LABELS)) == (
        "the network has no loss yet. Pass one, loss='mean_squared_error' for numbers, "
        "loss='cross_entropy' for classes, or give it to gp.Network."
    )


def test_three_rows_and_a_batch_larger_than_all():
    net = gp.Network(classifier(), loss="cross_entropy")
    assert isinstance(net.diagnose(X[:3], [0, 1, 2], batch_size=1000), gp.Diagnosis)
