"""Layers: every row of the registry, the activations, and layers of one's own."""

from __future__ import annotations

import inspect
import math
from dataclasses import dataclass

import numpy as np
import pytest

import glassprop as gp
from glassprop.compiling import Compiled
from glassprop.errors import ArgumentError, ShapeError
from glassprop.layers import LAYERS, Columns
from glassprop.layers.activations import ACTIVATIONS
from glassprop.losses import LOSSES
from glassprop.programs import (
    Target,
    gradient_program,
    predict_program,
)
from glassprop.trees import as_parts, is_several, map_parts, named_parts, part_names
from networks import ANY_ACTIVATION, assert_slopes, bits, example_target, refusal

ROWS = 6


def normal(*shape):
    return np.random.default_rng(7).normal(size=shape)


def table(rows):
    """Make rows of a table: two columns of numbers, one of three words."""
    rng = np.random.default_rng(7)
    X = np.column_stack([rng.normal(5, 2, (rows, 2)), np.arange(rows) % 3])
    X[1::3, 0] = np.nan
    X[2::4, 2] = np.nan
    return X


@dataclass
class Example:
    """A layer to try, rows for it, and the shape of what it gives for one row.

    Rows are a tuple of arrays, and shapes of shapes, where there are several.
    """

    layer: object
    X: np.ndarray | tuple[np.ndarray, ...]
    output: tuple[int, ...] | tuple[tuple[int, ...], ...]
    first: bool = False  # whether it belongs in front, and no other layer before it

    def rows(self, which):
        return map_parts(lambda one: one[which], self.X)

    def before(self):
        """Give a layer with parameters that keeps the shapes."""
        if self.first:
            return []
        widths = [one.shape[-1] for one in as_parts(self.X)]
        if is_several(self.X):
            return [gp.Parallel([gp.Dense(width) for width in widths], name="before")]
        return [gp.Dense(widths[0], name="before")]

    def after(self):
        """Give layers that make one row of each sample."""
        if is_several(self.output):
            flat = [gp.Flatten() if len(one) > 1 else [] for one in self.output]
            return [gp.Concatenate(flat, name="joined")]
        return [gp.Flatten(name="flat")] if len(self.output) > 1 else []

    def network(self, loss=None, outputs=3):
        """Put it between layers with parameters, so that slopes go through it."""
        last = gp.Dense(outputs, name="after")
        layers = [*self.before(), self.layer, *self.after(), last]
        net = gp.Network(layers, loss=loss, seed=3)
        net(self.X)
        # No row of zeros, where a loss of directions has no slope.
        net.parameters["after.bias"] = 0.1 * np.arange(1, outputs + 1)
        return net


# At least one a row of the registry; a layer without an example fails below.
EXAMPLES = {
    "Dense": [
        Example(gp.Dense(4), normal(ROWS, 3), (4,)),
        Example(gp.Dense(2, "tanh", bias=False), normal(ROWS, 3), (2,)),
        Example(gp.Dense(2, "relu", l1=0.01, l2=0.1), normal(ROWS, 2, 3), (2, 2)),
    ],
    "Activation": [
        *(Example(gp.Activation(name), normal(ROWS, 3), (3,)) for name in ACTIVATIONS),
        Example(gp.Activation(np.sin), normal(ROWS, 3), (3,)),
    ],
    "Scale": [
        Example(gp.Scale(2.0), normal(ROWS, 3), (3,)),
        Example(gp.Scale([1, 2, 4], offset=[0, -1, 1]), normal(ROWS, 3), (3,)),
        Example(gp.Scale(np.array([0.5, 2.0])), normal(ROWS, 4, 2), (4, 2)),
    ],
    "Standardize": [
        Example(gp.Standardize(), normal(ROWS, 3), (3,)),
        Example(gp.Standardize(), normal(ROWS, 3), (3,), first=True),
    ],
    "Columns": [
        Example(Columns((0, 0, 3), flagged=(0,)), table(ROWS), (6,), first=True),
        Example(Columns((0, 0)), table(ROWS)[:, 1:], (2,), first=True),
    ],
    "PReLU": [
        Example(gp.PReLU(), normal(ROWS, 3), (3,)),
        Example(gp.PReLU(), normal(ROWS, 2, 3), (2, 3)),
        Example(gp.PReLU(shared=True, initializer=0.1), normal(ROWS, 2, 3), (2, 3)),
        Example(gp.PReLU(frozen=True), normal(ROWS, 3), (3,)),
    ],
    "Lambda": [
        Example(gp.Lambda(lambda x: x * x), normal(ROWS, 3), (3,)),
        Example(gp.Lambda(lambda x: np.sum(x, axis=2)), normal(ROWS, 2, 3), (2,)),
        Example(gp.Lambda(np.multiply), (normal(ROWS, 3), normal(ROWS, 3)), (3,)),
        Example(gp.Lambda(lambda x: (x, x[:, :1])), normal(ROWS, 3), ((3,), (1,))),
        Example(gp.Lambda(lambda x: [np.sin(x), x]), normal(ROWS, 3), ((3,), (3,))),
    ],
    "BatchNorm": [
        Example(gp.BatchNorm(), normal(ROWS, 3), (3,)),
        Example(gp.BatchNorm(momentum=1), normal(ROWS, 2, 3), (2, 3)),
        Example(gp.BatchNorm(affine=False, epsilon=0.1), normal(ROWS, 3), (3,)),
        Example(gp.BatchNorm(frozen="gain"), normal(ROWS, 2), (2,)),
    ],
    "LayerNorm": [
        Example(gp.LayerNorm(), normal(ROWS, 3), (3,)),
        Example(gp.LayerNorm((0, 1)), normal(ROWS, 2, 3), (2, 3)),
        Example(gp.LayerNorm(0), normal(ROWS, 2, 3), (2, 3)),
        Example(gp.LayerNorm((-1, 0)), normal(ROWS, 2, 2, 3), (2, 2, 3)),
        Example(gp.LayerNorm(affine=False, epsilon=0.1), normal(ROWS, 3), (3,)),
        Example(gp.LayerNorm(frozen=["bias"]), normal(ROWS, 3), (3,)),
    ],
    "Dropout": [
        Example(gp.Dropout(0.4), normal(ROWS, 5), (5,)),
        Example(gp.Dropout(0), normal(ROWS, 5), (5,)),
    ],
    "GaussianNoise": [
        Example(gp.GaussianNoise(0.4), normal(ROWS, 5), (5,)),
        Example(gp.GaussianNoise(0), normal(ROWS, 5), (5,)),
    ],
    "Flatten": [
        Example(gp.Flatten(), normal(ROWS, 2, 3), (6,)),
        Example(gp.Flatten(), normal(ROWS, 2, 3, 2), (12,)),
        Example(gp.Flatten(), normal(ROWS, 3), (3,)),
    ],
    "Reshape": [
        Example(gp.Reshape((3, 2)), normal(ROWS, 2, 3), (3, 2)),
        Example(gp.Reshape((2, -1, 3)), normal(ROWS, 12), (2, 2, 3)),
        Example(gp.Reshape(-1), normal(ROWS, 2, 3), (6,)),
    ],
    "Residual": [
        Example(gp.Residual(gp.Dense(3, "tanh", l2=0.1)), normal(ROWS, 3), (3,)),
        Example(gp.Residual([]), normal(ROWS, 3), (3,)),
        Example(
            gp.Residual([gp.BatchNorm(), gp.Dropout(0.5), gp.Dense(3, frozen="bias")]),
            normal(ROWS, 2, 3),
            (2, 3),
        ),
    ],
    "Parallel": [
        Example(
            gp.Parallel([gp.Dense(2), [gp.PReLU(), gp.Dense(4)]]),
            normal(ROWS, 3),
            ((2,), (4,)),
        ),
        Example(
            gp.Parallel([gp.Residual(gp.Dense(3)), [], gp.Reshape((2, 1))]),
            (normal(ROWS, 3), normal(ROWS, 2, 2), normal(ROWS, 2)),
            ((3,), (2, 2), (2, 1)),
        ),
        Example(gp.Parallel([gp.Dense(2)]), normal(ROWS, 3), (2,)),
    ],
    "Concatenate": [
        Example(gp.Concatenate([[], gp.Dense(2, "tanh")]), normal(ROWS, 3), (5,)),
        Example(
            gp.Concatenate(axis=0), (normal(ROWS, 2, 3), normal(ROWS, 1, 3)), (3, 3)
        ),
        Example(
            gp.Concatenate([gp.Dense(2), gp.LayerNorm()]),
            (normal(ROWS, 3), normal(ROWS, 2)),
            (4,),
        ),
    ],
    "Add": [
        Example(gp.Add([gp.Dense(2, "tanh"), gp.Dense(2)]), normal(ROWS, 3), (2,)),
        Example(gp.Add(), (normal(ROWS, 2, 3),) * 3, (2, 3)),
        Example(gp.Add([[], gp.Dense(2)]), (normal(ROWS, 2), normal(ROWS, 3)), (2,)),
    ],
}
CASES = [
    pytest.param(example, id=f"{name}-{at}")
    for name in LAYERS
    for at, example in enumerate(EXAMPLES.get(name, []))
]


@pytest.mark.parametrize("name", LAYERS)
def test_every_layer_has_an_example(name):
    assert EXAMPLES.get(name)
    assert {type(example.layer) for example in EXAMPLES[name]} == {LAYERS[name]}


@pytest.mark.parametrize("example", CASES)
def test_output_shape_is_that_of_the_structure(example):
    net = gp.Network([example.layer])
    expected = map_parts(lambda shape: (ROWS, *shape), example.output)
    assert map_parts(np.shape, net(example.X)) == expected
    (place,) = net.structure.places
    assert place.output_shape == example.output
    assert place.input_shape == map_parts(lambda one: one.shape[1:], example.X)


@pytest.mark.no_cover
@pytest.mark.parametrize("example", CASES)
@pytest.mark.parametrize("rows", [0, 1, 7, 50])
def test_a_batch_of_any_size_gives_each_row_what_it_gives_alone(example, rows):
    X = example.rows(np.arange(rows) % ROWS)
    net = example.network()
    output = net(X)
    assert output.shape == (rows, 3)
    single = net(example.X)[np.arange(rows) % ROWS]
    np.testing.assert_allclose(output, single, rtol=1e-12, atol=1e-12)


@pytest.mark.no_cover
@pytest.mark.parametrize("example", CASES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_dtype_of_the_data_is_that_of_parameters_and_output(example, dtype):
    loss = map_parts(lambda _: lambda output, y: np.sum(output * y) / 9, example.output)
    net = gp.Network([example.layer], loss=loss)
    X = map_parts(lambda one: one.astype(dtype), example.X)
    y = map_parts(lambda shape: np.ones((ROWS, *shape)), example.output)
    net.fit(X, y, epochs=2, verbose=False)
    assert net.structure.dtype == dtype
    assert {one.dtype for one in as_parts(net(X))} == {np.dtype(dtype)}
    assert {value.dtype for value in net.values.values()} <= {np.dtype(dtype)}
    assert all(value.dtype == dtype for value in net.training.memory.values())


OF_THREE = [one for one in LOSSES.values() if 3 % one.outputs_per_value == 0]


def with_losses():
    """Pair the first example of each layer with every loss, all others with one."""
    for name in LAYERS:
        for at, example in enumerate(EXAMPLES.get(name, [])):
            one = at % len(OF_THREE)
            for loss in OF_THREE if at == 0 else OF_THREE[one : one + 1]:
                yield pytest.param(example, loss, id=f"{name}-{at}-{loss.name}")


@pytest.mark.no_cover
@pytest.mark.parametrize(("example", "loss"), list(with_losses()))
def test_gradients_equal_central_differences(example, loss):
    net = example.network(loss.name)
    y = example_target(loss, ROWS, 3, np.random.default_rng(5))
    derived = net.gradients(example.X, y)
    assert list(derived) == net.structure.trainable
    # The loss comes from another program, that of evaluate.
    assert_slopes(derived, net.values, lambda: net.evaluate(example.X, y)["loss"])


@pytest.mark.no_cover
@pytest.mark.parametrize("example", CASES)
def test_gradients_while_training_equal_central_differences(example):
    net = example.network("mean_squared_error")
    target = Target((3,), np.dtype(np.float64))
    program = gradient_program(net.structure, net.loss, target, training=True)
    compiled = Compiled(program)
    given = {**net.values, "y": normal(ROWS, 3), "seed": 1, "t": 4.0}
    given |= named_parts(part_names("x", example.X), example.X)

    def results():
        values = compiled(*(given[key] for key in program.inputs))
        return dict(zip(program.results, values, strict=True))

    derived = {key: results()[f"d {key}"] for key in net.structure.trainable}
    assert_slopes(derived, net.values, lambda: results()["loss"])


@pytest.mark.parametrize("example", CASES)
def test_a_layer_says_its_kind_and_place_in_printed_programs(example):
    loss = map_parts(lambda _: lambda output, y: np.sum(output * y), example.output)
    net = gp.Network([example.layer], loss=loss)
    net(example.X)
    kind = type(example.layer).__name__
    assert f" -> {kind}(" in net.source().splitlines()[0]
    assert net.structure.places[0].kind == kind
    assert net.summary().splitlines()[2].split()[1].startswith(f"{kind}(")


# Dense --------------------------------------------------------------------------------


def test_dense_is_a_product_a_bias_and_an_activation():
    W, b, X = normal(3, 2), normal(2), normal(4, 3)
    net = gp.Network([gp.Dense(2, "tanh", weights=(W, b))])
    np.testing.assert_array_equal(net(X), np.tanh(X @ W + b))


@pytest.mark.parametrize(
    "weights",
    [
        {"weight": [[1.0], [2.0]], "bias": [3.0]},
        ([[1.0], [2.0]], [3.0]),
        [np.array([[1, 2]]).T, np.array([3])],
    ],
    ids=["by name", "in order", "integers"],
)
def test_given_weights_are_the_start_values(weights):
    net = gp.Network([gp.Dense(1, weights=weights)], input_shape=2)
    assert dict(net.parameters)["dense_1.weight"].tolist() == [[1.0], [2.0]]
    assert dict(net.parameters)["dense_1.bias"].tolist() == [3.0]
    assert net([[10.0, 100.0]]).tolist() == [[213.0]]


def test_a_weight_alone_may_be_given():
    W = np.array([[1.0], [2.0]])
    for given in (W, (W,), {"weight": W}):
        net = gp.Network([gp.Dense(1, weights=given)], input_shape=2)
        assert net([[10.0, 100.0]]).tolist() == [[210.0]]


def test_given_arrays_are_copied():
    W = np.ones((2, 1))
    net = gp.Network([gp.Dense(1, weights=(W,))], loss="huber", seed=1)
    net.fit(normal(4, 2), normal(4, 1), epochs=3, verbose=False)
    assert (W == 1).all()


@pytest.mark.parametrize(
    ("weights", "kind", "message"),
    [
        (
            {"weight": np.ones((3, 2))},
            ShapeError,
            "Dense 'hidden': expected weight of shape (2, 3), got (3, 2). "
            "Transpose it.",
        ),
        (
            (np.ones((2, 3)), np.ones(2)),
            ShapeError,
            "Dense 'hidden': expected bias of shape (3,), got (2,).",
        ),
        (
            {"wieght": np.ones((2, 3))},
            ArgumentError,
            "Dense 'hidden': weights names 'wieght'; this layer has weight, bias.",
        ),
        (
            (np.ones((2, 3)), np.ones(3), np.ones(3)),
            ArgumentError,
            "Dense 'hidden': weights has 3 arrays; expected at most 2: weight, bias.",
        ),
        (
            {"bias": ["a", "b", "c"]},
            ArgumentError,
            "Dense 'hidden': bias: expected numbers; NumPy says: could not convert "
            "string to float: 'a'",
        ),
    ],
    ids=["transposed", "shape", "name", "too many", "words"],
)
def test_given_weights_that_do_not_fit_are_refused(weights, kind, message):
    net = gp.Network([gp.Dense(3, weights=weights, name="hidden")])
    assert refusal(kind, lambda: net(np.ones((1, 2)))) == message
    assert net.values == {}


@pytest.mark.parametrize(
    ("frozen", "still"),
    [
        (True, {"hidden.weight", "hidden.bias"}),
        ("bias", {"hidden.bias"}),
        (["bias"], {"hidden.bias"}),
        (("weight",), {"hidden.weight"}),
        (False, set()),
        ((), set()),
    ],
)
@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw"])
def test_frozen_parameters_stay_and_the_others_move(frozen, still, optimizer):
    penalty = 0.1 * ("hidden.weight" not in still)  # of a weight that moves
    hidden = gp.Dense(3, "tanh", frozen=frozen, l2=penalty, name="hidden")
    net = gp.Network([hidden, gp.Dense(1, name="out")], loss="half_squared_error")
    X, y = normal(8, 2), normal(8, 1)
    net(X)
    net.parameters["hidden.bias"] = [0.1, 0.2, 0.3]
    before = bits(net)
    net.fit(X, y, optimizer=optimizer, epochs=3, verbose=False)
    after = bits(net)
    assert {key for key in after if after[key] == before[key]} == still
    assert set(net.gradients(X, y)) == set(net.parameters) - still


def test_a_network_with_everything_frozen_can_be_fitted_and_stays():
    net = gp.Network([gp.Dense(1, frozen=True)], loss="huber")
    X, y = normal(8, 2), normal(8, 1)
    net(X)
    before = bits(net)
    history = net.fit(X, y, epochs=2, verbose=False)
    assert bits(net) == before
    assert history["loss"] == pytest.approx([net.evaluate(X, y)["loss"]] * 2)
    assert net.gradients(X, y) == {}


def test_frozen_names_are_checked():
    net = gp.Network([gp.Dense(3, bias=False, frozen="bias")])
    assert refusal(ArgumentError, lambda: net(np.ones((1, 2)))) == (
        "Dense 'dense_1': frozen names 'bias'; this layer has weight."
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"units": 0}, "Dense: units must be a positive integer, got 0."),
        ({"units": 2.0}, "Dense: units must be a positive integer, got 2.0."),
        ({"units": True}, "Dense: units must be a positive integer, got True."),
        ({"units": "4"}, "Dense: units must be a positive integer, got '4'."),
        ({"units": 2, "l1": -1}, "Dense: l1 must be a finite number >= 0, got -1."),
        ({"units": 2, "l1": "a"}, "Dense: l1 must be a finite number >= 0, got 'a'."),
        (
            {"units": 2, "bias": [0.0, 0.0]},
            "Dense: bias must be True or False, got [0.0, 0.0]. Its start value goes "
            "into weights, {'bias': b}.",
        ),
        (
            {"units": 2, "frozen": 1.5},
            "Dense: frozen must be True, False or names of parameters, got 1.5.",
        ),
        (
            {"units": 2, "frozen": [1]},
            "Dense: frozen must be True, False or names of parameters, got [1].",
        ),
        (
            {"units": 2, "l2": math.nan},
            "Dense: l2 must be a finite number >= 0, got nan.",
        ),
        (
            {"units": 2, "l2": math.inf},
            "Dense: l2 must be a finite number >= 0, got inf.",
        ),
        (
            {"units": 2, "activation": "sigmiod"},
            "unknown activation 'sigmiod'. Did you mean 'sigmoid'? Expected "
            f"{ANY_ACTIVATION}.",
        ),
        *(
            (
                {"units": 2, "activation": name},
                f"unknown activation '{name}'. Its slope is learned, so it is a layer: "
                f"put gp.PReLU() after this one. Expected {ANY_ACTIVATION}.",
            )
            for name in ("prelu", "PReLU")
        ),
        (
            {"units": 2, "activation": ["relu"]},
            "unknown activation ['relu']. Did you mean 'relu'? Expected "
            f"{ANY_ACTIVATION}.",
        ),
        (
            {"units": 2, "initializer": "he_norml"},
            "initializer: expected normal, uniform, glorot_normal, glorot_uniform, "
            "he_normal, he_uniform, lecun_normal, zeros or "
            "glassprop.initializers.constant(value=0.1), got 'he_norml'. Did you mean "
            "'he_normal'?",
        ),
        (
            {"units": 2, "initializer": lambda shape: 0 * shape},
            "initializer '<lambda>' takes (shape), but is called with (rng, shape, "
            "dtype). Write it as a function (rng, shape, dtype) -> array.",
        ),
        (
            {"units": 2, "activation": lambda: 1},
            "activation '<lambda>' takes (), but is called with (z). Write it as a "
            "function (z).",
        ),
    ],
    ids=lambda value: None if isinstance(value, str) else " ".join(value),
)
def test_dense_checks_its_arguments(arguments, message):
    assert refusal(ArgumentError, lambda: gp.Dense(**arguments)) == message


def test_dense_needs_an_axis_of_features():
    net = gp.Network([gp.Dense(1)], input_shape=())
    assert refusal(ShapeError, lambda: net(np.ones(3))) == (
        "Dense 'dense_1': expected input of at least two dimensions, (n, features), "
        "got (n,). One feature is a column: X[:, None]."
    )


@pytest.mark.parametrize(("l1", "l2"), [(0.3, 0.0), (0.0, 0.2), (0.3, 0.2)])
def test_penalties_are_added_to_the_loss_and_its_gradient(l1, l2):
    X, y, W, b = normal(5, 2), normal(5, 3), normal(2, 3), normal(3)
    net = gp.Network([gp.Dense(3, weights=(W, b), l1=l1, l2=l2)])
    plain = gp.Network([gp.Dense(3, weights=(W, b))])
    loss = "mean_squared_error"
    extra = l1 * np.abs(W).sum() + l2 * (W * W).sum()
    found = net.evaluate(X, y, loss=loss)["loss"]
    assert found == pytest.approx(plain.evaluate(X, y, loss=loss)["loss"] + extra)
    slopes = net.gradients(X, y, loss=loss)
    without = plain.gradients(X, y, loss=loss)
    np.testing.assert_allclose(
        slopes["dense_1.weight"],
        without["dense_1.weight"] + l1 * np.sign(W) + 2 * l2 * W,
    )
    np.testing.assert_array_equal(slopes["dense_1.bias"], without["dense_1.bias"])
    history = net.fit(X, y, loss=loss, batch_size=None, verbose=False)
    assert history["loss"] == [pytest.approx(found)]


# Names --------------------------------------------------------------------------------


def test_names_are_given_or_the_kind_and_a_number():
    net = gp.Network(
        [gp.Dense(2), gp.Dropout(0.1), gp.Dense(2, name="mid"), gp.Dense(1)],
        input_shape=2,
    )
    names = [place.name for place in net.structure.places]
    assert names == ["dense_1", "dropout_1", "mid", "dense_3"]
    assert list(net.parameters) == [
        f"{name}.{which}"
        for name in ("dense_1", "mid", "dense_3")
        for which in ("weight", "bias")
    ]


def test_names_of_words_are_in_snake_case():
    class BigLayer:
        def forward(self, p, x, run):
            return x

    net = gp.Network([BigLayer()], input_shape=1)
    assert [place.name for place in net.structure.places] == ["big_layer_1"]


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("BatchNorm", "batch_norm_1"),
        ("PReLU", "prelu_1"),
        ("LSTM", "lstm_1"),
        ("Conv2D", "conv2d_1"),
        ("_Hidden", "hidden_1"),
        ("my_layer", "my_layer_1"),
    ],
)
def test_abbreviations_stay_in_one_piece(kind, name):
    layer = type(kind, (), {"forward": lambda self, p, x, run: x})()
    net = gp.Network([layer], input_shape=1)
    assert [place.name for place in net.structure.places] == [name]


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        (
            [gp.Dense(1, name="a"), gp.Dense(1, name="a")],
            "two layers are named 'a'. Give one of them another name.",
        ),
        (
            [gp.Dense(1, name="dense_2"), gp.Dense(1)],
            "two layers are named 'dense_2'. Give one of them another name.",
        ),
        (
            [gp.Dense(1, name="first layer")],
            "a layer's name must be a Python identifier, got 'first layer'. Use "
            "letters, digits and underscores.",
        ),
        (
            [gp.Dense(1, name=5)],
            "a layer's name must be a Python identifier, got 5. Use letters, digits "
            "and underscores.",
        ),
        (
            [gp.Dense(1, name="")],
            "a layer's name must be a Python identifier, got ''. Use letters, digits "
            "and underscores.",
        ),
        (
            [np.tanh],
            "<ufunc 'tanh'> is not a layer: it has no method forward(p, x, run). A "
            "function becomes a layer as gp.Activation(function).",
        ),
        (
            ["relu"],
            "'relu' is not a layer: it has no method forward(p, x, run). A function "
            "becomes a layer as gp.Activation(function).",
        ),
        (
            [gp.Dense],
            "expected a layer, got the class Dense. Call it: Dense(...).",
        ),
        (
            gp.Dense(1),
            "layers must be a list: gp.Network([gp.Dense(1)]).",
        ),
    ],
    ids=[
        "same",
        "same as made",
        "blank",
        "number",
        "empty",
        "function",
        "word",
        "class",
        "no list",
    ],
)
def test_what_is_no_list_of_layers_is_refused(layers, message):
    assert refusal(ArgumentError, lambda: gp.Network(layers)) == message


def test_a_network_without_layers_cannot_calculate():
    assert refusal(ArgumentError, lambda: gp.Network()(np.ones((1, 1)))) == (
        "a network without layers cannot calculate. Add one, net.add(gp.Dense(1))."
    )


def test_one_record_may_stand_in_several_places():
    same = gp.Dense(2, "tanh")
    net = gp.Network([same, same, gp.Dense(1)], loss="huber", seed=2)
    X, y = normal(6, 2), normal(6, 1)
    net.fit(X, y, epochs=2, verbose=False)
    kept = dict(net.parameters)
    assert not np.array_equal(kept["dense_1.weight"], kept["dense_2.weight"])
    net.remove("dense_1")
    np.testing.assert_array_equal(
        net.parameters["dense_1.weight"], kept["dense_2.weight"]
    )
    np.testing.assert_array_equal(net.parameters["dense_2.bias"], kept["dense_3.bias"])


# Initializers -----------------------------------------------------------------------


def test_the_default_initializer_follows_the_activation():
    for name in (None, "tanh", "sigmoid", "relu", "softplus"):
        layer = gp.Dense(4, name)
        chosen = gp.initializers.default_initializer(name)
        assert layer.parameters((3,))["weight"].initializer == chosen
        assert layer.parameters((3,))["bias"].initializer == 0.0
    net = gp.Network([gp.Dense(200, "relu"), gp.Dense(300)])
    net(normal(1, 100))
    spread = {key: value.std() for key, value in net.parameters.items()}
    assert spread["dense_1.weight"] == pytest.approx(math.sqrt(2 / 100), rel=0.03)
    assert spread["dense_2.weight"] == pytest.approx(math.sqrt(2 / 500), rel=0.03)
    assert spread["dense_1.bias"] == 0


def test_an_initializer_may_be_a_name_a_number_or_a_function():
    def ones(rng, shape, dtype):
        return np.ones(shape, dtype)

    starts = [ones, 1.0, gp.initializers.constant(1.0)]
    for start in starts:
        net = gp.Network([gp.Dense(2, initializer=start)], input_shape=3)
        assert (net.parameters["dense_1.weight"] == 1).all()
    net = gp.Network([gp.Dense(2, initializer="zeros")], input_shape=3)
    assert (net.parameters["dense_1.weight"] == 0).all()


def test_start_values_are_checked():
    def flat(rng, shape, dtype):
        return np.ones(3, dtype)

    def none(rng, shape, dtype):
        return np.full(shape, np.nan)

    finite = (
        "dense_1.weight: expected finite start values, got {}. Look at the "
        "initializer, or at the weights that are given."
    ).format
    given = (
        "Dense 'dense_1': the given weight has infinity at position (0, 1). Give "
        "finite numbers, or leave it out to start from the initializer."
    )
    weights = np.array([[1, np.inf], [np.nan, 0], [0, 0]])
    nan, large = (f"{word} at position (0, 0), in " for word in ("NaN", "infinity"))
    for layer, dtype, kind, message in (
        (
            gp.Dense(2, initializer=flat),
            None,
            ShapeError,
            "dense_1.weight: expected start values of shape (3, 2), got (3,).",
        ),
        (
            gp.Dense(2, initializer=none),
            None,
            ArgumentError,
            finite(f"{nan}float64"),
        ),
        (gp.Dense(2, weights=(weights,)), None, ArgumentError, given),
        (
            gp.Dense(2, initializer=1e39),
            np.float32,
            ArgumentError,
            finite(f"{large}float32"),
        ),
    ):
        net = gp.Network([layer], dtype=dtype)
        assert refusal(kind, lambda: net(normal(1, 3))) == message  # noqa: B023  # called at once
        assert net.input_shape is None
        assert net.values == {}


# Dropout ------------------------------------------------------------------------------


def mean_output(output, y):
    return np.mean(output, axis=1)


def watched(layers, X, measure=mean_output, epochs=1, **arguments):
    """Give what layers do to X while training, measured epoch by epoch."""
    net = gp.Network(layers, loss=measure, **arguments)
    history = net.fit(
        X, np.zeros(X.shape), batch_size=None, epochs=epochs, verbose=False
    )
    return history["loss"]


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.5, 0.9])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dropout_drops_its_share_and_keeps_the_mean(rate, dtype):
    X = np.ones((400, 100), dtype)

    def share_of_zeros(output, y):
        return np.mean(np.where(output == 0, 1.0, output * 0), axis=1)

    def far_from_zero_and_scaled(output, y):
        return np.max(np.abs(output * (output * (1 - rate) - 1)), axis=1)

    spread = math.sqrt(rate * (1 - rate) / X.size)
    (dropped,) = watched([gp.Dropout(rate)], X, share_of_zeros)
    assert abs(dropped - rate) <= 5 * spread
    (mean,) = watched([gp.Dropout(rate)], X)
    assert abs(mean - 1) <= 5 * spread / (1 - rate) + 1e-6
    (worst,) = watched([gp.Dropout(rate)], X, far_from_zero_and_scaled)
    assert worst <= 1e-5


def test_dropout_is_off_in_prediction_and_evaluation():
    X = normal(20, 4)
    net = gp.Network([gp.Dropout(0.5)], loss=mean_output)
    net.fit(X, X, verbose=False)
    np.testing.assert_array_equal(net(X), X)
    assert net.evaluate(X, X)["loss"] == pytest.approx(X.mean())


def test_dropout_draws_anew_each_step_and_the_same_for_a_seed():
    X = np.ones((50, 20))
    losses = watched([gp.Dropout(0.5)], X, epochs=5)
    assert len(set(losses)) == 5
    assert losses == watched([gp.Dropout(0.5)], X, epochs=5)
    assert losses != watched([gp.Dropout(0.5)], X, epochs=5, seed=1)


def test_two_dropouts_draw_different_numbers():
    X = np.ones((200, 100))

    def share_left(output, y):
        return np.mean(np.where(output == 0, 0.0, output * 0 + 1), axis=1)

    (left,) = watched([gp.Dropout(0.5), gp.Dropout(0.5)], X, share_left)
    assert left == pytest.approx(0.25, abs=5 * math.sqrt(0.1875 / X.size))


@pytest.mark.parametrize("rate", [1.0, -0.1, math.nan, "0.1", None])
def test_dropout_checks_its_rate(rate):
    assert refusal(ArgumentError, lambda: gp.Dropout(rate)) == (
        f"Dropout: rate must be at least 0 and below 1, got {rate!r}."
    )


# GaussianNoise ------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_noise_is_normally_distributed(dtype):
    X = np.zeros((2000, 100), dtype)
    moments = [0, 1, 0, 3, 0, 15]  # of a standard normal number, from the first

    for power, moment in enumerate(moments, 1):

        def raised(output, y, power=power):
            return np.mean(output**power, axis=1)

        (found,) = watched([gp.GaussianNoise(1.0)], X, raised)
        # The variance of a mean of z**p is (E z**(2 p) - (E z**p)**2) / count.
        spread = math.sqrt((math.prod(range(1, 2 * power, 2)) - moment**2) / X.size)
        assert abs(found - moment) <= 5 * spread

    def beyond(output, y):
        return np.mean(np.where(np.abs(output) > 1.5, 1.0, output * 0), axis=1)

    (share,) = watched([gp.GaussianNoise(0.75)], X, beyond)
    exact = math.erfc(2 / math.sqrt(2))  # two deviations
    assert abs(share - exact) <= 5 * math.sqrt(exact / X.size)


def test_noise_is_added_to_what_comes_in_while_training_only():
    X = np.full((500, 40), 7.0)
    (mean,) = watched([gp.GaussianNoise(2.0)], X)
    assert mean != 7
    assert mean == pytest.approx(7, abs=5 * 2 / math.sqrt(X.size))
    net = gp.Network([gp.GaussianNoise(2.0)], loss=mean_output)
    net.fit(X, X, verbose=False)
    np.testing.assert_array_equal(net(X), X)
    assert net.evaluate(X, X)["loss"] == pytest.approx(7)


def test_noise_is_drawn_anew_each_step_and_by_each_layer():
    X = np.zeros((50, 20))
    losses = watched([gp.GaussianNoise(0.5)], X, epochs=5)
    assert len(set(losses)) == 5
    assert losses == watched([gp.GaussianNoise(0.5)], X, epochs=5)
    assert losses != watched([gp.GaussianNoise(0.5)], X, epochs=5, seed=1)
    large = np.zeros((400, 100))

    def variance(output, y):
        return np.mean(output * output, axis=1)

    (both,) = watched([gp.GaussianNoise(1), gp.GaussianNoise(1)], large, variance)
    assert both == pytest.approx(2, abs=5 * 2 * math.sqrt(2 / large.size))


@pytest.mark.parametrize("deviation", [-0.1, math.nan, math.inf, "0.1", None, True])
def test_noise_checks_its_deviation(deviation):
    assert refusal(ArgumentError, lambda: gp.GaussianNoise(deviation)) == (
        f"GaussianNoise: deviation must be a finite number >= 0, got {deviation!r}."
    )


# PReLU and Lambda ---------------------------------------------------------------------


def test_prelu_has_a_slope_a_feature_or_one_for_all():
    X = normal(5, 2, 3)
    for shared, slope in ((False, np.array([0.1, -2.0, 0.5])), (True, np.array(0.3))):
        net = gp.Network([gp.PReLU(shared=shared)], loss="half_squared_error")
        np.testing.assert_array_equal(net(X), np.where(X > 0, X, 0.25 * X))
        net.parameters["prelu_1.slope"] = slope
        np.testing.assert_array_equal(net(X), np.where(X > 0, X, slope * X))
        derived = net.gradients(X, X)["prelu_1.slope"]
        error = np.where(X > 0, 0, (slope - 1) * X * X)
        expected = error.sum(axis=None if shared else (0, 1)) / 5
        np.testing.assert_allclose(derived, expected)


def test_prelu_at_0_and_infinity():
    X = np.array([[0.0, -0.0, np.inf, -np.inf]])
    net = gp.Network([gp.PReLU()], input_shape=4)
    slopes = gp.gradient(lambda x: np.sum(np.where(x > 0, x, 0.25 * x)))(X[:, :2])
    assert slopes.tolist() == [[0.25, 0.25]]
    compiled = Compiled(predict_program(net.structure))
    found = compiled.named({**net.values, "x": X})["output"]
    np.testing.assert_array_equal(found, [[0.0, -0.0, np.inf, -np.inf]])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"shared": 1}, "PReLU: shared must be True or False, got 1."),
        (
            {"frozen": 1.5},
            "PReLU: frozen must be True, False or names of parameters, got 1.5.",
        ),
        (
            {"frozen": [1]},
            "PReLU: frozen must be True, False or names of parameters, got [1].",
        ),
        (
            {"initializer": "slope"},
            "initializer: expected normal, uniform, glorot_normal, glorot_uniform, "
            "he_normal, he_uniform, lecun_normal, zeros or "
            "glassprop.initializers.constant(value=0.1), got 'slope'.",
        ),
    ],
)
def test_prelu_checks_its_arguments(arguments, message):
    assert refusal(ArgumentError, lambda: gp.PReLU(**arguments)) == message


def test_frozen_names_of_prelu_are_checked():
    net = gp.Network([gp.PReLU(frozen="weight")])
    assert refusal(ArgumentError, lambda: net(np.ones((1, 2)))) == (
        "PReLU 'prelu_1': frozen names 'weight'; this layer has slope."
    )


def test_lambda_takes_what_it_is_given():
    A, B = normal(5, 3), normal(5, 1)
    net = gp.Network([gp.Lambda(lambda x: np.sort(x, axis=1)[:, -1])])
    np.testing.assert_array_equal(net(A), A.max(axis=1))
    both = gp.Network([gp.Lambda(lambda left, right: left * right)])
    np.testing.assert_array_equal(both((A, B)), A * B)
    apart = gp.Network([gp.Lambda(lambda x: (x[:, :2], x[:, 2:]))])
    for found, expected in zip(apart(A), (A[:, :2], A[:, 2:]), strict=True):
        np.testing.assert_array_equal(found, expected)


def double(x):
    return 2 * x


@pytest.mark.parametrize(
    ("function", "X", "kind", "message"),
    [
        (
            "tanh",
            None,
            ArgumentError,
            "Lambda: function must be a function, got 'tanh'. Named activations are "
            "gp.Activation(name).",
        ),
        (
            dict,
            None,
            ArgumentError,
            "Lambda: function must be a function, got <class 'dict'>. Named "
            "activations are gp.Activation(name).",
        ),
        (
            double,
            (normal(5, 3), normal(5, 3)),
            ArgumentError,
            "Lambda 'lambda_1': function 'double' takes (x), but is called with (x_1, "
            "x_2). Write it as a function (x_1, x_2).",
        ),
        (
            lambda a, b: a + b,
            normal(5, 3),
            ArgumentError,
            "Lambda 'lambda_1': function '<lambda>' takes (a, b), but is called with "
            "(x). Write it as a function (x).",
        ),
        (
            np.sum,
            normal(5, 3),
            ShapeError,
            "Lambda 'lambda_1': expected output of shape (n, ...), a row for each row "
            "of the input, got () from input (n, 3).",
        ),
        (
            lambda x: (x,),
            normal(5, 3),
            ShapeError,
            "Lambda 'lambda_1': the output is a tuple of one. Give the array itself: "
            "return x, not return (x,).",
        ),
        (
            lambda x: (x, (x, x)),
            normal(5, 3),
            ShapeError,
            "Lambda 'lambda_1': part 2 of 2 of the output must be an array, got a "
            "tuple of 2. Join these first, gp.Concatenate(), or give all parts side by "
            "side in one tuple.",
        ),
    ],
    ids=["name", "class", "two", "one", "no rows", "tuple of one", "tuples in tuples"],
)
def test_lambda_checks_its_function(function, X, kind, message):
    assert refusal(kind, lambda: gp.Network([gp.Lambda(function)])(X)) == message


# Scale, Standardize, Flatten and Reshape ----------------------------------------------


def test_scale_multiplies_and_adds():
    X = normal(5, 2)
    net = gp.Network([gp.Scale([1 / 3, 1 / 9], offset=2.0)])
    np.testing.assert_array_equal(net(X), X * np.array([1 / 3, 1 / 9]) + 2.0)
    assert net.structure.trainable == []


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        (
            {"factor": [1.0, 2.0]},
            ShapeError,
            "Scale 'scale_1': expected one factor, or one for each feature of the "
            "input (n, 1), got shape (2,).",
        ),
        (
            {"factor": 1.0, "offset": [[1.0]]},
            ShapeError,
            "Scale 'scale_1': expected one offset, or one for each feature of the "
            "input (n, 1), got shape (1, 1).",
        ),
        (
            {"factor": math.nan},
            ArgumentError,
            "Scale: factor must be finite numbers, got nan.",
        ),
        (
            {"factor": 0},
            ArgumentError,
            "Scale: factor must not be 0, got 0: it would make every row alike. Leave "
            "out columns that say nothing before the call.",
        ),
        (
            {"factor": [1.0, 0.0]},
            ArgumentError,
            "Scale: factor must not be 0, got [1.0, 0.0]: it would make every row "
            "alike. Leave out columns that say nothing before the call.",
        ),
        (
            {"factor": 1, "offset": "much"},
            ArgumentError,
            "Scale: offset must be finite numbers, got 'much'.",
        ),
    ],
)
def test_scale_checks_its_arguments(arguments, kind, message):
    def call():
        gp.Network([gp.Scale(**arguments)])(np.ones((3, 1)))

    assert refusal(kind, call) == message


def test_standardize_learns_from_the_rows_of_the_first_fit_once():
    X, y = 3 + 5 * normal(30, 3), normal(30, 1)
    net = gp.Network([gp.Standardize(), gp.Dense(1)], loss="mean_squared_error")
    net.fit(X, y, verbose=False)
    np.testing.assert_allclose(net.values["standardize_1.mean"], X.mean(axis=0))
    np.testing.assert_allclose(net.values["standardize_1.scale"], X.std(axis=0))
    before = bits(net)
    net.fit(X * 100, y, verbose=False)
    net.evaluate(X * 7, y)
    for key in ("standardize_1.mean", "standardize_1.scale"):
        assert bits(net)[key] == before[key]
    front = net.remove("dense_1")(X)
    np.testing.assert_allclose(front.mean(axis=0), 0, atol=1e-14)
    np.testing.assert_allclose(front.std(axis=0), 1)


def test_standardize_does_not_see_rows_that_are_held_out():
    X, y = normal(20, 2), normal(20, 1)
    net = gp.Network([gp.Standardize(), gp.Dense(1)], loss="mean_squared_error")
    net.fit(X[:10], y[:10], validation=(X[10:], y[10:]), verbose=False)
    np.testing.assert_allclose(net.values["standardize_1.mean"], X[:10].mean(axis=0))

    marked = np.column_stack([np.arange(20.0), np.zeros(20)])
    net = gp.Network([gp.Standardize(), gp.Dense(1)], loss="mean_squared_error")
    net.fit(marked, y, validation=0.25, verbose=False)
    mean = net.values["standardize_1.mean"][0]
    assert mean * 15 == pytest.approx(round(mean * 15))  # 15 of the 20 rows
    assert mean != pytest.approx(marked[:, 0].mean())


def test_standardize_only_shifts_a_constant_column():
    X = np.column_stack([np.full(9, 0.1), np.full(9, -1e8), np.zeros(9), np.arange(9)])
    net = gp.Network([gp.Standardize(), gp.Dense(1)], loss="mean_squared_error")
    net.fit(X, normal(9, 1), verbose=False)
    assert net.values["standardize_1.scale"][:3].tolist() == [1, 1, 1]
    shifted = net.remove("dense_1")(X + 1)
    np.testing.assert_allclose(shifted[:, :3], 1, rtol=1e-8)


def test_standardize_learns_what_comes_to_it_where_it_is_not_first():
    X, y = normal(40, 2), normal(40, 1)
    front = [gp.Scale([2.0, 3.0], offset=1.0), gp.Dense(3, "tanh"), gp.Dropout(0.5)]
    net = gp.Network([*front, gp.Standardize(), gp.Dense(1)], loss="huber", seed=4)
    inner = gp.Network(front, seed=4)(X)
    net.fit(X, y, epochs=1, verbose=False)
    np.testing.assert_allclose(net.values["standardize_1.mean"], inner.mean(axis=0))
    np.testing.assert_allclose(net.values["standardize_1.scale"], inner.std(axis=0))


def test_standardize_of_one_number_a_row():
    X = normal(9)
    net = gp.Network([gp.Standardize()], input_shape=(), loss="half_squared_error")
    net.fit(X, X, verbose=False)
    np.testing.assert_allclose(net(X), (X - X.mean()) / X.std())


def test_flatten_keeps_the_order_of_numpy():
    X = normal(4, 2, 3)
    np.testing.assert_array_equal(gp.Network([gp.Flatten()])(X), X.reshape(4, 6))


@pytest.mark.parametrize(
    ("shape", "output"),
    [
        ((3, 4), (3, 4)),
        ([2, -1], (2, 6)),
        (-1, (12,)),
        (12, (12,)),
        ((-1, 1, np.int64(3)), (4, 1, 3)),
        ((2, 3, 2, -1), (2, 3, 2, 1)),
    ],
)
def test_reshape_keeps_the_order_of_numpy(shape, output):
    X = normal(5, 2, 6)
    net = gp.Network([gp.Reshape(shape)])
    np.testing.assert_array_equal(net(X), X.reshape(5, *output))
    assert net.structure.output_shape == output


def test_reshape_of_one_value_to_none_and_back():
    X = normal(5, 1)
    net = gp.Network([gp.Reshape(()), gp.Reshape(1)])
    np.testing.assert_array_equal(net(X), X)
    assert [place.output_shape for place in net.structure.places] == [(), (1,)]


@pytest.mark.parametrize(
    ("shape", "kind", "message"),
    [
        (
            (2.0, 3),
            ArgumentError,
            "Reshape: shape must be positive integers, one of which may be -1, got "
            "(2.0, 3).",
        ),
        (
            (0, 3),
            ArgumentError,
            "Reshape: shape must be positive integers, one of which may be -1, got (0, "
            "3).",
        ),
        (
            -2,
            ArgumentError,
            "Reshape: shape must be positive integers, one of which may be -1, got -2.",
        ),
        (
            True,
            ArgumentError,
            "Reshape: shape must be positive integers, one of which may be -1, got "
            "True.",
        ),
        (
            (-1, 2, -1),
            ArgumentError,
            "Reshape: one size may be -1, got (-1, 2, -1). Write out the others.",
        ),
        (
            (4, 4),
            ShapeError,
            "Reshape 'reshape_1': cannot arrange the 12 values of a sample of shape "
            "(2, 6) as (4, 4). The sizes must multiply to 12.",
        ),
        (
            (5, -1),
            ShapeError,
            "Reshape 'reshape_1': cannot arrange the 12 values of a sample of shape "
            "(2, 6) as (5, -1). The sizes must multiply to 12.",
        ),
    ],
)
def test_reshape_checks_its_sizes(shape, kind, message):
    def call():
        gp.Network([gp.Reshape(shape)])(normal(5, 2, 6))

    assert refusal(kind, call) == message


# Layers of one's own ------------------------------------------------------------------


class Shift:
    def parameters(self, input_shape):
        return {"by": gp.Parameter(input_shape, 0.5)}

    def forward(self, p, x, run):
        return x + p["by"]


class Centre:
    def state(self, input_shape):
        return {"mean": gp.Parameter(input_shape, 0.0)}

    def forward(self, p, x, run):
        mean = np.mean(x, axis=0) if run.training else run.state["mean"]
        run.update(mean=0.9 * run.state["mean"] + 0.1 * mean)
        return x - mean


class Noise:
    def forward(self, p, x, run):
        return x + run.random(x.shape) if run.training else x


@dataclass(frozen=True)
class Bounded:
    strength: float = 0.5

    def parameters(self, input_shape):
        return {"w": gp.Parameter(input_shape, 2.0)}

    def penalty(self, p):
        return self.strength * np.sum(p["w"] ** 2)

    def forward(self, p, x, run):
        return x * p["w"]


class Residual:
    inner = gp.Dense(3, "tanh")

    def parameters(self, input_shape):
        return self.inner.parameters(input_shape)

    def forward(self, p, x, run):
        return x + self.inner.forward(p, x, run)


@pytest.mark.parametrize("kind", [Shift, Centre, Noise, Residual])
def test_a_layer_of_ones_own_takes_under_ten_lines(kind):
    lines = [line for line in inspect.getsource(kind).splitlines() if line.strip()]
    assert len(lines) < 10


@pytest.mark.parametrize("layer", [Shift(), Centre(), Noise(), Bounded(), Residual()])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_layer_of_ones_own_trains_like_any_other(layer, dtype):
    X, y = normal(20, 3).astype(dtype), normal(20, 2)
    net = gp.Network(
        [gp.Dense(3, name="a"), layer, gp.Dense(2, name="b")], loss="huber"
    )
    history = net.fit(X, y, epochs=30, verbose=False)
    assert history["loss"][-1] < history["loss"][0]
    assert net.check_gradients(X, y).ok
    assert net(X).dtype == dtype
    assert f"-> {type(layer).__name__}(" in net.source()


def test_own_parameters_are_found_named_and_trained():
    net = gp.Network([Shift()], loss="half_squared_error")
    X, y = normal(20, 3), normal(20, 3)
    net(X)
    assert net.parameters["shift_1.by"].tolist() == [0.5, 0.5, 0.5]
    np.testing.assert_allclose(
        net.gradients(X, y)["shift_1.by"], (X + 0.5 - y).mean(axis=0)
    )


def test_own_state_is_written_while_training_only():
    X = normal(20, 3) + 4
    net = gp.Network([Centre()], loss="half_squared_error")
    net(X)
    assert (net.values["centre_1.mean"] == 0).all()
    net.fit(X, X, batch_size=None, epochs=2, verbose=False)
    mean = X.mean(axis=0)
    twice = 0.9 * (0.1 * mean) + 0.1 * mean
    np.testing.assert_allclose(net.values["centre_1.mean"], twice)
    np.testing.assert_allclose(net(X), X - twice)
    assert list(net.parameters) == []


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_own_state_may_be_written_as_a_python_number(dtype):
    class Told:
        def state(self, input_shape):
            return {"trained": gp.Parameter((), 0.0)}

        def forward(self, p, x, run):
            run.update(trained=1)
            return x

    net = gp.Network([Told(), gp.Dense(1)], loss="huber", dtype=dtype)
    net.fit(normal(4, 2), normal(4, 1), verbose=False)
    assert net.values["told_1.trained"] == 1
    assert net.values["told_1.trained"].dtype == dtype


def test_own_state_is_outside_of_the_gradient():
    class Remember:
        def parameters(self, input_shape):
            return {"w": gp.Parameter(input_shape, 2.0)}

        def state(self, input_shape):
            return {"last": gp.Parameter(input_shape, 0.0)}

        def forward(self, p, x, run):
            run.update(last=p["w"] * 100)
            return x * p["w"]

    X = np.ones((4, 1))
    net = gp.Network([Remember()], loss="half_squared_error")
    net.fit(X, X, optimizer=gp.SGD(0.5), verbose=False)
    assert net.parameters["remember_1.w"].tolist() == [1.5]  # slope (2 - 1) * 1
    assert net.values["remember_1.last"].tolist() == [200.0]


def test_own_random_numbers_come_from_the_network():
    X = np.zeros((500, 40))
    losses = watched([Noise()], X, epochs=3)
    assert np.mean(losses) == pytest.approx(0.5, abs=5 / math.sqrt(12 * 3 * X.size))
    assert len(set(losses)) == 3
    assert losses == watched([Noise()], X, epochs=3)


def test_own_penalty_is_added_to_the_loss():
    X, y = normal(6, 2), normal(6, 2)
    net = gp.Network([Bounded(0.25)], loss="mean_squared_error")
    expected = ((2 * X - y) ** 2).mean() + 0.25 * 8
    assert net.evaluate(X, y)["loss"] == pytest.approx(expected)
    slope = (2 * X * (2 * X - y)).mean(axis=0) / 2 + 0.25 * 2 * 2
    np.testing.assert_allclose(net.gradients(X, y)["bounded_1.w"], slope)


def test_layers_nest():
    class Both:
        def __init__(self, **layers):
            self.layers = layers

        def parameters(self, input_shape):
            return {
                f"{name}.{key}": one
                for name, layer in self.layers.items()
                for key, one in layer.parameters(input_shape).items()
            }

        def forward(self, p, x, run):
            parts = [
                layer.forward({k: p[f"{name}.{k}"] for k in ("weight", "bias")}, x, run)
                for name, layer in self.layers.items()
            ]
            return np.concatenate(parts, axis=1)

    both = Both(left=gp.Dense(2, "tanh"), right=gp.Dense(3, "relu"))
    net = gp.Network([both, gp.Dense(1)], loss="huber")
    X, y = normal(8, 4), normal(8, 1)
    assert net(X).shape == (8, 1)
    assert list(net.parameters)[:4] == [
        "both_1.left.weight",
        "both_1.left.bias",
        "both_1.right.weight",
        "both_1.right.bias",
    ]
    net.fit(X, y, epochs=3, verbose=False)
    assert net.check_gradients(X, y).ok
    values = net.parameters
    hidden = np.concatenate(
        [
            np.tanh(X @ values["both_1.left.weight"] + values["both_1.left.bias"]),
            np.maximum(
                X @ values["both_1.right.weight"] + values["both_1.right.bias"], 0
            ),
        ],
        axis=1,
    )
    np.testing.assert_allclose(
        net(X), hidden @ values["dense_1.weight"] + values["dense_1.bias"]
    )


def own(**methods):
    """Make a layer of functions."""
    methods.setdefault("forward", lambda self, p, x, run: x)
    return type("Own", (), methods)()


@pytest.mark.parametrize(
    ("layer", "kind", "message"),
    [
        (
            own(forward=lambda self, p, x, run: np.sum(x, axis=0)),
            ShapeError,
            "Own 'own_1': expected output of shape (n, ...), a row for each row of the "
            "input, got (2,) from input (n, 2).",
        ),
        (
            own(forward=lambda self, p, x, run: x @ x.T),
            ShapeError,
            "Own 'own_1': the output (n, n) has n in more than one place.",
        ),
        (
            own(parameters=lambda self, shape: {"w": shape}),
            ArgumentError,
            "Own 'own_1': parameters must give a glassprop.Parameter for 'w', got "
            "(2,). Write gp.Parameter(shape).",
        ),
        (
            own(forward=lambda self, p, x, run: run.update(mean=x) or x),
            ArgumentError,
            "Own 'own_1': run.update(mean=...), but the layer's state has no entries.",
        ),
        (
            own(
                state=lambda self, shape: {"mean": gp.Parameter(shape, 0.0)},
                forward=lambda self, p, x, run: run.update(mean=np.mean(x)) or x,
            ),
            ShapeError,
            "Own 'own_1': run.update(mean=...): expected shape (2,), as the layer's "
            "state says, got ().",
        ),
        (
            own(forward=lambda self, p, x, run: x @ np.ones((3, 1))),
            ShapeError,
            "Own 'own_1': cannot multiply (n, 2) @ (3, 1): the last axis of the first "
            "is 2, the matching axis of the second is 3.",
        ),
        (
            own(
                parameters=lambda self, shape: {
                    "weight": gp.Parameter(shape),
                    "bias": gp.Parameter(shape),
                },
                forward=lambda self, p, x, run: x * p["weigth"],
            ),
            ArgumentError,
            "Own 'own_1': p['weigth'] is read but not declared; "
            "parameters(input_shape) gives 'weight', 'bias'. Did you mean 'weight'? "
            "Each name that is read must be there, {'weigth': gp.Parameter(shape)}.",
        ),
        (
            own(forward=lambda self, p, x, run: x - run.state["mean"]),
            ArgumentError,
            "Own 'own_1': run.state['mean'] is read but not declared; "
            "state(input_shape) gives nothing. Each name that is read must be there, "
            "{'mean': gp.Parameter(shape)}.",
        ),
        (
            own(
                state=lambda self, shape: {"seen": gp.Parameter(shape, 0.0)},
                forward=lambda self, p, x, run: (
                    run.update(seen=np.argmax(x, axis=0)) or x
                ),
            ),
            ArgumentError,
            "Own 'own_1': run.update(seen=...): expected dtype float64, the "
            "network's, in which state is kept, got int64. Convert it, "
            "value.astype(x.dtype).",
        ),
        (
            own(
                parameters=lambda self, shape: {"k": gp.Parameter(shape)},
                state=lambda self, shape: {"k": gp.Parameter(shape)},
            ),
            ArgumentError,
            "Own 'own_1': 'k' names both a parameter and a state. Give one of them "
            "another name.",
        ),
        (
            own(forward=lambda self, p, x: x),
            ArgumentError,
            "Own 'own_1': method '<lambda>' takes (p, x), but is called with (p, x, "
            "run). Write it as a function (p, x, run).",
        ),
        (
            own(parameters=lambda self: {}),
            ArgumentError,
            "Own 'own_1': method '<lambda>' takes (), but is called with "
            "(input_shape). Write it as a function (input_shape).",
        ),
    ],
    ids=[
        "no rows",
        "rows twice",
        "parameter",
        "update",
        "update shape",
        "product",
        "undeclared parameter",
        "undeclared state",
        "update dtype",
        "one name twice",
        "forward without run",
        "parameters without shape",
    ],
)
def test_a_layer_that_breaks_the_contract_is_refused_by_name(layer, kind, message):
    net = gp.Network([layer])
    assert refusal(kind, lambda: net(np.ones((4, 2)))) == message
    assert net.input_shape is None


def test_a_penalty_must_be_one_number():
    layer = own(
        parameters=lambda self, shape: {"w": gp.Parameter(shape, 1.0)},
        penalty=lambda self, p: p["w"] * 2,
    )
    net = gp.Network([layer], loss="huber")
    X = np.ones((4, 2))
    assert refusal(ShapeError, lambda: net.fit(X, X, verbose=False)) == (
        "Own 'own_1': penalty(p) must give one number, got shape (2,). Sum it, "
        "np.sum(...)."
    )
    assert net.input_shape is None
