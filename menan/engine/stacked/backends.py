"""Which implementation of the stacked networks' operations a device gets."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from menan.engine.stacked import cpu_kernels as cpu
from menan.engine.stacked import reference
from menan.engine.stacked.compiler import kernels


@dataclass(frozen=True)
class Operations:
    """The functions of :mod:`.reference`, or others that do the same."""

    encode: Callable[..., Tensor]
    head: Callable[..., Tensor]
    adam: Callable[..., None]


REFERENCE = Operations(reference.encode, reference.head, reference.adam)


def operations(device: torch.device, dtype: torch.dtype = torch.float32) -> Operations:
    """On CUDA PyTorch's, with the recurrence in Triton; on the CPU the compiled kernels."""
    if device.type == "cuda":
        from menan.engine.stacked.gru_triton import gru  # Triton comes with CUDA builds only

        encode = partial(reference.encode, recurrence=gru)
        return Operations(encode, reference.head, reference.adam)
    if device.type == "cpu" and kernels(double=dtype == torch.float64) is not None:
        return Operations(cpu.encode, cpu.head, cpu.adam)
    return REFERENCE
