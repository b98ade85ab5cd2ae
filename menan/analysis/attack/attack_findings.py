"""Sentences about an attack, made from its figures by fixed rules."""

from menan.analysis.attack.attack_captions import UTTERANCES
from menan.analysis.attack.attack_names import (
    ANY,
    EMOTION,
    IGNORANT,
    POSTERIORS,
    RIVAL,
    Z,
)
from menan.analysis.attack.attack_result import AttackResult, Estimate, Identification
from menan.analysis.cells import fixed, interval_text

AGAINST = {RIVAL: "the posteriors of the unprotected rival", POSTERIORS: "the posteriors of z"}
WHOLE = {"all": "Accuracy from all utterances of a speaker", "all x all": "EER of all utterances"}


def attack_findings(result: AttackResult) -> tuple[str, ...]:
    """What a reader looks for first: utility, leakage from z, and both beside the alternatives."""
    return (*_utility(result), *_identification(result), *_differences(result), *_uses(result))


def _utility(result: AttackResult) -> list[str]:
    for one in result.use:
        if one.label == EMOTION and RIVAL in one.minus:
            return [
                f"UA on unseen speakers: {_percent(one.ua)} %, a difference of "
                f"{_percent(one.minus[RIVAL])} points to `{result.rival}` without protection."
            ]
    return []


def _identification(result: AttackResult) -> list[str]:
    """The levels that know the most with and without the key, on what nobody trained on."""
    sets = [row.utterances for row in result.closed]
    chosen = sets[-1] if sets else ""
    sentences = []
    for row in result.closed:
        if row.release == Z and row.utterances == chosen and row.level != IGNORANT:
            first, last = row.amounts[0], row.amounts[-1]
            sentences.append(
                f"Attacker `{row.level}`, {UTTERANCES[chosen]}: names {_named(first, result)} from "
                f"one, and {_named(last, result)} from all of a speaker together."
            )
    return sentences


def _named(one: Identification, result: AttackResult) -> str:
    times = fixed(one.accuracy.value * result.speakers, 1)
    return f"{_percent(one.accuracy)} % ({times} times chance)"


def _differences(result: AttackResult) -> list[str]:
    return [
        f"{WHOLE[one.amount]} ({UTTERANCES.get(one.measure, 'unseen speakers')}): z minus "
        f"{AGAINST[one.against]} {_percent(one.difference)} points."
        for one in result.comparisons
        if one.amount in WHOLE and one.against in AGAINST and one.measure in (*UTTERANCES, ANY)
    ]


def _uses(result: AttackResult) -> list[str]:
    return [
        f"A linear probe of {one.label} ({one.classes} classes, unseen speakers): UA "
        f"{_percent(one.ua)} % from z, {_percent(one.minus[POSTERIORS])} points more than from the "
        "posteriors of z."
        for one in result.use
        if one.release == Z and POSTERIORS in one.minus
    ]


def _percent(one: Estimate) -> str:
    low, high = (100 * end for end in one.interval)
    return f"{fixed(one.value, 1, 100)} {interval_text((low, high))}"
