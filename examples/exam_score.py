"""The exam score of a student, from hours of study and of sleep.

This is the network of "Build a flexible neural network with backpropagation in Python"
(S. Shamdasani, 2017) with the numbers of that text, its slips and its question: what
does a student score who studies 4 hours and sleeps 8? docs/tutorial_1.md explains every
line that this program prints.

    python examples/exam_score.py
    python examples/exam_score.py --plot exam_score.png
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

HOURS = np.array([[2.0, 9.0], [1.0, 5.0], [3.0, 6.0]])  # of study, of sleep
SCORES = np.array([[92.0], [86.0], [89.0]]) / 100
LARGEST = HOURS.max(axis=0)  # 3 hours of study, 9 of sleep
STUDENT = np.array([4.0, 8.0])


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Predict the score of an exam.")
    parser.add_argument(
        "--plot",
        nargs="?",
        const="exam_score.png",
        metavar="FILE",
        help="draw the mean squared error of every update (exam_score.png)",
    )
    options = parser.parse_args(arguments)
    if options.plot:
        check_matplotlib()

    show_forward_pass()
    net = exam_network(seed=0)
    history = train(net)
    errors = [2 * loss for loss in history["loss"]]  # half a mean, doubled
    show_training(net, errors)
    show_answers(net)
    show_spread()
    if options.plot:
        save_curve(errors, options.plot)


# Forward ------------------------------------------------------------------------------


def show_forward_pass() -> None:
    """Send one row through the network of the text, a layer at a time."""
    input_weights = [[0.2, 0.6, 0.1], [0.8, 0.3, 0.7]]  # a column for each neuron
    output_weights = [[0.4], [0.5], [0.9]]
    row = [2, 9]
    net = gp.Network(input_shape=2)
    print("The row (2, 9), not scaled, on its way through the network")
    net.add(gp.Dense(3, bias=False, weights=[input_weights]))
    print("  hidden sums     ", *(f"{value:.1f}" for value in net(row)))
    net.add(gp.Activation("sigmoid"))
    print("  hidden outputs  ", *(f"{value:.9f}" for value in net(row)))
    net.add(gp.Dense(1, bias=False, weights=[output_weights]))
    print("  output sum      ", f"{net(row)[0]:.9f}")
    net.add(gp.Activation("sigmoid"))
    print("  output          ", f"{net(row)[0]:.9f}")

    print("The text has 7.5 for the second sum, and goes on from there")
    print(f"  S(7.5)           {gp.sigmoid(7.5):.9f}, as it should be")
    print(
        f"  1 / S(7.5)       {1 / gp.sigmoid(7.5):.9f}, as printed; no sigmoid passes 1"
    )
    print(f"  S(1.79832)       {gp.sigmoid(1.79832):.10f}, as printed for the output")


# Training -----------------------------------------------------------------------------


def exam_network(seed: int) -> gp.Network:
    """Make the network with the weights that the text would draw from a seed."""
    random = np.random.RandomState(seed)  # NumPy's legacy generator
    input_weights = random.randn(2, 3)
    output_weights = random.randn(3, 1)
    return gp.Network(
        [
            gp.Scale(1 / LARGEST, name="scale"),
            gp.Dense(3, "sigmoid", bias=False, weights=[input_weights], name="hidden"),
            gp.Dense(1, "sigmoid", bias=False, weights=[output_weights], name="output"),
        ],
        loss="half_squared_error",
        input_shape=2,
        name="exam",
    )


def train(net: gp.Network) -> gp.History:
    """Take 1,000 steps on all rows at once."""
    # The text sums over its three rows and steps by 1, glassprop averages over them.
    return net.fit(
        HOURS,
        SCORES,
        optimizer=gp.SGD(learning_rate=3.0),
        epochs=1000,
        batch_size=None,
        verbose=False,
    )


def mean_squared_error(net: gp.Network) -> float:
    return net.evaluate(HOURS, SCORES, loss="mean_squared_error")["loss"]


def show_training(net: gp.Network, errors: Sequence[float]) -> None:
    print("Training from seed 0: the mean squared error before an update")
    for update in (1, 2, 3, 10, 100, 200, 400, 600, 800, 1000):
        print(f"  {update:5}  {errors[update - 1]:.7e}")
    print(f"  after  {mean_squared_error(net):.7e}")
    print("  study  sleep  score  prediction")
    for (study, sleep), score, prediction in zip(
        HOURS, SCORES[:, 0], net(HOURS)[:, 0], strict=True
    ):
        print(f"  {study:5.0f}  {sleep:5.0f}  {score:5.2f}  {prediction:.7f}")


# Prediction ---------------------------------------------------------------------------


def show_answers(net: gp.Network) -> None:
    """Ask for 4 hours of study and 8 of sleep, rightly and in three wrong ways."""
    print("4 hours of study, 8 hours of sleep")
    print(f"  the network scales      {net(STUDENT)[0]:.10f}")
    net.remove("scale")  # from here on we scale by hand, as the text does
    with_student = np.vstack([HOURS, STUDENT]).max(axis=0)
    print(f"  scaled by hand          {net(STUDENT / LARGEST)[0]:.10f}")
    print("Wrong, and nothing complains")
    print(f"  not scaled              {net(STUDENT)[0]:.7f}")
    print(f"  appended, then scaled   {net(STUDENT / with_student)[0]:.7f}")
    print(f"  columns swapped         {net(STUDENT[::-1] / LARGEST)[0]:.7f}")


def show_spread() -> None:
    """Train from twenty starts, to see how much hangs on the first weights."""
    answers, errors = [], []
    for seed in range(20):
        net = exam_network(seed)
        train(net)
        answers.append(net(STUDENT)[0])
        errors.append(mean_squared_error(net))
    print("The same from the seeds 0 to 19")
    print(f"  predictions  {min(answers):.4f} to {max(answers):.4f}")
    print(
        f"  errors       {min(errors):.2e} to {max(errors):.2e}, "
        f"median {np.median(errors):.2e}"
    )


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
    """Draw the mean squared error before each update."""
    from matplotlib.figure import Figure  # noqa: PLC0415 -- only --plot needs it

    figure = Figure(layout="constrained")
    axes = figure.subplots()
    axes.semilogy(range(1, len(errors) + 1), errors)
    axes.set(title="Exam score", xlabel="update", ylabel="mean squared error")
    return figure


def save_curve(errors: Sequence[float], path: str) -> None:
    try:
        curve(errors).savefig(path)
    except (OSError, ValueError) as error:
        sys.exit(f"cannot draw to {path}: {error}")
    print(f"The curve is in {path}")


if __name__ == "__main__":
    main()
