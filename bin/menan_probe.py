"""menan-probe: what fresh probes find of the speaker in frozen embeddings."""

from pathlib import Path
from typing import Annotated

import typer

from menan.analysis.leakage.probe_system import write_leakage
from menan.analysis.leakage.text import leakage_text
from menan_bin.command import main_of, new_app

app = new_app()


@app.command()
def probe(
    embeddings: Annotated[
        Path, typer.Option(help="directory of menan-infer, or of such directories, one a fold")
    ],
    feats: Annotated[Path, typer.Option(help="feats.scp of the dump of training and inference")],
    out: Annotated[Path, typer.Option(help="JSON file to write, such as exp/leakage.json")],
    other: Annotated[
        Path | None, typer.Option(help="embeddings of another corpus by the same models")
    ] = None,
    other_feats: Annotated[Path | None, typer.Option(help="feats.scp of that corpus")] = None,
    seed: Annotated[int, typer.Option(min=0, help="of splits, probes and resampling")] = 0,
) -> None:
    """Ask logistic regression, an MLP and nearest neighbours who speaks; write accuracies as JSON.

    Training speakers, held-out speakers and another corpus are asked about apart, each half of the
    utterances by probes that learned on the other half.

    Example: menan-infer --model exp/menan_seed0 --rule last --feats dump/iemocap/feats.scp
    --out exp/infer/menan; menan-probe --embeddings exp/infer/menan
    --feats dump/iemocap/feats.scp --out exp/menan_seed0/leakage.json
    """
    print(leakage_text(write_leakage(embeddings, feats, out, other, other_feats, seed)))


main = main_of(app, "menan-probe")

if __name__ == "__main__":
    main()
