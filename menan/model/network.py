"""Table 1 of the paper as plain modules."""

import torch
from torch import Tensor, nn

from menan.labels import EMOTIONS
from menan.model.bottlenecks import NO_BOTTLENECK, Bottleneck
from menan.randomness import derived_seed

EMBEDDING_DIMS = 96  # mean, std and max of 32 channels
SHORTEST_INPUT = 10 + 2 * (5 - 1)  # frames that the two convolutions need for one of theirs


class Encoder(nn.Module):
    """ENC: features to the embedding v.

    Args:
        dims: feature columns, the paper's 43.

    The buffers ``mean`` and ``std`` (dims,) normalise the input; 0 and 1 leave it as it is.
    """

    def __init__(self, dims: int):
        super().__init__()
        self.register_buffer("mean", torch.zeros(dims))
        self.register_buffer("std", torch.ones(dims))
        self.conv = nn.Sequential(
            nn.Conv1d(dims, 32, kernel_size=10, stride=2),
            nn.PReLU(),
            nn.Conv1d(32, 32, kernel_size=5, stride=2),
            nn.PReLU(),
        )
        self.gru = nn.GRU(32, 32, batch_first=True)
        self.linear = nn.Sequential(nn.Linear(32, 32), nn.PReLU())

    def forward(self, features: Tensor) -> Tensor:
        """(batch, time, dims) to v (batch, 96); time at least SHORTEST_INPUT."""
        x = (features - self.mean) / self.std
        x = self.conv(x.transpose(1, 2))  # (batch, 32, time / 4)
        x, _ = self.gru(x.transpose(1, 2))  # (batch, time / 4, 32)
        return statistics_pooling(self.linear(x))


class Network(nn.Module):
    """ENC with its two heads, EC (``emotion``) and SC (``speaker``), which give logits of z.

    Args:
        dims: feature columns.
        speakers: number of training speakers.
        bottleneck: between v and z.
    """

    def __init__(self, dims: int, speakers: int, bottleneck: Bottleneck = NO_BOTTLENECK):
        super().__init__()
        self.bottleneck = bottleneck
        self.encoder = Encoder(dims)
        self.emotion = _head(len(EMOTIONS))
        self.speaker = _head(speakers)

    def embed(self, features: Tensor, noise: Tensor | None = None) -> Tensor:
        """(batch, time, dims) to z (batch, 96), with the bottleneck's noise (batch, 96)."""
        return self.bottleneck(self.encoder(features), noise)


def statistics_pooling(x: Tensor) -> Tensor:
    """(batch, time, channels) to (batch, 3 * channels): mean, standard deviation, maximum.

    The deviation is biased, with 1e-5 inside the root: a constant channel has a gradient.
    """
    std = torch.sqrt(x.var(dim=1, correction=0) + 1e-5)
    return torch.cat([x.mean(dim=1), std, x.amax(dim=1)], dim=1)


def build_network(
    dims: int, speakers: int, seed: int, bottleneck: Bottleneck = NO_BOTTLENECK
) -> Network:
    """A network with PyTorch's default initial weights, drawn from ``seed`` on the CPU.

    Each part has its own draw: ENC and EC start alike whatever the number of speakers.
    """
    with torch.random.fork_rng(devices=[]):
        network = Network(dims, speakers, bottleneck)
        for name, part in network.named_children():
            torch.manual_seed(derived_seed(seed, "weights", name))
            for module in part.modules():
                if hasattr(module, "reset_parameters"):
                    module.reset_parameters()
    return network


def _head(classes: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(EMBEDDING_DIMS, 32),
        nn.PReLU(),
        nn.Linear(32, 10),
        nn.PReLU(),
        nn.Linear(10, classes),
    )
