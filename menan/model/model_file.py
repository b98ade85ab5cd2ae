"""Model files: weights as safetensors, with all that inference needs as JSON in the header."""

import json
import reprlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import nn

from menan.config import ModelConfig, TrainingConfig
from menan.datadir.metadata import name_fault
from menan.errors import InputError
from menan.files.atomic import atomic_open
from menan.files.mapping import from_mapping, plain_value, to_mapping
from menan.format_0_1 import upgraded
from menan.front_ends import FrontEnd
from menan.labels import LabelSet
from menan.model.model_description import Description
from menan.model.network import Network, NetworkShape, empty_network
from menan.plugins import missing_plugins, warn_changed_plugins
from menan.settings import ObjectiveSettings
from menan.shipped import shipped_models

CARD_KEY = "menan"  # key of the card in the metadata of safetensors and ONNX files
_NAME = str | None
# Types of what a card from a stranger holds; the rest is checked when it is read.
_FACTS: dict[str, Any] = {"seed": int, "group": _NAME, "test": _NAME, "valid": _NAME}
_FACTS |= {"rule": str, "epoch": int, "version": str, "threads": int | None, "corpora": dict}


@dataclass(frozen=True)
class ModelCard:
    """Description of a model, kept in its file.

    speakers: training speakers, in the order of SC's outputs.
    group: the held-out group or split; None if nothing was held out.
    test, valid: speakers of the model's fold, or parts of a split; None without a fold, and
        ``valid`` without validation.
    rule, epoch: selection rule, and the epoch that it picked (from 1).
    emotions: classes, in the order of the posteriors.
    threads: number of CPU threads in training, where the model's last digits depend on it.
    plugins: digest of each plugin that was loaded in training, by file name.
    corpora: training utterances of each corpus, where several stood side by side (0 for one that
        was held out); empty with one corpus.
    description: what menan-publish adds for those who did not train the model.
    """

    objective: ObjectiveSettings
    seed: int
    speakers: tuple[str, ...]
    group: str | None
    test: str | None
    valid: str | None
    rule: str
    epoch: int
    features: FrontEnd
    model: ModelConfig
    training: TrainingConfig
    emotions: LabelSet
    version: str
    threads: int | None = None
    plugins: dict[str, str] = field(default_factory=dict)
    corpora: dict[str, int] = field(default_factory=dict)
    description: Description | None = None

    @property
    def temperature(self) -> float:
        """Divides the logits of EC for posteriors that are probabilities; 1 if not measured."""
        return (self.description and self.description.temperature) or 1.0

    @property
    def fold(self) -> str:
        """The fold's name in files: its test speaker, or ``all``."""
        return self.test or "all"

    @property
    def shape(self) -> NetworkShape:
        """Names and shapes of the network's parameters."""
        return NetworkShape(
            self.model,
            self.features.rows,
            self.features.dims,
            len(self.emotions),
            len(self.speakers),
        )


def save_model(
    path: str | Path, network: Network, card: ModelCard, dtype: torch.dtype = torch.float32
) -> None:
    """Write a model file, complete or not at all, its weights as ``dtype``.

    SC is left out where an objective brought its own: a model is used without the objective.
    """
    own_sc = network.shape.speaker_classifier is not None
    weights = {
        name: tensor.detach().to("cpu", dtype).contiguous()
        for name, tensor in network.state_dict().items()
        if not (own_sc and name.startswith("speaker."))
    }
    metadata = {CARD_KEY: json.dumps(card_to_json(card), sort_keys=True)}
    with atomic_open(path, "wb") as file:
        file.write(save(weights, metadata))


def load_model(path: str | Path, device: str | torch.device = "cpu") -> tuple[Network, ModelCard]:
    """Read a model file; nothing in it is executed.

    A file lacks SC where an objective brought its own; inference does not use it.

    Args:
        path: a file, or the name of a model that comes with menan (:mod:`menan.shipped`).

    Raises:
        InputError: missing, not safetensors, not written by :func:`save_model`, weights that are
            not finite, or a model with a member of a plugin that is not loaded.
    """
    path = shipped_models().get(str(path), Path(path))
    if path.is_dir():
        found = sorted(path.rglob("*.safetensors"))
        cure = f"name a model in it, such as {found[0]}" if found else "there is no model in it"
        raise InputError(f"{path}: a folder, not a model file; {cure}")
    if not path.is_file():
        shipped = ", ".join(shipped_models())
        raise InputError(f"{path}: no such model file, and none of menan's own: {shipped}")
    try:
        with safe_open(path, framework="pt", device=str(device)) as file:
            content = json.loads((file.metadata() or {})[CARD_KEY])
            stored = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        card = card_from_json(content, str(path))
        warn_changed_plugins(card.plugins, str(path))
        weights = {name: _checked(name, weight) for name, weight in stored.items()}
        network = empty_network(card.shape)
        if not any(name.startswith("speaker.") for name in weights):
            network.speaker = nn.Identity()
        network.load_state_dict(weights, assign=True)
    # RecursionError, from deeply nested JSON, is a RuntimeError.
    except (SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{path}: not a model file of menan ({reason})") from None
    return network.eval().requires_grad_(False), card


def _checked(name: str, weight: torch.Tensor) -> torch.Tensor:
    if weight.dtype not in (torch.float32, torch.float16) or not weight.isfinite().all():
        raise ValueError(f"{name} is not all finite float32 or float16 numbers")
    return weight.float()


def card_to_json(card: ModelCard) -> dict[str, Any]:
    """A card as JSON values."""
    return to_mapping(card) | {
        "features": card.features.to_plain(),
        "model": to_mapping(card.model),
        "training": to_mapping(card.training),
        "emotions": list(card.emotions),
        "objective": plain_value(card.objective),
    }


def card_from_json(content: dict[str, Any], where: str) -> ModelCard:
    """The inverse of :func:`card_to_json`; also reads cards of version 0.1.0.

    Raises:
        InputError, KeyError, TypeError: not a card, one with names that cannot name a file, or one
            with a member of a plugin that is not loaded.
    """
    if not isinstance(content, dict):
        raise TypeError("the card is not a mapping")
    content = upgraded(content)
    described = content.get("description")
    made_with = dict(content.get("plugins") or {})
    plugins = {str(name): str(digest) for name, digest in made_with.items()}
    try:
        card = ModelCard(
            **content
            | {
                "objective": ObjectiveSettings.from_plain(content["objective"], "objective"),
                "speakers": tuple(content["speakers"]),
                "emotions": LabelSet(tuple(content["emotions"])),
                "features": FrontEnd.from_plain(content["features"], "features"),
                "model": from_mapping(ModelConfig, content["model"], "model"),
                "training": from_mapping(TrainingConfig, content["training"], "training"),
                "plugins": plugins,
                "description": described and from_mapping(Description, described, "description"),
            }
        )
    except InputError as error:
        raise InputError(f"{where}: {error}{missing_plugins(plugins)}") from None
    encoder = empty_network(card.shape).encoder
    if encoder.is_repeated and card.features.rows < encoder.shortest_input:
        raise InputError(f"{where}: features of {card.features.rows} frames are too short")
    _check_facts(card, where)
    return card


def _check_facts(card: ModelCard, where: str) -> None:
    for name, kind in _FACTS.items():
        value = getattr(card, name)
        if not isinstance(value, kind):
            raise InputError(f"{where}: {name} is {reprlib.repr(value)}; train the model anew")
    # Inference and analysis write below these names.
    used = (card.objective.system, card.group, card.test, card.valid, *card.speakers)
    for path in used:
        if path is not None and (fault := name_fault("speaker, group or objective", path)):
            raise InputError(f"{where}: {fault}")
