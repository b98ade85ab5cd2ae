"""What is attacked: the networks of a system, or the groups of given embeddings."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from menan.analysis.attack.attack_names import (
    DECISION,
    LINEAR_ERASURE,
    NONLINEAR_ERASURE,
    POSTERIORS,
    RIVAL,
    Z,
)
from menan.analysis.attack.attack_network import Classified, Roles
from menan.analysis.attack.attacked import Attacked, Spoken
from menan.analysis.attack.network_releases import AttackedNetwork, attacked_networks
from menan.analysis.attack.nonlinear_erasure import fit_nonlinear_erasure
from menan.analysis.attack.releases import Release, fit_linear_erasure
from menan.analysis.leakage.embeddings import read_originals
from menan.analysis.leakage.given_embeddings import GivenEmbeddings
from menan.analysis.leakage.given_labels import read_given_labels
from menan.analysis.leakage.probe_given import labels_of_given
from menan.datadir.division import not_trained_on, unseen_speakers
from menan.datadir.folds import groups_of_size, is_split
from menan.datadir.joint_dump import open_dumps
from menan.datadir.metadata import Metadata
from menan.datadir.tables import c_sorted
from menan.errors import InputError

# Runs networks: (directories of the seeds, rule, utterances, device).
NetworksOf = Callable[[Sequence[Path], str, Attacked, torch.device], list[AttackedNetwork]]

GROUP_SIZE = 6  # unseen speakers at once, unless the embeddings come with groups


@dataclass(frozen=True)
class Target:
    """One network, or one group of given embeddings.

    name: for messages.
    made_from: digest of the model files; empty for given embeddings.
    left_out: number of held-out speakers who are not attacked.
    releases: all forms of release by name, made when they are needed.
    emotions: what EC says of the unseen speakers, from some releases; None without EC.
    """

    name: str
    made_from: str
    roles: Roles
    left_out: int
    releases: Callable[[], dict[str, Release]]
    emotions: Classified | None


def read_attacked(feats: Path, other_feats: Path | None, labels: Path | None) -> Attacked:
    """The utterances of one or two dumps as spoken, with their input and further labels.

    Args:
        other_feats: utterances on which no network was trained.
        labels: directory or table (:func:`read_given_labels`) that has all of the utterances.

    Raises:
        InputError: unreadable files, an utterance in both dumps, or one that ``labels`` lacks.
    """
    found = [read_originals(path) for path in (feats, other_feats) if path is not None]
    spoken = [Spoken(one.feats, one.utts, one.metadata, one.metadata.corpus) for one in found]
    utts = [utt for one in spoken for utt in one.utts]
    further: dict[str, np.ndarray] = {}
    if labels is not None:
        known = read_given_labels(labels)
        if missing := next((utt for utt in utts if utt not in known.speakers), None):
            raise InputError(f"{labels}: lacks {missing!r} of {feats.parent}; add its labels")
        for name, table in known.others.items():
            further[name] = np.array([table.get(utt, "") for utt in utts])
    raw = np.concatenate([one.raw for one in found])
    return Attacked(spoken[0], spoken[1] if len(spoken) > 1 else None, raw, further)


def networks_as_targets(
    model: Path,
    rival: Path | None,
    rule: str,
    attacked: Attacked,
    device: torch.device,
    seed: int,
    networks_of: NetworksOf | None = None,
) -> tuple[list[Target], list[AttackedNetwork], list[AttackedNetwork]]:
    """The networks of a system, each with the network of its rival.

    Args:
        model, rival: see :func:`seeds_of`.
        networks_of: runs the rival; by default :func:`attacked_networks`.

    Returns:
        Targets, the networks and the rivals.

    Raises:
        InputError: see :func:`attacked_networks`, or a network without its rival.
    """
    networks = attacked_networks(seeds_of(model), rule, attacked, device)
    by_key: dict[tuple[int, str | None], AttackedNetwork] = {}
    if rival is not None:
        found = (networks_of or attacked_networks)(seeds_of(rival), rule, attacked, device)
        by_key = {one.key: one for one in found}
    metadata = open_dumps(attacked.dump.path).metadata
    targets = []
    for one in networks:
        other = by_key.get(one.key)
        if rival is not None and other is None:
            raise InputError(
                f"{one.path}: no network with seed {one.card.seed} and held-out group "
                f"{one.card.group} in {rival}; train the rival with the same seeds and folds"
            )
        targets.append(_of_network(one, other, attacked, metadata, seed))
    return targets, networks, list(by_key.values())


def seeds_of(system: Path) -> list[Path]:
    """The directories of a system's seeds: itself, or ``<system>_seed<k>`` for all seeds.

    Raises:
        InputError: neither exists.
    """
    if system.is_dir():
        return [system]
    found = sorted(system.parent.glob(f"{system.name}_seed*"))
    if not found:
        raise InputError(f"{system}: no such directory, nor {system.name}_seed0; train the system")
    return found


def given_as_targets(
    given: GivenEmbeddings, path: Path, seed: int
) -> tuple[list[Target], Attacked]:
    """Given embeddings: each group of speakers in turn is unknown to the attacker.

    Without groups of their own the speakers are put into groups of :data:`GROUP_SIZE`, or into two
    halves if they are fewer than twelve.

    Raises:
        InputError: fewer than four speakers.
    """
    labels = labels_of_given(given)
    groups = {s: g for s, g in zip(given.speakers, given.groups, strict=True) if g}
    speakers = c_sorted(set(given.speakers))
    if len(set(groups.values())) < 2:
        size = min(GROUP_SIZE, max(2, len(speakers) // 2))
        groups = groups_of_size(speakers, labels.spk2gender, size)
    others = {name: np.array(values) for name, values in given.others.items()}
    attacked = Attacked(Spoken(path, given.utts, labels), labels=others)
    z = Release.of(given.x)
    releases = {Z: z, **_erased(z)}
    targets = []
    for group in sorted(set(groups.values())):
        held_out = [name for name in speakers if groups[name] == group]
        unseen = attacked.verifiable(held_out, seed)
        roles = Roles(tuple(name for name in speakers if groups[name] != group), unseen)
        left_out = len(held_out) - len(unseen)
        name = f"{path}: group {group}"
        targets.append(Target(name, "", roles, left_out, lambda: releases, None))
    return targets, attacked


def _of_network(
    one: AttackedNetwork,
    rival: AttackedNetwork | None,
    attacked: Attacked,
    metadata: Metadata,
    seed: int,
) -> Target:
    group, held_out = one.card.group, list[str]()
    if group is not None:
        held_out = unseen_speakers(metadata, group, one.card.speakers)
    unseen = attacked.verifiable(held_out, seed)
    if is_split(group) and not unseen:
        print(
            f"note: {one.path}: fewer than two speakers of {group} are not trained on, so unseen "
            "speakers are not attacked; for them, train with --hold-out each",
            file=sys.stderr,
        )
    if missing := sorted(set(one.card.speakers) - set(attacked.dump.speakers)):
        raise InputError(
            f"{attacked.dump.path}: no utterance of {missing[0]!r}, a training speaker of "
            f"{one.path}; give the dump of the training"
        )
    roles = Roles(one.card.speakers, unseen, not_trained_on(metadata, group))
    emotions = _emotions(one, rival, attacked, roles, seed) if unseen else None
    return Target(
        name=str(one.path),
        made_from=one.sha256 + ("" if rival is None else rival.sha256),
        roles=roles,
        left_out=len(held_out) - len(unseen),
        releases=lambda: _releases(one, rival, attacked, seed),
        emotions=emotions,
    )


def _releases(
    one: AttackedNetwork, rival: AttackedNetwork | None, attacked: Attacked, seed: int
) -> dict[str, Release]:
    z, posteriors = one.embedding(attacked.utts, seed), one.posteriors(attacked.utts, seed)
    found = {Z: z, POSTERIORS: posteriors}
    found[DECISION] = Release.of(np.eye(len(one.card.emotions))[_decisions(one, posteriors)])
    if rival is not None:
        found[RIVAL] = rival.posteriors(attacked.utts, seed)
    return found | _erased(z)


def _decisions(one: AttackedNetwork, posteriors: Release) -> np.ndarray:
    """The most probable emotion of each utterance, int (utterances,)."""
    return posteriors.released[:, : len(one.card.emotions)].argmax(axis=1)


def _erased(z: Release) -> dict[str, Release]:
    """What an eraser makes of the embeddings, without noise."""
    return {
        LINEAR_ERASURE: Release.of(z.bare, fit_linear_erasure),
        NONLINEAR_ERASURE: Release.of(z.bare, fit_nonlinear_erasure),
    }


def _emotions(
    one: AttackedNetwork,
    rival: AttackedNetwork | None,
    attacked: Attacked,
    roles: Roles,
    seed: int,
) -> Classified:
    """Decisions of both ECs; utterances with several emotions, or another one, are left out."""
    place = {name: number for number, name in enumerate(one.card.emotions)}
    rows = np.flatnonzero(np.isin(attacked.speakers, roles.unseen))
    rows = rows[[attacked.emotions[row] in place for row in rows]]
    speaker = {name: number for number, name in enumerate(roles.unseen)}
    networks = {POSTERIORS: one} if rival is None else {POSTERIORS: one, RIVAL: rival}
    return Classified(
        truth=np.array([place[attacked.emotions[row]] for row in rows]),
        speaker=np.array([speaker[attacked.speakers[row]] for row in rows]),
        guesses={
            name: _decisions(network, network.posteriors(attacked.utts, seed))[rows]
            for name, network in networks.items()
        },
    )
