"""Made-up attacks on a protected system and on the posteriors of its rival."""

from menan.analysis.attack.attack_names import (
    EMOTION,
    FRESH,
    HEARD,
    INFORMED,
    KNOWN,
    POSTERIORS,
    RIVAL,
    TEXT,
    UNHEARD,
    Z,
)
from menan.analysis.attack.attack_result import (
    AttackResult,
    ClosedSet,
    Estimate,
    Identification,
    Use,
)

ACCURACIES = ((Z, FRESH, 0.09), (Z, INFORMED, 0.14), (Z, KNOWN, 0.3), (RIVAL, FRESH, 0.21))


def example_attack(system: str = "menan", bottleneck: str = "", name: str = "a") -> AttackResult:
    """From all utterances an accuracy is twice that from one, and higher on heard utterances."""
    return AttackResult(
        name=name,
        corpus="RAVDESS",
        system=system,
        bottleneck=bottleneck,
        rule="last",
        seeds=(0, 1),
        rival="ec",
        networks=20,
        speakers=20.0,
        unseen=4.0,
        closed=tuple(
            ClosedSet(utterances, release, level, (_named("1", value), _named("all", 2 * value)))
            for utterances, more in ((HEARD, 0.01), (UNHEARD, 0.0))
            for release, level, value in (
                (release, level, accuracy + more) for release, level, accuracy in ACCURACIES
            )
        ),
        use=(
            Use(EMOTION, 4, POSTERIORS, _estimate(0.83), {RIVAL: _estimate(-0.01)}),
            Use(EMOTION, 4, RIVAL, _estimate(0.84), {}),
            Use(TEXT, 2, Z, _estimate(0.7), {POSTERIORS: _estimate(0.1)}),
        ),
    )


def _named(amount: str, value: float) -> Identification:
    return Identification(amount, "linear", _estimate(value), 0.1, 0.9, "Actor_21", None)


def _estimate(value: float) -> Estimate:
    return Estimate(value, (value - 0.05, value + 0.06))
