"""What a training step costs on the NumPy back end, and what it costs to derive it.

The network is the exam network: 2 inputs, 3 hidden neurons, 1 output, sigmoids, no
bias, 3 rows at once. Three things are measured.

**A step**, beside the loop body that a tutorial writes by hand for this network. That
body, written anew below (`tutorial_step`), has a loss line and a training line. The
loss line runs the network forward and takes the mean of the squared errors. The
training line runs it forward again, multiplies each layer's error with the slope of its
activation, s * (1 - s) of the activated value, sends the output's part back through the
transposed weights, and adds the two products to the weights. Its sigmoid is the plain
1 / (1 + exp(-s)), which overflows for large negative s; ours cannot. Printing the loss
is not counted. Before anything is timed, both are run and must end with the same
weights and the same losses.

**Deriving it**: tracing the forward pass and the loss, differentiating, simplifying,
printing and compiling the printed step, as `net.source()` does.

**Deriving deep networks**: the same for 5 to 100 layers of 8 sigmoids.

    python benchmarks/numpy_step.py [--turns 100] [--steps 500]
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

import glassprop as gp
from glassprop.backends.run_numpy import NumpySteps
from glassprop.losses import get_loss
from glassprop.programs import Target
from glassprop.recipes import Recipe
from timing import in_turns, machine, ratios, spread, table, verdict

Array = NDArray[np.float64]

STEP_LIMIT = 1.3  # times the tutorial's loop body with its loss line
DERIVE_LIMIT = 20.0  # milliseconds, the exam network
DEEP_LIMIT = 1000.0  # milliseconds, 50 layers
DEPTHS = (5, 10, 20, 50, 100)
RATE = 3.0  # with a loss averaged over 3 rows; 1 where the rows are summed

X = np.array([[2 / 3, 1], [1 / 3, 5 / 9], [1, 2 / 3]])
Y = np.array([[0.92], [0.86], [0.89]])


# The tutorial's loop body ----------------------------------------------------------


def plain_sigmoid(s: Array) -> Array:
    """Give 1 / (1 + exp(-s)) as the formula stands."""
    return 1 / (1 + np.exp(-s))


def slope(activated: Array) -> Array:
    """Give the sigmoid's slope from its value."""
    return activated * (1 - activated)


def forward(x: Array, W1: Array, W2: Array) -> tuple[Array, Array]:
    """Give the hidden and the output values."""
    hidden = plain_sigmoid(np.dot(x, W1))
    return hidden, plain_sigmoid(np.dot(hidden, W2))


def tutorial_training(x: Array, y: Array, W1: Array, W2: Array) -> None:
    """Do what the training line does: forward, backward, update."""
    hidden, output = forward(x, W1, W2)
    output_delta = (y - output) * slope(output)
    hidden_delta = np.dot(output_delta, W2.T) * slope(hidden)
    W1 += np.dot(x.T, hidden_delta)
    W2 += np.dot(hidden.T, output_delta)


def tutorial_step(x: Array, y: Array, W1: Array, W2: Array) -> np.float64:
    """Do the loss line and the training line."""
    loss = np.mean(np.square(y - forward(x, W1, W2)[1]))
    tutorial_training(x, y, W1, W2)
    return loss


def start_weights() -> tuple[Array, Array]:
    """Draw the weights from a standard normal distribution."""
    rng = np.random.default_rng(0)
    return rng.standard_normal((2, 3)), rng.standard_normal((3, 1))


# glassprop's step ------------------------------------------------------------------


def exam_network() -> gp.Network:
    """Make the exam network with the same weights."""
    W1, W2 = start_weights()
    return gp.Network(
        [
            gp.Dense(3, "sigmoid", bias=False, weights=W1),
            gp.Dense(1, "sigmoid", bias=False, weights=W2),
        ],
        loss="half_squared_error",
        input_shape=2,
        name="exam",
    )


def exam_steps(net: gp.Network) -> NumpySteps:
    """Make the exam network's training steps, as `fit` makes them."""
    target = Target((1,), np.dtype(np.float64))
    recipe = Recipe(get_loss("half_squared_error"), gp.SGD(RATE), target)
    return NumpySteps(recipe.program(net.structure, net.name))


def start_values() -> dict[str, np.ndarray]:
    """Give the network's parameters as arrays that a step may write into."""
    parameters = exam_network().parameters
    return {name: np.array(value) for name, value in parameters.items()}


def run_epoch(steps: NumpySteps, values: dict[str, Array], count: int) -> Array:
    """Run full-batch steps in one call of the back end."""
    with steps.holding(values, 3) as run:
        rates, data = np.full(count, RATE), {"x": X, "y": Y}
        return run(data, slice(0, 3), rates, seed=0, first_step=1)


def check_equal(steps: NumpySteps, count: int) -> None:
    """Stop if the two do not compute the same."""
    W1, W2 = start_weights()
    losses = [tutorial_step(X, Y, W1, W2) for _ in range(count)]
    values = start_values()
    ours = run_epoch(steps, values, count)
    np.testing.assert_allclose(2 * ours, losses, rtol=1e-9)
    for mine, theirs in zip(values.values(), (W1, W2), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-9)


# Measuring -------------------------------------------------------------------------


def timed(run: Callable[[], object], count: int = 1) -> float:
    """Give the seconds of one of `count` steps."""
    start = perf_counter()
    run()
    return (perf_counter() - start) / count


def measure_steps(turns: int, count: int) -> None:
    """Measure a step in five ways and print the table."""
    net = exam_network()
    steps = exam_steps(net)
    check_equal(steps, count)
    rate = np.float64(RATE)

    def tutorial(step: Callable[..., object]) -> float:
        W1, W2 = start_weights()
        return timed(lambda: [step(X, Y, W1, W2) for _ in range(count)], count)

    def program() -> float:
        values = list(start_values().values())
        call = steps.compiled
        return timed(lambda: [call(*values, X, Y, rate) for _ in range(count)], count)

    def epoch() -> float:
        values = start_values()
        return timed(lambda: run_epoch(steps, values, count), count)

    def fit() -> float:
        trained = exam_network()
        options = {"batch_size": None, "shuffle": False, "verbose": False}
        trained.fit(X, Y, optimizer=gp.SGD(RATE), epochs=1, **options)
        return timed(
            lambda: trained.fit(X, Y, optimizer=gp.SGD(RATE), epochs=count, **options),
            count,
        )

    measures = {
        "tutorial, training line only": lambda: tutorial(tutorial_training),
        "tutorial, with its loss line": lambda: tutorial(tutorial_step),
        "glassprop, the printed step": program,
        "glassprop, NumPy back end": epoch,
        "glassprop, fit, epochs of 1 step": fit,
    }
    times = in_turns(measures, turns)
    base = times["tutorial, with its loss line"]
    rows = [
        (name, spread(found, 1e6, 1), spread(ratios(found, base)))
        for name, found in times.items()
    ]
    print(f"One step, {turns} turns of {count} steps; median (quartiles)\n")
    print(table(("", "microseconds", "ratio to the tutorial's"), rows))
    found = ratios(times["glassprop, NumPy back end"], base)
    print(f"\nNumPy back end / tutorial: {statistics.median(found):.2f}", end="; ")
    print(verdict(found, STEP_LIMIT))


def derive_times(make: Callable[[], gp.Network], repeats: int) -> list[float]:
    """Give the milliseconds that deriving a fresh network's step takes, repeatedly."""
    times = []
    for _ in range(repeats):
        net = make()
        times.append(1e3 * timed(net.source))
    return times


def deep_network(depth: int) -> gp.Network:
    """Make a network of so many layers, the last with one output."""
    layers = [gp.Dense(8, "sigmoid") for _ in range(depth - 1)]
    return gp.Network(
        [*layers, gp.Dense(1, "sigmoid")], loss="half_squared_error", input_shape=2
    )


def measure_deriving(first: float, turns: int) -> None:
    """Print what deriving the exam network costs, at first and afterwards."""
    times = derive_times(exam_network, turns)
    print("\nTrace, differentiate, simplify, print and compile the exam network\n")
    print(f"first in the process: {first:.1f} ms")
    print(f"afterwards, {turns} times: {spread(times, 1, 1)} ms", end="; ")
    print(verdict([max(first, statistics.median(times))], DERIVE_LIMIT))


def measure_depths(repeats: int) -> None:
    """Print how deriving grows with the number of layers."""
    rows, medians = [], []
    for depth in DEPTHS:
        times = derive_times(lambda depth=depth: deep_network(depth), repeats)
        medians.append(statistics.median(times))
        rows.append((str(depth), spread(times, 1, 1), f"{medians[-1] / depth:.2f}"))
    power = np.polyfit(np.log(DEPTHS), np.log(medians), 1)[0]
    print(f"\nThe same for deep networks, {repeats} times each\n")
    print(table(("layers", "ms", "ms a layer"), rows))
    print(f"\ntime grows as layers ** {power:.2f}; 50 layers: ", end="")
    print(verdict([medians[DEPTHS.index(50)]], DEEP_LIMIT))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--turns", type=int, default=100)
    parser.add_argument("--steps", type=int, default=500)
    options = parser.parse_args()
    print(machine())
    first = derive_times(exam_network, 1)[0]
    measure_steps(options.turns, options.steps)
    measure_deriving(first, options.turns)
    measure_depths(min(5, options.turns))


if __name__ == "__main__":
    main()
