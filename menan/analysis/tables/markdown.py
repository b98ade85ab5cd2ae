"""The sections of RESULTS.md, each from the JSON values that it shows."""

from typing import Any

from menan.analysis.leakage.names import system_label
from menan.analysis.leakage.probes import PROBES
from menan.analysis.tables.cells import as_text, fixed, p_value, table_of, with_interval
from menan.labels import EMOTIONS
from menan.training.selection import RULES


def protocol_section(results: dict[str, Any], rule: str) -> str:
    config, trained = results["config"], results["trained"]
    training = ", ".join(f"{key} {value}" for key, value in config["training"].items())
    features = ", ".join(f"{key} {value}" for key, value in config["features"].items())
    return (
        "Protocol: leave one speaker out; another of the held-out group validates, and one "
        f"training serves all folds of its group. Epoch by `{rule}`. Training: {training}. "
        f"Features: {features}. Trained on the speakers outside the group, speed copies "
        "included; held-out figures are of originals. The input is not normalised by speaker. "
        f"The {trained['runs']} trainings took {trained['hours']:.2f} hours in all."
    )


def table2_section(table: dict[str, Any], corpus: str) -> str:
    rows = []
    for name, system in table["systems"].items():
        row = [f"`{name}`", str(len(system["seeds"])), str(len(system["folds"]))]
        for measure in ("wa", "ua"):
            figures = system[measure]
            row += [fixed(figures["val"]), with_interval(figures["test"], figures["interval"])]
            row.append(fixed(figures["delta"]))
        row.append(fixed(system["epoch_sd"]))
        row += [_paper(system["paper"][measure]) for measure in ("wa", "ua")]
        rows.append(row)
    header = ["system", "seeds", "folds", "WA val", "WA test", "Δ", "UA val", "UA test", "Δ"]
    header += ["sd by epoch", "paper: WA val, test, Δ", "paper: UA val, test, Δ"]
    return (
        f"## Table 2: accuracy on unseen speakers, % ({as_text(corpus)})\n\n"
        f"{table_of(header, rows)}\n\n"
        "Means over folds and seeds; in brackets 95 % by bootstrap over speakers, then utterances "
        '(and seeds). "sd by epoch" is the standard deviation of the test UA over the last ten '
        "epochs. Δ = test − val: each speaker validates once and tests once, so a rule that "
        "ignores validation has Δ = 0, and one that picks the best on validation has Δ ≤ 0 by "
        "construction. Δ is shown as the paper shows it and is no evidence of invariance. The "
        "paper's figures are of IEMOCAP."
    )


def rules_section(table: dict[str, Any]) -> str:
    systems, rule = list(table["systems"]), table["rule"]
    means = table["rules"]
    rows = []
    for name in RULES:
        ua = [means[name][s]["ua"] for s in systems]
        rows.append([f"`{name}`", *(f"{fixed(u['test'])} ({fixed(u['delta'])})" for u in ua)])
    optimism = [means["oracle"][s]["ua"]["test"] - means[rule][s]["ua"]["test"] for s in systems]
    rows.append(["optimism of `oracle`", *map(fixed, optimism)])
    return (
        "### Test UA (Δ), % under each selection rule\n\n"
        f"{table_of(['rule', *(f'`{s}`' for s in systems)], rows)}\n\n"
        "`last10` averages the posteriors of the last ten epochs. `oracle` chooses the epoch on "
        f"the test speaker; the last row is what that would add to `{rule}`."
    )


def pooled_section(table: dict[str, Any]) -> str:
    rows = []
    for name, system in table["systems"].items():
        pooled = system["pooled"]
        row = [f"`{name}`"]
        row += [with_interval(pooled[m], pooled[f"{m}_interval"]) for m in ("wa", "ua")]
        row += [*map(fixed, pooled["recall"]), fixed(system["macro_f1"])]
        worst = system["worst_speaker"]
        row += [f"{fixed(worst['ua'])} ({as_text(worst['speaker'])})", fixed(system["gender_gap"])]
        rows.append(row)
    header = ["system", "WA", "UA", *(f"recall {emotion}" for emotion in EMOTIONS)]
    header += ["macro F1", "worst speaker's UA", "gender gap, UA"]
    return (
        "### Pooled over all test utterances, %\n\n" + table_of(header, rows) + "\n\n"
        f"By `{table['rule']}`; utterances of all folds and seeds count alike. The gap is between "
        "the mean UA of women and of men."
    )


def calibration_section(table: dict[str, Any]) -> str:
    names = ("nll", "ece", "temperature", "nll_scaled", "ece_scaled")
    rows = [
        [f"`{system}`", *(f"{figures['calibration'][name]:.3f}" for name in names)]
        for system, figures in table["systems"].items()
    ]
    header = ["system", "NLL, nats", "ECE", "temperature", "NLL, scaled", "ECE, scaled"]
    return (
        "### Calibration on test speakers\n\n" + table_of(header, rows) + "\n\n"
        "Means over folds; the temperature is fitted on the fold's validation speaker."
    )


def comparisons_section(rows: list[dict[str, Any]]) -> str:
    lines = [
        [
            f"`{row['a']}` − `{row['b']}`",
            row["measure"].upper(),
            fixed(row["difference"]),
            *(p_value(row[name]) for name in ("p", "p_holm", "mcnemar_p")),
        ]
        for row in rows
    ]
    header = ["systems", "measure", "difference", "p", "p, Holm", "McNemar's p"]
    return (
        "### System against system, test\n\n" + table_of(header, lines) + "\n\n"
        "p is of the exact sign-flip permutation test over test speakers, means over seeds; Holm's "
        "adjusts it for the comparisons of one measure. McNemar's takes all utterances for "
        "independent, which they are not, and is secondary."
    )


def leakage_section(leakages: list[dict[str, Any]], part: str, title: str) -> str:
    rows = []
    probed = [leakage for leakage in leakages if part in leakage["sets"]]
    if not probed:
        return ""
    for leakage in probed:
        name = system_label(leakage["objective"], leakage["bottleneck"], leakage["draws"])
        system = f"`{name}` seed {leakage['seed']}"
        embeddings = leakage["sets"][part]["embeddings"]
        for kind in ("v", "leace"):
            rows.append([system, kind, fixed(leakage["ua"]), *_probe_cells(embeddings[kind])])
    first = probed[0]["sets"][part]
    # What goes into the networks is the same for all of them.
    rows.append(["any", "raw", "", *_probe_cells(first["embeddings"]["raw"])])
    header = ["system", "input", "UA test", "linear", "MLP", "kNN", "selectivity", "nats", "EER"]
    header.append("gender")
    return (
        f"### Fresh speaker probes: {title}, %\n\n" + table_of(header, rows) + "\n\n"
        f"{first['speakers']:.0f} speakers: chance {100 * first['chance']:.2f} %, majority "
        f"{100 * first['majority']:.2f} %; uniform guessing costs {first['uniform_nats']:.2f} "
        f"nats, knowing only the emotion {first['floor_nats']:.2f}. Input `v` is the embedding, "
        "`raw` the mean, deviation and maximum of the features (the ceiling), `leace` v after "
        "linear erasure of the speaker. Selectivity and nats are the linear probe's."
    )


def _probe_cells(embedding: dict[str, Any]) -> list[str]:
    cells = [
        with_interval(100 * probe["accuracy"], [100 * x for x in probe["interval"]])
        for probe in (embedding[name] for name in PROBES)
    ]
    linear, eer, gender = embedding["linear"], embedding["eer"], embedding["gender"]
    cells += [fixed(100 * linear["selectivity"]), f"{linear['cross_entropy']:.2f}"]
    return [*cells, fixed(eer, 2, 100), fixed(gender and gender["accuracy"], 2, 100)]


def table3_section(table: dict[str, Any], corpus: str) -> str:
    rows = []
    for name, system in table["systems"].items():
        cells = [fixed(system[part]) for part in ("mean", "min", "max", "ua_single", "lrap")]
        rows.append([f"`{name}`", *cells, _paper(system["paper"])])
    rows += [[name, fixed(acc), "", "", "", "", ""] for name, acc in table["baselines"].items()]
    header = ["system", "mean", "min", "max", "UA, one label", "LRAP", "paper: mean, min, max"]
    return (
        f"## Table 3: accuracy of the fold models on another corpus, % ({as_text(corpus)})\n\n"
        f"{table_of(header, rows)}\n\n"
        f"{table['utterances']} utterances; a hypothesis is right if its emotion was rated "
        "positive, neutral if none was. Mean, minimum and maximum over the fold models. UA is "
        f"the mean recall over the {table['single']} utterances with one label, LRAP the label-"
        "ranking average precision of the posteriors. The last rows listen to nothing. The "
        "paper's figures are of CMU-MOSEI."
    )


def _paper(figures: list[float] | None) -> str:
    return " ".join(f"{value:.2f}" for value in figures) if figures else "–"
