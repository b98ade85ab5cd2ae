"""Stacked networks against the plain ones, by the kernels and by PyTorch's operations."""

import pytest
import torch
from torch.nn import functional as F

from menan.config import TrainingConfig
from menan.engine.stacked.backends import REFERENCE
from menan.engine.stacked.compiler import kernels
from menan.engine.stacked.stacked import StackedEngine
from menan.features.store import FrameStore
from menan.model.losses import cross_entropy, entropy
from tests.training.training_example import build_network

CPU, DIMS, FRAMES = torch.device("cpu"), 5, 47
SPEAKERS = (3, 20, 16, 8)
TOLERANCE = {torch.float64: 1e-12, torch.float32: 1e-5}
needs_kernels = pytest.mark.skipif(kernels() is None, reason="no C++ compiler for the kernels")
by = pytest.mark.parametrize("ops", [REFERENCE, None], ids=["pytorch", "cpu"])


def plain_networks(dtype=torch.float64):
    """Of different weights, slopes, normalisation and numbers of speakers."""
    networks = [build_network(DIMS, count, seed).to(dtype) for seed, count in enumerate(SPEAKERS)]
    generator = torch.Generator().manual_seed(0)
    for network in networks:
        mean, std = torch.rand(2, DIMS, generator=generator).to(dtype)
        network.encoder.mean.copy_(mean)
        network.encoder.std.copy_(std + 0.5)
        for value in network.parameters():
            if value.shape == (1,):
                value.data.fill_(torch.randn((), generator=generator))
    return networks


def stacked(networks, ops=None):
    return StackedEngine(
        networks, TrainingConfig(lr=1e-2, sc_steps=2), [10] * len(networks), CPU, ops
    )


@pytest.fixture(scope="module")
def store():
    """20 utterances of 1 to 58 frames, shorter and longer than the input."""
    length = torch.arange(20) * 3 + 1
    generator = torch.Generator().manual_seed(1)
    frames = torch.randn(int(length.sum()), DIMS, generator=generator)
    return FrameStore(tuple(map(str, range(20))), frames, length.cumsum(0) - length, length)


INDEX = torch.stack([torch.arange(18) * step % 20 for step in (1, 3, 7, 9)])  # models, batch
LABELS = INDEX % 3


def outputs(network, store, index=INDEX, frames=FRAMES):
    v = network.embed(store, index, frames)
    return v, network.emotion_log_p(v), network.speaker_log_p(v, LABELS)


def plain_outputs(network, store, index, frames=FRAMES):
    features, lengths = network.encoder.read(store, index, frames)
    v = network.encoder(features.to(network.encoder.mean), lengths)
    return v, *(F.log_softmax(head(v), dim=-1) for head in (network.emotion, network.speaker))


def losses(log_p, labels=LABELS):
    """Of each model's batch, (models,)."""
    return cross_entropy(log_p, labels).mean(dim=-1)


def train(models, store, dtype=torch.float32):
    """Some of the four, together, as MEnAN does; gives all that each computed and became."""
    network = stacked([plain_networks(dtype)[model] for model in models])
    computed = []
    for _ in range(3):
        v, emotion, speaker = outputs(network, store, INDEX[models])
        network.speaker.step(losses(speaker, LABELS[models]).sum(), keep_graph=True)
        met = entropy(network.speaker_log_p(v, LABELS)).mean(dim=-1)
        network.main.step((losses(emotion, LABELS[models]) - 0.3 * met).sum())
        computed += [v.flatten(1), emotion.flatten(1)]
    everything = []
    for row in range(len(models)):
        numbers = [part[row].detach() for part in computed]
        for player in (network.main, network.speaker):
            state = player.state_dict(row)
            del state["steps"]
            numbers += [part.flatten() for parts in state.values() for part in parts.values()]
        everything.append(torch.cat(numbers))
    return everything


@by
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=str)
@pytest.mark.parametrize(("batch", "frames"), [(18, FRAMES), (1, 18)])
def test_each_model_computes_what_its_plain_network_does(batch, frames, dtype, ops, store):
    networks, index = plain_networks(dtype), INDEX[:, :batch]
    got = zip(*outputs(stacked(networks, ops), store, index, frames), strict=True)
    for plain, rows, parts in zip(networks, index, got, strict=True):
        for a, b in zip(parts, plain_outputs(plain, store, rows, frames), strict=True):
            limit = TOLERANCE[dtype] * max(1, b.abs().max().item())
            torch.testing.assert_close(a[:, : b.shape[1]], b, rtol=0, atol=limit)


@by
def test_an_index_may_be_any_view(ops, store):
    network = stacked(plain_networks(), ops)
    views = outputs(network, store, INDEX.t().contiguous().t())
    torch.testing.assert_close(views, outputs(network, store), rtol=0, atol=1e-12)


@by
def test_each_model_has_the_gradients_of_its_plain_network(ops, store):
    networks = plain_networks()
    network = stacked(networks, ops)
    _, emotion, speaker = outputs(network, store)
    loss = (losses(emotion) + losses(speaker)).sum()
    for player in (network.main, network.speaker):
        grads = torch.autograd.grad(loss, list(player.leaves.values()), retain_graph=True)
        rows = torch.cat([grad.flatten(1) for grad in grads], dim=1)
        for model, plain in enumerate(networks):
            plain.zero_grad()
            _, *log_ps = plain_outputs(plain, store, INDEX[model])
            sum(losses(part, LABELS[model]) for part in log_ps).backward()
            expected = {name: value.grad for name, value in plain.named_parameters()}
            torch.testing.assert_close(
                rows[model], player.layout.pack(expected), rtol=1e-10, atol=1e-12
            )


@by
def test_log_posteriors_are_the_plain_networks_and_without_a_graph(ops, store):
    networks = plain_networks()
    got = stacked(networks, ops).log_posteriors(store, INDEX, FRAMES)
    assert not got.requires_grad
    for model, plain in enumerate(networks):
        _, emotion, _ = plain_outputs(plain, store, INDEX[model])
        torch.testing.assert_close(got[model], emotion, rtol=0, atol=1e-12)


def test_plain_gives_each_network_back(store):
    networks = plain_networks()
    network = stacked(networks)
    for model, expected in enumerate(networks):
        plain = network.plain(model)
        assert all(value.requires_grad for value in plain.parameters())
        got, expected_state = plain.state_dict(), expected.state_dict()
        assert list(got) == list(expected_state)
        assert all(torch.equal(got[name], value) for name, value in expected_state.items())
        for a, b in zip(
            *(plain_outputs(net, store, INDEX[model]) for net in (plain, expected)), strict=True
        ):
            assert torch.equal(a, b)


def test_plain_network_has_the_current_parameters_of_the_stack(store):
    network = stacked(plain_networks())
    before = [network.plain(model) for model in range(4)]
    for player, part in ((network.main, 1), (network.speaker, 2)):
        player.step(losses(outputs(network, store)[part]).sum())
    got = zip(*outputs(network, store), strict=True)
    for model, (old, start, parts) in enumerate(zip(before, plain_networks(), got, strict=True)):
        new = network.plain(model)
        weights = zip(*(net.parameters() for net in (old, start, new)), strict=True)
        assert all(torch.equal(a, b) and not torch.equal(a, c) for a, b, c in weights)
        for a, b in zip(parts, plain_outputs(new, store, INDEX[model]), strict=True):
            torch.testing.assert_close(a[:, : b.shape[1]], b, rtol=0, atol=1e-12)


@by
def test_a_speaker_whom_a_model_lacks_has_no_posterior_and_no_part_in_the_entropy(ops, store):
    networks = plain_networks(torch.float32)
    network = stacked(networks, ops)
    v = network.embed(store, INDEX, FRAMES).detach().requires_grad_()
    log_p = network.speaker_log_p(v, LABELS)
    (grad,) = torch.autograd.grad(entropy(log_p).sum(), v)
    for model, (count, plain) in enumerate(zip(SPEAKERS, networks, strict=True)):
        assert (log_p[model, :, count:].exp() == 0).all()
        assert log_p[model].isfinite().all()
        z = v[model].detach().requires_grad_()
        own = F.log_softmax(plain.speaker(z), dim=-1)
        torch.testing.assert_close(entropy(log_p[model]), entropy(own))
        (expected,) = torch.autograd.grad(entropy(own).sum(), z)
        torch.testing.assert_close(grad[model], expected, rtol=1e-3, atol=1e-6)


@by
def test_only_active_models_are_computed(ops, store):
    network = stacked(plain_networks(), ops)
    whole = outputs(network, store)
    posteriors = network.log_posteriors(store, INDEX, FRAMES)
    for active in (1, 3):
        network.activate(active)
        assert (len(network), network.active) == (4, active)
        for part, all_of_it in zip(outputs(network, store, INDEX[:active]), whole, strict=True):
            torch.testing.assert_close(part, all_of_it[:active], rtol=0, atol=1e-12)
        part = network.log_posteriors(store, INDEX[:active], FRAMES)
        torch.testing.assert_close(part, posteriors[:active], rtol=0, atol=1e-12)


def test_sc_takes_its_steps_at_rates_of_its_own():
    network = StackedEngine(
        plain_networks()[:2], TrainingConfig(lr=1e-2, sc_steps=3), [10, 20], CPU
    )
    assert (network.main.total.tolist(), network.speaker.total.tolist()) == ([10, 20], [30, 60])
    assert network.main.lr().tolist() == network.speaker.lr().tolist() == [1e-2] * 2


@needs_kernels
@pytest.mark.parametrize("model", range(4))
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=str)
def test_a_model_learns_the_same_to_the_bit_alone_and_among_others(model, dtype, store):
    assert torch.equal(train([model], store, dtype)[0], train([0, 1, 2, 3], store, dtype)[model])


@needs_kernels
@pytest.mark.parametrize(("models", "threads"), [([0, 1, 2, 3], 2), ([1], 5)])
def test_the_number_of_threads_changes_no_bit(models, threads, store):
    before = torch.get_num_threads()
    results = []
    try:
        for count in (1, threads):
            torch.set_num_threads(count)
            results.append(torch.cat(train(models, store)))
    finally:
        torch.set_num_threads(before)
    assert torch.equal(*results)


def test_a_snapshot_is_of_its_moment_whatever_happens_before_it_is_called(store):
    network = stacked(plain_networks())
    now, later = network.plain(1), network.snapshot(1)
    network.main.step(losses(outputs(network, store)[1]).sum())
    network.speaker.restart(1, {name: 0 * v for name, v in network.states[1].items()})
    for a, b in zip(now.parameters(), later().parameters(), strict=True):
        assert torch.equal(a, b)
    assert not torch.equal(network.plain(1).speaker[0].weight, now.speaker[0].weight)
