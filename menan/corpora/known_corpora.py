"""The table of corpora: one line per module."""

from menan.corpora import (
    cremad,
    emobox,
    emodb,
    iemocap,
    meld,
    mosei,
    msp_podcast,
    ravdess,
    table,
)
from menan.corpora.preparation import Corpus

CORPORA: dict[str, Corpus] = {
    "cremad": cremad.CORPUS,
    "emobox": emobox.CORPUS,
    "emodb": emodb.CORPUS,
    "iemocap": iemocap.CORPUS,
    "meld": meld.CORPUS,
    "mosei": mosei.CORPUS,
    "msp-podcast": msp_podcast.CORPUS,
    "ravdess": ravdess.CORPUS,
    "table": table.CORPUS,
}
