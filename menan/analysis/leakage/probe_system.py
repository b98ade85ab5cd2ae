"""Leakage: how well fresh probes identify the speaker from one system's frozen embeddings.

Three representations of an utterance are compared: ``v``, the embedding; ``raw``, statistics of
the network's input, about as much as there is to find; ``leace``, v after linear erasure of the
speaker, which shows how much is left for probes that are not linear.
"""

import sys
from collections import Counter
from pathlib import Path

from menan.analysis.leakage.embeddings import (
    NetworkEmbeddings,
    Originals,
    OriginalsReader,
    find_embeddings,
    find_same_network,
    read_embeddings,
)
from menan.analysis.leakage.probing import UnprobedSet, probe_sets, unprobed_set
from menan.analysis.leakage.result import Leakage, SystemLeakage
from menan.analysis.leakage.splits import FEWEST_UTTERANCES
from menan.datadir.division import not_trained_on, unseen_speakers
from menan.datadir.folds import is_split
from menan.datadir.tables import c_sorted
from menan.errors import InputError


def write_leakage(
    embeddings: Path,
    feats: Path,
    out: Path,
    other: Path | None = None,
    other_feats: Path | None = None,
    seed: int = 0,
    read: OriginalsReader | None = None,
) -> Leakage:
    """Probe the embeddings of one system; write the result as JSON and return it.

    An ``out`` made from the same embeddings, labels, features and code is left as it is.

    Args:
        embeddings: a directory of menan-infer, or one that holds such a directory per fold.
        feats: feats.scp of the dump that the system was trained and inferred on.
        other, other_feats: the same networks' embeddings of another dump, and that dump.
        seed: seed of halves, control labels, probes and the bootstrap.
        read: reader of the dumps, perhaps for several systems.

    Raises:
        InputError: embeddings and dump that do not fit, different systems, only one speaker.
    """
    if (other is None) != (other_feats is None):
        raise InputError("--other and --other-feats belong together; give both or neither")
    read = read or OriginalsReader()
    networks, originals = find_embeddings(embeddings), read(feats)
    speakers = _speakers_by_network(networks, originals)
    sets: dict[str, dict[str, UnprobedSet]] = {}
    for network in networks:
        v = read_embeddings(network.directory, originals)
        group = None if network.card is None else network.card.group
        without = not_trained_on(originals.metadata, group)
        sets[network.name] = {
            name: unprobed_set(
                originals.metadata,
                originals.utts,
                own,
                v,
                originals.raw,
                f"{network.directory}: set {name}",
                seed,
                without if name == "train" else (),
            )
            for name, own in speakers[network.name].items()
        }
    if other is not None and other_feats is not None:
        _add_other(sets, networks, other, read(other_feats), seed)
    return probe_sets(_unmeasured(networks, seed), sets, seed, out)


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


def _speakers_by_network(
    networks: list[NetworkEmbeddings], originals: Originals
) -> dict[str, dict[str, list[str]]]:
    """The speakers of each set by network; a split may leave none for the set ``heldout``."""
    found = {network.name: _speakers(network, originals) for network in networks}
    spoken = Counter(originals.metadata.utt2spk[utt] for utt in originals.utts)
    for network in networks:
        group = None if network.card is None else network.card.group
        unseen = found[network.name].get("heldout", [])
        if is_split(group) and sum(spoken[name] >= FEWEST_UTTERANCES for name in unseen) < 2:
            print(
                f"note: {network.directory}: fewer than two speakers of {group} are not trained on "
                f"and have {FEWEST_UTTERANCES} utterances, so held-out speakers are not probed; to "
                "probe unseen speakers, train with --hold-out each",
                file=sys.stderr,
            )
            return {name: {"train": sets["train"]} for name, sets in found.items()}
    return found


def _speakers(network: NetworkEmbeddings, originals: Originals) -> dict[str, list[str]]:
    """The speakers of each set of one network."""
    metadata, card = originals.metadata, network.card
    if card is None:
        return {"all": metadata.speakers}
    if missing := c_sorted(set(card.speakers) - set(metadata.speakers)):
        raise InputError(
            f"{originals.feats}: no utterance of {missing[0]!r}, a training speaker of "
            f"{network.directory}; give the dump of the training"
        )
    sets = {"train": list(card.speakers)}
    if card.group is not None:
        sets["heldout"] = unseen_speakers(metadata, card.group, card.speakers)
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
        metadata, raw = originals.metadata, originals.raw
        sets[network.name]["other"] = unprobed_set(
            metadata, originals.utts, metadata.speakers, v, raw, where, seed
        )
