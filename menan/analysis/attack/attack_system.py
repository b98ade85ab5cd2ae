"""menan-attack: attacks on what a system releases, and on what could be released in its place."""

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from menan.analysis.attack.attack_digests import attack_digest, release_digest
from menan.analysis.attack.attack_files import found_attack
from menan.analysis.attack.attack_names import (
    DECISION,
    EMOTION,
    FRESH,
    HEARD,
    INFORMED,
    POSTERIORS,
    RAW,
    RIVAL,
    Z,
)
from menan.analysis.attack.attack_network import (
    AttackPlan,
    NetworkAttack,
    attack_network,
    probe_uses,
)
from menan.analysis.attack.attack_parts import FOLDER, AttackParts
from menan.analysis.attack.attack_result import AttackResult, Difference
from menan.analysis.attack.attack_summary import Summary
from menan.analysis.attack.attacked import Attacked
from menan.analysis.attack.releases import Release
from menan.analysis.attack.shared_work import SharedWork
from menan.analysis.attack.targets import (
    Target,
    given_as_targets,
    networks_as_targets,
)
from menan.analysis.leakage.given_embeddings import GivenEmbeddings, read_given_embeddings
from menan.device import open_device
from menan.files.atomic import atomic_open
from menan.files.mapping import to_mapping

RIVALS = (RIVAL, POSTERIORS, DECISION, RAW)  # that z is compared with


def attack_models(
    model: Path,
    feats: Path,
    out: Path,
    other_feats: Path | None = None,
    labels: Path | None = None,
    rival: Path | None = None,
    rule: str = "last",
    seed: int = 0,
    device: str = "cpu",
    shared: SharedWork | None = None,
) -> AttackResult:
    """Attack the networks of a system; write the result as JSON and return it.

    An ``out`` made from the same model files, labels and features by the same code is left as it
    is. Finished parts are kept beside it (:mod:`menan.analysis.attack.attack_parts`).

    Args:
        model: directory of one seed, ``exp/menan_seed0``, or of all seeds, ``exp/menan``.
        feats: feats.scp of the dump that the system was trained on.
        other_feats: feats.scp of utterances by the same speakers on which it was not trained.
        labels: directory or table with further labels, such as the text.
        rival: an unprotected system, with the same seeds and held-out groups.
        rule: selection rule of the models.
        seed: seed of halves, draws, learners and the bootstrap.
        shared: work that other systems have done already.

    Raises:
        InputError: models of several systems, a rival that lacks a network, utterances that do not
            fit the models or each other.
    """
    shared = shared or SharedWork()
    attacked = shared.attacked(feats, other_feats, labels)
    targets, networks, of_rivals = networks_as_targets(
        model, rival, rule, attacked, open_device(device), seed, shared.networks
    )
    card = networks[0].card
    unmeasured = AttackResult(
        corpus=attacked.dump.corpus,
        system=card.objective.system,
        bottleneck=card.model.bottleneck.label,
        rule=rule,
        seeds=tuple(sorted({one.card.seed for one in networks})),
        rival=of_rivals[0].card.objective.system if of_rivals else "",
        attack_seed=seed,
        networks=len(targets),
    )
    return _write(unmeasured, targets, attacked, out, shared)


def attack_given(embeddings: Path, out: Path, labels: Path | None, seed: int = 0) -> AttackResult:
    """Attack embeddings that anybody wrote; write the result as JSON and return it.

    Args:
        embeddings, labels: :func:`menan.analysis.leakage.given_embeddings.read_given_embeddings`.
        seed: seed of halves, learners and the bootstrap.

    Raises:
        InputError: files that cannot be read or do not fit, or fewer than four speakers.
    """
    return attack_embeddings(read_given_embeddings(embeddings, labels), seed, embeddings, out)


def attack_embeddings(
    given: GivenEmbeddings,
    seed: int = 0,
    embeddings: Path = Path("arrays"),
    out: Path | None = None,
) -> AttackResult:
    """Attack embeddings in memory.

    Args:
        seed: see :func:`attack_given`.
        embeddings: their file, for messages.
        out: JSON file of the result; None writes none.

    Raises:
        InputError: fewer than four speakers.
    """
    targets, attacked = given_as_targets(given, embeddings, seed)
    unmeasured = AttackResult(attack_seed=seed, networks=len(targets))
    return _write(unmeasured, targets, attacked, out, SharedWork())


def _write(
    result: AttackResult,
    targets: Sequence[Target],
    attacked: Attacked,
    out: Path | None,
    shared: SharedWork,
) -> AttackResult:
    result = replace(result, made_from=attack_digest(result, targets, attacked))
    found = None if out is None else found_attack(out)
    if found is not None and found.made_from == result.made_from:
        return found
    attacks: list[NetworkAttack] = []
    parts = AttackParts(None if out is None else out.parent / FOLDER)
    keys = [f"{result.made_from}-{number}" for number in range(len(targets))]
    # Matrices of a few hundred rows: threads would cost more than they gain, and change digits.
    with threadpool_limits(1):
        for key, target in tqdm(
            list(zip(keys, targets, strict=True)), desc="attacks", unit="network", disable=None
        ):
            seed = result.attack_seed
            plan = shared.plan(attacked, target.roles, target.name, seed)
            attack = partial(_attack, target, attacked, plan, parts, seed)
            attacks.append(parts.kept_or_made(key, attack))
        result = _measured(result, attacks, attacked)
        left_out = float(np.mean([target.left_out for target in targets]))
        result = replace(result, left_out=left_out)
    if out is not None:
        with atomic_open(out) as file:
            file.write(json.dumps(to_mapping(result), indent=1) + "\n")
    for key in keys:
        parts.remove(key)
    return result


def _attack(
    target: Target, attacked: Attacked, plan: AttackPlan, parts: AttackParts, seed: int
) -> NetworkAttack:
    roles, releases = target.roles, target.releases()
    if attacked.raw is not None:
        releases[RAW] = Release.of(attacked.raw)
    # Seeds and systems share their input, and systems their rival.
    common = {
        name: releases[name]
        for name in (RIVAL, RAW)
        if name in releases and releases[name].draw is None
    }
    own = {name: release for name, release in releases.items() if name not in common}
    found = attack_network(attacked, own, roles, plan, seed)
    for name, release in common.items():
        attack = partial(attack_network, attacked, {name: release}, roles, plan, seed)
        part = parts.kept_or_made(release_digest(name, release, plan, attacked, seed), attack)
        found.closed.update(part.closed)
        found.open_set.update(part.open_set)
    order = list(releases).index
    found = replace(
        found,
        closed=dict(sorted(found.closed.items(), key=lambda item: order(item[0][1]))),
        open_set=dict(sorted(found.open_set.items(), key=lambda item: order(item[0][0]))),
    )
    if target.emotions is not None:
        found.use[EMOTION] = target.emotions
    if roles.unseen:
        found.use.update(probe_uses(attacked, releases, roles, seed))
    return found


def _measured(
    result: AttackResult, attacks: Sequence[NetworkAttack], attacked: Attacked
) -> AttackResult:
    summary, first = Summary(attacks, result.attack_seed), attacks[0]
    closed = [summary.closed(*key) for key in first.closed]
    open_set = [summary.open_set(*key) for key in first.open_set]
    is_split = [len(set(attacked.blocks(one.unseen))) > 1 for one in attacks]
    return replace(
        result,
        speakers=float(np.mean([len(one.speakers[HEARD]) for one in attacks])),
        unseen=float(np.mean([len(one.unseen) for one in attacks])),
        within="gender" if all(is_split) else "",
        closed=tuple(row for row in closed if row is not None),
        open_set=tuple(row for row in open_set if row is not None),
        comparisons=tuple(_comparisons(summary, first)),
        use=tuple(row for label in first.use for row in summary.use(label)),
    )


def _comparisons(summary: Summary, first: NetworkAttack) -> list[Difference]:
    """z against the other releases, each attacked by who knows the most without the key."""
    level: dict[str, str] = {}
    for _, release, of_release in first.closed:
        if of_release in (FRESH, INFORMED):
            level[release] = of_release
    z = (Z, level[Z])
    return [
        row
        for against in RIVALS
        if against in level
        for row in summary.comparisons(z, (against, level[against]))
    ]
