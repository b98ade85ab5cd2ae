"""RESULTS.md and its JSON, from an experiment and from hypotheses on another corpus."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from menan.analysis.leakage.names import bottleneck_label, system_label
from menan.analysis.leakage.result import is_leakage, read_json, read_leakage
from menan.analysis.tables import markdown
from menan.analysis.tables.cells import as_text
from menan.analysis.tables.comparisons import comparisons
from menan.analysis.tables.findings import findings
from menan.analysis.tables.runs import TrainedRun, fold_results, read_runs
from menan.analysis.tables.table2 import table2
from menan.analysis.tables.table3 import table3
from menan.datadir.metadata import corpus_name
from menan.datadir.tables import read_table
from menan.errors import InputError
from menan.provenance import code_version
from menan.training.objectives import OBJECTIVES


@dataclass(frozen=True)
class Sources:
    """What a report is made of; None leaves a part out.

    exp: experiment directory, for Table 2.
    rule: selection rule of Table 2's headline.
    cross, ref: hypotheses by fold models and utt2emo of another corpus, for Table 3.
    leakage: directory of the JSON files of menan-probe.
    beside: JSON files of other reports (say, of another lambda), whose leakage is shown in the
        figure of utility against leakage.
    tsne: path without suffix, as given to menan-tsne.
    command: the command line that made all this, to be quoted.
    """

    exp: Path | None = None
    rule: str = "best-ua"
    cross: Path | None = None
    ref: Path | None = None
    leakage: Path | None = None
    beside: tuple[Path, ...] = ()
    tsne: Path | None = None
    command: str | None = None


def collect(sources: Sources) -> dict[str, Any]:
    """All figures of a report, as JSON values.

    Raises:
        InputError: what is named is not there or not whole.
    """
    results: dict[str, Any] = {"code": code_version(), "command": sources.command}
    if sources.exp is not None:
        runs = read_runs(sources.exp)
        config = runs[0].config
        results["corpus"] = config["corpus"]
        results["config"] = {key: config[key] for key in ("training", "features")}
        seconds = sum(line["seconds"] for run in runs for line in run.log)
        results["trained"] = {"runs": len(runs), "hours": round(seconds / 3600, 2)}
        genders = Path(config["feats"]).parent / "spk2gender"
        results["table2"] = table2(
            runs, sources.rule, read_table(genders) if genders.exists() else None
        )
        results["table2"]["comparisons"] = comparisons(runs, sources.rule)
        if sources.leakage is not None:
            results["leakage"] = _leakages(sources.leakage, runs)
            results["beside"] = [row for path in sources.beside for row in _reported(path)]
    if sources.cross is not None and sources.ref is not None:
        results["corpus"] = corpus_name(sources.ref.parent)
        results["table3"] = table3(sources.cross, sources.ref)
    return results


def results_text(sources: Sources, out: Path) -> tuple[str, dict]:
    """The text of RESULTS.md, to be written to ``out``, and all figures of it as JSON values.

    Raises:
        InputError: as :func:`collect`.
    """
    results = collect(sources)
    results["findings"] = findings(results)
    head = [f"# Results: {as_text(results['corpus'])}", f"Code: menan {results['code']}."]
    if sources.command:
        head.append(f"Made by `{sources.command}`.")
    if results["findings"]:
        head.append("\n".join(f"- {sentence}" for sentence in results["findings"]))
    text = "\n\n".join([*head, *filter(None, _sections(results, sources, out))]) + "\n"
    return text, results


def _sections(results: dict[str, Any], sources: Sources, out: Path) -> list[str]:
    sections = []
    if table := results.get("table2"):
        sections += [
            markdown.protocol_section(results, table["rule"]),
            markdown.table2_section(table, results["corpus"]),
            markdown.rules_section(table),
            markdown.pooled_section(table),
        ]
        if table["comparisons"]:
            sections.append(markdown.comparisons_section(table["comparisons"]))
        sections.append(markdown.calibration_section(table))
    if leakages := results.get("leakage"):
        sections.append(
            "## What the embedding tells of the speaker\n\nUtility and leakage of the same models: "
            "UA is of the rule by which the probed models were chosen."
        )
        for part, title in (
            ("train", "training speakers, utterances apart"),
            ("heldout", "held-out speakers"),
            ("other", "speakers of another corpus"),
        ):
            sections.append(markdown.leakage_section(leakages, part, title))
    if table := results.get("table3"):
        sections.append(markdown.table3_section(table, results["corpus"]))
    if sources.tsne is not None:
        figure = sources.tsne.with_name(sources.tsne.name + ".png")
        name = figure.name if figure.parent == out.parent else str(figure)
        sections.append(f"## Embeddings of unseen speakers\n\n![t-SNE of v]({name})")
    return sections


def _reported(path: Path) -> list[dict[str, Any]]:
    """The leakage in the JSON of another report."""
    match read_json(path):
        case {"leakage": [*rows]} if all(
            is_leakage(row) and isinstance(row.get("ua"), float) for row in rows
        ):
            return rows
    raise InputError(f"{path}: not a report with leakage, as menan-results writes")


def _leakages(directory: Path, runs: list[TrainedRun]) -> list[dict[str, Any]]:
    """What menan-probe measured, each with the test UA (per cent) of the same models."""
    paths = sorted(directory.glob("*.json"))
    if not paths:
        raise InputError(f"{directory}: no JSON of menan-probe in it; run menan-probe first")
    leakages = []
    for path in paths:
        leakage = read_leakage(path)
        of_system = [
            run
            for run in runs
            if (run.objective, run.config["seed"], bottleneck_label(run.training))
            == (leakage["objective"], leakage["seed"], leakage["bottleneck"])
        ]
        folds = fold_results(of_system, leakage["rule"])
        if not folds:
            name = system_label(leakage["objective"], leakage["bottleneck"])
            raise InputError(f"{path}: of {name}, which was not trained here")
        leakages.append(leakage | {"ua": 100 * float(np.mean([fold.test.ua for fold in folds]))})
    order = list(OBJECTIVES)
    return sorted(leakages, key=lambda found: (order.index(found["objective"]), found["seed"]))
