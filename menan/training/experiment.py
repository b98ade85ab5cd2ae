"""From a dump directory to a tree of trained runs."""

import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import torch

from menan.config import Config
from menan.datadir.corpus_ids import as_called_in
from menan.datadir.division import divided
from menan.datadir.dump_directory import Dump, refuse_other_rows
from menan.datadir.joint_dump import open_dumps
from menan.datadir.metadata import Metadata
from menan.errors import InputError
from menan.features.store import FrameStore, load_frames
from menan.files.lock import only_writer
from menan.model.contract import check_contract
from menan.model.encoders import ENCODERS
from menan.training.plan import (
    Run,
    RunData,
    UtteranceSet,
    plan_runs,
    utterance_set,
)
from menan.training.run_directory import open_directory
from menan.training.run_findings import report_unlabelled, write_findings
from menan.training.schedule import train_together


@dataclass(frozen=True)
class TrainOptions:
    """How to train, as opposed to what.

    valid_feats: feats.scp of other speakers, evaluated after every epoch; only where nothing is
        held out.
    resume: continue from checkpoints; otherwise results of an earlier call are removed.
    force: continue although configuration, data or code have changed.
    tensorboard: write scalars for TensorBoard too.
    models_at_once: models trained side by side; None for as many as memory holds.
    threads: number of CPU threads; None for the fastest in a short trial.
    share: (2, 4) trains the second of four shares of the runs, for jobs on several machines.
    store: directory on a local disk for the frames; None keeps them in memory. The outcome is the
        same.
    """

    valid_feats: str | Path | None = None
    resume: bool = True
    force: bool = False
    tensorboard: bool = False
    models_at_once: int | None = None
    threads: int | None = None
    share: tuple[int, int] = (1, 1)
    store: Path | None = None


def train_runs(
    feats: str | Path,
    exp: str | Path,
    config: Config,
    device: torch.device,
    options: TrainOptions = TrainOptions(),
) -> list[Run]:
    """Train every objective with every seed and held-out group.

    Args:
        feats: feats.scp of a dump directory, or of several corpora, joined by commas
            (:func:`menan.datadir.joint_dump.open_dumps`); the frames of all runs are read once.
        exp: each run has a directory ``<objective>[-<settings>]_seed<k>/<held-out group>`` in it.
        config: model, training and runs; features are those of the dump.

    Returns:
        The runs of the share.

    Raises:
        InputError: anything wrong with data or options, before the first step, or another process
            that trains one of the runs.
    """
    dump = open_dumps(feats)
    report_unlabelled(dump, "trains and tests nothing")
    training, model = config.training, config.model
    if training.balance == "corpus" and not dump.metadata.corpora:
        raise InputError(
            f"{feats}: training.balance is corpus, but this is one corpus; name several dumps in "
            "--feats, joined by commas, or set it to none"
        )
    encoder = ENCODERS[type(model.encoder)]
    if encoder.is_repeated and dump.features.rows < encoder.shortest_input:
        raise InputError(
            f"{feats}: features.yaml gives the network {dump.features.rows} frames; "
            f"it needs {encoder.shortest_input}; dump with a larger features.seconds"
        )
    if encoder.has_fixed_rows:
        refuse_other_rows(dump, model.encoder.name, dump.features.rows)
    number, shares = options.share
    try:
        planned = plan_runs(config.runs, dump.metadata)[number - 1 :: shares]
    except InputError as error:
        raise InputError(f"{dump.feats.parent}: {error}") from None
    if not planned:
        print(f"share {number} of {shares} has no run")
        return []
    load = partial(
        load_frames,
        device=device,
        dtype=getattr(torch, training.store_dtype),
        directory=options.store,
    )
    _report_folds_without_validation(dump, planned)
    valid = options.valid_feats and _valid_set(options.valid_feats, dump, planned, load)
    sets = _sets_by_group(dump, planned, load)
    whole = [
        RunData(
            run=run,
            emotions=dump.metadata.emotions,
            model=model,
            training=training,
            features=dump.features,
            train=sets[run.group][0],
            heldout=(valid or None) if run.group is None else sets[run.group][1],
            directory=Path(exp) / run.name,
        )
        for run in planned
    ]
    for shape in dict.fromkeys(data.shape for data in whole):
        check_contract(shape)
    with ExitStack() as locks:
        for data in whole:
            locks.enter_context(only_writer(data.directory))
            open_directory(data, dump, options.resume, options.force)
            write_findings(data, dump)
        train_together(whole, device, options.models_at_once, options.tensorboard, options.threads)
    return planned


def _report_folds_without_validation(dump: Dump, planned: list[Run]) -> None:
    """Say on stderr which trainings keep only their last epoch."""
    groups = [run.group for run in planned if any(fold.valid is None for fold in run.folds)]
    if names := ", ".join(str(group) for group in dict.fromkeys(groups)):
        print(
            f"note: {dump.feats.parent}: no part for validation in {names}: no epoch is chosen, "
            "and the model of the last one is written (--rule last)",
            file=sys.stderr,
        )


def _number(speakers: int) -> str:
    return "only one speaker" if speakers == 1 else "no known speaker"


def _sets_by_group(
    dump: Dump, planned: list[Run], load: Callable[[Dump, list[str]], FrameStore]
) -> dict[str | None, tuple[UtteranceSet, UtteranceSet | None]]:
    """Training and held-out utterances of each held-out group, on one store."""
    metadata = dump.metadata
    parts = {run.group: divided(metadata, run.group) for run in planned}
    for group, (utts, _) in parts.items():
        if not utts:
            raise InputError(
                f"{dump.beside('utt2emo')}: no utterance to train on has an emotion; label "
                "some, and dump again"
            )
        speakers = {metadata.utt2spk[utt] for utt in utts} - metadata.unknown_speakers
        if len(speakers) < 2:
            raise InputError(
                f"{dump.beside('utt2spk')}: {_number(len(speakers))} to train on"
                + (f" without group {group!r}" if group else "")
                + "; the speaker classifier needs two; add speakers or hold out another group"
            )
    wanted = {utt for train, heldout in parts.values() for utt in (*train, *heldout)}
    store = load(dump, [utt for utt in metadata.utt2spk if utt in wanted])
    return {
        group: (
            utterance_set(store, dump, train),
            None if group is None else _heldout_set(store, dump, heldout),
        )
        for group, (train, heldout) in parts.items()
    }


def _heldout_set(store: FrameStore, dump: Dump, parts: dict[str, str]) -> UtteranceSet:
    return replace(utterance_set(store, dump, parts), parts=tuple(parts.values()))


def _valid_set(
    valid_feats: str | Path,
    dump: Dump,
    planned: list[Run],
    load: Callable[[Dump, list[str]], FrameStore],
) -> UtteranceSet:
    """The original utterances of another dump directory, for validation."""
    if any(run.group is not None for run in planned):
        raise InputError(
            "--valid-feats and --hold-out exclude each other: a held-out group validates itself; "
            "leave one of them out"
        )
    valid = open_dumps(valid_feats)
    if difference := dump.features.difference(valid.features):
        name, trained, found = difference
        raise InputError(
            f"{valid_feats}: its features have {name} {found}, those of {dump.feats} have "
            f"{trained}; dump both with one configuration"
        )
    if shared := _shared_speakers(valid.metadata, dump.metadata):
        raise InputError(
            f"{valid_feats}: speaker {min(shared)!r} is also trained on; validate on others"
        )
    if valid.metadata.emotions != dump.metadata.emotions:
        raise InputError(
            f"{valid_feats}: its emotions are {' '.join(valid.metadata.emotions)}, but "
            f"{dump.feats} has {' '.join(dump.metadata.emotions)}; prepare both with the same "
            "--emotions"
        )
    report_unlabelled(valid, "validates nothing")
    utts = [utt for utt in valid.metadata.originals if valid.metadata.utt2emo[utt]]
    if not utts:
        raise InputError(f"{valid_feats}: no utterance has an emotion; label some, and dump again")
    return utterance_set(load(valid, utts), valid, utts)


def _shared_speakers(one: Metadata, other: Metadata) -> set[str]:
    """The speakers of both dumps; one of them may call its speakers as beside other corpora."""
    first, second = set(one.speakers), set(other.speakers)
    return (first & as_called_in(one.corpus, second)) | (second & as_called_in(other.corpus, first))
