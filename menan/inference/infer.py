"""Posteriors and embeddings of utterances by trained networks."""

import hashlib
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from menan.datadir.tables import c_sorted
from menan.errors import InputError
from menan.features.store import Dump, FrameStore, combined_digest, load_block, open_dump
from menan.files.lock import only_writer
from menan.inference.outputs import Answers, write_answers
from menan.model.bottlenecks import SEED, utterance_noise
from menan.model.model_file import ModelCard, load_model
from menan.model.network import Network

BATCH = 64  # utterances a pass, and as many are read for it; bounds memory


@torch.inference_mode()
def log_posteriors_and_embeddings(
    network: Network,
    store: FrameStore,
    index: Tensor,
    frames: int,
    seed: int = SEED,
    draws: int = 1,
) -> tuple[Tensor, Tensor]:
    """Run ENC and EC over utterances, each repeated to ``frames`` as in training.

    Args:
        network: on the store's device.
        index: int64 (n,), into the store.
        frames: the network's input length.
        seed, draws: of a bottleneck's noise (:func:`menan.model.bottlenecks.utterance_noise`).

    Returns:
        Log posteriors (n, 4) in nats and embeddings z (n, 96), on the device.
    """
    log_posteriors, embeddings = [], []
    for batch in index.split(BATCH):
        noise = None
        if network.bottleneck.is_stochastic:
            utts = [store.utts[i] for i in batch.tolist()]
            noise = utterance_noise(utts, network.encoder.dims_out, seed, draws)
            noise = noise.to(store.frames.device)
        features, lengths = network.encoder.read(store, batch, frames)
        z = network.embed(features, lengths, noise)
        embeddings.append(z)
        log_posteriors.append(F.log_softmax(network.emotion(z), dim=-1))
    return torch.cat(log_posteriors), torch.cat(embeddings)


def infer(
    model: str | Path,
    feats: str | Path,
    out: str | Path,
    device: torch.device,
    rule: str = "best-ua",
    test_speakers_only: bool = False,
    seed: int = SEED,
    draws: int = 1,
) -> list[Path]:
    """Write posteriors, embeddings and hypotheses of a dump's original utterances.

    Frames are read for 64 utterances at a time, no more than a pass repeats to the input's length
    anyway: memory does not follow the corpus but for the answers.

    Args:
        model: a model file, or the directory of a system (``exp/menan_seed0``) for the models
            of all its folds under ``rule``.
        test_speakers_only: each model answers for the speaker that its fold tests, and nobody
            else; the folds' answers are written together. Otherwise a system's folds answer
            for all utterances each, in one directory a fold.
        seed: of the noise, if the models' bottleneck takes any.
        draws: write the mean of so many embeddings z of an utterance, and what EC says of it:
            what whoever collects draws gets to see.

    Returns:
        The directories written, each with posteriors.ark, posteriors.scp, embeddings.ark,
        embeddings.scp, utt2emo and models.json: the cards of the models that answered, and
        what they were asked about.

    Raises:
        InputError: no such model, features it was not made for, a test speaker who is missing,
            draws of what has no noise, somebody else who writes there.
    """
    model, out = Path(model), Path(out)
    dump = open_dump(feats)
    models = [load_model(path, device) for path in model_files(model, rule)]
    for network, card in models:
        _check_features(card, dump, model)
        if draws != 1 and not network.bottleneck.is_stochastic:
            raise InputError(
                f"{model}: --draws {draws}, but the bottleneck is "
                f"{network.bottleneck.settings.name}: each utterance has one embedding"
            )
    pooled = test_speakers_only or model.is_file()
    folders = [out if pooled else out / card.fold for _, card in models]
    with ExitStack() as locks:
        for folder in dict.fromkeys(folders):
            locks.enter_context(only_writer(folder))
        answers = [Answers(card) for _, card in models]
        # Folds that picked one epoch of a training share its network, which answers once.
        digests = [_weights_digest(network) for network, _ in models]
        read: dict[str, str] = {}
        for utts in _blocks(dump, models, test_speakers_only):
            store = load_block(dump, utts, device)
            read |= zip(utts, store.digests, strict=True)
            index, speaker = store.index_of(utts), dump.labels.utt2spk[utts[0]]
            said: dict[bytes, tuple[Tensor, Tensor]] = {}
            for (network, card), weights, own in zip(models, digests, answers, strict=True):
                if test_speakers_only and card.test != speaker:
                    continue
                if weights not in said:
                    said[weights] = log_posteriors_and_embeddings(
                        network, store, index, card.features.rows, seed, draws
                    )
                own.add(utts, *said[weights])
        data = combined_digest({utt: read[utt] for utt in c_sorted(read)})
        made_from: dict[str, Any] = {"feats": str(dump.feats.resolve()), "data": data}
        if models[0][0].bottleneck.is_stochastic:
            made_from["noise"] = {"seed": seed, "draws": draws}
        parts: dict[Path, list[Answers]] = {}
        for folder, own in zip(folders, answers, strict=True):
            parts.setdefault(folder, []).append(own)
        for folder, part in parts.items():
            write_answers(folder, part, made_from)
    return list(parts)


def model_files(model: Path, rule: str) -> list[Path]:
    """The file itself, or a system's model files of one rule, sorted."""
    if not model.is_dir():
        return [model]
    files = sorted(model.glob(f"*/*.{rule}.safetensors"))
    if not files:
        raise InputError(f"{model}: no */*.{rule}.safetensors in it; has the training finished?")
    return files


def _check_features(card: ModelCard, dump: Dump, model: Path) -> None:
    if difference := card.features.difference(dump.features):
        name, trained, found = difference
        raise InputError(
            f"{model}: trained on features with {name} {trained}, but {dump.feats} has {found}; "
            "dump it with the configuration of the training"
        )


def _blocks(dump: Dump, models: list, test_speakers_only: bool) -> list[list[str]]:
    """The originals a batch at a time: of all speakers, or each tested speaker's by themselves."""
    utt2spk = dump.labels.utt2spk
    originals = [utt for utt, original in dump.labels.utt2uniq.items() if utt == original]
    together = [originals]
    if test_speakers_only:
        tested = dict.fromkeys(card.test for _, card in models)
        for speaker in tested:
            if speaker not in map(utt2spk.get, originals):
                raise InputError(f"{dump.feats}: has no utterance of the test speaker {speaker!r}")
        together = [[utt for utt in originals if utt2spk[utt] == speaker] for speaker in tested]
    if not originals:
        raise InputError(f"{dump.feats}: holds copies only; dump at the speed 1.0 too")
    return [part[i : i + BATCH] for part in together for i in range(0, len(part), BATCH)]


def _weights_digest(network: Network) -> bytes:
    digest = hashlib.sha256()
    for name, tensor in network.state_dict().items():
        digest.update(name.encode() + tensor.cpu().numpy().tobytes())
    return digest.digest()
