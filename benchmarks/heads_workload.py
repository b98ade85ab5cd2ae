"""The workload of the benchmark of heads: noise in the shapes of RAVDESS on Whisper base.

The runs are those of egs/ravdess/conf/whisper.yaml: all objectives, seeds and held-out groups, in
the order in which menan-train takes them.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import torch

from menan.config import Config, ModelConfig, load_config
from menan.encoder_settings import AttentiveSettings, EncoderSettings
from menan.features.store import FrameStore
from menan.front_ends import FrontEnd, PretrainedFrontEnd
from menan.labels import LabelSet
from menan.training.plan import Run, RunData, UtteranceSet
from menan.training.schedule import in_order

CONFIG = Path(__file__).resolve().parents[1] / "egs/ravdess/conf/whisper.yaml"
SPEAKERS, GROUPS = 24, 12  # two speakers are held out together
UTTERANCES = 28  # of each speaker of RAVDESS, with four emotions
EMOTIONS = LabelSet(("angry", "happy", "neutral", "sad"))
# Whisper base: what menan-dump finds out about it.
FACTS = {"digest": "0" * 16, "model_type": "whisper", "hidden_size": 512, "hidden_states": 7}
FRAMES = (150, 250)  # of an utterance of 3 to 5 s


@dataclass(frozen=True)
class Workload:
    """A frame store of noise, and the configuration of the runs on it.

    utterances: per speaker.
    count: the same with speed copies.
    """

    config: Config
    store: FrameStore
    utterances: int
    count: int

    def runs(self, number: int, directory: Path) -> list[RunData]:
        """The first runs of the configuration, with directories of their own below another."""
        runs = self.config.runs
        whole = [
            self._run(Run(objective, seed, f"g{group + 1:02d}", ()), group, directory)
            for objective in runs.objective
            for seed in runs.seed
            for group in range(GROUPS)
        ]
        chosen = in_order(whole)[:number]
        for run in chosen:
            run.directory.mkdir(parents=True)
        return chosen

    def _run(self, run: Run, group: int, directory: Path) -> RunData:
        heldout = range(2 * group, 2 * group + 2)
        train = [speaker for speaker in range(SPEAKERS) if speaker not in heldout]
        config = self.config
        return RunData(
            *(run, EMOTIONS, config.model, config.training, config.features),
            *(self._utterances(train, self.count), self._utterances(heldout, self.utterances)),
            directory / run.name,
        )

    def _utterances(self, speakers: list[int] | range, each: int) -> UtteranceSet:
        """The first ``each`` utterances of some speakers."""
        own = torch.tensor(speakers).repeat_interleave(each)
        number = torch.arange(each).repeat(len(speakers))
        place = torch.arange(len(speakers)).repeat_interleave(each)
        names = tuple(f"{speaker + 1:02d}" for speaker in speakers)
        index = own * self.count + number
        return UtteranceSet(self.store, index, number % len(EMOTIONS), place, names, voices=place)


def pooled(utterances: int) -> Workload:
    """The shipped head on statistics of all layers, with speed copies."""
    features = PretrainedFrontEnd(pretrained="noise", layers="all", pool="stats", **FACTS)
    config = load_config(CONFIG)
    count = utterances * len(config.features.speeds)
    rows = torch.full((SPEAKERS * count,), features.rows)
    return Workload(replace(config, features=features), _store(rows, features), utterances, count)


def attentive(utterances: int) -> Workload:
    """``attentive`` on frames of the last layer, without speed copies; the rest as pooled."""
    features = PretrainedFrontEnd(pretrained="noise", layers="6", pool="none", frames=1500, **FACTS)
    config, size = load_config(CONFIG), SPEAKERS * utterances
    encoder: EncoderSettings = AttentiveSettings(size=128, dropout=0.5)
    model = ModelConfig(encoder, config.model.bottleneck, config.model.hidden)
    rows = torch.randint(*FRAMES, (size,), generator=torch.Generator().manual_seed(1))
    config = replace(config, features=features, model=model)
    return Workload(config, _store(rows, features), utterances, utterances)


def _store(rows: torch.Tensor, features: FrontEnd) -> FrameStore:
    draw = torch.Generator().manual_seed(0)
    frames = torch.randn(int(rows.sum()), features.dims, generator=draw)
    utts = tuple(f"u{number}" for number in range(len(rows)))
    return FrameStore(utts, frames, torch.cumsum(rows, 0) - rows, rows)
