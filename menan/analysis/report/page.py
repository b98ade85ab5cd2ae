"""The report as one web page that needs nothing but itself."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from menan.analysis.leakage.means import LeakageMean, leakage_means
from menan.analysis.report.charts import (
    Look,
    class_looks,
    curves_chart,
    heldout_chart,
    intervals_chart,
    plane_chart,
    system_looks,
    tradeoff_chart,
)
from menan.analysis.report.curves import Curve, SystemLog, read_learning_curves
from menan.analysis.report.mixing import knn_mixing
from menan.analysis.tables.cells import fixed, p_value, span
from menan.datadir.tables import c_sorted, read_lines
from menan.errors import InputError
from menan.labels import EMOTIONS

# What log.jsonl holds, and how the page calls it.
QUANTITIES = {
    "emotion_loss": "emotion loss, nats",
    "speaker_loss": "speaker loss, nats",
    "speaker_entropy": "speaker entropy, nats",
    "speaker_top": "top speaker probability",
    "speaker_accuracy": "speaker accuracy",
}
NEIGHBOURS = 10
TSNE_COLUMNS = ["system", "utterance", "speaker", "emotion", "x", "y"]


def report_page(results: dict[str, Any], exp: Path, tsne: Path | None) -> str:
    """The report of an experiment as one HTML file: no script, nothing to load.

    A section whose figures are not there is left out. The same input gives the same bytes.

    Args:
        results: the JSON values of menan-results.
        exp: experiment directory, for the training curves.
        tsne: coordinates as menan-tsne writes them (.tsv); None draws none.

    Raises:
        InputError: a log or coordinates that menan did not write.
    """
    logs = read_learning_curves(exp)
    probed = results.get("leakage") or []
    leakage = leakage_means(probed)
    planes = _read_planes(tsne) if tsne is not None else {}
    systems = results.get("table2", {}).get("systems", {})
    crossed = results.get("table3", {}).get("systems", {})
    traded = leakage_means(probed + (results.get("beside") or []))
    names = [mean.objective for mean in traded]
    styles = system_looks([*systems, *logs, *names, *planes, *crossed])
    page = _environment().get_template("report.html.j2")
    return page.render(
        results=results,
        emotions=EMOTIONS,
        styles=styles,
        intervals=_interval_figures(systems, styles),
        curves=_curve_figures(logs, styles),
        leakage=leakage,
        tradeoff=_tradeoff(traded, results, styles),
        planes=_plane_figures(planes),
        neighbours=NEIGHBOURS,
    )


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,  # a figure that is missing must not become an empty cell
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"fixed": fixed, "p_value": p_value, "span": span}
    return environment


def _interval_figures(systems: dict[str, Any], styles: dict[str, Look]) -> list[Markup]:
    if not systems:
        return []
    return [intervals_chart(f"interval-{m}", systems, m, styles) for m in ("wa", "ua")]


def _curve_figures(logs: dict[str, SystemLog], styles: dict[str, Look]) -> dict[str, Any]:
    """Empty where nothing was logged."""
    if not logs:
        return {}
    logs = {name: logs[name] for name in styles if name in logs}
    panels = []
    for quantity, unit in QUANTITIES.items():
        curves = {
            name: log.quantities[quantity]
            for name, log in logs.items()
            if quantity in log.quantities
        }
        if curves:
            name = f"curve-{quantity.replace('_', '-')}"
            levels = _chance_levels(quantity, logs.values())
            panels.append(curves_chart(name, curves, styles, unit, levels))
    heard = {name: log.heard for name, log in logs.items() if log.heldout_ua}
    if heard:
        # Speakers differ so much that bands over them would hide everything else.
        means = {name: Curve.of([curve.mean]) for name, curve in heard.items()}
        panels.append(curves_chart("curve-heldout", means, styles, "held-out UA", {"chance": 0.25}))
    return {
        "panels": panels,
        "heldout": {
            name: heldout_chart(f"heldout-{number}", name, heard[name], styles[name])
            for number, name in enumerate(heard)
        },
        "trainings": {name: len(log.lengths) for name, log in logs.items()},
        "lengths": [length for log in logs.values() for length in log.lengths],
    }


def _chance_levels(quantity: str, logs: Iterable[SystemLog]) -> dict[str, float]:
    """Where a speaker classifier stands that cannot tell K speakers apart; none for emotion."""
    counts = sorted({count for log in logs for count in log.speakers})
    if quantity == "emotion_loss":
        return {}
    if quantity in ("speaker_loss", "speaker_entropy"):
        return {f"ln {count}": float(np.log(count)) for count in counts}
    return {f"1/{count}": 1 / count for count in counts}


def _tradeoff(
    means: list[LeakageMean], results: dict[str, Any], styles: dict[str, Look]
) -> dict[str, Any]:
    """The figure of one selection rule: that of Table 2 if it was probed, else the first."""
    measured = [mean for mean in means if "train" in mean.sets]
    if not measured:
        return {}
    rule = results.get("table2", {}).get("rule")
    if rule not in {mean.rule for mean in measured}:
        rule = measured[0].rule
    shown = [mean for mean in measured if mean.rule == rule]
    return {"rule": rule, "svg": tradeoff_chart("tradeoff", shown, styles)}


def _read_planes(path: Path) -> dict[str, list[dict[str, str]]]:
    """The rows of each system in a file of coordinates."""
    head, *rest = (line.split("\t") for line in read_lines(path) or [""])
    if head != TSNE_COLUMNS:
        raise InputError(f"{path}:1: not the columns that menan-tsne writes; run menan-tsne again")
    planes: dict[str, list[dict[str, str]]] = {}
    for number, cells in enumerate(rest, start=2):
        if len(cells) != len(TSNE_COLUMNS):
            raise InputError(
                f"{path}:{number}: not {len(TSNE_COLUMNS)} cells; run menan-tsne again"
            )
        row = dict(zip(TSNE_COLUMNS, cells, strict=True))
        planes.setdefault(row["system"], []).append(row)
    for system, rows in planes.items():
        try:
            drawable = len(rows) >= 2 and np.isfinite(_coordinates(rows)).all()
        except ValueError:
            drawable = False
        if not drawable:
            raise InputError(
                f"{path}: no plane can be drawn of system {system!r}; run menan-tsne again"
            )
    return planes


def _coordinates(rows: list[dict[str, str]]) -> np.ndarray:
    return np.array([[float(row["x"]), float(row["y"])] for row in rows])


def _plane_figures(planes: dict[str, list[dict[str, str]]]) -> dict[str, Any]:
    """By system two panels, each with its mixing; the looks of emotions and speakers."""
    if not planes:
        return {}
    rows = [row for of_system in planes.values() for row in of_system]
    kinds = {
        "emotion": class_looks(EMOTIONS),
        "speaker": class_looks(c_sorted({row["speaker"] for row in rows})),
    }
    systems = {}
    for number, (system, own) in enumerate(planes.items()):
        xy = _coordinates(own)
        systems[system] = {}
        for kind, classes in kinds.items():
            # Of several emotions the first is drawn, as menan-tsne does.
            values = [row[kind].split(",")[0] if kind == "emotion" else row[kind] for row in own]
            mixing = knn_mixing(xy, values, NEIGHBOURS)
            label = f"t-SNE of {system}, {len(own)} utterances coloured by {kind}"
            svg = plane_chart(f"plane-{number}-{kind}", label, xy, values, classes)
            systems[system][kind] = {"svg": svg, "mixing": mixing}
    return {"kinds": kinds, "systems": systems}
