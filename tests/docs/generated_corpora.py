"""Generated corpora and encoders in place of those on the pages, made when they are needed."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from menan.corpora.ravdess import LABEL_BY_CODE
from menan.corpora.synthetic.lengths import Lengths
from menan.corpora.synthetic.release import named_rng, write_wav
from menan.corpora.synthetic.synthetic_clips import synthesize_cremad, synthesize_emodb
from menan.corpora.synthetic.synthetic_iemocap import synthesize_iemocap
from menan.corpora.synthetic.synthetic_mosei import synthesize_mosei
from menan.corpora.synthetic.voice import draw_speaker, synthesize
from tests.corpora.emobox_example import EmoBoxExample
from tests.features.encoder_example import write_encoder

SHORT = Lengths(0.6, 0.8)
ACTORS = ("01", "02", "03", "04")
VOICES = {"angry": "ang", "happy": "hap", "sad": "sad"}  # others have the neutral voice
TABLE_EMOTIONS = {"01": "neutral", "03": "joy", "04": "sad", "05": "angry"}


def synthesize_ravdess(root: Path) -> None:
    """Four actors in the layout of RAVDESS: each emotion in each of two sentences."""
    for actor in ACTORS:
        voice = draw_speaker("fm"[int(actor) % 2], named_rng(0, "actor", actor))
        for code, emotion in LABEL_BY_CODE.items():
            for sentence in ("01", "02"):
                stem = f"03-01-{code}-01-{sentence}-01-{actor}"
                speech = synthesize(voice, VOICES.get(emotion, "neu"), named_rng(0, stem), 0.7)
                write_wav(root / f"Actor_{actor}" / f"{stem}.wav", speech)


def write_emobox(root: Path) -> None:
    """EmoBox's manifests of RAVDESS, and noise as audio."""
    labels = {"Angry": "Angry", "Happy": "Happy", "Neutral": "Neutral", "Sad": "Sad"}
    box = EmoBoxExample(root, "ravdess", labels)
    for actor in ACTORS:
        for code, emotion in (("05", "Angry"), ("03", "Happy"), ("01", "Neutral"), ("04", "Sad")):
            box.add(f"audio/Actor_{actor}/03-01-{code}-01-01-01-{actor}.wav", emotion)
    box.write(*box.folds_by(("01", "04"), ("02", "03")))


MAKERS: dict[str, Callable[[Path], object]] = {
    "ravdess": synthesize_ravdess,
    "iemocap": partial(synthesize_iemocap, sessions=2, utts_per_emotion=2, lengths=SHORT),
    "mosei": partial(synthesize_mosei, videos=6, segments_per_video=4, lengths=SHORT),
    "cremad": partial(synthesize_cremad, speakers=4, lengths=SHORT),
    "emodb": partial(synthesize_emodb, speakers=4, lengths=SHORT),
    "EmoBox": write_emobox,
    "whisper": partial(write_encoder, kind="whisper"),
}


def make_corpus(folder: Path, name: str) -> None:
    """Make one of :data:`MAKERS` in ``folder``, if it is not there."""
    if not (folder / name).exists():
        MAKERS[name](folder / name)


def write_table(table: Path, ravdess: Path) -> None:
    """A table of four emotions in generated speech of the speakers s01 to s04."""
    rows = ["path,speaker,emotion"]
    for path in sorted(ravdess.glob("Actor_*/03-01-0[1345]-*.wav")):
        rows.append(f"{path},s{path.stem[-2:]},{TABLE_EMOTIONS[path.stem.split('-')[2]]}")
    table.write_text("\n".join(rows) + "\n")
