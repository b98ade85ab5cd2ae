"""A made-up study: the files of trainings and probes, with figures that a test chooses."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from menan.analysis.tradeoff.tradeoff import write_front
from menan.config import TrainingConfig
from menan.files.mapping import to_mapping
from menan.front_ends import KaldiFrontEnd
from menan.labels import IEMOCAP_EMOTIONS
from menan.settings import BottleneckSettings, NoBottleneckSettings, NoiseSettings
from menan.training.selection import HeldOut
from tests.training.training_example import objectives

GROUPS = {"g01": ("a", "b"), "g02": ("c", "d")}
UTTERANCES = 8  # per speaker, two per emotion
CHANCE = 0.05
# 6 of 8 right are a UA of 75 %.
EC = {"a": 4, "b": 8, "c": 6, "d": 6}
LESS = {"a": 2, "b": 6, "c": 4, "d": 4}
NONE, NOISE = NoBottleneckSettings(), NoiseSettings(sigma=2.0)


def write_example(folder: Path) -> Path:
    """ec leaks much; menan with noise little at the same UA; dat with noise more at a lower UA."""
    for seed in (0, 1):
        write_system(folder / "none_l0.5", "ec", EC, 0.5, seed=seed)
        write_system(
            folder / "noise2_l0.5", "menan", EC, 0.08, 0.6, seed, 10.0 + seed, bottleneck=NOISE
        )
        write_system(folder / "noise2_l0.5", "dat", LESS, 0.2, 0.4, seed, 12.0, bottleneck=NOISE)
    return folder


def front_of(study: Path) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """The text of its front, the rows by system, and all figures."""
    text = write_front(study, study / "front", "ec")
    figures = json.loads((study / "front.json").read_text())
    assert (study / "front.md").read_text() == text
    assert (study / "front.png").read_bytes().startswith(b"\x89PNG")
    return text, {row["system"]: row for row in figures["rows"]}, figures


def write_system(
    point: Path,
    objective: str,
    right: dict[str, int],
    one: float,
    many: float | None = None,
    seed: int = 0,
    bits: float | None = None,
    corpus: str = "made up",
    bottleneck: BottleneckSettings = NONE,
    **settings: float,
) -> None:
    """The trainings and the leakage of an objective with one seed.

    Args:
        right: for each speaker a, b, c and d, the number of utterances that are classified
            correctly after the last epoch; after the first, none is.
        one, many: accuracy of the strongest probe on one draw and on the mean of 32.
        settings: settings of the objective.
    """
    (member,) = objectives(objective, **settings)
    name = f"{member.system}_seed{seed}"
    for group, speakers in GROUPS.items():
        facts = {"objective": member.to_plain(), "seed": seed, "corpus": corpus}
        facts["model"] = {"encoder": "table1", "bottleneck": bottleneck.to_plain()}
        _write_run(point / name / group, facts, right, speakers, bits)
    label = bottleneck.label
    write_leakage(point / "leakage" / f"{name}.json", member.system, seed, label, one)
    if many is not None:
        path = point / "leakage_mean" / f"{name}.json"
        write_leakage(path, member.system, seed, label, many, 32)


def write_leakage(
    path: Path, system: str, seed: int, bottleneck: str, accuracy: float, draws: int = 1
) -> None:
    """As menan-probe writes it: the MLP is the strongest; raw gives 0.9, LEACE leaves half.

    The figures are the same for training speakers and for two held-out speakers.
    """
    facts = {"utterances": 32, "speakers": 20, "majority": 0.1, "uniform_nats": 3.0}
    facts |= {"chance": CHANCE, "floor_nats": 2.9}
    embeddings = {"v": accuracy, "raw": 0.9, "leace": accuracy / 2}
    part = facts | {"embeddings": {name: _embedding(x) for name, x in embeddings.items()}}
    content = {"system": system, "seed": seed, "rule": "last", "bottleneck": bottleneck}
    content |= {"draws": draws, "groups": [*GROUPS]}
    path.parent.mkdir(parents=True, exist_ok=True)
    sets = {"train": part, "heldout": part | {"chance": 0.5}}
    path.write_text(json.dumps(content | {"sets": sets}))


def _embedding(accuracy: float) -> dict[str, Any]:
    figures: dict[str, Any] = {"eer": 0.4, "gender": None}
    for probe, times in (("linear", 0.9), ("mlp", 1.0), ("knn", 0.8)):
        value = times * accuracy
        figures[probe] = {"accuracy": value, "interval": [0.8 * value, 1.1 * value]}
        figures[probe] |= {"control": 0.0, "selectivity": value, "cross_entropy": 1.0}
    return figures


def _write_run(
    directory: Path,
    facts: dict[str, Any],
    right: dict[str, int],
    speakers: tuple[str, str],
    bits: float | None,
) -> None:
    directory.mkdir(parents=True)
    others = [name for own in GROUPS.values() for name in own if name not in speakers]
    first, second = speakers
    content = facts | {"hold_out": directory.name, "emotions": list(IEMOCAP_EMOTIONS)}
    content |= {"folds": [{"test": first, "valid": second}, {"test": second, "valid": first}]}
    content |= {"speakers": others, "training": to_mapping(TrainingConfig(epochs=2))}
    content |= {"features": KaldiFrontEnd().to_plain(), "feats": "feats.scp", "version": "0"}
    (directory / "config.yaml").write_text(yaml.safe_dump(content))
    line = {"seconds": 1.0, "speaker_accuracy": 0.1, "speaker_entropy": 1.0, "speaker_top": 0.2}
    lines = [line | {"epoch": epoch} for epoch in (1, 2)]
    if bits is not None:
        lines = [one | {"capacity_bits": bits * one["epoch"] / 2} for one in lines]
    (directory / "log.jsonl").write_text("".join(json.dumps(one) + "\n" for one in lines))
    labels = np.tile(np.arange(UTTERANCES) % 4, 2)
    numbers = np.tile(np.arange(UTTERANCES), 2)
    spoken_by = np.repeat(speakers, UTTERANCES)
    heard = numbers < np.array([right[speaker] for speaker in spoken_by])
    log_p = np.log(np.full((2, len(labels), 4), 0.1, dtype=np.float32))
    log_p[0, np.arange(len(labels)), (labels + 1) % 4] = np.log(0.7)
    log_p[1, np.arange(len(labels)), np.where(heard, labels, (labels + 1) % 4)] = np.log(0.7)
    utts = np.array([f"{s}-{n}" for s, n in zip(spoken_by, numbers, strict=True)])
    HeldOut(utts, spoken_by, labels, log_p).save(directory / "heldout.npz")
