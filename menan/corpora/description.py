"""The report on a preparation: counts, utterances left out, warnings, the paper's counts."""

from collections.abc import Iterable
from pathlib import Path

from menan.corpora.preparation import PaperCounts, Preparation, outside
from menan.datadir.tables import c_sorted
from menan.datadir.utterances import Utterance
from menan.labels import LabelSet

MOST_ROWS = 50  # more speakers than this are counted, not listed
UNKNOWN = "(unknown)"  # speakers whom nobody knows, in one row
MOST_CASES = 5  # cases that are shown per warning


def describe(preparation: Preparation, root: str | Path) -> str:
    """The report, several lines: size, counts by speaker and emotion, and what to look at.

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


def _by_speaker(utterances: Iterable[Utterance], labels: LabelSet) -> dict[str, dict[str, int]]:
    by_speaker: dict[str, list[Utterance]] = {}
    for u in utterances:
        by_speaker.setdefault(u.speaker if u.speaker_known else UNKNOWN, []).append(u)
    return {speaker: tally(by_speaker[speaker], labels) for speaker in c_sorted(by_speaker)}


def _table(utterances: list[Utterance], labels: LabelSet) -> list[str]:
    by_speaker = _by_speaker(utterances, labels)
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
    if paper.speakers:
        found = _by_speaker(utterances, labels)
        nothing = dict.fromkeys(columns, 0)
        rows += [
            (speaker, found.get(speaker, nothing), paper.speakers.get(speaker, nothing))
            for speaker in c_sorted(found.keys() | paper.speakers.keys())
        ]
    differences = [
        f"  {name}: "
        + ", ".join(f"{c} {here[c]} ({there[c]})" for c in columns if here[c] != there[c])
        for name, here, there in rows
        if here != there
    ]
    if not differences:
        return [f"counts equal the paper's {paper.total['all']}"]
    return ["warning: counts differ from the paper's, shown in brackets:", *differences]
