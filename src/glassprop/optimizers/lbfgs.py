"""L-BFGS: a minimizer that takes all rows at once and finds its own step sizes.

It does not go step by step with the others: instead of ``scalars`` and ``update`` it
has ``minimize``, which calls for the loss and its gradient as often as it likes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from glassprop.errors import MissingExtraError
from glassprop.optimizers.contract import State
from glassprop.options import check_size, check_whole

Vector = NDArray[np.float64]
EVALUATIONS = 10**9  # as good as no limit; iterations are counted


class Minimizer(Protocol):
    """What an optimizer has that is not asked step by step."""

    @property
    def learning_rate(self) -> float:
        """Nothing that anybody may set: 1."""

    def init(self, w: Any) -> State:
        """Remember nothing from one fit to the next."""

    def minimize(
        self,
        value_and_gradient: Callable[[Vector], tuple[float, Vector]],
        start: Vector,
        after_iteration: Callable[[Vector], bool],
        iterations: int,
    ) -> str:
        """Make a number small, and tell why no more is done."""


@dataclass(frozen=True)
class LBFGS:
    """Limited-memory BFGS, through SciPy (Byrd, Lu, Nocedal and Zhu 1995).

    It takes all rows at once (``fit(..., batch_size=None)``), needs no learning rate,
    and takes neither a schedule nor clipping. An epoch is an iteration: a direction
    from the last gradients, and a search along it, which may look at the rows several
    times. ``history["loss"]`` is the loss after the iteration. SciPy calculates in
    float64; a float32 network is evaluated in float32. Each `fit` begins with an empty
    memory, so that 5 and 5 epochs are not the bits of 10.

    Parameters
    ----------
    memory : int
        How many of the last steps shape the next, 1 or more.
    gradient_tolerance : float
        Done when no entry of the gradient is larger, 0 or more (SciPy's gtol).
    loss_tolerance : float
        Done when an iteration lowers the loss by no more than this part of it, 0 or
        more (SciPy's ftol).
    line_search : int
        How often an iteration may look at the rows, 1 or more (SciPy's maxls).
    evaluations : int or None
        How often all iterations of a `fit` together may look at them, 1 or more; the
        iteration that goes beyond it is the last one (SciPy's maxfun). None for no
        limit.

    Raises
    ------
    ArgumentError
        If a number is out of range.
    MissingExtraError
        In `fit`, if SciPy is not installed.

    Notes
    -----
    SciPy's defaults, but for the memory of 20. PyTorch's L-BFGS takes steps of a fixed
    size unless told to search; scikit-learn's is this one.
    """

    memory: int = 20
    gradient_tolerance: float = 1e-5
    loss_tolerance: float = 2.220446049250313e-09
    line_search: int = 20
    evaluations: int | None = None

    def __post_init__(self) -> None:
        check_whole("LBFGS", "memory", self.memory, 1)
        check_size("LBFGS", "gradient_tolerance", self.gradient_tolerance)
        check_size("LBFGS", "loss_tolerance", self.loss_tolerance)
        check_whole("LBFGS", "line_search", self.line_search, 1)
        if self.evaluations is not None:
            check_whole("LBFGS", "evaluations", self.evaluations, 1)

    @property
    def learning_rate(self) -> float:
        """The search finds the step size: 1."""
        return 1.0

    def init(self, w: Any) -> State:
        """Remember nothing from one fit to the next."""
        return {}

    def check(self) -> None:
        """Refuse to begin without SciPy."""
        scipy_minimize()

    def minimize(
        self,
        value_and_gradient: Callable[[Vector], tuple[float, Vector]],
        start: Vector,
        after_iteration: Callable[[Vector], bool],
        iterations: int,
    ) -> str:
        """Make a number small, and tell why no more is done.

        Parameters
        ----------
        value_and_gradient : callable
            Gives the number and its gradient at a point.
        start : array of shape (k,)
            The first point.
        after_iteration : callable
            Called with each new point; True ends the search.
        iterations : int
            How many at most.

        Returns
        -------
        str
            ``converged`` if a tolerance was met, ``no way down`` if the search found
            nothing lower, ``evaluations`` if it may not look at the rows again, else
            ``epochs``.

        Raises
        ------
        MissingExtraError
            If SciPy is not installed.
        """
        minimize = scipy_minimize()

        def callback(point: Vector) -> None:
            if after_iteration(point):
                raise StopIteration

        found = minimize(
            value_and_gradient,
            start,
            jac=True,
            method="L-BFGS-B",
            callback=callback,
            options={
                "maxcor": int(self.memory),
                "gtol": float(self.gradient_tolerance),
                "ftol": float(self.loss_tolerance),
                "maxls": int(self.line_search),
                "maxiter": int(iterations),
                "maxfun": int(self.evaluations or EVALUATIONS),
            },
        )
        if found.status == 1 and found.nit < iterations:
            return "evaluations"
        return REASONS.get(int(found.status), "epochs")


REASONS = {0: "converged", 2: "no way down"}


def scipy_minimize() -> Any:
    """Import SciPy's minimizers, or say what to install."""
    try:
        from scipy.optimize import (  # type: ignore[import-untyped]  # it has no types
            minimize,
        )
    except ImportError:
        raise MissingExtraError(
            "gp.LBFGS needs SciPy: pip install 'glassprop[lbfgs]'. Without it, "
            "gp.Adam() with batch_size=None takes all rows at once as well."
        ) from None
    return minimize
