"""Leakage of embeddings that another toolkit wrote; probe_system.py is for those of menan."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from menan.analysis.leakage.embeddings import Originals, read_originals
from menan.analysis.leakage.given_embeddings import GivenEmbeddings, read_given_embeddings
from menan.analysis.leakage.given_leakage import GivenLeakage
from menan.analysis.leakage.probing import probe_sets, unprobed_set
from menan.datadir.tables import c_sorted
from menan.errors import InputError


@dataclass(frozen=True)
class UtteranceLabels:
    """The labels of given embeddings by utterance and speaker, as the probes take them."""

    utt2spk: dict[str, str]
    utt2emo: dict[str, tuple[str, ...]]
    spk2gender: dict[str, str]


def write_given_leakage(
    embeddings: Path, labels: Path | None, feats: Path | None, out: Path, seed: int = 0
) -> GivenLeakage:
    """Probe embeddings that another toolkit wrote; write the result as JSON and return it.

    All speakers are one set. An ``out`` made from the same embeddings, labels, features and code is
    left as it is.

    Args:
        embeddings, labels: see :mod:`menan.analysis.leakage.given_embeddings`.
        feats: feats.scp of a dump with the input of the same utterances, whose probes are the
            ceiling; its labels are used if there are no others. None for no ceiling.
        seed: seed of halves, control labels, probes and the bootstrap.

    Raises:
        InputError: files that do not fit, only one speaker.
    """
    originals = None if feats is None else read_originals(feats)
    place = labels if labels is not None or feats is None else feats.parent
    given = read_given_embeddings(embeddings, place)
    raw = None if originals is None else originals.raw[_rows(given, originals, embeddings)]
    return probe_given(given, raw, seed, str(embeddings), str(place or ""), out)


def probe_given(
    given: GivenEmbeddings,
    raw: np.ndarray | None = None,
    seed: int = 0,
    embeddings: str = "arrays",
    labels: str = "",
    out: Path | None = None,
) -> GivenLeakage:
    """Probe embeddings in memory.

    Args:
        raw: input of the same utterances, float64 (utterances, dims), whose probes are the ceiling.
        seed: see :func:`write_given_leakage`.
        embeddings, labels: the files, for the record.
        out: JSON file of the result; None writes none.

    Raises:
        InputError: fewer than two speakers with four utterances or more.
    """
    leakage = GivenLeakage(
        probe_seed=seed,
        groups=("all",),
        sets={},
        embeddings=embeddings,
        labels=labels,
        dims=given.x.shape[1],
        sha256=given.sha256,
        ceiling=raw is not None,
    )
    known = labels_of_given(given)
    speakers = c_sorted(set(given.speakers))
    one = unprobed_set(known, given.utts, speakers, given.x, raw, embeddings, seed)
    return probe_sets(leakage, {"all": {"all": one}}, seed, out)


def labels_of_given(given: GivenEmbeddings) -> UtteranceLabels:
    """The labels of given embeddings by utterance and speaker."""
    return UtteranceLabels(
        dict(zip(given.utts, given.speakers, strict=True)),
        {utt: (emotion,) for utt, emotion in zip(given.utts, given.emotions, strict=True)},
        dict(zip(given.speakers, given.genders, strict=True)),
    )


def _rows(given: GivenEmbeddings, originals: Originals, embeddings: Path) -> list[int]:
    row = {utt: number for number, utt in enumerate(originals.utts)}
    if unknown := next((utt for utt in given.utts if utt not in row), None):
        raise InputError(
            f"{originals.feats}: no features of {unknown!r}, which {embeddings} has; dump it, or "
            "leave out --feats"
        )
    return [row[utt] for utt in given.utts]
