"""Checkpoints: all that a training needs to go on as if it had never stopped.

The last two are kept. Each begins with a line that names the digest of the rest, so that a damaged
one is known and the one before it is used.
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
_FORM = {"epoch": int, "step": int, "sums": dict, "players": dict, "log_posteriors": Tensor}
NAME, BEFORE = "checkpoint.pt", "checkpoint.before.pt"


@dataclass(frozen=True)
class Checkpoint:
    """The state after an epoch, or after some steps of the next.

    Random draws are functions of (seed, what for, epoch), so no generator has a state to keep.

    epoch: epochs done.
    step: steps done of the epoch after them.
    sums: of what the log says of a step, over those steps' utterances, by name.
    players: ``main`` and ``speaker``, each with its parameters, Adam's moments and steps
        (:meth:`menan.engine.stacked.parameters.Parameters.state_dict`).
    log_posteriors: (epoch, utterances, 4), of the held-out speakers.
    """

    epoch: int
    step: int
    sums: dict[str, Tensor]
    players: dict[str, Any]
    log_posteriors: Tensor


def fits(checkpoint: Checkpoint, network: Network, heldout: int) -> bool:
    """Whether this can be a state of ``network`` in training, with so many held-out utterances."""
    shapes: dict[str, dict[str, torch.Size]] = {"main": {}, "speaker": {}}
    for name, parameter in network.named_parameters():
        player = "speaker" if name.startswith("speaker.") else "main"
        shapes[player][name] = parameter.shape
    try:
        of_parts = [
            {
                player: {name: tensor.shape for name, tensor in state[part].items()}
                for player, state in checkpoint.players.items()
            }
            for part in ("parameters", "mean", "square")
        ]
        steps = [state["steps"] for state in checkpoint.players.values()]
    except (AttributeError, KeyError, TypeError):
        return False
    return (
        of_parts == [shapes] * 3
        and all(isinstance(count, int) for count in (*steps, checkpoint.epoch, checkpoint.step))
        and checkpoint.log_posteriors.shape == (checkpoint.epoch if heldout else 0, heldout, 4)
    )


def save_checkpoint(directory: Path, checkpoint: Checkpoint) -> None:
    """Write a run's newest checkpoint; the newest so far becomes the one before it."""
    content = io.BytesIO()
    torch.save(vars(checkpoint), content)
    data = content.getvalue()
    with atomic_path(directory / NAME) as beside:
        beside.write_bytes(_MAGIC + hashlib.sha256(data).hexdigest().encode() + b"\n" + data)
        if (directory / NAME).exists():
            (directory / NAME).replace(directory / BEFORE)


def load_checkpoint(directory: Path) -> Checkpoint | None:
    """A run's newest checkpoint that is whole, on the CPU; None if it has none.

    Nothing in it is executed (``weights_only``). A damaged one is replaced by the one before it,
    with a warning.

    Raises:
        InputError: there are checkpoints, and all are damaged.
    """
    newest, before = directory / NAME, directory / BEFORE
    if not newest.exists() and not before.exists():
        return None
    if newest.exists():
        try:
            return _read(newest)
        except InputError as error:
            if not before.exists():
                raise InputError(f"{error}; start anew with --resume false") from None
            print(f"warning: {error}; going on from {before}", file=sys.stderr)
    try:
        checkpoint = _read(before)
    except InputError as error:
        raise InputError(f"{error}; start anew with --resume false") from None
    before.replace(newest)
    return checkpoint


def _read(path: Path) -> Checkpoint:
    try:
        if not path.is_file():  # reading a pipe or device might never end
            raise InputError(f"{path}: is no file")
        head, _, data = path.read_bytes().partition(b"\n")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None
    if not head.startswith(_MAGIC):
        raise InputError(f"{path}: not a checkpoint of menan")
    if head != _MAGIC + hashlib.sha256(data).hexdigest().encode():
        raise InputError(f"{path}: damaged, its checksum is another")
    try:
        content = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
        checkpoint = Checkpoint(**content)
        for name, kind in _FORM.items():
            if not isinstance(getattr(checkpoint, name), kind):
                raise TypeError(f"{name} is of another type")
        return checkpoint
    except Exception as error:  # who makes up a pickle can raise nearly anything
        reason = " ".join(str(error).split())[:120]
        raise InputError(f"{path}: not a readable checkpoint ({reason})") from None
