"""The whole network: encoder, bottleneck, and the classifiers of emotion and speaker."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from menan.config import ModelConfig
from menan.encoder_settings import TABLE_1_HIDDEN
from menan.model.bottlenecks import make_bottleneck
from menan.model.encoders import make_encoder
from menan.randomness import derived_seed


@dataclass(frozen=True)
class NetworkShape:
    """All that decides names and shapes of a network's parameters.

    rows: rows of the longest input.
    dims: feature columns.
    emotions: outputs of the emotion classifier (EC).
    speakers: outputs of the speaker classifier (SC), the training speakers.
    speaker_classifier: makes SC from (dims of z, emotions, speakers); None for the paper's head.
    """

    model: ModelConfig
    rows: int
    dims: int
    emotions: int
    speakers: int
    speaker_classifier: Callable[[int, int, int], nn.Module] | None = field(default=None)


class Network(nn.Module):
    """ENC with its two heads, EC (``emotion``) and SC (``speaker``), which give logits of z.

    Args:
        begin: called with the name of each part before it is made.
    """

    def __init__(self, shape: NetworkShape, begin: Callable[[str], None] | None = None):
        super().__init__()
        self.shape = shape
        self.bottleneck = make_bottleneck(shape.model.bottleneck)
        begin = begin or (lambda part: None)
        begin("encoder")
        self.encoder = make_encoder(shape.model.encoder, shape.rows, shape.dims)
        size = self.encoder.dims_out
        begin("emotion")
        self.emotion = head(size, shape.emotions, shape.model.hidden)
        begin("speaker")
        if shape.speaker_classifier is None:
            self.speaker: nn.Module = head(size, shape.speakers, shape.model.hidden)
        else:
            self.speaker = shape.speaker_classifier(size, shape.emotions, shape.speakers)

    def embed(self, features: Tensor, lengths: Tensor, noise: Tensor | None = None) -> Tensor:
        """Features (batch, rows, dims) to z (batch, size), with the bottleneck's noise, as z."""
        return self.bottleneck(self.encoder(features, lengths), noise)


def head(size: int, classes: int, hidden: Sequence[int] = TABLE_1_HIDDEN) -> nn.Sequential:
    """A classifier, (batch, size) to logits (batch, classes), with PReLU between its layers."""
    layers: list[nn.Module] = []
    for width in hidden:
        layers += [nn.Linear(size, width), nn.PReLU()]
        size = width
    return nn.Sequential(*layers, nn.Linear(size, classes))


def build_network(shape: NetworkShape, seed: int) -> Network:
    """A network with initial weights drawn from ``seed`` on the CPU.

    Each part has its own generator: ENC and EC start alike whatever the number of speakers.
    """

    def begin(part: str) -> None:
        torch.manual_seed(derived_seed(seed, "weights", part))

    with torch.random.fork_rng(devices=[]):
        return Network(shape, begin)


def empty_network(shape: NetworkShape) -> Network:
    """A network without weights, on PyTorch's meta device: names and shapes only."""
    with torch.device("meta"):
        return Network(shape)
