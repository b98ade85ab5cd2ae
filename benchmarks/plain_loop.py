"""The rival of the benchmark and the oracle of the tests: one model, by PyTorch's own modules.

nn.GRU, fused Adam, v computed once for both players. The objectives are written out a second time
here, with the gradient-reversal layer where the paper has one.
"""

from torch import Tensor, nn
from torch.autograd import Function
from torch.nn import functional as F
from torch.optim import Adam
from torch.optim.lr_scheduler import PolynomialLR

from menan.config import TrainingConfig
from menan.model.network import Network


class PlainLoop:
    """One training.

    Args:
        network: trained in place.
        objective: ec, mtl, dat, menan or uniform.
        config: lr, lambda_ and sc_steps.
        steps: of ENC and EC in the whole training.
    """

    def __init__(self, network: Network, objective: str, config: TrainingConfig, steps: int):
        self.network = network
        self.objective = objective
        self.config = config
        main = nn.ModuleList([network.encoder, network.emotion])
        self.main = _adam(main, config.lr, steps)
        self.speaker = _adam(network.speaker, config.lr, steps * config.sc_steps)

    def update(
        self, features: Tensor, emotions: Tensor, speakers: Tensor, noise: Tensor | None = None
    ) -> None:
        """One step on features (batch, frames, dims) with labels (batch,).

        noise: of the bottleneck, (draws * batch, 96).
        """
        v = self.network.encoder(features)
        if noise is not None:
            draws = len(noise) // len(v)
            v, emotions, speakers = (
                v.repeat(draws, 1),
                emotions.repeat(draws),
                speakers.repeat(draws),
            )
        z = self.network.bottleneck(v, noise)
        if self.objective in ("menan", "uniform"):
            for _ in range(self.config.sc_steps):
                self._step_speaker(z.detach(), speakers)
            self._alternate(z, emotions)
        else:
            for _ in range(self.config.sc_steps - 1):
                self._step_speaker(z.detach(), speakers)
            self._one_pass(z, emotions, speakers)

    def _step_speaker(self, z: Tensor, speakers: Tensor) -> None:
        loss = F.cross_entropy(self.network.speaker(z), speakers)
        _step(loss, self.speaker)

    def _alternate(self, z: Tensor, emotions: Tensor) -> None:
        weight = self.config.lambda_
        emotion = F.cross_entropy(self.network.emotion(z), emotions)
        self.network.speaker.requires_grad_(False)
        log_p = F.log_softmax(self.network.speaker(z), dim=-1)
        self.network.speaker.requires_grad_(True)
        entropy = -(log_p.exp() * log_p).sum(dim=-1).mean()
        confusion = -entropy if self.objective == "menan" else -log_p.mean()
        _step(weight * emotion + (1 - weight) * confusion, self.main)

    def _one_pass(self, z: Tensor, emotions: Tensor, speakers: Tensor) -> None:
        weight = 1.0 if self.objective == "ec" else self.config.lambda_
        scale = {"ec": 0.0, "mtl": 1 - weight, "dat": weight - 1}[self.objective]
        emotion = F.cross_entropy(self.network.emotion(z), emotions)
        logits = self.network.speaker(_ScaleGradient.apply(z, scale))
        _step(weight * emotion + F.cross_entropy(logits, speakers), self.main, self.speaker)


class _ScaleGradient(Function):
    """The gradient-reversal layer of Ganin et al. 2016, where ``scale`` is negative."""

    @staticmethod
    def forward(ctx, v: Tensor, scale: float) -> Tensor:
        ctx.scale = scale
        return v.view_as(v)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, None]:
        return ctx.scale * gradient, None


def _adam(module: nn.Module, lr: float, steps: int) -> tuple[Adam, PolynomialLR]:
    optimizer = Adam(module.parameters(), lr=lr, fused=True)
    return optimizer, PolynomialLR(optimizer, total_iters=steps, power=1.0)


def _step(loss: Tensor, *players: tuple[Adam, PolynomialLR]) -> None:
    for optimizer, _ in players:
        optimizer.zero_grad()
    loss.backward()
    for optimizer, schedule in players:
        optimizer.step()
        schedule.step()
