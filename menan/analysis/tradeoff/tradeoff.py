"""front.md, front.json and front.png of a study."""

import json
from collections.abc import Sequence
from pathlib import Path

from menan.analysis import captions
from menan.analysis.cells import as_text, fixed, table_of, with_interval
from menan.analysis.protocols import protocol_of
from menan.analysis.results import TrainingEffort
from menan.analysis.runs import settings_text, training_hours
from menan.analysis.tradeoff.claims import MOST, front_findings, scan_finding
from menan.analysis.tradeoff.figure import draw_front
from menan.analysis.tradeoff.pareto import scan_seeds
from menan.analysis.tradeoff.points import StrongestProbe, StudyFront, StudyPoint, study_points
from menan.analysis.tradeoff.study import StudySystem, find_reference, read_study
from menan.analysis.tradeoff.study_leakage import RULE
from menan.files.atomic import atomic_path, write_together
from menan.files.mapping import to_mapping
from menan.provenance import code_version

VARIED = "bottleneck"  # the setting of the model in which the systems of a study differ
BEYOND = ["system", "bottleneck", "unheard, one draw", "× chance", "their mean", "× chance"]
BEYOND += ["new speakers, one draw", "× chance", "their mean", "× chance"]


def write_front(study: Path, out: Path, reference: str) -> str:
    """Write the front of a study and return the text of front.md.

    Args:
        out: path without suffix; ``.md``, ``.json`` and ``.png`` are written.
        reference: the system, without a bottleneck, that all others are compared with.

    Raises:
        InputError: see :func:`menan.analysis.tradeoff.study.read_study`.
    """
    front = collect_front(read_study(study, reference), reference)
    markdown, values, picture = (out.with_name(out.name + x) for x in (".md", ".json", ".png"))
    text = front_text(front, picture.name)
    with atomic_path(picture) as beside:
        draw_front(front.rows, beside)
        write_together({markdown: text, values: json.dumps(to_mapping(front), indent=1) + "\n"})
    return text


def collect_front(systems: Sequence[StudySystem], reference: str) -> StudyFront:
    """All figures of a study."""
    runs = [run for system in systems for run in system.runs]
    settings = settings_text(runs[0].config)
    settings["model"] = {key: text for key, text in settings["model"].items() if key != VARIED}
    rows = study_points(systems, find_reference(systems, reference))
    return StudyFront(
        code=code_version(),
        trained_by=tuple(sorted({run.config.version for run in runs})),
        corpus=runs[0].config.corpus,
        config=settings,
        trained=TrainingEffort(len(runs), round(training_hours(runs), 2)),
        rule=RULE,
        reference=reference,
        findings=front_findings(rows, reference),
        scan=scan_finding(rows, scan_seeds(systems)),
        rows=rows,
    )


def front_text(front: StudyFront, picture: str) -> str:
    """The text of front.md.

    Args:
        picture: name of the figure beside it.
    """
    trained_by = ", ".join(front.trained_by)
    parts = [
        f"# Utility against leakage: {as_text(front.corpus)}",
        f"Code: menan {front.code}; trained by menan {trained_by}.",
    ]
    if "generated" in front.corpus.lower():
        parts.append(captions.GENERATED)
    sentences = [*front.findings, *filter(None, [front.scan])]
    header = ["system", "bottleneck", "seeds", "UA", f"UA − `{front.reference}`", "one draw"]
    header += ["× chance", "draws", "their mean", "× chance", "LEACE", "bits", "scan", "front"]
    header.append("front, draws")
    ceiling = ["any", "raw statistics", "", "", "", *_probed(front.rows[0].raw)]
    rows = [*map(_cells, front.rows), ceiling + [""] * (len(header) - len(ceiling))]
    parts += [
        "\n".join(f"- {sentence}" for sentence in sentences),
        f"![Utility against leakage]({picture})",
        table_of(header, rows),
        _notes(front),
        *_beyond(front.rows),
        _protocol(front),
    ]
    return "\n\n".join(parts) + "\n"


def _cells(row: StudyPoint) -> list[str]:
    marks = (row.scan, row.front.one, row.front.many)
    return [
        *_named(row),
        str(len(row.seeds)),
        with_interval(row.ua.mean, row.ua.interval),
        with_interval(row.difference.mean, row.difference.interval),
        *_probed(row.one),
        fixed(row.draws, 0),
        *_probed(row.many),
        _probed(row.leace)[0],
        fixed(row.capacity_bits, 1),
        *("*" if mark else "" for mark in marks),
    ]


def _named(row: StudyPoint) -> list[str]:
    return [f"`{row.system}`", as_text(row.bottleneck or "none")]


def _probed(found: StrongestProbe | None) -> list[str]:
    if found is None:
        return ["–", "–"]
    return [with_interval(found.accuracy, found.interval), f"{found.times_chance:.1f}"]


def _protocol(front: StudyFront) -> str:
    settings = ". ".join(
        f"{section.capitalize()}: {', '.join(f'{key} {text}' for key, text in values.items())}"
        for section, values in front.config.items()
    )
    return (
        f"Protocol: {protocol_of(front.config).measured} Epoch by `{front.rule}`. {settings}. "
        "The systems differ in objective, its settings and bottleneck. The "
        f"{front.trained.runs} trainings took {front.trained.hours:.2f} hours in all."
    )


def _notes(front: StudyFront) -> str:
    return (
        "UA is on unseen speakers, in per cent, mean over folds and seeds; its difference is "
        f"paired with `{front.reference}` without a bottleneck by speakers, utterances and the "
        "seeds that both have. Columns of probes: accuracy in per cent of the strongest of three "
        "fresh probes of the training speakers, on utterances that it did not learn from: from "
        "one draw of each embedding, from the mean of several draws (– where the embedding is not "
        f"random), from one draw after linear erasure (LEACE); chance is {front.rows[0].chance:.2f}"
        " %. Raw statistics of the input are the ceiling. In brackets 95 % intervals by bootstrap "
        "over speakers, then utterances (and seeds, for UA); a probe's are means of its seeds' "
        "intervals. An interval that includes 0 does not show that nothing is lost. Bits are the "
        "capacity of the bottleneck for these utterances, an upper bound. On the front (\\*) no "
        "other system is as good in UA and leakage and better in one: by one draw, and by the "
        "higher leakage of one draw and the mean of many. Only the systems with the most seeds "
        "are compared for it; the scan compares all systems on the seeds that all have, and marks "
        "those on either front. Stronger probes could find more: also below "
        f"{MOST} times chance a figure is a lower bound of the leakage."
    )


def _beyond(rows: Sequence[StudyPoint]) -> list[str]:
    """Leakage from utterances that no encoder was trained on, if they were probed."""
    probed = [row for row in rows if row.unheard or row.heldout]
    if not probed:
        return []
    cells = []
    for row in probed:
        cells.append(_named(row))
        for found in (row.unheard, row.heldout):
            one, many = (found.one, found.many) if found else (None, None)
            cells[-1] += _probed(one) + _probed(many)
    return [
        "## Utterances that no encoder was trained on",
        table_of(BEYOND, cells),
        "An encoder can remove the speaker from the utterances that it was trained on and leave "
        "the speaker in others: the table above is of the former, this one of the latter. Unheard "
        "are other utterances of the training speakers. New speakers are the held-out ones, told "
        "apart within their group. Probes, draws and brackets as above; – where nothing was "
        "probed.",
    ]
