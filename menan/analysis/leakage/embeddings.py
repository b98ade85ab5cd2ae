"""Frozen embeddings to be probed: the networks that wrote them, and the utterances of a dump."""

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from menan.analysis.vectors import stack_vectors
from menan.datadir.archive import read_matrix, read_scp, read_vector
from menan.datadir.joint_dump import open_dumps
from menan.datadir.metadata import Metadata
from menan.datadir.tables import read_lines
from menan.errors import InputError
from menan.inference.outputs import read_model_cards
from menan.model.bottlenecks import make_bottleneck
from menan.model.model_file import ModelCard


@dataclass(frozen=True)
class NetworkEmbeddings:
    """One network's embeddings.

    name: the network's held-out group; ``all`` without one.
    directory: holds embeddings.scp.
    card: the network's model card; None if the embeddings were not made by menan.
    draws: number of noise draws whose mean the embeddings are; 1 without noise.
    """

    name: str
    directory: Path
    card: ModelCard | None
    draws: int = 1


@dataclass(frozen=True)
class Originals:
    """The utterances of a dump as spoken, without speed copies.

    raw: float64 (utterances, 3 x features): mean, standard deviation and maximum of the input
        features over an utterance's frames, which a network with this pooling starts from.
    """

    feats: Path
    metadata: Metadata
    utts: tuple[str, ...]
    raw: np.ndarray


class OriginalsReader:
    """Reads each dump once; use it for one command only, while no file changes."""

    def __init__(self) -> None:
        self._found: dict[Path, Originals] = {}

    def __call__(self, feats: Path) -> Originals:
        """The originals of :func:`read_originals`."""
        if feats not in self._found:
            self._found[feats] = read_originals(feats)
        return self._found[feats]


def find_embeddings(directory: Path) -> list[NetworkEmbeddings]:
    """The embeddings in a directory of menan-infer, or in such directories one level below it.

    Folds with the same group and epoch have the same network: the first of them stands for all.

    Raises:
        InputError: no embeddings, several models in one directory, or networks of different
            systems.
    """
    if (directory / "embeddings.scp").is_file() and not (directory / "models.json").is_file():
        return [NetworkEmbeddings("all", directory, None)]
    found = sorted([*directory.glob("embeddings.scp"), *directory.glob("*/embeddings.scp")])
    if not found:
        raise InputError(
            f"{directory}: no embeddings.scp in it or one folder below; run menan-infer first"
        )
    by_network: dict[tuple[str | None, int], NetworkEmbeddings] = {}
    for path in found:
        card = only_card(path.parent)
        draws = _draws(path.parent, card)
        first = next(iter(by_network.values()), NetworkEmbeddings("", path.parent, card, draws))
        if first.card is None or (_system(card), draws) != (_system(first.card), first.draws):
            raise InputError(
                f"{path.parent}: made with another objective, seed, rule, training or --draws than "
                f"the embeddings in {first.directory}; probe one system at a time"
            )
        name = card.group or "all"
        if any(found.name == name for found in by_network.values()):
            name = f"{name}/{card.fold}"
        one = NetworkEmbeddings(name, path.parent, card, draws)
        by_network.setdefault((card.group, card.epoch), one)
    return list(by_network.values())


def only_card(directory: Path) -> ModelCard:
    """The card of the one model that made the embeddings in a directory of menan-infer.

    Raises:
        InputError: several models, whose embeddings do not share a space.
    """
    cards = read_model_cards(directory)
    if len(cards) != 1:
        raise InputError(
            f"{directory}: embeddings of {len(cards)} models do not share a space; infer without "
            "--test-speakers-only"
        )
    return cards[0]


def find_same_network(
    wanted: NetworkEmbeddings, others: list[NetworkEmbeddings], where: Path
) -> NetworkEmbeddings:
    """The member of ``others`` that was made by the network of ``wanted``.

    Raises:
        InputError: there is no such member.
    """
    for other in others:
        if wanted.draws == other.draws and _are_of_one_network(wanted, other):
            return other
    raise InputError(
        f"{where}: no embeddings by the network of {wanted.directory}; infer with the same models "
        "and --draws"
    )


def read_originals(feats: Path) -> Originals:
    """The originals of one or several dumps (:func:`menan.datadir.joint_dump.open_dumps`).

    Raises:
        InputError: an unreadable or non-finite matrix.
    """
    dump = open_dumps(feats)
    utts = tuple(utt for utt, uniq in dump.metadata.utt2uniq.items() if utt == uniq)
    matrices = (read_matrix(dump.scp[utt], f"{feats}: {utt}") for utt in utts)
    raw = [np.concatenate([m.mean(0), m.std(0), m.max(0)]) for m in matrices]
    return Originals(feats, dump.metadata, utts, stack_vectors(utts, raw, feats, "dump"))


def read_embeddings(directory: Path, originals: Originals) -> np.ndarray:
    """Embeddings in the order of the originals, float64 (utterances, dims).

    Raises:
        InputError: an original without embedding, an embedding of an unknown utterance, vectors
            that are not finite or of different length.
    """
    path = directory / "embeddings.scp"
    scp = read_scp(path)
    if missing := next((utt for utt in originals.utts if utt not in scp), None):
        raise InputError(
            f"{path}: lacks {missing!r} of {originals.feats}; infer on all its utterances"
        )
    if unknown := next((utt for utt in scp if utt not in originals.metadata.utt2uniq), None):
        raise InputError(
            f"{path}: names {unknown!r}, which {originals.feats} lacks; infer on that dump"
        )
    vectors = [read_vector(scp[utt], f"{path}: {utt}") for utt in originals.utts]
    return stack_vectors(originals.utts, vectors, path, "infer")


def _draws(directory: Path, card: ModelCard) -> int:
    if not make_bottleneck(card.model.bottleneck).is_stochastic:
        return 1
    path = directory / "models.json"
    match json.loads("\n".join(read_lines(path))):
        case {"noise": {"draws": int() as draws}} if draws >= 1:
            return draws
    raise InputError(f"{path}: the number of noise draws is missing; infer again")


def _are_of_one_network(a: NetworkEmbeddings, b: NetworkEmbeddings) -> bool:
    if a.card is None or b.card is None:
        return a.card is b.card
    return _network(a.card) == _network(b.card)


def _system(card: ModelCard) -> ModelCard:
    """The card without all that differs between the folds of a system."""
    return replace(_network(card), group=None, speakers=(), epoch=0, corpora={})


def _network(card: ModelCard) -> ModelCard:
    """The card without its fold: folds may share a network."""
    return replace(card, test=None, valid=None)
