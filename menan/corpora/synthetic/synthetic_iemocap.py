"""A generated corpus in the layout of IEMOCAP's full release, with its irregularities."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from menan.corpora.synthetic.lengths import Lengths
from menan.corpora.synthetic.release import named_rng, new_corpus, write_wav
from menan.corpora.synthetic.voice import (
    SAMPLE_RATE,
    Speaker,
    draw_speaker,
    noise_floor,
    synthesize,
)

# The letter in a dialogue's name is that of the speaker with the markers, not of the speaker of a
# turn. Names differ in length, with and without a letter at the end.
DIALOGUES = ("F_impro01", "M_impro05a", "F_script01_1", "M_script01_1b")

# By label: emotion of the voice, word of the raters, usual valence, activation and dominance.
_LABELS = {
    "ang": ("ang", "Anger", (2, 4, 4)),
    "exc": ("hap", "Excited", (4, 4, 3)),
    "fru": ("ang", "Frustration", (2, 3, 3)),
    "hap": ("hap", "Happiness", (4, 3, 3)),
    "neu": ("neu", "Neutral", (3, 2, 3)),
    "sad": ("sad", "Sadness", (2, 2, 2)),
    "sur": ("hap", "Surprise", (3, 4, 3)),
    "xxx": ("neu", None, (3, 3, 3)),  # no majority among the raters
}
_LEFT_OUT = ("fru", "sur", "xxx")  # labels outside the four; each speaker has one turn of each

_SENTENCES = (
    "I put the letter on the table.",
    "They said it would be here by noon.",
    "What do you want me to do about it?",
    "We have been waiting since this morning.",
    "You know how my brother is.",
    "It is only the second time this week.",
)
_APPLE_DOUBLE = bytes.fromhex("00051607 00020000") + b"Mac OS X        " + bytes(26)


@dataclass(frozen=True)
class _SpokenTurn:
    """One line of a label file with its raters.

    words: one word per rater.
    ratings: valence, activation and dominance of two raters, (2, 3).
    """

    name: str
    label: str
    start: float
    end: float
    words: tuple[str, ...]
    ratings: np.ndarray
    text: str


def synthesize_iemocap(
    out: str | Path,
    seed: int = 0,
    sessions: int = 5,
    utts_per_emotion: int = 6,
    lengths: Lengths | None = None,
) -> int:
    """Write ``Session1`` to ``Session<sessions>``, a woman and a man in each.

    Each speaker has ``utts_per_emotion`` turns with anger, as many neutral and sad ones, as many
    with happiness or excitement, and a few with other labels. The same arguments give the same
    bytes.

    Returns:
        The number of turns.

    Raises:
        InputError: ``out`` exists and is not an empty directory.
    """
    lengths = lengths or Lengths()
    turns = 0
    with new_corpus(out, seed) as root:
        for number in tqdm(range(1, sessions + 1), desc="sessions", disable=None):
            folder = root / f"Session{number}"
            turns += _write_session(folder, f"Ses{number:02d}", seed, utts_per_emotion, lengths)
    return turns


def _write_session(
    folder: Path, session: str, seed: int, per_emotion: int, lengths: Lengths
) -> int:
    excited = (per_emotion + 1) // 2
    counts = {"ang": per_emotion, "neu": per_emotion, "sad": per_emotion}
    counts |= {"exc": excited, "hap": per_emotion - excited}
    wanted = [*_LEFT_OUT, *(label for label, count in counts.items() for _ in range(count))]
    speakers, labels = {}, {}
    for letter in "FM":
        speakers[letter] = draw_speaker(letter.lower(), named_rng(seed, session + letter))
        labels[letter] = named_rng(seed, session + letter, "labels").permutation(wanted).tolist()
    for index, name in enumerate(DIALOGUES):
        dealt = {letter: labels[letter][index :: len(DIALOGUES)] for letter in "FM"}
        turns = _write_sentences(
            folder / "sentences/wav", session + name, speakers, dealt, lengths, seed
        )
        _write_labels(folder / "dialog/EmoEvaluation", session + name, turns)
        _write_single_raters(folder / "dialog/EmoEvaluation", session + name, turns)
        _write(
            folder / f"dialog/transcriptions/{session}{name}.txt",
            [f"{t.name} [{t.start:08.4f}-{t.end:08.4f}]: {t.text}" for t in turns],
        )
    return 2 * len(wanted)


def _write_sentences(
    folder: Path,
    dialogue: str,
    speakers: dict[str, Speaker],
    dealt: dict[str, Sequence[str]],
    lengths: Lengths,
    seed: int,
) -> list[_SpokenTurn]:
    """Write the audio of a dialogue in which both speakers take turns; return the turns."""
    now = 6.0
    turns = []
    for index, pair in enumerate(zip(dealt["F"], dealt["M"], strict=True)):
        for letter, label in zip("FM", pair, strict=True):
            name = f"{dialogue}_{letter}{index:03d}"
            rng = named_rng(seed, name)
            emotion, word, usual = _LABELS[label]
            speech = synthesize(speakers[letter], emotion, rng, lengths.draw(rng))
            noise = noise_floor(speakers[letter], rng, len(speech))
            write_wav(folder / dialogue / f"{name}.wav", speech + noise)
            start = now + rng.uniform(0.2, 1.0)
            now = start + len(speech) / SAMPLE_RATE
            turns.append(
                _SpokenTurn(
                    name=name,
                    label=label,
                    start=start,
                    end=now,
                    words=_words(word, rng),
                    ratings=np.clip(np.array(usual) + rng.integers(-1, 2, (2, 3)), 1, 5),
                    text=str(rng.choice(_SENTENCES)),
                )
            )
    beside = folder / dialogue / f"._{turns[0].name}.wav"
    beside.write_bytes(_APPLE_DOUBLE)
    return turns


def _words(word: str | None, rng: np.random.Generator) -> tuple[str, ...]:
    """The words of three raters: two agree and one does not; for ``xxx``, three words."""
    others = [w for _, w, _ in _LABELS.values() if w not in (None, word)]
    stray = rng.permutation(others).tolist()
    return tuple(stray[:3]) if word is None else (word, stray[0], word)


def _write_labels(folder: Path, dialogue: str, turns: Sequence[_SpokenTurn]) -> None:
    lines = ["% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]", ""]
    for t in turns:
        mean = ", ".join(f"{value:.4f}" for value in t.ratings.mean(axis=0))
        lines.append(f"[{t.start:.4f} - {t.end:.4f}]\t{t.name}\t{t.label}\t[{mean}]")
        lines += [f"C-E{rater}:\t{word};\t()" for rater, word in enumerate(t.words, start=2)]
        for rater, (val, act, dom) in zip(("E3", "E4"), t.ratings, strict=True):
            lines.append(f"A-{rater}:\tval {val}; act {act}; dom  {dom};\t()")
        lines.append("")
    _write(folder / f"{dialogue}.txt", lines)
    (folder / f"._{dialogue}.txt").write_bytes(_APPLE_DOUBLE)


def _write_single_raters(folder: Path, dialogue: str, turns: Sequence[_SpokenTurn]) -> None:
    """One rater's file in each of the sub-folders, which are not part of the labels."""
    words = [f"{t.name} :{t.words[1]}; ()" for t in turns]
    ratings = [
        f"{t.name} :act {act}; :val {val}; :dom  {dom}; ()"
        for t in turns
        for val, act, dom in t.ratings[:1]
    ]
    _write(folder / f"Categorical/{dialogue}_e3_cat.txt", words)
    _write(folder / f"Self-evaluation/{dialogue}_f1_cat.txt", words)
    _write(folder / f"Attribute/{dialogue}_e3_atr.txt", ratings)


def _write(path: Path, lines: Sequence[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
