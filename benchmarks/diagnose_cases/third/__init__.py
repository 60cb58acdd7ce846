"""The third set, which is reported: nothing was tuned on it, nor changed by it.

It was written before any of it was diagnosed, and diagnosed once: other targets,
widths, depths, seeds, optimizers and losses than those of the first two. All that was
run before is ``benchmarks/diagnose.py --losses``, which shows how far trainings get,
and what the faults do to the loss.
"""

from diagnose_cases.third.healthy import healthy
from diagnose_cases.third.trainings import sick

__all__ = ["healthy", "sick"]
