"""From attacks on single networks to means with intervals over speakers."""

from collections.abc import Sequence

import numpy as np

from menan.analysis.attack.attack_names import (
    CLOSED,
    OPEN,
)
from menan.analysis.attack.attack_network import Classified, NetworkAttack
from menan.analysis.attack.attack_result import (
    ClosedSet,
    Difference,
    Estimate,
    Identification,
    OpenSet,
    Use,
    Verification,
)
from menan.analysis.attack.closed_set import AMOUNTS, ClosedAttack
from menan.analysis.attack.measures import hits_at_one_percent, linkability, weighted_eer
from menan.analysis.attack.open_set import Trials
from menan.analysis.attack.resampling import Resampling
from menan.scoring.bootstrap import percentile_interval


class Summary:
    """Means over networks, with intervals from one bootstrap over speakers."""

    def __init__(self, attacks: Sequence[NetworkAttack], seed: int):
        self.attacks = attacks
        self.unseen = [one.unseen for one in attacks]
        names = {name for one in attacks for of_set in one.speakers.values() for name in of_set}
        names |= {name for one in attacks for name in one.unseen}
        self.resampling = Resampling(sorted(names), seed)
        self._eers: dict[tuple[str, ...], tuple[str, np.ndarray]] = {}

    def closed(self, utterances: str, release: str, level: str) -> ClosedSet | None:
        """One row of the closed set; None if it was not attacked."""
        found = self._closed(utterances, release, level)
        if found is None:
            return None
        speakers, attacks = found
        amounts = []
        for amount in AMOUNTS:
            if any(amount not in one.by_amount for one in attacks):
                continue
            learner, right = self._strongest(attacks, amount)
            less = [one.with_less.get(learner) for one in attacks] if amount == "1" else []
            by_speaker = self._by_speaker(speakers, right)
            worst = max(by_speaker, key=by_speaker.__getitem__)
            amounts.append(
                Identification(
                    amount=amount,
                    learner=learner,
                    accuracy=_estimate(self.resampling.mean(speakers, right)),
                    bits=_rounded(
                        np.mean([one.by_amount[amount][learner].bits for one in attacks])
                    ),
                    worst=_rounded(by_speaker[worst]),
                    worst_speaker=worst,
                    with_less=_mean_or_none(less),
                )
            )
        return ClosedSet(utterances, release, level, tuple(amounts))

    def open_set(self, release: str, level: str) -> OpenSet | None:
        """One row of the open set; None if it was not attacked."""
        keys = self._amounts(release, level)
        if not keys:
            return None
        rows = []
        for kind, enrol, test in keys:
            back_end, eer = self._eer(release, level, (kind, enrol, test))
            trials = [one.open_set[release, level][kind, enrol, test] for one in self.attacks]
            own = [(one.scores[back_end], one.target) for one in trials]
            by_speaker = self._eer_by_speaker(trials, back_end)
            worst = min(by_speaker, key=by_speaker.__getitem__)
            rows.append(
                Verification(
                    trials=kind,
                    enrolment=enrol,
                    test=test,
                    back_end=back_end,
                    eer=_estimate(eer),
                    hits=_mean_or_none([hits_at_one_percent(*one) for one in own]),
                    linkability=_rounded(np.mean([linkability(*one) for one in own])),
                    targets=int(sum(one.target.sum() for one in trials)),
                    others=int(sum((~one.target).sum() for one in trials)),
                    worst=_rounded(by_speaker[worst]),
                    worst_speaker=worst,
                )
            )
        return OpenSet(release, level, tuple(rows))

    def comparisons(self, first: tuple[str, str], second: tuple[str, str]) -> list[Difference]:
        """Differences between two releases, each (release, level), wherever both were attacked."""
        rows = []
        sets = dict.fromkeys(name for one in self.attacks for name in one.speakers)
        for utterances in sets:
            one, other = self._closed(utterances, *first), self._closed(utterances, *second)
            if one is None or other is None:
                continue
            for amount in AMOUNTS:
                if any(amount not in own.by_amount for own in (*one[1], *other[1])):
                    continue
                means = [
                    self.resampling.mean(s, self._strongest(found, amount)[1])
                    for s, found in (one, other)
                ]
                row = _estimate(means[0] - means[1])
                rows.append(Difference(CLOSED, utterances, amount, first[0], second[0], row))
        shared = set(self._amounts(*second))
        for key in (key for key in self._amounts(*first) if key in shared):
            difference = self._eer(*first, key)[1] - self._eer(*second, key)[1]
            amount = f"{key[1]} x {key[2]}"
            row = _estimate(difference)
            rows.append(Difference(OPEN, key[0], amount, first[0], second[0], row))
        return rows

    def use(self, label: str) -> list[Use]:
        """UA of each release on one label, and its differences to the others."""
        found = [(one.unseen, one.use[label]) for one in self.attacks if label in one.use]
        releases = dict.fromkeys(name for _, own in found for name in own.guesses)
        classes = int(max(own.truth.max() for _, own in found)) + 1
        means = {}
        for release in releases:
            recall = [self._recall(unseen, own, release) for unseen, own in found]
            means[release] = self.resampling.mean([unseen for unseen, _ in found], recall)
        return [
            Use(
                label=label,
                classes=classes,
                release=release,
                ua=_estimate(own),
                minus={
                    name: _estimate(own - other) for name, other in means.items() if name != release
                },
            )
            for release, own in means.items()
        ]

    def _recall(self, unseen: tuple[str, ...], own: Classified, release: str) -> np.ndarray:
        """UA of each unseen speaker, over the classes that occur there; NaN without utterances."""
        right = own.guesses[release] == own.truth
        ua = np.full(len(unseen), np.nan)
        for speaker in np.unique(own.speaker):
            at = own.speaker == speaker
            recalls = [right[at & (own.truth == one)].mean() for one in np.unique(own.truth[at])]
            ua[speaker] = np.mean(recalls)
        return ua

    def _closed(
        self, utterances: str, release: str, level: str
    ) -> tuple[list[tuple[str, ...]], list[ClosedAttack]] | None:
        key = (utterances, release, level)
        own = [one for one in self.attacks if key in one.closed]
        if not own:
            return None
        return [one.speakers[utterances] for one in own], [one.closed[key] for one in own]

    def _strongest(
        self, attacks: Sequence[ClosedAttack], amount: str
    ) -> tuple[str, list[np.ndarray]]:
        def right(learner: str) -> list[np.ndarray]:
            return [one.by_amount[amount][learner].right for one in attacks]

        names = list(attacks[0].by_amount[amount])
        learner = max(names, key=lambda name: np.concatenate(right(name)).mean())
        return learner, right(learner)

    def _by_speaker(
        self, speakers: Sequence[tuple[str, ...]], values: Sequence[np.ndarray]
    ) -> dict[str, float]:
        of: dict[str, list[float]] = {}
        for names, own in zip(speakers, values, strict=True):
            for name, value in zip(names, own, strict=True):
                of.setdefault(name, []).append(float(value))
        return {name: float(np.mean(own)) for name, own in of.items()}

    def _amounts(self, release: str, level: str) -> list[tuple[str, str, str]]:
        """Kinds of trial and amounts that all networks have."""
        if any((release, level) not in one.open_set for one in self.attacks):
            return []
        first, *others = (one.open_set[release, level] for one in self.attacks)
        return [key for key in first if all(key in other for other in others)]

    def _eer(self, release: str, level: str, key: tuple[str, str, str]) -> tuple[str, np.ndarray]:
        """The strongest back-end, and its EER with that of the resamples, computed once."""
        place = (release, level, *key)
        if place not in self._eers:
            trials = [one.open_set[release, level][key] for one in self.attacks]
            names = [name for name in trials[0].scores if all(name in one.scores for one in trials)]
            observed = {
                name: self.resampling.observed_eer(self.unseen, trials, name) for name in names
            }
            best = min(names, key=observed.__getitem__)
            self._eers[place] = best, self.resampling.eer(self.unseen, trials, best)
        return self._eers[place]

    def _eer_by_speaker(self, trials: Sequence[Trials], back_end: str) -> dict[str, float]:
        """EER of the trials in which a speaker is enrolled; means over networks."""
        of: dict[str, list[float]] = {}
        for attack, one in zip(self.attacks, trials, strict=True):
            own = np.eye(len(attack.unseen))
            found = weighted_eer(one.scores[back_end], one.target, one.enrolled, own)
            for name, eer in zip(attack.unseen, found, strict=True):
                if np.isfinite(eer):
                    of.setdefault(name, []).append(float(eer))
        return {name: float(np.mean(values)) for name, values in of.items()}


def _estimate(values: np.ndarray) -> Estimate:
    """The observed value, and the interval of those of the resamples."""
    low, high = percentile_interval(values[1:])
    return Estimate(_rounded(values[0]), (_rounded(low), _rounded(high)))


def _mean_or_none(values: Sequence[float | np.ndarray | None]) -> float | None:
    if not values or any(value is None for value in values):
        return None
    return _rounded(np.mean([np.mean(value) for value in values if value is not None]))


def _rounded(value: float | np.floating) -> float:
    return round(float(value), 6)
