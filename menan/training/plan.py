"""The plan of one training: an objective, a seed, a held-out group, and its utterances."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from menan.config import ModelConfig, RunsConfig, TrainingConfig
from menan.datadir.corpus_ids import corpus_of
from menan.datadir.division import folds_of, held_out
from menan.datadir.dump_directory import Dump
from menan.datadir.folds import Fold, is_split
from menan.datadir.metadata import Metadata, name_fault
from menan.datadir.tables import c_sorted
from menan.errors import InputError
from menan.features.store import FrameStore
from menan.front_ends import FrontEnd
from menan.labels import LabelSet
from menan.model.network import NetworkShape
from menan.plugins import plugins_of
from menan.settings import ObjectiveSettings
from menan.training.balance import mean_draws
from menan.training.objectives import make_objective


@dataclass(frozen=True)
class Run:
    """One training.

    objective: the objective with its settings.
    group: the held-out group or corpus, or the name of a split; None when training on all speakers.
    folds: the folds that this training serves, one for each speaker of the group or test part.
    corpora: the corpora that stand side by side; empty with one.
    """

    objective: ObjectiveSettings
    seed: int
    group: str | None
    folds: tuple[Fold, ...]
    corpora: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The run's directory below the experiment's, such as ``menan-lambda0.2_seed0/g01``."""
        return f"{self.objective.system}_seed{self.seed}/{self.group or 'all'}"


@dataclass(frozen=True)
class UtteranceSet:
    """Utterances of a store with their labels, all on the store's device.

    index: int64 (n,), into the store.
    emotions: int64 (n,), into the label set.
    speakers: int64 (n,), into ``speaker_names``; -1 where nobody knows who speaks.
    voices: int64 (n,), a number for each speaker at each speed; -1 as for speakers.
    parts: what a held-out utterance is a part of (:func:`menan.datadir.division.divided`); by
        default its speaker.
    corpora: the corpus of each utterance, where several stand side by side.
    """

    store: FrameStore
    index: Tensor
    emotions: Tensor
    speakers: Tensor
    speaker_names: tuple[str, ...]
    voices: Tensor
    parts: tuple[str, ...] = ()
    corpora: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.index)

    @property
    def utts(self) -> list[str]:
        return [self.store.utts[i] for i in self.index.tolist()]

    @property
    def digests(self) -> list[str]:
        """Digest of each utterance's frames."""
        return [self.store.digests[i] for i in self.index.tolist()]

    @property
    def utt_speakers(self) -> list[str]:
        return ["" if i < 0 else self.speaker_names[i] for i in self.speakers.tolist()]

    @property
    def utt_parts(self) -> list[str]:
        return list(self.parts) or self.utt_speakers


def plan_runs(config: RunsConfig, metadata: Metadata) -> list[Run]:
    """Every objective with every seed and held-out group, corpus or split.

    Raises:
        InputError: a group, corpus or split that does not exist or cannot be held out, or two
            objectives whose directories would have one name.
    """
    systems = [objective.system for objective in config.objective]
    for system in systems:
        if systems.count(system) > 1:
            raise InputError(f"two objectives would share the directory name {system!r}")
        if fault := name_fault("objective", system):
            raise InputError(fault)
    folds = {group: folds_of(metadata, group) for group in held_out(metadata, config.hold_out)}
    return [
        Run(objective, seed, group, own, metadata.corpora)
        for objective in config.objective
        for seed in config.seed
        for group, own in folds.items()
    ]


def utterance_set(store: FrameStore, dump: Dump, utts: Iterable[str]) -> UtteranceSet:
    """Labels of utterances as tensors beside their frames.

    Raises:
        InputError: an utterance with several emotions, which no cross-entropy can take.
    """
    metadata, utts = dump.metadata, list(utts)
    for utt in utts:
        if len(metadata.utt2emo[utt]) != 1:
            raise InputError(
                f"{dump.beside('utt2emo')}: {utt} has {len(metadata.utt2emo[utt])} "
                "emotions; training needs one each: leave such utterances out"
            )
    speakers = [metadata.utt2spk[utt] for utt in utts]
    names = tuple(c_sorted(set(speakers) - metadata.unknown_speakers))
    number = {name: i for i, name in enumerate(names)}
    device = store.frames.device
    return UtteranceSet(
        store=store,
        index=store.index_of(utts),
        emotions=torch.tensor(
            [metadata.emotions.index(metadata.utt2emo[utt][0]) for utt in utts], device=device
        ),
        speakers=torch.tensor([number.get(name, -1) for name in speakers], device=device),
        speaker_names=names,
        voices=torch.tensor(_voices(metadata, utts), device=device),
        corpora=tuple(map(corpus_of, utts)) if metadata.corpora else (),
    )


def _voices(metadata: Metadata, utts: list[str]) -> list[int]:
    """A number for each speaker at each speed; the id of a copy is longer than its original's."""
    names = [(metadata.utt2spk[utt], utt.replace(metadata.utt2uniq[utt], "", 1)) for utt in utts]
    known = {name for name in names if name[0] not in metadata.unknown_speakers}
    number = {name: i for i, name in enumerate(sorted(known))}
    return [number.get(name, -1) for name in names]


@dataclass(frozen=True)
class RunData:
    """A run with everything its training reads.

    emotions: the classes of EC.
    heldout: utterances that are evaluated after every epoch; None without them.
    """

    run: Run
    emotions: LabelSet
    model: ModelConfig
    training: TrainingConfig
    features: FrontEnd
    train: UtteranceSet
    heldout: UtteranceSet | None
    directory: Path

    def __post_init__(self) -> None:
        if self.heldout is not None and not is_split(self.run.group):
            shared = set(self.train.speaker_names) & set(self.heldout.speaker_names)
            assert not shared, f"speakers both trained on and held out: {shared}"
        for fold in self.run.folds:
            assert set(self.train.speaker_names) <= set(fold.train), f"not the speakers of {fold}"

    def class_weights(self) -> Tensor | None:
        """Weight of each class in the emotion loss, (emotions,); None for 1.

        A class without training utterances has the weight 0. With balanced corpora an utterance
        counts as often as an epoch draws it on average.
        """
        if self.training.class_weight == "none":
            return None
        classes, drawn = len(self.emotions), None
        if self.training.balance == "corpus":
            drawn = torch.tensor(mean_draws(self.train.corpora), device=self.train.emotions.device)
        counts = torch.bincount(self.train.emotions, weights=drawn, minlength=classes)
        return (len(self.train) / (classes * counts)).where(counts > 0, 0.0).float()

    @property
    def corpora(self) -> dict[str, int]:
        """Number of training utterances of each corpus; empty with one."""
        return {name: self.train.corpora.count(name) for name in self.run.corpora}

    @property
    def plugins(self) -> dict[str, str]:
        """Plugins that its members come from, by file name."""
        return plugins_of(
            self.run.objective, self.model.encoder, self.model.bottleneck, self.features
        )

    @property
    def shape(self) -> NetworkShape:
        """The network of this run."""
        return NetworkShape(
            model=self.model,
            rows=self.features.rows,
            dims=self.features.dims,
            emotions=len(self.emotions),
            speakers=len(self.train.speaker_names),
            speaker_classifier=type(make_objective(self.run.objective)).speaker_classifier,
        )
