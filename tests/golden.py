"""Programs whose printed source is kept under review in tests/golden/.

``python tests/golden.py --write`` writes the files anew; without ``--write`` it shows
which differ. Read the difference before you keep it: generated code is a product.
"""

import difflib
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

import glassprop as gp
from glassprop.backends.to_numpy import to_numpy
from glassprop.compiling import build
from glassprop.differentiate import pullback
from glassprop.graph import Size
from glassprop.losses import Several, get_loss
from glassprop.names import LOSS_SCOPE
from glassprop.ops import stable
from glassprop.ops.random import random
from glassprop.programs import Target, step_program
from glassprop.structure import arrange

FOLDER = Path(__file__).parent / "golden"
N = Size(1)


def layer(trace, scope, x, parameters, activation):
    """One dense layer, its values named and scoped as a network's are."""
    with trace.within(scope=scope):

        def forward(x, w, b):
            z = x @ w + b
            a = activation(z)
            return a  # noqa: RET504  # the program calls the value by this name

        return forward(x, *parameters)


def step(momentum=0.0, dtype=np.float64):
    """A training step of a network with one hidden layer."""

    def whole(trace):
        inputs = {}
        for scope, shape in (("dense_1", (2, 3)), ("output", (3, 1))):
            for name, size in (("weight", shape), ("bias", shape[1:])):
                key = f"{scope}.{name}"
                inputs[key] = trace.input(key, size, dtype, name=name, scope=scope)
        slots = {}
        if momentum:
            for key, one in list(inputs.items()):
                scope, _, name = key.partition(".")
                slots[key] = trace.input(
                    f"v of {key}", one.shape, dtype, name=f"v_{name}", scope=scope
                )
            inputs |= {f"v of {key}": one for key, one in slots.items()}
        inputs["x"] = x = trace.input("x", (N, 2), dtype)
        inputs["y"] = y = trace.input("y", (N, 1), dtype)
        inputs["learning_rate"] = rate = trace.input("learning_rate", (), dtype)
        parameters = {key: inputs[key] for key in list(inputs)[:4]}
        w1, b1, w2, b2 = parameters.values()
        a1 = layer(trace, "dense_1", x, (w1, b1), np.tanh)
        a2 = layer(trace, "output", a1, (w2, b2), stable.sigmoid)

        def half_squared_error(output, y):
            error = output - y
            loss = 0.5 * np.sum(error * error) / y.shape[0]
            return loss  # noqa: RET504  # the program calls the value by this name

        with trace.within(scope=LOSS_SCOPE):
            total = half_squared_error(a2, y)
        slopes = pullback(total, list(parameters.values()), trace.lift(1, dtype))
        outputs = {"loss": total}
        with trace.within(section="update"):
            for (key, one), slope in zip(parameters.items(), slopes, strict=True):
                if momentum:
                    v = momentum * slots[key] - rate * slope
                    outputs[f"v of {key}"] = v
                    outputs[key] = one + v
                else:
                    outputs[key] = one - rate * slope
        return inputs, outputs

    return build("step", whole, dtype=dtype, doc="One training step.")


def simple(name, function, doc, dtype=np.float64, **shapes):
    """A program of a plain function; a shape that begins with N has n rows."""

    def whole(trace):
        inputs = {
            key: trace.input(key, shape, kind) for key, (shape, kind) in shapes.items()
        }
        _result = function(**inputs)  # no name for what the function makes
        return inputs, _result if isinstance(_result, dict) else {"-> ": _result}

    return build(name, whole, dtype=dtype, doc=doc)


def losses_of_classes(z, y):
    chosen = y[:, None] == np.arange(3)
    row_loss = stable.logsumexp(z, axis=(1,)) - np.sum(np.where(chosen, z, 0), axis=1)
    loss = np.mean(row_loss)
    (slope,) = pullback(loss, [z], loss.tracer.lift(1, z.dtype))
    return {"loss": loss, "slope": slope}


TABLE = np.random.default_rng(0).normal(size=(10, 8)).round(3)
SMALL = np.array([[0.5, -0.0, np.inf], [np.nan, 1e-300, 1 / 3]])
MASK = np.array([True, False, True])


def captured(x):
    near = x @ TABLE
    return np.where(MASK, near[:, :3] * SMALL[:1], SMALL.T.reshape(2, 3)[0]) + SMALL[1]


def many_spellings(x, k, s):
    picked = x[k, :2] + x[0, None, ::2]
    turned = np.transpose(np.reshape(x, (-1, 2, 2)), (1, 0, 2))
    joined = np.concatenate([x, 2 * x], axis=1)
    chosen = np.where((x > 0) & ~(x >= s), x, -x) - (x - (x - 1)) / (s / (2 * x))
    return {
        "picked": picked,
        "turned": np.einsum("abc->cab", turned),
        "joined": np.max(joined, axis=1, keepdims=True) @ np.ones((1, 2)),
        "chosen": chosen.astype(np.float32),
        "filled": np.full_like(x, 0.25) * np.zeros_like(x[:, :1]),
        "best": np.argmax(x, axis=1),
        "power": x**3 + 2**s,
        "mean": np.mean(x, axis=0) - np.var(x),
    }


def dropped(x, seed, t):
    keep = random(seed, t, stream=1, shape=x.shape, dtype=x.dtype) >= 0.5
    dropped = np.where(keep, x / 0.5, 0)
    return np.sum(stable.softplus(dropped) * stable.softmax(x, axis=(1,)))


def swap(a, b):
    return {"a": b, "b": a, "-> first": a[0], "-> kept": np.reshape(b, (3, 1))}


def rosenbrock(x):
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def training_step(layers, input_shape, loss, target):
    """A training step of a network, under a title that fits on a line."""
    structure = arrange(layers, input_shape, np.float64)
    program = step_program(structure, get_loss(loss), gp.SGD(), target)
    return replace(program, doc="One training step.")


def residual():
    """Layers inside of a layer, with state, a penalty and random numbers."""
    block = [gp.BatchNorm(), gp.Dense(3, "relu", l2=0.01), gp.Dropout(0.5)]
    layers = [
        gp.Dense(3, "tanh"),
        gp.Residual([*block, gp.Dense(3, name="last")], name="block"),
        gp.Dense(1),
    ]
    target = Target((1,), np.dtype(np.float64))
    return training_step(layers, (4,), "mean_squared_error", target)


def two_by_two():
    """Two inputs and two outputs, of classes and of numbers, their losses weighted."""
    front = gp.Parallel(
        [[gp.Standardize(), gp.Dense(4, "tanh")], [gp.Flatten(), gp.Dense(4, "tanh")]]
    )
    ends = gp.Parallel([gp.Dense(3, name="kind"), gp.Dense(1, name="size")])
    loss = Several(["cross_entropy", "mean_squared_error"], weights=[1, 0.5])
    target = Target(((), (1,)), (np.dtype(np.int64), np.dtype(np.float64)))
    layers = [front, gp.Concatenate(), ends]
    return training_step(layers, ((4,), (3, 2)), loss, target)


FLOAT = np.float64
PROGRAMS = {
    "step": step,
    "step_momentum_float32": lambda: step(0.9, np.float32),
    "cross_entropy_float32": lambda: simple(
        "cross_entropy",
        losses_of_classes,
        "Cross-entropy of integer classes, and its slope.",
        np.float32,
        z=((N, 3), np.float32),
        y=((N,), np.int64),
    ),
    "captured": lambda: simple(
        "captured",
        captured,
        "Captured arrays: small ones written out, large ones as arguments.",
        x=((N, 10), FLOAT),
    ),
    "many_spellings": lambda: simple(
        "many_spellings",
        many_spellings,
        "One of each spelling.",
        x=((N, 4), FLOAT),
        k=((5,), np.int64),
        s=((), FLOAT),
    ),
    "dropout": lambda: simple(
        "dropout",
        dropped,
        "Random numbers and helper functions.",
        x=((N, 2), FLOAT),
        seed=((), np.int64),
        t=((), FLOAT),
    ),
    "swap": lambda: simple(
        "swap", swap, "Two arrays change places.", a=((3,), FLOAT), b=((3,), FLOAT)
    ),
    "residual": residual,
    "two_by_two": two_by_two,
}
SOURCES = {
    **{name: lambda make=make: to_numpy(make()) for name, make in PROGRAMS.items()},
    "hessian": lambda: gp.hessian(rosenbrock).source(np.zeros(3)),
}


def path_of(name):
    return FOLDER / f"{name}.txt"


def main(arguments):
    different = 0
    for name, make in SOURCES.items():
        path, new = path_of(name), make()
        old = path.read_text(encoding="utf-8") if path.exists() else ""
        if new == old:
            continue
        different += 1
        lines = difflib.unified_diff(
            old.splitlines(True), new.splitlines(True), f"{path.name}, kept", "now"
        )
        print("".join(lines))
        if "--write" in arguments:
            path.parent.mkdir(exist_ok=True)
            path.write_text(new, encoding="utf-8")
    written = "written" if "--write" in arguments else "different"
    print(f"{different} of {len(SOURCES)} files {written}.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
