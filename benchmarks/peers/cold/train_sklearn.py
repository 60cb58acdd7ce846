"""Train digits with scikit-learn: FILE EPOCHS; print the accuracy held out."""

import sys
import warnings

import numpy as np
from sklearn.neural_network import MLPClassifier

digits = np.load(sys.argv[1])
net = MLPClassifier(
    (128,), batch_size=32, alpha=0, max_iter=int(sys.argv[2]), random_state=0
)
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # that it could go on
    net.fit(digits["x_train"], digits["y_train"])
print(net.score(digits["x_held"], digits["y_held"]))
