"""The second set: nothing was tuned on it at first, but two rules were later.

It was written before any of it was diagnosed: other rows, widths, depths, seeds,
optimizers and losses than those of the first. All that was run before the first
diagnosis is ``benchmarks/diagnose.py --losses``, which shows how far trainings get, and
what the faults do to the loss.
"""

from diagnose_cases.second.faults import sick
from diagnose_cases.second.healthy import healthy

__all__ = ["healthy", "sick"]
