"""Train digits with JAX and Optax: FILE EPOCHS; print the accuracy held out."""

import sys
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import lax

digits = np.load(sys.argv[1])
x, y = jnp.asarray(digits["x_train"]), jnp.asarray(digits["y_train"])
rows, rest = len(x) // 32 * 32, len(x) % 32
optimizer = optax.adam(0.001)


def output(layers, x):
    (w1, b1), (w2, b2) = layers
    return jax.nn.relu(x @ w1 + b1) @ w2 + b2


def loss(layers, x, y):
    found = optax.softmax_cross_entropy_with_integer_labels(output(layers, x), y)
    return found.mean()


def step(state, xy):
    layers, memory = state
    slopes = jax.grad(loss)(layers, *xy)
    updates, memory = optimizer.update(slopes, memory)
    return (optax.apply_updates(layers, updates), memory), None


@partial(jax.jit, donate_argnums=0)
def train(state, orders):
    def epoch(state, order):
        full = order[:rows].reshape(-1, 32)
        state, _ = lax.scan(step, state, (x[full], y[full]))
        return step(state, (x[order[rows:]], y[order[rows:]])) if rest else (state, 0)

    return lax.scan(lambda s, o: (epoch(s, o)[0], None), state, orders)[0]


rng = np.random.default_rng(0)
layers = [
    (jnp.asarray(rng.normal(0, (2 / n) ** 0.5, (n, m)), x.dtype), jnp.zeros(m))
    for n, m in ((64, 128), (128, 10))
]
orders = np.stack([rng.permutation(len(x)) for _ in range(int(sys.argv[2]))])
layers, _ = train((layers, optimizer.init(layers)), jnp.asarray(orders))
found = output(layers, digits["x_held"]).argmax(1)
print(float(jnp.mean(found == digits["y_held"])))
