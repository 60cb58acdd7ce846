"""HIPS autograd: NumPy functions, differentiated; the optimizer is plain NumPy."""

from __future__ import annotations

from typing import Any

import autograd.numpy as anp
import numpy as np
from autograd import value_and_grad
from autograd.scipy.special import logsumexp

from glassprop.workloads import Workload, start
from peers.common import (
    BATCH_EPSILON,
    BETA1,
    BETA2,
    EPSILON,
    MOMENTUM,
    batches,
    flat,
    passes,
)

ACTIVATIONS = {
    "relu": lambda z: anp.maximum(z, 0),
    "tanh": anp.tanh,
    "sigmoid": lambda z: 1 / (1 + anp.exp(-z)),
    None: lambda z: z,
}


class Trainer:
    """One workload."""

    note = ""

    def __init__(self, workload: Workload, x: Any, y: Any, *, threads: int, lean: bool):
        self.workload, self.x, self.y = workload, x, y
        self.parameters = flat(start(workload), workload.bias)
        self.dense = len(self.parameters)
        self.running = []
        for units in workload.sizes[1:-1] if workload.batch_norm else ():
            ones, zeros = np.ones(units, x.dtype), np.zeros(units, x.dtype)
            self.parameters += [ones.copy(), zeros.copy()]
            self.running.append([zeros.copy(), ones.copy()])
        self.m = [np.zeros_like(one) for one in self.parameters]
        self.v = [np.zeros_like(one) for one in self.parameters]
        self.t = 0
        self.rng = np.random.default_rng(0)
        self.with_gradient = value_and_grad(self.loss)

    def loss(self, parameters: Any, x: Any, y: Any) -> Any:
        """Give the mean loss of a batch."""
        work, each, a = self.workload, 2 if self.workload.bias else 1, x
        for number, activation in enumerate(work.activations):
            a = a @ parameters[each * number]
            if work.bias:
                a = a + parameters[each * number + 1]
            if number < len(self.running):
                a = self.batch_norm(a, parameters, number)
            a = ACTIVATIONS[activation](a)
            if work.dropout and number < len(work.activations) - 1:
                keep = self.rng.random(a.shape, np.float32) >= work.dropout
                a = anp.where(keep, a / (1 - work.dropout), 0)
        if work.loss == "cross_entropy":
            right = a[np.arange(len(y)), y]
            return anp.mean(logsumexp(a, axis=1) - right)
        return 0.5 * anp.sum((a - y) ** 2) / len(y)

    def batch_norm(self, a: Any, parameters: Any, number: int) -> Any:
        gain, bias = parameters[self.dense + 2 * number :][:2]
        mean = anp.mean(a, axis=0)
        apart = a - mean
        variance = anp.mean(apart * apart, axis=0)
        unbiased = variance * len(a) / (len(a) - 1)
        running = self.running[number]
        for at, new in enumerate((mean, unbiased)):
            running[at] += MOMENTUM * (getattr(new, "_value", new) - running[at])
        return apart / anp.sqrt(variance + BATCH_EPSILON) * gain + bias

    def update(self, slopes: Any) -> None:
        """Take the optimizer's step, in place."""
        work, rate = self.workload, self.workload.learning_rate
        self.t += 1
        size = rate / (1 - BETA1**self.t)
        scale = 1 / np.sqrt(1 - BETA2**self.t)
        for w, g, m, v in zip(self.parameters, slopes, self.m, self.v, strict=True):
            if work.optimizer == "sgd":
                np.subtract(w, rate * g, out=w)
            else:
                if work.weight_decay:
                    np.multiply(w, 1 - rate * work.weight_decay, out=w)
                adam(w, g, m, v, size=size, scale=w.dtype.type(scale))

    def run(self, order: Any, steps: int) -> Any:
        whole, count = passes(self.workload, steps)
        parts, losses = batches(self.workload, count), []
        for _ in range(whole):
            for part in parts:
                rows = order[part]
                x, y = self.x[rows], self.y[rows]
                loss, slopes = self.with_gradient(self.parameters, x, y)
                self.update(slopes)
                losses.append(loss)
        return np.array(losses)

    def weights(self) -> list[Any]:
        return self.parameters[: self.dense]


def adam(w: Any, g: Any, m: Any, v: Any, *, size: float, scale: Any) -> None:
    """Take a step of Adam, in place."""
    m *= BETA1
    m += (1 - BETA1) * g
    v *= BETA2
    v += (1 - BETA2) * (g * g)
    w -= size * m / (np.sqrt(v) * scale + EPSILON)
