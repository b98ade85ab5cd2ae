"""Functions inside the kernels, compiled by themselves: sigmoid, tanh, float16."""

import ctypes
import subprocess

import pytest
import torch

from menan.engine.stacked.compiler import COMPILERS, FLAGS, SOURCES, _compiler, kernels

pytestmark = pytest.mark.skipif(kernels() is None, reason=f"none of {', '.join(COMPILERS)} here")
precisions = pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=str)

SOURCE = """
#include "frames.h"
extern "C" void activations(long count, const real *x, real *open, real *curve) {
  for (long i = 0; i < count; i += LANES) {
    store(open + i, sigmoid(load(x + i)));
    store(curve + i, hyperbolic_tangent(load(x + i)));
  }
}
extern "C" void half(long count, long dims, const uint16_t *frames, long period, const real *mean,
                     const real *scale, real *to) {
  gather(count, dims, frames, period, mean, scale, to);
}
extern "C" void single(long count, long dims, const float *frames, long period, const real *mean,
                       const real *scale, real *to) {
  gather(count, dims, frames, period, mean, scale, to);
}
"""


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    """Calls a function of the source in a precision; tensors go by address."""
    folder = tmp_path_factory.mktemp("functions")
    (folder / "functions.cc").write_text(SOURCE)
    libraries = {}
    for dtype, flags in ((torch.float32, []), (torch.float64, ["-DDOUBLE"])):
        path = folder / f"{dtype}.so"
        command = [*_compiler(), *FLAGS, *flags, f"-I{SOURCES}", str(folder / "functions.cc")]
        subprocess.run([*command, "-o", str(path)], check=True)
        libraries[dtype] = ctypes.CDLL(str(path))

    def call(dtype, name, *arguments):
        getattr(libraries[dtype], name)(
            *(
                ctypes.c_void_p(value.data_ptr())
                if isinstance(value, torch.Tensor)
                else ctypes.c_long(value)
                for value in arguments
            )
        )

    return call


def activations(compiled, x):
    results = torch.empty_like(x), torch.empty_like(x)
    compiled(x.dtype, "activations", len(x), x, *results)
    return results


@precisions
def test_tanh_and_sigmoid_are_right_to_the_rounding(compiled, dtype):
    x = torch.linspace(-20, 20, 32000, dtype=dtype)
    sigmoid, tanh = activations(compiled, x)
    exact = torch.sigmoid(x.double())
    assert ((sigmoid - exact) / exact).abs().max() < 2 * torch.finfo(dtype).eps
    assert (tanh - torch.tanh(x.double())).abs().max() < 2.5 * torch.finfo(dtype).eps


@precisions
def test_extreme_numbers_saturate_and_only_a_nan_gives_a_nan(compiled, dtype):
    x = torch.tensor([-torch.inf, -1e30, -1e4, -100, 100, 1e4, 1e30, torch.inf] * 2, dtype=dtype)
    sigmoid, tanh = activations(compiled, x)
    assert sigmoid[:4].max() < 1e-37
    assert set(sigmoid[4:8].tolist()) == {1}
    assert set(tanh.tolist()) == {-1, 1}
    x[3] = torch.nan
    for result in activations(compiled, x):
        assert result.isnan().nonzero().flatten().tolist() == [3]


@precisions
@pytest.mark.parametrize("dims", [1, 5, 16, 43])
def test_frames_are_repeated_and_normalised(compiled, dtype, dims):
    frames, (mean, scale) = torch.randn(7, dims), torch.randn(2, dims, dtype=dtype)
    for count in (3, 7, 24):
        x = torch.empty(count, dims, dtype=dtype)
        compiled(dtype, "single", count, dims, frames, 7, mean, scale, x)
        expected = (frames[torch.arange(count) % 7].to(dtype) - mean) * scale
        assert torch.equal(x, expected)


@precisions
def test_every_float16_is_gathered_as_the_number_it_is(compiled, dtype):
    """Both zeros and the subnormal ones included, to the bit."""
    kept = torch.arange(2**16).to(torch.uint16).view(torch.float16)
    kept = kept[kept.isfinite()].view(-1, 16)
    zeros, ones = torch.zeros(16, dtype=dtype), torch.ones(16, dtype=dtype)
    x = torch.empty(kept.shape, dtype=dtype)
    compiled(dtype, "half", len(kept), 16, kept, len(kept), zeros, ones, x)
    assert torch.equal(x, kept.to(dtype))
    assert torch.equal(x.signbit(), kept.signbit())
