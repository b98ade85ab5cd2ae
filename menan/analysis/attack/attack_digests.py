"""Digests of all that attacks depend on: files of results are kept under them."""

import hashlib
from collections.abc import Sequence

import numpy as np

from menan.analysis.attack.attack_network import AttackPlan
from menan.analysis.attack.attack_result import AttackResult
from menan.analysis.attack.attacked import Attacked
from menan.analysis.attack.releases import Release
from menan.analysis.attack.targets import Target
from menan.provenance import computed_by


def attack_digest(result: AttackResult, targets: Sequence[Target], attacked: Attacked) -> str:
    """SHA-256 of all that the result depends on."""
    digest = hashlib.sha256(f"{computed_by()} {result} {attacked.utts}".encode())
    for name, values in (("speakers", attacked.speakers), ("emotions", attacked.emotions)):
        digest.update(f"{name} {values.tolist()}".encode())
    for name, values in attacked.labels.items():
        digest.update(f"{name} {values.tolist()}".encode())
    digest.update(f"{sorted(attacked.dump.labels.spk2gender.items())}".encode())
    digest.update(b"" if attacked.raw is None else np.ascontiguousarray(attacked.raw).tobytes())
    for target in targets:
        digest.update(f"{target.made_from} {target.roles}".encode())
        for name, release in target.releases().items():
            digest.update(name.encode() + release.released.tobytes() + release.bare.tobytes())
    return digest.hexdigest()


def release_digest(
    name: str, release: Release, plan: AttackPlan, attacked: Attacked, seed: int
) -> str:
    """SHA-256 of all that the attacks on one release without noise depend on."""
    digest = hashlib.sha256(f"{computed_by()} {name} {seed}".encode())
    digest.update(release.released.tobytes() + plan.known.tobytes())
    digest.update(f"{attacked.speakers[plan.known].tolist()}".encode())
    for of_set, closed in plan.closed.items():
        for chosen in (closed.chosen, closed.extra):
            digest.update(of_set.encode())
            if chosen is not None:
                digest.update(f"{chosen.speakers}".encode())
                for array in (chosen.rows, chosen.speaker, chosen.half, chosen.quarter):
                    digest.update(array.tobytes())
    trials = plan.open_set
    if trials is not None:
        digest.update(trials.rows.tobytes() + trials.first.tobytes() + trials.second.tobytes())
        for key, sides in trials.recordings.items():
            digest.update(f"{key}".encode())
            for side in sides:
                digest.update(side.utterances.tobytes())
    return digest.hexdigest()
