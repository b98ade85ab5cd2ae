"""Speed copies of utterances: their names, and their labels, which are those of the original."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from menan.datadir.metadata import Metadata, spk2utt
from menan.datadir.tables import c_sorted, write_names, write_optional, write_table
from menan.errors import InputError
from menan.features.dump.sources import AudioSource, read_sources
from menan.files.atomic import atomic_open
from menan.labels import joined_labels


@dataclass(frozen=True)
class SpeedCopy:
    """An utterance of a dump: one utterance of the data at one speed; 1.0 is the original."""

    utt: str
    source: AudioSource
    speed: float


def speed_copies(
    data: str | Path, metadata: Metadata, speeds: Sequence[float], allow_pipes: bool = False
) -> dict[str, SpeedCopy]:
    """All utterances of a dump by name, sorted: ``<utt>``, and ``<utt>-sp0.9`` at speed 0.9.

    Args:
        allow_pipes: see :func:`menan.features.dump.sources.read_sources`.

    Raises:
        InputError: malformed wav.scp or segments, or the name of a copy is taken.
    """
    sources = read_sources(data, metadata.utt2spk, allow_pipes)
    copies = {utt: SpeedCopy(utt, source, 1.0) for utt, source in sources.items()}
    for utt, source in sources.items():
        for speed in speeds:
            if speed == 1.0:
                continue
            if (name := f"{utt}-sp{speed:g}") in copies:
                raise InputError(
                    f"{Path(data) / 'utt2spk'}: {name!r} is already taken, but a speed copy of "
                    f"{utt!r} needs this name; dump the data without speed-perturbed copies, or "
                    "with --speeds 1.0"
                )
            copies[name] = SpeedCopy(utt, source, speed)
    return {name: copies[name] for name in c_sorted(copies)}


def write_copy_labels(out: Path, metadata: Metadata, copies: Mapping[str, SpeedCopy]) -> None:
    """Write utt2spk, spk2utt, utt2uniq, corpus, and the other label files that the data have."""
    utt2spk = {name: metadata.utt2spk[copy.utt] for name, copy in copies.items()}
    write_table(out / "utt2spk", utt2spk)
    write_table(out / "spk2utt", spk2utt(utt2spk))
    emotions = {name: joined_labels(metadata.utt2emo[copy.utt]) for name, copy in copies.items()}
    is_labelled = any(metadata.utt2emo.values())
    write_optional(out / "utt2emo", emotions if is_labelled else {})
    write_names(out / "emotions", metadata.emotions if is_labelled else ())
    # The data may hold copies themselves: these, too, point to what they were made from.
    write_table(out / "utt2uniq", {name: metadata.utt2uniq[c.utt] for name, c in copies.items()})
    speakers = set(utt2spk.values())
    groups = {spk: metadata.spk2group[spk] for spk in speakers - metadata.unknown_speakers}
    write_optional(out / "spk2group", groups)
    genders = {spk: gender for spk, gender in metadata.spk2gender.items() if spk in speakers}
    write_optional(out / "spk2gender", genders)
    for table, parts in (("utt2split", metadata.utt2split), ("utt2fold", metadata.utt2fold)):
        own = {name: parts[copy.utt] for name, copy in copies.items() if copy.utt in parts}
        write_optional(out / table, own)
    unknown = c_sorted(speakers & metadata.unknown_speakers)
    write_names(out / "unknown_speakers", unknown)
    with atomic_open(out / "corpus") as file:
        file.write(f"{metadata.corpus}\n")
