"""An encoder whose embedding has little room for anything but the emotion."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from menan.encoder_settings import NarrowSettings
from menan.model.encoder import Voices
from menan.model.pooling_encoders import PooledEncoder

LEAST_VARIANCE = 1e-6  # of an axis of content; normalised inputs have about 1
FARTHEST = 3.0  # a content dimension ends there, in its standard deviations


class NarrowEncoder(PooledEncoder):
    """:class:`PooledEncoder`, whose hidden layer is mapped to few dimensions.

    v consists of two parts. The ``learnt`` dimensions are a linear map of the hidden layer after
    layer normalisation without affine parameters: they lie on a sphere, on which as many emotions
    find room, and hardly a speaker beside them. The ``content`` dimensions are not learnt. They
    are the main axes of the mean input over the rows, voices erased, in which the training
    utterances of one voice and emotion differ: what was said, how loud, how fast. So z serves for
    more than the emotion, at a known price.
    """

    axes: Tensor
    origin: Tensor

    def __init__(self, settings: NarrowSettings, rows: int, dims: int):
        super().__init__(settings, rows, dims)
        self.content_scale = settings.content_scale
        count = min(settings.content, dims)
        self.dims_out = settings.learnt + count
        self.narrowing = nn.Linear(settings.size, settings.learnt, bias=False)
        self.register_buffer("axes", torch.zeros(dims, count))
        self.register_buffer("origin", torch.zeros(count))

    def prepare(self, voices: Voices) -> None:
        super().prepare(voices)
        count = self.axes.shape[1]
        if count == 0:
            return
        mean, covariance = voices.within(lambda features: self.normalised(features).mean(dim=1))
        variances, directions = torch.linalg.eigh(covariance)  # ascending
        variances, directions = variances[-count:].flip(0), directions[:, -count:].flip(1)
        # The sign of an eigenvector is arbitrary: its largest number is made positive.
        largest = directions.abs().argmax(dim=0, keepdim=True)
        directions = directions * directions.gather(0, largest).sign()
        # What hardly varies is rounding, which must not be amplified.
        axes = torch.where(variances > LEAST_VARIANCE, directions / variances.sqrt(), 0.0)
        self.axes.copy_(axes)
        self.origin.copy_(mean @ axes)

    def encode(self, features: Tensor, lengths: Tensor, kept: Tensor | None) -> Tensor:
        hidden = super().encode(features, lengths, kept)  # (batch, size)
        learnt = self.narrowing(hidden)
        learnt = F.layer_norm(learnt, learnt.shape[-1:])
        content = features.mean(dim=1) @ self.axes - self.origin  # (batch, content)
        return torch.cat([learnt, self.content_scale * content.clamp(-FARTHEST, FARTHEST)], dim=1)
