"""All figures of a report, collected from an experiment and its probes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from menan.analysis.attack.attack_files import read_attack
from menan.analysis.attack.attack_result import AttackResult
from menan.analysis.leakage.leakage_files import read_leakage, read_reported_leakage
from menan.analysis.leakage.result import ReportedLeakage
from menan.analysis.results import Results, TrainingEffort
from menan.analysis.runs import TrainedRun, read_runs, settings_text, training_hours
from menan.analysis.system_names import system_label, system_order
from menan.analysis.tables.comparisons import comparisons
from menan.analysis.tables.findings import findings
from menan.analysis.tables.fold_results import fold_results, mean_test_ua
from menan.analysis.tables.published import published_table
from menan.analysis.tables.table2 import table2
from menan.analysis.tables.table3 import table3
from menan.datadir.joint_dump import genders_beside
from menan.datadir.metadata import corpus_name
from menan.errors import InputError
from menan.provenance import code_version
from menan.training.run_findings import read_findings


@dataclass(frozen=True)
class ReportSources:
    """What a report is made from; None leaves a part out.

    exp: experiment directory, for Table 2.
    rule: selection rule of Table 2's headline.
    published: YAML file of published figures by the same protocol.
    cross, ref: predictions of fold models and utt2emo of another corpus, for Table 3.
    leakage: directory of the JSON files of menan-probe.
    beside: JSON files of other reports, whose systems are shown in the picture at the top.
    attacks: directory of the JSON files of menan-attack.
    tsne: path without suffix, as given to menan-tsne.
    command: the command line that made all this, to be quoted.

    Raises:
        InputError: nothing to report, or a part without the one that it belongs to.
    """

    exp: Path | None = None
    rule: str = "best-ua"
    published: Path | None = None
    cross: Path | None = None
    ref: Path | None = None
    leakage: Path | None = None
    beside: tuple[Path, ...] = ()
    attacks: Path | None = None
    tsne: Path | None = None
    command: str | None = None

    def __post_init__(self) -> None:
        if self.exp is None and self.cross is None and self.attacks is None:
            raise InputError("nothing to report: give --exp, --attacks, or --cross with --ref")
        if (self.cross is None) != (self.ref is None):
            raise InputError("--cross and --ref belong together; give both")
        if self.leakage is not None and self.exp is None:
            raise InputError("--leakage is shown beside the accuracy of --exp; give both")
        if self.beside and self.exp is None:
            raise InputError("--beside is shown beside the systems of --exp; give both")
        if self.published is not None and self.exp is None:
            raise InputError("--published stands beside the accuracy of --exp; give both")


def collect(sources: ReportSources) -> tuple[Results, list[TrainedRun]]:
    """The figures of a report, and the trainings that they are of.

    Raises:
        InputError: a source that is missing or incomplete.
    """
    runs = read_runs(sources.exp) if sources.exp is not None else []
    attacks = () if sources.attacks is None else _attacks(sources.attacks)
    corpus = " and ".join(dict.fromkeys(one.corpus for one in attacks if one.corpus))
    corpus = runs[0].config.corpus if runs else corpus
    cross = None
    if sources.cross is not None and sources.ref is not None:
        corpus = corpus_name(sources.ref.parent)
        cross = table3(sources.cross, sources.ref)
    published = None
    if sources.published is not None:
        folds = fold_results(runs, sources.rule)
        emotions = runs[0].config.emotions
        published = published_table(sources.published, folds, corpus, emotions)
    leakages: tuple[ReportedLeakage, ...] = ()
    if sources.leakage is not None:
        leakages = reported_leakages(sources.leakage, runs)
    results = Results(
        code=code_version(),
        command=sources.command,
        corpus=corpus,
        config=settings_text(runs[0].config) if runs else {},
        trained=TrainingEffort(len(runs), round(training_hours(runs), 2)) if runs else None,
        table2=replace(
            table2(runs, sources.rule, genders_beside(runs[0].config.feats)),
            comparisons=comparisons(runs, sources.rule),
        )
        if runs
        else None,
        published=published,
        leakage=leakages,
        beside=tuple(row for path in sources.beside for row in read_reported_leakage(path)),
        attacks=attacks,
        table3=cross,
    )
    doubts = (*_doubts(runs), *_unpredicted(results))
    return replace(results, findings=findings(results), doubts=doubts), runs


def _doubts(runs: Sequence[TrainedRun]) -> tuple[str, ...]:
    """What the trainings wrote about their evaluation, each line once."""
    return tuple(dict.fromkeys(line for run in runs for line in read_findings(run.directory)))


def _unpredicted(results: Results) -> Iterator[str]:
    """The emotions that a system never predicts for its test speakers."""
    if (table := results.table2) is None:
        return
    for name, system in table.systems.items():
        totals = [sum(column) for column in zip(*system.pooled.confusion, strict=True)]
        never = [
            emotion
            for emotion, total, recall in zip(
                table.emotions, totals, system.pooled.recall, strict=True
            )
            if not total and recall is not None
        ]
        if never:
            yield f"{name}: never predicted: {', '.join(never)}"


def reported_leakages(directory: Path, runs: Sequence[TrainedRun]) -> tuple[ReportedLeakage, ...]:
    """What menan-probe found, each beside the test UA of the same networks.

    Raises:
        InputError: no file, one that menan-probe did not write, or one of other trainings.
    """
    paths = sorted(directory.glob("*.json"))
    if not paths:
        raise InputError(f"{directory}: no JSON of menan-probe in it; run menan-probe first")
    leakages = []
    for path in paths:
        found = read_leakage(path)
        probed = (found.system, found.seed, found.bottleneck)
        own = [run for run in runs if (run.system, run.seed, run.bottleneck.label) == probed]
        folds = fold_results(own, found.rule)
        if not folds:
            name = system_label(found.system, found.bottleneck)
            raise InputError(
                f"{path}: of {name}, seed {found.seed}, which was not trained here; remove the "
                "file, or report its experiment"
            )
        leakages.append(ReportedLeakage(**vars(found), ua=mean_test_ua(folds)))
    return tuple(sorted(leakages, key=lambda one: (system_order(one.system), one.seed)))


def _attacks(directory: Path) -> tuple[AttackResult, ...]:
    paths = sorted(directory.glob("*.json"))
    if not paths:
        raise InputError(f"{directory}: no JSON of menan-attack in it; run menan-attack first")
    found = [replace(read_attack(path), name=path.stem) for path in paths]
    return tuple(sorted(found, key=lambda one: system_order(one.system)))
