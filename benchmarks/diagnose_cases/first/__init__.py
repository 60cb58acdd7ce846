"""The first set: thresholds, rules and repairs were tuned on it from the start."""

from diagnose_cases.first.faults import sick
from diagnose_cases.first.healthy import healthy

__all__ = ["healthy", "sick"]
