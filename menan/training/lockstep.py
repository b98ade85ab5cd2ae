"""The game that all models play at once: the step of SC, and the step of ENC and EC."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional as F

from menan.engine.stacked.stacked import StackedNetwork
from menan.features.store import FrameStore
from menan.model.losses import cross_entropy
from menan.training.objectives import Objective, SpeakerAnswer


@dataclass(frozen=True)
class Batch:
    """A batch of each model, all tensors (models, batch).

    index: int64, of utterances in the store.
    emotions, speakers: int64.
    weight: of each utterance in the batch mean: 1 / batch, and 0 for what fills up a short batch.
    """

    index: Tensor
    emotions: Tensor
    speakers: Tensor
    weight: Tensor

    def repeated(self, times: int) -> "Batch":
        """Each utterance so many times, end to end, with as much weight as once."""
        once = replace(self, weight=self.weight / times)
        return Batch(*(part.repeat(1, times) for part in vars(once).values()))


class LockStep:
    """Moves many models at once, each by its own objective and on its own batch.

    Args:
        network: the models.
        objectives: of each model.
        sc_steps: steps of SC for each step of ENC and EC.
        store: the frames of every model's utterances.
        frames: the networks' input length.
    """

    def __init__(
        self,
        network: StackedNetwork,
        objectives: Sequence[Objective],
        sc_steps: int,
        store: FrameStore,
        frames: int,
    ):
        self.network = network
        self.objectives = list(objectives)
        self.sc_steps = sc_steps
        self.store = store
        self.frames = frames
        self.activate(len(network))

    def activate(self, models: int) -> None:
        """Work with the first ``models`` models from here on."""
        self.network.activate(models)
        alike: dict[tuple, list[int]] = {}
        for model, objective in enumerate(self.objectives[:models]):
            alike.setdefault((type(objective), objective.lambda_), []).append(model)
        device = self.network.main.matrix.device
        self.alike = [(self.objectives[rows[0]], _rows(rows, device)) for rows in alike.values()]
        stepped = [objective.meets_stepped for objective in self.objectives[:models]]
        self.meets_stepped = torch.tensor(stepped, device=device)[:, None, None]
        self.any_meets_stepped, self.all_meet_stepped = any(stepped), all(stepped)

    def update(self, batch: Batch, noise: Tensor | None = None) -> dict[str, Tensor]:
        """One step of ENC and EC and ``sc_steps`` steps of SC, SC first.

        z is computed once: ENC does not change in between.

        Args:
            noise: of the bottleneck, standard normal (models, draws * batch, 96), if it takes any:
                both players meet each utterance with each of its draws.

        Returns:
            Detached means over the batch, (models,) each: emotion_loss, and of SC as ENC met it
            speaker_loss, speaker_entropy (nats), speaker_top (mean top probability),
            speaker_accuracy. Further what the bottleneck's capacity is computed from, (models, ...)
            (:meth:`menan.model.bottlenecks.Bottleneck.observed`).
        """
        network = self.network
        v = network.embed(self.store, batch.index, self.frames)
        observed = network.bottleneck.observed(v, batch.weight)
        if noise is not None and (draws := noise.shape[1] // v.shape[1]) > 1:
            v, batch = v.repeat(1, draws, 1), batch.repeated(draws)
        z = network.bottleneck(v, noise)
        for _ in range(self.sc_steps - 1):
            network.speaker.step(self._answer(z.detach(), batch).cross_entropy().sum())
        met = self._answer(z, batch)
        network.speaker.step(met.cross_entropy().sum(), keep_graph=True)
        if self.any_meets_stepped:
            met = self._met(met, self._answer(z, batch))
        log_p = F.log_softmax(network.emotion_logits(z), dim=-1)
        emotion = (cross_entropy(log_p, batch.emotions) * batch.weight).sum(dim=-1)
        network.main.step(
            torch.cat(
                [objective.loss(emotion[rows], met.of(rows)) for objective, rows in self.alike]
            ).sum()
        )
        return {"emotion_loss": emotion.detach(), **met.measures(), **observed}

    def _answer(self, z: Tensor, batch: Batch) -> SpeakerAnswer:
        log_p = F.log_softmax(self.network.speaker_logits(z), dim=-1)
        exists = ~self.network.absent[: self.network.active]
        return SpeakerAnswer(log_p, batch.speakers, exists, batch.weight)

    def _met(self, before: SpeakerAnswer, after: SpeakerAnswer) -> SpeakerAnswer:
        """Of each model the SC that its objective has ENC meet."""
        if self.all_meet_stepped:
            return after
        return replace(after, log_p=torch.where(self.meets_stepped, after.log_p, before.log_p))


def _rows(models: list[int], device: torch.device) -> slice | Tensor:
    """Neighbours as a slice, for which nothing is copied."""
    if models[-1] - models[0] == len(models) - 1:
        return slice(models[0], models[-1] + 1)
    return torch.tensor(models, device=device)
