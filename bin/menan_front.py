"""menan-front: utility against speaker leakage over the trainings of a study."""

from pathlib import Path
from typing import Annotated

import typer

from menan.plugins import load_plugins
from menan_bin.command import PluginOption, main_of, new_app

app = new_app()


@app.command()
def front(
    study: Annotated[
        Path,
        typer.Option(help="Directory with <point>/<system>_seed<k>/<group> and <point>/leakage."),
    ],
    out: Annotated[Path, typer.Option(help="Path without suffix, such as study/front.")],
    reference: Annotated[
        str, typer.Option(help="System, without a bottleneck, to compare all others with.")
    ] = "ec",
    plugin: PluginOption = None,
) -> None:
    """Compare UA on unseen speakers with speaker leakage; write .md, .json and .png.

    One row per system and bottleneck, after the last epoch. With noise, leakage_mean holds what was
    probed from the mean of many draws. The folders leakage_unheard and leakage_unheard_mean, if
    they exist, hold the same for other utterances.

    Example: menan-front --study exp/study --out exp/study/front
    """
    load_plugins(plugin or ())

    from menan.analysis.tradeoff.tradeoff import write_front

    print(write_front(study, out, reference))


main = main_of(app, "menan-front")

if __name__ == "__main__":
    main()
