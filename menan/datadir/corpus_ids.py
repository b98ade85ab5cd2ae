"""Ids where several corpora stand side by side: ``<corpus>:<id>``.

Speakers with equal ids in two corpora are two people, so utterances, speakers and groups all get
the name of their corpus. Kaldi's tables accept a colon in a key.
"""

import re
from collections.abc import Iterable

_SEPARATOR = ":"


def corpus_id(corpus: str) -> str:
    """The name of a corpus in ids: one word without a colon that can name a directory.

    >>> corpus_id("RAVDESS (generated): speech")
    'RAVDESS_generated_speech'
    """
    return re.sub(r"[^\w.+-]+", "_", corpus).strip("_.")


def in_corpus(corpus: str, name: str) -> str:
    """The id of an utterance, speaker or group beside other corpora.

    >>> in_corpus("EMODB", "03")
    'EMODB:03'
    """
    return f"{corpus}{_SEPARATOR}{name}"


def corpus_of(name: str) -> str:
    """The corpus of an id that :func:`in_corpus` made.

    >>> corpus_of("EMODB:03")
    'EMODB'
    """
    return name.partition(_SEPARATOR)[0]


def as_called_in(corpus: str, names: Iterable[str]) -> set[str]:
    """Ids as they are, and those of one corpus also as its own directory has them.

    >>> sorted(as_called_in("EMODB", ["EMODB:03", "RAVDESS:01"]))
    ['03', 'EMODB:03', 'RAVDESS:01']
    """
    names, prefix = set(names), in_corpus(corpus_id(corpus), "")
    return names | {name.removeprefix(prefix) for name in names}
