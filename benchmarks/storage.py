"""The effect of frame storage on the results and the cost of training.

The same trainings run with frames stored as float32 in memory, as float32 on a disk and as float16
in memory, in turn for each held-out group. The differences are compared with those between two
seeds: if the seeds make a larger difference, the storage does not matter.
"""

import contextlib
import json
import shlex
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer

from benchmarks.machine import describe
from menan.config import Config, load_config, split_option
from menan.datadir.dump_directory import Dump, open_dump
from menan.datadir.folds import held_out_groups
from menan.datadir.metadata import corpus_name
from menan.errors import InputError
from menan.features.store import frame_bytes
from menan.scoring.significance import sign_flip_p
from menan.training.experiment import TrainOptions, train_runs
from menan.training.selection import HeldOut
from menan_bin.command import main_of, new_app

OBJECTIVES = ("ec", "menan")
SEEDS = (0, 1)
# The type of the stored frames, and whether they are on a disk.
STORAGES = {
    "float32, memory": ("float32", False),
    "float32, disk": ("float32", True),
    "float16, memory": ("float16", False),
}
PLAIN, ON_DISK, HALF = STORAGES

app = new_app()


@dataclass(frozen=True)
class Outcome:
    """Results of a system on the held-out utterances after its last epoch.

    guesses: int (utterances,), the utterances of all groups in turn.
    log_posteriors: float32 (utterances, emotions).
    ua: float (speakers,), UA of each held-out speaker.
    """

    guesses: np.ndarray
    log_posteriors: np.ndarray
    ua: np.ndarray


@app.command()
def storage(
    feats: Annotated[Path, typer.Option(help="feats.scp of a dump directory with spk2group.")],
    config: Annotated[
        Path | None, typer.Option(help="YAML file with a section 'training'.")
    ] = None,
    hold_out: Annotated[str, typer.Option(help="each, or groups of spk2group.")] = "each",
    epochs: Annotated[
        int | None, typer.Option(help="Epochs, instead of the configuration's.")
    ] = None,
    store: Annotated[
        Path | None, typer.Option(help="Directory on a local disk; a temporary one by default.")
    ] = None,
) -> None:
    """Train ec and menan with two seeds and each storage, and print two markdown tables.

    Example: python -m benchmarks.storage --feats dump/feats.scp --epochs 15 > benchmarks/storage.md
    """
    where, dump = describe(), open_dump(feats)
    runs = {
        "objective": list(OBJECTIVES),
        "seed": list(SEEDS),
        "hold_out": split_option(hold_out),
    }
    settings = load_config(config, {"training": {"epochs": epochs}, "runs": runs})
    with tempfile.TemporaryDirectory(prefix="storage-") as folder:
        exp = Path(folder)
        groups = train_in_turn(feats, exp, settings, store or exp / "frames")
        print(
            f"# Storage: {corpus_name(feats.parent)}, {len(dump.scp)} utterances of at most "
            f"{dump.features.seconds:g} s, speed copies included\n"
        )
        command = shlex.join(["python", "-m", "benchmarks.storage", *sys.argv[1:]])
        print(f"{where}; {torch.get_num_threads()} thread(s). Command:\n`{command}`.\n")
        print_results(exp, groups, settings.training.epochs)
        print_costs(exp, dump)


def train_in_turn(feats: Path, exp: Path, config: Config, disk: Path) -> list[str]:
    """Train into ``exp/<storage>``, one group after the other; returns the groups."""
    found = held_out_groups(open_dump(feats).metadata.spk2group, config.runs.hold_out)
    groups = [group for group in found if group is not None]
    if not groups:
        raise InputError("--hold-out none: no results to compare; use each, or names of groups")
    for group in groups:
        for name, (dtype, on_disk) in STORAGES.items():
            with contextlib.redirect_stdout(sys.stderr):
                train_runs(
                    feats,
                    exp / name,
                    replace(
                        config,
                        training=replace(config.training, store_dtype=dtype),
                        runs=replace(config.runs, hold_out=(group,)),
                    ),
                    torch.device("cpu"),
                    TrainOptions(store=disk if on_disk else None),
                )
    return groups


def read_outcome(exp: Path, groups: list[str], objective: str, seed: int) -> Outcome:
    """Read the results of the trainings of all groups."""
    parts = [HeldOut.load(exp / f"{objective}_seed{seed}/{group}/heldout.npz") for group in groups]
    by_speaker = [
        part.of_speaker(speaker).ua()[-1] for part in parts for speaker in sorted({*part.speakers})
    ]
    return Outcome(
        np.concatenate([part.guesses[-1] for part in parts]),
        np.concatenate([part.log_posteriors[-1] for part in parts]),
        np.array(by_speaker),
    )


def print_results(exp: Path, groups: list[str], epochs: int) -> None:
    """Print UA by storage and by seed, and how many hypotheses change with them."""
    print("| system | first | second | UA, first | UA, second | second − first | p | differ |")
    print("|---|---|---|--:|--:|--:|--:|--:|")
    alike = True
    for objective in OBJECTIVES:
        outcomes = {
            (name, seed): read_outcome(exp / name, groups, objective, seed)
            for name in STORAGES
            for seed in SEEDS
        }
        pairs = [((PLAIN, seed), (HALF, seed)) for seed in SEEDS]
        for first, second in [*pairs, ((PLAIN, SEEDS[0]), (PLAIN, SEEDS[1]))]:
            a, b = outcomes[first], outcomes[second]
            names = [f"{storage.split(',')[0]}, seed {seed}" for storage, seed in (first, second)]
            more, differ = b.ua - a.ua, (a.guesses != b.guesses).mean()
            figures = [f"{100 * a.ua.mean():.1f} %", f"{100 * b.ua.mean():.1f} %"]
            figures += [f"{100 * more.mean():+.1f}", f"{sign_flip_p(more):.2f}"]
            figures.append(f"{100 * differ:.1f} %")
            print("| " + " | ".join([objective, *names, *figures]) + " |")
        for seed in SEEDS:
            parts = (outcomes[name, seed].log_posteriors for name in (PLAIN, ON_DISK))
            alike &= np.array_equal(*parts)
    print(
        f"\nUA: after the last of {epochs} epochs, mean over the speakers of {', '.join(groups)}. "
        "p: sign-flip test\non the differences by speaker. Differ: share of held-out hypotheses "
        "that differ. Posteriors from a\ndisk and from memory are "
        f"{'equal to the bit' if alike else 'NOT EQUAL'}.\n"
    )


def print_costs(exp: Path, dump: Dump) -> None:
    """Print the bytes of all frames, and the seconds of the fastest, least disturbed epoch."""
    seconds = {
        name: min(
            json.loads(line)["seconds"]
            for log in (exp / name).glob("*/*/log.jsonl")
            for line in log.open()
        )
        for name in STORAGES
    }
    print("| frames | bytes of all | s per epoch and model, fastest | ratio to float32 in memory |")
    print("|---|--:|--:|--:|")
    for name, (dtype, _) in STORAGES.items():
        size = frame_bytes(dump, dump.scp, getattr(torch, dtype))
        ratio = seconds[name] / seconds[PLAIN]
        print(f"| {name} | {size / 1e6:.1f} MB | {seconds[name]:.2f} | {ratio:.2f} |")


main = main_of(app, "benchmarks.storage")

if __name__ == "__main__":
    main()
