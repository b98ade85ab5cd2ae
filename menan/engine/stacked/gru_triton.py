"""The GRUs of many models at once, as one Triton kernel each for forward and backward.

A recursion of a few hundred tiny steps is bound by the latency of one step, not by arithmetic. So
each utterance of each model has a program of a single warp whose lane i is hidden unit i: the
recurrent weights stay in the lanes' registers (96 a lane), a step exchanges 32 numbers within the
warp and waits for no other warp, and small batches still spread over the whole GPU. Sums over units
are multiply-adds in the tensors' own precision; no tensor core and so no TF32 takes part.

Lane i must hold column i of a 32 x 32 block, or each sum would cost shuffles and each activation
be computed four times. Triton gives a lane four neighbours as soon as it knows that the pointer is
aligned to 16 bytes, hence ``do_not_specialize_on_alignment``.
"""

from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor
from torch.autograd.function import once_differentiable

UNITS = tl.constexpr(32)  # one a lane
# Later input is asked for at the end of a step and must be in shared memory at the start of the
# third one after it: two whole steps, some 600 ns, are about what a read from HBM takes.
STAGES = tl.constexpr(4)
# A warp, and all registers that a lane can have: left to itself, the assembler stops at 128 of them
# and then reads the exchanged vectors piece by piece, each piece a wait.
LAUNCH = {"num_warps": 1, "maxnreg": 255}


@triton.jit
def _tanh(x):
    """To 2e-7 in float32, whatever x: an exp that overflows to inf gives 0 as its inverse."""
    return 2 * tl.sigmoid(2 * x) - 1


@triton.jit
def _three(at, step):
    """Blocks of the gates r, z and n, ``step`` numbers apart."""
    return tl.load(at), tl.load(at + step), tl.load(at + 2 * step)


@triton.jit(do_not_specialize_on_alignment=["weight"])
def _forward(gates, weight, bias, hidden, kept, TIME: tl.constexpr):
    """Writes h to ``hidden`` and, for the way back, (r, z, n, W_n h + b_n) to ``kept``."""
    model = tl.program_id(1)
    first = (model * tl.num_programs(0) + tl.program_id(0)).to(tl.int64) * TIME
    unit = tl.arange(0, UNITS)
    block = unit[:, None] * 3 * UNITS + unit[None, :]  # from unit, to unit
    w_r, w_z, w_n = _three(weight + model * 3 * UNITS * UNITS + block, UNITS)
    b_r, b_z, b_n = _three(bias + model * 3 * UNITS + unit, UNITS)
    h = tl.zeros((UNITS,), dtype=hidden.dtype.element_ty)
    for t in tl.range(TIME, num_stages=STAGES):
        row = first + t
        g_r, g_z, g_n = _three(gates + row * 3 * UNITS + unit, UNITS)
        h_from = h[:, None]
        r = tl.sigmoid(g_r + b_r + tl.sum(h_from * w_r, axis=0))
        z = tl.sigmoid(g_z + b_z + tl.sum(h_from * w_z, axis=0))
        recurrent_n = b_n + tl.sum(h_from * w_n, axis=0)
        n = _tanh(g_n + r * recurrent_n)
        h = n + z * (h - n)
        tl.store(hidden + row * UNITS + unit, h)
        keep = kept + row * 4 * UNITS + unit
        tl.store(keep, r)
        tl.store(keep + UNITS, z)
        tl.store(keep + 2 * UNITS, n)
        tl.store(keep + 3 * UNITS, recurrent_n)


@triton.jit(do_not_specialize_on_alignment=["weight"])
def _backward(dhidden, hidden, kept, weight, dgates, drecurrent_n, dbias, TIME: tl.constexpr):
    """Walks time backwards. ``weight`` is W_h as (96, 32) here: from gate, to unit.

    Writes the gradients of the input projection and of W_n h + b_n; those of W_r h + b_r and
    W_z h + b_z are the former's. ``dbias`` is of one utterance.
    """
    model = tl.program_id(1)
    utterance = (model * tl.num_programs(0) + tl.program_id(0)).to(tl.int64)
    unit = tl.arange(0, UNITS)
    block = unit[:, None] * UNITS + unit[None, :]
    w_r, w_z, w_n = _three(weight + model * 3 * UNITS * UNITS + block, UNITS * UNITS)
    dh = tl.zeros((UNITS,), dtype=hidden.dtype.element_ty)
    db_r, db_z, db_n = dh, dh, dh
    for back in tl.range(TIME, num_stages=STAGES):
        t = TIME - 1 - back
        row = utterance * TIME + t
        keep = kept + row * 4 * UNITS + unit
        r, z, n = _three(keep, UNITS)
        recurrent_n = tl.load(keep + 3 * UNITS)
        before = tl.load(hidden + (row - 1) * UNITS + unit, mask=t > 0, other=0.0)  # h_0 = 0
        dh += tl.load(dhidden + row * UNITS + unit)
        dn = dh * (1 - z) * (1 - n * n)
        dz = dh * (before - n) * z * (1 - z)
        dr = dn * recurrent_n * r * (1 - r)
        drn = dn * r
        at = dgates + row * 3 * UNITS + unit
        tl.store(at, dr)
        tl.store(at + UNITS, dz)
        tl.store(at + 2 * UNITS, dn)
        tl.store(drecurrent_n + row * UNITS + unit, drn)
        db_r += dr
        db_z += dz
        db_n += drn
        # Three sums, not one of 96 terms: additions that need not wait for each other.
        dh = (
            dh * z
            + tl.sum(dr[:, None] * w_r, axis=0)
            + tl.sum(dz[:, None] * w_z, axis=0)
            + tl.sum(drn[:, None] * w_n, axis=0)
        )
    at = dbias + utterance * 3 * UNITS + unit
    tl.store(at, db_r)
    tl.store(at + UNITS, db_z)
    tl.store(at + 2 * UNITS, db_n)


class _GRU(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, gates: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        models, batch, time, _ = gates.shape
        hidden = gates.new_empty(models, batch, time, UNITS.value)
        kept = gates.new_empty(models, batch, time, 4 * UNITS.value)
        with torch.cuda.device_of(gates):  # Triton launches on the current device
            _forward[(batch, models)](
                *(gates.contiguous(), weight.contiguous(), bias.contiguous(), hidden, kept),
                TIME=time,
                **LAUNCH,
            )
        ctx.save_for_backward(hidden, kept, weight)
        return hidden

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dhidden: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        hidden, kept, weight = ctx.saved_tensors
        models, batch, time, units = hidden.shape
        dgates = hidden.new_empty(models, batch, time, 3 * units)
        drecurrent_n = torch.empty_like(hidden)
        dbias = hidden.new_empty(models, batch, 3 * units)
        with torch.cuda.device_of(hidden):
            _backward[(batch, models)](
                *(dhidden.contiguous(), hidden, kept, weight.mT.contiguous()),
                *(dgates, drecurrent_n, dbias),
                TIME=time,
                **LAUNCH,
            )
        # What no later step waits for is done at once: h_(t-1) times the gradient at t, over time.
        before = hidden[:, :, :-1].mT
        dweight = torch.cat(
            [before @ dgates[:, :, 1:, : 2 * units], before @ drecurrent_n[:, :, 1:]], dim=-1
        )
        return dgates, dweight.sum(dim=1), dbias.sum(dim=1)


def gru(gates: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """GRUs of many models over many utterances, h_0 = 0 (equations and gate order of torch.nn.GRU).

    The same input gives the same bits, forward and backward. The kernels are compiled for each
    number of steps at its first call, which therefore cannot be captured in a CUDA graph.

    Args:
        gates: (models, batch, time, 96), the input projection W_i x + b_i of the gates r, z, n.
        weight: (models, 32, 96), W_h transposed: hidden @ weight is the recurrent part.
        bias: (models, 96), b_h.

    Returns:
        (models, batch, time, 32), h_1 to h_T.
    """
    models, _, _, width = gates.shape
    # The kernels trust their pointers.
    assert min(gates.shape) > 0
    assert width == 3 * UNITS.value
    assert (weight.shape, bias.shape) == ((models, UNITS.value, width), (models, width))
    assert gates.dtype == weight.dtype == bias.dtype
    assert gates.device == weight.device == bias.device
    return _GRU.apply(gates, weight, bias)
