"""The WA/UA report as text."""

from menan.labels import EMOTIONS
from menan.scoring.score import Score, ScoreReport


def report_text(report: ScoreReport) -> str:
    """A few lines to read: the whole, recall and confusion, then speakers and genders."""
    whole = report.whole
    lines = [
        f"WA {percent(whole.wa)} %  UA {percent(whole.ua)} %  of {whole.utterances} utterances",
    ]
    if whole.single != whole.utterances:
        lines.append(
            f"   right is a hypothesis among the reference's emotions; UA, recall and confusion "
            f"are of the {whole.single} utterances with one"
        )
    if report.unscored:
        lines.append(f"   {report.unscored} references have no hypothesis and are not scored")
    lines += ["", "recall %     " + "  ".join(f"{e} {percent(whole.recall[e])}" for e in EMOTIONS)]
    lines += ["", "confusion    (rows: reference, columns: hypothesis)"]
    lines.append(" " * 4 + "".join(f"{emotion:>7}" for emotion in EMOTIONS))
    for emotion, row in zip(EMOTIONS, whole.confusion, strict=True):
        lines.append(f"{emotion:<4}" + "".join(f"{count:>7}" for count in row))
    for title, parts in (("speaker", report.speakers), ("gender", report.genders)):
        if parts:
            lines += ["", *_table(title, parts)]
    return "\n".join(lines)


def percent(value: float | None) -> str:
    """Two decimals, as in the paper's tables; a dash for what there is not."""
    return "-" if value is None else f"{100 * value:.2f}"


def _table(title: str, parts: dict[str, Score]) -> list[str]:
    width = max(len(title), *map(len, parts))
    header = f"{title:<{width}} {'utts':>6} {'WA %':>7} {'UA %':>7}"
    return [header] + [
        f"{name:<{width}} {part.utterances:>6} {percent(part.wa):>7} {percent(part.ua):>7}"
        for name, part in parts.items()
    ]
