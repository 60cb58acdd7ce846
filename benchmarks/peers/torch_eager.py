"""PyTorch: eager, with functions in place of modules, tensors that are there before.

The form is chosen by measuring: which optimizer loop (fused, foreach, one by one), and
whether the rows of a pass are gathered at once or batch by batch.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import torch
from torch.nn import functional as F

from glassprop.workloads import Workload, start
from peers.common import (
    BATCH_EPSILON,
    BETA1,
    BETA2,
    EPSILON,
    MOMENTUM,
    batches,
    fastest,
    flat,
    passes,
)

LOOPS = {
    "fused": {"fused": True},
    "foreach": {"foreach": True},
    "one by one": {"foreach": False},
}
ACTIVATIONS = {
    "relu": torch.relu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    None: lambda z: z,
}


class Trainer:
    """One workload."""

    def __init__(self, workload: Workload, x: Any, y: Any, *, threads: int, lean: bool):
        torch.set_num_threads(threads)
        self.workload = workload
        self.x, self.y = torch.from_numpy(x), torch.from_numpy(y)
        self.loss = self.loss_function()
        forms = {}
        for loop, gather in product(LOOPS, ("each batch",) if lean else GATHERS):
            self.reset(loop)
            forms[f"{loop}, rows gathered {gather}"] = self.form(loop, gather)
        chosen = next(iter(forms))
        if not lean:
            chosen = fastest(forms, workload)
        self.note = chosen
        self.reset(chosen.partition(",")[0])
        self.run = self.form(*chosen.split(", rows gathered "), fresh=False)

    def loss_function(self) -> Any:
        return self.forward_and_loss

    def reset(self, loop: str) -> None:
        """Start from the beginning."""
        pairs = [
            (torch.from_numpy(weight.T.copy()), torch.from_numpy(bias.copy()))
            for weight, bias in start(self.workload)
        ]
        self.pairs = [(w.requires_grad_(), b.requires_grad_()) for w, b in pairs]
        parameters = flat(self.pairs, self.workload.bias)
        self.norms = []
        for weight, _ in self.pairs[:-1] if self.workload.batch_norm else ():
            units = len(weight)
            gain, bias = torch.ones(units), torch.zeros(units)
            parameters += [gain.requires_grad_(), bias.requires_grad_()]
            self.norms.append((torch.zeros(units), torch.ones(units), gain, bias))
        rate, how = self.workload.learning_rate, LOOPS[loop]
        adam = {"betas": (BETA1, BETA2), "eps": EPSILON}
        if self.workload.optimizer == "sgd":
            self.optimizer = torch.optim.SGD(parameters, rate, **how)
        elif self.workload.optimizer == "adam":
            self.optimizer = torch.optim.Adam(parameters, rate, **adam, **how)
        else:
            decay = self.workload.weight_decay
            self.optimizer = torch.optim.AdamW(
                parameters, rate, weight_decay=decay, **adam, **how
            )

    def forward_and_loss(self, pairs: Any, norms: Any, x: Any, y: Any) -> Any:
        """Give the mean loss of a batch."""
        work, a = self.workload, x
        for number, (weight, bias) in enumerate(pairs):
            a = F.linear(a, weight, bias if work.bias else None)
            if number < len(norms):
                mean, variance, gain, shift = norms[number]
                a = F.batch_norm(
                    a, mean, variance, gain, shift, True, MOMENTUM, BATCH_EPSILON
                )
            a = ACTIVATIONS[work.activations[number]](a)
            if work.dropout and number < len(pairs) - 1:
                a = F.dropout(a, work.dropout)
        if work.loss == "cross_entropy":
            return F.cross_entropy(a, y)
        return 0.5 * F.mse_loss(a, y, reduction="sum") / len(y)

    def form(self, loop: str, gather: str, fresh: bool = True) -> Any:
        """Give ``run(order, steps)`` in one form."""

        def run(order: Any, steps: int) -> Any:
            if fresh:
                self.reset(loop)
            whole, count = passes(self.workload, steps)
            parts = batches(self.workload, count)
            rows = torch.from_numpy(order[: parts[-1].stop])
            if gather == "each pass":
                x, y = self.x.index_select(0, rows), self.y.index_select(0, rows)
            pairs, norms, loss_of = self.pairs, self.norms, self.loss
            optimizer, losses = self.optimizer, []
            for _ in range(whole):
                for part in parts:
                    if gather == "each pass":
                        xs, ys = x[part], y[part]
                    else:
                        which = rows[part]
                        xs = self.x.index_select(0, which)
                        ys = self.y.index_select(0, which)
                    optimizer.zero_grad()
                    loss = loss_of(pairs, norms, xs, ys)
                    loss.backward()
                    optimizer.step()
                    losses.append(loss.detach())
            return torch.stack(losses).numpy()

        return run

    def weights(self) -> list[Any]:
        pairs = [(w.detach().numpy().T, b.detach().numpy()) for w, b in self.pairs]
        return flat(pairs, self.workload.bias)


GATHERS = ("each pass", "each batch")
