"""Model files: weights as safetensors, with all that inference needs as JSON in the header."""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from menan.atomic import atomic_path
from menan.config import FeatureConfig, TrainingConfig, from_mapping, to_mapping
from menan.emotions import EMOTIONS
from menan.errors import InputError
from menan.network.model import Network


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
    features: FeatureConfig
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
    with atomic_path(path) as beside:
        save_file(
            weights, beside, metadata={"menan": json.dumps(card_to_json(card), sort_keys=True)}
        )


def load_model(path: str | Path, device: str | torch.device) -> tuple[Network, ModelCard]:
    """Read a model file; nothing in it is executed.

    Raises:
        InputError: missing, not safetensors, or not written by :func:`save_model`.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such model file")
    try:
        with safe_open(path, framework="pt", device=str(device)) as file:
            content = json.loads((file.metadata() or {})["menan"])
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        card = card_from_json(content, str(path))
        with torch.device("meta"):
            network = Network(card.features.dims, len(card.speakers))
        network.load_state_dict(weights, assign=True)
    except (SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{path}: not a model file of menan ({reason})") from None
    return network.eval().requires_grad_(False), card


def card_to_json(card: ModelCard) -> dict[str, Any]:
    """A card as JSON values."""
    return dataclasses.asdict(card) | {
        "features": to_mapping(card.features),
        "training": to_mapping(card.training),
    }


def card_from_json(content: dict[str, Any], where: str) -> ModelCard:
    """The inverse of :func:`card_to_json`.

    Raises:
        InputError, KeyError, TypeError: not a card, or one for other emotions.
    """
    card = ModelCard(
        **content
        | {
            "speakers": tuple(content["speakers"]),
            "emotions": tuple(content["emotions"]),
            "features": from_mapping(FeatureConfig, content["features"], f"{where}: features"),
            "training": from_mapping(TrainingConfig, content["training"], f"{where}: training"),
        }
    )
    if card.emotions != EMOTIONS:
        raise InputError(f"{where}: made for the emotions {card.emotions}, not {EMOTIONS}")
    return card
