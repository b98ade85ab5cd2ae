"""menan-score: WA and UA of hypotheses."""

import json
from pathlib import Path
from typing import Annotated

import typer

from menan.files.atomic import atomic_open
from menan.provenance import code_version
from menan.scoring.files import score_files
from menan.scoring.text import report_text
from menan_bin.command import main_of, new_app

app = new_app()


@app.command()
def score(
    ref: Annotated[Path, typer.Option(help="utt2emo of a data directory")],
    hyp: Annotated[Path, typer.Option(help="utt2emo of menan-infer, or its directory")],
    utt2spk: Annotated[
        Path | None, typer.Option(help="by default the one beside --ref, if there is one")
    ] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="also written here")] = None,
) -> None:
    """Print WA, UA, recall and confusion, by speaker and (spk2gender beside utt2spk) by gender.

    Example: menan-score --ref data/iemocap/utt2emo --hyp exp/menan_seed0/test
    """
    report = score_files(ref, hyp, utt2spk)
    if json_file:
        with atomic_open(json_file) as file:
            made_from = {"ref": str(ref), "hyp": str(hyp), "version": code_version()}
            file.write(json.dumps(made_from | report.to_json(), indent=1) + "\n")
    print(report_text(report))


main = main_of(app, "menan-score")

if __name__ == "__main__":
    main()
