"""Which back end ``"auto"`` takes, and how many threads: from what a program costs.

A written model, and no clock: the same network, data and epochs get the same answer on
every machine. Compiled code pays where what it saves in all steps is more than the wait
for the compiler. ``benchmarks/back_end_choice.py`` measures such numbers; those below
are rounded, and of one machine: on a slower one both sides grow. Being wrong costs some
waiting and changes no result beyond the last digits.
"""

from __future__ import annotations

from glassprop.backends.installed import is_installed
from glassprop.backends.run_numpy import NumpySteps
from glassprop.backends.shares import cores, pays
from glassprop.ops import product
from glassprop.program import Program

ELEMENT = 1e-10  # seconds of NumPy's arithmetic beyond that of compiled code
IMPORT = 1.4  # seconds to import Numba and start it
COMPILE = 0.002  # seconds of compiling for one operation; equal layers share it


def chosen_backend(program: Program, rows: int, steps: int) -> str:
    """Give the back end that is done first: ``"numpy"`` or ``"numba"``.

    Parameters
    ----------
    program : Program
        One training step.
    rows : int
        Of a batch.
    steps : int
        Of the whole training.
    """
    elements = program.cost(rows, without=(product.matmul,))  # BLAS does the others
    saved = steps * (NumpySteps.pace.call * program.size + ELEMENT * elements)
    if saved < IMPORT + COMPILE * program.size:
        return "numpy"
    from glassprop.backends.run_numba import can_compile

    return "numba" if is_installed() and can_compile(program) else "numpy"


def chosen_threads(program: Program, rows: int) -> int:
    """Give how many threads pay for a step on batches of so many rows."""
    return cores() if pays(program, rows) else 1
