"""menan-synthesize: a generated corpus in the layout of a release, for demos and tests."""

from pathlib import Path
from typing import Annotated

import typer

from menan.corpora.synthetic.lengths import Lengths
from menan_bin.command import main_of, new_app

app = new_app()

Out = Annotated[Path, typer.Argument(metavar="OUT", help="New or empty directory for the corpus.")]
Seed = Annotated[
    int, typer.Option(min=0, metavar="N", help="Random seed; the same seed gives the same bytes.")
]
MinSeconds = Annotated[float, typer.Option(metavar="SECONDS", help="Shortest utterance.")]
MaxSeconds = Annotated[float, typer.Option(metavar="SECONDS", help="Longest utterance.")]


@app.callback()
def synthesize() -> None:
    """Generate a small corpus of synthetic speech in the layout of a release.

    It is for demos and tests: speaker and emotion can both be recognised, and no real person
    speaks.

    Example: menan-synthesize iemocap corpus/IEMOCAP --sessions 5
    """


@app.command()
def iemocap(
    out: Out,
    seed: Seed = 0,
    sessions: Annotated[
        int, typer.Option(min=1, max=99, metavar="N", help="Number of sessions of two speakers.")
    ] = 5,
    utts_per_emotion: Annotated[
        int,
        typer.Option(min=1, max=900, metavar="N", help="Number of turns per speaker and emotion."),
    ] = 6,
    min_seconds: MinSeconds = Lengths.shortest,
    max_seconds: MaxSeconds = Lengths.longest,
) -> None:
    """IEMOCAP: sessions of two speakers, with the files of dialog and sentences."""
    from menan.corpora.synthetic.synthetic_iemocap import synthesize_iemocap

    lengths = Lengths(min_seconds, max_seconds)
    turns = synthesize_iemocap(out, seed, sessions, utts_per_emotion, lengths)
    print(f"{out}: {turns} turns of {2 * sessions} speakers")


@app.command()
def mosei(
    out: Out,
    seed: Seed = 0,
    videos: Annotated[
        int, typer.Option(min=4, metavar="N", help="Number of videos with one speaker each.")
    ] = 12,
    segments_per_video: Annotated[
        int, typer.Option(min=2, metavar="N", help="Number of labelled segments per video.")
    ] = 6,
    min_seconds: MinSeconds = Lengths.shortest,
    max_seconds: MaxSeconds = Lengths.longest,
) -> None:
    """CMU-MOSEI: audio of whole videos, and CMU_MOSEI_Labels.csd; one video has no audio."""
    from menan.corpora.synthetic.synthetic_mosei import synthesize_mosei

    lengths = Lengths(min_seconds, max_seconds)
    segments = synthesize_mosei(out, seed, videos, segments_per_video, lengths)
    print(f"{out}: {segments} labelled segments of {videos} videos")


def _add_clips(name: str, help: str, unit: str) -> None:
    """A subcommand for a corpus with one file per utterance."""

    @app.command(name, help=help)
    def write(
        out: Out,
        seed: Seed = 0,
        min_seconds: MinSeconds = Lengths.shortest,
        max_seconds: MaxSeconds = Lengths.longest,
    ) -> None:
        from menan.corpora.synthetic.synthetic_clips import SYNTHESIZERS

        number = SYNTHESIZERS[name](out, seed, lengths=Lengths(min_seconds, max_seconds))
        print(f"{out}: {number} {unit}")


_add_clips("cremad", "CREMA-D: AudioWAV, VideoDemographics.csv and votes.", "clips")
_add_clips("emodb", "Emo-DB: the folder wav.", "sentences")
_add_clips("meld", "MELD: three tables, and wav files beside the clips.", "utterances")
_add_clips("msp-podcast", "MSP-Podcast: Audios and Labels.", "turns")

main = main_of(app, "menan-synthesize")

if __name__ == "__main__":
    main()
