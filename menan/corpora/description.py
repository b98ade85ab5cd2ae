"""The report on a preparation: counts, utterances left out, warnings, the paper's counts."""

from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from menan.corpora.preparation import PaperCounts, Preparation, outside
from menan.datadir.tables import c_sorted
from menan.datadir.utterances import Utterance
from menan.labels import LabelSet

MOST_ROWS = 50  # more speakers than this are counted, not listed
UNKNOWN = "(unknown)"  # speakers whom nobody knows, in one row
MOST_CASES = 5  # cases that are shown per warning


def describe(preparation: Preparation, root: str | Path) -> str:
    """The report, several lines: size, counts by speaker, emotion and split, what to look at.

    Args:
        root: the folder of the corpus; files outside it are reported.
    """
    utterances = preparation.utterances
    speakers = {u.speaker for u in utterances if u.speaker_known}
    seconds = [u.duration for u in utterances]
    lines = [
        f"{len(utterances)} utterances of {len(speakers)} {preparation.speaker_noun}, "
        f"{sum(seconds) / 3600:.2f} h, {min(seconds):.3f} to {max(seconds):.3f} s",
        *_table(utterances, preparation.labels),
    ]
    if unknown := sum(not u.speaker_known for u in utterances):
        lines.append(f"speaker unknown: {unknown} utterances")
    if splits := Counter(u.split for u in utterances if u.split):
        parts = ", ".join(f"{name} {splits[name]}" for name in c_sorted(splits))
        lines.append(f"splits: {parts}")
    if preparation.left_out:
        by_size = sorted(preparation.left_out.items(), key=lambda item: (-item[1], item[0]))
        reasons = ", ".join(f"{reason} {number}" for reason, number in by_size)
        lines.append(f"left out: {sum(preparation.left_out.values())} ({reasons})")
    warnings = dict(preparation.warnings)
    if elsewhere := outside(
        root, (u.path for u in utterances if u.path not in preparation.given_in_full)
    ):
        warnings[f"files outside {root}"] = elsewhere
    for what, cases in warnings.items():
        shown = ", ".join(cases[:MOST_CASES])
        more = f" and {len(cases) - MOST_CASES} more" if len(cases) > MOST_CASES else ""
        lines.append(f"warning: {what}: {len(cases)}: {shown}{more}")
    if preparation.paper is not None:
        lines += _comparison(utterances, preparation.labels, preparation.paper)
    return "\n".join(lines)


def tally(utterances: Iterable[Utterance], labels: LabelSet) -> dict[str, int]:
    """The number of utterances with each emotion, and of all utterances (``all``)."""
    counts = dict.fromkeys((*labels, "all"), 0)
    for u in utterances:
        counts["all"] += 1
        for emotion in u.emotions:
            counts[emotion] += 1
    return counts


def _tallies(
    utterances: Iterable[Utterance], labels: LabelSet, key: Callable[[Utterance], str | None]
) -> dict[str, dict[str, int]]:
    """Counts by speaker or split; utterances without one are not counted."""
    parts: dict[str, list[Utterance]] = {}
    for u in utterances:
        if (name := key(u)) is not None:
            parts.setdefault(name, []).append(u)
    return {name: tally(parts[name], labels) for name in c_sorted(parts)}


def _speaker(u: Utterance) -> str:
    return u.speaker if u.speaker_known else UNKNOWN


def _table(utterances: list[Utterance], labels: LabelSet) -> list[str]:
    by_speaker = _tallies(utterances, labels, _speaker)
    rows = {"all": tally(utterances, labels)}
    if len(by_speaker) <= MOST_ROWS:
        rows = by_speaker | rows
    width = max(map(len, rows))
    columns = {name: max(7, len(name) + 1) for name in (*labels, "all")}
    return [
        " " * width + "".join(f"{name:>{columns[name]}}" for name in columns),
        *(
            f"{row:<{width}}" + "".join(f"{counts[name]:>{columns[name]}}" for name in columns)
            for row, counts in rows.items()
        ),
    ]


def _comparison(utterances: list[Utterance], labels: LabelSet, paper: PaperCounts) -> list[str]:
    columns = (*labels, "all")
    rows = [("all", tally(utterances, labels), paper.total)]
    nothing = dict.fromkeys(columns, 0)
    for published, key in ((paper.speakers, _speaker), (paper.splits, lambda u: u.split)):
        found = _tallies(utterances, labels, key) if published else {}
        rows += [
            (name, found.get(name, nothing), published.get(name, nothing))
            for name in c_sorted(found.keys() | published.keys())
        ]
    differences = [
        f"  {name}: "
        + ", ".join(f"{c} {here[c]} ({there[c]})" for c in columns if here[c] != there[c])
        for name, here, there in rows
        if here != there
    ]
    if not differences:
        return [f"counts equal {paper.whose} {paper.total['all']}"]
    return [f"warning: counts differ from {paper.whose}, shown in brackets:", *differences]
