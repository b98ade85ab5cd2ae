"""What menan-attack writes. Rates are between 0 and 1; differences of rates too."""

from dataclasses import dataclass

from menan.analysis.system_names import system_label


@dataclass(frozen=True)
class Estimate:
    """A mean with its 95 % interval, from a bootstrap over speakers."""

    value: float
    interval: tuple[float, float]


@dataclass(frozen=True)
class Identification:
    """How often a training speaker is named rightly from N utterances.

    amount: N, or ``all``.
    learner: the strongest attacker.
    accuracy: mean over speakers; chance is 1 / speakers.
    bits: information about the speaker in N utterances.
    worst, worst_speaker: the speaker who is named most often.
    with_less: accuracy of the strongest attacker with half of the data; None where N is not 1, or
        with too little data. If it is clearly lower, more data would help still more.
    """

    amount: str
    learner: str
    accuracy: Estimate
    bits: float
    worst: float
    worst_speaker: str
    with_less: float | None


@dataclass(frozen=True)
class ClosedSet:
    """Identification in one set of utterances, from one release, at one level."""

    utterances: str
    release: str
    level: str
    amounts: tuple[Identification, ...]


@dataclass(frozen=True)
class Verification:
    """How well two recordings by unseen speakers are linked.

    trials: which pairs: any, of the same emotion, with other texts.
    enrolment, test: utterances per recording.
    back_end: the strongest one.
    hits: rate of target trials accepted at 1 % false alarms; None with fewer than 1,000 others.
    linkability: D_sys.
    targets, others: number of trials by one speaker and by two.
    worst, worst_speaker: the speaker with the lowest EER.
    """

    trials: str
    enrolment: str
    test: str
    back_end: str
    eer: Estimate
    hits: float | None
    linkability: float
    targets: int
    others: int
    worst: float
    worst_speaker: str


@dataclass(frozen=True)
class OpenSet:
    """Verification from one release at one level."""

    release: str
    level: str
    amounts: tuple[Verification, ...]


@dataclass(frozen=True)
class Difference:
    """A paired difference between two releases: accuracy, or EER.

    measure: the set of utterances of a closed set, or the kind of trial of an open set.
    amount: utterances, or ``enrolment x test``.
    """

    kind: str
    measure: str
    amount: str
    release: str
    against: str
    difference: Estimate


@dataclass(frozen=True)
class Use:
    """UA of a fresh linear probe, or of EC, on unseen speakers.

    label: what is classified.
    classes: number of its classes.
    minus: paired differences to other releases, by release.
    """

    label: str
    classes: int
    release: str
    ua: Estimate
    minus: dict[str, Estimate]


@dataclass(frozen=True, kw_only=True)
class AttackResult:
    """The attacks on the networks of a system, or on given embeddings.

    name: what the file is called, without its extension, in a report.
    corpus: name of the data; it says whether they were generated.
    system, bottleneck, rule, seeds: as in training; empty for given embeddings.
    rival: label of the unprotected system whose posteriors stand beside; empty without one.
    made_from: digest of all that the result depends on.
    networks: number of networks that were attacked.
    speakers, unseen: speakers of a closed set and of an open set, per network.
    left_out: held-out speakers per network with fewer than four utterances, who are not attacked.
    within: what the speakers of a trial share, such as ``gender``; empty for nothing.
    """

    name: str = ""
    corpus: str = ""
    system: str = ""
    bottleneck: str = ""
    rule: str = ""
    seeds: tuple[int, ...] = ()
    rival: str = ""
    attack_seed: int = 0
    made_from: str = ""
    networks: int
    speakers: float = 0.0
    unseen: float = 0.0
    left_out: float = 0.0
    within: str = ""
    closed: tuple[ClosedSet, ...] = ()
    open_set: tuple[OpenSet, ...] = ()
    comparisons: tuple[Difference, ...] = ()
    use: tuple[Use, ...] = ()

    @property
    def label(self) -> str:
        """Names all but the rule and the seeds."""
        if not self.system:
            return "given embeddings"
        return system_label(self.system, self.bottleneck, 1)
