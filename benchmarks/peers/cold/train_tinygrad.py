"""Train digits with tinygrad: FILE EPOCHS; print the accuracy held out."""

import sys

import numpy as np
from tinygrad import Context, Tensor, TinyJit, nn

digits = np.load(sys.argv[1])
x, y = digits["x_train"], digits["y_train"]
Tensor.manual_seed(0)
first, second = nn.Linear(64, 128), nn.Linear(128, 10)
optimizer = nn.optim.Adam(nn.state.get_parameters([first, second]), 0.001)


def output(x):
    return second(first(x).relu())


def step(x, y):
    with Context(TRAINING=1):
        optimizer.zero_grad()
        loss = output(x).sparse_categorical_crossentropy(y)
        loss.backward()
        return loss.realize(*optimizer.schedule_step())


full, last = TinyJit(step), TinyJit(step)
rng = np.random.default_rng(0)
for _ in range(int(sys.argv[2])):
    order = rng.permutation(len(x))
    for at in range(0, len(x), 32):
        rows = order[at : at + 32]
        call = full if len(rows) == 32 else last
        call(Tensor(x[rows]).realize(), Tensor(y[rows]).realize())
found = output(Tensor(digits["x_held"])).numpy().argmax(1)
print(np.mean(found == digits["y_held"]))
