"""Embeddings that another toolkit wrote, with what is known of each utterance."""

import hashlib
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from menan.analysis.leakage.embeddings import only_card
from menan.analysis.leakage.given_labels import GivenLabels, read_given_labels
from menan.analysis.leakage.given_vectors import (
    ID_ARRAYS,
    MATRIX_ARRAYS,
    GivenVectors,
    read_given_vectors,
    vectors_of_arrays,
)
from menan.datadir.tables import c_sorted
from menan.errors import InputError


@dataclass(frozen=True)
class GivenEmbeddings:
    """Embeddings that anybody wrote, with what is known of each utterance.

    utts: sorted ids, so that nothing depends on the order of a file.
    x: float64 (utterances, dims); the numbers are rounded to single precision.
    speakers: each utterance's speaker.
    emotions: each utterance's emotion, or several joined by commas; "" if unknown.
    genders: gender of each utterance's speaker: "f", "m" or "".
    groups: group of each utterance's speaker; "" if unknown.
    others: values of further labels by name; "" where an utterance has none.
    sha256: digest of ids, x and labels.
    """

    utts: tuple[str, ...]
    x: np.ndarray
    speakers: tuple[str, ...]
    emotions: tuple[str, ...]
    genders: tuple[str, ...]
    groups: tuple[str, ...]
    others: dict[str, tuple[str, ...]]
    sha256: str


def read_given_embeddings(path: Path, labels: Path | None) -> GivenEmbeddings:
    """Read embeddings and their labels, and print on stderr what was left out.

    Args:
        path: :func:`menan.analysis.leakage.given_vectors.read_given_vectors` lists the formats.
        labels: :func:`menan.analysis.leakage.given_labels.read_given_labels` lists the forms;
            None for labels that stand in ``path`` itself.

    Raises:
        InputError: malformed files, an embedding without label, labels in both files or in
            neither, only one speaker, embeddings of several models of menan.
    """
    _note_model(path)
    vectors = read_given_vectors(path)
    if labels is not None and vectors.labels is not None:
        raise InputError(
            f"{path}: has labels of its own beside those in {labels}; remove its column speaker, "
            "or give no other labels"
        )
    known = vectors.labels if labels is None else read_given_labels(labels)
    if known is None:
        raise InputError(
            f"{path}: has no column or array 'speaker'; give a table or directory of labels"
        )
    if vectors.note:
        print(f"note: {vectors.note}", file=sys.stderr)
    return _joined(path, vectors, known)


def embeddings_of_arrays(
    embeddings: ArrayLike,
    speakers: ArrayLike,
    ids: ArrayLike | None = None,
    **labels: ArrayLike | None,
) -> GivenEmbeddings:
    """Embeddings and labels in memory, checked and rounded like those of a file.

    Args:
        embeddings: numbers (utterances, dims).
        speakers: names (utterances,).
        ids: names (utterances,); numbers by default. Figures depend on them a little, because the
            halves of a probe are drawn by id.
        labels: names (utterances,): ``emotion``, ``gender``, ``group``; None where unknown.

    Raises:
        InputError: as :func:`read_given_embeddings`.
    """
    x = np.asarray(embeddings)
    if ids is None:
        ids = [f"{row:08d}" for row in range(len(x))]
    named = {ID_ARRAYS[0]: ids, MATRIX_ARRAYS[0]: x, "speaker": speakers, **labels}
    arrays = {name: np.asarray(value) for name, value in named.items() if value is not None}
    place = Path("arrays")
    vectors = vectors_of_arrays(place, ID_ARRAYS[0], MATRIX_ARRAYS[0], arrays)
    assert vectors.labels is not None, "the array of speakers is one"
    return _joined(place, vectors, vectors.labels)


def _note_model(path: Path) -> None:
    """Embeddings of menan can be read without their dump; those of several models cannot."""
    directory = path if path.is_dir() else path.parent
    if (directory / "models.json").is_file() and (path.is_dir() or path.stem == "embeddings"):
        card = only_card(directory)
        print(
            f"note: {directory}: written by {card.objective.system}, seed {card.seed}; training "
            "speakers and held-out speakers are not told apart",
            file=sys.stderr,
        )


def _joined(path: Path, vectors: GivenVectors, labels: GivenLabels) -> GivenEmbeddings:
    place = labels.path
    row = {utt: number for number, utt in enumerate(vectors.utts)}
    unknown = [utt for utt in vectors.utts if utt not in labels.speakers]
    if unknown:
        raise InputError(
            f"{place}: no label of {unknown[0]!r}, which {path} has, and of {len(unknown) - 1} "
            "others; add them, or give both files the same ids (one of the labels is "
            f"{next(iter(labels.speakers), '')!r})"
        )
    for utt in vectors.utts:
        if labels.emotions and utt not in labels.emotions:
            raise InputError(
                f"{place}: no emotion of {utt!r}, which {path} has; add it, or leave out all"
            )
    copies = labels.copies & row.keys()
    if copies:
        print(f"note: {path}: {len(copies)} speed copies are not used", file=sys.stderr)
    if more := len(labels.speakers.keys() - row.keys() - labels.copies):
        total = len(labels.speakers.keys() - labels.copies)
        print(
            f"note: {place}: {more} of {total} utterances have no embedding in {path}",
            file=sys.stderr,
        )
    utts = tuple(c_sorted(row.keys() - copies))
    speakers = tuple(labels.speakers[utt] for utt in utts)
    if len(set(speakers)) < 2:
        raise InputError(
            f"{place}: expected two speakers or more in the utterances of {path}, found "
            f"{len(set(speakers))}; add embeddings of other speakers"
        )
    if labels.groups and (missing := c_sorted(set(speakers) - labels.groups.keys())):
        raise InputError(f"{place}: no group of speaker {missing[0]!r}; add it, or leave out all")
    x = vectors.x[[row[utt] for utt in utts]]
    emotions = tuple(labels.emotions.get(utt, "") for utt in utts)
    genders = tuple(labels.genders.get(speaker, "") for speaker in speakers)
    groups = tuple(labels.groups.get(speaker, "") for speaker in speakers)
    others = {
        name: tuple(table.get(utt, "") for utt in utts)
        for name, table in sorted(labels.others.items())
    }
    texts = (utts, speakers, emotions, genders, groups, others)
    digest = hashlib.sha256(json.dumps([x.shape, texts]).encode())
    digest.update(np.ascontiguousarray(x).tobytes())
    return GivenEmbeddings(utts, x, speakers, emotions, genders, groups, others, digest.hexdigest())
