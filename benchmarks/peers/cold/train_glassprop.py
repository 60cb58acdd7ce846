"""Train digits with glassprop: FILE EPOCHS BACKEND; print the accuracy held out."""

import sys

import numpy as np

import glassprop as gp

digits = np.load(sys.argv[1])
net = gp.Network([gp.Dense(128, "relu"), gp.Dense(10)], loss="cross_entropy")
net.fit(
    digits["x_train"],
    digits["y_train"],
    optimizer=gp.Adam(0.001),
    epochs=int(sys.argv[2]),
    batch_size=32,
    backend=sys.argv[3],
    verbose=False,
)
print(np.mean(net.predict(digits["x_held"]) == digits["y_held"]))
