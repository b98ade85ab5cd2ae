"""A made-up experiment with every figure that a report can show."""

from pathlib import Path

import numpy as np

from menan.analysis.leakage.result import (
    EmbeddingLeakage,
    ProbeFigures,
    ReportedLeakage,
    Representations,
    SetLeakage,
)
from menan.analysis.results import (
    AdversaryFigures,
    CalibrationFigures,
    Comparison,
    FoldFigures,
    GenderFigures,
    HeadlineAccuracy,
    MeanAccuracy,
    PaperFigures,
    PooledFigures,
    Results,
    RuleFigures,
    SpeakerFigures,
    SystemFigures,
    Table2,
    TrainingEffort,
    WorstSpeaker,
)
from menan.analysis.runs import EpochLog, TrainedRun
from menan.analysis.tables.table3 import CrossFigures, Table3
from menan.config import ModelConfig, TrainingConfig
from menan.front_ends import KaldiFrontEnd
from menan.labels import LabelSet
from menan.settings import ObjectiveSettings
from menan.training.run_config import RunConfig
from menan.training.selection import HeldOut

SYSTEMS = ("ec", "menan")
SPEAKERS = ("Ses01F", "Ses01M", "Ses02F", "Ses02M")
EMOTIONS = ("ang", "hap", "neu", "sad")


def full_results(
    speakers: tuple[str, ...] = SPEAKERS,
    corpus: str = "IEMOCAP",
    command: str = "./run.sh",
    systems: tuple[str, ...] = SYSTEMS,
    emotions: tuple[str, ...] = EMOTIONS,
) -> Results:
    """All figures of a report, different from each other where they can be."""
    rng = np.random.default_rng(0)
    first, second = systems[0], systems[-1]
    return Results(
        code="0.2.0 (abc)",
        command=command,
        corpus=corpus,
        config={"training": {"epochs": "3"}, "features": {"speeds": "0.9, 1.0"}},
        trained=TrainingEffort(4, 0.25),
        table2=Table2(
            rule="best-ua",
            emotions=emotions,
            systems={name: _system(rng, speakers, len(emotions)) for name in systems},
            rules={
                rule: {name: RuleFigures(_accuracy(rng), _accuracy(rng)) for name in systems}
                for rule in ("best-ua", "last", "oracle")
            },
            comparisons=tuple(
                Comparison(first, other, "ua", -2.468, 0.0625, 0.125, 1e-9) for other in systems[1:]
            ),
        ),
        leakage=tuple(_leakage(rng, name, seed) for name in systems for seed in (0, 1)),
        beside=(),
        table3=Table3(
            utterances=22323,
            single=17800,
            systems={
                first: CrossFigures(
                    31.11, 27.22, 34.33, None, 51.51, (31.35, 27.14, 34.96), folds=()
                ),
                second: CrossFigures(33.44, 28.55, 39.66, 30.77, 52.52, None, folds=()),
            },
            baselines={"always hap": 55.84, "oracle": 100.0},
        ),
        findings=(f"Test UA of `{second}` is not distinguishable from that of `{first}`.",),
    )


def example_runs(
    groups: tuple[str, ...] = ("Ses01", "Ses02"), systems: tuple[str, ...] = SYSTEMS
) -> list[TrainedRun]:
    """A training of each system and group; the second group has one epoch more."""
    nothing = np.empty(0, dtype=int)
    heldout = HeldOut(nothing, nothing, nothing, np.empty((1, 0, len(EMOTIONS))))
    return [
        TrainedRun(Path("nowhere"), _config(system, group), _log(number), heldout)
        for system in systems
        for number, group in enumerate(groups)
    ]


def write_planes(
    path: Path,
    speakers: tuple[str, ...] = ("Ses01F", "Ses01M"),
    systems: tuple[str, ...] = SYSTEMS,
    emotions: tuple[str, ...] = EMOTIONS,
) -> Path:
    """Coordinates in which each speaker keeps to itself and emotions alternate."""
    lines = ["system\tutterance\tspeaker\temotion\tx\ty"]
    for system in systems:
        for i in range(40):
            speaker, emotion = speakers[i // 20], emotions[i % len(emotions)]
            x, y = 100.0 * (i // 20) + i % 5, float(i % 7)
            lines.append(f"{system}\tu{i}\t{speaker}\t{emotion}\t{x:.4f}\t{y:.4f}")
    path.write_text("\n".join(lines) + "\n")
    return path


def _config(system: str, group: str) -> RunConfig:
    class Named(ObjectiveSettings):
        name = system

    return RunConfig(
        objective=Named(),
        seed=0,
        hold_out=group,
        folds=((f"{group}F", f"{group}M"),),
        speakers=tuple("abcdefgh"),
        emotions=LabelSet(EMOTIONS),
        model=ModelConfig(),
        training=TrainingConfig(),
        features=KaldiFrontEnd(),
        corpus="made up",
        feats="feats.scp",
        data="",
        version="0",
        code="",
    )


def _log(number: int) -> tuple[EpochLog, ...]:
    return tuple(
        EpochLog(
            numbers={
                "lr": 1e-3,
                "emotion_loss": 1.4 / epoch + 0.01 * number,
                "speaker_loss": 2.0 - 0.01 * epoch,
                "speaker_entropy": 2.05 - 0.01 * epoch,
                "speaker_top": 0.2 + 0.01 * epoch,
                "speaker_accuracy": 0.15 + 0.01 * epoch,
                "seconds": 1.5,
            },
            heldout_ua={f"s{number}{sex}": 0.4 + 0.01 * epoch for sex in "FM"},
        )
        for epoch in range(1, 4 + number)
    )


def _accuracy(rng: np.random.Generator) -> MeanAccuracy:
    valid, test = rng.uniform(40, 70, size=2).tolist()
    return MeanAccuracy(valid, test, test - valid)


def _headline(rng: np.random.Generator) -> HeadlineAccuracy:
    mean = _accuracy(rng)
    return HeadlineAccuracy(**vars(mean), interval=(mean.test - 3, mean.test + 4))


def _system(rng: np.random.Generator, speakers: tuple[str, ...], classes: int) -> SystemFigures:
    confusion = rng.integers(1, 500, size=(classes, classes))
    return SystemFigures(
        wa=_headline(rng),
        ua=_headline(rng),
        paper=PaperFigures((58.50, 55.92, -2.56), (59.94, 57.45, -2.49)),
        seeds=(0, 1),
        folds=tuple(
            FoldFigures(0, test, valid, 3, (0.61234, 0.51234), (0.62345, 0.52345))
            for test, valid in zip(speakers, speakers[::-1], strict=True)
        ),
        epoch_sd=float(rng.uniform(1, 3)),
        macro_f1=float(rng.uniform(40, 60)),
        pooled=PooledFigures(
            wa=float(rng.uniform(40, 60)),
            wa_interval=(40.12, 60.34),
            ua=float(rng.uniform(40, 60)),
            ua_interval=(41.56, 61.78),
            recall=tuple((100 * confusion.diagonal() / confusion.sum(axis=1)).tolist()),
            confusion=tuple(map(tuple, confusion.tolist())),
        ),
        speakers={
            name: SpeakerFigures(
                500,
                55.0,
                float(rng.uniform(30, 70)),
                (*rng.uniform(0, 100, size=classes - 1).tolist(), None),
            )
            for name in speakers
        },
        worst_speaker=WorstSpeaker(speakers[0], 31.313),
        genders={"f": GenderFigures(51.1, 52.525), "m": GenderFigures(53.1, 54.545)},
        gender_gap=2.02,
        calibration=CalibrationFigures(*rng.uniform(0.1, 2, size=5).tolist()),
        adversary=AdversaryFigures(float(rng.uniform(10, 20)), 2.0, 20.0),
    )


def _leakage(rng: np.random.Generator, system: str, seed: int) -> ReportedLeakage:
    facts = {"utterances": 4400.0, "chance": 0.125, "majority": 0.147, "uniform_nats": 2.0794}
    sets = {
        name: SetLeakage(
            speakers=count,
            floor_nats=2.0412,
            embeddings=Representations(*(_embedding(rng) for _ in range(3))),
            **facts,
        )
        for name, count in (("train", 8.0), ("heldout", 2.0))
    }
    return ReportedLeakage(
        system=system,
        seed=seed,
        rule="best-ua",
        bottleneck="",
        draws=1,
        groups=("Ses01", "Ses02"),
        sets=sets,
        ua=float(rng.uniform(50, 60)),
    )


def _embedding(rng: np.random.Generator) -> EmbeddingLeakage:
    probes = []
    for probe in ("linear", "mlp", "knn"):
        accuracy, control = rng.uniform(0.3, 0.8), rng.uniform(0.1, 0.2)
        probes.append(
            ProbeFigures(
                accuracy=accuracy,
                interval=(accuracy - 0.05, accuracy + 0.05),
                control=control,
                selectivity=accuracy - control,
                cross_entropy=None if probe == "knn" else float(rng.uniform(1, 2)),
            )
        )
    return EmbeddingLeakage(*probes, eer=float(rng.uniform(0.2, 0.5)), gender=None)
