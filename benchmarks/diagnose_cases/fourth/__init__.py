"""The fourth set, which is reported: nothing was tuned on it, nor changed by it.

It was written, and committed, before any of it was diagnosed and without a look at the
rules: other data, targets, widths, optimizers and faults than those of the first three.

How the cases were verified, by NumPy and by trainings alone. Of each planted case and
of its twin was measured what the condition is about: shapes; the range of the output
and that of the target; gradients against central differences; columns of start weights
that are equal, and the spread of layers; the loss at the start; the spread of columns;
rows of each class, and how many of the rarest are recognized; parameters after five
epochs; what the rate makes of the loss, from a thousandth of the twin's to its
thousandfold; the size of steps beside that of weights; how often and how far the loss
jumps up; the share of units that are flat or dead; the gradient of the first layer
beside that of the last; how much outputs differ; what 20 rows can be learned to; the
course of the loss, and of that on held-out rows. It shows in the sick one alone, and
the sick one ends clearly worse than its twin (``benchmarks/diagnose.py --losses``).
Healthy ones, and twins, end well below a constant answer, with few or no dead units.
"""

from diagnose_cases.fourth.healthy import healthy
from diagnose_cases.fourth.trainings import sick

__all__ = ["healthy", "sick"]
