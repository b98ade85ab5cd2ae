"""What the storage of the frames does to a training: to its results, and to its cost.

The same trainings on frames kept as float32 in memory, as float32 on a disk and as float16 in
memory, in turn for each held-out group. Results are set beside those of another seed: where that
makes the larger difference, the storage does not matter.
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
from menan.config import RunsConfig, TrainingConfig, load_config, split_option
from menan.datadir.folds import held_out_groups
from menan.datadir.metadata import corpus_name
from menan.errors import InputError
from menan.features.store import Dump, frame_bytes, open_dump
from menan.scoring.significance import sign_flip_p
from menan.training.experiment import train_runs
from menan.training.selection import HeldOut
from menan_bin.command import main_of, new_app

OBJECTIVES = ("ec", "menan")
SEEDS = (0, 1)
# What the frames are kept as, and whether on a disk.
STORAGES = {
    "float32, memory": ("float32", False),
    "float32, disk": ("float32", True),
    "float16, memory": ("float16", False),
}
PLAIN, ON_DISK, HALF = STORAGES

app = new_app()


@dataclass(frozen=True)
class Said:
    """What a system said of the held-out utterances after its last epoch.

    guesses: int (utterances,), of all groups in turn.
    log_posteriors: float32 (utterances, 4).
    ua: float (speakers,), of each held-out speaker.
    """

    guesses: np.ndarray
    log_posteriors: np.ndarray
    ua: np.ndarray


@app.command()
def storage(
    feats: Annotated[Path, typer.Option(help="feats.scp of a dump directory with spk2group")],
    config: Annotated[Path | None, typer.Option(help="YAML: section training")] = None,
    hold_out: Annotated[str, typer.Option(help="each, or groups of spk2group")] = "each",
    epochs: Annotated[int | None, typer.Option(help="in place of the configuration's")] = None,
    store: Annotated[
        Path | None, typer.Option(help="directory on a local disk; a temporary one if not given")
    ] = None,
) -> None:
    """Train ec and menan with two seeds by each storage, and print two markdown tables.

    Example: python -m benchmarks.storage --feats dump/feats.scp --epochs 15 > benchmarks/storage.md
    """
    where, dump = describe(), open_dump(feats)
    training = load_config(config, {"training": {"epochs": epochs}}).training
    runs = RunsConfig(OBJECTIVES, SEEDS, tuple(split_option(hold_out)))
    with tempfile.TemporaryDirectory(prefix="storage-") as folder:
        exp = Path(folder)
        groups = train_in_turn(feats, exp, training, runs, store or exp / "frames")
        print(
            f"# Storage: {corpus_name(feats.parent)}, {len(dump.scp)} utterances of at most "
            f"{dump.features.seconds:g} s, speed copies included\n"
        )
        command = shlex.join(["python", "-m", "benchmarks.storage", *sys.argv[1:]])
        print(f"{where}; {torch.get_num_threads()} thread(s). By\n`{command}`.\n")
        print_results(exp, groups, training.epochs)
        print_costs(exp, dump)


def train_in_turn(
    feats: Path, exp: Path, training: TrainingConfig, runs: RunsConfig, disk: Path
) -> list[str]:
    """Train into ``exp/<storage>``, one group after the other; gives the groups."""
    groups = held_out_groups(open_dump(feats).labels.spk2group, runs.hold_out)
    if None in groups:
        raise InputError("--hold-out none: name groups, whose speakers the results are of")
    for group in groups:
        for name, (frames, on_disk) in STORAGES.items():
            with contextlib.redirect_stdout(sys.stderr):
                train_runs(
                    feats,
                    exp / name,
                    replace(training, frames=frames),
                    replace(runs, hold_out=(group,)),
                    torch.device("cpu"),
                    store=disk if on_disk else None,
                )
    return groups


def said(exp: Path, groups: list[str], objective: str, seed: int) -> Said:
    """Read what the trainings of all groups left."""
    parts = [HeldOut.load(exp / f"{objective}_seed{seed}/{group}/heldout.npz") for group in groups]
    by_speaker = [
        part.of_speaker(speaker).ua()[-1] for part in parts for speaker in sorted({*part.speakers})
    ]
    return Said(
        np.concatenate([part.guesses[-1] for part in parts]),
        np.concatenate([part.log_posteriors[-1] for part in parts]),
        np.array(by_speaker),
    )


def print_results(exp: Path, groups: list[str], epochs: int) -> None:
    """UA by storage and by seed, and how many hypotheses either changes."""
    print("| system | first | second | UA, first | UA, second | second − first | p | differ |")
    print("|---|---|---|--:|--:|--:|--:|--:|")
    alike = True
    for objective in OBJECTIVES:
        of = {
            (name, seed): said(exp / name, groups, objective, seed)
            for name in STORAGES
            for seed in SEEDS
        }
        pairs = [((PLAIN, seed), (HALF, seed)) for seed in SEEDS]
        for first, second in [*pairs, ((PLAIN, SEEDS[0]), (PLAIN, SEEDS[1]))]:
            a, b = of[first], of[second]
            names = [f"{storage.split(',')[0]}, seed {seed}" for storage, seed in (first, second)]
            more, differ = b.ua - a.ua, (a.guesses != b.guesses).mean()
            figures = [f"{100 * a.ua.mean():.1f} %", f"{100 * b.ua.mean():.1f} %"]
            figures += [f"{100 * more.mean():+.1f}", f"{sign_flip_p(more):.2f}"]
            figures.append(f"{100 * differ:.1f} %")
            print("| " + " | ".join([objective, *names, *figures]) + " |")
        for seed in SEEDS:
            parts = (of[name, seed].log_posteriors for name in (PLAIN, ON_DISK))
            alike &= np.array_equal(*parts)
    print(
        f"\nUA: after {epochs} epochs, the last, mean over the speakers of {', '.join(groups)}. p: "
        "sign flips of\nthe speakers' differences. Differ: share of held-out hypotheses. "
        f"From a disk, posteriors are\n{'to the bit' if alike else 'NOT'} those from memory.\n"
    )


def print_costs(exp: Path, dump: Dump) -> None:
    """Bytes of all frames, and seconds of the fastest epoch, which other work disturbed least."""
    seconds = {
        name: min(
            json.loads(line)["seconds"]
            for log in (exp / name).glob("*/*/log.jsonl")
            for line in log.open()
        )
        for name in STORAGES
    }
    print("| frames | bytes of all | s an epoch and model, fastest | against float32 in memory |")
    print("|---|--:|--:|--:|")
    for name, (frames, _) in STORAGES.items():
        size = frame_bytes(dump, dump.scp, getattr(torch, frames))
        ratio = seconds[name] / seconds[PLAIN]
        print(f"| {name} | {size / 1e6:.1f} MB | {seconds[name]:.2f} | {ratio:.2f} |")


main = main_of(app, "benchmarks.storage")

if __name__ == "__main__":
    main()
