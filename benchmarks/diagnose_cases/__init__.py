"""Trainings to diagnose, healthy ones and such with a fault: a folder for each set.

A set gives ``healthy()``, and ``sick()`` with each planted case and its healthy twin.
Thresholds, rules and repairs were tuned on the first three; what was known of each when
it was written stands in its ``__init__.py``.
"""
