"""Leakage: how well fresh probes identify the speaker from one system's frozen embeddings.

Three representations of an utterance are compared: ``v``, the embedding; ``raw``, statistics of
the network's input, about as much as there is to find; ``leace``, v after linear erasure of the
speaker, which shows how much is left for probes that are not linear.
"""

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from menan import __version__
from menan.analysis.leakage.embeddings import (
    NetworkEmbeddings,
    Originals,
    find_embeddings,
    find_same_network,
    read_embeddings,
    read_originals,
)
from menan.analysis.leakage.leakage_files import read_probed
from menan.analysis.leakage.probes import View, linear_accuracy, predictions, views
from menan.analysis.leakage.raw_cache import kept_or_probed
from menan.analysis.leakage.result import Leakage, SystemLeakage
from menan.analysis.leakage.splits import ProbeSet, probe_set
from menan.analysis.leakage.summary import ProbedEmbedding, ProbedSet, summaries
from menan.analysis.leakage.verification import cosine_trials, equal_error_rate
from menan.datadir.tables import c_sorted
from menan.errors import InputError
from menan.files.atomic import atomic_open
from menan.files.mapping import to_mapping
from menan.randomness import derived_seed

MOST_TRIALS = 200_000


@dataclass(frozen=True)
class UnprobedSet:
    """A set of one network before it is probed; v and raw are float64 (utterances, dims)."""

    probe_set: ProbeSet
    v: np.ndarray
    raw: np.ndarray


def write_leakage(
    embeddings: Path,
    feats: Path,
    out: Path,
    other: Path | None = None,
    other_feats: Path | None = None,
    seed: int = 0,
) -> Leakage:
    """Probe the embeddings of one system; write the result as JSON and return it.

    An ``out`` made from the same embeddings, labels, features and code is left as it is.

    Args:
        embeddings: a directory of menan-infer, or one that holds such a directory per fold.
        feats: feats.scp of the dump that the system was trained and inferred on.
        other, other_feats: the same networks' embeddings of another dump, and that dump.
        seed: seed of halves, control labels, probes and the bootstrap.

    Raises:
        InputError: embeddings and dump that do not fit, different systems, only one speaker.
    """
    if (other is None) != (other_feats is None):
        raise InputError("--other and --other-feats belong together; give both or neither")
    networks = find_embeddings(embeddings)
    originals = read_originals(feats)
    sets: dict[str, dict[str, UnprobedSet]] = {}
    for network in networks:
        v = read_embeddings(network.directory, originals)
        sets[network.name] = {
            name: _unprobed(v, originals, speakers, f"{network.directory}: set {name}", seed)
            for name, speakers in _speakers(network, originals).items()
        }
    if other is not None and other_feats is not None:
        _add_other(sets, networks, other, read_originals(other_feats), seed)
    leakage = _unmeasured(networks, seed)
    leakage = replace(leakage, made_from=_digest(leakage, sets))
    found = read_probed(out)
    if found is not None and found.made_from == leakage.made_from:
        return found
    probed: dict[str, dict[str, ProbedSet]] = {}
    # Matrices of a few hundred rows: threads would cost more than they gain, and change digits.
    with threadpool_limits(1):
        for group in tqdm(list(sets), desc="probes", unit="network", disable=None):
            probed[group] = {
                name: _probe(one, seed, out.parent) for name, one in sets[group].items()
            }
    leakage = replace(
        leakage,
        sets=summaries(list(probed.values()), seed),
        by_group={name: summaries([of_network], seed) for name, of_network in probed.items()},
    )
    with atomic_open(out) as file:
        file.write(json.dumps(to_mapping(leakage), indent=1) + "\n")
    return leakage


def _unmeasured(networks: list[NetworkEmbeddings], seed: int) -> Leakage:
    """The result without its figures."""
    card = networks[0].card
    groups = tuple(network.name for network in networks)
    if card is None:
        return Leakage(probe_seed=seed, groups=groups, sets={})
    return SystemLeakage(
        system=card.objective.system,
        seed=card.seed,
        rule=card.rule,
        bottleneck=card.model.bottleneck.label,
        draws=networks[0].draws,
        probe_seed=seed,
        groups=groups,
        sets={},
    )


def _digest(leakage: Leakage, sets: dict[str, dict[str, UnprobedSet]]) -> str:
    """SHA-256 of all that the result depends on."""
    digest = hashlib.sha256(f"{__version__} {leakage}".encode())
    for group, of_network in sets.items():
        for name, one in of_network.items():
            chosen = one.probe_set
            names = (chosen.utts, chosen.speakers, chosen.emotions)
            digest.update(f"{group} {name} {names}".encode())
            for array in (one.v, one.raw, chosen.speaker, chosen.gender):
                digest.update(b"" if array is None else np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _speakers(network: NetworkEmbeddings, originals: Originals) -> dict[str, list[str]]:
    """The speakers of each set of one network."""
    labels, card = originals.labels, network.card
    if card is None:
        return {"all": labels.speakers}
    if missing := c_sorted(set(card.speakers) - set(labels.speakers)):
        raise InputError(
            f"{originals.feats}: no utterance of {missing[0]!r}, a training speaker of "
            f"{network.directory}; give the dump of the training"
        )
    sets = {"train": list(card.speakers)}
    if card.group is not None:
        sets["heldout"] = [
            name
            for name in labels.speakers
            if labels.spk2group[name] == card.group and name not in card.speakers
        ]
    return sets


def _add_other(
    sets: dict[str, dict[str, UnprobedSet]],
    networks: list[NetworkEmbeddings],
    directory: Path,
    originals: Originals,
    seed: int,
) -> None:
    """Another corpus beside each network's own sets: all of its speakers."""
    others = find_embeddings(directory)
    for network in networks:
        place = find_same_network(network, others, directory).directory
        v, where = read_embeddings(place, originals), f"{place}: set other"
        speakers = originals.labels.speakers
        sets[network.name]["other"] = _unprobed(v, originals, speakers, where, seed)


def _unprobed(
    v: np.ndarray, originals: Originals, speakers: list[str], where: str, seed: int
) -> UnprobedSet:
    chosen = probe_set(originals.labels, originals.utts, speakers, where, seed)
    return UnprobedSet(chosen, v[chosen.rows], originals.raw[chosen.rows])


def _probe(unprobed: UnprobedSet, seed: int, directory: Path) -> ProbedSet:
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
        "raw": kept_or_probed(directory, chosen, unprobed.raw, seed, lambda: probed(unprobed.raw)),
        "leace": probed(unprobed.v, chosen.speaker),
    }
    return ProbedSet(chosen, embeddings)


def _eer(both: list[View], speaker: np.ndarray, seed: int) -> float | None:
    """From pairs within a half, which scaling and erasure were not fitted on."""
    rng = np.random.default_rng(derived_seed(seed, "trials"))
    most = MOST_TRIALS // len(both)
    halves = [cosine_trials(view.x_test, speaker[view.test], most, rng) for view in both]
    return equal_error_rate(*(np.concatenate(parts) for parts in zip(*halves, strict=True)))
