"""Posteriors and embeddings of utterances by trained networks."""

import json
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from menan.atomic import atomic_open
from menan.datadir.archive import ArchiveWriter
from menan.datadir.tables import c_sorted, read_lines
from menan.emotions import EMOTIONS
from menan.errors import InputError
from menan.features.store import Dump, FrameStore, load_frames, open_dump
from menan.lock import only_writer
from menan.network.model import Network
from menan.network.modelfile import ModelCard, card_from_json, card_to_json, load_model
from menan.provenance import code_version

BATCH = 64  # utterances a pass; bounds memory, does not change results


@torch.inference_mode()
def log_posteriors_and_embeddings(
    network: Network, store: FrameStore, index: Tensor, frames: int
) -> tuple[Tensor, Tensor]:
    """Run ENC and EC over utterances, each repeated to ``frames`` as in training.

    Args:
        network: on the store's device.
        index: int64 (n,), into the store.
        frames: the network's input length.

    Returns:
        Log posteriors (n, 4) in nats and embeddings v (n, 96), on the device.
    """
    log_posteriors, embeddings = [], []
    for batch in index.split(BATCH):
        v = network.encoder(store.gather(batch, frames))
        embeddings.append(v)
        log_posteriors.append(F.log_softmax(network.emotion(v), dim=-1))
    return torch.cat(log_posteriors), torch.cat(embeddings)


@dataclass(frozen=True)
class Answers:
    """What a model says, by utterance id: posteriors (4,) and embedding (96,), on the CPU."""

    card: ModelCard
    posteriors: Mapping[str, Tensor]
    embeddings: Mapping[str, Tensor]


def infer(
    model: str | Path,
    feats: str | Path,
    out: str | Path,
    device: torch.device,
    rule: str = "best-ua",
    test_speakers_only: bool = False,
) -> list[Path]:
    """Write posteriors, embeddings and hypotheses of a dump's original utterances.

    Args:
        model: a model file, or the directory of a system (``exp/menan_seed0``) for the models
            of all its folds under ``rule``.
        test_speakers_only: each model answers for the speaker that its fold tests, and nobody
            else; the folds' answers are written together. Otherwise a system's folds answer
            for all utterances each, in one directory a fold.

    Returns:
        The directories written, each with posteriors.ark, posteriors.scp, embeddings.ark,
        embeddings.scp, utt2emo and models.json: the cards of the models that answered, and
        what they were asked about.

    Raises:
        InputError: no such model, features it was not made for, a test speaker who is missing,
            somebody else who writes there.
    """
    model, out = Path(model), Path(out)
    dump = open_dump(feats)
    models = [load_model(path, device) for path in model_files(model, rule)]
    for _, card in models:
        _check_features(card, dump, model)
    pooled = test_speakers_only or model.is_file()
    folders = [out if pooled else out / card.fold for _, card in models]
    with ExitStack() as locks:
        for folder in dict.fromkeys(folders):
            locks.enter_context(only_writer(folder))
        store = load_frames(dump, _wanted(dump, models, test_speakers_only), device)
        parts: dict[Path, list[Answers]] = {}
        for folder, (network, card) in zip(folders, models, strict=True):
            utts = _own(store, dump, card, test_speakers_only)
            parts.setdefault(folder, []).append(_answers(network, card, store, utts))
        for folder, answers in parts.items():
            _write(folder, answers, {"feats": str(dump.feats.resolve()), "data": store.digest})
    return list(parts)


def read_model_cards(directory: Path) -> list[ModelCard]:
    """The cards of the models that wrote a directory of :func:`infer`.

    Raises:
        InputError: no such directory, or its models.json is damaged.
    """
    path = directory / "models.json"
    try:
        content = json.loads("\n".join(read_lines(path)))
        return [card_from_json(card, str(path)) for card in content["models"]]
    except (KeyError, TypeError, ValueError, RecursionError):
        raise InputError(f"{path}: not what menan-infer writes; infer again") from None


def model_files(model: Path, rule: str) -> list[Path]:
    """The file itself, or a system's model files of one rule, sorted."""
    if not model.is_dir():
        return [model]
    files = sorted(model.glob(f"*/*.{rule}.safetensors"))
    if not files:
        raise InputError(f"{model}: no */*.{rule}.safetensors in it; has the training finished?")
    return files


def _check_features(card: ModelCard, dump: Dump, model: Path) -> None:
    for name in ("seconds", "frame_length_ms", "frame_shift_ms", "num_mel_bins"):
        trained, found = getattr(card.features, name), getattr(dump.features, name)
        if trained != found:
            raise InputError(
                f"{model}: trained on features with {name} {trained}, but {dump.feats} has "
                f"{found}; dump it with the configuration of the training"
            )


def _wanted(dump: Dump, models: list, test_speakers_only: bool) -> list[str]:
    """Originals of all speakers, or of those whom the folds test."""
    labels = dump.labels
    originals = [utt for utt, original in labels.utt2uniq.items() if utt == original]
    if not test_speakers_only:
        return originals
    tested = [card.test for _, card in models]
    for speaker in tested:
        if speaker not in labels.speakers:
            raise InputError(f"{dump.feats}: has no utterance of the test speaker {speaker!r}")
    return [utt for utt in originals if labels.utt2spk[utt] in tested]


def _own(store: FrameStore, dump: Dump, card: ModelCard, test_speakers_only: bool) -> list[str]:
    if not test_speakers_only:
        return list(store.utts)
    return [utt for utt in store.utts if dump.labels.utt2spk[utt] == card.test]


def _answers(network: Network, card: ModelCard, store: FrameStore, utts: list[str]) -> Answers:
    log_posteriors, embeddings = log_posteriors_and_embeddings(
        network, store, store.index_of(utts), card.features.frames
    )
    return Answers(
        card,
        dict(zip(utts, log_posteriors.exp().cpu(), strict=True)),
        dict(zip(utts, embeddings.cpu(), strict=True)),
    )


def _write(directory: Path, parts: list[Answers], made_from: dict[str, str]) -> None:
    posteriors = {utt: p for part in parts for utt, p in part.posteriors.items()}
    embeddings = {utt: v for part in parts for utt, v in part.embeddings.items()}
    record = {**made_from, "version": code_version()}
    record["models"] = [card_to_json(part.card) for part in parts]
    with ExitStack() as files:
        # Closed in reverse order: hypotheses stand only where all is there.
        hypotheses = files.enter_context(atomic_open(directory / "utt2emo"))
        for utt in c_sorted(posteriors):
            hypotheses.write(f"{utt} {EMOTIONS[int(posteriors[utt].argmax())]}\n")
        models = files.enter_context(atomic_open(directory / "models.json"))
        models.write(json.dumps(record, indent=1) + "\n")
        opened = [hypotheses, models]
        for name, vectors in (("posteriors", posteriors), ("embeddings", embeddings)):
            archive = files.enter_context(ArchiveWriter(directory, name))
            for utt in c_sorted(vectors):
                archive.write(utt, vectors[utt].numpy())
            opened.append(archive)
        for file in opened:
            file.flush()
        (directory / "utt2emo").unlink(missing_ok=True)
