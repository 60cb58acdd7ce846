"""JAX with Optax: all steps of a call in one compiled loop, its state donated.

The form is chosen by measuring: `lax.fori_loop` that gathers each batch inside the
loop, or `lax.scan` over the rows that are gathered once a pass, rolled or unrolled by
4; with dropout also the generator of random bits.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import lax

from glassprop.workloads import Workload, start
from peers.common import (
    BATCH_EPSILON,
    BETA1,
    BETA2,
    EPSILON,
    MOMENTUM,
    fastest,
    flat,
    passes,
)

ACTIVATIONS = {
    "relu": jax.nn.relu,
    "tanh": jnp.tanh,
    "sigmoid": jax.nn.sigmoid,
    None: lambda z: z,
}
LOOPS = ("fori_loop", "scan", "scan unrolled")


class Trainer:
    """One workload."""

    def __init__(self, workload: Workload, x: Any, y: Any, *, threads: int, lean: bool):
        jax.config.update("jax_enable_x64", workload.dtype == "float64")
        self.workload = workload
        self.x, self.y = jnp.asarray(x), jnp.asarray(y)
        self.optimizer = self.rule()
        bits = ("threefry2x32", "rbg") if workload.dropout else ("threefry2x32",)
        names = [f"{loop}, {one}" for loop in LOOPS for one in bits]
        chosen = names[0] if lean else self.choice(names)
        self.note = chosen if workload.dropout else chosen.partition(",")[0]
        self.call, self.state = self.compiled(chosen), self.first(chosen)

    def choice(self, names: list[str]) -> str:
        def form(name: str) -> Any:
            call = self.compiled(name)
            return lambda order, steps: self.call_once(
                call, self.first(name), order, steps
            )

        return fastest({name: form(name) for name in names}, self.workload)

    def rule(self) -> Any:
        rate = self.workload.learning_rate
        adam = {"b1": BETA1, "b2": BETA2, "eps": EPSILON}
        if self.workload.optimizer == "sgd":
            return optax.sgd(rate)
        if self.workload.optimizer == "adam":
            return optax.adam(rate, **adam)
        return optax.adamw(rate, weight_decay=self.workload.weight_decay, **adam)

    def first(self, name: str) -> Any:
        """Give parameters, running averages, the optimizer's memory and a key."""
        work = self.workload
        dense = [
            {"w": jnp.array(w), **({"b": jnp.array(b)} if work.bias else {})}
            for w, b in start(work)
        ]
        norms, running = [], []
        for units in work.sizes[1:-1] if work.batch_norm else ():
            norms.append({"gain": jnp.ones(units), "bias": jnp.zeros(units)})
            running.append((jnp.zeros(units), jnp.ones(units)))
        parameters = (dense, norms)
        key = jax.random.key(0, impl=name.split(", ")[1])
        return parameters, running, self.optimizer.init(parameters), key

    def loss(self, parameters: Any, running: Any, key: Any, x: Any, y: Any) -> Any:
        """Give the mean loss of a batch, and the running averages after it."""
        work, (dense, norms), after = self.workload, parameters, []
        a = x
        for number, layer in enumerate(dense):
            a = a @ layer["w"] + layer["b"] if work.bias else a @ layer["w"]
            if number < len(norms):
                a, moved = batch_norm(a, norms[number], running[number])
                after.append(moved)
            a = ACTIVATIONS[work.activations[number]](a)
            if work.dropout and number < len(dense) - 1:
                key, mine = jax.random.split(key)
                keep = jax.random.bernoulli(mine, 1 - work.dropout, a.shape)
                a = jnp.where(keep, a / (1 - work.dropout), 0)
        if work.loss == "cross_entropy":
            rows = optax.softmax_cross_entropy_with_integer_labels(a, y)
        else:
            rows = 0.5 * jnp.sum((a - y) ** 2, axis=1)
        return jnp.mean(rows), (after, key)

    def step(self, state: Any, x: Any, y: Any) -> Any:
        parameters, running, memory, key = state
        with_gradient = jax.value_and_grad(self.loss, has_aux=True)
        (loss, (running, key)), slopes = with_gradient(parameters, running, key, x, y)
        updates, memory = self.optimizer.update(slopes, memory, parameters)
        return (optax.apply_updates(parameters, updates), running, memory, key), loss

    def compiled(self, name: str) -> Any:
        """Compile the loop in one form."""
        loop = {"fori_loop": self.by_fori, "scan": partial(self.by_scan, unroll=1)}
        loop["scan unrolled"] = partial(self.by_scan, unroll=4)
        one_pass = loop[name.partition(",")[0]]

        def call(state: Any, data: Any, order: Any, whole: int, count: int) -> Any:
            def again(state: Any, _: Any) -> Any:
                return one_pass(state, data, order, count)

            if whole == 1:
                return again(state, None)
            return lax.scan(again, state, length=whole)

        return jax.jit(call, static_argnums=(3, 4), donate_argnums=0)

    def full(self, count: int) -> int:
        """Tell how many of the first batches are full ones."""
        return min(count, self.workload.rows // self.workload.batch)

    def tail(self, state: Any, data: Any, order: Any, count: int) -> Any:
        """Run the smaller batch at the end, if it is among the first `count`."""
        full = self.full(count)
        if full == count:
            return state, jnp.zeros(0, data[0].dtype)
        rows = order[full * self.workload.batch :]
        state, loss = self.step(state, *(picked(one, rows) for one in data))
        return state, loss[None]

    def by_fori(self, state: Any, data: Any, order: Any, count: int) -> Any:
        batch = self.workload.batch

        def body(number: Any, carried: Any) -> Any:
            state, losses = carried
            rows = lax.dynamic_slice(order, (number * batch,), (batch,))
            state, loss = self.step(state, *(picked(one, rows) for one in data))
            return state, losses.at[number].set(loss)

        losses = jnp.zeros(self.full(count), data[0].dtype)
        state, losses = lax.fori_loop(0, self.full(count), body, (state, losses))
        state, last = self.tail(state, data, order, count)
        return state, jnp.concatenate([losses, last])

    def by_scan(
        self, state: Any, data: Any, order: Any, count: int, *, unroll: int
    ) -> Any:
        full, batch = self.full(count), self.workload.batch
        rows = order[: full * batch].reshape(full, batch)
        step = lambda state, xy: self.step(state, *xy)  # noqa: E731
        each = tuple(picked(one, rows) for one in data)
        state, losses = lax.scan(step, state, each, unroll=unroll)
        state, last = self.tail(state, data, order, count)
        return state, jnp.concatenate([losses, last])

    def call_once(self, call: Any, state: Any, order: Any, steps: int) -> Any:
        whole, count = passes(self.workload, steps)
        rows = jnp.asarray(order, jnp.int32)
        found = call(state, (self.x, self.y), rows, whole, count)
        return jax.block_until_ready(found)

    def run(self, order: Any, steps: int) -> Any:
        self.state, losses = self.call_once(self.call, self.state, order, steps)
        return np.asarray(losses).ravel()

    def weights(self) -> list[Any]:
        dense = self.state[0][0]
        pairs = [(np.asarray(one["w"]), np.asarray(one.get("b"))) for one in dense]
        return flat(pairs, self.workload.bias)


def picked(array: Any, rows: Any) -> Any:
    """Give some rows, without a check that they are there."""
    return array.at[rows].get(mode="promise_in_bounds")


def batch_norm(x: Any, norm: Any, running: Any) -> Any:
    """Normalize over the rows; give the result and the running averages after it."""
    mean, variance = jnp.mean(x, axis=0), jnp.var(x, axis=0)
    a = (x - mean) * lax.rsqrt(variance + BATCH_EPSILON) * norm["gain"] + norm["bias"]
    unbiased = variance * len(x) / (len(x) - 1)
    moved = [
        (1 - MOMENTUM) * old + MOMENTUM * new
        for old, new in zip(running, (mean, unbiased), strict=True)
    ]
    return a, tuple(moved)
