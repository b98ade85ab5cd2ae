"""The parameters of one player in all models, and its Adam."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from menan.engine.stacked.backends import Operations
from menan.engine.stacked.layout import Layout, Views

BETAS, EPS = (0.9, 0.999), 1e-8  # torch.optim.Adam's defaults


class Parameters:
    """ENC and EC, or SC, of many models.

    Only the first ``active`` models are computed and moved; a step moves them to new memory, so
    that what was computed with the old ones can still be differentiated.

    Args:
        layout: where each parameter stands.
        states: a mapping of the plain network's parameters for each model.
        lr: Adam's rate at the first step; it falls linearly to 0.
        steps: of each model, in the whole training.
    """

    def __init__(
        self,
        layout: Layout,
        states: Sequence[Mapping[str, Tensor]],
        lr: float,
        steps: Sequence[int],
        operations: Operations,
        device: torch.device,
    ):
        self.layout = layout
        self.operations = operations
        self.matrix = torch.stack([layout.pack(state) for state in states]).to(device)
        self.mean = torch.zeros_like(self.matrix)
        self.square = torch.zeros_like(self.matrix)
        # Float64: 1 - 0.999^n in float32 would move the first steps.
        self.done = torch.zeros(len(states), dtype=torch.float64, device=device)
        self.total = torch.tensor(steps, dtype=torch.float64, device=device)
        self.first_lr = lr
        self.activate(len(states))

    def activate(self, models: int) -> None:
        """Work with the first ``models`` models from here on."""
        self.active = models
        self.leaves = {
            name: view.detach().requires_grad_()
            for name, view in self.layout.split(self.matrix[:models]).items()
        }

    def views(self) -> list[Views]:
        """The layers in turn, of the active models."""
        return list(self.layout.views(self.leaves))

    def lr(self) -> Tensor:
        """The rate of each model's next step, float64 (models,)."""
        return self.first_lr * (1 - self.done / self.total)

    def step(self, loss: Tensor, keep_graph: bool = False) -> None:
        """One step of Adam down ``loss``, the sum of the active models' losses."""
        grads = torch.autograd.grad(loss, list(self.leaves.values()), retain_graph=keep_graph)
        now = slice(self.active)
        rate = self.lr()[now]
        self.done[now] += 1
        self.matrix = self.matrix.clone()
        self.operations.adam(
            self.matrix[now],
            torch.cat([grad.flatten(start_dim=1) for grad in grads], dim=1),
            self.mean[now],
            self.square[now],
            rate / (1 - BETAS[0] ** self.done[now]),
            torch.sqrt(1 - BETAS[1] ** self.done[now]),
            BETAS,
            EPS,
        )
        self.activate(self.active)

    def weights(self, model: int, like: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """One model's parameters, by the names and in the shapes of ``like``, on the CPU."""
        return self.layout.unpack(self.matrix[model].cpu(), like)

    def state_dict(self, model: int, like: Mapping[str, Tensor]) -> dict[str, Any]:
        """One model's parameters and Adam, likewise."""
        return {
            "parameters": self.weights(model, like),
            "mean": self.layout.unpack(self.mean[model].cpu(), like),
            "square": self.layout.unpack(self.square[model].cpu(), like),
            "steps": int(self.done[model]),
        }

    def load_state_dict(self, model: int, state: Mapping[str, Any]) -> None:
        """What :meth:`state_dict` gave."""
        self.matrix[model] = self.layout.pack(state["parameters"]).to(self.matrix.device)
        self.mean[model] = self.layout.pack(state["mean"]).to(self.matrix.device)
        self.square[model] = self.layout.pack(state["square"]).to(self.matrix.device)
        self.done[model] = state["steps"]
        self.activate(self.active)
