"""Frozen embeddings to be probed: the networks that wrote them, a dump's utterances beside them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from menan.datadir.archive import read_matrix, read_scp, read_vector
from menan.datadir.metadata import Metadata
from menan.datadir.tables import read_lines
from menan.errors import InputError
from menan.features.store import open_dump
from menan.inference.outputs import read_model_cards
from menan.model.model_file import ModelCard


@dataclass(frozen=True)
class Source:
    """One network's embeddings.

    name: its held-out group, ``all`` without one.
    directory: holds embeddings.scp.
    card: of the network; None if somebody else made the embeddings.
    draws: of a bottleneck's noise, how many the embeddings are the mean of.
    """

    name: str
    directory: Path
    card: ModelCard | None
    draws: int = 1


@dataclass(frozen=True)
class Originals:
    """The utterances of a dump as spoken, without speed copies.

    raw: float64 (utterances, 3 x features), mean, standard deviation and maximum of the input
        features over an utterance's frames: what a network of this pooling starts from.
    """

    feats: Path
    labels: Metadata
    utts: tuple[str, ...]
    raw: np.ndarray


def find_sources(directory: Path) -> list[Source]:
    """The networks whose embeddings stand in a directory of menan-infer, or in those below it.

    Folds that share group and epoch share the network: the first of them stands for all.

    Raises:
        InputError: none, several models in one place, or networks of different systems.
    """
    if (directory / "embeddings.scp").is_file() and not (directory / "models.json").is_file():
        return [Source("all", directory, None)]
    found = sorted([*directory.glob("embeddings.scp"), *directory.glob("*/embeddings.scp")])
    if not found:
        raise InputError(f"{directory}: no embeddings.scp in it or one folder below; infer first")
    sources: dict[tuple, Source] = {}
    for path in found:
        card = _card(path.parent)
        draws = _draws(path.parent, card)
        first = next(iter(sources.values()), Source("", path.parent, card, draws))
        if (_system(card), draws) != (_system(first.card), first.draws):
            raise InputError(
                f"{path.parent}: embeddings of another objective, seed, rule or training than "
                f"those in {first.directory}, or of other --draws; probe one system at a time"
            )
        name = card.group or "all"
        if any(source.name == name for source in sources.values()):
            name = f"{name}/{card.fold}"
        sources.setdefault((card.group, card.epoch), Source(name, path.parent, card, draws))
    return list(sources.values())


def source_of_same_network(source: Source, others: list[Source], where: Path) -> Source:
    """The one among ``others`` that ``source``'s network wrote too.

    Raises:
        InputError: none of them.
    """
    for other in others:
        if (_network(source.card), source.draws) == (_network(other.card), other.draws):
            return other
    raise InputError(
        f"{where}: no embeddings by the network of {source.directory}; infer with the same models "
        "and --draws"
    )


def read_originals(feats: Path) -> Originals:
    """The originals of the dump directory that holds ``feats``.

    Raises:
        InputError: an unreadable or non-finite matrix.
    """
    dump = open_dump(feats)
    utts = tuple(utt for utt, uniq in dump.labels.utt2uniq.items() if utt == uniq)
    matrices = (read_matrix(dump.scp[utt], f"{feats}: {utt}") for utt in utts)
    raw = [np.concatenate([m.mean(0), m.std(0), m.max(0)]) for m in matrices]
    return Originals(feats, dump.labels, utts, stack_vectors(utts, raw, feats, "dump"))


def read_embeddings(directory: Path, originals: Originals) -> np.ndarray:
    """Embeddings in the order of the originals, float64 (utterances, dims).

    Raises:
        InputError: an original without embedding, an embedding of an unknown utterance, vectors
            that are not finite or of different length.
    """
    path = directory / "embeddings.scp"
    scp = read_scp(path)
    if missing := next((utt for utt in originals.utts if utt not in scp), None):
        raise InputError(f"{path}: lacks {missing!r} of {originals.feats}; infer on all of it")
    if unknown := next((utt for utt in scp if utt not in originals.labels.utt2uniq), None):
        raise InputError(f"{path}: names {unknown!r}, which {originals.feats} lacks; infer on it")
    vectors = [read_vector(scp[utt], f"{path}: {utt}") for utt in originals.utts]
    return stack_vectors(originals.utts, vectors, path, "infer")


def _card(directory: Path) -> ModelCard:
    cards = read_model_cards(directory)
    if len(cards) != 1:
        raise InputError(
            f"{directory}: embeddings of {len(cards)} models do not share a space; infer without "
            "--test-speakers-only"
        )
    return cards[0]


def _draws(directory: Path, card: ModelCard) -> int:
    if card.training.bottleneck != "noise":
        return 1
    path = directory / "models.json"
    match json.loads("\n".join(read_lines(path))):
        case {"noise": {"draws": int() as draws}} if draws >= 1:
            return draws
    raise InputError(f"{path}: does not say how many draws of the noise; infer again")


def _system(card: ModelCard) -> tuple:
    return card.objective, card.seed, card.rule, card.training


def _network(card: ModelCard | None) -> tuple | None:
    return card and (*_system(card), card.group, card.epoch, card.speakers)


def stack_vectors(utts: Sequence[str], vectors: list, path: Path, cure: str) -> np.ndarray:
    """Vectors (dims,) of utterances as float64 (utterances, dims).

    Raises:
        InputError: vectors that are not finite or of different length; it names ``path``, and
            what to do again: ``cure``.
    """
    for utt, vector in zip(utts, vectors, strict=True):
        if len(vector) != len(vectors[0]):
            raise InputError(
                f"{path}: {utt}: {len(vector)} values, but {utts[0]!r} has {len(vectors[0])}; "
                f"{cure} again"
            )
        if not np.isfinite(vector).all():
            raise InputError(f"{path}: {utt}: NaN or Inf in its values; {cure} again")
    return np.stack(vectors).astype(np.float64)
