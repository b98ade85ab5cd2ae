"""Encoders for the features of a pretrained encoder: layers or frames are pooled to one vector."""

from typing import cast

import torch
from torch import Tensor, nn

from menan.encoder_settings import AttentiveSettings, PooledSettings
from menan.model.encoder import Encoder, Voices
from menan.model.shared_product import product


class PooledEncoder(Encoder):
    """A learned mean over the layers of a pretrained encoder, then one hidden layer.

    The rows of the input are layers. Their weights are a softmax that starts equal (as s3prl's
    Featurizer; Yang et al. 2021, SUPERB). Units of the mean and of v are dropped.

    With ``erase`` the directions in which the mean inputs of the training voices differ most are
    projected out of each layer before all else: a linear erasure of the speaker (LEACE without
    whitening, :mod:`menan.analysis.leakage.erasure`) that training cannot undo. The buffer
    ``basis`` (rows, dims, erase) has orthonormal columns, and zeros where there are fewer voices.
    """

    has_fixed_rows = True
    basis: Tensor

    def __init__(self, settings: PooledSettings, rows: int, dims: int):
        super().__init__(settings, rows, dims)
        self.dims_out = settings.size
        self.dropout, self.dropout_units = settings.dropout, dims + settings.size
        self.layer_scores = nn.Parameter(torch.zeros(rows))
        self.projection = nn.Linear(dims, settings.size)
        self.erased = min(settings.erase, dims)
        if self.erased:
            self.register_buffer("basis", torch.zeros(rows, dims, self.erased))

    def normalised(self, features: Tensor) -> Tensor:
        # One pass over the features, which are most of what a step reads.
        x = torch.addcmul(-self.mean / self.std, features, 1 / self.std)
        if not self.erased:
            return x
        by_row = x.transpose(0, 1)  # (rows, batch, dims)
        return (by_row - by_row @ self.basis @ self.basis.transpose(1, 2)).transpose(0, 1)

    def prepare(self, voices: Voices) -> None:
        if not self.erased:
            return
        means = voices.means()
        centred = (means - means.mean(dim=0)).transpose(0, 1)  # (rows, voices, dims)
        _, _, directions = torch.linalg.svd(centred, full_matrices=False)
        # Means of V voices differ in V - 1 directions; what the SVD adds to these is arbitrary.
        count = min(self.erased, len(means) - 1, directions.shape[1])
        self.basis.zero_()
        self.basis[:, :, :count] = directions[:, :count].transpose(1, 2).float()

    def encode(self, features: Tensor, lengths: Tensor, kept: Tensor | None) -> Tensor:
        weights = self.layer_scores.softmax(dim=0)  # (rows,)
        by_row = features.transpose(0, 1).flatten(start_dim=1)  # (rows, batch * dims)
        pooled = (weights.unsqueeze(0) @ by_row).view(features.shape[0], -1)  # (batch, dims)
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
        scores = self._scores(features).masked_fill(rows >= lengths[:, None], float("-inf"))
        weights = scores.softmax(dim=1).unsqueeze(1)  # (batch, 1, rows)
        mean = product(weights, features).squeeze(1)  # (batch, dims)
        square = product(weights, features.square()).squeeze(1)
        variance = (square - mean.square()).clamp(min=0)
        # 1e-5 inside the root, so that one frame alone has a gradient.
        pooled = torch.cat([mean, torch.sqrt(variance + 1e-5)], dim=1)
        return _project(self.projection, pooled, kept)

    def _scores(self, features: Tensor) -> Tensor:
        """w tanh(W x) of each frame, (batch, rows)."""
        first, second = cast(nn.Linear, self.attention[0]), cast(nn.Linear, self.attention[2])
        frames = features.flatten(0, 1).T  # (dims, batch * rows)
        hidden = product(first.weight.unsqueeze(0), frames.unsqueeze(0)).squeeze(0)
        hidden = torch.tanh(hidden + first.bias.unsqueeze(1))  # (channels, batch * rows)
        scores = second.weight @ hidden + second.bias
        return scores.view(features.shape[:2])


def _project(layer: nn.Linear, pooled: Tensor, kept: Tensor | None) -> Tensor:
    """v (batch, size) of pooled vectors (batch, dims); ``kept`` has the units of both."""
    if kept is None:
        return torch.relu(layer(pooled))
    before, after = kept.split([pooled.shape[1], layer.out_features], dim=1)
    return torch.relu(layer(pooled * before)) * after
