"""Detection of losses that become NaN or infinite."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from menan.errors import InputError
from menan.training.batches import EpochBatches
from menan.training.plan import RunData

# Steps between two looks at a GPU's numbers: each look waits for the GPU.
STRIDE = 100


class DivergenceWatch:
    """Finds the first step of an epoch in which a run's loss is NaN or infinite.

    Args:
        runs, batches: runs and batches of the epoch.
    """

    def __init__(self, runs: Sequence[RunData], batches: EpochBatches, device: torch.device):
        self.runs = runs
        self.batches = batches
        self.stride = STRIDE if device.type == "cuda" else 1
        self.first = torch.full((len(runs),), -1, device=device)

    def note(self, step: int, measured: Mapping[str, Tensor]) -> None:
        """Remember a step's losses, (active,) each.

        Raises:
            InputError: as :meth:`refuse`.
        """
        finite = torch.isfinite(
            measured["loss"] + measured["emotion_loss"] + measured["speaker_loss"]
        )
        if self.stride == 1 and finite.all():
            return
        first = self.first[: len(finite)]
        first.masked_fill_(~finite & (first < 0), step)
        if step % self.stride == self.stride - 1:
            self.refuse()

    def refuse(self) -> None:
        """Check the steps that were noted.

        Raises:
            InputError: naming run, epoch, step and utterances.
        """
        for model, (run, step) in enumerate(zip(self.runs, self.first.tolist(), strict=True)):
            if step < 0:
                continue
            batch, sizes = self.batches.batch(step)
            utts = [run.train.store.utts[i] for i in batch.index[model, : sizes[model]].tolist()]
            raise InputError(
                f"{run.run.name}: epoch {self.batches.epoch}, step {step + 1}: the loss became NaN "
                f"or infinite; batch: {' '.join(utts)}. The last checkpoint is kept. Try a lower "
                "lr, or check these utterances"
            )
