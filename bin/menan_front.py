"""menan-front: utility against leakage over the trainings of a study."""

from pathlib import Path
from typing import Annotated

import typer

from menan.analysis.tradeoff.tradeoff import write_front
from menan_bin.command import main_of, new_app

app = new_app()


@app.command()
def front(
    study: Annotated[
        Path, typer.Option(help="<point>/<objective>_seed<k>/<group> and <point>/leakage in it")
    ],
    out: Annotated[Path, typer.Option(help="path without suffix, such as study/front")],
) -> None:
    """Set UA on unseen speakers against what fresh probes read; write .md, .json and .png.

    A row is a system with its bottleneck and lambda, after the last epoch, compared with ec without
    a bottleneck. Where there is noise, leakage_mean has what was probed of the mean of many draws;
    leakage_unheard and leakage_unheard_mean, if they are there, have it of other utterances.

    Example: menan-front --study exp/study --out exp/study/front
    """
    print(write_front(study, out))


main = main_of(app, "menan-front")

if __name__ == "__main__":
    main()
