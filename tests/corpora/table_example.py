"""What tests of tables share: a header, and what a table of two recordings gives."""

from menan.corpora.table import prepare

HEAD = "path,speaker,emotion"


def facts(table, **options):
    return [
        (u.utt, u.speaker, u.emotions, u.start, u.end) for u in prepare(table, **options).utterances
    ]


WHOLE = [("x-one", "x", ("ang",), None, None), ("y-two", "y", ("sad",), None, None)]
