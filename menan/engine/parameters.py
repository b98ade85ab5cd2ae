"""The parameters of one player (ENC and EC, or SC) in many models, and its Adam or AdamW."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from menan.config import TrainingConfig
from menan.engine.row_layout import RowLayout

BETAS, EPS = (0.9, 0.999), 1e-8  # torch.optim.Adam's defaults


class Parameters:
    """One player's parameters in many models, and an Adam (AdamW, with weight decay) whose rate
    falls linearly to 0.

    Only the first ``active`` models are computed and updated. A step writes the new values to new
    memory, so that what was computed with the old ones can still be differentiated, and whoever
    keeps ``matrix`` keeps the values of its moment.

    Args:
        layout: the place of each parameter in a row.
        templates: each model's initial parameters by name; later they give names and shapes.
        training: lr, that of the first step, and weight_decay are used here.
        steps: number of steps of each model in the whole training.
        adam: :func:`menan.engine.stacked.reference.adam`, or a kernel that does the same.
    """

    def __init__(
        self,
        layout: RowLayout,
        templates: Sequence[Mapping[str, Tensor]],
        training: TrainingConfig,
        steps: Sequence[int],
        adam: Callable[..., None],
        device: torch.device,
    ):
        self.layout = layout
        self.templates = templates
        self.adam = adam
        self.first_lr, self.weight_decay = training.lr, training.weight_decay
        self.matrix = torch.stack([layout.pack(state) for state in templates]).to(device)
        self.mean = torch.zeros_like(self.matrix)
        self.square = torch.zeros_like(self.matrix)
        # Float64: 1 - 0.999^n in float32 would change the first steps.
        self.done = torch.zeros(len(templates), dtype=torch.float64, device=device)
        self.total = torch.tensor(steps, dtype=torch.float64, device=device)
        self.activate(len(templates))

    def activate(self, models: int) -> None:
        """Work with the first ``models`` models from here on."""
        self.active = models
        self.leaves = {
            name: view.detach().requires_grad_()
            for name, view in self.layout.leaves(self._now(self.matrix)).items()
        }

    def lr(self) -> Tensor:
        """Learning rate of each model's next step, float64 (models,)."""
        return self.first_lr * (1 - self.done / self.total)

    def step(self, loss: Tensor, keep_graph: bool = False) -> None:
        """One step of Adam on ``loss``, the sum of the active models' losses."""
        grads = torch.autograd.grad(loss, list(self.leaves.values()), retain_graph=keep_graph)
        before, self.matrix = self.matrix, torch.empty_like(self.matrix)
        if self.active < len(before):
            self.matrix[self.active :] = before[self.active :]
        rows = [grad.flatten(start_dim=1) for grad in grads]
        done = self._now(self.done)
        self.adam(
            self._now(before),
            rows[0].contiguous() if len(rows) == 1 else torch.cat(rows, dim=1),
            self._now(self.mean),
            self._now(self.square),
            done,
            self._now(self.total),
            self.first_lr,
            self.weight_decay,
            BETAS,
            EPS,
            self._now(self.matrix),
        )
        done += 1
        self.activate(self.active)

    @contextmanager
    def restored(self) -> Iterator[None]:
        """Undo at the end of the block all steps made in it."""
        before = self.matrix, self.mean.clone(), self.square.clone(), self.done.clone()
        yield
        self.matrix, self.mean, self.square, self.done = before
        self.activate(self.active)

    def weights(self, model: int) -> dict[str, Tensor]:
        """One model's parameters as in its plain network, on the CPU."""
        return self.layout.unpack(self.matrix[model].cpu(), self.templates[model])

    def restart(self, model: int, state: Mapping[str, Tensor]) -> None:
        """Give one model new parameters and forget Adam's moments; the learning rate goes on."""
        self._set(model, state)
        self.mean[model] = 0
        self.square[model] = 0
        self.activate(self.active)

    def state_dict(self, model: int) -> dict[str, Any]:
        """One model's parameters, Adam's moments and number of steps, on the CPU."""
        template = self.templates[model]
        return {
            "parameters": self.weights(model),
            "mean": self.layout.unpack(self.mean[model].cpu(), template),
            "square": self.layout.unpack(self.square[model].cpu(), template),
            "steps": int(self.done[model]),
        }

    def load_state_dict(self, model: int, state: Mapping[str, Any]) -> None:
        """Restore what :meth:`state_dict` returned."""
        self._set(model, state["parameters"])
        self.mean[model] = self.layout.pack(state["mean"]).to(self.matrix.device)
        self.square[model] = self.layout.pack(state["square"]).to(self.matrix.device)
        self.done[model] = state["steps"]
        self.activate(self.active)

    def _now(self, tensor: Tensor) -> Tensor:
        """The active models' part; a slice of all would be an operation for nothing."""
        return tensor if self.active == len(tensor) else tensor[: self.active]

    def _set(self, model: int, state: Mapping[str, Tensor]) -> None:
        self.matrix = self.matrix.clone()
        self.matrix[model] = self.layout.pack(state).to(self.matrix.device)
