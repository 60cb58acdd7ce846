"""Binary AND, learned by a network that is put together layer by layer.

The network of a tutorial that builds its layers from scratch, with the numbers of that
text and with what puzzled its author: what does a network that has learned AND say
about (45, 203)? docs/tutorial_2.md explains every line that this program prints.

    python examples/binary_and.py
    python examples/binary_and.py --plot binary_and.png
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

import glassprop as gp

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ROWS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
AND = np.array([0, 0, 0, 1])
TARGET = np.column_stack([AND, AND])  # both outputs learn the same, as in the text
ELSEWHERE = np.array(
    [(2, 0), (45, 203), (0, 85), (0, -1), (-21, 0), (0, -328), (1, 0), (0, 1), (0.5, 0)]
)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Learn binary AND.")
    parser.add_argument(
        "--plot",
        nargs="?",
        const="binary_and.png",
        metavar="FILE",
        help="draw the mean squared error of every 10th epoch (binary_and.png)",
    )
    options = parser.parse_args(arguments)
    if options.plot:
        check_matplotlib()

    show_layer()
    net = and_network()
    print("Binary AND, before training")
    print("  predictions ", net(ROWS).argmax(axis=1))
    errors = train(net)
    show_training(net, errors)
    show_secret(net)
    if options.plot:
        save_curve(errors, options.plot)


# Layers -------------------------------------------------------------------------------


def random_layer(
    random: np.random.RandomState,
    inputs: int,
    units: int,
    activation: str | None = None,
    name: str | None = None,
) -> gp.Dense:
    """Make a layer that starts as in the text: weights first, then biases, all >= 0.

    The text never trains its biases, so they are frozen here.
    """
    weights = random.rand(inputs, units), random.rand(units)
    return gp.Dense(units, activation, weights=weights, frozen=["bias"], name=name)


def show_layer() -> None:
    """Send one row through one layer without activation."""
    random = np.random.RandomState(100)  # NumPy's legacy generator
    net = gp.Network([random_layer(random, 3, 4, name="layer")], input_shape=3)
    output = net([1, 2, 3])
    print("A layer from 3 to 4, seed 100")
    with np.printoptions(precision=8, floatmode="fixed"):
        for row in net.parameters["layer.weight"]:
            print("  weights     ", row)
        print("  bias        ", net.parameters["layer.bias"])
        print("  of [1, 2, 3]", output)


def and_network() -> gp.Network:
    """Put the network together, from seed 100 again."""
    random = np.random.RandomState(100)
    net = gp.Network(loss="half_squared_error", input_shape=2, name="binary_and")
    net.add(random_layer(random, 2, 3, "tanh"))
    net.add(random_layer(random, 3, 3, "sigmoid"))
    net.add(random_layer(random, 3, 2, "sigmoid", name="output"))
    return net


# Training -----------------------------------------------------------------------------


def train(net: gp.Network) -> list[float]:
    """Train row by row; give the mean squared error of epochs 0, 10, ..., 280."""
    errors = []

    def measure(net: gp.Network, history: gp.History) -> None:
        if history.epochs[-1] % 10 == 1:
            numbers = net.evaluate(ROWS, TARGET, loss="mean_squared_error")
            errors.append(numbers["loss"])

    net.fit(
        ROWS,
        TARGET,
        optimizer=gp.SGD(learning_rate=0.3),
        epochs=290,
        batch_size=1,
        shuffle=False,
        callbacks=[measure],
        verbose=False,
    )
    return errors


def show_training(net: gp.Network, errors: Sequence[float]) -> None:
    print("Training: the mean squared error after an epoch")
    for number, error in enumerate(errors):
        print(f"  {10 * number:5}  {error:.6f}")
    predicted = net(ROWS).argmax(axis=1)
    print("After training")
    print("  row    output 0  output 1  class")
    for row, outputs, answer in zip(ROWS, net(ROWS), predicted, strict=True):
        print(f"  {row}  {outputs[0]:.6f}  {outputs[1]:.6f}  {answer}")
    print(f"  accuracy {gp.metrics.accuracy(AND, predicted):.0%}")
    zero, one = net([0, 1])
    print(f"  (0, 1) is won by {zero - one:.1e}")


# The secret ---------------------------------------------------------------------------


def show_secret(net: gp.Network) -> None:
    """Show what the network says far from its four rows, and why."""
    answers = net(ELSEWHERE).argmax(axis=1)
    along = np.arange(0, 2, 1e-4)
    zeros = np.zeros_like(along)
    flips = [
        along[net(np.column_stack(axes)).argmax(axis=1).argmax()]
        for axes in ((along, zeros), (zeros, along))
    ]
    weight, bias = (np.diff(net.parameters[f"output.{w}"]) for w in ("weight", "bias"))
    net.remove("output")  # what is left gives what the output layer saw
    hidden = net(ELSEWHERE)

    print(
        "The secret: output 1 minus output 0, before the sigmoid, is a line through h"
    )
    print(
        "  weights", *(f"{value:.3f}" for value in weight[:, 0]), f" bias {bias[0]:.3f}"
    )
    print("       x          h                   line  class")
    for row, h, line, answer in zip(
        ELSEWHERE, hidden, hidden @ weight[:, 0] + bias[0], answers, strict=True
    ):
        point = f"({row[0]:g}, {row[1]:g})"
        values = " ".join(f"{value:.3f}" for value in h)
        print(f"  {point:>10}  {values}  {line:9.6f}  {answer}")
    print(f"  class 1 begins at ({flips[0]:.4f}, 0) and at (0, {flips[1]:.4f})")


# The curve ----------------------------------------------------------------------------


def check_matplotlib() -> None:
    """Stop before the work if the curve cannot be drawn after it."""
    try:
        import matplotlib  # noqa: F401, PLC0415 -- only --plot needs it
    except ImportError:
        sys.exit(
            "--plot draws with matplotlib, which is not installed. Install it:\n"
            'python -m pip install "glassprop[plot]"'
        )


def curve(errors: Sequence[float]) -> Figure:
    """Draw the mean squared error after every 10th epoch."""
    from matplotlib.figure import Figure  # noqa: PLC0415 -- only --plot needs it

    figure = Figure(layout="constrained")
    axes = figure.subplots()
    axes.plot(range(0, 10 * len(errors), 10), errors)
    axes.set(title="Binary AND", xlabel="epoch", ylabel="mean squared error")
    return figure


def save_curve(errors: Sequence[float], path: str) -> None:
    try:
        curve(errors).savefig(path)
    except (OSError, ValueError) as error:
        sys.exit(f"cannot draw to {path}: {error}")
    print(f"The curve is in {path}")


if __name__ == "__main__":
    main()
