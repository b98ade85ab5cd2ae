"""Encoders for the features of a pretrained encoder: layers or frames are pooled to one vector."""

import torch
from torch import Tensor, nn

from menan.model.encoder import Encoder
from menan.settings import AttentiveSettings, PooledSettings


class PooledEncoder(Encoder):
    """A learned mean over the layers of a pretrained encoder, then one hidden layer.

    The rows of the input are layers. Their weights are a softmax that starts equal (as s3prl's
    Featurizer; Yang et al. 2021, SUPERB). Units of the mean and of v are dropped.
    """

    has_fixed_rows = True

    def __init__(self, settings: PooledSettings, rows: int, dims: int):
        super().__init__(settings, rows, dims)
        self.dims_out = settings.size
        self.dropout, self.dropout_units = settings.dropout, dims + settings.size
        self.layer_scores = nn.Parameter(torch.zeros(rows))
        self.projection = nn.Linear(dims, settings.size)

    def normalised(self, features: Tensor) -> Tensor:
        # One pass over the features, which are most of what a step reads.
        return torch.addcmul(-self.mean / self.std, features, 1 / self.std)

    def encode(self, features: Tensor, lengths: Tensor, kept: Tensor | None) -> Tensor:
        weights = self.layer_scores.softmax(dim=0)  # (rows,)
        pooled = weights @ features  # (batch, dims)
        return _project(self.projection, pooled, kept)


class AttentiveEncoder(Encoder):
    """Attentive statistics pooling over frames (Okabe et al. 2018), then one hidden layer.

    The attention weight of a frame is a softmax over time of w tanh(W x). v is made of the weighted
    mean and standard deviation. Units of these two and of v are dropped.
    """

    def __init__(self, settings: AttentiveSettings, rows: int, dims: int):
        super().__init__(settings, rows, dims)
        self.dims_out = settings.size
        self.dropout, self.dropout_units = settings.dropout, 2 * dims + settings.size
        self.attention = nn.Sequential(
            nn.Linear(dims, settings.channels), nn.Tanh(), nn.Linear(settings.channels, 1)
        )
        self.projection = nn.Linear(2 * dims, settings.size)

    def encode(self, features: Tensor, lengths: Tensor, kept: Tensor | None) -> Tensor:
        rows = torch.arange(features.shape[1], device=features.device)
        scores = self.attention(features).squeeze(-1)  # (batch, rows)
        scores = scores.masked_fill(rows >= lengths[:, None], float("-inf"))
        weights = scores.softmax(dim=1).unsqueeze(-1)  # (batch, rows, 1)
        mean = (weights * features).sum(dim=1)  # (batch, dims)
        variance = (weights * (features - mean.unsqueeze(1)).square()).sum(dim=1)
        # 1e-5 inside the root, so that one frame alone has a gradient.
        pooled = torch.cat([mean, torch.sqrt(variance + 1e-5)], dim=1)
        return _project(self.projection, pooled, kept)


def _project(layer: nn.Linear, pooled: Tensor, kept: Tensor | None) -> Tensor:
    """v (batch, size) of pooled vectors (batch, dims); ``kept`` has the units of both."""
    if kept is None:
        return torch.relu(layer(pooled))
    before, after = kept.split([pooled.shape[1], layer.out_features], dim=1)
    return torch.relu(layer(pooled * before)) * after
