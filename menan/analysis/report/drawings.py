"""The figures of the page, and the sections that consist of figures."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from menan.analysis import captions
from menan.analysis.cells import fixed
from menan.analysis.looks import Look, class_looks
from menan.analysis.report.attack_drawings import attack_drawings
from menan.analysis.report.charts import curves_chart, heldout_chart, plane_chart
from menan.analysis.report.curves import Curve, SystemCurves, learning_curves
from menan.analysis.report.drawing import Drawing
from menan.analysis.report.mixing import knn_mixing
from menan.analysis.report.planes import Plane, read_planes
from menan.analysis.report.section import ReportTable, Section, TableCell, headers
from menan.analysis.results import Results
from menan.analysis.runs import TrainedRun
from menan.datadir.tables import c_sorted

# Numbers of log.jsonl, and their names on the page.
QUANTITIES = {
    "emotion_loss": "emotion loss, nats",
    "speaker_loss": "speaker loss, nats",
    "speaker_entropy": "speaker entropy, nats",
    "speaker_top": "top speaker probability",
    "speaker_accuracy": "speaker accuracy",
}
NEIGHBOURS = 10


def report_drawings(
    results: Results, runs: Sequence[TrainedRun], tsne: Path | None, styles: dict[str, Look]
) -> tuple[dict[str, Drawing], list[Section]]:
    """Drawings by the name of their section, and the sections that they need."""
    drawings: dict[str, Drawing] = {}
    sections: list[Section] = []
    if runs:
        curves = learning_curves(runs)
        emotions = len(runs[0].config.emotions)
        drawings["curves"] = _curves(curves, styles, emotions)
        drawings["heldout-curves"] = _heldout_curves(curves, styles, emotions)
        sections.append(_curves_section(curves, emotions))
    if tsne is not None:
        emotions_order = results.table2.emotions if results.table2 is not None else ()
        section, drawn = _planes(read_planes(tsne), emotions_order)
        sections.append(section)
        drawings |= drawn
    return drawings | attack_drawings(results.attacks), sections


def _curves_section(curves: dict[str, SystemCurves], emotions: int) -> Section:
    trainings = {name: len(own.lengths) for name, own in curves.items()}
    lengths = [length for own in curves.values() for length in own.lengths]
    return Section(
        "curves",
        captions.CURVES,
        captions.CURVES,
        captions.curves_note(trainings, lengths),
        parts=(
            Section(
                "heldout-curves", captions.HELDOUT_CURVES, note=captions.heldout_note(emotions)
            ),
        ),
    )


def _curves(curves: dict[str, SystemCurves], styles: dict[str, Look], emotions: int) -> Drawing:
    panels = []
    for quantity, unit in QUANTITIES.items():
        own = {
            name: one.quantities[quantity]
            for name, one in curves.items()
            if quantity in one.quantities
        }
        if own:
            name = f"curve-{quantity.replace('_', '-')}"
            levels = _chance_levels(quantity, curves.values())
            panels.append(curves_chart(name, own, styles, unit, levels))
    # Speakers differ so much that bands over them would hide everything else.
    means = {name: Curve.of([one.mean_heldout_ua.mean]) for name, one in curves.items()}
    chance = {"chance": 1 / emotions}
    panels.append(curves_chart("curve-heldout", means, styles, "held-out UA", chance))
    legend = {name: styles[name] for name in curves}
    return Drawing((("", legend),), tuple((svg, "") for svg in panels))


def _heldout_curves(
    curves: dict[str, SystemCurves], styles: dict[str, Look], emotions: int
) -> Drawing:
    figures = []
    for number, (name, own) in enumerate(curves.items()):
        look = styles[name]
        svg = heldout_chart(f"heldout-{number}", name, own.mean_heldout_ua, look, 1 / emotions)
        figures.append((svg, name))
    return Drawing(figures=tuple(figures))


def _chance_levels(quantity: str, curves: Iterable[SystemCurves]) -> dict[str, float]:
    """Figures of a classifier that cannot tell K speakers apart; none for the emotion."""
    counts = sorted({count for own in curves for count in own.speakers})
    if quantity == "emotion_loss":
        return {}
    if quantity in ("speaker_loss", "speaker_entropy"):
        return {f"ln {count}": float(np.log(count)) for count in counts}
    return {f"1/{count}": 1 / count for count in counts}


def _planes(
    planes: dict[str, Plane], emotions: tuple[str, ...]
) -> tuple[Section, dict[str, Drawing]]:
    """Two panels per system, each with its mixing."""
    shown = {emotion for plane in planes.values() for emotion in plane.emotions}
    speakers = {speaker for plane in planes.values() for speaker in plane.speakers}
    ordered = [*(one for one in emotions if one in shown), *c_sorted(shown - {*emotions})]
    looks = {"emotion": class_looks(ordered), "speaker": class_looks(c_sorted(speakers))}
    legends = tuple((kind.capitalize(), own) for kind, own in looks.items())
    drawings, parts = {"planes": Drawing(legends)}, []
    for number, (system, plane) in enumerate(planes.items()):
        figures, rows = [], []
        for kind, values in (("emotion", plane.emotions), ("speaker", plane.speakers)):
            label = f"t-SNE of {system}, {len(values)} utterances coloured by {kind}"
            name = f"plane-{number}-{kind}"
            svg = plane_chart(name, label, plane.xy, values, looks[kind])
            figures.append((svg, f"By {kind}"))
            mixing = knn_mixing(plane.xy, values, NEIGHBOURS)
            same, shuffled = (fixed(share, 1, 100) for share in mixing)
            rows.append((TableCell(kind), TableCell(same, style="main"), TableCell(shuffled)))
        columns = headers("neighbours that share, %", "drawn", "shuffled")
        table = ReportTable(f"Mixing of {system}", columns, tuple(rows), system=system)
        part = f"planes-{number}"
        parts.append(Section(part, "", tables=(table,)))
        drawings[part] = Drawing(figures=tuple(figures))
    section = Section(
        "planes", captions.PLANES, "t-SNE", captions.planes_note(NEIGHBOURS), parts=tuple(parts)
    )
    return section, drawings
