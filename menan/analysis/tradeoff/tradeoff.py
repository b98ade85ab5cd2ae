"""front.md, front.json and front.png of a study."""

import json
from pathlib import Path
from typing import Any

from menan.analysis.tables.cells import as_text, fixed, table_of, with_interval
from menan.analysis.tables.markdown import protocol_section
from menan.analysis.tradeoff.claims import MOST, front_findings, scan_finding
from menan.analysis.tradeoff.figure import draw_front
from menan.analysis.tradeoff.pareto import scan_seeds
from menan.analysis.tradeoff.points import front_rows
from menan.analysis.tradeoff.study import BASELINE, RULE, VARIED, System, read_study
from menan.files.atomic import atomic_path, write_together
from menan.provenance import code_version

HEADER = ["system", "bottleneck", "λ", "seeds", "UA", f"UA − `{BASELINE}`", "one draw", "× chance"]
HEADER += ["draws", "their mean", "× chance", "LEACE", "bits", "scan", "front", "front, draws"]
BEYOND = ["system", "bottleneck", "λ", "unheard, one draw", "× chance", "their mean", "× chance"]
BEYOND += ["new speakers, one draw", "× chance", "their mean", "× chance"]


def write_front(study: Path, out: Path) -> str:
    """Write the front of a study; what stands in front.md.

    Args:
        out: path without suffix; ``.md``, ``.json`` and ``.png`` are written.

    Raises:
        InputError: see :func:`menan.analysis.tradeoff.study.read_study`.
    """
    figures = collect_front(read_study(study))
    markdown, values, picture = (out.with_name(out.name + x) for x in (".md", ".json", ".png"))
    text = front_text(figures, picture.name)
    with atomic_path(picture) as beside:
        draw_front(figures["rows"], beside)
        write_together({markdown: text, values: json.dumps(figures, indent=1) + "\n"})
    return text


def collect_front(systems: list[System]) -> dict[str, Any]:
    """All figures, as JSON values."""
    runs = [run for system in systems for run in system.runs]
    config = runs[0].config
    training = {key: value for key, value in config["training"].items() if key not in VARIED}
    seconds = sum(line["seconds"] for run in runs for line in run.log)
    rows = front_rows(systems)
    return {
        "code": code_version(),
        "trained_by": sorted({run.config["version"] for run in runs}),
        "corpus": config["corpus"],
        "config": {"training": training, "features": config["features"]},
        "trained": {"runs": len(runs), "hours": round(seconds / 3600, 2)},
        "rule": RULE,
        "findings": front_findings(rows),
        "scan": scan_finding(rows, scan_seeds(systems)),
        "rows": rows,
    }


def front_text(figures: dict[str, Any], picture: str) -> str:
    """front.md, from the values of :func:`collect_front`.

    Args:
        picture: name of the figure beside it.
    """
    corpus, rows = as_text(figures["corpus"]), figures["rows"]
    trained_by = ", ".join(figures["trained_by"])
    parts = [
        f"# Utility against leakage: {corpus}",
        f"Code: menan {figures['code']}; trained by menan {trained_by}.",
    ]
    if "generated" in corpus.lower():
        parts.append("This corpus is generated: no figure here says anything about people.")
    told = [*figures["findings"], *filter(None, [figures["scan"]])]
    parts += [
        "\n".join(f"- {sentence}" for sentence in told),
        f"![Utility against leakage]({picture})",
        table_of(HEADER, [*map(_cells, rows), _ceiling(rows)]),
        _notes(rows),
        *_beyond(rows),
        protocol_section(figures, figures["rule"])
        + " The systems differ in bottleneck, its strength and lambda.",
    ]
    return "\n\n".join(parts) + "\n"


def _cells(row: dict[str, Any]) -> list[str]:
    return [
        *_named(row),
        str(len(row["seeds"])),
        *(with_interval(row[name]["mean"], row[name]["interval"]) for name in ("ua", "difference")),
        *_probed(row["one"]),
        fixed(row["draws"], 0),
        *_probed(row["many"]),
        _probed(row["leace"])[0],
        fixed(row["capacity_bits"], 1),
        *("*" if mark else "" for mark in (row["scan"], row["front"]["one"], row["front"]["many"])),
    ]


def _ceiling(rows: list[dict[str, Any]]) -> list[str]:
    # What goes into the networks is the same for all of them.
    cells = ["any", "raw statistics", *[""] * 4, *_probed(rows[0]["raw"])]
    return cells + [""] * (len(HEADER) - len(cells))


def _named(row: dict[str, Any]) -> list[str]:
    return [f"`{row['system']}`", row["bottleneck"], f"{row['lambda']:g}"]


def _probed(found: dict[str, Any] | None) -> list[str]:
    if found is None:
        return ["–", "–"]
    return [with_interval(found["accuracy"], found["interval"]), f"{found['times_chance']:.1f}"]


def _notes(rows: list[dict[str, Any]]) -> str:
    return (
        "UA is of unseen speakers, in per cent, mean over folds and seeds; its difference is "
        f"paired with `{BASELINE}` without a bottleneck by speakers, utterances and the seeds that "
        "both have. The probes' columns are the accuracy in per cent of the strongest of three "
        "fresh probes of the training speakers, on utterances it did not learn from: of one draw "
        "of each embedding, of the mean of so many draws (– where it is not random), of one draw "
        f"after linear erasure (LEACE); chance is {rows[0]['chance']:.2f} %. Raw statistics of the "
        "input are the ceiling. In brackets 95 % by bootstrap over speakers, then utterances (and "
        "seeds, for UA); a probe's are means of its seeds' intervals. An interval that holds 0 "
        "does not show that nothing is lost. Bits are the capacity of the bottleneck for these "
        "utterances, an upper bound. On the front (\\*) no other system is as good in UA and "
        "leakage and better in one: by one draw, and by the worse of one draw and the mean of "
        "many. Only the systems with the most seeds are compared for it; the scan compares all, on "
        "the seeds that all have, and marks who is on either front. Stronger probes could find "
        f"more: also below {MOST} times chance a figure is a lower bound of what leaks."
    )


def _beyond(rows: list[dict[str, Any]]) -> list[str]:
    """What probes find in utterances that the encoders were not trained on, if they were asked."""
    asked = [row for row in rows if row["unheard"] or row["heldout"]]
    if not asked:
        return []
    nothing: dict[str, Any] = {"one": None, "many": None}
    cells = [
        _named(row)
        + [
            cell
            for part in ("unheard", "heldout")
            for drawn in ("one", "many")
            for cell in _probed((row[part] or nothing)[drawn])
        ]
        for row in asked
    ]
    return [
        "## Utterances that no encoder was trained on",
        table_of(BEYOND, cells),
        "An encoder can gather what it is trained on, and leave the speaker in what it meets "
        "later: the table above is of the former, this one of the latter. Unheard are other "
        "utterances of the training speakers. New speakers are the held-out ones, told apart "
        "within their group. Probes, draws and brackets as above; – where nobody asked.",
    ]
