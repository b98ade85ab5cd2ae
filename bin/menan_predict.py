"""menan-predict: emotions of audio files."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from menan.device import open_device
from menan.ffmpeg import use_ffmpeg
from menan.inference.audio_paths import audio_files
from menan.inference.noise_key import NoiseKey
from menan.inference.predict import predict as predict_files
from menan.plugins import load_plugins
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

NAME = "menan-predict"

app = new_app()


@app.command()
def predict(
    model: Annotated[Path, typer.Option(help="Model file (.safetensors) of menan-train.")],
    wav: Annotated[
        list[Path], typer.Argument(help="Audio files, one utterance each, or folders of them.")
    ],
    device: Annotated[str, typer.Option(help="Device: cpu, cuda or cuda:N.")] = "cpu",
    pretrained: Annotated[
        str | None,
        typer.Option(
            metavar="DIR_OR_NAME",
            help="Where the pretrained encoder lies, if not where it was in training.",
        ),
    ] = None,
    noise_key: NoiseKeyOption = None,
    channel: ChannelOption = "mix",
    ffmpeg: FfmpegOption = Switch.false,
    plugin: PluginOption = None,
) -> None:
    """Print one line per file: its path, the most likely emotion, and all posteriors.

    A file that cannot be read is named, and the next one is predicted; the exit status is then 1.

    Example: menan-predict --model exp/menan_seed0/Ses01/Ses01F.best-ua.safetensors a.wav b.flac
    """
    load_plugins(plugin or ())
    use_ffmpeg(bool(ffmpeg))
    noise = None if noise_key is None else NoiseKey.from_file(noise_key)
    files, bad = audio_files(wav), dict[str, str]()
    predictions = predict_files(
        model, files, open_device(device), pretrained, noise, channel_of(channel), bad
    )
    for path, posteriors in zip(files, predictions, strict=True):
        if not posteriors:
            complain(NAME, bad[str(path)])
            continue
        best = max(posteriors, key=posteriors.__getitem__)
        shown = " ".join(f"{emotion} {p:.3f}" for emotion, p in posteriors.items())
        print(f"{path}\t{best}\t{shown}", flush=True)
    if bad:
        if len(files) > 1:
            print(f"{NAME}: {len(bad)} of {len(files)} files failed", file=sys.stderr)
        raise typer.Exit(1)


main = main_of(app, "menan-predict")

if __name__ == "__main__":
    main()
