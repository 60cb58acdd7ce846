"""Model files: what is saved comes back, nothing else is believed or run."""

from __future__ import annotations

import copy
import errno
import functools
import json
import math
import os
import pickle
import stat
import subprocess
import sys
from dataclasses import InitVar, dataclass, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

import glassprop as gp
from glassprop import model_files, save
from glassprop.clipping import CLIPPINGS
from glassprop.compiling import Compiled, build
from glassprop.constraints import CONSTRAINTS
from glassprop.errors import ArgumentError, GlasspropError, ModelFileError
from glassprop.initializers import INITIALIZERS, constant
from glassprop.layers import LAYERS, Columns
from glassprop.layers.activations import ACTIVATIONS
from glassprop.losses import LOSSES, Loss
from glassprop.optimizers import MINIMIZERS, OPTIMIZERS, WRAPPERS
from glassprop.records import FUNCTIONS, KINDS, NUMBERS, decode, encode
from networks import ANY_ACTIVATION

posix = pytest.mark.skipif(os.name != "posix", reason="links, signals, pipes")
NAME = "m.safetensors"
DAMAGED = (
    "The file is damaged, or another program changed it: copy it again, or save the "
    "network again."
)


@pytest.fixture(autouse=True)
def _in_a_directory_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def message(kind: type[GlasspropError], function, *arguments, **options) -> str:
    with pytest.raises(GlasspropError) as caught:
        function(*arguments, **options)
    assert type(caught.value) is kind
    return str(caught.value)


def same_bits(one, other) -> bool:
    return one.keys() == other.keys() and all(
        one[key].dtype == other[key].dtype
        and one[key].shape == other[key].shape
        and one[key].tobytes() == other[key].tobytes()
        for key in one
    )


def rows(count=20, width=4, dtype=np.float64):
    rng = np.random.default_rng(3)
    return rng.normal(size=(count, width)).astype(dtype)


# What a user may bring


@dataclass(frozen=True)
class Shift:
    """A layer of the user's own, with fields of every kind that is data."""

    by: Any = 0.0
    inner: Any = None
    start: Any = None
    name: str | None = None

    def parameters(self, input_shape):
        return {"offset": gp.Parameter(input_shape[-1:], self.start)}

    def forward(self, p, x, run):
        return x + p["offset"]


@dataclass(frozen=True)
class Twice:
    """A layer that holds another one."""

    inner: gp.Dense

    def parameters(self, input_shape):
        return self.inner.parameters(input_shape)

    def forward(self, p, x, run):
        return 2 * self.inner.forward(p, x, run)


@dataclass(frozen=True)
class Count:
    """A layer whose state changes with each step of training."""

    def state(self, input_shape):
        return {"seen": gp.Parameter((), 0.0)}

    def forward(self, p, x, run):
        if run.training:
            run.update(seen=run.state["seen"] + 1)
        return x * 1


@dataclass(frozen=True)
class Empty:
    """A layer with an array that has no elements."""

    def parameters(self, input_shape):
        return {"nothing": gp.Parameter((0, 3), 0.0)}

    def forward(self, p, x, run):
        return x * 1


@dataclass(frozen=True)
class Signs:
    """An optimizer of the user's own, which remembers an average of signs."""

    learning_rate: float = 0.01
    keep: float = 0.5

    def init(self, w):
        return {"average": np.zeros_like(w)}

    def scalars(self, rate, t):
        return rate

    def update(self, w, g, state, scalars):
        average = self.keep * state["average"] + (1 - self.keep) * np.sign(g)
        return w - scalars * average, {"average": average}


@dataclass(frozen=True)
class Ramp:
    """An initializer of the user's own."""

    step: float

    def __call__(self, rng, shape, dtype):
        return self.step * np.arange(math.prod(shape)).reshape(shape).astype(dtype)


def bent(z):
    return np.where(z > 0, z, 0.1 * z)


def quartic(output, y):
    return np.mean((output - y) ** 4, axis=1)


OWN = [Shift, Twice, Count, Signs, Ramp, bent, quartic]


# There and back


EXAMPLES: dict[str, list[tuple[Any, tuple[int, ...]]]] = {
    "Dense": [
        (gp.Dense(3), (4,)),
        (gp.Dense(np.int64(3), "relu", bias=False, l1=0.1, l2=0.2, name="d"), (2, 4)),
        (gp.Dense(2, frozen=True, initializer="he_normal"), (4,)),
        (gp.Dense(2, frozen=("bias",), initializer=constant(0.5)), (4,)),
        (gp.Dense(2, frozen=["weight"], initializer=0.25), (4,)),
        (gp.Dense(2, weights=(np.arange(8.0).reshape(2, 4).T, [1, 2])), (4,)),
    ],
    "Activation": [(gp.Activation("softmax", name="a"), (4,))],
    "Scale": [
        (gp.Scale(2), (3, 4)),
        (gp.Scale([1.0, 2, 3, 4], np.float32(0.1)), (4,)),
        (gp.Scale(np.arange(1.0, 5), (0.1, 0, 0, -0.0)), (4,)),
    ],
    "Columns": [(Columns((0, 3, 0), flagged=(2,)), (3,)), (Columns((2,)), (1,))],
    "Dropout": [(gp.Dropout(0.3), (4,)), (gp.Dropout(np.float32(0.25)), (4,))],
    "PReLU": [
        (gp.PReLU(), (2, 4)),
        (gp.PReLU(shared=True, initializer=constant(0.1), name="p"), (4,)),
        (gp.PReLU(frozen="slope"), (4,)),
    ],
    "Lambda": [(gp.Lambda(ACTIVATIONS["softmax"], name="a"), (4,))],
    "BatchNorm": [
        (gp.BatchNorm(), (4,)),
        (gp.BatchNorm(momentum=np.float32(0.5), epsilon=1, affine=False), (2, 4)),
        (gp.BatchNorm(frozen=["gain"], name="b"), (4,)),
    ],
    "LayerNorm": [
        (gp.LayerNorm(), (4,)),
        (gp.LayerNorm([0, np.int64(1)], epsilon=1e-3), (2, 4)),
        (gp.LayerNorm(0, affine=False, name="n"), (2, 4)),
    ],
    "GaussianNoise": [
        (gp.GaussianNoise(0.3), (4,)),
        (gp.GaussianNoise(np.float64(1)), (4,)),
    ],
    "Reshape": [
        (gp.Reshape((2, -1)), (4,)),
        (gp.Reshape([np.int64(4), 2]), (2, 4)),
        (gp.Reshape(-1), (2, 4)),
    ],
    "Residual": [
        (gp.Residual(gp.Dense(4, "tanh", frozen="bias")), (4,)),
        (gp.Residual([gp.BatchNorm(), gp.Dropout(0.2), gp.Dense(4)], name="r"), (4,)),
        (gp.Residual([gp.Residual([gp.Standardize(name="s")]), gp.PReLU()]), (4,)),
    ],
    "Parallel": [(gp.Parallel([[gp.Dense(3), gp.Standardize()]]), (4,))],
    "Concatenate": [
        (gp.Concatenate([[], gp.Dense(2), [gp.Dense(3), gp.LayerNorm()]]), (4,)),
        (gp.Concatenate([[], gp.Residual(gp.Dense(4))], axis=0, name="c"), (2, 4)),
    ],
    "Add": [(gp.Add([gp.Dense(2, l1=0.1), [gp.Dense(3), gp.Dense(2)]]), (4,))],
}
CASES = [
    pytest.param(layer, shape, id=f"{kind}-{at}")
    for kind in LAYERS
    for at, (layer, shape) in enumerate(EXAMPLES.get(kind, []))
]


def default_cases():
    """A layer that needs no argument is its own example."""
    made = []
    for kind in LAYERS:
        if kind not in EXAMPLES:
            try:
                made.append(pytest.param(LAYERS[kind](), (2, 3), id=kind))
            except TypeError:
                continue
    return made


def test_every_layer_has_an_example():
    named = {case.id.partition("-")[0] for case in CASES + default_cases()}
    assert named == set(LAYERS), "add an instance of the new layer to EXAMPLES"


@pytest.mark.no_cover
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("layer", "shape"), CASES + default_cases())
def test_every_layer_comes_back_and_goes_on_learning(layer, shape, dtype):
    net = gp.Network([layer, gp.Flatten(), gp.Dense(2)], loss="cross_entropy")
    X = np.abs(rows(24, math.prod(shape), dtype)).reshape(24, *shape).round()
    y = np.arange(24) % 2
    if isinstance(layer, Columns):
        X = np.minimum(X, 1)
    net.fit(X, y, epochs=2, batch_size=7, verbose=False)
    net.save(NAME)
    again = gp.load(NAME)
    assert [repr(one) for one in again.layers] == [repr(one) for one in net.layers]
    assert again.structure.dtype == net.structure.dtype == dtype
    assert same_bits(again.values, net.values)
    assert same_bits(again.training.memory, net.training.memory)
    assert again(X).tobytes() == net(X).tobytes()
    assert again.source() == net.source()
    assert again.summary() == net.summary()
    for one in (net, again):
        one.fit(X, y, epochs=1, batch_size=7, verbose=False)
    assert same_bits(again.values, net.values)


@pytest.mark.no_cover
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_five_epochs_a_file_and_five_are_ten(kind, dtype):
    X = rows(30, 4, dtype)
    y = (X[:, 0] > 0).astype(int)
    options = {"momentum": 0.9, "nesterov": True} if kind is gp.SGD else {}
    fitting = {
        "optimizer": kind(learning_rate=0.05, **options),
        "schedule": gp.schedules.Cosine(epochs=10, final=0.1),
        "batch_size": 8,
        "validation": 0.2,
        "class_weight": "balanced",
        "clip": 0.5,
        "verbose": False,
    }

    def start():
        layers = [
            gp.Standardize(),
            gp.Dense(5, "tanh", l2=0.01, name="hidden"),
            gp.Dropout(0.2),
            gp.Dense(2, frozen="bias"),
        ]
        return gp.Network(layers, loss="cross_entropy", seed=7, name="ten")

    ten = start()
    ten.fit(X, y, epochs=10, **fitting)
    five = start()
    five.fit(X, y, epochs=5, **fitting)
    five.save(NAME)
    again = gp.load(NAME)
    assert again.recipe == five.recipe
    history = again.fit(X, y, epochs=5, **fitting)
    assert same_bits(again.values, ten.values)
    assert same_bits(again.training.memory, ten.training.memory)
    assert (again.training.epochs, again.training.steps) == (10, 30)
    assert history.epochs[-1] == 10


def test_everything_else_comes_back():
    net = gp.Network([gp.Standardize(), gp.Dense(1)], seed=5, name='a "b"\n\ud800 ü')
    net.notes = {"plan": {"columns": ["ä", "b"], "limits": [1, -0.5, None, True]}}
    net.fit(rows(), rows(20, 1), loss="huber", optimizer="sgd", verbose=False)
    net.save(NAME)
    again = gp.load(NAME)
    for name in ("loss", "seed", "name", "input_shape", "recipe", "learned", "notes"):
        assert getattr(again, name) == getattr(net, name)
    assert again.training.optimizer == gp.SGD()
    assert again.dtype == np.float64
    again.parameters["dense_1.bias"] = [2.0]
    assert again.values["dense_1.bias"].tolist() == [2.0]


def test_a_network_that_never_learned_comes_back():
    net = gp.Network([gp.Dense(1), gp.Dense(2)], input_shape=(2, 3), dtype="float32")
    net.save(Path(NAME))
    again = gp.load(Path(NAME))
    assert (again.loss, again.training, again.recipe) == (None, None, None)
    assert same_bits(again.values, net.values)
    assert again.structure.dtype == np.float32


def test_networks_without_arrays_come_back():
    net = gp.Network([gp.Flatten()], input_shape=(2, 3))
    net.save(NAME)
    assert gp.load(NAME)(np.ones((1, 2, 3))).shape == (1, 6)


def test_empty_arrays_come_back():
    net = gp.Network([Empty(), gp.Dense(1)], input_shape=2)
    net.save(NAME)
    again = gp.load(NAME, functions=[Empty])
    assert again.values["empty_1.nothing"].shape == (0, 3)
    assert same_bits(again.values, net.values)


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_comes_back(loss):
    net = gp.Network([gp.Dense(2)], input_shape=2, loss=loss)
    net.save(NAME)
    assert gp.load(NAME).loss is LOSSES[loss]


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_comes_back_by_name_and_as_a_function(name):
    layers = [gp.Dense(2, name), gp.Activation(ACTIVATIONS[name])]
    gp.Network(layers, input_shape=2).save(NAME)
    assert gp.load(NAME).layers == layers


@pytest.mark.parametrize("name", INITIALIZERS)
def test_every_initializer_comes_back(name):
    options = {"value": 0.5} if name == "constant" else {}
    layers = [gp.Dense(2, initializer=INITIALIZERS[name](**options))]
    gp.Network(layers, input_shape=2).save(NAME)
    assert gp.load(NAME).layers == layers


def test_layers_that_were_added_after_training_come_back():
    net = gp.Network([gp.Dense(3, name="first")], loss="mean_squared_error")
    net.fit(rows(), rows(20, 3), verbose=False)
    net.add(gp.Dense(1))
    net.save(NAME)
    again = gp.load(NAME)
    for one in (net, again):
        one.fit(rows(), rows(20, 1), verbose=False)
    assert same_bits(again.values, net.values)
    assert again.training.epochs == net.training.epochs == 2


def test_a_changed_loss_comes_back_without_the_old_recipe():
    net = gp.Network([gp.Dense(1)], loss="mean_squared_error")
    net.fit(rows(), rows(20, 1), verbose=False)
    net.loss = LOSSES["huber"]
    net.save(NAME)
    again = gp.load(NAME)
    assert (again.loss, again.recipe) == (LOSSES["huber"], None)


def test_a_file_that_a_callback_saved_goes_on():
    def start():
        layers = [gp.Dense(3, "relu"), gp.Dropout(0.5), gp.Dense(1)]
        return gp.Network(layers, loss="mean_squared_error", name="callback")

    def save_at_three(net, history):
        if history.epochs[-1] == 3:
            net.save(NAME)

    fitting = {"batch_size": 6, "clip": np.float32(0.5), "verbose": False}
    net = start()
    net.fit(rows(), rows(20, 1), epochs=5, callbacks=[save_at_three], **fitting)
    again = gp.load(NAME)
    assert again.recipe == net.recipe
    again.fit(rows(), rows(20, 1), epochs=2, **fitting)
    assert same_bits(again.values, net.values)


def test_arrays_with_columns_first_come_back():
    W = np.asfortranarray(rows(4, 3))
    written = model_files.model_bytes({}, {"W": W, "T": W.T})
    assert written == model_files.model_bytes({}, {"W": W.copy("C"), "T": W.T.copy()})
    net = gp.Network([gp.Dense(3, weights=(W,))], input_shape=4)
    net.save(NAME)
    again = gp.load(NAME)
    assert again.values["dense_1.weight"].tolist() == W.tolist()
    assert net.values["dense_1.weight"].flags.c_contiguous
    assert again(rows(5)).tobytes() == net(rows(5)).tobytes()


def test_numbers_that_are_not_finite_come_back():
    net = gp.Network([gp.Dense(1), Shift(by=[math.inf, -math.inf])], input_shape=4)
    net.put({"dense_1.weight": [[np.nan], [np.inf], [-np.inf], [-0.0]]})
    net.save(NAME)
    again = gp.load(NAME, functions=[Shift])
    assert same_bits(again.values, net.values)
    assert again.layers == net.layers


def test_the_same_network_gives_the_same_bytes():
    def written(name):
        net = gp.Network([gp.Dense(3, "tanh"), gp.Dense(1)], loss="mean_squared_error")
        net.notes = {"b": 1, "a": [2]}
        net.fit(rows(), rows(20, 1), epochs=2, verbose=False)
        net.save(name)
        return Path(name).read_bytes()

    first = written(NAME)
    assert written("other.safetensors") == first
    gp.load(NAME).save("again.safetensors")
    assert Path("again.safetensors").read_bytes() == first


def test_other_programs_can_read_the_arrays():
    net = gp.Network([gp.Dense(3, name="hidden")], input_shape=2, dtype="float32")
    net.save(NAME)
    assert same_bits(load_file(NAME), net.values)


def test_importing_glassprop_does_not_import_safetensors():
    code = "import sys, glassprop; print('safetensors' in sys.modules)"
    run = [sys.executable, "-c", code]
    assert subprocess.run(run, capture_output=True, check=True).stdout.split() == [
        b"False"
    ]


# The user's own


def own_network():
    layers = [
        Shift(by=[1, (2.0, "a")], inner={"b": None}, start=Ramp(0.5), name="shift"),
        Twice(gp.Dense(3, bent, initializer=Ramp(0.1))),
        Count(),
        gp.Activation(np.tanh),
        gp.Dense(1),
    ]
    return gp.Network(layers, loss=quartic)


def test_what_is_the_users_own_comes_back():
    fitting = {"optimizer": Signs(0.02, keep=0.75), "verbose": False}
    net = own_network()
    net.fit(rows(), rows(20, 1), epochs=2, **fitting)
    net.save(NAME)
    again = gp.load(NAME, functions=[*OWN, np.tanh])
    assert again.layers == net.layers
    assert again.loss == net.loss
    for one in (net, again):
        one.fit(rows(), rows(20, 1), epochs=2, **fitting)
    assert same_bits(again.values, net.values)
    assert again.values["count_1.seen"] == 4


def test_what_was_not_passed_is_named():
    net = own_network()
    net.fit(rows(), rows(20, 1), optimizer=Signs(), verbose=False)
    net.save(NAME)
    assert message(ModelFileError, gp.load, NAME) == (
        "'m.safetensors': the network needs Count and Ramp and Shift and Signs and "
        "Twice and bent and quartic and tanh, and a file brings no code. Pass what it "
        "was saved with, functions=[Count, Ramp, Shift, Signs, Twice, bent, quartic, "
        "tanh]."
    )
    assert message(ModelFileError, gp.load, NAME, functions=[*OWN]) == (
        "'m.safetensors': the network needs tanh, and a file brings no code. Pass what "
        "it was saved with, functions=[tanh]."
    )


def test_a_class_is_not_a_function_nor_the_other_way_round():
    gp.Network([gp.Dense(1, bent), Shift()], input_shape=2).save(NAME)

    def impostor(by, inner, start, name):
        raise AssertionError("a file made this run")

    impostor.__name__ = "Shift"
    assert message(ModelFileError, gp.load, NAME, functions=[bent, impostor]) == (
        "'m.safetensors': layer 2: 'Shift' was a dataclass when it was saved; what "
        "functions= holds under this name is not. Pass the dataclass."
    )
    other = dataclass(type("bent", (), {}))
    assert message(ModelFileError, gp.load, NAME, functions=[other, Shift]) == (
        "'m.safetensors': layer 1, field 'activation': 'bent' was a function when it "
        "was saved; what functions= holds under this name is a class. Pass the "
        "function."
    )


def test_a_class_of_the_users_that_changed_is_named():
    gp.Network([Shift(by=2)], input_shape=2).save(NAME)

    @dataclass(frozen=True)
    class Less:
        by: float

    @dataclass(frozen=True, kw_only=True)
    class More(Shift):
        needed: int

    @dataclass(frozen=True)
    class Refuses(Shift):
        def __post_init__(self):
            raise ValueError("by is 2.")

    @dataclass(frozen=True)
    class Breaks(Shift):
        def parameters(self, input_shape):
            return {"offset": gp.Parameter(self.nothing)}

    told = []
    for kind in (Less, More, Refuses, Breaks):
        kind.__name__ = "Shift"
        told.append(message(ModelFileError, gp.load, NAME, functions=[kind]))
    changed = "not the one that was saved, or the file is damaged."
    assert told == [
        f"'m.safetensors': layer 1: Shift has no field 'inner'. It is {changed}",
        "'m.safetensors': layer 1: Shift needs a field 'needed', which is not in the "
        f"file. It is {changed}",
        f"'m.safetensors': layer 1: ValueError: by is 2. Shift is {changed}",
        "'m.safetensors': the layers do not fit together: AttributeError: 'Shift' "
        "object has no attribute 'nothing'. The file is damaged, or something in "
        "functions= is not what the network was saved with.",
    ]


def test_functions_must_have_names_of_their_own():
    gp.Network([gp.Dense(1)], input_shape=2).save(NAME)

    def other(z):
        return z

    other.__name__ = "bent"
    told = [
        message(ArgumentError, gp.load, NAME, functions=functions)
        for functions in (bent, "bent", ["bent"], [gp.Dense(1)], [bent, other])
    ]
    assert [text.replace(repr(bent), "<bent>") for text in told] == [
        "functions must be a list of functions and classes, functions=[my_loss], got "
        "<bent>.",
        "functions must be a list of functions and classes, functions=[my_loss], got "
        "'bent'.",
        "functions must hold functions and classes themselves, functions=[my_loss], "
        "got 'bent'.",
        "functions must hold functions and classes themselves, functions=[my_loss], "
        f"got {repr(gp.Dense(1))[:57]}....",
        "functions holds two different things of the name 'bent'. Pass the one that "
        "the network was saved with.",
    ]
    assert gp.load(NAME, functions=[bent, bent]).layers == [gp.Dense(1)]


# What cannot be saved


class Plain:
    def forward(self, p, x, run):
        return x * 1


@dataclass(frozen=True)
class Forgetful:
    """Its argument is not a field."""

    by: InitVar[float]

    def forward(self, p, x, run):
        return x * 1


@dataclass(frozen=True)
class Named:
    """A layer that is called as another thing is."""

    def forward(self, p, x, run):
        return x * 1


Named.__name__ = "bent"
LOOP: list[Any] = []
LOOP.append(LOOP)
NOT_DATA = (
    "is not data that a model file can hold. Use numbers, strings, lists, tuples, "
    "dicts with strings as keys, arrays of numbers, functions, or dataclasses of these."
)
NO_NAME = "has no name by which it can be found when the file is loaded."
UNSAVED = {
    "lambda": (
        [gp.Activation(lambda z: z)],
        f"layer 'activation_1', field 'function': a lambda {NO_NAME} Write it as a "
        "function with def.",
    ),
    "partial": (
        [gp.Dense(1, functools.partial(np.clip, a_min=0, a_max=1))],
        f"layer 'dense_1', field 'activation': an object of type partial {NO_NAME} "
        "Write a function with def, or a class with @dataclass(frozen=True).",
    ),
    "plain": (
        [Plain()],
        "layer 'plain_1': Plain is not a dataclass, so nothing says what to save. "
        "Write @dataclass(frozen=True) above the class, and its arguments as fields.",
    ),
    "set": (
        [Shift(by={1})],
        f"layer 'shift_1', field 'by': a value of type set {NOT_DATA}",
    ),
    "keys": (
        [Shift(by=[{1: 2}])],
        f"layer 'shift_1', field 'by': a value of type dict {NOT_DATA}",
    ),
    "class": (
        [Shift(by=Plain)],
        f"layer 'shift_1', field 'by': a value of type type {NOT_DATA}",
    ),
    "complex": (
        [Shift(by=np.ones(2, complex))],
        f"layer 'shift_1', field 'by': a value of type ndarray {NOT_DATA}",
    ),
    "long": (
        [Shift(by=10**5000)],
        f"layer 'shift_1', field 'by': a value of type int {NOT_DATA}",
    ),
    "within": (
        [Twice(gp.Dense(1, initializer=lambda rng, shape, dtype: np.ones(shape)))],
        "layer 'twice_1', field 'inner', field 'initializer': a lambda "
        f"{NO_NAME} Write it as a function with def.",
    ),
    "argument": (
        [Forgetful(1.0)],
        "layer 'forgetful_1': a Forgetful cannot be made from its fields alone: "
        "TypeError: Forgetful.__init__() missing 1 required positional argument: 'by'. "
        "Leave __init__ to @dataclass, and let every argument be a field.",
    ),
    "two of a name": (
        [gp.Activation(bent), Named()],
        "layer 'bent_1': 'bent' also stands for something else in this network, and a "
        "model file knows both by name. Give one of them another name.",
    ),
    "endless": (
        [Shift(by=LOOP)],
        "a field of a layer, or net.notes, holds itself or is nested too deeply. Use "
        "flat lists and dicts.",
    ),
}


@pytest.mark.parametrize("case", UNSAVED)
def test_what_cannot_be_saved_is_refused_before_anything_is_written(case):
    layers, expected = UNSAVED[case]
    net = gp.Network(layers, input_shape=2)
    assert message(ArgumentError, net.save, NAME) == f"'m.safetensors': {expected}"
    assert os.listdir() == []


def test_a_loss_or_an_optimizer_that_cannot_be_saved_is_named():
    net = gp.Network([gp.Dense(1)], loss=lambda output, y: np.mean(output - y, axis=1))
    net.fit(rows(), rows(20, 1), optimizer=Signs(), verbose=False)
    assert message(ArgumentError, net.save, NAME) == (
        f"'m.safetensors': the loss, field 'function': a lambda {NO_NAME} Write it as "
        "a function with def."
    )
    assert os.listdir() == []


@pytest.mark.parametrize(
    ("notes", "expected"),
    [
        (
            {"a": [1, (2,)]},
            "net.notes['a'][1]: JSON does not keep (2,), of type tuple.",
        ),
        ({"a": math.nan}, "net.notes['a']: JSON does not keep nan, of type float."),
        ({1: 2}, "net.notes: JSON does not keep an object of 1, of type dict."),
        ({"a": np.float64(1)}, None),
    ],
)
def test_notes_must_be_json(notes, expected):
    net = gp.Network([gp.Dense(1)], input_shape=2)
    net.notes = notes
    if expected is None:
        expected = (
            "net.notes['a']: JSON does not keep np.float64(1.0), of type float64."
        )
    assert message(ArgumentError, net.save, NAME) == (
        f"'m.safetensors': {expected} Use None, booleans, finite numbers, strings, "
        "lists and dicts with strings as keys."
    )


def test_a_header_that_would_not_be_read_again_is_refused(monkeypatch):
    monkeypatch.setattr(model_files, "LARGEST_HEADER", 10_000)
    net = gp.Network([gp.Dense(1), Shift(by=np.zeros(5000))], input_shape=2)
    assert message(ArgumentError, net.save, NAME) == (
        "'m.safetensors': the fields of the layers and net.notes take 20,768 bytes of "
        "a model file's header, which holds 10,000. Make large arrays the parameters "
        "of a layer."
    )


def test_a_network_without_an_input_shape_is_refused():
    assert message(ArgumentError, gp.Network([gp.Dense(1)]).save, NAME) == (
        "'m.safetensors': the network does not know the shape of its input yet. Give "
        "input_shape= to gp.Network, or call fit first."
    )


# Writing


def small():
    net = gp.Network([gp.Dense(2, "tanh", name="hidden"), gp.Dense(1)], seed=2)
    net.fit(rows(20, 2), rows(20, 1), loss="mean_squared_error", verbose=False)
    return net


@pytest.mark.parametrize("path", [3, None, ["m"]])
def test_a_path_must_be_one(path):
    kind = type(path).__name__
    expected = f"path must be a str or a pathlib.Path, got {kind}."
    assert message(ArgumentError, small().save, path) == expected
    assert message(ArgumentError, gp.load, path) == expected
    assert message(ArgumentError, gp.load, "a\0b") == (
        r"'a\x00b': a path cannot hold a null character."
    )


def test_places_that_cannot_hold_a_file():
    os.mkdir("folder")
    net = small()
    folder = os.getcwd().replace(os.sep, "/")
    told = [
        message(ModelFileError, net.save, path)
        for path in ("folder", Path("no", "m.safetensors"))
    ]
    assert told == [
        "'folder': expected a file, this is a folder.",
        f"'no/m.safetensors': there is no folder '{folder}/no'. Make it first.",
    ]
    assert os.listdir() == ["folder"]


def test_a_name_may_be_as_long_as_the_system_allows():
    name = "ü" * 120 + ".st"
    small().save(name)
    assert os.listdir() == [name]
    gp.load(name)


def test_a_write_protected_file_stays(monkeypatch):
    net = small()
    net.save(NAME)
    before = Path(NAME).read_bytes()
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert message(ModelFileError, small().save, NAME) == (
        "'m.safetensors': the file is write-protected. Save under another name."
    )
    assert Path(NAME).read_bytes() == before


@posix
def test_permissions_are_those_of_any_new_file_and_then_stay():
    Path("other").write_bytes(b"")
    net = small()
    net.save(NAME)
    assert os.stat(NAME).st_mode == os.stat("other").st_mode
    os.chmod(NAME, 0o640)
    net.save(NAME)
    assert stat.S_IMODE(os.stat(NAME).st_mode) == 0o640


@posix
def test_links_are_followed():
    os.mkdir("there")
    os.symlink("there/m.safetensors", NAME)
    net = small()
    net.save(NAME)  # the link points to nothing yet
    net.save(NAME)
    assert os.path.islink(NAME)
    assert os.listdir("there") == ["m.safetensors"]
    assert same_bits(gp.load(NAME).values, net.values)
    os.symlink("b", "a")
    os.symlink("a", "b")
    assert [message(ModelFileError, one, "a") for one in (net.save, gp.load)] == [
        "'a': cannot be written: Too many levels of symbolic links.",
        "'a': cannot be read: Too many levels of symbolic links.",
    ]


@posix
def test_a_name_that_is_too_long_is_named():
    told = [message(ModelFileError, one, "n" * 300) for one in (small().save, gp.load)]
    assert told == [
        f"'{'n' * 300}': cannot be written: File name too long.",
        f"'{'n' * 300}': cannot be read: File name too long.",
    ]


@posix
def test_devices_and_pipes_are_left_alone():
    os.mkfifo("pipe")
    for path in ("pipe", "/dev/null"):
        for use in (small().save, gp.load):
            assert message(ModelFileError, use, path) == (
                f"'{path}': expected a file, this is a device or a pipe."
            )
    assert stat.S_ISFIFO(os.stat("pipe").st_mode)


def failing(monkeypatch, name, after=0):
    """Let a function of the system fail as on a full disk, from some call on."""
    calls = []
    original = getattr(os, name)

    def fail(*arguments, **options):
        calls.append(name)
        if len(calls) > after:
            raise OSError(errno.ENOSPC, "No space left on device")
        if name == "write":  # a part of what was asked for, as systems may
            return original(arguments[0], bytes(arguments[1])[:100])
        return original(*arguments, **options)

    monkeypatch.setattr(model_files.os, name, fail)


@pytest.mark.parametrize(
    ("name", "after"),
    [("open", 0), ("write", 0), ("write", 2), ("fsync", 0), ("replace", 0)],
)
@pytest.mark.parametrize("exists", [False, True])
def test_on_a_full_disk_the_old_file_is_whole(monkeypatch, name, after, exists):
    before = []
    if exists:
        gp.Network([gp.Dense(1)], input_shape=2).save(NAME)
        before = [NAME]
        content = Path(NAME).read_bytes()
    net = small()
    with monkeypatch.context() as patch:
        failing(patch, name, after)
        told = message(ModelFileError, net.save, NAME)
    assert told == "'m.safetensors': cannot be written: No space left on device."
    assert os.listdir() == before
    if exists:
        assert Path(NAME).read_bytes() == content
    net.save(NAME)
    assert same_bits(gp.load(NAME).values, net.values)


KILLED = """
import os, signal, sys
import glassprop as gp
from glassprop import model_files

net = gp.Network([gp.Dense(2)], input_shape=3, seed=1)
original = {name: getattr(os, name) for name in ("open", "write", "fsync", "replace")}


def deadly(name, before, part=None):
    def call(*arguments, **options):
        if before:
            os.kill(os.getpid(), signal.SIGKILL)
        if part is not None:
            arguments = arguments[0], bytes(arguments[1])[:part]
        original[name](*arguments, **options)
        os.kill(os.getpid(), signal.SIGKILL)

    return call


moments = {
    "before the file": ("open", True),
    "after its start": ("open", False),
    "in the first bytes": ("write", False, 5),
    "in the middle": ("write", False, 300),
    "after all bytes": ("write", False),
    "after the flush": ("fsync", False),
    "before the change": ("replace", True),
    "after the change": ("replace", False),
}
for moment, (name, *how) in moments.items():
    child = os.fork()
    if not child:
        setattr(os, name, deadly(name, *how))
        net.save("m.safetensors")
        os._exit(0)
    _, status = os.waitpid(child, 0)
    found = gp.load("m.safetensors")
    print(moment, os.WTERMSIG(status) == signal.SIGKILL, found.seed, sep=", ")
"""


def run_python(code: str) -> list[str]:
    run = [sys.executable, "-c", code]
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


@posix
def test_a_kill_leaves_the_old_file_whole():
    gp.Network([gp.Dense(2)], input_shape=3, seed=0).save(NAME)
    assert run_python(KILLED) == [
        "before the file, True, 0",
        "after its start, True, 0",
        "in the first bytes, True, 0",
        "in the middle, True, 0",
        "after all bytes, True, 0",
        "after the flush, True, 0",
        "before the change, True, 0",
        "after the change, True, 1",
    ]
    left = [name for name in os.listdir() if name != NAME]
    assert len(left) == 6
    assert all(one[:15] == f".{NAME}." and one.endswith(".tmp") for one in left)


FILE_LIMIT = """
import os, resource
import glassprop as gp

net = gp.Network([gp.Dense(20)], input_shape=30, seed=1)
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
try:
    net.save("m.safetensors")
except gp.errors.ModelFileError as error:
    print(error)
print(gp.load("m.safetensors").seed, os.listdir())
"""


@posix
def test_a_file_that_may_not_grow_leaves_the_old_one_whole():
    gp.Network([gp.Dense(2)], input_shape=3, seed=0).save(NAME)
    assert run_python(FILE_LIMIT) == [
        "'m.safetensors': cannot be written: File too large.",
        "0 ['m.safetensors']",
    ]


# Reading: files that are not what they say


def parts(path=NAME):
    """Take a model file apart: the file's header, glassprop's header, the arrays."""
    data = Path(path).read_bytes()
    length = int.from_bytes(data[:8], "little")
    head = json.loads(data[8 : 8 + length])
    return head, json.loads(head["__metadata__"]["glassprop"]), data[8 + length :]


def joined(head, header, data, length=None) -> bytes:
    """Put it together again, whatever has become of the parts."""
    if header is not None:
        text = header if isinstance(header, str) else json.dumps(header)
        head = {**head, "__metadata__": {"glassprop": text}}
    written = head if isinstance(head, bytes) else json.dumps(head).encode()
    size = len(written) if length is None else length
    return size.to_bytes(8, "little") + written + data


def told_by(content: bytes, **options) -> str:
    Path(NAME).write_bytes(content)
    text = message(ModelFileError, gp.load, NAME, **options)
    assert text.startswith("'m.safetensors': ")
    return text.removeprefix("'m.safetensors': ")


def test_a_file_cut_at_any_byte_is_refused():
    small().save(NAME)
    whole = Path(NAME).read_bytes()
    header = int.from_bytes(whole[:8], "little")
    for size in range(len(whole)):
        if size < 8:
            expected = f"expected a model file, got {size} bytes"
        elif size < 8 + header:
            expected = (
                f"its header should have {header} bytes, only {size - 8} are there"
            )
        else:
            expected = f"expected {len(whole)} bytes, got {size}"
        assert told_by(whole[:size]) == f"{expected}. {DAMAGED}"
    assert told_by(whole + b"0") == (
        f"expected {len(whole)} bytes, got {len(whole) + 1}. {DAMAGED}"
    )


def test_files_that_are_no_model_files():
    no_model = (
        "this is not a model file: its first 8 bytes would stand for a header of {:,} "
        "bytes. gp.load reads what net.save wrote, and no pickles, archives or other "
        "files that may hold code."
    )

    class Evil:
        def __reduce__(self):
            return os.mkdir, ("run",)

    for content in (
        pickle.dumps(Evil()),
        pickle.dumps({"weights": [1.0]}, protocol=0),
        b"PK\x03\x04" + bytes(100),
        bytes(7) + b"\x80" + bytes(100),
        b"\xff" * 100,
        b"glassprop model",
    ):
        length = int.from_bytes(content[:8], "little")
        assert told_by(content) == no_model.format(length)
    assert not os.path.exists("run")
    assert told_by(bytes(100)) == f"the file's header is not JSON. {DAMAGED}"
    assert told_by(b"") == f"expected a model file, got 0 bytes. {DAMAGED}"
    os.remove(NAME)
    assert message(ModelFileError, gp.load, NAME) == (
        "'m.safetensors': cannot be read: No such file or directory."
    )
    os.mkdir(NAME)
    assert message(ModelFileError, gp.load, Path(NAME)) == (
        "'m.safetensors': expected a file, this is a folder."
    )


def test_a_file_of_another_program_is_not_a_network():
    for metadata in (None, {"format": "pt"}):
        save_file({"weight": np.ones((2, 3))}, NAME, metadata)
        assert told_by(Path(NAME).read_bytes()) == (
            "this is a safetensors file, but glassprop did not write it: its metadata "
            "has no 'glassprop'. It holds arrays and no network; read them with "
            "safetensors.numpy.load_file and give them to a gp.Dense as weights=."
        )


def test_a_file_that_may_not_be_read_is_named(monkeypatch):
    small().save(NAME)

    def refuse(*arguments, **options):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("builtins.open", refuse)
    assert message(ModelFileError, gp.load, NAME) == (
        "'m.safetensors': cannot be read: Permission denied."
    )


def test_a_file_that_shrinks_while_it_is_read_is_named(monkeypatch):
    small().save(NAME)
    original = save._arranged

    def cut(net):
        os.truncate(NAME, os.stat(NAME).st_size - 100)
        return original(net)

    monkeypatch.setattr(save, "_arranged", cut)
    assert message(ModelFileError, gp.load, NAME) == (
        "'m.safetensors': array 'v of hidden.bias': the file became shorter while it "
        f"was read. {DAMAGED}"
    )


def put(*path_and_value):
    """Change one place of a header."""
    *path, last, value = path_and_value

    def change(tree):
        for step in path:
            tree = tree[step]
        if value is ...:
            del tree[last]
        else:
            tree[last] = value

    return change


WEIGHT = "hidden.weight"
HEADS = {
    "no dtype": (
        put(WEIGHT, "dtype", ...),
        "array 'hidden.weight': expected dtype, shape and data_offsets",
    ),
    "more than is known": (
        put(WEIGHT, "more", 1),
        "array 'hidden.weight': expected dtype, shape and data_offsets",
    ),
    "no entry": (
        put(WEIGHT, 1),
        "array 'hidden.weight': expected dtype, shape and data_offsets",
    ),
    "dtype": (
        put(WEIGHT, "dtype", "BF16"),
        "array 'hidden.weight': expected F32 or F64, got 'BF16'",
    ),
    "dtype of another kind": (
        put(WEIGHT, "dtype", ["F64"]),
        "array 'hidden.weight': expected F32 or F64, got a list of 1",
    ),
    "smaller dtype": (
        put(WEIGHT, "dtype", "F32"),
        "array 'hidden.weight': expected bytes 40 to 56, got 40 to 72",
    ),
    "offsets": (
        put(WEIGHT, "data_offsets", [40]),
        "array 'hidden.weight': expected two offsets, got a list of 1",
    ),
    "negative offset": (
        put(WEIGHT, "data_offsets", [-8, 24]),
        "array 'hidden.weight': expected a whole number from 0 to 2**53 - 1, got -8",
    ),
    "offset with a point": (
        put(WEIGHT, "data_offsets", [40.0, 72]),
        "array 'hidden.weight': expected a whole number from 0 to 2**53 - 1, got 40.0",
    ),
    "offsets far beyond": (
        put(WEIGHT, "data_offsets", [2**63, 2**63 + 32]),
        "array 'hidden.weight': expected a whole number from 0 to 2**53 - 1, got "
        "9223372036854775808",
    ),
    "overlap": (
        put(WEIGHT, "data_offsets", [24, 56]),
        "array 'hidden.weight': expected bytes 40 to 72, got 24 to 56",
    ),
    "backwards": (
        put(WEIGHT, "data_offsets", [72, 40]),
        "array 'hidden.weight': expected bytes 40 to 72, got 72 to 40",
    ),
    "past the end": (
        put("v of hidden.weight", "data_offsets", [184, 216 + 32]),
        "array 'v of hidden.weight': expected bytes 184 to 216, got 184 to 248",
    ),
    "larger than the file": (
        put("v of hidden.weight", "shape", [2**30, 2**30]),
        "array 'v of hidden.weight': expected bytes 184 to 9223372036854775992, got "
        "184 to 216",
    ),
    "shape": (
        put(WEIGHT, "shape", [4, 1]),
        "array 'hidden.weight': expected float64 of shape (2, 2), got float64 of shape "
        "(4, 1)",
    ),
    "no shape": (
        put(WEIGHT, "shape", "2, 2"),
        "array 'hidden.weight': expected a shape, got '2, 2'",
    ),
    "true as a size": (
        put(WEIGHT, "shape", [True, 4]),
        "array 'hidden.weight': expected a whole number from 0 to 2**53 - 1, got True",
    ),
    "too many axes": (
        put(WEIGHT, "shape", [1] * 64 + [4]),
        "array 'hidden.weight': expected a shape, got a list of 65",
    ),
    "huge sizes": (
        put(WEIGHT, "shape", [10**4000]),
        "array 'hidden.weight': expected a whole number from 0 to 2**53 - 1, got a "
        "number of more than 38 digits",
    ),
    "a gap": (
        put(WEIGHT, ...),
        "array 'm of dense_2.bias': expected bytes 40 to 48, got 72 to 80",
    ),
}


@pytest.mark.parametrize("case", HEADS)
def test_a_header_that_lies_about_the_arrays_is_refused(case):
    small().save(NAME)
    head, header, data = parts()
    change, expected = HEADS[case]
    change(head)
    assert told_by(joined(head, header, data)) == f"{expected}. {DAMAGED}"


def moved(head, name, other):
    """Call an array by another name."""
    head[other] = head.pop(name)
    return head


def test_arrays_that_are_missing_or_too_many_are_named():
    small().save(NAME)
    head, header, data = parts()
    for name in head.keys() - {"__metadata__"}:
        changed = moved(dict(head), name, "what")
        assert told_by(joined(changed, header, data)) == (
            f"the array {name!r} is missing. {DAMAGED}"
        )
    entry = {"dtype": "F32", "shape": [1], "data_offsets": [len(data), len(data) + 4]}
    assert told_by(joined({**head, "more": entry}, header, data + bytes(4))) == (
        f"nothing in the network owns the array 'more'. {DAMAGED}"
    )


def test_arrays_of_the_other_dtype_are_refused():
    net = gp.Network([gp.Dense(2)], input_shape=3)
    net.save(NAME)
    head, header, data = parts()
    header["dtype"] = "float32"
    assert told_by(joined(head, header, data)) == (
        "array 'dense_1.weight': expected float32 of shape (3, 2), got float64 of "
        f"shape (3, 2). {DAMAGED}"
    )


HUGE = 10**12
HUBER = {"name": "h", "function": {"function": "huber"}}
HEADERS = {
    "newer": (
        put("format", 2),
        "the file is of format 2, this version of glassprop reads format 1. Update "
        "glassprop, pip install --upgrade glassprop.",
    ),
    "no version": (
        put("format", "1"),
        "the header's format: expected a whole number from 0 to 2**53 - 1, got '1'",
    ),
    "older than the first": (put("format", 0), "the header's 'format' cannot be 0"),
    "without": (put("seed", ...), "the header has no 'seed'"),
    "with more": (put("code", "x"), "the header has an unknown key 'code'"),
    "name": (put("name", [1]), "the header's 'name' cannot be a list of 1"),
    "seed": (put("seed", -1), "the header's 'seed' cannot be -1"),
    "dtype": (put("dtype", "int8"), "the header's 'dtype' cannot be 'int8'"),
    "dtype of a kind": (
        put("dtype", [1]),
        "the header's 'dtype' cannot be a list of 1",
    ),
    "input shape": (put("input_shape", 2), "the header's 'input_shape' cannot be 2"),
    "input size": (
        put("input_shape", 0, "2"),
        "the input shape: expected a whole number from 0 to 2**53 - 1, got '2'",
    ),
    "no input": (
        put("input_shape", 0, 0),
        "input_shape must be a positive integer or a tuple of them, or for several "
        "inputs a tuple of such tuples, got (0,)",
    ),
    "other input": (
        put("input_shape", 0, HUGE),
        "array 'hidden.weight': expected float64 of shape (1000000000000, 2), got "
        "float64 of shape (2, 2)",
    ),
    "layers": (put("layers", {}), "the header's 'layers' cannot be an object of 0"),
    "no layers": (
        put("layers", []),
        "the layers do not fit together: a network without layers cannot calculate. "
        "Add one, net.add(gp.Dense(1)). The file is damaged, or something in "
        "functions= is not what the network was saved with.",
    ),
    "unknown layer": (
        put("layers", 0, "kind", "Quantum"),
        "layer 1: this version of glassprop has no 'Quantum'. If a newer one wrote the "
        "file, update glassprop; else the file is damaged.",
    ),
    "kind of another kind": (
        put("layers", 0, "kind", ["Dense"]),
        "layer 1: expected a name, got a list of 1",
    ),
    "not a layer": (
        put("layers", 0, 5),
        "5 is not a layer: it has no method forward(p, x, run). A function becomes a "
        "layer as gp.Activation(function)",
    ),
    "not a value": (
        put("layers", 0, {"import": "os"}),
        "layer 1: expected a value, got an object of 1",
    ),
    "no fields": (
        put("layers", 0, "fields", 3),
        "layer 1: expected fields, got 3",
    ),
    "unknown field": (
        put("layers", 0, "fields", "colour", 1),
        "layer 1: Dense has no field 'colour'. It is not the one that was saved, or "
        "the file is damaged.",
    ),
    "start values": (
        put("layers", 0, "fields", "weights", 1),
        "layer 1: Dense has no field 'weights'. It is not the one that was saved, or "
        "the file is damaged.",
    ),
    "a needed field": (
        put("layers", 0, "fields", "units", ...),
        "layer 1: Dense needs a field 'units', which is not in the file. It is not the "
        "one that was saved, or the file is damaged.",
    ),
    "units": (
        put("layers", 0, "fields", "units", -2),
        "layer 1: Dense: units must be a positive integer, got -2",
    ),
    "many units": (
        put("layers", 0, "fields", "units", HUGE),
        "array 'hidden.weight': expected float64 of shape (2, 1000000000000), got "
        "float64 of shape (2, 2)",
    ),
    "many words": (
        put("layers", 0, {"kind": "Columns", "fields": {"words": [HUGE]}}),
        "layer 1: Columns: words may count 1,000,000 words in all, got "
        "1,000,000,000,000",
    ),
    "a field of another kind": (
        put("layers", 0, "fields", "l1", "much"),
        "layer 1: Dense: l1 must be a finite number >= 0, got 'much'",
    ),
    "activation": (
        put("layers", 0, "fields", "activation", "os.system"),
        f"layer 1: unknown activation 'os.system'. Expected {ANY_ACTIVATION}",
    ),
    "function": (
        put("layers", 0, "fields", "activation", {"function": "os.system"}),
        "layer 1, field 'activation': this version of glassprop has no 'os.system'. If "
        "a newer one wrote the file, update glassprop; else the file is damaged.",
    ),
    "own function": (
        put("layers", 0, "fields", "activation", {"own": "system"}),
        "layer 1, field 'activation': 'system' is not among the file's own names",
    ),
    "name that is a number": (
        put("layers", 0, "fields", "name", {"float": "inf"}),
        "a layer's name must be a Python identifier, got inf. Use letters, digits and "
        "underscores",
    ),
    "name that is an array": (
        put(
            *("layers", 0, "fields", "name"),
            {"array": [], "dtype": "int8", "shape": [0]},
        ),
        "a layer's name must be a Python identifier, got array([], dtype=int8). Use "
        "letters, digits and underscores",
    ),
    "one name twice": (
        put("layers", 1, "fields", "name", "hidden"),
        "two layers are named 'hidden'. Give one of them another name",
    ),
    "own": (put("own", [1]), "the header's 'own' cannot be a list of 1"),
    "own names": (
        put("own", ["system", "getenv"]),
        "the network needs system and getenv, and a file brings no code. Pass what it "
        "was saved with, functions=[system, getenv].",
    ),
    "unknown loss": (
        put("loss", {"loss": "wrong"}),
        "the loss: this version of glassprop has no 'wrong'. If a newer one wrote the "
        "file, update glassprop; else the file is damaged.",
    ),
    "loss": (put("loss", 3), "the header's 'loss' cannot be 3"),
    "no loss": (
        put("loss", {"tuple": []}),
        "the loss: expected a loss, got ()",
    ),
    "loss of a kind": (
        put("loss", {"kind": "Loss", "fields": {"name": "a", "function": None}}),
        "the loss: Loss 'a': function must be a function, got None",
    ),
    "target": (
        put("loss", {"kind": "Loss", "fields": {**HUBER, "target": "labels"}}),
        "the loss: Loss 'h': target must be any, values, vectors, counts, described, "
        "binary or classes, got "
        "'labels'",
    ),
    "loss without a name": (
        put("loss", {"kind": "Loss", "fields": {**HUBER, "name": 5}}),
        "the loss: Loss: name must be a str, got 5",
    ),
    "probabilities": (
        put("loss", {"kind": "Loss", "fields": {**HUBER, "probabilities": 5}}),
        "the loss: Loss 'h': probabilities must be a function, got 5",
    ),
    "learned": (
        put("learned", ["x" * 100]),
        f"no layer is named '{'x' * 56}..., which has learned",
    ),
    "learned words": (
        put("learned", "hidden"),
        "the header's 'learned' cannot be 'hidden'",
    ),
    "training": (put("training", 1), "the header's 'training' cannot be 1"),
    "training without": (
        put("training", "steps", ...),
        "the header's 'training' cannot be an object of 3",
    ),
    "watched": (
        put("training", "watched", {"dict": {"loss": [1.5, 2]}}),
        "the training's watched cannot be an object of 1",
    ),
    "steps": (
        put("training", "steps", 2**53),
        "the training's steps: expected a whole number from 0 to 2**53 - 1, got "
        "9007199254740992",
    ),
    "epochs": (
        put("training", "epochs", -1),
        "the training's epochs: expected a whole number from 0 to 2**53 - 1, got -1",
    ),
    "another optimizer": (
        put("training", "optimizer", {"kind": "SGD", "fields": {"momentum": 0.5}}),
        "nothing in the network owns the array 'm of dense_2.bias'",
    ),
    "not an optimizer": (
        put("training", "optimizer", {"kind": "zeros", "fields": {}}),
        "the optimizer: unknown optimizer zeros(). Expected sgd, adam, adamw, nadam, "
        "rmsprop, adagrad, lion, rprop or lbfgs, or an optimizer such as "
        "gp.Adam(learning_rate=0.01)",
    ),
    "optimizer": (
        put("training", "optimizer", "fields", "beta1", 1.5),
        "the optimizer: Adam: beta1 must be at least 0 and below 1, got 1.5",
    ),
    "recipe": (
        put("recipe", "clip", ...),
        "the header's 'recipe' cannot be an object of 4",
    ),
    "recipe without loss": (put("loss", None), "the recipe: there is no loss"),
    "target dtype": (
        put("recipe", "dtype", "object"),
        "the target's dtype cannot be 'object'",
    ),
    "weighted": (put("recipe", "weighted", 1), "the target's weighted cannot be 1"),
    "clip": (put("recipe", "clip", "os"), "the recipe's clip cannot be 'os'"),
    "negative clip": (put("recipe", "clip", -1.0), "the recipe's clip cannot be -1.0"),
    "target shape": (
        put("recipe", "shape", None),
        "the target's shape: expected a shape, got None",
    ),
    "notes": (put("notes", []), "the header's 'notes' cannot be a list of 0"),
}


@pytest.mark.parametrize("case", HEADERS)
def test_a_header_that_describes_no_network_is_refused(case):
    small().save(NAME)
    head, header, data = parts()
    change, expected = HEADERS[case]
    change(header)
    tail = "" if expected.endswith(".") else f". {DAMAGED}"
    assert told_by(joined(head, header, data)) == f"{expected}{tail}"


DEEP = "[" * 100_000 + "]" * 100_000
TEXTS = {
    "no JSON": ("{", " is not JSON"),
    "nothing": ("", " is not JSON"),
    "more behind": ("{} {}", " is not JSON"),
    "deep": (f'{{"a": {DEEP}}}', " is not JSON"),
    "too many digits": (f'{{"a": {"9" * 5000}}}', " is not JSON"),
    "a list": ("[]", ": expected an object, got a list of 0"),
    "a number": ("-0.5", ": expected an object, got -0.5"),
    "a long word": (f'"{"x" * 99}"', f": expected an object, got '{'x' * 56}..."),
    "NaN": ('{"a": NaN}', ": NaN is not a finite number"),
    "minus infinity": ('{"a": -Infinity}', ": -Infinity is not a finite number"),
    "too large": ('{"a": [1e999]}', ": 1e999 is not a finite number"),
    "twice": ('{"b": 1, "a": {}, "b": 1}', ": 'b' stands twice"),
    "twice within": ('{"b": {"a": 1, "\\u0061": 2}}', ": 'a' stands twice"),
}


@pytest.mark.parametrize("case", TEXTS)
def test_headers_that_are_not_plain_json_are_refused(case):
    small().save(NAME)
    head, _, data = parts()
    text, expected = TEXTS[case]
    content = joined(text.encode(), None, data)
    assert told_by(content) == f"the file's header{expected}. {DAMAGED}"
    content = joined(head, text, data)
    assert told_by(content) == f"glassprop's header{expected}. {DAMAGED}"


def test_headers_that_are_not_text_are_refused():
    small().save(NAME)
    whole = Path(NAME).read_bytes()
    told = f"the file's header is not JSON. {DAMAGED}"
    assert told_by(whole.replace(b"hidden", b"hidde\xff", 1)) == told
    length = int.from_bytes(whole[:8], "little")
    text = whole[8 : 8 + length].decode().encode("utf-16")
    assert told_by(len(text).to_bytes(8, "little") + text + whole[8 + length :]) == told


def test_metadata_of_another_form_are_not_glassprops():
    small().save(NAME)
    head, header, data = parts()
    told = message(ModelFileError, gp.load, other_program())
    for metadata in (
        None,
        [],
        {},
        {"glassprop": 1},
        {"glassprop": header},
        "glassprop",
    ):
        text = told_by(joined({**head, "__metadata__": metadata}, None, data))
        assert f"'other': {text}" == told


def other_program() -> str:
    save_file({"weight": np.ones(2)}, "other")
    return "other"


@pytest.mark.parametrize("extra", [1, 2**32, 2**62, 2**63, 2**64 - 1])
def test_a_header_longer_than_the_file_asks_for_no_memory(extra):
    small().save(NAME)
    head, header, data = parts()
    told = told_by(joined(head, header, data, length=extra))
    if extra == 1:
        assert told == f"the file's header is not JSON. {DAMAGED}"
    else:
        assert told == (
            "this is not a model file: its first 8 bytes would stand for a header of "
            f"{extra:,} bytes. gp.load reads what net.save wrote, and no pickles, "
            "archives or other files that may hold code."
        )


def test_spaces_behind_the_header_are_allowed():
    net = small()
    net.save(NAME)
    head, header, data = parts()
    text = json.dumps(
        {**head, "__metadata__": {"glassprop": json.dumps(header), "more": "words"}}
    )
    Path(NAME).write_bytes(joined(f"{text}   ".encode(), None, data))
    assert same_bits(gp.load(NAME).values, net.values)


# Reading: what a file must not do


CODE = '"""\nimport os; os.mkdir("run")\n"""\0\ud800\\'


def test_no_text_of_a_file_is_run():
    """The printed program, which is executed, begins with names from the file."""
    net = small()
    net.save(NAME)
    head, header, data = parts()
    for change in (
        put("name", CODE),
        put("layers", 0, "fields", "frozen", {"tuple": []}),
        put(
            "loss",
            {
                "kind": "Loss",
                "fields": {"name": CODE, "function": {"function": "huber"}},
            },
        ),
    ):
        change(header)
    Path(NAME).write_bytes(joined(head, header, data))
    again = gp.load(NAME)
    assert again(rows(20, 2)).tobytes() == net(rows(20, 2)).tobytes()
    again.fit(rows(20, 2), rows(20, 1), verbose=False)
    again.evaluate(rows(20, 2), rows(20, 1))
    namespace: dict[str, Any] = {}
    exec(again.source(), namespace)
    assert namespace["__doc__"].startswith("One training step of ")
    assert not os.path.exists("run")


def test_no_text_can_leave_a_docstring():
    def whole(trace):
        x = trace.input("x", (2,), np.float64)
        return {"x": x}, {"y": x * 2}

    compiled = Compiled(build("double", whole, doc=CODE))
    namespace: dict[str, Any] = {}
    exec(compiled.source, namespace)
    # Half a character stands as its escape: no source may hold it, from Python 3.13 on.
    assert namespace["__doc__"] == CODE.replace("\ud800", "\\ud800")
    assert not os.path.exists("run")


@pytest.fixture(scope="module")
def victim(tmp_path_factory):
    """A file with something of everything, to be damaged."""
    path = tmp_path_factory.mktemp("victim") / NAME
    layers = [
        gp.Standardize(),
        gp.Scale([2.0, np.float32(0.5)], name="scale"),
        gp.Dense(2, bent, frozen=("bias",), l2=0.1, initializer=Ramp(0.5)),
        gp.Dropout(0.25),
        gp.Dense(1, initializer="he_normal"),
    ]
    net = gp.Network(layers, loss="mean_squared_error", name="victim")
    net.notes = {"plan": [1, "a", None]}
    net.fit(
        rows(9, 2), rows(9, 1), clip=1.0, optimizer=gp.SGD(momentum=0.5), verbose=False
    )
    net.save(path)
    return path


def loads_or_is_refused(path, content: bytes) -> None:
    """Load what was damaged; a network that comes of it must be one."""
    damaged = path.with_name("damaged")
    damaged.write_bytes(content)
    try:
        net = gp.load(damaged, functions=OWN)
    except ModelFileError as error:
        assert str(error).startswith(repr(damaged.as_posix()))
        return
    net.save(damaged)
    assert same_bits(gp.load(damaged, functions=OWN).values, net.values)
    assert net.summary()
    shape = net.input_shape
    if math.prod(shape) < 1000:
        try:
            with np.errstate(all="ignore"):
                net(np.zeros((2, *shape)))
            net.source()
        except GlasspropError:
            pass


changes = st.lists(
    st.tuples(
        st.sampled_from(["flip", "insert", "delete", "copy"]),
        st.floats(0, 1, exclude_max=True),
        st.integers(0, 255),
    ),
    min_size=1,
    max_size=4,
)


@pytest.mark.no_cover
@settings(deadline=None, max_examples=300)
@given(changes=changes)
def test_bytes_that_change_are_refused_or_harmless(victim, changes):
    content = bytearray(victim.read_bytes())
    for kind, place, value in changes:
        at = int(place * len(content))
        if kind == "flip":
            content[at] ^= value
        elif kind == "insert":
            content.insert(at, value)
        elif kind == "delete":
            del content[at : at + 1 + value % 9]
        else:
            content[at : at + 8] = content[value : value + 8]
    loads_or_is_refused(victim, bytes(content))


def places(tree, path=()):
    """List all places of a tree of JSON."""
    yield path
    if isinstance(tree, dict | list):
        keys = tree if isinstance(tree, dict) else range(len(tree))
        for key in keys:
            yield from places(tree[key], (*path, key))


def replaced(tree, path, value):
    """Give a tree with another value in a place."""
    if not path:
        return value
    changed = copy.copy(tree)
    changed[path[0]] = replaced(tree[path[0]], path[1:], value)
    return changed


words = st.sampled_from(
    [
        *KINDS,
        *FUNCTIONS,
        *NUMBERS,
        *(
            "kind",
            "own",
            "fields",
            "function",
            "loss",
            "tuple",
            "dict",
            "float",
            "array",
        ),
        *("scalar", "dtype", "shape", "name", "bent", "Ramp", "inf", "nan", "", CODE),
    ]
)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 5)
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | words,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(words, inner, max_size=3)
        | st.builds(lambda kind, one: {"kind": kind, "fields": one}, words, inner)
        | st.builds(lambda name, one: {name: one}, words, inner)
        | st.builds(
            lambda entries, dtype, shape: {
                "array": entries,
                "dtype": dtype,
                "shape": shape,
            },
            st.lists(inner, max_size=3),
            words,
            st.lists(st.integers(0, 3), max_size=2),
        )
    ),
    max_leaves=6,
)


@pytest.mark.no_cover
@settings(deadline=None, max_examples=400)
@given(data=st.data())
def test_headers_that_change_are_refused_or_harmless(victim, data):
    head, header, arrays = parts(victim)
    del head["__metadata__"]
    if data.draw(st.integers(0, 3)):
        path = data.draw(st.sampled_from(list(places(header))))
        header = replaced(header, path, data.draw(values))
        content = joined(head, header if isinstance(header, dict) else "[]", arrays)
    else:
        path = data.draw(st.sampled_from(list(places(head))))
        changed = replaced(head, path, data.draw(values))
        content = joined(changed if isinstance(changed, dict) else {}, header, arrays)
    loads_or_is_refused(victim, content)


# Records as data


def test_names_of_glassprop_mean_one_thing():
    tables = (
        LAYERS,
        INITIALIZERS,
        OPTIMIZERS,
        MINIMIZERS,
        WRAPPERS,
        CLIPPINGS,
        CONSTRAINTS,
    )
    count = sum(map(len, tables)) + 2
    with_options = [one for one in LOSSES.values() if is_dataclass(one.function)]
    assert len(KINDS) == count + len(with_options)
    parts = [
        part
        for one in LOSSES.values()
        for part in (one.function, one.probabilities, one.decision)
        if part is not None and not is_dataclass(part)
    ]
    assert len(FUNCTIONS) == len(ACTIVATIONS) + len(parts)


numbers = st.sampled_from(sorted(NUMBERS)).flatmap(
    lambda dtype: st.tuples(
        st.just(dtype),
        st.lists(st.integers(0, 1), min_size=6, max_size=6),
        st.sampled_from([(6,), (2, 3), (3, 1, 2)]),
    )
)
data_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False)
    | st.text(max_size=5)
    | st.sampled_from([bent, np.tanh, ACTIVATIONS["relu"], LOSSES["huber"], Ramp(0.5)])
    | st.floats(width=32, allow_nan=False).map(np.float32)
    | st.sampled_from([np.int64(-5), np.bool_(True), np.float64(-0.0), np.uint8(255)]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=10,
)


@pytest.mark.no_cover
@settings(deadline=None)
@given(value=data_values)
def test_all_data_come_back_as_they_were(value):
    own: dict[str, Any] = {}
    written = json.dumps(encode(value, "it", own), allow_nan=False)
    again = decode(json.loads(written), "it", own)
    assert again == value
    assert repr(again) == repr(value)


@given(case=numbers)
def test_arrays_in_fields_come_back(case):
    dtype, entries, shape = case
    array = np.array(entries, dtype).reshape(shape)
    again = decode(encode(array, "it", {}), "it", {})
    assert (again.dtype, again.shape) == (array.dtype, array.shape)
    assert again.tobytes() == array.tobytes()


def test_nan_comes_back():
    for value in (math.nan, np.float32(math.nan), np.array([math.nan, math.inf])):
        again = decode(encode(value, "it", {}), "it", {})
        assert type(again) is type(value)
        assert repr(again) == repr(value)


UNREADABLE = {
    "float": ({"float": "1"}, "expected inf, -inf or nan, got '1'"),
    "tuple": ({"tuple": 1}, "expected a list, got 1"),
    "dict": ({"dict": [1]}, "expected an object, got a list of 1"),
    "dtype": ({"scalar": 1, "dtype": "object"}, "expected a dtype, got 'object'"),
    "range": (
        {"scalar": 300, "dtype": "int8"},
        "OverflowError: Python integer 300 out of bounds for int8",
    ),
    "large": (
        {"scalar": 1e300, "dtype": "float32"},
        "FloatingPointError: overflow encountered in cast",
    ),
    "word": ({"scalar": "1", "dtype": "int8"}, "expected a number, got '1'"),
    "count": (
        {"array": [1, 2], "dtype": "int8", "shape": [3]},
        "expected numbers for shape (3,), got a list of 2",
    ),
    "own": ({"own": 1}, "1 is not among the file's own names"),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_data_that_stand_for_nothing_are_refused(case):
    data, expected = UNREADABLE[case]
    told = message(ModelFileError, decode, data, "it", {})
    assert told == f"it: {expected}. {DAMAGED}"


def test_an_optimizer_of_the_users_that_changed_is_named():
    net = gp.Network([gp.Dense(1)], loss="mean_squared_error")
    net.fit(rows(), rows(20, 1), optimizer=Signs(), verbose=False)
    net.save(NAME)

    @dataclass(frozen=True)
    class Broken(Signs):
        def init(self, w):
            raise RuntimeError("it broke")

    Broken.__name__ = "Signs"
    assert message(ModelFileError, gp.load, NAME, functions=[Broken]) == (
        "'m.safetensors': the optimizer: RuntimeError: it broke. The file is damaged, "
        "or Signs is not what the network was saved with."
    )


def test_a_loss_with_probabilities_of_its_own_comes_back():
    softmax = LOSSES["cross_entropy"].probabilities
    net = gp.Network([gp.Dense(2)], input_shape=2)
    net.loss = Loss("quartic", quartic, "values", softmax)
    net.save(NAME)
    assert gp.load(NAME, functions=[quartic]).loss == net.loss
