"""menan-predict: emotions of recordings."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from menan.errors import InputError
from menan.inference.audio_paths import audio_files
from menan.plugins import load_plugins
from menan.shipped import DEFAULT
from menan_bin.command import (
    ChannelOption,
    FfmpegOption,
    NoiseKeyOption,
    PluginOption,
    Switch,
    channel_of,
    complain,
    main_of,
    new_app,
)

if TYPE_CHECKING:
    from menan.inference.prediction import Prediction

NAME = "menan-predict"

app = new_app()


@app.command()
def predict(
    wav: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH", help="Audio files, or folders of them; - for standard input."
        ),
    ],
    model: Annotated[
        Path | None,
        typer.Option(
            help="Model file (.safetensors) of menan-train, or the name of a model that comes with "
            "menan.",
            show_default=DEFAULT,
        ),
    ] = None,
    device: Annotated[str, typer.Option(help="cpu, cuda or cuda:N.")] = "cpu",
    pretrained: Annotated[
        str | None,
        typer.Option(
            metavar="DIR_OR_NAME",
            help="Where the pretrained encoder lies, if not where it was in training.",
        ),
    ] = None,
    windows: Annotated[
        Switch, typer.Option(help="Print one line per window, with its start and end in seconds.")
    ] = Switch.false,
    window: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS",
            help="Length of the windows of a long recording.",
            show_default="the model's input, at most 10 with a pretrained encoder",
        ),
    ] = None,
    hop: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS",
            help="Time from one window to the next.",
            show_default="half of the window",
        ),
    ] = None,
    keep: Annotated[
        Literal["sound", "speech"],
        typer.Option(
            help="Windows of a long recording to predict: those with sound, found by their energy, "
            "or those with speech, found by silero-vad (pip install 'menan[speech]')."
        ),
    ] = "sound",
    as_json: Annotated[
        Switch, typer.Option("--json", help="Print JSON, one object per line.")
    ] = Switch.false,
    embedding: Annotated[
        Switch, typer.Option(help="Add the embedding to --json true.")
    ] = Switch.false,
    plot: Annotated[
        Path | None,
        typer.Option(help="Draw the posteriors of one recording over time: .png, .pdf or .svg."),
    ] = None,
    noise_key: NoiseKeyOption = None,
    channel: ChannelOption = "mix",
    ffmpeg: FfmpegOption = Switch.false,
    plugin: PluginOption = None,
) -> None:
    """Print one line per recording: its path, the most likely emotion, and all posteriors.

    A recording longer than the model's input is cut into windows that overlap; silent ones are left
    out, and the posteriors are the mean over the others. A file that cannot be read is named, and
    the next one is predicted; the exit status is then 1. See docs/predict.md.

    Example: menan-predict --model exp/all/menan_seed0/all/all.last.safetensors a.wav b.flac
    """
    load_plugins(plugin or ())
    files, failed = audio_files(wav), 0
    if embedding and not as_json:
        raise InputError("--embedding true: only JSON has room for it; add --json true")
    used = channel_of(channel)

    from tqdm import tqdm

    from menan.inference.emotion_model import load_model
    from menan.inference.noise_key import NoiseKey
    from menan.inference.prediction import mean_prediction
    from menan.inference.recording import STREAM

    draw = None if plot is None else _plotter(plot, len(files))
    noise = None if noise_key is None else NoiseKey.from_file(noise_key)
    heard = load_model(
        model or DEFAULT, device, pretrained=pretrained, noise=noise, ffmpeg=bool(ffmpeg)
    )
    if model is None and (about := heard.card.description) is not None:
        print(f"note: model {DEFAULT}, {about.in_short}; see docs/models.md", file=sys.stderr)

    def show(one: "Prediction") -> None:
        if as_json:
            line = json.dumps(one.to_json(bool(embedding)))
        else:
            time = [f"{one.start:.2f}", f"{one.end:.2f}"] if windows else []
            shown = " ".join(f"{emotion} {p:.3f}" for emotion, p in one.posteriors.items())
            line = "\t".join([one.path, *time, one.label, shown])
        with tqdm.external_write_mode():
            print(line, flush=True)

    for path in files:
        audio = sys.stdin.buffer if str(path) == STREAM else path
        found = []
        try:
            for one in heard.windows(audio, channel=used, window=window, hop=hop, keep=keep):
                found.append(one)
                if windows:
                    show(one)
        except InputError as error:
            failed += complain(NAME, str(error))
            continue
        if not windows:
            show(mean_prediction(found))
        if draw is not None:
            draw(found)
    if failed:
        if len(files) > 1:
            print(f"{NAME}: {failed} of {len(files)} files failed", file=sys.stderr)
        raise typer.Exit(1)


def _plotter(plot: Path, files: int) -> Callable[[list["Prediction"]], None]:
    """What draws the windows of the one recording; matplotlib is loaded only for it."""
    from menan.analysis.posterior_plot import check_plot_name, plot_posteriors

    check_plot_name(plot)
    if files > 1:
        raise InputError(f"--plot {plot}: expected one recording, found {files}; name one")
    return lambda windows: plot_posteriors(windows, plot)


main = main_of(app, "menan-predict")

if __name__ == "__main__":
    main()
