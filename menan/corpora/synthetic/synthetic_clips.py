"""Generated corpora in the layouts of CREMA-D, Emo-DB, MELD and MSP-Podcast."""

import csv
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np

from menan.corpora import cremad, emodb, meld, msp_podcast
from menan.corpora.synthetic.lengths import Lengths
from menan.corpora.synthetic.release import named_rng, new_corpus, write_wav
from menan.corpora.synthetic.voice import Speaker, draw_speaker, noise_floor, synthesize

# The voice that stands for an emotion; others have the neutral one.
_VOICES = dict.fromkeys(("angry", "anger", "disgust"), "ang")
_VOICES |= dict.fromkeys(("happy", "joy", "surprise"), "hap")
_VOICES |= dict.fromkeys(("sad", "sadness", "boredom"), "sad")
_SENTENCES = ("We were waiting for you.", "It is the second time, is it not?", "Tell me more.")
_CHARACTERS = ("Ross", "Monica", "Chandler", "Rachel", "Joey", "Phoebe", "Mr. Geller", "Waiter")
_MELD_HEADER = (
    "Number Utterance Speaker Emotion Sentiment Dialogue_ID Utterance_ID Season Episode StartTime "
    "EndTime"
)


class _Writer:
    """Writes utterances of named speakers, each with one voice."""

    def __init__(self, seed: int, lengths: Lengths | None):
        self.seed, self.lengths = seed, lengths or Lengths()
        self.voices: dict[str, Speaker] = {}

    def write(self, path: Path, speaker: str, gender: str, emotion: str) -> None:
        if speaker not in self.voices:
            self.voices[speaker] = draw_speaker(gender, named_rng(self.seed, "speaker", speaker))
        voice, rng = (
            self.voices[speaker],
            named_rng(self.seed, path.parent.name, path.name, speaker),
        )
        speech = synthesize(voice, _VOICES.get(emotion, "neu"), rng, self.lengths.draw(rng))
        write_wav(path, speech + noise_floor(voice, rng, len(speech)))


def synthesize_cremad(
    out: str | Path, seed: int = 0, speakers: int = 6, lengths: Lengths | None = None
) -> int:
    """Write ``AudioWAV``, ``VideoDemographics.csv`` and ``processedResults/summaryTable.csv``.

    Each speaker has two clips with every emotion. Listeners hear the happy ones as neutral, and do
    not agree on the sad ones. The same arguments give the same bytes.

    Returns:
        The number of clips.

    Raises:
        InputError: ``out`` exists and is not an empty directory.
    """
    writer, votes = _Writer(seed, lengths), []
    with new_corpus(out, seed) as root:
        for index in range(speakers):
            actor, gender = str(1001 + index), "mf"[index % 2]
            for text, level in (("DFA", "XX"), ("IEO", "HI")):
                for code, emotion in cremad.LABEL_BY_CODE.items():
                    stem = f"{actor}_{text}_{code}_{'XX' if code == 'NEU' else level}"
                    writer.write(root / f"AudioWAV/{stem}.wav", actor, gender, emotion)
                    heard = {"HAP": "N", "SAD": "N:S"}
                    votes.append((stem, heard.get(code, code[0])))
        rows = [(1001 + i, 20 + i, ("Male", "Female")[i % 2], "", "") for i in range(speakers)]
        _table(root / "VideoDemographics.csv", "ActorID Age Sex Race Ethnicity", rows)
        _table(
            root / "processedResults/summaryTable.csv",
            "_ FileName VoiceVote VoiceLevel FaceVote FaceLevel MultiModalVote MultiModalLevel",
            [(i, stem, vote, 50, vote, 50, vote, 50) for i, (stem, vote) in enumerate(votes, 1)],
        )
    return len(votes)


def synthesize_emodb(
    out: str | Path, seed: int = 0, speakers: int = 10, lengths: Lengths | None = None
) -> int:
    """Write ``wav``: every speaker says two sentences with each of the seven emotions.

    Returns:
        The number of sentences.

    Raises:
        InputError: ``out`` exists and is not an empty directory.
    """
    writer, count = _Writer(seed, lengths), 0
    with new_corpus(out, seed) as root:
        for speaker in list(emodb.PUBLISHED.speakers)[:speakers]:
            gender = "m" if speaker in emodb.MEN else "f"
            for text, version in (("a01", "a"), ("b10", "b")):
                for letter, emotion in emodb.LABEL_BY_LETTER.items():
                    path = root / f"wav/{speaker}{text}{letter}{version}.wav"
                    writer.write(path, speaker, gender, emotion)
                    count += 1
    return count


def synthesize_meld(
    out: str | Path, seed: int = 0, dialogues: int = 4, lengths: Lengths | None = None
) -> int:
    """Write the tables of the three parts, and a wav file beside each place of a clip.

    Each dialogue has two rounds of the seven emotions. Its last clip has a video file only, without
    content.

    Args:
        dialogues: in the training part; the other two have half as many.

    Returns:
        The number of utterances.

    Raises:
        InputError: ``out`` exists and is not an empty directory.
    """
    writer, count = _Writer(seed, lengths), 0
    with new_corpus(out, seed) as root:
        for part, (table, folders) in meld.PARTS.items():
            rows: list[Sequence[object]] = []
            for dialogue in range(dialogues if part == "train" else max(1, dialogues // 2)):
                emotions = 2 * meld.LABELS.labels
                for number, emotion in enumerate(emotions):
                    name = _CHARACTERS[(number + dialogue) % len(_CHARACTERS)]
                    stem = f"{folders[-1]}/{folders[0]}/dia{dialogue}_utt{number}"
                    if number < len(emotions) - 1:
                        gender = "fm"[_CHARACTERS.index(name) % 2]
                        writer.write(root / f"{stem}.wav", name, gender, emotion)
                    else:
                        (root / f"{stem}.mp4").write_bytes(b"")
                    sentence = _SENTENCES[number % len(_SENTENCES)]
                    times = ("00:16:16,059", "00:16:21,731")
                    ids = (dialogue, number, 8, 21)
                    rows.append((len(rows) + 1, sentence, name, emotion, "neutral", *ids, *times))
            _table(root / table, _MELD_HEADER, rows)
            count += len(rows)
    return count


def synthesize_msp_podcast(
    out: str | Path, seed: int = 0, speakers: int = 8, lengths: Lengths | None = None
) -> int:
    """Write ``Audios`` and ``Labels/labels_consensus.csv``.

    Half of the speakers are in the training part, and the others in Development, Test1 and Test2 in
    turn. Each speaker has two turns with each label. One turn in seven has an Unknown speaker, and
    so have all of Test3.

    Returns:
        The number of turns.

    Raises:
        InputError: ``out`` exists and is not an empty directory.
    """
    writer = _Writer(seed, lengths)
    rows: list[Sequence[object]] = []
    with new_corpus(out, seed) as root:
        for index in range(speakers + 1):
            others = ("Development", "Test1", "Test2")
            part = "Train" if index < speakers / 2 else others[(index - speakers // 2) % 3]
            part = "Test3" if index == speakers else part
            gender = ("Male", "Female")[index % 2]
            for number, letter in enumerate(2 * list(msp_podcast.LABEL_BY_LETTER)):
                name = f"MSP-PODCAST_{index + 1:04d}_{number + 1:04d}.wav"
                emotion = msp_podcast.LABEL_BY_LETTER[letter]
                writer.write(root / "Audios" / name, f"p{index}", gender[0].lower(), emotion)
                known = part != "Test3" and len(rows) % 7 != 6
                who = (str(100 + index), gender) if known else ("Unknown", "Unknown")
                levels = np.round(named_rng(seed, name, "levels").uniform(1, 7, 3), 2)
                rows.append((name, letter, *levels, *who, part))
        header = "FileName EmoClass EmoAct EmoVal EmoDom SpkrID Gender Split_Set"
        _table(root / "Labels/labels_consensus.csv", header, rows)
    return len(rows)


def _table(path: Path, header: str, rows: Iterable[Sequence[object]]) -> None:
    """A CSV file with columns of some names; ``_`` stands for a column without a name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    names = ["" if name == "_" else name for name in header.split()]
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([names, *rows])


# The corpora with one file per utterance, as menan-synthesize calls them.
SYNTHESIZERS: dict[str, Callable[..., int]] = {
    "cremad": synthesize_cremad,
    "emodb": synthesize_emodb,
    "meld": synthesize_meld,
    "msp-podcast": synthesize_msp_podcast,
}
