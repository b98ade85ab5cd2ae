"""Corpora: one module per corpus, and one line in the table of names."""

from menan.corpora import emobox, iemocap, mosei, ravdess, table
from menan.corpora.preparation import Corpus

CORPORA: dict[str, Corpus] = {
    "emobox": emobox.CORPUS,
    "iemocap": iemocap.CORPUS,
    "mosei": mosei.CORPUS,
    "ravdess": ravdess.CORPUS,
    "table": table.CORPUS,
}
