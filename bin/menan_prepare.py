"""menan-prepare: a corpus on disk becomes a Kaldi data directory."""

import inspect
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, get_args

import typer

from menan.corpora.bad_recordings import without_bad
from menan.corpora.description import describe
from menan.corpora.known_corpora import CORPORA
from menan.corpora.label_choice import LabelChoice, parse_emotions
from menan.corpora.preparation import Corpus, gathered
from menan.datadir.metadata import read_metadata
from menan.datadir.same_audio import identical_audio
from menan.datadir.utterances import write_datadir
from menan.datadir.validity import speakers_finding
from menan.errors import MOST_BAD, InputError
from menan.ffmpeg import use_ffmpeg
from menan.labels import parse_map
from menan_bin.command import ChannelOption, FfmpegOption, Switch, channel_of, main_of, new_app

app = new_app()

Data = Annotated[Path, typer.Argument(metavar="DATA", help="Data directory to write.")]
Emotions = Annotated[
    str,
    typer.Option(
        metavar="A,B,...",
        show_default="the corpus's own",
        help="Labels to keep, in the order of posteriors; 'all' keeps all labels of the release.",
    ),
]
Map = Annotated[
    str,
    typer.Option(
        metavar="OLD=NEW,...",
        show_default="the corpus's own",
        help="New names for labels, such as exc=hap; OLD= leaves a label out.",
    ),
]


SkipBad = Annotated[
    Switch,
    typer.Option(
        help=f"Leave out and name unreadable recordings, at most {MOST_BAD:g} % of the utterances."
    ),
]


@app.callback()
def prepare() -> None:
    """Write the data directory of a corpus, and report its size and what is missing.

    Example: menan-prepare iemocap /corpora/IEMOCAP_full_release data/iemocap
    """


def _command(corpus: Corpus) -> Callable[..., None]:
    """The subcommand of a corpus, with the options that its ``prepare`` has."""

    def write(
        root: Path,
        data: Path,
        emotions: str,
        map: str,
        channel: str,
        ffmpeg: Switch,
        skip_bad: Switch,
        **options: Any,
    ) -> None:
        from menan.sound_check import corpus_warnings

        number = channel_of(channel)
        use_ffmpeg(bool(ffmpeg))
        choice = LabelChoice(parse_emotions(emotions), parse_map(map))
        own = {name: bool(v) if isinstance(v, Switch) else v for name, v in options.items()}
        with gathered() as bad:
            preparation = corpus.prepare(root, choice=choice, **own)
        preparation = without_bad(preparation, bad, bool(skip_bad))
        folder = preparation.audio_root or (root if root.is_dir() else root.parent)
        utterances = preparation.utterances
        if number is not None:
            if any(u.channel for u in utterances):
                raise InputError(f"{root}: its column channel names channels; leave out --channel")
            utterances = [replace(u, channel=number) for u in utterances]
        write_datadir(utterances, data, preparation.corpus, folder, preparation.labels)
        print(f"{data}: {preparation.corpus}, {describe(preparation, folder)}", flush=True)
        for line in corpus_warnings(dict.fromkeys((u.path, u.channel) for u in utterances)):
            print(line, file=sys.stderr)
        if line := speakers_finding(read_metadata(data), identical_audio(data)):
            print(f"warning: {data}: {line}", file=sys.stderr)

    root = Annotated[Path, typer.Argument(metavar=corpus.root_name, help=corpus.root)]
    arguments: dict[str, tuple[Any, Any]] = {
        "root": (root, inspect.Parameter.empty),
        "data": (Data, inspect.Parameter.empty),
        "emotions": (Emotions, ""),
        "map": (Map, ""),
        "channel": (ChannelOption, "mix"),
        "ffmpeg": (FfmpegOption, Switch.false),
        "skip_bad": (SkipBad, Switch.false),
    }
    for name, own in list(inspect.signature(corpus.prepare).parameters.items())[2:]:
        kind, text = get_args(own.annotation)
        default = own.default
        if kind is bool:
            kind, default = Switch, Switch(str(default).lower())
        arguments[name] = (Annotated[kind, typer.Option(help=text)], default)
    keyword = inspect.Parameter.KEYWORD_ONLY
    signature = inspect.Signature(
        [
            inspect.Parameter(name, keyword, default=default, annotation=annotation)
            for name, (annotation, default) in arguments.items()
        ]
    )
    write.__signature__ = signature  # type: ignore[attr-defined]  # Typer reads it
    write.__annotations__ = {name: annotation for name, (annotation, _) in arguments.items()}
    return write


for _name, _corpus in CORPORA.items():
    app.command(_name, help=_corpus.help)(_command(_corpus))

main = main_of(app, "menan-prepare")

if __name__ == "__main__":
    main()
