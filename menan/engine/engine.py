"""The engine protocol: what the training needs of many models side by side."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional as F

from menan.config import TrainingConfig
from menan.engine.parameters import Parameters
from menan.features.store import FrameStore
from menan.model.network import Network, NetworkShape, empty_network

NO_CLASS = -1e30  # log posterior of a speaker whom a model lacks; finite, for 0 x log 0


class Engine(ABC):
    """Encoder (ENC), emotion classifier (EC) and speaker classifier (SC) of many models.

    Every tensor has a leading model axis. Only the first ``active`` models are computed. The models
    have one encoder, one bottleneck and one kind of speaker classifier; the number of speakers may
    differ.

    Args:
        networks: the models at their start, on the CPU.
        training: lr, weight_decay and sc_steps are used here.
        steps: number of steps of ENC and EC in the whole training, by model.

    exact_alone: whether, on the CPU, the bits of a model's weights depend neither on the models
        beside it nor on the number of threads.
    main: parameters of ENC and EC with their Adam.
    speaker: parameters of SC with its Adam.
    bottleneck: from v to z.
    missing_speakers: bool (models, 1, speakers): SC's outputs that a model does not have.
    """

    exact_alone: ClassVar[bool]
    main: Parameters
    speaker: Parameters
    missing_speakers: Tensor

    def __init__(
        self,
        networks: Sequence[Network],
        training: TrainingConfig,
        steps: Sequence[int],
        device: torch.device,
    ):
        first = networks[0].shape
        for network in networks:
            own = network.shape
            assert replace(own, speakers=first.speakers) == first
        self.shapes = [network.shape for network in networks]
        self.states = [network.state_dict() for network in networks]
        self.bottleneck = networks[0].bottleneck
        self.device = device

    def __len__(self) -> int:
        return len(self.shapes)

    @property
    def active(self) -> int:
        """Number of models that are computed."""
        return self.main.active

    def activate(self, models: int) -> None:
        """Work with the first ``models`` models from here on."""
        self.main.activate(models)
        self.speaker.activate(models)

    @abstractmethod
    def embed(
        self, store: FrameStore, index: Tensor, rows: int, kept: Tensor | None = None
    ) -> Tensor:
        """v of utterances, (active, batch, dims).

        Args:
            index: int64 (active, batch), into the store.
            rows: length of the input, where the encoder's inputs have one length.
            kept: what dropout leaves, (active, batch, units); see
                :meth:`menan.model.encoder.Encoder.forward`.
        """

    @abstractmethod
    def emotion_log_p(self, z: Tensor) -> Tensor:
        """Log posteriors of EC in nats, (active, batch, emotions)."""

    @abstractmethod
    def speaker_log_p(self, z: Tensor, emotions: Tensor) -> Tensor:
        """Log posteriors of SC in nats, (active, batch, speakers); -1e30 for missing speakers.

        Args:
            emotions: int64 (active, batch); the paper's SC does not read them.
        """

    def _log_p(self, speaker_logits: Tensor) -> Tensor:
        missing = self.missing_speakers[: self.active]
        return F.log_softmax(speaker_logits.masked_fill(missing, NO_CLASS), dim=-1)

    def log_posteriors(
        self, store: FrameStore, index: Tensor, rows: int, noise: Tensor | None = None
    ) -> Tensor:
        """Log posteriors of EC in nats, (active, batch, emotions), without a graph.

        Args:
            noise: noise of the bottleneck, shaped as v.
        """
        with torch.no_grad():
            z = self.bottleneck(self.embed(store, index, rows), noise)
            return self.emotion_log_p(z)

    def plain(self, model: int) -> Network:
        """One model as the plain network, on the CPU."""
        return self.snapshot(model)()

    def snapshot(self, model: int) -> Callable[[], Network]:
        """What makes :meth:`plain` of the model as it is now; it costs nothing until it is called.

        It holds the parameters of all models.
        """
        parts = [(player, player.matrix) for player in (self.main, self.speaker)]

        def network() -> Network:
            trained: dict[str, Tensor] = {}
            for player, matrix in parts:
                trained |= player.layout.unpack(matrix[model].cpu(), player.templates[model])
            empty = empty_network(self.shapes[model])
            weights = {name: trained.get(name, own) for name, own in self.states[model].items()}
            empty.load_state_dict(weights, assign=True)
            return empty

        return network

    @staticmethod
    @abstractmethod
    def step_bytes(shape: NetworkShape, batch: int, rows: int, device: torch.device) -> int:
        """Memory of one model when its backward pass begins, in bytes of float32."""


def missing_speakers(shapes: Sequence[NetworkShape], width: int, device: torch.device) -> Tensor:
    """Outputs of SC that a model does not have, bool (models, 1, width)."""
    counts = torch.tensor([shape.speakers for shape in shapes], device=device)
    return torch.arange(width, device=device) >= counts[:, None, None]
