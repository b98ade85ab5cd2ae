"""menan-probe: how well fresh probes identify the speaker from frozen embeddings."""

from pathlib import Path
from typing import Annotated

import typer

from menan.analysis.leakage.embeddings import OriginalsReader
from menan.analysis.leakage.probe_given import write_given_leakage
from menan.analysis.leakage.probe_system import write_leakage
from menan.analysis.leakage.result import Leakage
from menan.analysis.leakage.summary import leakage_text
from menan.errors import InputError
from menan.plugins import load_plugins
from menan_bin.command import (
    EachOption,
    PluginOption,
    ShareOption,
    each_of,
    main_of,
    new_app,
)

app = new_app()


@app.command()
def probe(
    embeddings: Annotated[
        Path,
        typer.Option(
            help="Directory of menan-infer, or one with such a directory per fold; or embeddings "
            "that another toolkit wrote: .scp, .ark, .npz, .npy, .csv or .tsv."
        ),
    ],
    out: Annotated[Path, typer.Option(help="JSON file to write, such as exp/leakage.json.")],
    feats: Annotated[
        Path | None,
        typer.Option(
            help="The feats.scp of training and inference, whose input is probed as well. Needed "
            "for embeddings of menan-infer.",
        ),
    ] = None,
    labels: Annotated[
        Path | None,
        typer.Option(
            help="For embeddings of another toolkit: directory with utt2spk and optionally utt2emo "
            "and spk2gender, or a CSV or TSV file with the columns utt, speaker and emotion.",
            show_default="columns beside the embeddings, or the labels beside --feats",
        ),
    ] = None,
    other: Annotated[
        Path | None, typer.Option(help="Embeddings of another corpus by the same models.")
    ] = None,
    other_feats: Annotated[Path | None, typer.Option(help="The feats.scp of that corpus.")] = None,
    seed: Annotated[
        int, typer.Option(min=0, help="Seed for splits, probes and the bootstrap.")
    ] = 0,
    each: EachOption = None,
    share: ShareOption = "1/1",
    plugin: PluginOption = None,
) -> None:
    """Train fresh speaker probes on frozen embeddings and write their accuracies as JSON.

    The probes are logistic regression, an MLP and nearest neighbours. Training speakers, held-out
    speakers and another corpus are probed apart; probes are tested on one half of the utterances
    and learn on the other. Embeddings of another toolkit are probed as one set.

    Example: menan-infer --model exp/menan_seed0 --rule last --feats dump/iemocap/feats.scp
    --out exp/infer/menan; menan-probe --embeddings exp/infer/menan
    --feats dump/iemocap/feats.scp --out exp/menan_seed0/leakage.json

    Example: menan-probe --embeddings exp/infer/{} --feats dump/iemocap/feats.scp
    --out exp/leakage/{}.json --each ec_seed0,menan_seed0

    Example: menan-probe --embeddings theirs.npz --labels labels.csv --out theirs.json
    """
    load_plugins(plugin or ())
    read = OriginalsReader()
    paths = (embeddings, out, feats, labels, other, other_feats)
    for vectors, own, dump, table, others, other_dump in each_of(each, share, *paths):
        leakage = _probed(vectors, own, dump, table, others, other_dump, seed, read)
        print(leakage_text(leakage))


def _probed(
    embeddings: Path,
    out: Path,
    feats: Path | None,
    labels: Path | None,
    other: Path | None,
    other_feats: Path | None,
    seed: int,
    read: OriginalsReader,
) -> Leakage:
    if labels is not None or embeddings.is_file():
        if other is not None or other_feats is not None:
            raise InputError(
                f"{embeddings}: --other is for directories of menan-infer without --labels; leave "
                "it out"
            )
        return write_given_leakage(embeddings, labels, feats, out, seed)
    if feats is None:
        raise InputError(
            f"{embeddings}: --feats is missing; name the feats.scp of the inference, or --labels "
            "for embeddings of another toolkit"
        )
    return write_leakage(embeddings, feats, out, other, other_feats, seed, read)


main = main_of(app, "menan-probe")

if __name__ == "__main__":
    main()
