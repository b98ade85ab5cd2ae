"""A made-up experiment with every figure that a report can show."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import yaml

SYSTEMS = ("ec", "menan")
SPEAKERS = ("Ses01F", "Ses01M", "Ses02F", "Ses02M")


def full_results(
    speakers: tuple[str, ...] = SPEAKERS, corpus: str = "IEMOCAP", command: str = "./run.sh"
) -> dict[str, Any]:
    """The JSON values of menan-results, each number different from the others where it can be."""
    rng = np.random.default_rng(0)
    systems = {name: _system(rng, speakers) for name in SYSTEMS}
    rules = {
        rule: {name: {m: _accuracy(rng) for m in ("wa", "ua")} for name in SYSTEMS}
        for rule in ("best-ua", "last", "oracle")
    }
    comparison = {"a": "ec", "b": "menan", "measure": "ua", "difference": -2.468}
    comparison |= {"p": 0.0625, "p_holm": 0.125, "mcnemar_p": 1e-9}
    return {
        "code": "0.1.0 (abc)",
        "command": command,
        "corpus": corpus,
        "config": {"training": {"epochs": 3, "lambda": 0.5}, "features": {"speeds": [0.9, 1.0]}},
        "findings": ["Test UA of `menan` is not distinguishable from that of `ec`."],
        "table2": {
            "rule": "best-ua",
            "systems": systems,
            "rules": rules,
            "comparisons": [comparison],
        },
        "leakage": [_leakage(rng, name, seed) for name in SYSTEMS for seed in (0, 1)],
        "table3": {
            "utterances": 22323,
            "single": 17800,
            "systems": {
                "ec": {"mean": 31.11, "min": 27.22, "max": 34.33, "ua_single": None}
                | {"lrap": 51.51, "paper": [31.35, 27.14, 34.96]},
                "menan": {"mean": 33.44, "min": 28.55, "max": 39.66, "ua_single": 30.77}
                | {"lrap": 52.52, "paper": None},
            },
            "baselines": {"always hap": 55.84, "oracle": 100.0},
        },
    }


def write_experiment(
    exp: Path, groups: tuple[str, ...] = ("Ses01", "Ses02"), systems: tuple[str, ...] = SYSTEMS
) -> Path:
    """config.yaml and log.jsonl of each system and group; the second group has an epoch more."""
    for s, system in enumerate(systems):
        for number, group in enumerate(groups):
            directory = exp / f"{SYSTEMS[s]}_seed0" / f"g{number}"
            directory.mkdir(parents=True)
            config = {"objective": system, "hold_out": group, "speakers": list("abcdefgh")}
            (directory / "config.yaml").write_text(yaml.safe_dump(config))
            lines = [_log_line(epoch, number) for epoch in range(1, 4 + number)]
            (directory / "log.jsonl").write_text("".join(json.dumps(x) + "\n" for x in lines))
    return exp


def write_planes(
    path: Path,
    speakers: tuple[str, ...] = ("Ses01F", "Ses01M"),
    systems: tuple[str, ...] = SYSTEMS,
) -> Path:
    """Coordinates in which each speaker keeps to itself and emotions alternate."""
    lines = ["system\tutterance\tspeaker\temotion\tx\ty"]
    for system in systems:
        for i in range(40):
            speaker, emotion = speakers[i // 20], ("ang", "hap", "neu", "sad")[i % 4]
            x, y = 100.0 * (i // 20) + i % 5, float(i % 7)
            lines.append(f"{system}\tu{i}\t{speaker}\t{emotion}\t{x:.4f}\t{y:.4f}")
    path.write_text("\n".join(lines) + "\n")
    return path


def _accuracy(rng: np.random.Generator) -> dict[str, Any]:
    valid, test = rng.uniform(40, 70, size=2)
    return {"val": valid, "test": test, "delta": test - valid}


def _system(rng: np.random.Generator, speakers: tuple[str, ...]) -> dict[str, Any]:
    confusion = rng.integers(1, 500, size=(4, 4))
    figures = {}
    for measure in ("wa", "ua"):
        figures[measure] = _accuracy(rng)
        figures[measure]["interval"] = [figures[measure]["test"] - 3, figures[measure]["test"] + 4]
    folds = [
        {"seed": 0, "test": test, "valid": valid, "epoch": 3, "wa": [0.61234, 0.51234]}
        | {"ua": [0.62345, 0.52345]}
        for test, valid in zip(speakers, speakers[::-1], strict=True)
    ]
    return {
        **figures,
        "paper": {"wa": [58.50, 55.92, -2.56], "ua": [59.94, 57.45, -2.49]},
        "seeds": [0, 1],
        "folds": folds,
        "epoch_sd": float(rng.uniform(1, 3)),
        "macro_f1": float(rng.uniform(40, 60)),
        "pooled": {
            "wa": float(rng.uniform(40, 60)),
            "ua": float(rng.uniform(40, 60)),
            "wa_interval": [40.12, 60.34],
            "ua_interval": [41.56, 61.78],
            "recall": (100 * confusion.diagonal() / confusion.sum(axis=1)).tolist(),
            "confusion": confusion.tolist(),
        },
        "speakers": {
            name: {"utterances": 500, "wa": 55.0, "ua": float(rng.uniform(30, 70))}
            | {"recall": [*rng.uniform(0, 100, size=3).tolist(), None]}
            for name in speakers
        },
        "worst_speaker": {"speaker": speakers[0], "ua": 31.313},
        "genders": {"f": {"wa": 51.1, "ua": 52.525}, "m": {"wa": 53.1, "ua": 54.545}},
        "gender_gap": 2.02,
        "calibration": dict(
            zip(
                ("nll", "ece", "temperature", "nll_scaled", "ece_scaled"),
                rng.uniform(0.1, 2, size=5).tolist(),
                strict=True,
            )
        ),
        "adversary": {"accuracy": float(rng.uniform(10, 20)), "entropy": 2.0, "top": 20.0},
    }


def _leakage(rng: np.random.Generator, objective: str, seed: int) -> dict[str, Any]:
    facts = {"utterances": 4400.0, "chance": 0.125, "majority": 0.147, "uniform_nats": 2.0794}
    sets = {
        name: {"speakers": count, **facts, "floor_nats": 2.0412}
        | {"embeddings": {kind: _embedding(rng) for kind in ("v", "raw", "leace")}}
        for name, count in (("train", 8.0), ("heldout", 2.0))
    }
    head = {"objective": objective, "seed": seed, "rule": "best-ua", "lambda": 0.5}
    head |= {"bottleneck": "none", "draws": 1}
    return head | {"ua": float(rng.uniform(50, 60)), "groups": ["Ses01", "Ses02"], "sets": sets}


def _embedding(rng: np.random.Generator) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    for probe in ("linear", "mlp", "knn"):
        accuracy, control = rng.uniform(0.3, 0.8), rng.uniform(0.1, 0.2)
        figures[probe] = {
            "accuracy": accuracy,
            "interval": [accuracy - 0.05, accuracy + 0.05],
            "control": control,
            "selectivity": accuracy - control,
            "cross_entropy": None if probe == "knn" else float(rng.uniform(1, 2)),
        }
    return figures | {"eer": float(rng.uniform(0.2, 0.5)), "gender": None}


def _log_line(epoch: int, number: int) -> dict[str, Any]:
    heldout = {
        f"s{number}{sex}": {"loss": 1.0, "wa": 0.5, "ua": 0.4 + 0.01 * epoch} for sex in "FM"
    }
    return {
        "epoch": epoch,
        "lr": 1e-3,
        "emotion_loss": 1.4 / epoch + 0.01 * number,
        "speaker_loss": 2.0 - 0.01 * epoch,
        "speaker_entropy": 2.05 - 0.01 * epoch,
        "speaker_top": 0.2 + 0.01 * epoch,
        "speaker_accuracy": 0.15 + 0.01 * epoch,
        "heldout": heldout,
        "seconds": 1.5,
    }
