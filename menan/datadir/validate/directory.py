"""Check a data or dump directory: Kaldi's utils/validate_data_dir.sh, and more.

Kaldi's script does not check emotions, groups, audio or the values of features, and accepts a
third column in utt2spk and segments that end after their recording. Here all faults are reported,
not only the first.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from menan.datadir.dump_directory import is_given
from menan.datadir.tables import c_sorted
from menan.datadir.validate.audio_files import check_audio
from menan.datadir.validate.feature_files import check_feats
from menan.datadir.validate.label_files import check_labels, check_unknown_speakers, groups_of
from menan.datadir.validate.label_set import check_label_set
from menan.datadir.validate.lenient_table import LenientTable, scan_table
from menan.datadir.validate.problems import Problem, Report
from menan.errors import InputError

# By table: the kind of its keys, and the number of fields after a key (None: one or more).
TABLES: dict[str, tuple[str, int | None]] = {
    "utt2spk": ("utterance", 1),
    "spk2utt": ("speaker", None),
    "utt2emo": ("utterance", 1),
    "spk2group": ("speaker", 1),
    "spk2gender": ("speaker", 1),
    "utt2uniq": ("utterance", 1),
    "utt2dur": ("utterance", 1),
    "text": ("utterance", None),
    "segments": ("utterance", 3),
    "wav.scp": ("recording", None),
    "utt2split": ("utterance", 1),
    "utt2fold": ("utterance", 1),
    "reco2channel": ("recording", 1),
    "feats.scp": ("utterance", None),
    "utt2num_frames": ("utterance", 1),
}
DIVISIONS = ("utt2split", "utt2fold")  # which may lack utterances
REQUIRED = ("utt2spk", "spk2utt")
REQUIRED_OF_OTHERS = ("utt2spk",)  # beside a feats.scp that another toolkit made
REQUIRED_IN_DUMP = ("utt2num_frames", "utt2uniq", "features.yaml")


def validate(directory: str | Path, read_audio: bool = False, allow_pipes: bool = False) -> Report:
    """Check a directory with wav.scp (data), feats.scp (dump), or both.

    The headers of the audio and all features are read.

    Args:
        read_audio: read the audio in full too, which finds truncated files.
        allow_pipes: accept commands in wav.scp; they are not run.

    Raises:
        InputError: no such directory, or one with neither of the two files.
    """
    directory = Path(directory)
    if not directory.is_dir():
        raise InputError(f"{directory}: no such directory; give one with wav.scp or feats.scp")
    tables = {
        name: scan_table(directory / name, fields)
        for name, (_, fields) in TABLES.items()
        if (directory / name).exists()
    }
    if "wav.scp" not in tables and "feats.scp" not in tables:
        raise InputError(
            f"{directory}: has neither wav.scp nor feats.scp; give an output directory of "
            "menan-prepare or menan-dump"
        )
    problems = _missing_files(directory, dumped="feats.scp" in tables)
    for table in tables.values():
        problems.extend(table.problems)
    notes: list[str] = []
    utt2spk = dict(tables["utt2spk"].items()) if "utt2spk" in tables else {}
    unknown: frozenset[str] = frozenset()
    if utt2spk:
        unknown, faults = check_unknown_speakers(directory, utt2spk)
        problems.extend(faults)
        problems.extend(_check_names(tables, utt2spk, unknown))
        labels, faults, notes = check_label_set(directory, tables)
        problems.extend(faults)
        problems.extend(check_labels(tables, utt2spk, labels, unknown))
    if "wav.scp" in tables:
        problems.extend(check_audio(tables, read_audio, allow_pipes))
    if "feats.scp" in tables:
        problems.extend(check_feats(tables, directory / "features.yaml"))
    return Report(
        directory,
        problems,
        notes,
        utterances=len(utt2spk),
        speakers=len(set(utt2spk.values()) - unknown),
        groups=len(set(groups_of(tables, utt2spk, unknown).values())),
    )


def _missing_files(directory: Path, dumped: bool) -> list[Problem]:
    names: tuple[str, ...] = REQUIRED
    cure = "prepare the data again"
    if dumped and is_given(directory):
        names, cure = REQUIRED_OF_OTHERS, "copy it there"
    elif dumped:
        names, cure = (*REQUIRED, *REQUIRED_IN_DUMP), "dump again"
    return [
        Problem(directory / name, None, "no such file", cure)
        for name in names
        if not (directory / name).exists()
    ]


def _check_names(
    tables: Mapping[str, LenientTable], utt2spk: Mapping[str, str], unknown: frozenset[str]
) -> Iterator[Problem]:
    """Check that tables have the keys of utt2spk, and wav.scp the recordings of segments.

    Speakers that stand for nobody have no group and perhaps no gender, and utterances may be in no
    part of the official split and tested by no fold.
    """
    expected = {
        "utterance": ("utt2spk", set(tables["utt2spk"].rows)),
        "speaker": ("utt2spk", set(utt2spk.values())),
    }
    if "segments" in tables:
        recordings = {value.split()[0] for _, value in tables["segments"].items()}
        expected["recording"] = ("segments", recordings)
    else:
        expected["recording"] = expected["utterance"]
    for name, table in tables.items():
        kind = TABLES[name][0]
        source, keys = expected[kind]
        optional = {"spk2group": unknown, "spk2gender": unknown} | dict.fromkeys(DIVISIONS, keys)
        for key in c_sorted(keys - table.rows.keys() - set(optional.get(name, ()))):
            message = f"lacks {kind} {key!r} of {source}"
            yield Problem(table.path, None, message, "add its line, or remove it from all files")
        for key in c_sorted(table.rows.keys() - keys):
            yield table.problem(key, f"is not among the {kind}s of {source}", "remove this line")
