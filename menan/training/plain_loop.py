"""The training of one model by PyTorch's own modules and optimiser: read this file first.

Engines train many models at once and must give the same numbers; the tests compare them with this
loop, and the benchmarks measure them against it. ENC is the encoder, EC the emotion classifier, SC
the speaker classifier.
"""

import torch
from torch import Tensor
from torch.nn import CrossEntropyLoss
from torch.nn import functional as F
from torch.optim import Adam, AdamW
from torch.optim.lr_scheduler import PolynomialLR

from menan.config import TrainingConfig
from menan.model.network import Network
from menan.training.batches import EpochBatches
from menan.training.objectives import Objective, SpeakerPosterior, Step, make_objective
from menan.training.plan import RunData


class PlainLoop:
    """One model, its two optimisers, and one step of the game between them.

    Args:
        network: trained in place.
        objective: the loss of ENC and EC.
        training: lr, weight_decay, sc_steps and label_smoothing are used here.
        steps: number of steps of ENC and EC in the whole training.
        class_weights: weight of each class in the emotion loss, (emotions,); None for 1.
    """

    def __init__(
        self,
        network: Network,
        objective: Objective,
        training: TrainingConfig,
        steps: int,
        class_weights: Tensor | None = None,
    ):
        self.network = network
        self.objective = objective
        self.sc_steps = training.sc_steps
        main = [*network.encoder.parameters(), *network.emotion.parameters()]
        speaker = list(network.speaker.parameters())
        self.main = _Player(main, training, steps)
        self.speaker = _Player(speaker, training, steps * training.sc_steps)
        self.emotion_loss = CrossEntropyLoss(
            class_weights, reduction="none", label_smoothing=training.label_smoothing
        )

    def update(
        self,
        features: Tensor,
        lengths: Tensor,
        emotions: Tensor,
        speakers: Tensor,
        noise: Tensor | None = None,
        kept: Tensor | None = None,
    ) -> None:
        """``sc_steps`` steps of SC, then one step of ENC and EC.

        Args:
            features, lengths: input of the encoder, (batch, rows, dims) and (batch,).
            emotions, speakers: true classes, int64 (batch,); speaker -1 where nobody knows it.
            noise: noise of a stochastic bottleneck, (draws * batch, dims of v).
            kept: what dropout leaves of the encoder's units, (batch, units).
        """
        v = self.network.encoder(features, lengths, kept)
        batch = len(v)
        if noise is not None:  # every utterance with each of its draws
            draws = len(noise) // batch
            v, emotions = v.repeat(draws, 1), emotions.repeat(draws)
        z = self.network.bottleneck(v, noise)

        # SC learns who speaks. It does not move ENC.
        for _ in range(self.sc_steps - 1):
            seen = self._posterior(z.detach(), emotions, speakers)
            self.speaker.step(self.speaker.gradients(seen.cross_entropy()))
        met = self._posterior(z, emotions, speakers)
        sc_gradients = self.speaker.gradients(met.cross_entropy(), keep_graph=True)

        # ENC and EC learn the emotion against (or with) SC, as it is after its step (alternating
        # players) or as it was before (one joint pass). They do not move SC.
        if self.objective.adversary_after_step:
            self.speaker.step(sc_gradients)
            met = self._posterior(z, emotions, speakers)
        logits = self.network.emotion(z)
        log_p = F.log_softmax(logits, dim=-1)
        rows = speakers.repeat(len(z) // batch)
        weight = torch.full_like(log_p[:, 0], 1 / len(z)).detach()
        step = Step(
            self.emotion_loss(logits, emotions).mean()[None],
            met,
            *(part[None] for part in (z, v, log_p, emotions, rows.clamp(min=0), weight)),
        )
        gradients = self.main.gradients(self.objective.loss(step))
        if not self.objective.adversary_after_step:
            self.speaker.step(sc_gradients)
        self.main.step(gradients)

    def _posterior(self, z: Tensor, emotions: Tensor, speakers: Tensor) -> SpeakerPosterior:
        """The posterior of SC, with a model axis of 1 as objectives expect it."""
        own = self.network.shape.speaker_classifier is not None
        logits = self.network.speaker(z, emotions) if own else self.network.speaker(z)
        log_p = F.log_softmax(logits, dim=-1)
        labels = speakers.repeat(len(log_p) // len(speakers))
        known = (labels >= 0).to(log_p.dtype)  # unknown speakers, -1, are in no mean
        weight = known / known.sum().clamp(min=1)
        labels = labels.clamp(min=0)
        exists = torch.ones(1, 1, log_p.shape[1], dtype=torch.bool, device=z.device)
        return SpeakerPosterior(log_p[None], labels[None], exists, weight[None])


class _Player:
    """Some parameters with an Adam whose learning rate falls linearly to 0."""

    def __init__(self, parameters: list[torch.nn.Parameter], training: TrainingConfig, steps: int):
        self.parameters = parameters
        if training.weight_decay:
            decay = training.weight_decay
            self.optimizer: Adam = AdamW(parameters, training.lr, weight_decay=decay, fused=True)
        else:
            self.optimizer = Adam(parameters, training.lr, fused=True)
        self.schedule = PolynomialLR(self.optimizer, total_iters=steps, power=1.0)

    def gradients(self, loss: Tensor, keep_graph: bool = False) -> tuple[Tensor, ...]:
        return torch.autograd.grad(loss.sum(), self.parameters, retain_graph=keep_graph)

    def step(self, gradients: tuple[Tensor, ...]) -> None:
        for parameter, gradient in zip(self.parameters, gradients, strict=True):
            parameter.grad = gradient
        self.optimizer.step()
        self.schedule.step()


def train_plainly(data: RunData, network: Network, epochs: int) -> Network:
    """Train one model as menan-train does, without checkpoints and evaluation.

    Args:
        data: utterances, configuration and objective of the run.
        network: the model at its start (:func:`menan.training.run_state.initial_network`).
        epochs: number of epochs, at most those of the configuration.
    """
    batches_per_epoch = -(-len(data.train) // data.training.batch_size)
    steps = batches_per_epoch * data.training.epochs
    objective = make_objective(data.run.objective)
    loop = PlainLoop(network, objective, data.training, steps, data.class_weights())
    speaker_of = data.train.speakers.new_full((int(data.train.index.max()) + 1,), -1)
    speaker_of[data.train.index] = data.train.speakers
    for epoch in range(1, epochs + 1):
        batches = EpochBatches([data], epoch)
        for number in range(len(batches)):
            batch, _ = batches.batch(number)
            noise, kept = batches.noise(number), batches.kept(number)
            features, lengths = network.encoder.read(
                data.train.store, batch.index[0], data.features.rows
            )
            loop.update(
                features.to(network.encoder.mean.dtype),
                lengths,
                batch.emotions[0],
                speaker_of[batch.index[0]],
                None if noise is None else noise[0],
                None if kept is None else kept[0],
            )
    return network
