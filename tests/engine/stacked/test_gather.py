"""Batches from a store that keeps float16."""

import pytest
import torch

from menan.engine.stacked import cpu_kernels as cpu
from menan.engine.stacked import reference
from menan.engine.stacked.compiler import kernels
from menan.features.store import FrameStore

pytestmark = pytest.mark.skipif(kernels() is None, reason="no C++ compiler for the kernels")
both = pytest.mark.parametrize("ops", [cpu, reference], ids=["kernels", "reference"])
precisions = pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=str)


@both
@precisions
def test_every_float16_is_gathered_as_the_number_it_is(ops, dtype):
    """Both zeros and the subnormal ones included, to the bit."""
    kept = torch.arange(2**16).to(torch.uint16).view(torch.float16)
    kept = kept[kept.isfinite()].view(-1, 16)
    zero, ones = torch.zeros(1, 16, dtype=dtype), torch.ones(1, 16, dtype=dtype)
    first, length = torch.tensor([0]), torch.tensor([len(kept)])
    x = ops.gather(kept, first, length, first[None], len(kept), zero, ones)
    expected = kept.to(dtype).flatten()
    assert torch.equal(x.flatten(), expected)
    assert torch.equal(x.flatten().signbit(), expected.signbit())


@both
@precisions
def test_kernels_read_a_float16_store_like_its_values_as_float32(ops, dtype):
    torch.manual_seed(0)
    first, length = torch.tensor([0, 4, 5, 16]), torch.tensor([4, 1, 11, 3])
    half = FrameStore(tuple("abcd"), torch.randn(19, 5).half(), first, length)
    single = FrameStore(tuple("abcd"), half.frames.float(), first, length)
    index, (mean, std) = torch.randint(4, (3, 7)), torch.rand(2, 3, 5, dtype=dtype) + 0.5
    batches = [
        ops.gather(store.frames, first, length, index, 11, mean, std) for store in (half, single)
    ]
    assert batches[0].dtype == dtype
    assert torch.equal(*batches)
    assert half.gather(index[0], 11).dtype == torch.float32
    assert torch.equal(half.gather(index[0], 11), single.gather(index[0], 11))
