"""Checkpoints: all that a training needs to go on as if it had never stopped."""

import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from menan.atomic import atomic_path
from menan.errors import InputError


@dataclass(frozen=True)
class Checkpoint:
    """The state after an epoch.

    Random draws are functions of (seed, what for, epoch), so no generator has a state to keep.

    epoch: epochs done.
    players: ``main`` and ``speaker``, each with its parameters, Adam's moments and steps
        (:meth:`menan.network.stacked.parameters.Parameters.state_dict`).
    log_posteriors: (epoch, utterances, 4), of the held-out speakers.
    """

    epoch: int
    players: dict[str, Any]
    log_posteriors: Tensor


def save_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    with atomic_path(path) as beside:
        torch.save(vars(checkpoint), beside)


def load_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint to the CPU; nothing in it is executed (``weights_only``).

    Raises:
        InputError: damaged, or not a checkpoint.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        return Checkpoint(**state)
    except (RuntimeError, TypeError, EOFError, OSError, pickle.UnpicklingError) as error:
        reason = " ".join(str(error).split())[:120]
        raise InputError(
            f"{path}: not a readable checkpoint ({reason}); start anew with --resume false"
        ) from None
