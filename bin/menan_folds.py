"""menan-folds: the speakers that test, validate and train in each fold."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from menan.corpora.split_file import set_split
from menan.datadir.fold_table import (
    fold_table,
    format_fold_table,
    set_group_size,
    set_groups,
    split_table,
    write_fold_table,
)
from menan.datadir.metadata import read_metadata
from menan.datadir.same_audio import identical_audio
from menan.datadir.split import format_split
from menan.datadir.validity import folds_findings
from menan.errors import InputError
from menan_bin.command import main_of, new_app

app = new_app()


@app.command()
def folds(
    data: Annotated[
        Path, typer.Argument(metavar="DATA", help="Data or dump directory.", show_default=False)
    ],
    groups: Annotated[
        Path | None,
        typer.Option(
            help="Table of speaker and group of a published protocol, written to DATA/spk2group.",
            show_default="the groups of DATA/spk2group",
        ),
    ] = None,
    group_size: Annotated[
        int | None,
        typer.Option(
            min=2,
            metavar="N",
            help="Smallest number of speakers in a group. Writes as many such groups as possible "
            "to DATA/spk2group, with women and men spread evenly.",
            show_default="the groups of DATA/spk2group",
        ),
    ] = None,
    group_seed: Annotated[
        int,
        typer.Option(
            min=0,
            metavar="N",
            help="0 forms the groups of --group-size in the order of the speakers' names, any "
            "other number in a shuffled order.",
        ),
    ] = 0,
    folds_file: Annotated[
        Path | None,
        typer.Option(
            "--folds",
            help="Official split, written to DATA/utt2split: CSV with the columns utt or speaker, "
            "and split, or lines '<utterance or speaker> <split>'. Names of parts begin with "
            "train, valid, dev, test or eval; there may be several tests, and none for validation. "
            "With a column fold in place of split: folds of utterances, written to DATA/utt2fold; "
            "each utterance is tested by its fold, and trains in all others.",
            show_default="those of DATA/utt2split and DATA/utt2fold, if any",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="TSV file for the table.", show_default="DATA/folds.tsv"),
    ] = None,
) -> None:
    """Print and write the leave-one-speaker-out folds, one line per fold.

    A group of spk2group is held out. Each of its speakers tests once, the next one validates, and
    the speakers of all other groups train. Numbers of utterances do not include speed copies.
    Warnings name what makes the evaluation doubtful: classes of a group that nobody else has,
    identical audio under two speakers, utterances of unknown speakers.

    With an official split or folds of utterances (--folds, or menan-prepare), their parts are
    printed too; menan-train --hold-out split, or --hold-out folds, trains on them.

    Example: menan-folds data/ravdess --group-size 6
    """
    if groups is not None and group_size is not None:
        raise InputError("--groups and --group-size exclude each other; give one of them")
    if group_seed and group_size is None:
        raise InputError("--group-seed needs --group-size; give both")
    if group_size is not None:
        set_group_size(data, group_size, group_seed)
    if groups is not None and (absent := set_groups(data, groups)):
        print(f"note: {groups}: {len(absent)} speakers are not in {data}", file=sys.stderr)
    if folds_file is not None:
        without, absent_names = set_split(data, folds_file)
        for number, what in (
            (without, f"utterances of {data} are in no part"),
            (absent_names, f"names are not in {data}"),
        ):
            if number:
                print(f"note: {folds_file}: {number} {what}", file=sys.stderr)
    parts, doubts = split_table(data)
    if folds_file is None:
        try:
            rows = fold_table(data)
        except InputError as error:
            if not parts:
                raise
            print(f"note: {error}", file=sys.stderr)
        else:
            write_fold_table(out or data / "folds.tsv", rows)
            print(format_fold_table(rows), flush=True)
    found = folds_findings(read_metadata(data), identical_audio(data))
    if parts:
        print(format_split(parts), flush=True)
    for line in (*found, *doubts):
        print(f"warning: {data}: {line}", file=sys.stderr)


main = main_of(app, "menan-folds")

if __name__ == "__main__":
    main()
