"""menan-attack: what attackers who know the system find out about the speaker."""

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
def attack(
    out: Annotated[Path, typer.Option(help="JSON file to write, such as exp/attacks/menan.json.")],
    model: Annotated[
        Path | None,
        typer.Option(help="A system: exp/menan for all its seeds, exp/menan_seed0 for one."),
    ] = None,
    feats: Annotated[Path | None, typer.Option(help="The feats.scp of the training.")] = None,
    other_feats: Annotated[
        Path | None,
        typer.Option(help="feats.scp of utterances by the same speakers that nobody trained on."),
    ] = None,
    rival: Annotated[
        Path | None,
        typer.Option(
            help="An unprotected system, such as exp/ec: its posteriors could be released instead."
        ),
    ] = None,
    rule: Annotated[str, typer.Option(help="Selection rule of the models.")] = "last",
    embeddings: Annotated[
        Path | None,
        typer.Option(help="Embeddings of another toolkit in place of --model; see docs/audit.md."),
    ] = None,
    labels: Annotated[
        Path | None,
        typer.Option(
            help="Data directory or table: labels of --embeddings, or with --model further labels "
            "of the utterances, such as their text."
        ),
    ] = None,
    seed: Annotated[
        int,
        typer.Option(
            min=0, metavar="N", help="Seed of halves, draws, attackers and the bootstrap."
        ),
    ] = 0,
    device: Annotated[
        str, typer.Option(help="cpu, cuda or cuda:N, to compute the embeddings.")
    ] = "cpu",
    each: EachOption = None,
    share: ShareOption = "1/1",
    plugin: PluginOption = None,
) -> None:
    """Attack the embeddings of a system, or given ones, and write what was found as JSON.

    Attackers with more and more knowledge name the training speakers, and link recordings by
    unseen speakers, from 1, 2, 5, 10 and all utterances. The posteriors, the decision, the input
    and erased embeddings are attacked too.

    Example: menan-attack --model exp/menan --rival exp/ec
    --feats dump/iemocap/feats.scp --out exp/attacks/menan.json

    Example: menan-attack --model exp/{} --rival exp/ec --feats dump/iemocap/feats.scp
    --out exp/attacks/{}.json --each ec,menan
    """
    load_plugins(plugin or ())

    from menan.analysis.attack.attack_system import attack_given, attack_models
    from menan.analysis.attack.attack_text import attack_text
    from menan.analysis.attack.shared_work import SharedWork

    if embeddings is not None:
        for name, value in (
            *(("--model", model), ("--feats", feats), ("--rival", rival)),
            ("--other-feats", other_feats),
        ):
            if value is not None:
                raise InputError(
                    f"expected --embeddings or {name}, found both; menan runs its own models on "
                    "--feats, and embeddings of another toolkit come with --labels"
                )
        for own, given, table in each_of(each, share, out, embeddings, labels):
            print(attack_text(attack_given(given, own, table, seed)))
        return
    if model is None or feats is None:
        raise InputError(
            "expected --model and --feats (a system of menan), or --embeddings and --labels (of "
            "another toolkit), found neither; give one pair"
        )
    shared = SharedWork()
    paths = (out, model, feats, other_feats, labels, rival)
    for own, system, dump, beside, table, unprotected in each_of(each, share, *paths):
        result = attack_models(
            system, dump, own, beside, table, unprotected, rule, seed, device, shared
        )
        print(attack_text(result))


main = main_of(app, "menan-attack")

if __name__ == "__main__":
    main()
