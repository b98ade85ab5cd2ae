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
from menan.analysis.attack.closed_set import (
    ClosedAttack,
    ClosedSetPlan,
    attack_closed_set,
    plan_closed_set,
)
from menan.analysis.attack.open_set import Trials, attack_open_set
from menan.analysis.attack.releases import Release
from menan.analysis.attack.trial_plan import TrialPlan, plan_trials


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


@dataclass(frozen=True)
class AttackPlan:
    """What every release of a network is attacked with.

    closed: by name of the set.
    known: int, rows of the utterances from which an attacker learns about known speakers.
    open_set: None without unseen speakers.
    """

    closed: dict[str, ClosedSetPlan]
    known: np.ndarray
    open_set: TrialPlan | None


def plan_attack(attacked: Attacked, roles: Roles, where: str, seed: int) -> AttackPlan:
    """Choose utterances, sessions and trials.

    Args:
        where: begins error messages.

    Raises:
        InputError: fewer than two known speakers with enough utterances.
    """
    heard = attacked.heard(roles.known, f"{where}: closed set", seed, roles.without)
    unheard = attacked.unheard(heard.speakers, f"{where}: unheard utterances", seed)
    closed = {HEARD: plan_closed_set(heard, None, seed)}
    if unheard is not None:
        same = attacked.heard(unheard.speakers, f"{where}: closed set", seed, roles.without)
        closed[UNHEARD] = plan_closed_set(unheard, same, seed)
    trials = plan_trials(attacked.unseen(roles.unseen), seed) if roles.unseen else None
    return AttackPlan(closed, np.flatnonzero(_is_known(attacked, roles)), trials)


def attack_network(
    attacked: Attacked, releases: Mapping[str, Release], roles: Roles, plan: AttackPlan, seed: int
) -> NetworkAttack:
    """Attack every release of a network at every level, in the closed and in the open set."""
    found = NetworkAttack(
        speakers={name: one.chosen.speakers for name, one in plan.closed.items()},
        unseen=roles.unseen,
    )
    for name, release in releases.items():
        for level in release.levels:
            for of_set, closed in plan.closed.items():
                with_curve = name == Z and level in (FRESH, INFORMED)
                found.closed[of_set, name, level] = attack_closed_set(
                    release, level, closed, seed, with_curve
                )
            if plan.open_set is not None:
                found.open_set[name, level] = attack_open_set(
                    release,
                    level,
                    plan.known,
                    attacked.speakers[plan.known],
                    plan.open_set,
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
