"""Which programs may be run on some rows at a time, and that doing so changes nothing.

Whether the rule is right is found by running: where it says that rows stay apart, rows
that are calculated alone must be those of all rows; where a function mixes rows, they
are not, and the rule must say so.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

import glassprop as gp
from glassprop import chunks
from glassprop.chunks import ALIKE, RULES, rows_stay_apart, run_in_chunks
from glassprop.compiling import Compiled, build
from glassprop.feeding import ROWS
from glassprop.ops import PRIMITIVES, linalg
from glassprop.programs import predict_program

RNG = np.random.default_rng(5)
W = RNG.normal(size=(4, 3))
TABLE = RNG.normal(size=(7, 4))
V = RNG.normal(size=4)

APART = {
    "elementwise": lambda x, i, t: np.tanh(x) * 2 + V,
    "columns": lambda x, i, t: x[:, 1:3] + x[:, -1:],
    "new axis": lambda x, i, t: x[:, None, :] * x[:, :, None],
    "sum over columns": lambda x, i, t: np.sum(x, axis=1),
    "mean over columns": lambda x, i, t: x - np.mean(x, axis=1, keepdims=True),
    "max over columns": lambda x, i, t: x.max(axis=-1),
    "min over columns": lambda x, i, t: x.min(axis=-1, keepdims=True),
    "argmax over columns": lambda x, i, t: np.argmax(x, axis=1),
    "product over columns": lambda x, i, t: np.prod(x, axis=1),
    "slopes of a product over columns": lambda x, i, t: gp.gradient(
        lambda x: np.sum(np.prod(x, axis=1))
    )(x),
    "any over columns": lambda x, i, t: np.any(x > 0, axis=1) ^ np.all(x < 1, axis=1),
    "running sums over columns": lambda x, i, t: np.cumsum(x, axis=1),
    "running products over columns": lambda x, i, t: np.cumprod(x, axis=1),
    "median of columns": lambda x, i, t: np.median(x, axis=1) + np.argmin(x, axis=1),
    "order of columns": lambda x, i, t: np.argsort(x, axis=1),
    "columns rolled": lambda x, i, t: np.roll(x, 1, axis=1),
    "columns taken by their order": lambda x, i, t: np.take_along_axis(
        x, np.argsort(x, axis=1), axis=1
    ),
    "windows over columns": lambda x, i, t: np.max(
        np.lib.stride_tricks.sliding_window_view(x, 2, axis=1), axis=-1
    ),
    "softmax over columns": lambda x, i, t: gp.softmax(x),
    "product": lambda x, i, t: x @ W,
    "product with a vector": lambda x, i, t: x @ V,
    "product from the left": lambda x, i, t: np.transpose(W.T @ x.T),
    "product of matrices a row": lambda x, i, t: x[:, :, None] @ x[:, None, :],
    "einsum": lambda x, i, t: np.einsum("ni,nj->nij", x, x),
    "einsum with a sum": lambda x, i, t: np.einsum("ni,ij->nj", x, W),
    "flat": lambda x, i, t: np.reshape(np.einsum("ni,nj->nij", x, x), (x.shape[0], -1)),
    "blocks": lambda x, i, t: np.reshape(
        np.tanh(np.reshape(x, (2 * x.shape[0], 2)) @ W[:2]), (x.shape[0], 6)
    ),
    "steps through an axis in front": lambda x, i, t: np.transpose(
        np.reshape(np.transpose(x), (2, 2, x.shape[0]))[0]
    ),
    "concatenate columns": lambda x, i, t: np.concatenate([x, -x], axis=1),
    "stack": lambda x, i, t: np.stack([x, x * x], axis=2),
    "table": lambda x, i, t: t[i],
    "columns picked": lambda x, i, t: x[:, np.array([2, 0, 2])],
    "broadcast": lambda x, i, t: np.broadcast_to(t[0], x.shape) + x,
    "zeros": lambda x, i, t: np.zeros_like(x[:, :1]) + x,
    "columns of a fixed matrix": lambda x, i, t: x * np.mean(W),
}
MIXED = {
    "mean over rows": lambda x, i, t: x - np.mean(x, axis=0),
    "max over rows": lambda x, i, t: x / np.max(x, axis=0),
    "sum over all": lambda x, i, t: x / np.sum(x * x),
    "argmax over rows": lambda x, i, t: x + np.argmax(x, axis=0),
    "softmax over rows": lambda x, i, t: gp.softmax(x, axis=0),
    "running sums over rows": lambda x, i, t: np.cumsum(x, axis=0),
    "running products over rows": lambda x, i, t: np.cumprod(x, axis=0),
    "slopes of running products over rows": lambda x, i, t: gp.gradient(
        lambda x: np.sum(np.cumprod(x, axis=0))
    )(x),
    "rows rolled": lambda x, i, t: x - np.roll(x, 1, axis=0),
    "sorted rows": lambda x, i, t: np.sort(x, axis=0),
    "number of rows": lambda x, i, t: x * x.shape[0],
    "every row with every other": lambda x, i, t: np.sum(
        (x[:, None] - x[None]) ** 2, axis=(1, 2)
    ),
    "products of rows": lambda x, i, t: x @ (x.T @ x),
    "gram": lambda x, i, t: np.sum(x @ x.T, axis=1),
    "einsum over rows": lambda x, i, t: np.einsum("ni,mj->ni", x, x),
    "first row": lambda x, i, t: x - x[0],
    "last row": lambda x, i, t: x - x[-1],
    "rows backwards": lambda x, i, t: x + x[::-1],
    "rows picked": lambda x, i, t: x[np.minimum(i, 2)] + x,
    "rows below rows": lambda x, i, t: np.reshape(
        np.concatenate([x, -x], axis=0), (x.shape[0], 8)
    ),
    "reshape across rows": lambda x, i, t: np.reshape(x.T, (x.shape[0], 4)),
}


X = RNG.normal(size=(10, 4))
CODES = RNG.integers(0, 7, 10)
DATA = {"x": X, "i": CODES}


def compiled(function):
    """Compile a function of rows x, their codes i, and a table t without rows."""

    def whole(trace):
        x = trace.input("x", (ROWS, 4), np.float64)
        i = trace.input("i", (ROWS,), np.int64)
        t = trace.input("t", (7, 4), np.float64)
        return {"x": x, "i": i, "t": t}, {"y": trace.lift(function(x, i, t))}

    return Compiled(build("f", whole))


def in_parts(function, size):
    """Run a program on so many rows at a time, whether it may or not."""
    run = compiled(function).named
    parts = [
        run({"x": X[at : at + size], "i": CODES[at : at + size], "t": TABLE})["y"]
        for at in range(0, len(X), size)
    ]
    return np.concatenate(parts)


@pytest.mark.parametrize("function", APART.values(), ids=list(APART))
def test_rows_that_stay_apart_may_be_calculated_alone(function):
    program = compiled(function)
    assert rows_stay_apart(program.program)
    whole = program.named({**DATA, "t": TABLE})["y"]
    for size in (1, 3):
        np.testing.assert_allclose(in_parts(function, size), whole, rtol=1e-13)


@pytest.mark.parametrize("function", MIXED.values(), ids=list(MIXED))
def test_rows_that_are_mixed_may_not(function):
    program = compiled(function)
    assert not rows_stay_apart(program.program)
    whole = program.named({**DATA, "t": TABLE})["y"]
    parts = in_parts(function, 3)
    assert parts.shape != whole.shape or not np.allclose(parts, whole)


@pytest.mark.parametrize("function", [*APART.values(), *MIXED.values()])
def test_many_rows_give_what_all_rows_at_once_give(function, monkeypatch):
    program = compiled(function)
    whole = program.named({**DATA, "t": TABLE})["y"]
    monkeypatch.setattr(chunks, "CHUNK", 3)
    found = run_in_chunks(program, {"t": TABLE}, DATA)["y"]
    np.testing.assert_allclose(found, whole, rtol=1e-13)


def test_parts_are_joined_along_the_axis_of_rows(monkeypatch):
    monkeypatch.setattr(chunks, "CHUNK", 4)
    across = run_in_chunks(compiled(lambda x, i, t: np.tanh(x.T)), {"t": TABLE}, DATA)
    np.testing.assert_array_equal(across["y"], np.tanh(X.T))
    fixed = run_in_chunks(compiled(lambda x, i, t: np.tanh(t)), {"t": TABLE}, DATA)
    np.testing.assert_array_equal(fixed["y"], np.tanh(TABLE))


def test_every_primitive_is_elementwise_has_a_rule_or_counts_as_mixing():
    ruled = {*RULES, *ALIKE}
    others = {
        name
        for name, one in PRIMITIVES.items()
        if not one.elementwise and one not in ruled
    }
    assert others == {
        *("constant", "size", "index_add", "random"),
        *("add_along_axis", "add_windows", "searchsorted"),
        *(name for name, one in PRIMITIVES.items() if one in vars(linalg).values()),
    }


# Networks -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Centre:
    def forward(self, p, x, run):
        return x - np.mean(x, axis=0)


@dataclass(frozen=True)
class Noise:
    def forward(self, p, x, run):
        return x + run.random(x.shape)


def network(*layers):
    return gp.Network([*layers, gp.Dense(2)], loss="cross_entropy", input_shape=4)


@pytest.mark.parametrize(
    ("layers", "apart"),
    [
        ((gp.Standardize(), gp.Dense(3, "relu"), gp.Dropout(0.5)), True),
        ((gp.layers.Columns((0, 3, 0, 2), flagged=(2,)),), True),
        ((gp.Activation("softmax"), gp.Flatten()), True),
        ((Centre(),), False),
        ((Noise(),), False),
    ],
    ids=["usual", "columns", "softmax", "centre", "noise"],
)
def test_a_network_gives_the_same_for_many_rows(layers, apart, monkeypatch):
    net = network(*layers)
    program = predict_program(net.structure)
    assert rows_stay_apart(program) is apart
    rows = np.abs(np.round(X))
    labels = np.arange(10) % 2
    before = net(rows), net.predict_proba(rows), net.evaluate(rows, labels)
    monkeypatch.setattr(chunks, "CHUNK", 3)
    after = net(rows), net.predict_proba(rows), net.evaluate(rows, labels)
    np.testing.assert_allclose(after[0], before[0], rtol=1e-13)
    np.testing.assert_allclose(after[1], before[1], rtol=1e-13)
    assert after[2] == pytest.approx(before[2], rel=1e-13)


def test_evaluate_holds_some_rows_at_a_time_only(monkeypatch):
    net, seen = network(gp.Dense(5, "tanh")), []
    named = Compiled.named

    def told(self, given):
        seen.append(len(given["x"]))
        return named(self, given)

    monkeypatch.setattr(chunks, "CHUNK", 4)
    monkeypatch.setattr(Compiled, "named", told)
    weights = RNG.random(10)
    found = net.evaluate(X, np.arange(10) % 2, sample_weight=weights)
    assert seen == [4, 4, 2]
    monkeypatch.undo()
    expected = net.evaluate(X, np.arange(10) % 2, sample_weight=weights)
    assert found == pytest.approx(expected, rel=1e-13)


def test_a_loss_of_one_number_is_measured_on_all_rows_at_once(monkeypatch):
    net = gp.Network([gp.Dense(4)], loss=lambda output, y: np.max(output - y))
    expected = net.evaluate(X, X)
    monkeypatch.setattr(chunks, "CHUNK", 3)
    assert net.evaluate(X, X) == expected
