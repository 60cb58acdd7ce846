"""What is wrong with a training: rules, what they look at, and what to change."""

from glassprop.diagnosis.changes import Change
from glassprop.diagnosis.conditions import CONDITIONS, Condition
from glassprop.diagnosis.findings import Diagnosis, Finding

__all__ = ["CONDITIONS", "Change", "Condition", "Diagnosis", "Finding"]
