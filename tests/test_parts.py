"""Parts of a step's program: some of its values, and what they need."""

from __future__ import annotations

import numpy as np
import pytest

import glassprop as gp
from diagnose_examples import LABELS, X, classifier, normalized
from glassprop.diagnosis.parts import Parts, parts_of
from glassprop.diagnosis.regions import activations_of
from glassprop.verify import verify


def stepped(layers, **options):
    net = gp.Network(layers, loss="cross_entropy")
    net.fit(X, LABELS, epochs=1, verbose=False, **options)
    return net, net.recipe.program(net.structure)


def given(net):
    rows = {"x": X, "y": LABELS, "t": np.float64(net.training.steps + 1)}
    return {**net.built.given(), **net.training.memory, **rows}


@pytest.mark.parametrize("clip", [None, 1e-3])
@pytest.mark.parametrize(
    "optimizer", [gp.Adam(0.01), gp.SGD(0.1, momentum=0.9), gp.Lion(0.01)]
)
def test_a_step_has_its_gradients_before_clipping(optimizer, clip):
    net, program = stepped(classifier(), optimizer=optimizer, clip=clip)
    names = ["loss", *(f"d {key}" for key in net.parameters)]
    found = Parts(program)(names, given(net))
    assert list(found) == names
    assert found.pop("loss") == pytest.approx(net.evaluate(X, LABELS)["loss"])
    for key, slope in net.gradients(X, LABELS).items():
        np.testing.assert_allclose(found[f"d {key}"], slope, atol=1e-14)


def test_a_part_takes_what_its_values_need_and_the_rows():
    net, program = stepped(classifier(), optimizer="adam")
    whole = set(program.inputs)
    assert {"learning_rate", "t", "m of hidden.weight"} < whole
    loss = program.giving(["loss"])
    assert list(loss.inputs) == [*net.parameters, "x", "y"]
    assert list(loss.outputs) == ["loss"]
    assert set(loss.nodes) < set(program.nodes)
    assert loss.size < program.size / 2
    for name in ("loss", "d hidden.bias"):
        verify(list(program.giving([name]).outputs.values()))
    # The output's shape is that of the rows, though none of their values is read.
    fixed = gp.Network([gp.Lambda(np.zeros_like)], input_shape=3)
    values = activations_of(fixed.built).values
    (output,) = values(["output"], {"x": X}).values()
    assert output.shape == X.shape


def test_what_a_part_is_run_on_stays_as_it_is():
    net, program = stepped(normalized(), optimizer="adam")
    before = given(net)
    kept = {key: np.array(one) for key, one in before.items()}
    Parts(program)([f"d {key}" for key in net.structure.trainable], before)
    np.testing.assert_equal(before, kept)


def test_parts_are_made_once():
    net, program = stepped(classifier())
    parts = parts_of(net.built, program)
    assert parts_of(net.built, program) is parts
    assert parts.giving(["loss"]) is parts.giving(("loss",))
    assert activations_of(net.built) is activations_of(net.built)
