"""Model files: weights as safetensors, with all that inference needs as JSON in the header."""

import dataclasses
import json
import reprlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from menan.config import TrainingConfig
from menan.datadir.metadata import name_fault
from menan.errors import InputError
from menan.files.atomic import atomic_open
from menan.files.mapping import from_mapping, to_mapping
from menan.front_ends import FrontEnd
from menan.labels import EMOTIONS
from menan.model.bottlenecks import Bottleneck
from menan.model.network import SHORTEST_INPUT, Network

_NAME = str | None
# What a card from a stranger has to hold; the rest is checked as it is made.
_FACTS = {"objective": str, "seed": int, "group": _NAME, "test": _NAME, "valid": _NAME}
_FACTS |= {"rule": str, "epoch": int, "version": str}


@dataclass(frozen=True)
class ModelCard:
    """What a model file says of its model.

    speakers: the training speakers, in the order of SC's outputs.
    group: the held-out group; None if nothing was held out.
    test, valid: speakers of the model's fold; None without one.
    rule, epoch: how the epoch was selected, and which it is (from 1).
    """

    objective: str
    seed: int
    speakers: tuple[str, ...]
    group: str | None
    test: str | None
    valid: str | None
    rule: str
    epoch: int
    features: FrontEnd
    training: TrainingConfig
    version: str
    emotions: tuple[str, ...] = EMOTIONS

    @property
    def fold(self) -> str:
        return self.test or "all"


def save_model(path: str | Path, network: Network, card: ModelCard) -> None:
    """Write a model file, whole or not at all."""
    weights = {
        name: tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()
    }
    metadata = {"menan": json.dumps(card_to_json(card), sort_keys=True)}
    with atomic_open(path, "wb") as file:
        file.write(save(weights, metadata))


def load_model(path: str | Path, device: str | torch.device) -> tuple[Network, ModelCard]:
    """Read a model file; nothing in it is executed.

    Raises:
        InputError: missing, not safetensors, not written by :func:`save_model`, or weights that
            are not finite.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such model file")
    try:
        with safe_open(path, framework="pt", device=str(device)) as file:
            content = json.loads((file.metadata() or {})["menan"])
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        card = card_from_json(content, str(path))
        _check_weights(weights)
        with torch.device("meta"):
            network = Network(card.features.dims, len(card.speakers), Bottleneck.of(card.training))
        network.load_state_dict(weights, assign=True)
    # RecursionError, of JSON nested too deep, is a RuntimeError.
    except (SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{path}: not a model file of menan ({reason})") from None
    return network.eval().requires_grad_(False), card


def _check_weights(weights: dict[str, torch.Tensor]) -> None:
    for name, weight in weights.items():
        if weight.dtype != torch.float32 or not weight.isfinite().all():
            raise ValueError(f"{name} is not all finite float32 numbers")


def card_to_json(card: ModelCard) -> dict[str, Any]:
    """A card as JSON values."""
    return dataclasses.asdict(card) | {
        "features": card.features.to_plain(),
        "training": to_mapping(card.training),
    }


def card_from_json(content: dict[str, Any], where: str) -> ModelCard:
    """The inverse of :func:`card_to_json`.

    Raises:
        InputError, KeyError, TypeError: not a card, one for other emotions, or one with names
            that cannot name a file.
    """
    card = ModelCard(
        **content
        | {
            "speakers": tuple(content["speakers"]),
            "emotions": tuple(content["emotions"]),
            "features": FrontEnd.from_plain(content["features"], f"{where}: features"),
            "training": from_mapping(TrainingConfig, content["training"], f"{where}: training"),
        }
    )
    if card.emotions != EMOTIONS:
        raise InputError(f"{where}: made for the emotions {card.emotions}, not {EMOTIONS}")
    if card.features.rows < SHORTEST_INPUT:
        raise InputError(f"{where}: features of {card.features.rows} frames are too short")
    _check_facts(card, where)
    return card


def _check_facts(card: ModelCard, where: str) -> None:
    for name, kind in _FACTS.items():
        value = getattr(card, name)
        if not isinstance(value, kind):
            raise InputError(f"{where}: {name} is {reprlib.repr(value)}; train the model anew")
    # Inference and analysis write below these names.
    for name in (card.objective, card.group, card.test, card.valid, *card.speakers):
        if name is not None and (fault := name_fault("speaker, group or objective", name)):
            raise InputError(f"{where}: {fault}")
