"""The plan of one training: an objective, a seed, a held-out group, and its utterances."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from menan.config import ModelConfig, RunsConfig, TrainingConfig
from menan.datadir.dump_directory import Dump
from menan.datadir.folds import Fold, folds_of_group, held_out_groups
from menan.datadir.metadata import Metadata, name_fault
from menan.datadir.split import SPLIT, folds_of_split, utts_of_role
from menan.datadir.tables import c_sorted
from menan.datadir.validity import parts_of_group
from menan.errors import InputError
from menan.features.store import FrameStore
from menan.front_ends import FrontEnd
from menan.labels import LabelSet
from menan.model.network import NetworkShape
from menan.plugins import plugins_of
from menan.settings import ObjectiveSettings
from menan.training.objectives import make_objective


@dataclass(frozen=True)
class Run:
    """One training.

    objective: the objective with its settings.
    group: the held-out group; None when training on all speakers.
    folds: the folds that this training serves, one for each speaker of the group.
    """

    objective: ObjectiveSettings
    seed: int
    group: str | None
    folds: tuple[Fold, ...]

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
    parts: what a held-out utterance is a part of: by default its speaker; a part of a split.
    """

    store: FrameStore
    index: Tensor
    emotions: Tensor
    speakers: Tensor
    speaker_names: tuple[str, ...]
    voices: Tensor
    parts: tuple[str, ...] = ()

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
    """Every objective with every seed and held-out group, or with the official split.

    Raises:
        InputError: a group that does not exist or cannot be held out, or two objectives whose
            directories would have one name.
    """
    systems = [objective.system for objective in config.objective]
    for system in systems:
        if systems.count(system) > 1:
            raise InputError(f"two objectives would share the directory name {system!r}")
        if fault := name_fault("objective", system):
            raise InputError(fault)
    if list(config.hold_out) == [SPLIT]:
        groups: list[str | None] = [SPLIT]
        folds = {groups[0]: tuple(folds_of_split(metadata))}
    else:
        groups = held_out_groups(metadata.spk2group, config.hold_out)
        folds = {
            group: tuple(folds_of_group(metadata.spk2group, group)) if group else ()
            for group in groups
        }
    return [
        Run(objective, seed, group, folds[group])
        for objective in config.objective
        for seed in config.seed
        for group in groups
    ]


def training_utts(metadata: Metadata, group: str | None) -> list[str]:
    """Originals and speed copies of all speakers outside the held-out group, with an emotion.

    Unknown speakers are in no group, and train always.
    """
    if group == SPLIT:
        return utts_of_role(metadata, "train")
    return parts_of_group(metadata, group or "")[0]


def held_out_utts(metadata: Metadata, group: str | None) -> list[str]:
    """The labelled originals of the held-out group's speakers; none if nothing is held out."""
    if group == SPLIT:
        originals = set(metadata.originals)
        held = (*utts_of_role(metadata, "valid"), *utts_of_role(metadata, "test"))
        return c_sorted(utt for utt in held if utt in originals)
    return parts_of_group(metadata, group or "")[1]


def utterance_set(store: FrameStore, dump: Dump, utts: Iterable[str]) -> UtteranceSet:
    """Labels of utterances as tensors beside their frames.

    Raises:
        InputError: an utterance with several emotions, which no cross-entropy can take.
    """
    metadata, utts = dump.metadata, list(utts)
    for utt in utts:
        if len(metadata.utt2emo[utt]) != 1:
            raise InputError(
                f"{dump.feats.parent / 'utt2emo'}: {utt} has {len(metadata.utt2emo[utt])} "
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
        if self.heldout is not None and self.run.group != SPLIT:
            shared = set(self.train.speaker_names) & set(self.heldout.speaker_names)
            assert not shared, f"speakers both trained on and held out: {shared}"
        for fold in self.run.folds:
            assert set(self.train.speaker_names) <= set(fold.train), f"not the speakers of {fold}"

    def class_weights(self) -> Tensor | None:
        """Weight of each class in the emotion loss, (emotions,); None for 1.

        A class without training utterances has the weight 0.
        """
        if self.training.class_weight == "none":
            return None
        classes = len(self.emotions)
        counts = torch.bincount(self.train.emotions, minlength=classes)
        weights = len(self.train) / (classes * counts.clamp(min=1))
        return weights.where(counts > 0, 0.0)

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
