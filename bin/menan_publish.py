"""menan-publish: a model for others, with a card that describes it."""

from pathlib import Path
from typing import Annotated

import typer

from menan.plugins import load_plugins
from menan_bin.command import PluginOption, main_of, new_app

app = new_app()


@app.command()
def publish(
    model: Annotated[Path, typer.Option(help="Model file, usually trained on all speakers.")],
    exp: Annotated[
        Path,
        typer.Option(help="Experiment with the same settings that held speakers out: its UA."),
    ],
    licence: Annotated[str, typer.Option(help="Licence of the training corpus.")],
    not_for: Annotated[str, typer.Option(help="Uses that are ruled out.")],
    out: Annotated[Path, typer.Option(help="Model file to write.")],
    pretrained: Annotated[
        str | None,
        typer.Option(
            metavar="DIR_OR_NAME", help="Where others find the pretrained encoder of the features."
        ),
    ] = None,
    plugin: PluginOption = None,
) -> None:
    """Write a model with its corpus, licence, protocol and UA on unseen speakers in its card.

    Weights are rounded to float16, which halves the file.

    Example: menan-publish --model exp/all/menan_seed0/all/all.last.safetensors --exp exp
    --licence 'CC BY 4.0' --not-for 'decisions about people' --out my.safetensors
    """
    load_plugins(plugin or ())

    from menan.analysis.publish import publish as write

    found = write(model, exp, licence, not_for, out, pretrained)
    low, high = found.ua_interval
    print(f"{out}: UA {100 * found.ua:.1f} % [{100 * low:.1f}, {100 * high:.1f}]; {found.protocol}")


main = main_of(app, "menan-publish")

if __name__ == "__main__":
    main()
