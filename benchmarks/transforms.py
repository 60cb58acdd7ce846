"""Products with vectors: how they are made, and what each way costs.

A Jacobian times a vector is made by reverse mode twice: once for ``u @ J``, which is
linear in u, and once more along u. A Hessian times a vector can be made in two ways:
the gradient of ``sum(gradient * v)``, or the slope of the gradient along v by the way
just said, which is forward mode over reverse mode. This program measures them beside
the function or the gradient alone, and beside the whole matrix.

    python benchmarks/transforms.py
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

import glassprop as gp
from timing import in_turns, machine, ratios, spread, table


def network(w1: Any, w2: Any, x: Any) -> Any:
    """Run two layers on 64 rows of 20 values."""
    return np.tanh(x @ w1) @ w2


def loss(w1: Any, w2: Any, x: Any) -> Any:
    return np.sum(np.log1p(np.exp(network(w1, w2, x)))) / 64


def springs(x: Any) -> Any:
    """Give the forces of a chain of 60 springs that harden."""
    stretch = np.diff(x, prepend=0.0)
    force = stretch + 0.5 * stretch**3
    return force - np.append(force[1:], 0.0)


def energy(x: Any) -> Any:
    stretch = np.diff(x, prepend=0.0)
    return np.sum(0.5 * stretch**2 + 0.125 * stretch**4)


def seconds(
    function: Callable[..., Any], arguments: tuple[Any, ...], calls: int
) -> float:
    """Time one call, of many."""
    start = time.perf_counter()
    for _ in range(calls):
        function(*arguments)
    return (time.perf_counter() - start) / calls


def forward_over_reverse(f: Callable[..., Any]) -> Any:
    """Make the slope of the gradient along a vector."""
    return gp.jacobian_vector_product(gp.gradient(f))


def examples() -> dict[str, tuple[list[tuple[str, Any, bool]], tuple[Any, ...]]]:
    """Give, for each example, ways with a name, and whether they take the vector."""
    rng = np.random.default_rng(0)
    w1, w2 = rng.standard_normal((20, 30)) / 4, rng.standard_normal((30, 1)) / 4
    point = (w1, w2, rng.standard_normal((64, 20)))
    chain = (rng.standard_normal(60),)
    return {
        "a network's loss, 600 weights": (
            [
                ("gradient alone", gp.gradient(loss), False),
                ("Hessian @ v, reverse twice", gp.hessian_vector_product(loss), True),
                ("Hessian @ v, forward over reverse", forward_over_reverse(loss), True),
            ],
            point,
        ),
        "a chain's energy, 60 places": (
            [
                ("gradient alone", gp.gradient(energy), False),
                ("Hessian @ v, reverse twice", gp.hessian_vector_product(energy), True),
                (
                    "Hessian @ v, forward over reverse",
                    forward_over_reverse(energy),
                    True,
                ),
                ("whole Hessian", gp.hessian(energy), False),
            ],
            chain,
        ),
        "a network's values, 600 weights": (
            [
                ("function alone", network, False),
                ("Jacobian @ v", gp.jacobian_vector_product(network), True),
                ("whole Jacobian", gp.jacobian(network), False),
            ],
            point,
        ),
        "a chain's forces, 60 places": (
            [
                ("function alone", springs, False),
                ("Jacobian @ v", gp.jacobian_vector_product(springs), True),
                ("whole Jacobian", gp.jacobian(springs), False),
            ],
            chain,
        ),
    }


def check_products(ways: list[tuple[str, Any, bool]], given: Any, v: Any) -> None:
    """Stop if two ways do not give the same."""
    found = [function(*given, v) for _, function, takes in ways if takes]
    for one in found[1:]:
        np.testing.assert_allclose(one, found[0], rtol=1e-9, atol=1e-12)


def measure(
    title: str, ways: list[tuple[str, Any, bool]], point: Any, turns: int, calls: int
) -> None:
    """Print what each way of an example costs."""
    v = np.random.default_rng(1).standard_normal(point[0].shape)
    check_products(ways, point, v)
    measures = {
        name: partial(seconds, function, (*point, v) if takes else point, calls)
        for name, function, takes in ways
    }
    times = in_turns(measures, turns)
    base = times[ways[0][0]]
    rows = [
        (name, spread(one, 1e6, 1), spread(ratios(one, base)))
        for name, one in times.items()
    ]
    print()
    print(table((title, "microseconds", "ratio to the first"), rows))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--turns", type=int, default=30)
    parser.add_argument("--calls", type=int, default=100)
    options = parser.parse_args()
    print(machine())
    print(f"One call, {options.turns} turns of {options.calls}; median (quartiles)")
    for title, (ways, point) in examples().items():
        measure(title, ways, point, options.turns, options.calls)


if __name__ == "__main__":
    main()
