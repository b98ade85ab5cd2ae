"""The directory of a run, in which a training continues only if its inputs are the same."""

import hashlib
import shutil
import sys
from collections.abc import Iterator
from typing import Any

import yaml

from menan.datadir.dump_directory import Dump
from menan.errors import InputError
from menan.files.atomic import atomic_open
from menan.files.lock import NAME as LOCK
from menan.files.mapping import plain_value, to_mapping
from menan.provenance import code_digest, code_version
from menan.training.checkpoint import Checkpoint, load_checkpoint
from menan.training.plan import RunData
from menan.training.run_config import read_config_yaml

# The checkpoint's tensors and its place in an epoch depend on these: --force cannot change them.
FIXED = (
    *("objective", "seed", "hold_out", "folds", "speakers", "utterances", "features", "emotions"),
    *("model", "training.batch_size"),
)


_CODE = ("code", "plugins")


def open_directory(data: RunData, dump: Dump, resume: bool, force: bool) -> None:
    """Write a run's config.yaml, and check that a checkpoint in the directory belongs to this run.

    Args:
        resume: keep existing files; otherwise they are removed.
        force: continue from a checkpoint although something has changed, with a warning and a
            note in config.yaml. A finished run only needs the same configuration and data; its
            code may have changed since.

    Raises:
        InputError: the checkpoint was made in another way, or is damaged.
    """
    if not resume:
        for path in data.directory.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name != LOCK:
                path.unlink()
    path = data.directory / "config.yaml"
    wanted = _resolved(data, dump)
    checkpoint = load_checkpoint(data.directory)
    if checkpoint is not None:
        found = read_config_yaml(path)
        continued = found.get("continued")
        continued = continued if isinstance(continued, list) else []
        for key, was, now in _differences(found, wanted):
            # A finished run keeps the code that made it.
            if key in _CODE and checkpoint.epoch == data.training.epochs:
                wanted |= {name: found.get(name) for name in ("version", *_CODE)}
                continue
            text = f"{path}: made with {key} {was}, now {now}"
            if key in FIXED or key.split(".")[0] in FIXED:
                raise InputError(f"{text}; use another --exp, or start over with --resume false")
            if not force:
                raise InputError(
                    f"{text}; use another --exp, start over with --resume false, or continue "
                    "anyway with --force true"
                )
            print(f"warning: {text}; continuing", file=sys.stderr)
            continued.append(f"{_place(checkpoint)}: {key} {was}, then {now}")
        if continued:
            wanted["continued"] = continued
        if found == wanted:
            return
    with atomic_open(path) as file:
        yaml.safe_dump(wanted, file, sort_keys=False)


def _resolved(data: RunData, dump: Dump) -> dict[str, Any]:
    """All that decides the outcome of a run."""
    return {
        "objective": plain_value(data.run.objective),
        "seed": data.run.seed,
        "hold_out": data.run.group,
        "folds": [{"test": fold.test, "valid": fold.valid} for fold in data.run.folds],
        "speakers": list(data.train.speaker_names),
        "utterances": len(data.train),
        "emotions": list(data.emotions),
        "model": to_mapping(data.model),
        "training": to_mapping(data.training),
        "features": data.features.to_plain(),
        "corpus": dump.metadata.corpus,
        "corpora": data.corpora,
        "feats": dump.resolved_feats(),
        "data": _data_digest(data),
        "version": code_version(),
        "code": code_digest(),
        "plugins": data.plugins,
    }


def _data_digest(data: RunData) -> str:
    """Digest of the frames and labels of all utterances, including those held out."""
    digest = hashlib.sha256()
    for part in (data.train, data.heldout):
        if part is not None:
            rows = zip(
                part.utts, part.utt_speakers, part.emotions.tolist(), part.digests, strict=True
            )
            digest.update("".join(f"{row}\n" for row in rows).encode())
    return digest.hexdigest()[:16]


def _differences(found: dict, wanted: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """Key, old value and new value, for messages: the code is shown by its version."""
    for key, now in wanted.items():
        was = found.get(key)
        if was == now or key == "version":
            continue
        if key not in _CODE and isinstance(now, dict) and isinstance(was, dict):
            for name in {**now, **was}:
                if now.get(name) != was.get(name):
                    yield f"{key}.{name}", was.get(name), now.get(name)
        elif key == "code":
            yield key, found.get("version"), wanted["version"]
        else:
            yield key, was, now


def _place(checkpoint: Checkpoint) -> str:
    step = f" and {checkpoint.step} steps" if checkpoint.step else ""
    return f"up to epoch {checkpoint.epoch}{step}"
