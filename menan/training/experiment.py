"""From a dump directory to a tree of trained runs."""

from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import torch

from menan.config import RunsConfig, TrainingConfig
from menan.errors import InputError
from menan.features.store import Dump, FrameStore, load_frames, open_dump
from menan.files.lock import only_writer
from menan.model.network import SHORTEST_INPUT
from menan.training.objectives import make_objective
from menan.training.plan import (
    Run,
    RunData,
    UtteranceSet,
    held_out_utts,
    plan_runs,
    training_utts,
    utterance_set,
)
from menan.training.run_directory import open_directory
from menan.training.schedule import train_together


def train_runs(
    feats: str | Path,
    exp: str | Path,
    training: TrainingConfig,
    runs: RunsConfig,
    device: torch.device,
    valid_feats: str | Path | None = None,
    resume: bool = True,
    force: bool = False,
    tensorboard: bool = False,
    models_at_once: int | None = None,
    share: tuple[int, int] = (1, 1),
    store: Path | None = None,
) -> list[Run]:
    """Train every objective with every seed and held-out group on one dump directory.

    Args:
        feats: feats.scp of a dump directory; the frames of all runs are read once.
        exp: each run has a directory ``<objective>_seed<k>/<held-out group>`` in it.
        valid_feats: feats.scp of other speakers, evaluated after every epoch; only where
            nothing is held out.
        resume: go on from checkpoints; else what an earlier call left of a run is removed.
        force: go on although configuration, data or code have changed.
        tensorboard: write scalars for TensorBoard too.
        models_at_once: how many networks are trained side by side; None for what fits.
        share: (2, 4) trains the second of four shares of the runs, for jobs on several machines.
        store: a directory on a local disk that keeps the frames; None for memory. The outcome is
            the same.

    Returns:
        The runs of the share.

    Raises:
        InputError: anything wrong with the data or the options, before the first step; somebody
            else who trains one of the runs.
    """
    for objective in runs.objective:
        make_objective(objective, training.lambda_)
    dump = open_dump(feats)
    if dump.features.rows < SHORTEST_INPUT:
        raise InputError(
            f"{feats}: features.yaml gives the network {dump.features.rows} frames; "
            f"it needs {SHORTEST_INPUT}"
        )
    number, shares = share
    planned = plan_runs(runs, dump.labels.spk2group)[number - 1 :: shares]
    if not planned:
        print(f"no run is left for share {number} of {shares}")
        return []
    load = partial(
        load_frames, device=device, dtype=getattr(torch, training.frames), directory=store
    )
    valid = None if valid_feats is None else _valid_set(valid_feats, dump, planned, load)
    sets = _sets_by_group(dump, planned, load)
    whole = [
        RunData(
            run=run,
            training=training,
            features=dump.features,
            train=sets[run.group][0],
            heldout=valid if run.group is None else sets[run.group][1],
            directory=Path(exp) / run.name,
        )
        for run in planned
    ]
    with ExitStack() as locks:
        for data in whole:
            locks.enter_context(only_writer(data.directory))
            open_directory(data, dump, resume, force)
        train_together(whole, device, models_at_once, tensorboard)
    return planned


def _sets_by_group(
    dump: Dump, planned: list[Run], load: Callable[[Dump, list[str]], FrameStore]
) -> dict[str | None, tuple[UtteranceSet, UtteranceSet | None]]:
    """Training and held-out utterances of each held-out group, on one store."""
    labels = dump.labels
    train = {run.group: training_utts(labels, run.group) for run in planned}
    for group, utts in train.items():
        if len({labels.utt2spk[utt] for utt in utts}) < 2:
            raise InputError(
                f"{dump.feats.parent / 'utt2spk'}: one speaker to train on"
                + (f" without group {group!r}" if group else "")
                + "; a speaker classifier needs two"
            )
    heldout = {group: held_out_utts(labels, group) for group in train if group is not None}
    wanted = {utt for utts in (*train.values(), *heldout.values()) for utt in utts}
    store = load(dump, [utt for utt in labels.utt2spk if utt in wanted])
    return {
        group: (
            utterance_set(store, dump, utts),
            utterance_set(store, dump, heldout[group]) if group in heldout else None,
        )
        for group, utts in train.items()
    }


def _valid_set(
    valid_feats: str | Path,
    dump: Dump,
    planned: list[Run],
    load: Callable[[Dump, list[str]], FrameStore],
) -> UtteranceSet:
    """The originals of another dump directory, for validation."""
    if any(run.group is not None for run in planned):
        raise InputError(
            "--valid-feats and --hold-out exclude each other: a held-out group is what validates"
        )
    valid = open_dump(valid_feats)
    if difference := dump.features.difference(valid.features):
        name, trained, found = difference
        raise InputError(
            f"{valid_feats}: its features have {name} {found}, those of {dump.feats} have "
            f"{trained}; dump both with one configuration"
        )
    if shared := set(valid.labels.speakers) & set(dump.labels.speakers):
        raise InputError(
            f"{valid_feats}: speaker {min(shared)!r} is also trained on; validate on others"
        )
    utts = [utt for utt, original in valid.labels.utt2uniq.items() if utt == original]
    return utterance_set(load(valid, utts), valid, utts)
