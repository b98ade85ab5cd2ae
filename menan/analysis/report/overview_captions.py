"""Titles, legends and caption of the picture at the top of a report, made from its figures.

In the caption, text between backticks is code.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from menan.analysis.cells import fixed, span
from menan.analysis.leakage.result import PROBES
from menan.analysis.protocols import ProtocolTexts, protocol_of
from menan.analysis.report.overview import (
    NAMES,
    PROBED,
    Mark,
    OverviewRow,
    kinds_of,
    overview_rows,
    probed_means,
)
from menan.analysis.report.overview_sentences import overview_sentences
from menan.analysis.results import Results, Table2

OVERLAPPING = (
    "Overlapping intervals do not settle a comparison: the systems share their test data, and the "
    "paired tests of “System against system” make use of it."
)
LOWER_BOUND = "A stronger probe or attack could find more: these are lower bounds."


@dataclass(frozen=True)
class OverviewPanel:
    """One of the picture's two panels.

    kinds: the marks of each row that it shows, of those in :data:`NAMES`.
    title, legend: stand above and below it.
    alt: description with all figures, for readers who do not see it.
    """

    kinds: tuple[str, ...]
    title: str
    legend: str
    alt: str


@dataclass(frozen=True)
class Overview:
    """The picture and its texts.

    sentences: how good and how sure; how much of the speaker is left.
    caption: what was measured on which speech, and how the figures came about.
    """

    rows: tuple[OverviewRow, ...]
    panels: tuple[OverviewPanel, ...]
    sentences: str
    caption: str

    @property
    def alt(self) -> str:
        """Description of both panels."""
        return " ".join(panel.alt for panel in self.panels)


def overview_of(results: Results, corpus: str) -> Overview | None:
    """The picture of a report; None for results without Table 2 and attacks.

    Args:
        corpus: the corpus as the caption has it; Markdown writes names otherwise than HTML.
    """
    rows = overview_rows(results)
    panels = _panels(rows, results)
    if not panels:
        return None
    return Overview(
        rows, panels, overview_sentences(rows, results), _caption(rows, results, corpus)
    )


def _panels(rows: Sequence[OverviewRow], results: Results) -> tuple[OverviewPanel, ...]:
    """The panel of UA, and that of the speaker unless nothing was probed or attacked."""
    protocol, panels = protocol_of(results.config), []
    if kinds := kinds_of(rows, ("ua",)):
        legend = ["lines: 95 % intervals", "dashed: chance"]
        if any(row.speakers for row in rows):
            legend.insert(1, f"strokes: single {protocol.unit}s")
        panels.append(_panel(rows, kinds, f"How good: UA on {protocol.tested}, %", legend))
    if kinds := kinds_of(rows, ("probe", "attack")):
        legend = ["lines: 95 % intervals", "dashed: chance"]
        if any(row.ceiling is not None for row in rows):
            legend.append("dotted: the probe on the input")
        if len(kinds) > 1:
            legend[:0] = ["full marks: probe", "hollow: attack"]
        names = " or ".join(NAMES[kind].removeprefix("strongest ") for kind in kinds)
        panels.append(
            _panel(rows, kinds, f"How much speaker is left: strongest {names}, %", legend)
        )
    return tuple(panels)


def _caption(rows: Sequence[OverviewRow], results: Results, corpus: str) -> str:
    protocol = protocol_of(results.config)
    parts = [f"{corpus or 'Unnamed corpus'}: {_facts(results, protocol)}."]
    parts.append(_generated(results.corpus))
    if (table := results.table2) is not None:
        parts.append(
            f"UA: mean over folds and seeds, epoch by `{table.rule}`; lines are 95 % intervals "
            f"over {protocol.interval}."
        )
        if len(table.systems) > 1:
            parts.append(OVERLAPPING)
        if any(row.probe for row in rows):
            parts.append(_probes(results, table))
    if any(row.attack for row in rows):
        parts.append(
            "Attack: the strongest attacker without the key in the closed set, from any number of "
            "a speaker's utterances."
        )
    if any(row.marks(("probe", "attack")) for row in rows):
        parts.append(LOWER_BOUND)
    return " ".join(parts)


def _panel(
    rows: Sequence[OverviewRow], kinds: tuple[str, ...], title: str, legend: Sequence[str]
) -> OverviewPanel:
    figures = "; ".join(
        f"{row.label}: {', '.join(_described(row, kind, len(kinds)) for kind in kinds)}"
        for row in rows
    )
    chance = span([mark.chance for row in rows for mark in row.marks(kinds)], 1)
    return OverviewPanel(kinds, title, "; ".join(legend), f"{title}. {figures}; chance {chance}.")


def _described(row: OverviewRow, kind: str, kinds: int) -> str:
    found = row.marks((kind,))
    text = _with_range(found[0]) if found else "not measured"
    return f"{NAMES[kind]} {text}" if kinds > 1 else text


def _with_range(mark: Mark) -> str:
    if mark.interval is None:
        return fixed(mark.value, 1)
    low, high = (fixed(end, 1) for end in mark.interval)
    return f"{fixed(mark.value, 1)} ({low} to {high})"


def _facts(results: Results, protocol: ProtocolTexts) -> str:
    """Sizes: of Table 2, else of the attacks."""
    if (table := results.table2) is not None:
        systems = table.systems.values()
        first = next(iter(systems))
        utterances = sum(one.utterances for one in first.speakers.values())
        seeds = [len(system.seeds) for system in systems]
        return (
            f"{len(table.emotions)} emotions, {_number([len(first.speakers)], protocol.unit)}, "
            f"{_number([len({fold.test for fold in first.folds})], 'fold')}, "
            f"{_number(seeds, 'seed')}, {_number([utterances], 'test utterance')}"
        )
    attacks = results.attacks
    return (
        f"{_number([one.networks for one in attacks], 'network')} per system, "
        f"{_number([len(one.seeds) for one in attacks], 'seed')}, "
        f"{_number([one.speakers for one in attacks], 'attacked speaker')} and "
        f"{_number([one.unseen for one in attacks], 'unseen speaker')} per network"
    )


def _number(counts: Sequence[float], noun: str) -> str:
    return f"{span(counts)} {noun}{'' if set(counts) == {1} else 's'}"


def _generated(corpus: str) -> str:
    parts = corpus.split(" and ")
    generated = [part for part in parts if "generated" in part.lower()]
    if not generated:
        return "No speech here is marked as generated."
    if len(generated) == len(parts):
        return "All speech here was generated."
    return f"{len(generated)} of {len(parts)} corpora are generated speech."


def _probes(results: Results, table: Table2) -> str:
    means = probed_means(results.leakage, table.rule)
    speakers = span([mean.sets[PROBED].speakers for mean in means])
    drawn = ", from one draw or the mean of many" if any(mean.draws > 1 for mean in means) else ""
    return (
        f"Probe: the strongest of {len(PROBES)} fresh probes of the embedding v{drawn}, tested on "
        f"other utterances of the {speakers} training speakers; epoch by `{means[0].rule}`."
    )
