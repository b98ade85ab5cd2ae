"""Probing sets of embeddings, whoever wrote them, and writing what was found."""

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from menan.analysis.leakage.leakage_files import read_probed
from menan.analysis.leakage.probes import View, linear_accuracy, predictions, views
from menan.analysis.leakage.raw_cache import kept_or_probed
from menan.analysis.leakage.result import Leakage
from menan.analysis.leakage.splits import ProbeSet, SpeakerLabels, probe_set
from menan.analysis.leakage.summary import ProbedEmbedding, ProbedSet, summaries
from menan.analysis.leakage.verification import cosine_trials, equal_error_rate
from menan.files.atomic import atomic_open
from menan.files.mapping import to_mapping
from menan.provenance import computed_by
from menan.randomness import derived_seed

MOST_TRIALS = 200_000

SomeLeakage = TypeVar("SomeLeakage", bound=Leakage)


@dataclass(frozen=True)
class UnprobedSet:
    """A set of one network before it is probed; v and raw are float64 (utterances, dims).

    raw: statistics of the network's input; None if the input is not known.
    """

    probe_set: ProbeSet
    v: np.ndarray
    raw: np.ndarray | None


def unprobed_set(
    labels: SpeakerLabels,
    utts: Sequence[str],
    speakers: Collection[str],
    v: np.ndarray,
    raw: np.ndarray | None,
    where: str,
    seed: int,
    without: Collection[str] = (),
) -> UnprobedSet:
    """The utterances of some speakers, split for the probes.

    Args:
        utts: the utterances of the rows of ``v`` and ``raw``.
        where: begins the message.
        without: utterances that are not used.

    Raises:
        InputError: fewer than two speakers with enough utterances.
    """
    chosen = probe_set(labels, utts, speakers, where, seed, without)
    return UnprobedSet(chosen, v[chosen.rows], None if raw is None else raw[chosen.rows])


def probe_sets(
    leakage: SomeLeakage, sets: dict[str, dict[str, UnprobedSet]], seed: int, out: Path | None
) -> SomeLeakage:
    """Probe all sets; write the result as JSON and return it.

    An ``out`` made from the same embeddings, labels, features and code is left as it is.

    Args:
        leakage: the result without figures.
        sets: the sets of each network by name; the same sets for all.
        seed: seed of control labels, probes and the bootstrap.
        out: None writes no file.
    """
    leakage = replace(leakage, made_from=_digest(leakage, sets))
    found = None if out is None else read_probed(out)
    if isinstance(found, type(leakage)) and found.made_from == leakage.made_from:
        return found
    probed: dict[str, dict[str, ProbedSet]] = {}
    # Matrices of a few hundred rows: threads would cost more than they gain, and change digits.
    with threadpool_limits(1):
        for group in tqdm(list(sets), desc="probes", unit="network", disable=None):
            probed[group] = {name: _probe(one, seed, out) for name, one in sets[group].items()}
    leakage = replace(
        leakage,
        sets=summaries(list(probed.values()), seed),
        by_group={name: summaries([of_network], seed) for name, of_network in probed.items()},
    )
    if out is not None:
        with atomic_open(out) as file:
            file.write(json.dumps(to_mapping(leakage), indent=1) + "\n")
    return leakage


def _digest(leakage: Leakage, sets: dict[str, dict[str, UnprobedSet]]) -> str:
    """SHA-256 of all that the result depends on."""
    digest = hashlib.sha256(f"{computed_by()} {leakage}".encode())
    for group, of_network in sets.items():
        for name, one in of_network.items():
            chosen = one.probe_set
            names = (chosen.utts, chosen.speakers, chosen.emotions)
            digest.update(f"{group} {name} {names}".encode())
            for array in (one.v, one.raw, chosen.speaker, chosen.gender):
                digest.update(b"" if array is None else np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _probe(unprobed: UnprobedSet, seed: int, out: Path | None) -> ProbedSet:
    chosen = unprobed.probe_set

    def probed(x: np.ndarray, erased: np.ndarray | None = None) -> ProbedEmbedding:
        both, gender = views(x, chosen.half, erased), None
        if chosen.gender is not None and chosen.gender_half is not None:
            sides = views(x, chosen.gender_half, erased)
            gender = linear_accuracy(sides, chosen.gender, chosen.half)
        return ProbedEmbedding(
            predictions=predictions(both, chosen.speaker, chosen.control, chosen.quarter, seed),
            eer=_eer(both, chosen.speaker, seed),
            gender=gender,
        )

    embeddings = {
        "v": probed(unprobed.v),
        "leace": probed(unprobed.v, chosen.speaker),
    }
    if (raw := unprobed.raw) is not None:
        embeddings["raw"] = (
            probed(raw)
            if out is None
            else kept_or_probed(out.parent, chosen, raw, seed, lambda: probed(raw))
        )
    return ProbedSet(chosen, embeddings)


def _eer(both: list[View], speaker: np.ndarray, seed: int) -> float | None:
    """From pairs within a half, which scaling and erasure were not fitted on."""
    rng = np.random.default_rng(derived_seed(seed, "trials"))
    most = MOST_TRIALS // len(both)
    halves = [cosine_trials(view.x_test, speaker[view.test], most, rng) for view in both]
    return equal_error_rate(*(np.concatenate(parts) for parts in zip(*halves, strict=True)))
