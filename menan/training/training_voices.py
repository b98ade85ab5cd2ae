"""The voices that a network is trained on, for encoders that prepare themselves for them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from menan.model.encoder import Encoder
from menan.training.plan import UtteranceSet

BATCH = 256  # utterances read at once


@dataclass(frozen=True)
class TrainingVoices:
    """Training utterances by voice and emotion (:class:`menan.model.encoder.Voices`).

    A speaker at a speed is a voice: speed copies sound like other speakers.

    encoder: with its normalisation.
    rows: rows of its input.
    emotions: number of emotions.
    """

    train: UtteranceSet
    encoder: Encoder
    rows: int
    emotions: int

    @torch.no_grad()
    def means(self) -> Tensor:
        # Without the means of the emotions: voices may have emotions unequally often.
        sums, counts = self._by_cell(self.encoder.normalised)
        of_emotion = sums.sum(dim=0) / counts.sum(dim=0).clamp(min=1)[:, None, None]
        expected = torch.einsum("ve,erd->vrd", counts, of_emotion)
        return (sums.sum(dim=1) - expected) / counts.sum(dim=1)[:, None, None]

    @torch.no_grad()
    def within(self, read: Callable[[Tensor], Tensor]) -> tuple[Tensor, Tensor]:
        sums, counts = self._by_cell(read)
        means = (sums / counts.clamp(min=1).unsqueeze(-1)).flatten(0, 1)
        scatter = torch.zeros(means.shape[1], means.shape[1], dtype=torch.float64)
        for cells, x in self._read(read):
            rest = x - means[cells]
            scatter += rest.T @ rest
        total = counts.sum()
        return sums.sum(dim=(0, 1)) / total, scatter / total

    def _by_cell(self, read: Callable[[Tensor], Tensor]) -> tuple[Tensor, Tensor]:
        """Sums (voices, emotions, ...) and numbers of utterances (voices, emotions), float64."""
        voices = int(self.train.voices.max()) + 1
        counts = torch.zeros(voices * self.emotions, dtype=torch.float64)
        sums: Tensor | None = None
        for cells, x in self._read(read):
            if sums is None:
                sums = torch.zeros(len(counts), *x.shape[1:], dtype=torch.float64)
            sums.index_add_(0, cells, x)
            counts += torch.bincount(cells, minlength=len(counts))
        assert sums is not None, "nobody trains without utterances"
        shape = (voices, self.emotions)
        return sums.unflatten(0, shape), counts.view(shape)

    def _read(self, read: Callable[[Tensor], Tensor]) -> Iterator[tuple[Tensor, Tensor]]:
        """Cells, and float64 of what is read, of each utterance of a known speaker, on the CPU."""
        train = self.train
        known = (train.voices >= 0).nonzero()[:, 0]
        index = train.index[known]
        cells = train.voices[known] * self.emotions + train.emotions[known]
        for batch in torch.arange(len(index), device=cells.device).split(BATCH):
            features, _ = self.encoder.read(train.store, index[batch], self.rows)
            yield cells[batch].cpu(), read(features.cpu()).double()
