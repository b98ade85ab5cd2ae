"""Any corpus of EmoBox, by its manifests: utterances, scored labels and folds (Ma et al. 2024)."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated

from menan.corpora.delimited import UNKNOWN_NAMES
from menan.corpora.emobox_audio import AudioPlace
from menan.corpora.emobox_labels import release_labels, scored_labels
from menan.corpora.emobox_manifest import (
    ManifestFolds,
    ManifestLine,
    corpus_of,
    read_folds,
    read_label_map,
    read_manifest,
)
from menan.corpora.emobox_speakers import CorpusRule, conflicts, rule_of
from menan.corpora.label_choice import DEFAULT_CHOICE, LabelChoice
from menan.corpora.preparation import (
    Corpus,
    Preparation,
    corpus_title,
    cut_to_recording,
    recording_seconds,
)
from menan.datadir.utterances import Utterance
from menan.errors import InputError


def prepare(
    root: str | Path,
    choice: LabelChoice = DEFAULT_CHOICE,
    audio_root: Annotated[
        Path | None,
        "Folder of the audio: the one with downloads/, or one below it such as that of the corpus. "
        "By default the folder two levels above DIR.",
    ] = None,
    speaker_pattern: Annotated[
        str,
        "Regular expression that finds the speaker in the path of a file; its groups are joined by "
        "'_'. By default menan's rule for the corpus, or else the manifest's field spk.",
    ] = "",
    unknown_speakers: Annotated[
        bool, "Accept utterances whose speaker nobody names: they get none, whoever speaks."
    ] = False,
) -> Preparation:
    """The utterances of ``<corpus>.jsonl``, with the labels that EmoBox scores and its folds.

    One fold gives the split of each utterance; of several, each utterance has the fold that tests
    it, and those that it validates. Folds that test two or more speakers each, and none in two
    folds, are the groups too.

    RAVDESS and IEMOCAP get the ids, labels and speakers that ``menan-prepare ravdess --emotions
    all`` and ``iemocap`` give them.

    Args:
        root: the folder of a corpus in EmoBox's ``data``.
        choice: the emotions to take, by the names that they get here.
        audio_root: where relative paths begin.
        speaker_pattern: overrides the rule of the corpus.
        unknown_speakers: whether utterances may have no speaker.

    Raises:
        InputError: malformed manifests, speakers that nobody names, no audio at all, unreadable
            audio, or a label that the corpus lacks.
    """
    folder = Path(root).absolute()
    corpus = corpus_of(folder)
    path = folder / f"{corpus}.jsonl"
    lines = read_manifest(path)
    folds = read_folds(folder, corpus, {line.key for line in lines})
    rule = rule_of(corpus)
    scored = scored_labels(lines, read_label_map(folder), rule, path)
    chosen = release_labels(scored, rule, path).choose(choice)
    audio = Path(audio_root).absolute() if audio_root else folder.parent.parent
    if not audio.is_dir():
        raise InputError(f"{audio}: no such directory; name the folder of the audio, --audio-root")
    speakers = _speakers(lines, rule, speaker_pattern, unknown_speakers, path)
    groups, found = _groups(folds, speakers)
    found = _warnings(lines, speakers, corpus) | found
    left_out: Counter[str] = Counter()
    place = AudioPlace(audio, (line.wav for line in lines))
    no_audio: list[str] = []
    utterances: list[Utterance] = []
    for line in lines:
        name = scored[line.key]
        file = place.find(line.wav)
        if not (emotions := chosen.emotions([name])):
            left_out[name] += 1
        elif file is None:
            no_audio.append(line.wav)
        else:
            speaker = speakers.get(line.key)
            text, intensity = rule.sentence_of(file.stem)
            utterances.append(
                replace(
                    _utterance(line, corpus, file, emotions, speaker),
                    group=groups.get(speaker) if speaker else None,
                    gender=rule.gender_of(speaker) if speaker else None,
                    text=text,
                    intensity=intensity,
                    split=folds.fixed.get(line.key),
                    fold=folds.tested.get(line.key),
                )
            )
    if not utterances:
        where = f"such as {place.path(no_audio[0])}" if no_audio else "no line has a chosen label"
        raise InputError(
            f"{path}: no audio of its {len(lines)} lines found ({where}); name the folder that has "
            "downloads/, or the folder of the corpus, with --audio-root"
        )
    if no_audio:
        left_out["no audio"] = len(no_audio)
        found["lines without audio"] = no_audio
    warnings = {what: cases for what, cases in found.items() if cases}
    title = corpus_title(audio, rule.title)
    return Preparation(title, utterances, chosen.labels, dict(left_out), warnings, audio_root=audio)


CORPUS = Corpus(
    "EmoBox's manifests of a corpus, with its folds and scored labels.",
    prepare,
    root="Folder of a corpus in EmoBox's data/, such as EmoBox/data/ravdess.",
    root_name="DIR",
)


def _speakers(
    lines: list[ManifestLine], rule: CorpusRule, pattern: str, unknown: bool, path: Path
) -> dict[str, str]:
    """The speaker of each key that has one: by the pattern, the rule of the corpus, or ``spk``."""
    if pattern:
        rule = _rule_of_pattern(pattern, rule)
    speakers = {}
    for line in lines:
        told = line.speaker if not rule.pattern else None
        if told and told.lower() in UNKNOWN_NAMES:
            told = None
        if speaker := rule.speaker_of(line.wav) or told:
            speakers[line.key] = "_".join(speaker.split())
        elif not unknown:
            hint = f" ({rule.hint})" if rule.hint else ""
            raise InputError(
                f"{line.where}: nothing tells who speaks in {line.wav}{hint}; find the speaker in "
                "the path with --speaker-pattern 'regular expression (with a group)', add the "
                f"field spk to {path.name}, or accept it with --unknown-speakers true"
            )
    return speakers


def _rule_of_pattern(pattern: str, rule: CorpusRule) -> CorpusRule:
    try:
        groups = re.compile(pattern).groups
    except re.error as error:
        raise InputError(
            f"--speaker-pattern {pattern!r}: not a regular expression ({error}); correct it"
        ) from None
    if not groups:
        raise InputError(
            f"--speaker-pattern {pattern!r}: has no group; put the part that names the speaker in "
            "brackets, such as '/([A-Z]+)_'"
        )
    template = "_".join(f"\\{number}" for number in range(1, groups + 1))
    return CorpusRule(rule.title, pattern, template, names=rule.names)


def _warnings(
    lines: Iterable[ManifestLine], speakers: Mapping[str, str], corpus: str
) -> dict[str, list[str]]:
    told = {line.key: line.speaker for line in lines if line.speaker}
    wrong = conflicts(told, {key: speakers[key] for key in told if key in speakers})
    unknown = [line.key for line in lines if line.key not in speakers]
    return {
        f"lines whose spk in {corpus}.jsonl contradicts the path, which is believed": wrong,
        "utterances of unknown speakers": unknown,
    }


def _groups(
    folds: ManifestFolds, speakers: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Group by speaker if folds are disjoint sets of speakers, and warnings about the folds."""
    tested: dict[str, set[str]] = {}
    shared = []
    for fold, parts in folds.parts.items():
        own = {
            part: {speakers[key] for key in keys if key in speakers} for part, keys in parts.items()
        }
        tests = set().union(*(names for part, names in own.items() if part.startswith("test")))
        tested[fold] = tests
        if both := tests & own.get("train", set()):
            shared.append(f"{fold} ({len(both)} of {len(tests)})")
    found = {
        "folds that test on speakers of their training part": shared,
        "parts that repeat another part of their fold, left out": folds.same,
    }
    names = [name for own in tested.values() for name in own]
    if shared or len(tested) < 2 or len(set(names)) < len(names):
        return {}, found
    if min(map(len, tested.values())) < 2:
        found["folds that test one speaker, too few for a group: train with --hold-out folds"] = [
            fold for fold, own in tested.items() if len(own) < 2
        ]
        return {}, found
    return {name: fold for fold, own in tested.items() for name in own}, found


def _utterance(
    line: ManifestLine, corpus: str, file: Path, emotions: tuple[str, ...], speaker: str | None
) -> Utterance:
    name = "_".join(line.key.removeprefix(f"{corpus}-").split())
    utt = name if speaker is None or name.startswith(f"{speaker}-") else f"{speaker}-{name}"
    seconds = recording_seconds(file)
    if line.stretch is None:
        return Utterance(utt, speaker or utt, utt, str(file), emotions, seconds)
    start, end = cut_to_recording(*line.stretch, seconds)
    if end <= start:
        raise InputError(
            f"{line.where}: the segment {line.stretch[0]} to {line.stretch[1]} s is outside "
            f"{file}, which lasts {seconds:.3f} s; fetch the file again"
        )
    # Every utterance of a file names the recording by the file, which is the same for all.
    recording = f"{corpus}-{'_'.join(file.stem.split())}"
    return Utterance(utt, speaker or utt, recording, str(file), emotions, end - start, start, end)
