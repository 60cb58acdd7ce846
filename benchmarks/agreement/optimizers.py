"""Optimizers: the weights of a small network on the way through 1,000 steps.

Wrappers, and the rules that clip gradients, are compared around an optimizer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import glassprop as gp
from agreement.common import Case, Difference, Family, Numbers, torch
from agreement.optimizer_runs import BRIEF, Average, column, ours, theirs
from glassprop.clipping import CLIPPINGS, ByGlobalNorm, ByNorm, ByValue
from glassprop.optimizers import (
    EMA,
    MINIMIZERS,
    OPTIMIZERS,
    SWA,
    WRAPPERS,
    LayerRates,
    WeightDecay,
)

# Called as PyTorch wants it -----------------------------------------------------------


def named(name: str, **options: Any) -> Callable[[dict[str, Any]], Any]:
    """Give what makes one of PyTorch's optimizers of all parameters."""
    return lambda p: getattr(torch.optim, name)(p.values(), **options)


def grouped(
    name: str, groups: Mapping[str, dict[str, Any]], **options: Any
) -> Callable[[dict[str, Any]], Any]:
    """Give what makes one with options of its own for some parameters."""
    return lambda p: getattr(torch.optim, name)(
        [{"params": [one], **groups.get(key, {})} for key, one in p.items()], **options
    )


# Rules that PyTorch has otherwise, with its own functions -----------------------------


def scale_down(limit: float, gradients: list[Any]) -> None:
    """Scale gradients down to a norm of at most `limit`, without adding to the norm."""
    norm = torch.nn.utils.get_total_norm(gradients)
    for g in gradients:
        g.mul_(limit / norm.clamp(min=limit))


def by_global_norm(limit: float, parameters: list[Any]) -> None:
    scale_down(limit, [one.grad for one in parameters])


def by_norm(limit: float, parameters: list[Any]) -> None:
    for one in parameters:
        scale_down(limit, [one.grad])


def by_value(limit: float, parameters: list[Any]) -> None:
    torch.nn.utils.clip_grad_value_(parameters, limit)


def corrected(decay: float) -> dict[str, Any]:
    """Give the options of an average that corrects for its start, as ours does."""

    def average(old: Any, new: Any, number: Any) -> Any:
        return old + (1 - decay) / (1 - decay ** (number + 1)) * (new - old)

    return {"avg_fn": average}


class Lion:
    """Lion, which PyTorch lacks, with tensors (Chen et al. 2023, algorithm 2)."""

    def __init__(self, p: dict[str, Any], rate: float) -> None:
        self.param_groups = [{"params": list(p.values()), "lr": rate}]
        self.m = [torch.zeros_like(one) for one in p.values()]

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for one in self.param_groups[0]["params"]:
            one.grad = None

    def step(self) -> None:
        """Move every parameter."""
        with torch.no_grad():
            (group,) = self.param_groups
            for w, m in zip(group["params"], self.m, strict=True):
                w.sub_(group["lr"] * torch.lerp(w.grad, m, 0.9).sign())
                m.lerp_(w.grad, 1 - 0.99)


# The rows -----------------------------------------------------------------------------


def case(
    entry: str,
    options: str,
    optimizer: Any,
    counterpart: str,
    make: Callable[[dict[str, Any]], Any],
    *,
    clip: tuple[Any, Callable[[list[Any]], Any]] | None = None,
    average: Average | None = None,
    halved: float | None = None,
) -> Case:
    """Make a case of both sides' optimizers, clippings and averages.

    A first rate that is `halved` is so every 100 steps.
    """
    rule, peer_rule = clip or (None, None)
    run = partial(ours, optimizer, clip=rule, schedule=halved and halves)
    rate = halved and (lambda t: halved * halves(t - 1))
    peer = partial(theirs, make, clip=peer_rule, average=average, rate=rate)
    return Case(entry, options, counterpart, run, peer, partial(run, at=BRIEF))


def halves(steps: Any, _steps_per_epoch: int = 1) -> Any:
    """Give the factor of the rate for steps that are counted from 0."""
    return 0.5 ** (steps / 100)


CASES = [
    case("sgd", "", gp.SGD(0.1), "SGD", named("SGD", lr=0.1)),
    case(
        "sgd",
        "momentum=0.9",
        gp.SGD(0.05, momentum=0.9),
        "SGD(momentum=0.9)",
        named("SGD", lr=0.05, momentum=0.9),
    ),
    case(
        "sgd",
        "rate halved every 100 steps",
        gp.SGD(0.1),
        "SGD",
        named("SGD", lr=0.1),
        halved=0.1,
    ),
    case(
        "sgd",
        "nesterov",
        gp.SGD(0.05, momentum=0.9, nesterov=True),
        "SGD(nesterov=True)",
        named("SGD", lr=0.05, momentum=0.9, nesterov=True),
    ),
    case("adam", "", gp.Adam(0.01), "Adam", named("Adam", lr=0.01)),
    case(
        "adam",
        "beta1=0.8, beta2=0.9, epsilon=0.01",
        gp.Adam(0.01, 0.8, 0.9, 0.01),
        "Adam(betas, eps)",
        named("Adam", lr=0.01, betas=(0.8, 0.9), eps=0.01),
    ),
    case(
        "adam",
        "amsgrad",
        gp.Adam(0.01, beta2=0.9, amsgrad=True),
        "Adam(amsgrad=True)",
        named("Adam", lr=0.01, betas=(0.9, 0.9), amsgrad=True),
    ),
    case(
        "adamw",
        "weight_decay=0.1",
        gp.AdamW(0.01, weight_decay=0.1),
        "AdamW(weight_decay=0.1)",
        named("AdamW", lr=0.01, weight_decay=0.1),
    ),
    case("nadam", "", gp.Nadam(0.01), "NAdam", named("NAdam", lr=0.01)),
    case(
        "nadam",
        "momentum_decay=0.1",
        gp.Nadam(0.01, momentum_decay=0.1),
        "NAdam(momentum_decay=0.1)",
        named("NAdam", lr=0.01, momentum_decay=0.1),
    ),
    case("rmsprop", "", gp.RMSprop(0.01), "RMSprop", named("RMSprop", lr=0.01)),
    case(
        "rmsprop",
        "centered, momentum=0.9",
        gp.RMSprop(0.001, 0.9, 1e-4, centered=True, momentum=0.9),
        "RMSprop(centered, momentum)",
        named("RMSprop", lr=0.001, alpha=0.9, eps=1e-4, centered=True, momentum=0.9),
    ),
    case("adagrad", "", gp.Adagrad(0.1), "Adagrad", named("Adagrad", lr=0.1)),
    case(
        "adagrad",
        "initial=0.1",
        gp.Adagrad(0.1, initial=0.1),
        "Adagrad(initial_...=0.1)",
        named("Adagrad", lr=0.1, initial_accumulator_value=0.1),
    ),
    case("lion", "", gp.Lion(0.001), "lerp, sign", partial(Lion, rate=0.001)),
    case("rprop", "", gp.Rprop(0.01), "Rprop", named("Rprop", lr=0.01)),
    case(
        "rprop",
        "other factors and bounds",
        gp.Rprop(0.01, shrink=0.7, grow=1.1, smallest=1e-3, largest=0.1),
        "Rprop(etas, step_sizes)",
        named("Rprop", lr=0.01, etas=(0.7, 1.1), step_sizes=(1e-3, 0.1)),
    ),
    case(
        "WeightDecay",
        "of Adam, not of biases",
        WeightDecay(gp.Adam(0.01), 0.1, biases=False),
        "AdamW, two groups",
        grouped(
            "AdamW",
            {"hidden.bias": {"weight_decay": 0}, "output.bias": {"weight_decay": 0}},
            lr=0.01,
            weight_decay=0.1,
        ),
    ),
    case(
        "WeightDecay",
        "of SGD",
        WeightDecay(gp.SGD(0.1), 0.1),
        "SGD(weight_decay=0.1)",
        named("SGD", lr=0.1, weight_decay=0.1),
    ),
    case(
        "LayerRates",
        "of Adam",
        LayerRates(gp.Adam(0.01), {"hidden": 0.5, "output.bias": 2.0}),
        "Adam, groups with lr",
        grouped(
            "Adam",
            {
                "hidden.weight": {"lr": 0.005},
                "hidden.bias": {"lr": 0.005},
                "output.bias": {"lr": 0.02},
            },
            lr=0.01,
        ),
    ),
    case(
        "EMA",
        "decay=0.9, of Adam",
        EMA(gp.Adam(0.01), 0.9),
        "AveragedModel(avg_fn)",
        named("Adam", lr=0.01),
        average=Average(partial(corrected, 0.9)),
    ),
    case(
        "SWA",
        "start=20, every=4, of SGD",
        SWA(gp.SGD(0.1), start=20, every=4),
        "AveragedModel",
        named("SGD", lr=0.1),
        average=Average(dict, lambda t: t >= 20 and t % 4 == 0),
    ),
    case(
        "ByGlobalNorm",
        "0.5, SGD",
        gp.SGD(0.1),
        "get_total_norm",
        named("SGD", lr=0.1),
        clip=(ByGlobalNorm(0.5), partial(by_global_norm, 0.5)),
    ),
    case(
        "ByNorm",
        "0.3, SGD",
        gp.SGD(0.1),
        "get_total_norm, each",
        named("SGD", lr=0.1),
        clip=(ByNorm(0.3), partial(by_norm, 0.3)),
    ),
    case(
        "ByValue",
        "0.1, SGD",
        gp.SGD(0.1),
        "clip_grad_value_",
        named("SGD", lr=0.1),
        clip=(ByValue(0.1), partial(by_value, 0.1)),
    ),
]

ALONE = {
    "lbfgs": "it is SciPy's L-BFGS-B. It searches along a direction otherwise than "
    "torch.optim.LBFGS does, so that the two soon stand elsewhere.",
}


# Conventions --------------------------------------------------------------------------


def entry(found: Numbers) -> float:
    """Give one weight, after the first few steps."""
    return float(found[column(40)]["output.weight"][0, 0])


DIFFERENCES = [
    Difference(
        "SGD, momentum=0.9, rate halved every 100 steps, a weight after 40",
        lambda: entry(ours(gp.SGD(0.05, momentum=0.9), schedule=halves, at=BRIEF)),
        lambda: entry(
            theirs(
                named("SGD", lr=0.05, momentum=0.9),
                rate=lambda t: 0.05 * halves(t - 1),
            )
        ),
        "The rate is in the velocity here, so that a step keeps the rate it was taken "
        "with; PyTorch multiplies the whole velocity by the rate of the day. Without a "
        "schedule it is the same.",
    ),
    Difference(
        "EMA(Adam, 0.9), a weight after 40 steps",
        lambda: entry(ours(EMA(gp.Adam(0.01), 0.9), at=BRIEF)),
        lambda: entry(
            theirs(
                named("Adam", lr=0.01),
                average=Average(
                    lambda: {
                        "multi_avg_fn": torch.optim.swa_utils.get_ema_multi_avg_fn(0.9)
                    }
                ),
            )
        ),
        "PyTorch's average begins at the weights after the first step; ours divides by "
        "1 - decay**t, so that they count as all others. The table compares with an "
        "avg_fn that does.",
    ),
    Difference(
        "clip 0.5, a weight after 40 steps",
        lambda: entry(ours(gp.SGD(0.1), clip=0.5, at=BRIEF)),
        lambda: entry(
            theirs(
                named("SGD", lr=0.1),
                clip=lambda p: torch.nn.utils.clip_grad_norm_(p, 0.5),
            )
        ),
        "clip_grad_norm_ adds 1e-6 to the norm. The table compares with get_total_norm "
        "and a factor without it.",
    ),
]

FAMILY = Family(
    "optimizers",
    [*OPTIMIZERS, *MINIMIZERS, *WRAPPERS, *CLIPPINGS],
    CASES,
    ALONE,
    DIFFERENCES,
)
