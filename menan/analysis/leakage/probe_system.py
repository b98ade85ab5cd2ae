"""Leakage: what fresh probes find of the speaker in the frozen embeddings of one system.

Three representations of an utterance are compared: ``v``, the embedding; ``raw``, statistics of
the network's input, which is about as much as there is to find; ``leace``, v after the speaker
has been erased linearly, which shows how much is left to probes that are not linear.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from menan import __version__
from menan.analysis.leakage.embeddings import (
    Originals,
    Source,
    find_sources,
    read_embeddings,
    read_originals,
    source_of_same_network,
)
from menan.analysis.leakage.names import bottleneck_label
from menan.analysis.leakage.probes import View, ask, linear_accuracy, views
from menan.analysis.leakage.splits import ProbeSet, probe_set
from menan.analysis.leakage.summary import Found, Probed, summaries
from menan.analysis.leakage.verification import cosine_trials, equal_error_rate
from menan.datadir.tables import c_sorted
from menan.errors import InputError
from menan.files.atomic import atomic_open
from menan.randomness import derived_seed

MOST_TRIALS = 200_000


@dataclass(frozen=True)
class Given:
    """One set of one network, before it is probed: v and raw are float64 (utterances, dims)."""

    of: ProbeSet
    v: np.ndarray
    raw: np.ndarray


def write_leakage(
    embeddings: Path,
    feats: Path,
    out: Path,
    other: Path | None = None,
    other_feats: Path | None = None,
    seed: int = 0,
) -> dict[str, Any]:
    """Probe the embeddings of one system; write the result as JSON and return it.

    What ``out`` holds of the same embeddings, labels, features and code is left as it is.

    Args:
        embeddings: a directory of menan-infer, or one with such directories, one a fold.
        feats: feats.scp of the dump that the system was trained and inferred on.
        other, other_feats: the same networks' embeddings of another dump, and that dump.
        seed: of halves, control labels, probes and resampling.

    Raises:
        InputError: embeddings and dump that do not fit, different systems, one speaker alone.
    """
    if (other is None) != (other_feats is None):
        raise InputError("--other and --other-feats name one corpus; give both or neither")
    sources = find_sources(embeddings)
    originals = read_originals(feats)
    sets: dict[str, dict[str, Given]] = {}
    for source in sources:
        v = read_embeddings(source.directory, originals)
        sets[source.name] = {
            name: _given(v, originals, speakers, f"{source.directory}: set {name}", seed)
            for name, speakers in _speakers(source, originals).items()
        }
    if other is not None and other_feats is not None:
        _add_other(sets, sources, other, read_originals(other_feats), seed)
    system = _system(sources[0])
    made_from = _digest(system, sets, seed)
    if (found := _made_before(out, made_from)) is not None:
        return found
    networks: dict[str, dict[str, Probed]] = {}
    # Matrices of a few hundred rows: threads would cost more than they give, and change digits.
    with threadpool_limits(1):
        for group in tqdm(list(sets), desc="probes", unit="network", disable=None):
            networks[group] = {name: _probe(given, seed) for name, given in sets[group].items()}
    result = system | {"probe_seed": seed, "made_from": made_from}
    result["groups"] = list(networks)
    result["sets"] = summaries(list(networks.values()), seed)
    result["by_group"] = {name: summaries([sets], seed) for name, sets in networks.items()}
    with atomic_open(out) as file:
        file.write(json.dumps(result, indent=1) + "\n")
    return result


def _digest(system: dict[str, Any], sets: dict[str, dict[str, Given]], seed: int) -> str:
    """SHA-256 of all that the result depends on."""
    digest = hashlib.sha256(f"{__version__} {seed} {system}".encode())
    for group, of_network in sets.items():
        for name, given in of_network.items():
            labels = (given.of.utts, given.of.speakers, given.of.emotions)
            digest.update(f"{group} {name} {labels}".encode())
            for array in (given.v, given.raw, given.of.speaker, given.of.gender):
                digest.update(b"" if array is None else np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _made_before(out: Path, made_from: str) -> dict[str, Any] | None:
    try:
        found = json.loads(out.read_text(encoding="utf-8"))
        return found if found["made_from"] == made_from else None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def _speakers(source: Source, originals: Originals) -> dict[str, list[str]]:
    """The speakers of each set of one network."""
    labels, card = originals.labels, source.card
    if card is None:
        return {"all": labels.speakers}
    if missing := c_sorted(set(card.speakers) - set(labels.speakers)):
        raise InputError(
            f"{originals.feats}: has no utterance of {missing[0]!r}, on whom "
            f"{source.directory} was trained; name the dump of the training"
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
    sets: dict[str, dict[str, Given]],
    sources: list[Source],
    directory: Path,
    originals: Originals,
    seed: int,
) -> None:
    """Another corpus beside each network's own sets: all of its speakers."""
    others = find_sources(directory)
    for source in sources:
        place = source_of_same_network(source, others, directory).directory
        v, where = read_embeddings(place, originals), f"{place}: set other"
        sets[source.name]["other"] = _given(v, originals, originals.labels.speakers, where, seed)


def _given(
    v: np.ndarray, originals: Originals, speakers: list[str], where: str, seed: int
) -> Given:
    of = probe_set(originals.labels, originals.utts, speakers, where, seed)
    return Given(of, v[of.rows], originals.raw[of.rows])


def _probe(given: Given, seed: int) -> Probed:
    of, found = given.of, {}
    for name, x, erased in (
        ("v", given.v, None),
        ("raw", given.raw, None),
        ("leace", given.v, of.speaker),
    ):
        both = views(x, of.half, erased)
        found[name] = Found(
            answers=ask(both, of.speaker, of.control, of.quarter, seed),
            eer=_eer(both, of.speaker, seed),
            gender=None
            if of.gender is None
            else linear_accuracy(views(x, of.gender_half, erased), of.gender, of.half),
        )
    return Probed(of, found)


def _eer(both: list[View], speaker: np.ndarray, seed: int) -> float | None:
    """Of pairs within a half: what standardises and erases has not heard them."""
    rng = np.random.default_rng(derived_seed(seed, "trials"))
    most = MOST_TRIALS // len(both)
    halves = [cosine_trials(view.x_test, speaker[view.test], most, rng) for view in both]
    return equal_error_rate(*(np.concatenate(parts) for parts in zip(*halves, strict=True)))


def _system(source: Source) -> dict[str, Any]:
    card = source.card
    return {
        "objective": card and card.objective,
        "seed": card and card.seed,
        "rule": card and card.rule,
        "lambda": card and card.training.lambda_,
        "bottleneck": card and bottleneck_label(card.training),
        "draws": card and source.draws,
    }
