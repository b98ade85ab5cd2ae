"""Published figures of a protocol, and those of an experiment measured in the same way."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from menan.analysis.tables.fold_results import FoldResult
from menan.errors import InputError, require
from menan.files.mapping import from_mapping
from menan.files.yaml_file import read_yaml
from menan.labels import LabelSet
from menan.scoring.accuracy import unweighted_accuracy, weighted_accuracy

_MEASURES = {"wa": weighted_accuracy, "ua": unweighted_accuracy}


@dataclass(frozen=True)
class OwnFigures:
    """A system of an experiment beside published ones; means over held-out groups, %.

    one_seed: mean over seeds; all_seeds: decided by the mean posteriors over seeds.
    seeds: their number.
    """

    one_seed: float
    all_seeds: float
    seeds: int


@dataclass(frozen=True)
class PublishedTable:
    """Published figures of a protocol, %, and those of an experiment.

    protocol, citation: how they were measured, and where they stand; measure: ``wa`` or ``ua``.
    systems: the published ones; here: the experiment's.
    """

    protocol: str
    citation: str
    measure: str
    systems: dict[str, float]
    here: dict[str, OwnFigures]


@dataclass(frozen=True)
class PublishedProtocol:
    """A YAML file of published figures.

    protocol: one sentence on how they were measured.
    citation: where they stand.
    corpus, emotions, groups: what an experiment must have to stand beside them: its corpus, its
        label set and its number of held-out groups.
    measure: ``wa`` or ``ua``, the mean over held-out groups.
    systems: %, by name.
    """

    protocol: str
    citation: str
    corpus: str
    emotions: tuple[str, ...]
    groups: int
    measure: str
    systems: dict[str, float]

    def __post_init__(self) -> None:
        require(self.measure in _MEASURES, f"measure must be one of {', '.join(_MEASURES)}")
        require(bool(self.systems), "systems must list at least one")
        in_range = all(0 <= figure <= 100 for figure in self.systems.values())
        require(in_range, "systems must have figures between 0 and 100")


def published_table(
    path: Path, folds: Sequence[FoldResult], corpus: str, emotions: LabelSet
) -> PublishedTable:
    """The figures of a file beside those of an experiment's folds.

    Raises:
        InputError: not such a file, or an experiment on other data.
    """
    protocol = from_mapping(PublishedProtocol, read_yaml(path), str(path))
    wanted = (protocol.corpus, sorted(protocol.emotions), protocol.groups)
    found = (corpus, sorted(emotions), len({fold.group for fold in folds}))
    for name, here, there in zip(("corpus", "emotions", "groups"), found, wanted, strict=True):
        if here != there:
            raise InputError(
                f"{path}: figures of the {name} {_text(there)}; this experiment has "
                f"{_text(here)}, so they cannot be compared; leave out --published"
            )
    systems = list(dict.fromkeys(fold.system for fold in folds))
    return PublishedTable(
        protocol=protocol.protocol,
        citation=protocol.citation,
        measure=protocol.measure,
        systems=protocol.systems,
        here={
            name: _own_figures([fold for fold in folds if fold.system == name], protocol.measure)
            for name in systems
        },
    )


def _own_figures(folds: Sequence[FoldResult], measure: str) -> OwnFigures:
    seeds = list(dict.fromkeys(fold.seed for fold in folds))
    groups = list(dict.fromkeys(fold.group for fold in folds))
    alone, together = [], []
    for group in groups:
        of_seeds = [[f for f in folds if (f.group, f.seed) == (group, seed)] for seed in seeds]
        of_seeds = [own for own in of_seeds if own]
        labels = np.concatenate([fold.test.labels for fold in of_seeds[0]])
        posteriors = np.exp(
            [np.concatenate([fold.test.log_posteriors for fold in own]) for own in of_seeds]
        )
        alone += [_MEASURES[measure](labels, one.argmax(axis=-1)) for one in posteriors]
        together.append(_MEASURES[measure](labels, posteriors.mean(axis=0).argmax(axis=-1)))
    return OwnFigures(
        one_seed=100 * float(np.mean(alone)),
        all_seeds=100 * float(np.mean(together)),
        seeds=len(seeds),
    )


def _text(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)
