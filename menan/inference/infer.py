"""Posteriors and embeddings of utterances by trained networks."""

import hashlib
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from menan.datadir.corpus_ids import as_called_in
from menan.datadir.division import tested_by
from menan.datadir.dump_directory import Dump, refuse_other_features, refuse_other_rows
from menan.datadir.joint_dump import open_dumps
from menan.datadir.tables import c_sorted
from menan.datadir.validity import trained_finding
from menan.device import open_device
from menan.errors import InputError
from menan.features.store import FrameStore, combined_digest, load_block
from menan.files.lock import only_writer
from menan.inference.model_paths import model_files
from menan.inference.noise_key import NoiseKey, NoiseSource, refuse_needless_key
from menan.inference.outputs import Outputs, refuse_mixed_noise, write_outputs
from menan.model.model_file import ModelCard, load_model
from menan.model.network import Network

BATCH = 64  # utterances per forward pass, read from the disk together; bounds memory


@torch.inference_mode()
def log_posteriors_and_embeddings(
    network: Network,
    store: FrameStore,
    index: Tensor,
    frames: int,
    noise: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Run ENC and EC over utterances, each repeated to ``frames`` as in training.

    Args:
        network: on the store's device.
        index: int64 (n,), into the store.
        frames: the network's input length.
        noise: standard normal (n, dims); exactly where the bottleneck is stochastic.

    Returns:
        Log posteriors (n, emotions) in nats and embeddings z (n, dims), on the device.
    """
    log_posteriors, embeddings = [], []
    noises = [None] * -(-len(index) // BATCH) if noise is None else noise.split(BATCH)
    for batch, part in zip(index.split(BATCH), noises, strict=True):
        features, lengths = network.encoder.read(store, batch, frames)
        z = network.embed(features, lengths, part)
        embeddings.append(z)
        log_posteriors.append(F.log_softmax(network.emotion(z), dim=-1))
    return torch.cat(log_posteriors), torch.cat(embeddings)


def infer(
    model: str | Path,
    feats: str | Path,
    out: str | Path,
    device: str | torch.device = "cpu",
    rule: str = "best-ua",
    test_speakers_only: bool = False,
    noise: NoiseSource | None = None,
    draws: int = 1,
    skip_deterministic: bool = False,
) -> list[Path]:
    """Write posteriors, embeddings and hypotheses of the original utterances of a dump.

    Frames are read for 64 utterances at a time, so memory grows with the corpus only by the size of
    posteriors and embeddings. The labels of the dump are not used: the output has the model's.

    Args:
        model: a model file, or the directory of a system (``exp/menan_seed0``) for the models
            of all its folds under ``rule``.
        feats: feats.scp of a dump directory. For models of several corpora also several, joined by
            commas; the ids in the output are then those of the training.
        test_speakers_only: run each model on the test speaker of its fold only, or on the corpus
            that it held out, and write the outputs of all folds together. Otherwise each model of a
            system runs on all utterances, and each fold has its own directory.
        noise: source of the noise, if the bottleneck of the models is stochastic: a
            :class:`NoiseKey` for a release, a :class:`NoiseSeed` for measurements. Without it a
            fresh key is drawn and thrown away.
        draws: number of noise draws whose embeddings z are averaged; the posteriors are those of
            the mean. An attacker who collects several draws of an utterance obtains this mean.
        skip_deterministic: write nothing if several draws are asked of models without noise,
            instead of raising an error.

    Returns:
        The directories written, each with the files of
        :func:`menan.inference.outputs.write_outputs`.

    Raises:
        InputError: no such model, features that it was not trained on, a missing test speaker,
            several draws or a noise key without noise, output with noise from another source
            (:func:`refuse_mixed_noise`), or another process that writes to the directory.
    """
    noise = noise or NoiseKey.fresh()
    model, out, device = Path(model), Path(out), open_device(str(device))
    dump = open_dumps(feats)
    models = [_LoadedModel(*load_model(path, device)) for path in model_files(model, rule)]
    if draws != 1 and skip_deterministic:
        models = [loaded for loaded in models if loaded.network.bottleneck.is_stochastic]
    for loaded in models:
        _check(loaded, dump, model, noise, draws)
    if not models:
        return []
    pooled = test_speakers_only or model.is_file()
    folders = [out if pooled else out / loaded.card.fold for loaded in models]
    with ExitStack() as locks:
        for folder in dict.fromkeys(folders):
            locks.enter_context(only_writer(folder))
            if models[0].network.bottleneck.is_stochastic:
                refuse_mixed_noise(folder, noise.record)
        read: dict[str, str] = {}
        tested = _tested(dump, [one.card for one in models]) if test_speakers_only else {}
        for utts in _blocks(dump, models, tested, test_speakers_only):
            store = load_block(dump, utts, device)
            read |= zip(utts, store.digests, strict=True)
            speaker = tested.get(utts[0])
            running = [m for m in models if not test_speakers_only or m.card.test == speaker]
            _run_each_network_once(running, store, utts, noise, draws)
        made_from: dict[str, Any] = {
            "feats": dump.resolved_feats(),
            "data": combined_digest({utt: read[utt] for utt in c_sorted(read)}),
        }
        takes_noise = models[0].network.bottleneck.is_stochastic
        if takes_noise:
            made_from.update(noise={**noise.record, "draws": draws})
        parts: dict[Path, list[Outputs]] = {}
        for folder, loaded in zip(folders, models, strict=True):
            parts.setdefault(folder, []).append(loaded.outputs)
        if takes_noise and isinstance(noise, NoiseKey):
            # Killed between two folders, this key and the last one's must not both look complete.
            for folder in parts:
                (folder / "utt2emo").unlink(missing_ok=True)
        for folder, part in parts.items():
            write_outputs(folder, part, made_from)
    _report_trained(model, [_trained_on(one.card, dump, test_speakers_only) for one in models])
    return list(parts)


class _LoadedModel:
    """A model, its outputs so far, and a digest by which equal networks are recognised."""

    def __init__(self, network: Network, card: ModelCard):
        self.network, self.card = network, card
        self.outputs = Outputs(card)
        self.digest = _weights_digest(network)


def _run_each_network_once(
    models: list[_LoadedModel], store: FrameStore, utts: list[str], source: NoiseSource, draws: int
) -> None:
    """Add the outputs for some utterances to each model.

    Folds that picked the same epoch of a training have equal networks, which run once.
    """
    index = store.index_of(utts)
    results: dict[bytes, tuple[Tensor, Tensor]] = {}
    for model in models:
        if model.digest not in results:
            network, rows = model.network, model.card.features.rows
            noise = source.draw(network, store, index, draws)
            results[model.digest] = log_posteriors_and_embeddings(
                network, store, index, rows, noise
            )
        model.outputs.add(utts, *results[model.digest])


def _check(loaded: _LoadedModel, dump: Dump, model: Path, noise: NoiseSource, draws: int) -> None:
    refuse_other_features(dump, loaded.card.features, model)
    if dump.metadata.corpora and not loaded.card.corpora:
        raise InputError(
            f"{dump.feats}: {model} was trained on one corpus; infer on one dump at a time"
        )
    rows = loaded.card.features.rows
    longer = [utt for utt, found in dump.num_frames.items() if found > rows]
    if longer and loaded.network.encoder.is_repeated:
        print(
            f"warning: {dump.feats}: {len(longer)} utterances are longer than the model's input of "
            f"{rows} rows and are cut at its end; the first: {longer[0]}",
            file=sys.stderr,
        )
    if loaded.network.encoder.has_fixed_rows:
        name = loaded.card.model.encoder.name
        refuse_other_rows(dump, name, loaded.card.features.rows)
    refuse_needless_key(noise, loaded.network, model)
    bottleneck = loaded.network.bottleneck
    if draws != 1 and not bottleneck.is_stochastic:
        raise InputError(
            f"{model}: --draws {draws}, but the bottleneck is {bottleneck.settings.name}, which "
            "has no noise; leave --draws out"
        )


def _tested(dump: Dump, cards: list[ModelCard]) -> dict[str, str]:
    """The name under which it tests, by utterance that one of the models of a system tests."""
    tests = [(card.group, card.test) for card in cards]
    return tested_by(dump.metadata, tests, cards[0].corpora)


def _report_trained(model: Path, lines: list[str]) -> None:
    """Say on stderr that models ran on speakers that they were trained on."""
    if found := [line for line in lines if line]:
        several = f"{len(found)} of {len(lines)} models: " if len(lines) > 1 else ""
        print(f"warning: {model}: {several}{found[0]}", file=sys.stderr)


def _trained_on(card: ModelCard, dump: Dump, test_speakers_only: bool) -> str:
    """A line on the speakers of the dump that a model was trained on; empty without any."""
    speakers = dump.metadata.speakers
    if test_speakers_only:
        own = {dump.metadata.utt2spk[utt] for utt in _tested(dump, [card])}
        speakers = [name for name in speakers if name in own]
    return trained_finding(speakers, as_called_in(dump.metadata.corpus, card.speakers))


def _blocks(
    dump: Dump, models: list[_LoadedModel], tested: dict[str, str], test_speakers_only: bool
) -> list[list[str]]:
    """The original utterances in blocks; with ``test_speakers_only``, one tested name per block."""
    originals = [utt for utt, original in dump.metadata.utt2uniq.items() if utt == original]
    groups = [originals]
    if test_speakers_only:
        names = dict.fromkeys(loaded.card.test for loaded in models)
        for name in names:
            if name not in map(tested.get, originals):
                raise InputError(
                    f"{dump.feats}: no utterance of the test speaker {name!r}; infer without "
                    "--test-speakers-only, or dump that speaker's utterances"
                )
        groups = [[utt for utt in originals if tested.get(utt) == name] for name in names]
    if not originals:
        raise InputError(f"{dump.feats}: contains only speed copies; dump at speed 1.0 too")
    return [group[i : i + BATCH] for group in groups for i in range(0, len(group), BATCH)]


def _weights_digest(network: Network) -> bytes:
    digest = hashlib.sha256()
    for name, tensor in network.state_dict().items():
        digest.update(name.encode() + tensor.cpu().numpy().tobytes())
    return digest.digest()
