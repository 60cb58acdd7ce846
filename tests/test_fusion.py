"""Which operations become one loop, and which values others have to read."""

from __future__ import annotations

import numpy as np
import pytest

import glassprop as gp
from glassprop.backends.loops import plan
from tracing import program_of

A = np.ones((5, 4))


def stages(function):
    """Give the rows of each stage of a function of two arrays."""
    found = plan(program_of(function, A, A)).stages
    return [[node.primitive.name for node in stage.nodes] for stage in found]


@pytest.mark.parametrize(
    "function",
    [
        lambda a, b: np.where(a * 2 > b, a, b),
        lambda a, b: np.where(np.isnan(a * 2) & ~np.isnan(b), a * 2, b),
        lambda a, b: np.any((a * 2 > b) | (b > 1), axis=1),
        lambda a, b: np.fmax(a * 2, b) + np.where((a > 0) | (b > 0), a, b),
    ],
)
def test_truth_values_are_made_in_the_loop_that_uses_them(function):
    assert len(stages(function)) == 1


def training(layers, **options):
    """Plan a training step of a network, with 4 columns to 2."""
    net = gp.Network(layers, loss="huber", seed=1)
    X, y = np.ones((6, 4)), np.ones((6, 2))
    net.fit(X, y, epochs=1, backend="numpy", verbose=False, **options)
    return plan(net.recipe.program(net.structure), 6).stages


def test_the_mask_of_relu_is_not_stored():
    found = training([gp.Dense(3, "relu"), gp.Dense(2)])
    masks = [one for stage in found for one in stage.nodes if one.dtype == bool]
    assert any(one.scope == "dense_1" for one in masks)
    stored = [one for stage in found for one in stage.written if one.dtype == bool]
    assert [one for one in stored if one.scope == "dense_1"] == []


def test_slopes_are_made_when_the_backward_pass_comes_to_them():
    found = training([gp.Dense(3, "tanh"), gp.Dense(2)])
    (forward,) = (
        stage
        for stage in found
        if "tanh" in [node.primitive.name for node in stage.nodes]
    )
    assert {node.section for node in forward.nodes} == {"forward"}
    stored = [
        (one.section, one.primitive.name)
        for stage in found
        for one in stage.written
        if one.scope == "dense_1" and one.section != "update"
    ]
    # z, h, the errors of h and of z, the gradients of bias and weight: no 1 - h * h.
    assert stored == [
        ("forward", "matmul"),
        ("forward", "tanh"),
        ("backward", "matmul"),
        ("backward", "multiply"),
        ("backward", "sum"),
        ("backward", "matmul"),
    ]


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "lion"])
def test_a_layer_is_updated_once_the_backward_pass_has_left_it(optimizer):
    layers = [gp.Dense(3, "tanh", name=f"_{at}") for at in range(6)]
    found = training([*layers, gp.Dense(2, name="_6")], optimizer=optimizer)
    updated = [
        int(node.scope[1:])
        for stage in found
        for node in stage.written
        if node.section == "update" and node.shape and node.scope
    ]
    assert set(updated) == set(range(7))
    for at, layer in enumerate(updated):
        assert layer + 1 >= max(updated[at:])
    # No update is kept aside till nobody reads the old value any more.
    copies = [one for stage in found for one in stage.nodes if one.section == "update"]
    assert "astype" not in [one.primitive.name for one in copies if one.shape]


def test_a_mask_that_two_loops_use_is_stored_once():
    def function(a, b):
        mask = a > b
        total = np.sum(np.where(mask, a, 0), axis=0)
        return np.where(mask, b - total, 0)

    first, second = stages(function)
    assert first.count("greater") + second.count("greater") == 1
