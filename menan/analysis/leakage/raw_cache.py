"""Probes of the network's input, kept beside the results of the systems that share it.

Systems that were trained on one dump with the same speakers have the same input. Probing it takes
longer than probing their embeddings, which have fewer dimensions.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import numpy as np

from menan.analysis.leakage.probes import ProbePredictions
from menan.analysis.leakage.splits import ProbeSet
from menan.analysis.leakage.summary import ProbedEmbedding
from menan.files.atomic import atomic_open
from menan.provenance import computed_by

FOLDER = "raw"  # beside the JSON files of systems


def kept_or_probed(
    directory: Path,
    probe_set: ProbeSet,
    raw: np.ndarray,
    seed: int,
    probe: Callable[[], ProbedEmbedding],
) -> ProbedEmbedding:
    """What ``probe`` returns, from the file that an earlier call left if there is one.

    Args:
        directory: where the systems' JSON files are. A file's name is a digest of all that decides
            what is found: code, seed, utterances, labels and input.
        raw: float64 (utterances, dims).
    """
    path = directory / FOLDER / f"{_digest(probe_set, raw, seed)}.json"
    try:
        return _from_plain(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError):
        probed = probe()
    with atomic_open(path) as file:
        file.write(json.dumps(_to_plain(probed)) + "\n")
    return probed


def _digest(probe_set: ProbeSet, raw: np.ndarray, seed: int) -> str:
    digest = hashlib.sha256(f"{computed_by()} {seed} {raw.shape}".encode())
    digest.update(np.ascontiguousarray(raw).tobytes())
    for field in fields(probe_set):
        value = getattr(probe_set, field.name)
        text = value.tolist() if isinstance(value, np.ndarray) else value
        digest.update(f"{field.name} {text}\n".encode())
    return digest.hexdigest()


def _to_plain(probed: ProbedEmbedding) -> dict[str, object]:
    return {
        "predictions": {
            name: {**vars(one), "right": one.right.astype(int).tolist()}
            for name, one in probed.predictions.items()
        },
        "eer": probed.eer,
        "gender": probed.gender,
    }


def _from_plain(content: dict) -> ProbedEmbedding:
    predictions = {
        name: ProbePredictions(**{**one, "right": np.array(one["right"], dtype=bool)})
        for name, one in content["predictions"].items()
    }
    return ProbedEmbedding(predictions, content["eer"], content["gender"])
