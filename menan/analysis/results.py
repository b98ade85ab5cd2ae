"""RESULTS.md and its JSON, from an experiment and from hypotheses on another corpus."""

import json
from pathlib import Path
from typing import Any

from menan.analysis.cross import table3
from menan.analysis.within import TrainedRun, read_runs, table2
from menan.atomic import atomic_open
from menan.datadir.labels import corpus_name
from menan.emotions import EMOTIONS
from menan.provenance import code_version
from menan.training.selection import RULES


def write_results(
    out: Path,
    json_file: Path | None,
    exp: Path | None,
    rule: str,
    cross: Path | None,
    ref: Path | None,
    figure: Path | None,
    command: str | None,
) -> str:
    """Write RESULTS.md and return its text.

    Args:
        exp: experiment directory, for Table 2.
        rule: selection rule of Table 2's headline.
        cross, ref: hypotheses by fold models and utt2emo of another corpus, for Table 3.
        figure: a picture to show, named relative to ``out``.
        command: the command line that made all this, quoted in the text.

    Raises:
        InputError: what is named is not there or not whole.
    """
    results: dict[str, Any] = {"code": code_version(), "command": command}
    sections = []
    if exp is not None:
        runs = read_runs(exp)
        results["corpus"] = runs[0].config["corpus"]
        results["config"] = {key: runs[0].config[key] for key in ("training", "features")}
        results["table2"] = table2(runs, rule)
        sections += [_protocol(runs, rule), _table2(results["table2"], results["corpus"])]
        sections += [_rules(results["table2"]), _pooled(results["table2"])]
    if cross is not None and ref is not None:
        results["corpus"] = corpus_name(ref.parent)
        results["table3"] = table3(cross, ref)
        sections.append(_table3(results["table3"], results["corpus"]))
    if figure is not None:
        name = figure.name if figure.parent == out.parent else str(figure)
        sections.append(f"## Embeddings of unseen speakers\n\n![t-SNE of v]({name})")
    head = [f"# Results: {results['corpus']}", f"Code: menan {results['code']}."]
    if command:
        head.append(f"Made by `{command}`.")
    text = "\n\n".join(head + sections) + "\n"
    with atomic_open(out) as file:
        file.write(text)
    if json_file is not None:
        with atomic_open(json_file) as file:
            file.write(json.dumps(results, indent=1) + "\n")
    return text


def _protocol(runs: list[TrainedRun], rule: str) -> str:
    config = runs[0].config
    training = ", ".join(f"{key} {value}" for key, value in config["training"].items())
    features = ", ".join(f"{key} {value}" for key, value in config["features"].items())
    return (
        f"Protocol: leave one speaker out; the other of the held-out group validates, and one "
        f"training serves all folds of its group. Epoch by `{rule}`. Training: {training}. "
        f"Features: {features}. Trained on the speakers outside the group, speed copies "
        "included; held-out figures are of originals. The input is not normalised by speaker."
    )


def _table2(table: dict[str, Any], corpus: str) -> str:
    rows = []
    for name, system in table["systems"].items():
        cells = [
            _two_decimals(system[m][part])
            for m in ("wa", "ua")
            for part in ("val", "test", "delta")
        ]
        paper = [
            " ".join(f"{value:.2f}" for value in system["paper"][m]) if system["paper"][m] else "-"
            for m in ("wa", "ua")
        ]
        counts = [str(len(system["seeds"])), str(len(system["folds"]))]
        rows.append([f"`{name}`", *counts, *cells, *paper])
    header = ["system", "seeds", "folds", "WA val", "WA test", "Δ", "UA val", "UA test", "Δ"]
    header += ["paper: WA val, test, Δ", "paper: UA val, test, Δ"]
    return (
        f"## Table 2: accuracy on unseen speakers, % ({corpus})\n\n{_markdown(header, rows)}\n\n"
        "Means over folds and seeds. Δ = test − val. Each speaker validates once and tests once, "
        "so a rule that ignores validation has Δ = 0, and one that picks the best on validation "
        "has Δ ≤ 0 by construction: Δ is shown as the paper shows it and is no evidence of "
        "invariance. The paper's figures are of IEMOCAP."
    )


def _rules(table: dict[str, Any]) -> str:
    systems = list(table["systems"])
    rows = [
        [f"`{rule}`"]
        + [
            f"{means[name]['ua']['test']:.2f} ({_two_decimals(means[name]['ua']['delta'])})"
            for name in systems
        ]
        for rule, means in ((rule, table["rules"][rule]) for rule in RULES)
    ]
    return (
        "### Test UA (Δ), % under each selection rule\n\n"
        f"{_markdown(['rule', *(f'`{name}`' for name in systems)], rows)}\n\n"
        "`last10` averages the posteriors of the last ten epochs. `oracle` chooses the epoch on "
        "the test speaker: its distance to the others is the optimism of doing so."
    )


def _pooled(table: dict[str, Any]) -> str:
    rows = []
    for name, system in table["systems"].items():
        pooled = system["pooled"]
        recall = ["-" if r is None else f"{r:.2f}" for r in pooled["recall"]]
        rows.append([f"`{name}`", f"{pooled['wa']:.2f}", f"{pooled['ua']:.2f}", *recall])
    header = ["system", "WA", "UA", *(f"recall {emotion}" for emotion in EMOTIONS)]
    return (
        "### Pooled over all test utterances, %\n\n" + _markdown(header, rows) + "\n\n"
        f"By `{table['rule']}`; utterances of all folds and seeds count alike."
    )


def _table3(table: dict[str, Any], corpus: str) -> str:
    rows = []
    for name, system in table["systems"].items():
        cells = [f"{system[part]:.2f}" for part in ("mean", "min", "max")]
        single = "-" if system["ua_single"] is None else f"{system['ua_single']:.2f}"
        paper = " ".join(f"{v:.2f}" for v in system["paper"]) if system["paper"] else "-"
        rows.append([f"`{name}`", *cells, single, paper])
    for name, accuracy in table["baselines"].items():
        rows.append([name, f"{accuracy:.2f}", "", "", "", ""])
    header = ["system", "mean", "min", "max", "UA, one label", "paper: mean, min, max"]
    return (
        f"## Table 3: accuracy of the fold models on another corpus, % ({corpus})\n\n"
        f"{_markdown(header, rows)}\n\n"
        f"{table['utterances']} utterances; a hypothesis is right if its emotion was rated "
        "positive, neutral if none was. Mean, minimum and maximum over the fold models. UA is "
        f"the mean recall over the {table['single']} utterances with one label. The last rows "
        "listen to nothing. The paper's figures are of CMU-MOSEI."
    )


def _two_decimals(value: float) -> str:
    """Without the minus of a zero that rounding errors have made negative."""
    return f"{round(value, 2) + 0.0:.2f}"


def _markdown(header: list[str], rows: list[list[str]]) -> str:
    rule = [":--"] + ["--:"] * (len(header) - 1)
    return "\n".join("| " + " | ".join(row) + " |" for row in (header, rule, *rows))
