"""PyTorch with `torch.compile` around the forward pass and the loss.

The backward pass is compiled with it; the optimizer is the fastest of PyTorch's own
loops, as in the eager form.
"""

from __future__ import annotations

import shutil
from typing import Any

import torch

from peers import torch_eager
from peers.common import NotRun


class Trainer(torch_eager.Trainer):
    """One workload."""

    def __init__(self, *given: Any, **options: Any) -> None:
        if shutil.which("g++") is None:
            raise NotRun("torch.compile needs the compiler g++, which is not there.")
        super().__init__(*given, **options)

    def loss_function(self) -> Any:
        torch._dynamo.config.cache_size_limit = 64
        return torch.compile(self.forward_and_loss, dynamic=False)
