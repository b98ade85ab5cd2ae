"""What is refused of checkpoints and model files."""

import hashlib
import io
import json
import pickle
import struct
from collections.abc import Callable
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file

from tests.faults import seeds
from tests.faults.malformed import MODEL, RUN, Row, cut, directory, fifo, gone, nested, put

CHECKPOINT = f"{RUN}/checkpoint.pt"
RESUME = "train --feats R/dump/feats.scp --exp R/exp --hold-out g01 --epochs 1"
INFER = f"infer --model R/{MODEL} --feats R/dump/feats.scp --out R/new"
PREDICT, EXPORT = f"predict --model R/{MODEL} R/a.wav", f"export --model R/{MODEL} --out R/new"


def checkpoint(content: bytes) -> Callable[[Path], object]:
    """One whose checksum is right."""
    digest = hashlib.sha256(content).hexdigest().encode()
    return put(CHECKPOINT, b"menan checkpoint sha256 " + digest + b"\n" + content)


def state(**changes: object) -> Callable[[Path], object]:
    """The training's own checkpoint with other content."""

    def spoil(root: Path) -> None:
        data = (root / CHECKPOINT).read_bytes().partition(b"\n")[2]
        content, saved = torch.load(io.BytesIO(data), weights_only=True), io.BytesIO()
        torch.save(content | changes, saved)
        checkpoint(saved.getvalue())(root)

    return spoil


def model(card: Callable[[dict], object] | None = None, weight=None) -> Callable[[Path], object]:
    """The model with another card (what ``card`` gives) or another first weight."""

    def spoil(root: Path) -> None:
        with safe_open(root / MODEL, framework="pt") as file:
            content = json.loads(file.metadata()["menan"])
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        if weight is not None:
            weights["emotion.0.bias"] = weight
        text = json.dumps(content) if card is None else card(content)
        text = text if isinstance(text, str) else json.dumps(text)
        save_file(weights, root / MODEL, metadata={"menan": text})

    return spoil


def fact(**changes: object) -> Callable[[Path], object]:
    return model(lambda card: card | changes)


def feature(**changes: object) -> Callable[[Path], object]:
    return model(lambda card: card | {"features": card["features"] | changes})


M, C = f"R/{MODEL}: ", f"R/{CHECKPOINT}: "
NO_MODEL = f"{M}not a model file of menan"

ROWS = [
    Row("checkpoint: text", put(CHECKPOINT, "text"), RESUME, f"{C}not a checkpoint of menan"),
    Row("checkpoint: cut", cut(CHECKPOINT, 0.9), RESUME, f"{C}checksum mismatch"),
    Row("checkpoint: a directory", directory(CHECKPOINT), RESUME, f"{C}is not a regular"),
    Row("checkpoint: a pipe", fifo(CHECKPOINT), RESUME, f"{C}is not a regular file"),
    Row("checkpoint: empty", checkpoint(b""), RESUME, f"{C}not a readable checkpoint"),
    Row("checkpoint: a pickle", checkpoint(pickle.dumps([1])), RESUME, f"{C}not a readable checkp"),
    Row(
        "checkpoint: other", checkpoint(seeds.checkpoint()), RESUME, f"{C}made by another training"
    ),
    Row("checkpoint: later", state(epoch=9), RESUME, f"{C}made by another training"),
    Row("checkpoint: types", state(epoch="1"), RESUME, f"{C}not a readable checkpoint (epoch has"),
    Row("checkpoint: players", state(players={}), RESUME, f"{C}made by another training"),
    Row("model: absent", gone(MODEL), INFER, f"{M}no such model file"),
    Row("model: text", put(MODEL, "text"), PREDICT, NO_MODEL),
    Row("model: cut", cut(MODEL, 0.9), EXPORT, NO_MODEL),
    Row("model: a pipe", fifo(MODEL), INFER, f"{M}no such model file"),
    Row("model: 2^60", put(MODEL, struct.pack("<Q", 2**60) + b"{}"), INFER, NO_MODEL),
    Row("model: a pickle", put(MODEL, pickle.dumps([1])), INFER, NO_MODEL),
    Row(
        "model: no card",
        lambda root: save_file({"a": torch.ones(1)}, root / MODEL),
        INFER,
        NO_MODEL,
    ),
    Row("model: list", model(lambda card: []), INFER, NO_MODEL),
    Row("model: nested", model(lambda card: nested()), INFER, NO_MODEL),
    Row("model: speakers", fact(speakers=[1, 2]), INFER, NO_MODEL),
    Row("model: fewer speakers", fact(speakers=["a"]), INFER, NO_MODEL),
    Row("model: emotions", fact(emotions=["ang"]), INFER, f"{M}expected 2 to 50 emotions"),
    Row(
        "model: a way out", fact(test="../../x"), INFER, f"{M}speaker, group or objective '../../x'"
    ),
    Row("model: group", fact(group=["g"]), INFER, f"{M}group is ['g']"),
    Row("model: hours", feature(seconds=1e9), PREDICT, f"{M}features: seconds must be"),
    Row("model: bins", feature(num_mel_bins=10**9), PREDICT, f"{M}features: num_mel_bins must"),
    Row("model: short", feature(seconds=0.04), PREDICT, f"{M}features of 1 frames are too short"),
    Row("model: weights", model(weight=torch.ones(5)), INFER, NO_MODEL),
    Row(
        "model: doubles",
        model(weight=torch.ones(32).double()),
        INFER,
        f"{NO_MODEL} (emotion.0.bias",
    ),
    Row(
        "model: NaN", model(weight=torch.full((32,), torch.nan)), EXPORT, f"{NO_MODEL} (emotion.0.b"
    ),
]
