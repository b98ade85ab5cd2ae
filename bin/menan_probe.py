"""menan-probe: how well fresh probes identify the speaker from frozen embeddings."""

from pathlib import Path
from typing import Annotated

import typer

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
        int, typer.Option(min=0, metavar="N", help="Seed for splits, probes and the bootstrap.")
    ] = 0,
    each: EachOption = None,
    share: ShareOption = "1/1",
    plugin: PluginOption = None,
) -> None:
    """Train fresh speaker probes on frozen embeddings and write their accuracies as JSON.

    The probes are logistic regression, an MLP and nearest neighbours. Training speakers, held-out
    speakers and another corpus are probed apart; probes are tested on one half of the utterances
    and learn on the other. Embeddings of another toolkit are probed as one set.

    Example: menan-infer --model exp --rule last --feats dump/iemocap/feats.scp
    --out exp/infer/last; menan-probe --embeddings exp/infer/last/menan_seed0
    --feats dump/iemocap/feats.scp --out exp/leakage/menan_seed0.json

    Example: menan-probe --embeddings exp/infer/last/{} --feats dump/iemocap/feats.scp
    --out exp/leakage/{}.json --each ec_seed0,menan_seed0

    Example: menan-probe --embeddings theirs.npz --labels labels.csv --out theirs.json
    """
    load_plugins(plugin or ())

    from menan.analysis.leakage.embeddings import OriginalsReader
    from menan.analysis.leakage.probe_given import write_given_leakage
    from menan.analysis.leakage.probe_system import write_leakage
    from menan.analysis.leakage.result import Leakage
    from menan.analysis.leakage.summary import leakage_text

    read = OriginalsReader()
    paths = (out, embeddings, feats, labels, other, other_feats)
    for own, vectors, dump, table, others, other_dump in each_of(each, share, *paths):
        if table is not None or vectors.is_file():
            if others is not None or other_dump is not None:
                raise InputError(
                    f"{vectors}: --other is for directories of menan-infer without --labels; "
                    "leave it out"
                )
            leakage: Leakage = write_given_leakage(vectors, table, dump, own, seed)
        elif dump is None:
            raise InputError(
                f"{vectors}: --feats is missing; name the feats.scp of the inference, or --labels "
                "for embeddings of another toolkit"
            )
        else:
            leakage = write_leakage(vectors, dump, own, others, other_dump, seed, read)
        print(leakage_text(leakage))


main = main_of(app, "menan-probe")

if __name__ == "__main__":
    main()
