"""The third set: reported once with nothing tuned on it, and tuned on after that.

It was written before any of it was diagnosed, and diagnosed once before anything was
changed by it: other targets, widths, depths, seeds, optimizers and losses than those of
the first two. All that was run before is ``benchmarks/diagnose.py --losses``, which
shows how far trainings get, and what the faults do to the loss.
"""

from diagnose_cases.third.healthy import healthy
from diagnose_cases.third.trainings import sick

__all__ = ["healthy", "sick"]
