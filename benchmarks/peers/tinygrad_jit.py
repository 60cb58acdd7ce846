"""tinygrad: a training step under `TinyJit`, on its CPU device, compiled by clang."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np

from glassprop.workloads import Workload, start
from peers.common import (
    BATCH_EPSILON,
    BETA1,
    BETA2,
    EPSILON,
    MOMENTUM,
    NotRun,
    batches,
    flat,
    passes,
)

ACTIVATIONS = {
    "relu": lambda z: z.relu(),
    "tanh": lambda z: z.tanh(),
    "sigmoid": lambda z: z.sigmoid(),
    None: lambda z: z,
}


def compiler() -> str:
    """Find clang, also where its name has a version."""
    for folder in os.get_exec_path():
        for path in sorted(Path(folder).glob("clang*"), key=lambda one: len(one.name)):
            if path.name.removeprefix("clang").strip("-.0123456789") == "":
                return str(path)
    raise NotRun("tinygrad compiles with clang, which is not there.")


class Trainer:
    """One workload."""

    note = "TinyJit"

    def __init__(self, workload: Workload, x: Any, y: Any, *, threads: int, lean: bool):
        os.environ["CC"] = shutil.which("clang") or compiler()
        os.environ |= {"DEV": "CPU", "NUM_CPU_THREADS": str(threads), "CONST_LR": "1"}
        if workload.dtype == "float64":
            os.environ["DEFAULT_FLOAT"] = "float64"
        from tinygrad import Context, Tensor, TinyJit
        from tinygrad.nn import optim

        self.workload, self.x, self.y = workload, x, y
        self.Tensor, self.training = Tensor, lambda: Context(TRAINING=1)
        pairs = [(tensor(Tensor, w), tensor(Tensor, b)) for w, b in start(workload)]
        self.pairs = pairs
        parameters = flat(pairs, workload.bias)
        self.norms = []
        for units in workload.sizes[1:-1] if workload.batch_norm else ():
            gain, bias, mean, variance = (
                tensor(Tensor, np.full(units, value, np.float32))
                for value in (1, 0, 0, 1)
            )
            parameters += [gain, bias]
            self.norms.append((gain, bias, mean, variance))
        rate = workload.learning_rate
        adam = {"b1": BETA1, "b2": BETA2, "eps": EPSILON}
        if workload.optimizer == "sgd":
            self.optimizer = optim.SGD(parameters, rate)
        elif workload.optimizer == "adam":
            self.optimizer = optim.Adam(parameters, rate, **adam)
        else:
            decay = workload.weight_decay
            self.optimizer = optim.AdamW(parameters, rate, weight_decay=decay, **adam)
        self.full, self.last = TinyJit(self.step), TinyJit(self.step)

    def step(self, x: Any, y: Any) -> Any:
        with self.training():
            self.optimizer.zero_grad()
            loss = self.loss(x, y)
            loss.backward()
            running = [one for norm in self.norms for one in norm[2:]]
            return loss.realize(*self.optimizer.schedule_step(), *running)

    def loss(self, x: Any, y: Any) -> Any:
        """Give the mean loss of a batch."""
        work, a = self.workload, x
        for number, (weight, bias) in enumerate(self.pairs):
            a = a @ weight + bias if work.bias else a @ weight
            if number < len(self.norms):
                a = batch_norm(a, *self.norms[number])
            a = ACTIVATIONS[work.activations[number]](a)
            if work.dropout and number < len(self.pairs) - 1:
                a = a.dropout(work.dropout)
        if work.loss == "cross_entropy":
            return a.sparse_categorical_crossentropy(y)
        return 0.5 * ((a - y) ** 2).sum() / y.shape[0]

    def run(self, order: Any, steps: int) -> Any:
        whole, count = passes(self.workload, steps)
        parts, losses = batches(self.workload, count), []
        for _ in range(whole):
            for part in parts:
                rows = order[part]
                call = self.full if len(rows) == self.workload.batch else self.last
                x, y = self.Tensor(self.x[rows]), self.Tensor(self.y[rows])
                losses.append(call(x.realize(), y.realize()).numpy())
        return np.array(losses).ravel()

    def weights(self) -> list[Any]:
        pairs = [(w.numpy(), b.numpy()) for w, b in self.pairs]
        return flat(pairs, self.workload.bias)


def tensor(make: Any, array: Any) -> Any:
    """Give a parameter."""
    return make(np.array(array)).realize()


def batch_norm(a: Any, gain: Any, bias: Any, mean: Any, variance: Any) -> Any:
    """Normalize over the rows, and move the running averages."""
    batch_mean = a.mean(axis=0)
    apart = a - batch_mean
    batch_variance = (apart * apart).mean(axis=0)
    count = a.shape[0]
    moves = ((mean, batch_mean), (variance, batch_variance * count / (count - 1)))
    for old, new in moves:
        old.assign((1 - MOMENTUM) * old + MOMENTUM * new.detach())
    return apart * (batch_variance + BATCH_EPSILON).rsqrt() * gain + bias
