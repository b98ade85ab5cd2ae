"""The two players of the game, with an optimiser and a learning-rate schedule each."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim import Adam, Optimizer
from torch.optim.lr_scheduler import LRScheduler, PolynomialLR

from menan.config import TrainingConfig
from menan.network.model import Network


class Players:
    """SC on the one side, ENC and EC on the other.

    Each side has its own Adam, whose rate falls linearly to 0 over its own steps; no parameter
    belongs to both.

    Args:
        network: on the training device.
        config: ``lr`` and ``sc_steps``.
        steps: steps of ENC and EC in the whole training.
    """

    def __init__(self, network: Network, config: TrainingConfig, steps: int):
        self.network = network
        self.sc_steps = config.sc_steps
        main = nn.ModuleList([network.encoder, network.emotion])
        self.main, self.main_schedule = _adam(main, config.lr, steps)
        self.speaker, self.speaker_schedule = _adam(
            network.speaker, config.lr, steps * config.sc_steps
        )

    @property
    def lr(self) -> float:
        return self.main_schedule.get_last_lr()[0]

    def step_speaker(self, v: Tensor, speakers: Tensor) -> None:
        """One step of SC on S (eq. 1). ``v`` is detached: ENC and EC are not touched."""
        loss = F.cross_entropy(self.network.speaker(v), speakers)
        self.speaker.zero_grad()
        loss.backward()
        self._step(self.speaker, self.speaker_schedule)

    def step_main(self, loss: Tensor) -> None:
        """One step of ENC and EC; SC is to be frozen."""
        self.main.zero_grad()
        loss.backward()
        self._step(self.main, self.main_schedule)

    def step_all(self, loss: Tensor) -> None:
        """One step of all three on one loss."""
        self.main.zero_grad()
        self.speaker.zero_grad()
        loss.backward()
        self._step(self.speaker, self.speaker_schedule)
        self._step(self.main, self.main_schedule)

    @contextmanager
    def speaker_frozen(self) -> Iterator[None]:
        """SC takes part in the forward pass and gets no gradient."""
        self.network.speaker.requires_grad_(False)
        try:
            yield
        finally:
            self.network.speaker.requires_grad_(True)

    def state_dict(self) -> dict[str, Any]:
        return {name: part.state_dict() for name, part in self._parts().items()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        for name, part in self._parts().items():
            part.load_state_dict(state[name])

    def _parts(self) -> dict[str, Any]:
        return {
            "network": self.network,
            "main": self.main,
            "main_schedule": self.main_schedule,
            "speaker": self.speaker,
            "speaker_schedule": self.speaker_schedule,
        }

    @staticmethod
    def _step(optimizer: Optimizer, schedule: LRScheduler) -> None:
        optimizer.step()
        schedule.step()


def _adam(module: nn.Module, lr: float, steps: int) -> tuple[Optimizer, LRScheduler]:
    # fused: one kernel for all tensors, on the CPU as on CUDA, and no state on the CPU.
    optimizer = Adam(module.parameters(), lr=lr, fused=True)
    # PolynomialLR counts updates; left alone it would reach 0 after 5.
    return optimizer, PolynomialLR(optimizer, total_iters=steps, power=1.0)
