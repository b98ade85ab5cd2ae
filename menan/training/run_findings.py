"""What makes the evaluation of a run doubtful: told when it starts, and kept for the report.

The report reads it without PyTorch.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from menan.datadir.dump_directory import Dump
from menan.datadir.folds import is_split
from menan.datadir.same_audio import grouped
from menan.datadir.split import find_split, split_findings
from menan.datadir.tables import read_lines, write_names
from menan.datadir.validity import (
    speakers_finding,
    split_finding,
    unknown_finding,
    unknown_in_corpus_finding,
    untrained_finding,
)

if TYPE_CHECKING:
    from menan.training.plan import RunData

FINDINGS = "findings"  # file in the directory of a run, one line each


def report_unlabelled(dump: Dump, consequence: str) -> None:
    """Say on stderr how many utterances have no emotion."""
    if missing := dump.metadata.unlabelled:
        print(
            f"note: {dump.beside('utt2emo')}: {len(missing)} of {len(dump.metadata.originals)} "
            f"utterances have no emotion, which {consequence}; the first: {missing[0]}",
            file=sys.stderr,
        )


def write_findings(data: "RunData", dump: Dump) -> None:
    """Say on stderr what is doubtful about the evaluation of a run, and write it beside its log."""
    found = list(_findings(data, dump))
    for line in found:
        print(f"warning: {data.run.name}: {line}", file=sys.stderr)
    write_names(data.directory / FINDINGS, found)


def read_findings(directory: Path) -> list[str]:
    """The lines of a run's directory."""
    path = directory / FINDINGS
    return read_lines(path) if path.exists() else []


def _findings(data: "RunData", dump: Dump) -> Iterator[str]:
    if data.heldout is None:
        return
    split = find_split(dump.metadata, str(data.run.group)) if is_split(data.run.group) else None
    learnt = set(data.train.emotions.tolist())
    asked = sorted(set(data.heldout.emotions.tolist()) - learnt)
    if split is not None:
        yield from split_findings(dump.metadata, split)
    elif asked:
        yield untrained_finding(
            data.run.group or "validation", [data.emotions.names[i] for i in asked]
        )
    group = data.run.group
    if group in dump.metadata.corpora:
        yield from filter(None, [unknown_in_corpus_finding(dump.metadata, group)])
    elif group is not None and split is None and (line := unknown_finding(dump.metadata)):
        yield line
    originals = set(dump.metadata.originals)  # the speed copies of two such files are the same too
    pairs = [
        (utt, digest)
        for part in (data.train, data.heldout)
        for utt, digest in zip(part.utts, part.digests, strict=True)
        if utt in originals
    ]
    identical = grouped(pairs)
    if split is not None:
        line = split_finding(split.parts, identical)
    else:
        line = speakers_finding(dump.metadata, identical)
    if data.run.group is not None and line:
        yield line
