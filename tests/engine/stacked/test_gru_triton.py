"""The kernels under Triton's interpreter, compiled for sm_90, and on a GPU where there is one."""

import multiprocessing
import os
import subprocess
from concurrent.futures import ProcessPoolExecutor

import pytest
import torch
from torch import nn
from torch.autograd.functional import vjp
from torch.func import functional_call

pytest.importorskip("triton", reason="this platform's torch comes without triton")

import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

from menan.engine.stacked import gru_triton
from menan.engine.stacked.gru_triton import gru

needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device to run on")
SIZES = [(2, 3, 5), (1, 17, 1), (3, 1, 4)]  # models, batch, time


@pytest.fixture(scope="module", params=["interpreter", pytest.param("cuda", marks=needs_cuda)])
def where(request):
    """A way to call a function, and the device that its tensors should be on.

    Triton fixes at its import in a process whether it interprets, and here it may be imported
    already: the interpreter has a process of its own.
    """
    if request.param == "cuda":
        yield lambda function, *args, **options: function(*args, **options), "cuda"
        return
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:

        def call(function, *args, **options):
            return pool.submit(function, *args, **options).result()

        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("TRITON_INTERPRET", "1")
            assert call(os.getenv, "TRITON_INTERPRET") == "1"  # the process is there now
        yield call, "cpu"


def draw(models, batch, time, dtype=torch.float64, device="cpu"):
    """Gates, weight and bias."""
    generator = torch.Generator().manual_seed(models + batch + time)
    shapes = (models, batch, time, 96), (models, 32, 96), (models, 96)
    values = [torch.randn(shape, generator=generator, dtype=torch.float64) for shape in shapes]
    values[1] /= 32**0.5
    return tuple(value.to(device, dtype) for value in values)


def reference(gates, weight, bias):
    """torch.nn.GRU, model after model; its own input projection leaves the gates as they are."""
    module = nn.GRU(96, 32, batch_first=True).to(gates)
    eye = torch.eye(96).to(gates)
    hidden = []
    for x, w, b in zip(gates, weight, bias, strict=True):
        parameters = {"weight_ih_l0": eye, "bias_ih_l0": 0 * b}
        parameters |= {"weight_hh_l0": w.T, "bias_hh_l0": b}
        hidden.append(functional_call(module, parameters, (x,))[0])
    return torch.stack(hidden)


def assert_is_torchs_gru(call, inputs, dhidden, tolerance):
    """States and gradients against the reference in float64; gives the states expected."""
    hidden, gradients = call(vjp, gru, inputs, dhidden)
    double = [x.detach().cpu().double() for x in (*inputs, dhidden)]
    expected, expected_gradients = vjp(reference, tuple(double[:3]), double[3])
    pairs = zip((hidden, *gradients), (expected, *expected_gradients), strict=True)
    for i, (got, exact) in enumerate(pairs):
        limit = tolerance if i == 0 else 10 * tolerance  # gradients are sums of many terms
        torch.testing.assert_close(got.cpu(), exact.to(got.dtype), rtol=limit, atol=limit)
    return expected


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-12), (torch.float32, 2e-6)])
@pytest.mark.parametrize("size", SIZES)
def test_states_and_gradients_are_those_of_torchs_gru(where, size, dtype, tolerance):
    call, device = where
    inputs = draw(*size, dtype, device)
    dhidden = torch.linspace(-1, 1, 32).to(device, dtype).expand(*size, 32)
    assert_is_torchs_gru(call, inputs, dhidden, tolerance)


def test_gradcheck(where):
    call, device = where
    inputs = tuple(x.requires_grad_() for x in draw(1, 2, 3, device=device))
    assert call(torch.autograd.gradcheck, gru, inputs, fast_mode=True)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_extreme_gates_saturate(where, dtype):
    call, device = where
    gates, weight, bias = draw(2, 2, 3, dtype, device)
    inputs = (1e4 * gates.sign(), weight, bias)
    dhidden = torch.ones(2, 2, 3, 32, dtype=dtype, device=device)
    expected = assert_is_torchs_gru(call, inputs, dhidden, 1e-6)
    assert set(expected.unique().tolist()) == {-1, 0, 1}


def test_the_same_input_gives_the_same_bits(where):
    call, device = where
    inputs = draw(2, 3, 4, torch.float32, device)
    dhidden = torch.ones(2, 3, 4, 32, device=device)
    first, second = (call(vjp, gru, inputs, dhidden) for _ in range(2))
    assert torch.equal(first[0], second[0])
    assert all(torch.equal(a, b) for a, b in zip(first[1], second[1], strict=True))


def test_an_utterance_has_the_same_states_whatever_it_is_trained_beside(where):
    call, device = where
    gates, weight, bias = draw(3, 2, 4, torch.float32, device)
    together = call(gru, gates, weight, bias)
    alone = call(gru, gates[1:2, 1:], weight[1:2], bias[1:2])
    assert torch.equal(alone, together[1:2, 1:])


def test_views_are_read_as_what_they_show(where):
    call, device = where
    gates, weight, bias = draw(2, 3, 4, device=device)
    dhidden = torch.ones(1, 1, 1, 32, dtype=torch.float64, device=device).expand(2, 3, 4, 32)
    views = (gates.transpose(1, 2).contiguous().transpose(1, 2), weight.mT.contiguous().mT, bias)
    assert_is_torchs_gru(call, views, dhidden, 1e-12)


@pytest.mark.parametrize("wrong", ["gates", "weight", "bias", "dtype", "time"])
def test_what_would_be_read_out_of_bounds_is_refused(wrong):
    gates, weight, bias = draw(2, 3, 4)
    inputs = {
        "gates": (gates[..., :64], weight, bias),
        "weight": (gates, weight.mT, bias),
        "bias": (gates, weight, bias[:1]),
        "dtype": (gates, weight.float(), bias),
        "time": (gates[:, :, :0], weight, bias),
    }
    with pytest.raises(AssertionError):
        gru(*inputs[wrong])


@pytest.mark.parametrize("time", [1, 345])
@pytest.mark.parametrize("kernel", ["_forward", "_backward"])
def test_kernels_compile_for_hopper_into_registers_alone(kernel, time, tmp_path, monkeypatch):
    monkeypatch.setenv("TRITON_CACHE_DIR", str(tmp_path))
    function = getattr(gru_triton, kernel)
    # As a launch does it: tensors of torch are aligned to 16 bytes, and a kernel may look away.
    pointers = [param for param in function.params if not param.is_constexpr]
    source = ASTSource(
        function,
        {param.name: "*fp32" for param in pointers} | {"TIME": "constexpr"},
        {"TIME": time},
        {
            (param.num,): [["tt.divisibility", 16]]
            for param in pointers
            if not param.do_not_specialize_on_alignment
        },
    )
    compiled = triton.compile(
        source, target=GPUTarget("cuda", 90, 32), options=dict(gru_triton.LAUNCH)
    )
    ptx = compiled.asm["ptx"]
    assert "mma" not in ptx  # tensor cores: less than float32
    assert "shfl" not in ptx  # a lane holds a column of the weights, a sum stays in it
    (tmp_path / "kernel.cubin").write_bytes(compiled.asm["cubin"])
    usage = subprocess.run(
        [triton.knobs.nvidia.cuobjdump.path, "--dump-resource-usage", tmp_path / "kernel.cubin"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "STACK:0 " in usage  # nothing spilled to memory
    if time > 1:
        assert "cp.async" in ptx  # rows are fetched steps ahead


@needs_cuda
def test_a_cuda_graph_replays_it():
    inputs = tuple(x.requires_grad_() for x in draw(2, 3, 5, torch.float32, "cuda"))

    def step():
        hidden = gru(*inputs)
        return hidden, *torch.autograd.grad(hidden.square().sum(), inputs)

    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        step()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        captured = step()
    with torch.no_grad():
        inputs[0].mul_(0.5)
    graph.replay()
    assert all(torch.equal(a, b) for a, b in zip(captured, step(), strict=True))
