"""The mean input of each voice that a network is trained on, for encoders that erase voices."""

import torch
from torch import Tensor

from menan.model.encoder import Encoder
from menan.training.plan import UtteranceSet

BATCH = 256  # utterances read at once


@torch.no_grad()
def voice_means(train: UtteranceSet, encoder: Encoder, rows: int, emotions: int) -> Tensor:
    """Mean normalised input of each voice, float64 (voices, rows, dims), on the CPU.

    A speaker at a speed is a voice: speed copies sound like other speakers. The mean over each
    emotion is subtracted first, so that voices may have emotions unequally often.

    Args:
        encoder: with its normalisation.
        rows: rows of its input.
        emotions: number of emotions.
    """
    voices = int(train.voices.max()) + 1
    cells = train.voices * emotions + train.emotions
    counts = torch.bincount(cells, minlength=voices * emotions).double().cpu()
    sums = torch.zeros(voices * emotions, rows, train.store.frames.shape[1], dtype=torch.float64)
    for batch in torch.arange(len(train), device=cells.device).split(BATCH):
        features, _ = encoder.read(train.store, train.index[batch], rows)
        sums.index_add_(0, cells[batch].cpu(), encoder.normalised(features.cpu()).double())
    by_cell, counts = sums.unflatten(0, (voices, emotions)), counts.view(voices, emotions)
    of_emotion = by_cell.sum(dim=0) / counts.sum(dim=0).clamp(min=1)[:, None, None]
    expected = torch.einsum("ve,erd->vrd", counts, of_emotion)
    return (by_cell.sum(dim=1) - expected) / counts.sum(dim=1)[:, None, None]
