"""Pictures of networks, of trainings, and of what they predict.

Each function gives a `Picture`: its data first, which are plain arrays and rows under
names that the function documents; ``print`` shows a table of them. ``figure()`` draws
it with Matplotlib, ``svg()`` and ``save(path)`` make a file, and a notebook shows it.
Drawing needs Matplotlib (``glassprop[plot]``); data and tables do not.

Colours are told apart by all eyes, and never alone: width, dashes, markers and words
say the same. Nothing of Matplotlib's settings changes.
"""

from glassprop.pictures.boundaries import decision_boundary
from glassprop.pictures.confusions import confusion_matrix
from glassprop.pictures.contract import Picture
from glassprop.pictures.curves import history, learning_curve
from glassprop.pictures.diagrams import network
from glassprop.pictures.histograms import activations, gradients
from glassprop.pictures.leftovers import residuals
from glassprop.pictures.rate_curves import learning_rates
from glassprop.pictures.reliability import calibration
from glassprop.pictures.weight_images import first_layer

__all__ = [
    "Picture",
    "activations",
    "calibration",
    "confusion_matrix",
    "decision_boundary",
    "first_layer",
    "gradients",
    "history",
    "learning_curve",
    "learning_rates",
    "network",
    "residuals",
]
