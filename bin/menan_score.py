"""menan-score: WA and UA of hypotheses."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from menan.files.atomic import atomic_open
from menan.labels import parse_map
from menan.provenance import code_version
from menan_bin.command import main_of, new_app

app = new_app()


@app.command()
def score(
    ref: Annotated[Path, typer.Option(help="Reference labels: utt2emo of a data directory.")],
    hyp: Annotated[Path, typer.Option(help="Output directory of menan-infer, or its utt2emo.")],
    utt2spk: Annotated[
        Path | None,
        typer.Option(help="utt2spk of the data.", show_default="utt2spk beside --ref, if any"),
    ] = None,
    map: Annotated[
        str,
        typer.Option(
            metavar="OLD=NEW,...",
            help="New names for labels of the data or the model; OLD= leaves references out.",
        ),
    ] = "",
    json_file: Annotated[
        Path | None, typer.Option("--json", help="JSON file for the same report.")
    ] = None,
) -> None:
    """Print WA, UA, recall and confusion, whole, by speaker, gender, official split and fold.

    Genders are read from spk2gender beside utt2spk, splits and folds from utt2split and utt2fold
    beside --ref, labels from emotions beside --ref and --hyp. Warnings name speakers that the model
    was trained on, and emotions that are never predicted.

    Example: menan-score --ref data/iemocap/utt2emo --hyp exp/infer/menan_seed0
    """
    from menan.scoring.score import report_text, score_files
    from menan.scoring.score_findings import score_findings

    report = score_files(ref, hyp, utt2spk, parse_map(map))
    if json_file:
        with atomic_open(json_file) as file:
            made_from = {"ref": str(ref), "hyp": str(hyp), "version": code_version()}
            made_from |= {"map": map} if map else {}
            file.write(json.dumps(made_from | report.to_json(), indent=1) + "\n")
    for line in score_findings(report, ref, hyp):
        print(f"warning: {hyp}: {line}", file=sys.stderr)
    print(report_text(report))


main = main_of(app, "menan-score")

if __name__ == "__main__":
    main()
