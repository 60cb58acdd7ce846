"""The systems: which module trains, how each is kept to a number of threads."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from types import MappingProxyType


@dataclass(frozen=True)
class System:
    """A library in one of its forms.

    Parameters
    ----------
    name : str
        What it is called in tables.
    trains : str
        ``module:class`` that trains a workload.
    packages : tuple of str
        The distributions whose versions count.
    kind : str
        ``ours``, ``peer``, or ``rate`` for the machine's own.
    """

    name: str
    trains: str
    packages: tuple[str, ...] = ()
    kind: str = "peer"


OURS = "glassprop"
REFERENCE = "glassprop numpy"
RATE = "gemm"
SYSTEMS: Mapping[str, System] = MappingProxyType(
    {
        one.name: one
        for one in (
            System(OURS, "glass:Compiled", ("numba", "llvmlite", "scipy"), "ours"),
            System("glassprop fit", "glass:Fitted", (), "ours"),
            System(REFERENCE, "glass:Reference", ("numpy",), "ours"),
            System("torch", "torch_eager:Trainer", ("torch",)),
            System("torch.compile", "torch_compiled:Trainer", ("torch",)),
            System("jax", "jax_fori:Trainer", ("jax", "jaxlib", "optax")),
            System("scikit-learn", "sklearn_mlp:Trainer", ("scikit-learn",)),
            System("tinygrad", "tinygrad_jit:Trainer", ("tinygrad",)),
            System("autograd", "autograd_numpy:Trainer", ("autograd",)),
            System(RATE, "gemm:Trainer", (), "rate"),
        )
    }
)
PEERS = tuple(name for name, one in SYSTEMS.items() if one.kind == "peer")
OTHERS = ("onnxruntime", "onnx", "threadpoolctl")  # whose versions count, too


def environment(threads: int) -> dict[str, str]:
    """Give the environment of a worker: thread pools of this size, in every library."""
    count = str(threads)
    pools = ("OMP", "OPENBLAS", "MKL", "NUMBA", "VECLIB_MAXIMUM", "NUMEXPR")
    found = {f"{one}_NUM_THREADS": count for one in pools}
    found["NUM_CPU_THREADS"] = count  # tinygrad
    found["NPROC"] = count  # XLA
    if threads == 1:
        found["XLA_FLAGS"] = (
            "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
        )
    return {**os.environ, **found}


def keep_to(threads: int) -> None:
    """Keep this process to so many processors, where the system can do that."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-threads:])


def versions() -> dict[str, str]:
    """Give the version of every package that is compared."""
    names = [name for one in SYSTEMS.values() for name in one.packages]
    found = {}
    for name in dict.fromkeys([*names, *OTHERS]):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found
