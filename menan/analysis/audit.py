"""Probes and attacks on embeddings in memory; menan-probe and menan-attack are for files."""

from numpy.typing import ArrayLike

from menan.analysis.attack.attack_result import AttackResult
from menan.analysis.attack.attack_system import attack_embeddings
from menan.analysis.leakage.given_embeddings import embeddings_of_arrays
from menan.analysis.leakage.given_leakage import GivenLeakage
from menan.analysis.leakage.probe_given import probe_given


def probe(
    embeddings: ArrayLike,
    speakers: ArrayLike,
    emotions: ArrayLike | None = None,
    *,
    genders: ArrayLike | None = None,
    ids: ArrayLike | None = None,
    seed: int = 0,
) -> GivenLeakage:
    """How well fresh probes identify the speaker from embeddings, as menan-probe measures it.

    Args:
        embeddings: numbers (utterances, dims), from any model.
        speakers: who speaks, names (utterances,).
        emotions: names (utterances,). The halves that a probe learns on and is tested on are
            balanced by them.
        genders: f, m, female, male or empty (utterances,); one for each speaker.
        ids: names (utterances,), different ones. The halves are drawn by id: with the ids of a file
            the figures are those of menan-probe on that file.
        seed: seed of halves, control labels, probes and the bootstrap.

    Returns:
        ``sets["all"].embeddings.v`` has the figures of the embeddings, ``leace`` those after
        linear erasure of the speaker.

    Raises:
        InputError: arrays that do not fit, values that are not finite, or fewer than two speakers
            with four utterances.
    """
    given = embeddings_of_arrays(embeddings, speakers, ids, emotion=emotions, gender=genders)
    return probe_given(given, seed=seed)


def attack(
    embeddings: ArrayLike,
    speakers: ArrayLike,
    emotions: ArrayLike | None = None,
    *,
    genders: ArrayLike | None = None,
    groups: ArrayLike | None = None,
    ids: ArrayLike | None = None,
    seed: int = 0,
) -> AttackResult:
    """What attackers who collect many utterances find, as menan-attack measures it.

    All arguments but ``groups`` are those of :func:`probe`.

    Args:
        groups: names (utterances,), one for each speaker: those of a group are unknown to the
            attacker together. Without them there are groups of six speakers.

    Raises:
        InputError: as :func:`probe`, or fewer than four speakers.
    """
    labels = {"emotion": emotions, "gender": genders, "group": groups}
    return attack_embeddings(embeddings_of_arrays(embeddings, speakers, ids, **labels), seed)
