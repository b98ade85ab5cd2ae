"""One training step of all models at once: first SC, then ENC and EC."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from menan.engine.engine import Engine
from menan.errors import InputError
from menan.features.store import FrameStore
from menan.model.losses import emotion_cross_entropy
from menan.settings import ObjectiveSettings
from menan.training.objectives import Objective, SpeakerPosterior, Step


@dataclass(frozen=True)
class Batch:
    """One batch per model, all tensors (models, batch).

    index: int64, utterances in the store.
    emotions, speakers: int64, true classes.
    weight: weight of each utterance in the batch mean: 1 / batch size, and 0 for padding.
    speaker_weight: the same for the means over utterances whose speaker is known; 0 for others.
    """

    index: Tensor
    emotions: Tensor
    speakers: Tensor
    weight: Tensor
    speaker_weight: Tensor

    def repeated(self, times: int) -> "Batch":
        """The batch ``times`` times, end to end; weights are divided so that their sum stays."""
        if times == 1:
            return self
        once = replace(self, weight=self.weight / times, speaker_weight=self.speaker_weight / times)
        return Batch(*(part.repeat(1, times) for part in vars(once).values()))


class LockStep:
    """Trains many models at once, each by its own objective and on its own batch.

    Args:
        engine: the models.
        objectives: the objective of each model.
        sc_steps: steps of SC for each step of ENC and EC.
        store: the frames of every model's utterances.
        rows: length of the models' input.
        class_weights: weight of each class in the emotion loss, (models, emotions); None for 1.
        label_smoothing: part of each emotion target that is spread evenly over all classes.
    """

    def __init__(
        self,
        engine: Engine,
        objectives: Sequence[Objective],
        sc_steps: int,
        store: FrameStore,
        rows: int,
        class_weights: Tensor | None = None,
        label_smoothing: float = 0.0,
    ):
        self.engine = engine
        self.objectives = list(objectives)
        self.sc_steps = sc_steps
        self.store = store
        self.rows = rows
        self.class_weights = class_weights
        self.label_smoothing = label_smoothing
        self.activate(len(engine))

    def activate(self, models: int) -> None:
        """Work with the first ``models`` models from here on."""
        self.engine.activate(models)
        groups: dict[ObjectiveSettings, list[int]] = {}
        for model, objective in enumerate(self.objectives[:models]):
            groups.setdefault(objective.settings, []).append(model)
        device = self.engine.device
        self.exists = ~self.engine.missing_speakers[:models]
        self.groups = [(self.objectives[own[0]], _rows(own, device)) for own in groups.values()]
        order = [model for own in groups.values() for model in own]
        self.in_order = torch.tensor(order, device=device).argsort()
        after = [objective.adversary_after_step for objective in self.objectives[:models]]
        self.after_step = torch.tensor(after, device=device)[:, None, None]
        self.any_after_step, self.all_after_step = any(after), all(after)

    def update(
        self, batch: Batch, noise: Tensor | None = None, kept: Tensor | None = None
    ) -> dict[str, Tensor]:
        """One step of ENC and EC and ``sc_steps`` steps of SC, SC first.

        z is computed once: ENC does not change in between.

        Args:
            noise: noise of a stochastic bottleneck, standard normal (models, draws * batch, dims):
                both classifiers see each utterance with each of its draws.
            kept: what dropout leaves of the encoder's units, (models, batch, units).

        Returns:
            Detached batch means, (models,) each: loss (of ENC and EC), emotion_loss, and for the
            SC that ENC met speaker_loss, speaker_entropy (nats), speaker_top (mean top
            probability), speaker_accuracy. Also the means from which the bottleneck's capacity is
            computed, (models, ...) (:meth:`menan.model.bottlenecks.Bottleneck.observed`).
        """
        engine = self.engine
        v = engine.embed(self.store, batch.index, self.rows, kept)
        observed = engine.bottleneck.observed(v, batch.weight)
        rows = batch
        if noise is not None and (draws := noise.shape[1] // v.shape[1]) > 1:
            v, rows = v.repeat(1, draws, 1), batch.repeated(draws)
        z = engine.bottleneck(v, noise)
        for _ in range(self.sc_steps - 1):
            engine.speaker.step(self._posterior(z.detach(), rows, batch).cross_entropy().sum())
        met = self._posterior(z, rows, batch)
        engine.speaker.step(met.cross_entropy().sum(), keep_graph=True)
        if self.any_after_step:
            met = self._met(met, self._posterior(z, rows, batch))
        log_p = engine.emotion_log_p(z)
        emotion = self._emotion_loss(log_p, rows)
        step = Step(emotion, met, z, v, log_p, rows.emotions, rows.speakers, rows.weight)
        if len(self.groups) == 1:
            total = self._loss(self.groups[0][0], step)
        else:
            losses = [self._loss(objective, step.of(own)) for objective, own in self.groups]
            total = torch.cat(losses)[self.in_order]
        engine.main.step(total.sum())
        total = total.detach()
        emotion = emotion.detach()
        return {"loss": total, "emotion_loss": emotion, **met.measures(), **observed}

    def _emotion_loss(self, log_p: Tensor, rows: Batch) -> Tensor:
        weights = None if self.class_weights is None else self.class_weights[: len(log_p), None]
        losses = emotion_cross_entropy(log_p, rows.emotions, weights, self.label_smoothing)
        return (losses * rows.weight).sum(dim=-1)

    def _loss(self, objective: Objective, step: Step) -> Tensor:
        loss = objective.loss(step)
        if loss.shape != step.emotion_loss.shape:
            raise InputError(
                f"the objective {objective.settings.name!r} returned a loss of shape "
                f"{tuple(loss.shape)}; expected one number per model, "
                f"{tuple(step.emotion_loss.shape)}: average over the batch with step.mean"
            )
        return loss

    def _posterior(self, z: Tensor, rows: Batch, batch: Batch) -> SpeakerPosterior:
        log_p = self.engine.speaker_log_p(z, rows.emotions)
        if log_p.shape[1] != rows.index.shape[1]:  # an SC of another kind
            rows = batch.repeated(log_p.shape[1] // batch.index.shape[1])
        return SpeakerPosterior(log_p, rows.speakers, self.exists, rows.speaker_weight)

    def _met(self, before: SpeakerPosterior, after: SpeakerPosterior) -> SpeakerPosterior:
        """For each model the posterior that its objective uses."""
        if self.all_after_step:
            return after
        return replace(after, log_p=torch.where(self.after_step, after.log_p, before.log_p))


def _rows(models: list[int], device: torch.device) -> slice | Tensor:
    """Models at equal distances as a slice, for which nothing is copied."""
    step = models[1] - models[0] if len(models) > 1 else 1
    evenly = slice(models[0], models[-1] + 1, step)
    if models == list(range(evenly.start, evenly.stop, step)):
        return evenly
    return torch.tensor(models, device=device)
