"""Several dump directories as one: every corpus stays where it lies, ids get its name."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from menan.datadir.corpus_ids import corpus_id, in_corpus
from menan.datadir.dump_directory import Dump, feats_paths, open_dump
from menan.datadir.folds import FOLDS, is_split
from menan.datadir.metadata import Metadata, corpus_name, optional_table
from menan.datadir.tables import c_sorted
from menan.errors import InputError
from menan.labels import LabelSet

T = TypeVar("T")

# What --hold-out calls other things, and the directory of runs that hold nothing out.
RESERVED = ("none", "each", "corpus", FOLDS, "all")


def open_dumps(feats: str | Path) -> Dump:
    """Read the tables beside one feats.scp, or beside several joined by commas.

    Several are read as one :class:`Dump`: utterances, speakers and groups are called
    ``<corpus>:<id>``, and ``metadata.corpora`` lists the corpora. The matrices stay where they are.
    The order in which the files are named does not matter. Official splits and folds of
    utterances are not joined.

    Raises:
        InputError: a file is missing or malformed; two dumps of one name, with different labels, or
            with features of different settings.
    """
    dumps = [open_dump(path) for path in feats_paths(feats)]
    return dumps[0] if len(dumps) == 1 else _joined(_by_corpus(dumps))


def genders_beside(feats: str | Path) -> dict[str, str]:
    """The genders of the speakers of one or several dumps; what is unknown is left out."""
    paths = feats_paths(feats)
    found = {path: optional_table(path.with_name("spk2gender")) for path in paths}
    if len(paths) == 1:
        return found[paths[0]]
    return {
        in_corpus(corpus_id(corpus_name(path.parent)), speaker): gender
        for path, genders in found.items()
        for speaker, gender in genders.items()
    }


def _by_corpus(dumps: list[Dump]) -> dict[str, Dump]:
    """The dumps by the names of their corpora, sorted."""
    found: dict[str, Dump] = {}
    for dump in dumps:
        path, name = dump.feats.parent / "corpus", corpus_id(dump.metadata.corpus)
        if other := found.get(name):
            raise InputError(
                f"{path}: expected another name than that of {other.feats.parent}, found {name!r} "
                "in both; name each dump once, and write a name of its own into this file"
            )
        if not name or name in RESERVED or is_split(name):
            raise InputError(
                f"{path}: {dump.metadata.corpus[:60]!r} cannot stand beside other corpora; write "
                "another name into this file"
            )
        found[name] = dump
    return {name: found[name] for name in c_sorted(found)}


def _joined(dumps: dict[str, Dump]) -> Dump:
    first, *others = dumps.values()
    for other in others:
        _refuse_different(first, other)
    named = [_within(corpus, dump, first.metadata.emotions) for corpus, dump in dumps.items()]
    labels = [dump.metadata for dump in named]
    metadata = Metadata(
        utt2spk=_union(one.utt2spk for one in labels),
        utt2emo=_union(one.utt2emo for one in labels),
        spk2group=_union(one.spk2group for one in labels),
        spk2gender=_union(one.spk2gender for one in labels),
        utt2uniq=_union(one.utt2uniq for one in labels),
        corpus=" and ".join(one.corpus for one in labels),
        emotions=first.metadata.emotions,
        unknown_speakers=frozenset().union(*(one.unknown_speakers for one in labels)),
        corpora=tuple(dumps),
    )
    return Dump(
        feats=Path(",".join(str(dump.feats) for dump in named)),
        scp=_union(dump.scp for dump in named),
        num_frames=_union(dump.num_frames for dump in named),
        metadata=metadata,
        # Another toolkit's features are as long as their longest matrix; others are equally long.
        features=max((dump.features for dump in named), key=lambda features: features.rows),
    )


def _within(corpus: str, dump: Dump, emotions: LabelSet) -> Dump:
    """A dump with the ids that it has beside other corpora, and the labels in another order."""

    def keyed(table: Mapping[str, T]) -> dict[str, T]:
        return {in_corpus(corpus, key): value for key, value in table.items()}

    def renamed(table: Mapping[str, str]) -> dict[str, str]:
        return keyed({key: in_corpus(corpus, value) for key, value in table.items()})

    own = dump.metadata
    return replace(
        dump,
        scp=keyed(dump.scp),
        num_frames=keyed(dump.num_frames),
        metadata=replace(
            own,
            utt2spk=renamed(own.utt2spk),
            utt2emo=keyed({utt: emotions.in_order(found) for utt, found in own.utt2emo.items()}),
            spk2group=renamed(own.spk2group),
            spk2gender=keyed(own.spk2gender),
            utt2uniq=renamed(own.utt2uniq),
            unknown_speakers=frozenset(in_corpus(corpus, name) for name in own.unknown_speakers),
        ),
    )


def _union(tables: Iterable[Mapping[str, T]]) -> dict[str, T]:
    whole = {key: value for table in tables for key, value in table.items()}
    return {key: whole[key] for key in c_sorted(whole)}


def _refuse_different(first: Dump, other: Dump) -> None:
    wanted, found = set(first.metadata.emotions), set(other.metadata.emotions)
    if wanted != found:
        texts = [
            f"{word} {' '.join(c_sorted(labels))}"
            for word, labels in (("lacks", wanted - found), ("also has", found - wanted))
            if labels
        ]
        raise InputError(
            f"{other.feats.parent / 'emotions'}: {' and '.join(texts)}, unlike "
            f"{first.feats.parent / 'emotions'}; prepare both with the same labels by "
            "menan-prepare --map old=new, or --map old= to leave one out, and dump again"
        )
    if difference := first.features.difference(other.features):
        setting, expected, own = difference
        raise InputError(
            f"{other.feats}: its features have {setting} {own}, those of {first.feats} have "
            f"{expected}; dump both with one configuration"
        )
