"""Networks whose parts break their contracts are refused before training, by name."""

from dataclasses import dataclass

import pytest
import torch
from torch import nn

from menan.config import ModelConfig
from menan.encoder_settings import EncoderSettings
from menan.errors import InputError
from menan.model import bottlenecks, encoders
from menan.model.contract import check_contract
from menan.model.network import NetworkShape, build_network
from menan.settings import BottleneckSettings, NoBottleneckSettings


@dataclass(frozen=True)
class OddEncoderSettings(EncoderSettings):
    name = "odd"
    kind: str = "fine"


class OddEncoder(encoders.Encoder):
    def __init__(self, settings, rows, dims):
        super().__init__(settings, rows, dims)
        self.dims_out = 6
        self.layer = nn.Linear(dims, 6)
        nn.init.zeros_(self.layer.weight)
        self.free = nn.Parameter(torch.randn(6))
        if settings.kind == "hidden buffer":
            self.register_buffer("place", torch.zeros(3), persistent=False)
        if settings.kind == "whole numbers":
            self.register_buffer("place", torch.arange(3))

    def encode(self, features, lengths, kept):
        if self.settings.kind == "fails":
            raise RuntimeError("no idea")
        v = self.layer(features).mean(dim=1) + self.free
        return v[:, :4] if self.settings.kind == "narrow" else v


@dataclass(frozen=True)
class DoublingSettings(BottleneckSettings):
    name = "doubling"


class Doubling(bottlenecks.Bottleneck):
    def __call__(self, v, noise=None):
        return torch.cat([v, v], dim=-1)


@pytest.fixture
def shape(monkeypatch):
    monkeypatch.setitem(encoders.ENCODERS, OddEncoderSettings, OddEncoder)
    monkeypatch.setitem(bottlenecks.BOTTLENECKS, DoublingSettings, Doubling)

    def make(kind="fine", bottleneck=NoBottleneckSettings(), classifier=None):
        return NetworkShape(
            ModelConfig(OddEncoderSettings(kind), bottleneck), 20, 5, 4, 3, classifier
        )

    return make


def test_a_network_that_keeps_its_contract_passes(shape):
    check_contract(shape())


@pytest.mark.parametrize(
    ("kind", "complaint"),
    [
        ("narrow", r"encoder 'odd': v has the shape \(2, 4\); expected \(2, 6\)"),
        ("fails", "encoder 'odd' fails on two utterances: RuntimeError: no idea"),
        ("hidden buffer", "encoder 'odd': buffer 'place' must be persistent"),
        ("whole numbers", "encoder 'odd': buffer 'place' must hold finite float32 numbers"),
    ],
)
def test_an_encoder_that_does_not_is_refused(shape, kind, complaint):
    with pytest.raises(InputError, match=complaint):
        check_contract(shape(kind))


def test_a_bottleneck_that_changes_the_size_is_refused(shape):
    with pytest.raises(InputError, match=r"bottleneck 'doubling': z has the shape \(2, 12\)"):
        check_contract(shape(bottleneck=DoublingSettings()))


def test_a_speaker_classifier_of_other_classes_is_refused(shape):
    class Wrong(nn.Module):
        def __init__(self, size, emotions, speakers):
            super().__init__()
            self.layer = nn.Linear(size, speakers + 1)

        def forward(self, z, emotions):
            return self.layer(z)

    with pytest.raises(InputError, match=r"logits of shape \(2, 4\); expected .* 3 speakers"):
        check_contract(shape(classifier=Wrong))


def test_every_initial_weight_follows_the_seed_and_the_encoders_own_choice_stays(shape):
    one, again, other = (build_network(shape(), seed).encoder for seed in (1, 1, 2))
    assert torch.equal(one.free, again.free)
    assert not torch.equal(one.free, other.free)
    assert not one.layer.weight.any(), "set to zero by the encoder itself"


class SumEncoder(encoders.Encoder):
    def __init__(self, settings, rows, dims):
        super().__init__(settings, rows, dims)
        self.dims_out = dims

    def encode(self, features, lengths, kept):
        return features.sum(dim=1)


def test_padding_is_zero_after_normalisation_whatever_stands_in_the_batch():
    encoder = SumEncoder(OddEncoderSettings(), 7, 3)
    encoder.mean.fill_(2.0)
    features = torch.randn(2, 7, 3)
    lengths = torch.tensor([7, 4])
    alone = encoder(features[1:, :4], lengths[1:])
    torch.testing.assert_close(encoder(features, lengths)[1:], alone)
