"""Compiled code equals NumPy: rows, losses, optimizers, layers, and `fit`."""

from __future__ import annotations

import importlib
import sys
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

import glassprop as gp
from glassprop.backends import scalars
from glassprop.backends.contract import Steps
from glassprop.backends.installed import NEEDED
from glassprop.backends.loops import plan
from glassprop.backends.run_numba import NumbaSteps
from glassprop.backends.run_numpy import NumpySteps
from glassprop.clipping import CLIPPINGS
from glassprop.constraints import CONSTRAINTS
from glassprop.errors import (
    ArgumentError,
    DivergenceError,
    GlasspropWarning,
    MissingExtraError,
    Unspelled,
)
from glassprop.layers import LAYERS, Columns
from glassprop.layers.activations import ACTIVATIONS
from glassprop.losses import LOSSES
from glassprop.ops import PRIMITIVES
from glassprop.optimizers import OPTIMIZERS, SGD, WRAPPERS, rules_of
from glassprop.programs import gradient_program
from glassprop.trees import named_parts, part_names
from networks import bits, example_target, fitting_outputs, refusal
from test_layers import EXAMPLES
from test_primitives import CASES, SMOOTH, pulled_back, weights_for
from tracing import case_inputs, interpreted, program_of

RNG = np.random.default_rng(4)
ROWS = 15
X = RNG.normal(size=(ROWS, 3))
Y = RNG.normal(size=(ROWS, 2))
# Of one operation and of a step: float64, and float32 with its 6e-8.
CLOSE = {"float64": 1e-12, "float32": 2e-6}

# Few large loops compile faster than many small ones.
large_loops = pytest.mark.usefixtures("one_loop")
needs_numba = pytest.mark.usefixtures("numba")


@pytest.fixture
def numba():
    return pytest.importorskip("numba")


@pytest.fixture
def one_loop(monkeypatch):
    monkeypatch.setattr("glassprop.backends.fusion.CHECKS", 10**6)


def quietly(net, *data, **options):
    return net.fit(*data, verbose=False, **options)


# Rows ---------------------------------------------------------------------------------


def unspelled(program):
    """Give what a program has that compiled code cannot do; None if nothing."""
    try:
        plan(program)
    except Unspelled as error:
        return str(error)
    return None


def value_of(row, case):
    return lambda *inputs: (row(*inputs, **case.attributes),)


def gradient_of(row, case):
    """Give a function to the slopes of a row, as the tests of the rows have it."""
    examples = case_inputs(case, np.float64)
    weights = weights_for(row, case, examples)

    def slopes(*traced):
        moving, function = pulled_back(row, case, examples, weights)
        return tuple(function(*traced)) if moving else ()

    return slopes


def spelled_cases(cases, kind, dtype):
    """Give the cases that compiled code can do, and what stops it at the others."""
    found, missing = [], {}
    for row, case in (one.values for one in cases):
        inputs = case_inputs(case, dtype)
        why = unspelled(program_of(kind(row, case), *inputs))
        if why is None:
            found.append((row, case, inputs))
        else:
            missing.setdefault(row.name, set()).add(why)
    return found, missing


def all_at_once(cases, kind):
    """Make one program of many cases, which is compiled in one go.

    Cases with equal inputs share them, so that their loops can become one.
    """
    inputs = {}
    for _, _, given in cases:
        for one in given:
            inputs.setdefault((one.tobytes(), one.shape, one.dtype), one)
    places = {key: at for at, key in enumerate(inputs)}

    def whole(*traced):
        results = []
        for row, case, given in cases:
            keys = [(one.tobytes(), one.shape, one.dtype) for one in given]
            results += kind(row, case)(*(traced[places[key]] for key in keys))
        return tuple(results)

    given = list(inputs.values())
    return program_of(whole, *given), given


def assert_program_equals_numpy(cases, kind, tolerance):
    program, inputs = all_at_once(cases, kind)
    with np.errstate(all="ignore"):
        expected = interpreted(program, *inputs)
    steps = NumbaSteps(program)
    results = steps.run(dict(zip(program.inputs, inputs, strict=True)))
    assert len(results) == len(expected)
    for value, right, node in zip(
        results.values(), expected, program.outputs.values(), strict=True
    ):
        assert (value.dtype, value.shape) == (right.dtype, right.shape)
        np.testing.assert_allclose(
            value, right, rtol=tolerance, atol=tolerance, err_msg=repr(node)
        )


# What compiled code cannot do yet.
UNSPELLED_ROWS = {
    *("windows", "add_windows"),
    *("solve", "inv", "det", "logabsdet", "detsign", "cholesky", "pinv"),
    *("eigenvalues", "eigenvectors"),
}


def second_cases(cases):
    """Give the second case of each row, or its only one: compiling takes its time."""
    by_row = {}
    for one in cases:
        by_row.setdefault(one.values[0], []).append(one)
    return [found[min(1, len(found) - 1)] for found in by_row.values()]


@needs_numba
@large_loops
def test_every_row_equals_numpy_or_is_declared():
    cases, missing = spelled_cases(CASES, value_of, np.float64)
    assert missing.keys() == UNSPELLED_ROWS
    assert {row.name for row, _, _ in cases} == {
        name for name, row in PRIMITIVES.items() if row.cases
    } - UNSPELLED_ROWS
    assert_program_equals_numpy(cases, value_of, CLOSE["float64"])


@pytest.mark.no_cover
@needs_numba
@large_loops
def test_every_row_equals_numpy_in_float32():
    cases, _ = spelled_cases(second_cases(CASES), value_of, np.float32)
    assert len(cases) > 60
    assert_program_equals_numpy(cases, value_of, CLOSE["float32"])


@pytest.mark.no_cover
@needs_numba
@large_loops
def test_every_gradient_equals_numpy_or_is_declared():
    cases, missing = spelled_cases(second_cases(SMOOTH), gradient_of, np.float64)
    stopped = {name for whys in missing.values() for name in whys}
    assert {name.partition(" ")[0] for name in stopped} <= UNSPELLED_ROWS
    assert len(cases) > 60
    assert_program_equals_numpy(cases, gradient_of, CLOSE["float64"])


EDGES = np.array(
    [0.0, -0.0, np.inf, -np.inf, np.nan, 1.0, -1.0, 2.5, -7.0, 710.0, -800.0, 5e-324]
)
WHOLE = np.array([0, 1, -1, 2, -2, 7, -7, 62, 2**62, -(2**63)])
OF_ONE = ["exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sqrt", "cbrt"]
OF_ONE += ["tanh", "sigmoid", "softplus", "erf", "sinc", "absolute", "sign", "floor"]
OF_ONE += ["ceil", "trunc", "rint", "isnan", "isinf", "isfinite", "signbit", "negative"]
OF_ONE += ["logical_not"]
OF_TWO = ["maximum", "minimum", "fmax", "fmin", "less", "greater_equal", "divide"]
OF_TWO += ["floor_divide", "remainder", "fmod", "heaviside", "float_power", "copysign"]
OF_TWO += ["logaddexp", "logaddexp2"]
REDUCED = {"max": np.max, "min": np.min, "sum": np.sum}
# NumPy does not say which of 0.0 and -0.0 is larger: that depends on the length.
TIES = {"maximum", "minimum", "fmax", "fmin", "max", "min"}


def assert_rows_equal_numpy(names, pairs, reduced, edges, tolerance):
    """Compare rows of one and two inputs and reductions, signs of zeros included."""
    one, two = (x.reshape(-1) for x in np.meshgrid(edges, edges))
    labels = [*names, *pairs, *reduced]

    def whole(x, y):
        found = [PRIMITIVES[name](x) for name in names]
        found += [PRIMITIVES[name](x, y) for name in pairs]
        return (*found, *(REDUCED[name](x) for name in reduced))

    program = program_of(whole, one, two)
    with np.errstate(all="ignore"):
        expected = interpreted(program, one, two)
    results = NumbaSteps(program).run({"x0": one, "x1": two})
    for name, value, right in zip(labels, results.values(), expected, strict=True):
        assert value.dtype == right.dtype, name
        np.testing.assert_allclose(value, right, rtol=tolerance, err_msg=name)
        if name not in TIES and value.dtype.kind == "f":
            signs = (
                np.where(np.isnan(x), 1, np.copysign(1, x)) for x in (value, right)
            )
            np.testing.assert_array_equal(*signs, err_msg=f"signs of {name}")


@pytest.mark.no_cover
@needs_numba
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_rows_equal_numpy_at_the_edges(dtype):
    edges = EDGES.astype(dtype)
    close = {"float64": 1e-12, "float32": 1e-6}[dtype]
    assert_rows_equal_numpy(OF_ONE, OF_TWO, REDUCED, edges, close)


@pytest.mark.no_cover
@needs_numba
def test_rows_of_whole_numbers_equal_numpy_at_the_edges():
    names = ["exp", "tanh", "erf", "signbit", "isnan", "isfinite", "floor", "trunc"]
    names += ["rint", "absolute", "negative", "sign", "cbrt", "sinc"]
    pairs = ["maximum", "minimum", "fmax", "fmin", "floor_divide", "remainder", "fmod"]
    pairs += ["heaviside", "float_power", "divide", "multiply", "less"]
    assert_rows_equal_numpy(names, pairs, ["sum"], WHOLE, 1e-12)


FEW_BITS = {
    "bool": np.array([False, True]),
    "int8": np.array([-128, -1, 0, 3, 100, 127], np.int8),
    "uint8": np.array([0, 1, 7, 200, 255], np.uint8),
    "int32": np.array([-(2**31), -7, 0, 2**31 - 1], np.int32),
}
PAIRS = [("int8", "int8"), ("bool", "bool"), ("uint8", "int8"), ("int32", "bool")]


@needs_numba
@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
def test_whole_numbers_of_few_bits_equal_numpy(pair):
    one, two = (x.reshape(-1) for x in np.meshgrid(*(FEW_BITS[key] for key in pair)))
    names = []
    for name in (*scalars.NUMBERS, *scalars.ANY):
        ufunc = PRIMITIVES[name].numpy
        try:  # NumPy refuses to subtract truth values, and negative exponents
            with np.errstate(all="ignore"):
                ufunc(*(one, two)[: ufunc.nin])
        except (TypeError, ValueError):
            continue
        names.append(name)
    assert len(names) > 15

    def whole(x, y):
        found = [
            PRIMITIVES[name](*(x, y)[: PRIMITIVES[name].numpy.nin]) for name in names
        ]
        found += [f(x) for f in (np.sort, np.argmax, np.max, np.min, np.sum, np.prod)]
        return (*found, np.concatenate([x, y]), np.einsum("i,i->", x, y))

    program = program_of(whole, one, two)
    with np.errstate(all="ignore"):
        expected = interpreted(program, one, two)
    results = NumbaSteps(program).run({"x0": one, "x1": two})
    labels = [*names, *["more"] * (len(expected) - len(names))]
    for name, value, right in zip(labels, results.values(), expected, strict=True):
        assert value.dtype == right.dtype, name
        np.testing.assert_array_equal(value, right, err_msg=name)


@needs_numba
def test_powers_of_whole_numbers_are_numpys_or_refused():
    bases, exponents = (x.reshape(-1) for x in np.meshgrid(WHOLE, WHOLE[WHOLE >= 0]))
    program = program_of(lambda x, y: (PRIMITIVES["power"](x, y),), bases, exponents)
    steps = NumbaSteps(program)
    (result,) = steps.run({"x0": bases, "x1": exponents}).values()
    np.testing.assert_array_equal(result, np.power(bases, exponents))
    message = refusal(ValueError, lambda: np.power(bases, -exponents))
    call = lambda: steps.run({"x0": bases, "x1": -exponents})  # noqa: E731
    assert refusal(ValueError, call) == message


@needs_numba
def test_powers_of_whole_numbers_train_as_with_numpy():
    powers = gp.Lambda(lambda x: 0.1 * 2 ** x.astype(int) + x.astype(np.int8) ** 2)
    whole = np.arange(8.0).reshape(-1, 1)
    one, two = (
        gp.Network([powers, gp.Dense(1)], loss="half_squared_error") for _ in range(2)
    )
    quietly(one, whole, whole, backend="numpy", epochs=3, batch_size=3)
    quietly(two, whole, whole, backend="numba", epochs=3, batch_size=3)
    for name, value in one.values.items():
        np.testing.assert_allclose(two.values[name], value, rtol=1e-12)


# Networks -----------------------------------------------------------------------------


def steps_of(net, x, y, optimizer):
    """Make both back ends' steps, and the values that they start from."""
    quietly(net, x, y, optimizer=optimizer, epochs=1)
    program = net.recipe.program(net.structure)
    return (
        NumpySteps(program),
        NumbaSteps(program),
        {**net.values, **net.training.memory},
    )


def run(steps: Steps, start, data, order, batch_size, *, many=None):
    values = {key: np.array(value) for key, value in start.items()}
    rates = np.full(
        many or -(-len(order) // batch_size), 0.01, next(iter(values.values())).dtype
    )
    with np.errstate(all="ignore"), steps.holding(values, batch_size) as run:
        losses = run(data, order, rates, seed=0, first_step=2)
    return losses, values


def assert_same_training(net, x, y, optimizer="adam", dtype="float64"):
    """Compare one step with 1, 7 and all rows, and ten epochs of 7, 7 and 1 rows.

    More steps allocate no more memory.
    """
    reference, steps, start = steps_of(net, x, y, optimizer)
    data = named_parts(part_names("x", x), x) | named_parts(part_names("y", y), y)
    close = CLOSE[dtype]
    for rows in (1, 7, ROWS):
        order = np.arange(ROWS)[::-1][:rows].copy()
        one, two = (run(each, start, data, order, rows) for each in (reference, steps))
        compare(one, two, close)
    order = np.random.default_rng(1).permutation(ROWS)
    one, two = (
        run(each, start, data, order, 7, many=30) for each in (reference, steps)
    )
    compare(one, two, 1e-8 if dtype == "float64" else 1e-4)


def compare(one, two, tolerance):
    (losses, values), (other_losses, other_values) = one, two
    np.testing.assert_allclose(other_losses, losses, rtol=tolerance, atol=tolerance)
    for key, value in values.items():
        scale = tolerance * max(1.0, float(np.abs(value).max(initial=0)))
        np.testing.assert_allclose(
            other_values[key], value, rtol=tolerance, atol=scale, err_msg=key
        )


def loss_network(names):
    """Make a network with an output for each loss, and targets for them."""
    rng, layers, targets = np.random.default_rng(2), [], []
    for name in names:
        outputs = fitting_outputs(LOSSES[name], 3)
        layers.append(gp.Dense(outputs, name=name))
        targets.append(example_target(LOSSES[name], ROWS, outputs, rng))
    heads = [gp.Dense(4, "tanh"), gp.Parallel(layers)]
    return gp.Network(heads, loss=list(names), input_shape=3, seed=1), tuple(targets)


@pytest.mark.no_cover
@needs_numba
def test_every_loss_trains_as_with_numpy():
    net, y = loss_network(LOSSES)
    assert_same_training(net, X, y, gp.SGD(0.01, momentum=0.9))


OPTIONS_OF = {"LayerRates": {"factors": {"parallel_1.LayerRates": 0.5}}}
WAYS = {
    **{name: kind() for name, kind in OPTIMIZERS.items()},
    **{
        name: kind(gp.Adam(), **OPTIONS_OF.get(name, {}))
        for name, kind in WRAPPERS.items()
    },
}


class OneForEachLayer(SGD):
    """The optimizer that a layer is named after, for each of its parameters."""

    def rules(self, names):
        ways = {name: WAYS[name.split(".")[-2]] for name in names}
        return {name: rules_of(way, [name])[name] for name, way in ways.items()}


@pytest.mark.no_cover
@needs_numba
def test_every_optimizer_trains_as_with_numpy():
    heads = gp.Parallel([gp.Dense(2, name=name) for name in WAYS])
    losses = ["half_squared_error"] * len(WAYS)
    net = gp.Network([heads], loss=losses, input_shape=3, seed=1)
    assert_same_training(net, X, (Y,) * len(WAYS), OneForEachLayer())


def keeping_layers():
    """Give the first example of each layer that makes 3 numbers of 3, by its name."""
    return {
        name: examples[0].layer
        for name, examples in EXAMPLES.items()
        if not isinstance(examples[0].X, tuple)
        and examples[0].X.shape[1:] == examples[0].output == (3,)
    }


LAYER_NETWORKS = {
    "matrices": (
        {"Reshape", "Flatten"},
        [gp.Reshape((3, 2)), gp.PReLU(), gp.Flatten()],
    ),
    "branches": (
        {"Parallel", "Add", "Concatenate"},
        [
            gp.Parallel([gp.Dense(3), gp.PReLU()]),
            gp.Add(),
            gp.Concatenate([[gp.Dense(1)], [gp.Dense(2)]]),
        ],
    ),
    "columns": ({"Columns"}, [Columns((0, 0, 3), flagged=(0,))]),
    "random": (
        {"Dropout", "GaussianNoise"},
        [gp.Dense(5), gp.Dropout(0.3), gp.GaussianNoise(0.1)],
    ),
    "others": (
        {"Dense", "Add", *keeping_layers()},
        [gp.Dense(3), gp.Add([[one] for one in keeping_layers().values()])],
    ),
}


def test_every_layer_is_in_one_of_the_networks():
    tried = set().union(*(names for names, _ in LAYER_NETWORKS.values()))
    assert tried == LAYERS.keys()


@pytest.mark.no_cover
@needs_numba
@pytest.mark.parametrize("layers", LAYER_NETWORKS)
def test_layers_train_as_with_numpy(layers):
    net = gp.Network([*LAYER_NETWORKS[layers][1], gp.Dense(2)], loss="huber", seed=3)
    shape = (ROWS, 2, 3) if layers == "matrices" else (ROWS, 3)
    x = np.random.default_rng(3).normal(size=shape)
    if layers == "columns":
        x = np.resize(EXAMPLES["Columns"][0].X, shape)  # codes, and missing values
    assert_same_training(net, x, Y)


@needs_numba
def test_a_layer_that_cannot_be_compiled_is_refused_by_name():
    def solved(z):
        return np.linalg.solve(np.eye(3), z.T).T

    net = gp.Network([gp.Lambda(solved, name="solved")], loss="huber")
    message = refusal(ArgumentError, lambda: quietly(net, X, X, backend="numba"))
    assert message == (
        "backend 'numba' cannot compile solve of layer 'solved' yet. Use "
        "backend='numpy', or leave it at 'auto'."
    )


@pytest.mark.no_cover
@needs_numba
def test_all_activations_train_as_with_numpy():
    layers = [[gp.Dense(3), gp.Activation(name)] for name in ACTIVATIONS]
    net = gp.Network([gp.Add(layers), gp.Dense(2)], loss="huber", seed=1)
    assert_same_training(net, X, Y)


@pytest.mark.no_cover
@needs_numba
def test_float32_stays_float32():
    net = gp.Network(
        [gp.Dense(8, "relu"), gp.BatchNorm(), gp.Dense(3, "sigmoid"), gp.Dense(3)],
        loss="cross_entropy",
        dtype=np.float32,
        seed=1,
    )
    labels = np.arange(ROWS) % 3
    assert_same_training(net, X.astype(np.float32), labels, dtype="float32")
    assert "float64(" not in net.source(backend="numba").replace("np.float64(x", "")


@pytest.mark.no_cover
@needs_numba
def test_gradients_equal_numpy():
    net = gp.Network([gp.Dense(4, "tanh"), gp.Dense(2)], loss="log_cosh", seed=1)
    quietly(net, X, Y)
    program = gradient_program(net.structure, net.loss, net.recipe.target)
    results = NumbaSteps(program).run({**net.values, "x": X, "y": Y})
    expected = net.gradients(X, Y)
    for key, value in expected.items():
        np.testing.assert_allclose(results[f"d {key}"], value, rtol=1e-12, atol=1e-15)


def assert_same_fit(make, x, y, **options):
    """Compare three epochs of `fit`, the last batch of each smaller."""
    numpys, ours = make(), make()
    options |= {"epochs": 3, "batch_size": 4}
    expected = quietly(numpys, x, y, backend="numpy", **options)
    history = quietly(ours, x, y, backend="numba", **options)
    np.testing.assert_allclose(history["loss"], expected["loss"], rtol=1e-12)
    for key, value in numpys.values.items():
        np.testing.assert_allclose(
            ours.values[key], value, rtol=1e-10, atol=1e-12, err_msg=key
        )


@pytest.mark.no_cover
@needs_numba
@pytest.mark.parametrize("name", CLIPPINGS)
@pytest.mark.parametrize("hidden", [(), (4,)])
def test_every_clipping_trains_as_with_numpy(name, hidden):
    """A bias of one unit has one slope alone, which is reduced to a norm too."""
    layers = [*(gp.Dense(units, "tanh") for units in hidden), gp.Dense(1)]
    make = lambda: gp.Network(layers, loss="half_squared_error", seed=1)  # noqa: E731
    clip = CLIPPINGS[name](0.01)
    assert_same_fit(make, X, Y[:, :1], clip=clip, optimizer=gp.SGD(0.5))


@pytest.mark.no_cover
@needs_numba
@pytest.mark.parametrize("units", [1, 3])
def test_every_constraint_trains_as_with_numpy(units):
    layers = [
        gp.Dense(units, "tanh", constraint=kind(0.5) if name == "MaxNorm" else kind())
        for name, kind in CONSTRAINTS.items()
    ]
    layers.append(gp.Dense(1, l1=0.1, l2=0.1, prior_precision=0.1))
    make = lambda: gp.Network(layers, loss="half_squared_error", seed=1)  # noqa: E731
    assert_same_fit(make, X, Y[:, :1], optimizer=gp.SGD(0.5))


# fit ----------------------------------------------------------------------------------


def classifier():
    return gp.Network([gp.Dense(4, "tanh"), gp.Dense(3)], loss="cross_entropy", seed=2)


LABELS = np.arange(ROWS) % 3
OPTIONS = {"batch_size": 4, "backend": "numba"}


@pytest.mark.no_cover
@needs_numba
def test_fit_equals_numpys_and_five_and_five_epochs_are_ten():
    whole, parts, numpys = classifier(), classifier(), classifier()
    weights = np.linspace(0.5, 2, ROWS)
    history = quietly(whole, X, LABELS, sample_weight=weights, epochs=10, **OPTIONS)
    for _ in range(2):
        quietly(parts, X, LABELS, sample_weight=weights, epochs=5, **OPTIONS)
    assert bits(whole) == bits(parts)
    expected = quietly(
        numpys, X, LABELS, sample_weight=weights, epochs=10, batch_size=4
    )
    np.testing.assert_allclose(history["loss"], expected["loss"], rtol=1e-8)
    for key, value in numpys.values.items():
        np.testing.assert_allclose(whole.values[key], value, rtol=1e-8)


@needs_numba
def test_divergence_is_told_as_with_numpy():
    messages = []
    for backend in ("numpy", "numba"):
        net = gp.Network([gp.Dense(1)], loss="half_squared_error")
        options = {"optimizer": gp.SGD(1e60), "batch_size": 5, "shuffle": False}
        options |= {"backend": backend, "epochs": 2}
        call = lambda: quietly(net, X, Y[:, :1], **options)  # noqa: B023, E731
        messages.append((refusal(DivergenceError, call), net.training.steps))
        assert all(np.isfinite(value).all() for value in net.values.values())
    assert messages[0] == messages[1]
    assert messages[0][0].startswith("training diverged in epoch ")


@pytest.mark.no_cover
@needs_numba
def test_data_need_not_be_contiguous():
    one, two = classifier(), classifier()
    wide = np.repeat(X, 2, axis=1)
    quietly(one, np.asfortranarray(X), LABELS, **OPTIONS)
    quietly(two, wide[:, ::2], LABELS, **OPTIONS)
    assert bits(one) == bits(two)


@needs_numba
def test_data_may_be_read_only():
    def read_only(array):
        copy = array.copy()
        copy.flags.writeable = False
        return copy

    weights = np.linspace(0.5, 1.5, len(X))
    one, two = classifier(), classifier()
    quietly(one, X, LABELS, sample_weight=weights, **OPTIONS)
    given = [read_only(x) for x in (X, LABELS, weights)]
    quietly(two, *given[:2], sample_weight=given[2], **OPTIONS)
    assert bits(one) == bits(two)
    for threads in (1, 2):
        predictor = one.predictor(backend="numba", threads=threads)
        np.testing.assert_array_equal(predictor(given[0]), predictor(X))


@needs_numba
def test_data_need_not_be_aligned():
    def behind_a_byte(array):
        found = np.frombuffer(bytearray(array.nbytes + 1), array.dtype, array.size, 1)
        found = found.reshape(array.shape)
        found[...] = array
        assert not found.flags.aligned
        return found

    one, two = classifier(), classifier()
    quietly(one, X, LABELS, **OPTIONS)
    quietly(two, behind_a_byte(X), behind_a_byte(LABELS), **OPTIONS)
    assert bits(one) == bits(two)
    predictor = one.predictor(backend="numba")
    np.testing.assert_array_equal(predictor(behind_a_byte(X)), predictor(X))


@needs_numba
def test_the_source_is_what_is_compiled():
    net = classifier()
    quietly(net, X, LABELS, **OPTIONS)
    steps = NumbaSteps(net.recipe.program(net.structure), 4)
    assert net.source(backend="numba", batch_size=4) == steps.source
    call = lambda: net.source(backend="jax")  # noqa: E731
    assert refusal(ArgumentError, call) == (
        "unknown backend 'jax'. Expected 'numpy' or 'numba'."
    )
    for wrong in (0, -3, 1.5, True, None, "all"):
        call = partial(net.source, backend="numba", batch_size=wrong)
        assert refusal(ArgumentError, call) == (
            f"batch_size must be a positive integer, got {wrong!r}. Compiled code is "
            "made for batches of so many rows."
        )


@needs_numba
def test_what_was_compiled_before_compiles_nothing_again(monkeypatch):
    net = classifier()
    quietly(net, X, LABELS, **OPTIONS)
    program = net.recipe.program(net.structure)

    def compiled(*_given):
        raise AssertionError

    monkeypatch.setattr("glassprop.backends.disk_cache._loaded", {})
    monkeypatch.setattr("glassprop.backends.disk_cache._compiled", compiled)
    steps = NumbaSteps(replace(program), 4)
    assert "def epoch(" in steps.source
    assert steps.main.name.startswith("step_")


@needs_numba
def test_a_minimizer_is_refused():
    net, options = classifier(), {"optimizer": "lbfgs", "backend": "numba"}
    message = (
        "backend 'numba' runs step by step, and LBFGS takes all rows at once. Use "
        "backend='numpy', or leave it at 'auto'."
    )
    call = lambda: quietly(net, X, LABELS, batch_size=None, **options)  # noqa: E731
    assert refusal(ArgumentError, call) == message
    quietly(net, X, LABELS, backend="numpy")
    assert refusal(ArgumentError, lambda: net.source(**options)) == message


@pytest.mark.parametrize("missing", NEEDED)
def test_without_the_extra_it_says_what_to_install(missing, monkeypatch):
    monkeypatch.setitem(sys.modules, missing, None)
    net = classifier()
    message = refusal(MissingExtraError, lambda: quietly(net, X, LABELS, **OPTIONS))
    assert message == (
        f"backend 'numba' needs {missing}, which is not installed. Install it: "
        'pip install "glassprop[fast]"'
    )
    assert net.training is None


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (
            ImportError("Numba needs NumPy 2.3 or less. Got NumPy 2.4."),
            "Numba needs NumPy 2.3 or less. Got NumPy 2.4",
        ),
        (ModuleNotFoundError("No module named 'x'", name="x"), "No module named 'x'"),
        (OSError("no libllvmlite\nand more"), "no libllvmlite"),
        (AttributeError(), "AttributeError"),
    ],
)
def test_what_is_installed_and_broken_is_told_with_its_own_words(
    error, shown, monkeypatch
):
    pytest.importorskip("numba")
    monkeypatch.setattr("glassprop.backends.disk_cache._loaded", {})
    monkeypatch.setattr("glassprop.backends.disk_cache.read", lambda *_place: None)
    found = importlib.import_module

    def broken(name, *rest):
        if name == "numba":
            raise error
        return found(name, *rest)

    net = classifier()
    monkeypatch.setattr(importlib, "import_module", broken)
    message = (
        f"backend 'numba' needs numba, which cannot be imported ({shown}). Install "
        'versions that fit each other: pip install --upgrade "glassprop[fast]"'
    )
    call = lambda: quietly(net, X, LABELS, **OPTIONS)  # noqa: E731
    assert refusal(MissingExtraError, call) == message
    monkeypatch.setattr("glassprop.backends.choice.IMPORT", -1e9)
    with pytest.warns(GlasspropWarning) as heard:
        for _ in range(2):  # the second one knows
            quietly(net, X, LABELS, **{**OPTIONS, "backend": "auto"})
        np.testing.assert_array_equal(net.predictor()(X), net(X))
    texts = [str(one.message) for one in heard]
    assert texts == [f"NumPy runs instead: {message}"] * 2
