"""All attacks on one network."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from menan.analysis.attack import learners
from menan.analysis.attack.attack_names import (
    FRESH,
    HEARD,
    INFORMED,
    POSTERIORS,
    UNHEARD,
    Z,
)
from menan.analysis.attack.attacked import Attacked
from menan.analysis.attack.closed_set import ClosedAttack, attack_closed_set
from menan.analysis.attack.open_set import Trials, attack_open_set
from menan.analysis.attack.releases import Release
from menan.analysis.leakage.splits import ProbeSet


@dataclass(frozen=True)
class Roles:
    """Who is known to the network and to the attacker, and who is not.

    known: speakers of the closed set.
    unseen: speakers of the open set; empty for none.
    without: utterances of known speakers that the network was not trained on; nobody uses them.
    """

    known: tuple[str, ...]
    unseen: tuple[str, ...]
    without: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Classified:
    """Guesses about a label of unseen speakers' utterances.

    truth: int (utterances,); speaker: int (utterances,), an index into the network's ``unseen``.
    guesses: int (utterances,), by release.
    """

    truth: np.ndarray
    speaker: np.ndarray
    guesses: dict[str, np.ndarray]


@dataclass(frozen=True)
class NetworkAttack:
    """All attacks on one network.

    speakers: speakers of the closed sets, by name of the set.
    closed: by set, release and level.
    unseen: speakers of the open set.
    open_set: by release and level; then by kind of trial and amounts.
    use: by label.
    """

    speakers: dict[str, tuple[str, ...]] = field(default_factory=dict)
    closed: dict[tuple[str, str, str], ClosedAttack] = field(default_factory=dict)
    unseen: tuple[str, ...] = ()
    open_set: dict[tuple[str, str], dict[tuple[str, str, str], Trials]] = field(
        default_factory=dict
    )
    use: dict[str, Classified] = field(default_factory=dict)


def attack_network(
    attacked: Attacked, releases: Mapping[str, Release], roles: Roles, where: str, seed: int
) -> NetworkAttack:
    """Attack every release of a network at every level, in the closed and in the open set."""
    heard = attacked.heard(roles.known, f"{where}: closed set", seed, roles.without)
    unheard = attacked.unheard(heard.speakers, f"{where}: unheard utterances", seed)
    sets: dict[str, tuple[ProbeSet, ProbeSet | None]] = {HEARD: (heard, None)}
    if unheard is not None:
        same = attacked.heard(unheard.speakers, f"{where}: closed set", seed, roles.without)
        sets[UNHEARD] = unheard, same
    found = NetworkAttack(
        speakers={name: chosen.speakers for name, (chosen, _) in sets.items()},
        unseen=roles.unseen,
    )
    known = np.flatnonzero(_is_known(attacked, roles))
    for name, release in releases.items():
        for level in release.levels:
            for of_set, (chosen, extra) in sets.items():
                with_curve = name == Z and level in (FRESH, INFORMED)
                found.closed[of_set, name, level] = attack_closed_set(
                    release, level, chosen, extra, seed, with_curve
                )
            if roles.unseen:
                found.open_set[name, level] = attack_open_set(
                    release,
                    level,
                    known,
                    attacked.speakers[known],
                    attacked.unseen(roles.unseen),
                    seed,
                )
    _add_attacks_on_posteriors(found)
    return found


def probe_uses(
    attacked: Attacked, releases: Mapping[str, Release], roles: Roles, seed: int
) -> dict[str, Classified]:
    """Fresh linear probes of labels that nobody trained.

    They learn from the speakers whom the network knows, and are tested on those it does not know.
    """
    return {
        name: found
        for name, labels in attacked.untrained_labels.items()
        if (found := _probe_use(attacked, releases, roles, labels, seed)) is not None
    }


def _probe_use(
    attacked: Attacked,
    releases: Mapping[str, Release],
    roles: Roles,
    labels: np.ndarray,
    seed: int,
) -> Classified | None:
    learn = np.flatnonzero(_is_known(attacked, roles) & (labels != ""))
    test = np.flatnonzero(np.isin(attacked.speakers, roles.unseen) & (labels != ""))
    names = np.unique(labels[learn])
    test = test[np.isin(labels[test], names)]
    if len(names) < 2 or len(test) == 0:
        return None
    place = {name: number for number, name in enumerate(roles.unseen)}
    index = np.searchsorted(names, labels)  # only looked up where the label is among the names
    return Classified(
        truth=index[test],
        speaker=np.array([place[name] for name in attacked.speakers[test]]),
        guesses={
            name: learners.linear_guesses(release, learn, test, index, attacked.speakers, seed)
            for name, release in releases.items()
        },
    )


def _is_known(attacked: Attacked, roles: Roles) -> np.ndarray:
    """Whether an attacker may learn from an utterance as one of a known speaker, (utterances,)."""
    used = [utt not in roles.without for utt in attacked.utts]
    return np.isin(attacked.speakers, roles.known) & np.array(used)


def _add_attacks_on_posteriors(found: NetworkAttack) -> None:
    """z determines EC(z): who attacks z can attack EC(z) too."""
    for (of_set, name, level), own in list(found.closed.items()):
        weaker = found.closed.get((of_set, POSTERIORS, level))
        if name == Z and weaker is not None:
            for amount, learned in weaker.by_amount.items():
                own.by_amount[amount].update({f"{n} on EC(z)": v for n, v in learned.items()})
            own.with_less.update({f"{n} on EC(z)": v for n, v in weaker.with_less.items()})
    for (name, level), trials in list(found.open_set.items()):
        other = found.open_set.get((POSTERIORS, level))
        if name == Z and other is not None:
            for key, one in trials.items():
                one.scores.update({f"{n} on EC(z)": s for n, s in other[key].scores.items()})
