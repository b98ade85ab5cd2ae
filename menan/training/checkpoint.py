"""Checkpoints: all that a training needs to continue as if it had never stopped.

The last two are kept. Each begins with a line that holds the digest of the rest, so that a damaged
one is detected and the previous one is used.
"""

import hashlib
import io
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from menan.errors import InputError
from menan.files.atomic import atomic_path
from menan.model.network import Network

_MAGIC = b"menan checkpoint sha256 "
_TYPES = {"epoch": int, "step": int, "sums": dict, "players": dict, "log_posteriors": Tensor}
CHECKPOINT, PREVIOUS_CHECKPOINT = "checkpoint.pt", "checkpoint.before.pt"


@dataclass(frozen=True)
class Checkpoint:
    """The state after an epoch, or after some steps of the next.

    Random draws are functions of (seed, purpose, epoch), so no generator has a state to keep.

    epoch: epochs done.
    step: steps done in the epoch after them.
    sums: sums over those steps' utterances of the figures that the log records, by name.
    players: ``main`` and ``speaker``, each with its parameters, Adam's moments and steps
        (:meth:`menan.engine.parameters.Parameters.state_dict`).
    log_posteriors: log posteriors of the held-out utterances, (epoch, utterances, emotions).
    threads: number of CPU threads, where the weights' last digits depend on it.
    """

    epoch: int
    step: int
    sums: dict[str, Tensor]
    players: dict[str, Any]
    log_posteriors: Tensor
    threads: int | None = None


def fits(checkpoint: Checkpoint, network: Network, heldout: int) -> bool:
    """Whether this can be a state of ``network`` in training.

    Args:
        heldout: number of held-out utterances.
    """
    shapes: dict[str, dict[str, torch.Size]] = {"main": {}, "speaker": {}}
    for name, parameter in network.named_parameters():
        player = "speaker" if name.startswith("speaker.") else "main"
        shapes[player][name] = parameter.shape
    try:
        part_shapes = [
            {
                player: {name: tensor.shape for name, tensor in state[part].items()}
                for player, state in checkpoint.players.items()
            }
            for part in ("parameters", "mean", "square")
        ]
        steps = [state["steps"] for state in checkpoint.players.values()]
    except (AttributeError, KeyError, TypeError):
        return False
    expected = (checkpoint.epoch if heldout else 0, heldout, network.shape.emotions)
    return (
        part_shapes == [shapes] * 3
        and all(isinstance(count, int) for count in (*steps, checkpoint.epoch, checkpoint.step))
        and checkpoint.log_posteriors.shape == expected
    )


def save_checkpoint(directory: Path, checkpoint: Checkpoint) -> None:
    """Write a run's newest checkpoint; the newest so far becomes the previous one."""
    content = io.BytesIO()
    torch.save(vars(checkpoint), content)
    data = content.getvalue()
    with atomic_path(directory / CHECKPOINT) as beside:
        beside.write_bytes(_MAGIC + hashlib.sha256(data).hexdigest().encode() + b"\n" + data)
        if (directory / CHECKPOINT).exists():
            (directory / CHECKPOINT).replace(directory / PREVIOUS_CHECKPOINT)


def load_checkpoint(directory: Path) -> Checkpoint | None:
    """A run's newest intact checkpoint, on the CPU; None without a checkpoint.

    Nothing in it is executed (``weights_only``). A damaged one is replaced by the previous one,
    with a warning.

    Raises:
        InputError: all checkpoints are damaged.
    """
    newest, previous = directory / CHECKPOINT, directory / PREVIOUS_CHECKPOINT
    if not newest.exists() and not previous.exists():
        return None
    if newest.exists():
        try:
            return _read(newest)
        except InputError as error:
            if not previous.exists():
                raise InputError(f"{error}; start over with --resume false") from None
            print(f"warning: {error}; continuing from {previous}", file=sys.stderr)
    try:
        checkpoint = _read(previous)
    except InputError as error:
        raise InputError(f"{error}; start over with --resume false") from None
    previous.replace(newest)
    return checkpoint


def _read(path: Path) -> Checkpoint:
    try:
        if not path.is_file():  # reading a pipe or device might never end
            raise InputError(f"{path}: is not a regular file")
        head, _, data = path.read_bytes().partition(b"\n")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None
    if not head.startswith(_MAGIC):
        raise InputError(f"{path}: not a checkpoint of menan")
    if head != _MAGIC + hashlib.sha256(data).hexdigest().encode():
        raise InputError(f"{path}: checksum mismatch, the file is damaged")
    try:
        content = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
        checkpoint = Checkpoint(**content)
        for name, kind in _TYPES.items():
            if not isinstance(getattr(checkpoint, name), kind):
                raise TypeError(f"{name} has the wrong type")
        return checkpoint
    except Exception as error:  # a forged pickle can raise nearly anything
        reason = " ".join(str(error).split())[:120]
        raise InputError(f"{path}: not a readable checkpoint ({reason})") from None
