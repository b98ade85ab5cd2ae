"""Titles, headers and notes of reports, each written once for Markdown and HTML.

In notes, text between backticks is code.
"""

import math
from collections.abc import Collection, Sequence

from menan.analysis.cells import fixed, span
from menan.analysis.leakage.result import LeakageMean, SetFacts
from menan.analysis.results import Table2
from menan.training.selection import RULES

PROBE_TITLES = {"linear": "linear", "mlp": "MLP", "knn": "k-NN"}
INPUT_TITLES = {"v": "v", "raw": "raw features", "leace": "v after LEACE"}
SET_TITLES = {
    "train": "training speakers, other utterances",
    "heldout": "held-out speakers",
    "all": "all speakers",
    "other": "speakers of another corpus",
}
GENDER_TITLES = {"f": "women", "m": "men"}
CALIBRATION_TITLES = {
    "nll": "NLL, nats",
    "ece": "ECE",
    "temperature": "temperature",
    "nll_scaled": "NLL, scaled",
    "ece_scaled": "ECE, scaled",
}
GENERATED = (
    "This corpus is generated. Its speech was synthesized to try the software. No figure here says "
    "anything about people, or about the accuracy on their speech."
)

OVERVIEW = "At a glance"

FINDINGS = "Findings"
FINDINGS_NOTE = (
    "Sentences made from the figures below by fixed rules: a difference counts at p < 0.05 after "
    "Holm's correction. “Not distinguishable” is no proof of equality."
)
CONFIGURATION = "Configuration and provenance"
TABLE2_COLUMNS: tuple[str, ...] = ("system", "figures", "WA validation", "WA test", "Δ WA")
TABLE2_COLUMNS += ("UA validation", "UA test", "Δ UA", "sd by epoch", "seeds", "folds")
DELTA = "Δ = test − validation, shown as the paper shows it; it is no evidence of invariance."
DELTA_IN_TURN = (
    "Each speaker validates once and tests once, so a rule that ignores validation has Δ = 0, and "
    "one that picks the best epoch on validation has Δ ≤ 0 by construction."
)
DELTA_BETWEEN_PARTS = "Other utterances validate than test, so it also shows how these differ."
EPOCH_SD = (
    "“sd by epoch” is the standard deviation of the test UA over the last ten epochs: differences "
    "of this size are within the noise of choosing an epoch."
)
FOLDS = "All folds"
FOLDS_COLUMNS: tuple[str, ...] = ("system", "seed", "tests", "validates", "epoch")
FOLDS_COLUMNS += ("WA validation", "WA test", "UA validation", "UA test")

RULES_TITLE = "Selection rules: test UA (Δ), %"

COMPARISONS = "System against system"
COMPARISONS_COLUMNS = ("systems", "measure", "difference", "p", "p, Holm", "p, McNemar")
COMPARISONS_NOTE = (
    "Difference of test accuracy in points. p is from the exact sign-flip permutation test over "
    "test speakers, with means over seeds; Holm's p accounts for the number of comparisons of one "
    "measure. With n speakers p cannot be below 2 / 2ⁿ, so few speakers cannot show a small "
    "difference; a large p is no proof of equality. McNemar's p treats utterances as independent, "
    "which they are not, and is secondary."
)

POOLED = "Confusion, and accuracy over all test utterances, %"
POOLED_NOTE = (
    "Test utterances of all folds and seeds count alike. Matrices: rows are the reference, columns "
    "the prediction. A cell holds the number of utterances and is shaded by its share of the row, "
    "so the shade of the diagonal is the recall beside it."
)

SPEAKERS = "Speakers, %"
SPEAKERS_NOTE = (
    "Each speaker as test speaker, means over seeds. A mean hides the speakers for whom a system "
    "works badly; these rows show them. The recall of one speaker rests on few utterances, so "
    "single cells are rough; – means that the speaker has no utterance with that emotion."
)
RECALLS = "Recall by speaker"

CALIBRATION = "Calibration on test speakers"

CURVES = "Training"
HELDOUT_CURVES = "UA of held-out speakers"

LEAKAGE = "Leakage: speaker identification by fresh probes"
LEAKAGE_AFTER = (
    "“own SC” is the accuracy of the speaker classifier that was trained with the encoder, in its "
    "last epoch and on its training utterances: where it fails and a probe does not, the encoder "
    "fooled its opponent without removing the speaker. Control and selectivity are of the "
    "strongest probe, which is set in bold on the page. “nats” is the lowest cross-entropy of the "
    "probes that give posteriors. Gender is read from speakers that the probe has not heard; in "
    "brackets, the accuracy of always naming the more frequent gender."
)

PLANES = "t-SNE of held-out utterances"


def table2_note(table: Table2, corpus: str) -> str:
    """On the figures of Table 2."""
    is_papers = corpus.startswith("IEMOCAP") and "generated" not in corpus.lower()
    seeds = max(len(system.seeds) for system in table.systems.values())
    return (
        "WA counts utterances alike, UA emotions alike (mean recall); chance is "
        f"{100 / len(table.emotions):.3g} % UA. Figures are means over folds and seeds, with the "
        f"epoch chosen by `{table.rule}`. In brackets the 95 % interval of a bootstrap over "
        f"speakers, then utterances{', then seeds' if seeds > 1 else ''}. The paper's figures are "
        f"of IEMOCAP{'' if is_papers else ', so they are no yardstick for this corpus'}."
    )


def table2_after(table: Table2) -> str:
    """On Δ, where there is validation, and the spread over epochs."""
    folds = [fold for system in table.systems.values() for fold in system.folds]
    valid, test = {fold.valid for fold in folds}, {fold.test for fold in folds}
    if valid == {None}:
        return EPOCH_SD
    return " ".join((DELTA, DELTA_IN_TURN if valid == test else DELTA_BETWEEN_PARTS, EPOCH_SD))


def rules_note(rule: str, shown: Collection[str]) -> str:
    """On the selection rules with figures, which stand beside the headline's."""
    rules = "; ".join(f"`{name}`, {RULES[name].description}" for name in shown)
    if absent := ", ".join(f"`{name}`" for name in RULES if name not in shown):
        rules += f". Without validation there is no {absent}"
    return (
        f"The same trainings by other rules: {rules}. A rule that sees the test speaker is not a "
        f"result; the last row is what it would add to `{rule}`. A ranking that changes from row "
        "to row is not a finding."
    )


def calibration_note(emotions: int) -> str:
    """On NLL and ECE."""
    return (
        f"NLL is in nats (always predicting {100 / emotions:.3g} % for each emotion costs "
        f"{fixed(math.log(emotions), 3)}), ECE is the mean distance between confidence and "
        "accuracy in points of probability. The temperature is fitted on the fold's validation "
        "speaker; above 1 it softens overconfident posteriors. Means over folds."
    )


def curves_note(trainings: dict[str, int], lengths: Sequence[int]) -> str:
    """On the curves of training."""
    counts = ", ".join(f"{name} {count}" for name, count in trainings.items())
    unequal = ""
    if min(lengths) != max(lengths):
        unequal = (
            f" Trainings have {span(lengths)} epochs; where the shorter ones have ended the mean "
            "is of the others."
        )
    return (
        f"Lines are means over trainings ({counts}), bands reach from the lowest to the highest. "
        f"Held-out UA is the mean over held-out speakers, who are shown one by one below.{unequal} "
        "Speaker figures are of the classifier that plays against the encoder, on training "
        "speakers: entropy at ln K (K speakers) means that it cannot tell them apart. Its failure "
        "does not show that the speaker is gone from v; a fresh probe may still find it. When its "
        "top probability nears 1, the gradient of its entropy vanishes and the encoder learns "
        "nothing from it."
    )


def heldout_note(emotions: int) -> str:
    """On the curves of single held-out speakers."""
    return (
        "Thin lines are speakers (means over seeds), the thick line is their mean; "
        f"{100 / emotions:.3g} % is chance. The jumps of a line from epoch to epoch show how far "
        "the choice of an epoch can move a result."
    )


def leakage_note(means: Sequence[LeakageMean]) -> str:
    """On the tables of leakage."""
    seeds = [len(mean.seeds) for mean in means]
    averaged = ""
    if max(seeds) > 1:
        averaged = f" Figures are means over {span(seeds)} seeds, and so are the intervals' ends."
    rules = sorted({mean.rule for mean in means})
    return (
        "Probes were trained on frozen embeddings and tested on other utterances of the same "
        f"speakers. Accuracies in %, in brackets 95 % intervals.{averaged} UA is the test UA of "
        f"the same models. Epoch by {', '.join(f'`{rule}`' for rule in rules)}. Selectivity is the "
        "probe's accuracy minus its accuracy on a control task, whose labels depend on a hash of "
        "the utterance's id only: near zero the probe, not the embedding, did the work. EER is the "
        "error rate of deciding whether two utterances share a speaker (50 % is chance)."
    )


def set_note(sets: Sequence[SetFacts]) -> str:
    """On a probed set: its size and what guessing gives."""
    floors = [one.floor_nats for one in sets if one.floor_nats is not None]
    floor = "; an embedding with the emotion and nothing else would allow "
    floor = floor + span(floors, 3) if floors else ""
    return (
        f"{span([one.speakers for one in sets])} speakers, "
        f"{span([one.utterances for one in sets])} utterances. Chance "
        f"{span([one.chance for one in sets], 1, 100)} %, always naming the most frequent speaker "
        f"{span([one.majority for one in sets], 1, 100)} %. Guessing uniformly costs "
        f"{span([one.uniform_nats for one in sets], 3)} nats{floor}."
    )


def planes_note(neighbours: int) -> str:
    """On t-SNE and its mixing."""
    return (
        "Embeddings of held-out utterances, laid out on a plane. Wanted: "
        "emotions apart, speakers mixed. t-SNE keeps neighbours, not distances: the size of a "
        "cluster and the gaps between clusters mean nothing, and another seed gives another "
        "picture. Below each pair of panels: the share of the "
        f"{neighbours} nearest neighbours with the same label, and the share if labels were "
        "shuffled. Both are computed from the coordinates drawn here, not from the embeddings: "
        "they put a number to the picture and inherit its distortions. Read them beside the "
        "probes, not in place of them."
    )
