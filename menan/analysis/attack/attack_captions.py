"""Titles and notes about attacks, each written once for terminal, Markdown and HTML.

In notes, text between backticks is code.
"""

from menan.analysis.attack.attack_names import (
    ANY,
    FRESH,
    HEARD,
    IGNORANT,
    INFORMED,
    KNOWN,
    OTHER_TEXT,
    RAW,
    SAME_EMOTION,
    UNHEARD,
    Z,
)
from menan.analysis.attack.attack_result import AttackResult
from menan.analysis.cells import fixed

ATTACKS = "Attacks: what many utterances and an informed attacker reveal"
ATTACKS_NOTE = (
    "Closed set: the attacker learns from some utterances of the training speakers and names the "
    "speaker of others, adding up the log posteriors of N utterances. Open set: speakers whom "
    "neither network nor attacker has heard; means of N utterances are compared by cosine, LDA or "
    "PLDA. In each row the strongest of several attackers counts, chosen by these figures: the "
    "choice is in the attacker's favour. The attackers on `z` include those on `EC(z)`, which is a "
    "function of it. Intervals (95 %) are from a bootstrap over speakers."
)
LEVELS = {
    IGNORANT: "learns from embeddings without noise",
    FRESH: "learns from one release of other utterances",
    INFORMED: "owns the model: learns from as many draws as it wants, or knows their density",
    KNOWN: "has the key: no noise is left",
}
LEVELS_NOTE = "Attackers: " + "; ".join(f"`{name}` {text}" for name, text in LEVELS.items()) + "."
UTTERANCES = {
    HEARD: "utterances that the network was trained on",
    UNHEARD: "other utterances, which nobody trained on",
}
TRIALS = {
    ANY: "any utterances",
    SAME_EMOTION: "both recordings with the same emotion",
    OTHER_TEXT: "different texts in the two recordings",
}
CURVE_NOTE = (
    "Learning from half as much, the strongest attacker on `z` names {less} % instead of {all} % "
    "({utterances}, one utterance){verdict}."
)
STILL_LEARNS = ": more data would still help, so these figures are lower bounds"
DIFFERENCES = "Differences of `z`"
DIFFERENCES_COLUMNS = ("measure", "utterances", "against", "difference")
USES = "What the release is good for: UA on unseen speakers, %"
USES_COLUMNS = ("probed", "release", "UA", "z minus this")
NO_RAW = "The input of the embeddings is not known, so there is no ceiling beside them."
RISE = 0.02  # of the accuracy, by twice the data, that is called a rise

FRONT_NOTE = (
    "UA is that of EC on unseen speakers. The columns on z, EC(z) and the rival's posteriors are "
    "accuracies in %, of attackers who know the most without the key, on utterances that nobody "
    "trained on; all is all utterances of a speaker. The last columns are differences in UA "
    "between linear probes of z and of EC(z), for labels that nobody was trained on: above 0, z is "
    "good for more than its posteriors."
)


def attack_facts(result: AttackResult) -> str:
    """Sizes, chance and what trials share, in one or two sentences."""
    chance = fixed(1 / result.speakers, 1, 100) if result.speakers else "–"
    text = (
        f"{result.networks} networks; closed set of {result.speakers:g} speakers each, chance "
        f"{chance} %; open set of {result.unseen:g} unseen speakers each"
    )
    text += f", trials within a {result.within}." if result.within else "."
    if result.left_out:
        text += f" {result.left_out:g} held-out speakers have too few utterances to be attacked."
    if result.rival:
        text += f" The rival is `{result.rival}` without protection."
    if RAW not in {row.release for row in result.closed}:
        text += f" {NO_RAW}"
    return text


def learning_notes(result: AttackResult) -> list[str]:
    """Whether the strongest attacker on z still gains from data, for each set of utterances."""
    notes = {}
    for row in result.closed:
        one = next((own for own in row.amounts if own.amount == "1"), None)
        if row.release == Z and one is not None and one.with_less is not None:
            rises = one.accuracy.value - one.with_less > RISE
            # The best informed level comes last.
            notes[row.utterances] = CURVE_NOTE.format(
                less=fixed(one.with_less, 1, 100),
                all=fixed(one.accuracy.value, 1, 100),
                utterances=UTTERANCES[row.utterances],
                verdict=STILL_LEARNS if rises else "",
            )
    return list(notes.values())
