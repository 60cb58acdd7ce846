"""The number of BLAS' threads is limited for a while, and put back."""

from __future__ import annotations

import sys
from threading import Barrier, Thread

import numpy as np
import pytest

import glassprop as gp
from glassprop.backends import blas_threads as module
from glassprop.backends.blas_threads import blas_threads
from glassprop.errors import ArgumentError, MissingExtraError
from networks import bits, refusal

RNG = np.random.default_rng(3)


@pytest.fixture
def numbers():
    """Give a function to the numbers of threads now, two in the beginning."""
    threadpoolctl = pytest.importorskip("threadpoolctl")
    pytest.importorskip("scipy.linalg.cython_blas")

    def found():
        pools = threadpoolctl.threadpool_info()
        return {one["num_threads"] for one in pools if one["user_api"] == "blas"}

    with threadpoolctl.threadpool_limits(2, "blas"):
        if found() != {2}:
            pytest.skip("BLAS takes no two threads here")
        # As where nobody has set a number: else this thread alone could.
        threadpoolctl.OpenBLASController.clear_controlling_thread()
        yield found


def test_the_limit_holds_inside_and_is_put_back(numbers):
    with blas_threads(1):
        assert numbers() == {1}
    assert numbers() == {2}
    with blas_threads(None):
        assert numbers() == {2}
    with pytest.raises(RuntimeError, match="inside"), blas_threads(1):
        raise RuntimeError("inside")
    assert numbers() == {2}


@pytest.mark.parametrize("first_ends", [True, False])
def test_limits_of_several_threads_hold_until_the_last_has_ended(numbers, first_ends):
    inside, ends, ended = Barrier(2), Barrier(2), Barrier(2)

    def second():
        with blas_threads(1):
            inside.wait()
            ends.wait()
            if first_ends:
                ended.wait()
        if not first_ends:
            ended.wait()

    thread = Thread(target=second)
    with blas_threads(1):
        thread.start()
        inside.wait()
        assert numbers() == {1}
        ends.wait()
        if not first_ends:
            ended.wait()
            assert numbers() == {1}
    if first_ends:
        assert numbers() == {1}
        ended.wait()
    thread.join()
    assert numbers() == {2}


def test_the_smallest_of_several_limits_holds(numbers):
    with blas_threads(1):
        with blas_threads(2):
            assert numbers() == {1}
        assert numbers() == {1}
    with blas_threads(2), blas_threads(1):
        assert numbers() == {1}
    assert numbers() == {2}


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_fit_limits_the_threads_and_puts_them_back(backend, numbers):
    if backend == "numba":
        pytest.importorskip("numba")
    seen = []
    X, y = RNG.normal(size=(40, 3)), RNG.normal(size=(40, 1))

    def forward(x):
        return x

    nets = [gp.Network([gp.Lambda(forward), gp.Dense(1)], seed=1) for _ in range(2)]
    for net, threads in zip(nets, (1, None), strict=True):
        callback = lambda *_: seen.append(numbers())  # noqa: E731
        net.fit(
            X,
            y,
            loss="half_squared_error",
            backend=backend,
            threads=threads,
            callbacks=[callback],
            epochs=2,
            verbose=False,
        )
    assert seen == [{2}] * 4  # between the calls of the back end
    assert bits(nets[0]) == bits(nets[1])


def test_a_number_of_threads_is_checked():
    net = gp.Network([gp.Dense(1)], loss="half_squared_error")
    for wrong in (0, -1, 1.5, True, "two"):
        call = lambda wrong=wrong: net.fit([[1.0]], [[1.0]], threads=wrong)  # noqa: E731
        assert refusal(ArgumentError, call) == (
            "threads must be a positive integer (None takes as many as a step's cost "
            f"is worth), got {wrong!r}."
        )


def test_without_threadpoolctl_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "threadpoolctl", None)
    module._libraries.cache_clear()
    net = gp.Network([gp.Dense(1)], loss="half_squared_error")
    call = lambda: net.fit(  # noqa: E731
        [[1.0]], [[1.0]], threads=1, backend="numpy", verbose=False
    )
    message = refusal(MissingExtraError, call)
    assert message == (
        "threads needs scipy and threadpoolctl, which are not installed. Install them: "
        'pip install "glassprop[fast]"'
    )
