"""The report on a preparation: counts, what was left out, warnings, the paper's counts."""

from collections.abc import Iterable
from pathlib import Path

from menan.corpora.preparation import PaperCounts, Preparation, outside
from menan.datadir.tables import c_sorted
from menan.datadir.utterances import Utterance
from menan.labels import EMOTIONS

COLUMNS = (*EMOTIONS, "all")
MOST_ROWS = 50  # more speakers than a reader looks through are only counted
MOST_CASES = 5  # of one warning


def describe(preparation: Preparation, root: str | Path) -> str:
    """The report, several lines: size, class x speaker counts, left out, warnings, the paper.

    Args:
        root: the folder of the corpus; files that lie elsewhere are told.
    """
    utterances = preparation.utterances
    speakers = {u.speaker for u in utterances}
    seconds = [u.duration for u in utterances]
    lines = [
        f"{len(utterances)} utterances of {len(speakers)} {preparation.speaker_noun}, "
        f"{sum(seconds) / 3600:.2f} h, {min(seconds):.3f} to {max(seconds):.3f} s",
        *_table(utterances),
    ]
    if preparation.left_out:
        by_size = sorted(preparation.left_out.items(), key=lambda item: (-item[1], item[0]))
        reasons = ", ".join(f"{reason} {number}" for reason, number in by_size)
        lines.append(f"left out: {sum(preparation.left_out.values())} ({reasons})")
    warnings = dict(preparation.warnings)
    if elsewhere := outside(root, (u.path for u in utterances)):
        warnings[f"files outside {root}"] = elsewhere
    for what, cases in warnings.items():
        shown = ", ".join(cases[:MOST_CASES])
        more = f" and {len(cases) - MOST_CASES} more" if len(cases) > MOST_CASES else ""
        lines.append(f"warning: {what}: {len(cases)}: {shown}{more}")
    if preparation.paper is not None:
        lines += _comparison(utterances, preparation.paper)
    return "\n".join(lines)


def tally(utterances: Iterable[Utterance]) -> dict[str, int]:
    """How many have each emotion, and how many there are (``all``)."""
    counts = dict.fromkeys(COLUMNS, 0)
    for u in utterances:
        counts["all"] += 1
        for emotion in u.emotions:
            counts[emotion] += 1
    return counts


def _by_speaker(utterances: Iterable[Utterance]) -> dict[str, dict[str, int]]:
    of_speaker: dict[str, list[Utterance]] = {}
    for u in utterances:
        of_speaker.setdefault(u.speaker, []).append(u)
    return {speaker: tally(of_speaker[speaker]) for speaker in c_sorted(of_speaker)}


def _table(utterances: list[Utterance]) -> list[str]:
    by_speaker = _by_speaker(utterances)
    rows = {"all": tally(utterances)}
    if len(by_speaker) <= MOST_ROWS:
        rows = by_speaker | rows
    width = max(map(len, rows))
    return [
        " " * width + "".join(f"{column:>7}" for column in COLUMNS),
        *(
            f"{name:<{width}}" + "".join(f"{counts[column]:>7}" for column in COLUMNS)
            for name, counts in rows.items()
        ),
    ]


def _comparison(utterances: list[Utterance], paper: PaperCounts) -> list[str]:
    rows = [("all", tally(utterances), paper.total)]
    if paper.speakers:
        found = _by_speaker(utterances)
        nothing = dict.fromkeys(COLUMNS, 0)
        rows += [
            (speaker, found.get(speaker, nothing), paper.speakers.get(speaker, nothing))
            for speaker in c_sorted(found.keys() | paper.speakers.keys())
        ]
    differences = [
        f"  {name}: "
        + ", ".join(f"{c} {here[c]} ({there[c]})" for c in COLUMNS if here[c] != there[c])
        for name, here, there in rows
        if here != there
    ]
    if not differences:
        return [f"counts equal the paper's {paper.total['all']}"]
    return ["warning: counts differ from the paper's, which stand in brackets:", *differences]
