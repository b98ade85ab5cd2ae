"""Scoring of the files that menan-infer writes."""

from pathlib import Path

from menan.datadir.metadata import read_emotions
from menan.datadir.tables import read_table
from menan.errors import InputError
from menan.scoring.score import ScoreReport, score_report


def read_hypotheses(path: Path) -> dict[str, str]:
    """Utterance id -> emotion, from an utt2emo of hypotheses or the directory that holds it."""
    path = path / "utt2emo" if path.is_dir() else path
    hypotheses = {}
    for number, (utt, emotions) in enumerate(read_emotions(path)[1].items(), start=1):
        if len(emotions) > 1:
            found = ",".join(emotions)
            raise InputError(f"{path}:{number}: a hypothesis is one emotion, found {found!r}")
        hypotheses[utt] = emotions[0]
    return hypotheses


def score_files(ref: Path, hyp: Path, utt2spk: Path | None = None) -> ScoreReport:
    """Score hypotheses against the utt2emo of a data directory.

    Args:
        hyp: an utt2emo of hypotheses, or the directory that menan-infer wrote.
        utt2spk: by default the one beside ``ref``, if there is one; a spk2gender beside it is
            read too.

    Raises:
        InputError: unreadable files, or a hypothesis without a reference or a speaker.
    """
    if utt2spk is None and ref.with_name("utt2spk").exists():
        utt2spk = ref.with_name("utt2spk")
    genders = utt2spk.with_name("spk2gender") if utt2spk else None
    references, hypotheses = read_emotions(ref)[1], read_hypotheses(hyp)
    try:
        return score_report(
            references,
            hypotheses,
            read_table(utt2spk) if utt2spk else None,
            read_table(genders) if genders and genders.exists() else None,
        )
    except InputError as error:
        raise InputError(f"{hyp}: {error}") from None
