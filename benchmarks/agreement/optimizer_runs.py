"""Train one small network on both sides, and look at its weights on the way.

Twelve rows in batches of three, always in one order, for 1,000 steps. Of batches the
slope never vanishes, so that what Adam and its like divide by stays far from rounding.
"""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import glassprop as gp
from agreement.common import Array, F, Numbers, numbers, plain, tensor, torch

BATCH = 3
X, Y = numbers(1, 12, 4), numbers(2, 12, 2)
AT = (4, 40, 400, 1000)
BRIEF = AT[:2]
NAMES = ("hidden.weight", "hidden.bias", "output.weight", "output.bias")
START = {
    name: 0.5 * numbers(3 + at, *shape)
    for at, (name, shape) in enumerate(
        zip(NAMES, ((4, 3), (3,), (3, 2), (2,)), strict=True)
    )
}


def column(steps: int) -> str:
    """Name the column of the weights after so many steps."""
    return f"step {steps:,}"


# Our side -----------------------------------------------------------------------------


def network(**options: Any) -> gp.Network:
    layers = [gp.Dense(3, "tanh", name="hidden"), gp.Dense(2, name="output", **options)]
    net = gp.Network(layers, loss="mean_squared_error", input_shape=4)
    for name, value in START.items():
        net.parameters[name] = value
    return net


def ours(
    optimizer: Any, *, clip: Any = None, schedule: Any = None, at: Any = AT
) -> Numbers:
    """Train with ours, and give the weights after some numbers of steps."""
    net, found, done = network(), {}, 0
    for steps in at:
        with warnings.catch_warnings():  # the first fits are parts of the training
            warnings.filterwarnings("ignore", "SWA: the mean begins")
            net.fit(
                X,
                Y,
                optimizer=optimizer,
                epochs=(steps - done) * BATCH // len(X),
                batch_size=BATCH,
                shuffle=False,
                clip=clip,
                schedule=schedule,
                verbose=False,
            )
        done = steps
        found[column(steps)] = dict(net.parameters)
    return found


# Their side ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Average:
    """An average of the weights, by torch.optim.swa_utils.

    Parameters
    ----------
    options : callable
        Gives the arguments of AveragedModel.
    due : callable
        Tells whether the weights after step t belong to the average.
    """

    options: Callable[[], dict[str, Any]]
    due: Callable[[int], bool] = lambda t: True


def model() -> Any:
    """Make the same network in PyTorch, with our start values."""
    made = torch.nn.Sequential(
        OrderedDict(
            hidden=torch.nn.Linear(4, 3),
            tanh=torch.nn.Tanh(),
            output=torch.nn.Linear(3, 2),
        )
    )
    with torch.no_grad():
        for name, one in made.named_parameters():
            one.copy_(tensor(START[name].T, slope=False))
    return made


def theirs(
    make: Callable[[dict[str, Any]], Any],
    *,
    clip: Callable[[list[Any]], Any] | None = None,
    average: Average | None = None,
    rate: Callable[[int], float] | None = None,
) -> Numbers:
    """Train with PyTorch's, and give the weights after some numbers of steps."""
    net, found = model(), {}
    optimizer = make(dict(net.named_parameters()))
    averaged = average and torch.optim.swa_utils.AveragedModel(net, **average.options())
    for t in range(1, AT[-1] + 1):
        first = (t - 1) * BATCH % len(X)
        rows = slice(first, first + BATCH)
        for group in optimizer.param_groups:
            group["lr"] = rate(t) if rate else group["lr"]
        optimizer.zero_grad()
        given = tensor(X[rows], slope=False)
        F.mse_loss(net(given), tensor(Y[rows], slope=False)).backward()
        if clip:
            clip(list(net.parameters()))
        optimizer.step()
        if averaged and average.due(t):
            averaged.update_parameters(net)
        if t in AT:
            ready = averaged is not None and averaged.n_averaged > 0
            found[column(t)] = weights(averaged.module if ready else net)
    return found


def weights(net: Any) -> dict[str, Array]:
    """Give a model's weights, arranged as ours."""
    return {name: plain(one).T for name, one in net.named_parameters()}
