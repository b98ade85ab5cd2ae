"""menan-synthesize: a generated corpus in a release's own layout, for demos and tests."""

from pathlib import Path
from typing import Annotated

import typer

from menan.corpora.synthetic.release import Lengths
from menan.corpora.synthetic.synthetic_iemocap import synthesize_iemocap
from menan.corpora.synthetic.synthetic_mosei import synthesize_mosei
from menan_bin.command import main_of, new_app

app = new_app()

Out = Annotated[Path, typer.Argument(help="New or empty directory for the corpus.")]
Seed = Annotated[int, typer.Option(min=0, help="The same seed gives the same bytes.")]
MinSeconds = Annotated[float, typer.Option(help="Shortest utterance.")]
MaxSeconds = Annotated[float, typer.Option(help="Longest utterance.")]


@app.callback()
def synthesize() -> None:
    """Generate a small corpus of synthetic speech in a release's own layout.

    For demos and tests: who speaks and which emotion both show in it, and nobody is heard.

    Example: menan-synthesize iemocap corpus/IEMOCAP --sessions 5
    """


@app.command()
def iemocap(
    out: Out,
    seed: Seed = 0,
    sessions: Annotated[int, typer.Option(min=1, max=99, help="Two speakers in each.")] = 5,
    utts_per_emotion: Annotated[
        int, typer.Option(min=1, max=900, help="Turns of each speaker in each of four emotions.")
    ] = 6,
    min_seconds: MinSeconds = Lengths.shortest,
    max_seconds: MaxSeconds = Lengths.longest,
) -> None:
    """Sessions of two speakers: Session1/dialog/EmoEvaluation and the rest."""
    lengths = Lengths(min_seconds, max_seconds)
    turns = synthesize_iemocap(out, seed, sessions, utts_per_emotion, lengths)
    print(f"{out}: {turns} turns of {2 * sessions} speakers")


@app.command()
def mosei(
    out: Out,
    seed: Seed = 0,
    videos: Annotated[int, typer.Option(min=4, help="One speaker in each.")] = 12,
    segments_per_video: Annotated[int, typer.Option(min=2, help="Labelled segments.")] = 6,
    min_seconds: MinSeconds = Lengths.shortest,
    max_seconds: MaxSeconds = Lengths.longest,
) -> None:
    """Whole videos' audio and CMU_MOSEI_Labels.csd; one labelled video has no audio."""
    lengths = Lengths(min_seconds, max_seconds)
    segments = synthesize_mosei(out, seed, videos, segments_per_video, lengths)
    print(f"{out}: {segments} labelled segments of {videos} videos")


main = main_of(app, "menan-synthesize")

if __name__ == "__main__":
    main()
