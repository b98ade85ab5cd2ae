"""The training of many networks at once. It knows no objective by name."""

import time
from collections.abc import Sequence
from typing import Any, NoReturn

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence
from tqdm import tqdm

from menan.engine.stacked.stacked import StackedNetwork
from menan.model.bottlenecks import utterance_noise
from menan.model.network import EMBEDDING_DIMS
from menan.training.batches import EpochBatches
from menan.training.divergence import FiniteWatch
from menan.training.lockstep import LockStep
from menan.training.objectives import make_objective
from menan.training.run_state import Record
from menan.training.signals import Stopped, StopRequest, stop_requests

EVALUATED = 32  # held-out utterances of a model at a time; bounds memory, does not change results


class Trainer:
    """Trains runs side by side, all of the same position to begin with.

    Each run follows its own order of utterances and comes out as if it were alone; on the CPU
    to the bit.

    Args:
        records: one configuration and one frame store for all.
    """

    def __init__(self, records: Sequence[Record], device: torch.device):
        # With the longest first, the runs that still have a batch in an epoch are the first ones.
        self.records = sorted(records, key=lambda record: -len(record.data.train))
        self.runs = [record.data for record in self.records]
        self.device = device
        one, training = self.runs[0], self.runs[0].training
        self.epoch, self.step = self.records[0].position
        assert all(record.position == (self.epoch, self.step) for record in self.records)
        self.network = StackedNetwork(
            [record.initial_network() for record in self.records],
            training.lr,
            [record.batches * training.epochs for record in self.records],
            training.sc_steps,
            device,
        )
        for model, record in enumerate(self.records):
            if record.players is not None:
                self.network.main.load_state_dict(model, record.players["main"])
                self.network.speaker.load_state_dict(model, record.players["speaker"])
        self.sums = {
            name: torch.stack([record.sums[name] for record in self.records]).to(device)
            for name in self.records[0].sums
        }
        self.game = LockStep(
            self.network,
            [make_objective(run.run.objective, training.lambda_) for run in self.runs],
            training.sc_steps,
            one.train.store,
            one.features.rows,
        )
        self.noise = self._heldout_noise()

    def fit(self, until: int) -> None:
        """Train until so many epochs are done.

        Raises:
            Stopped: a signal asked for it; the step was finished and a checkpoint written.
            InputError: a loss is not a finite number.
        """
        steps = sum(record.batches for record in self.records)
        names = [run.run.name for run in self.runs]
        with (
            stop_requests() as request,
            tqdm(
                desc=names[0] if len(names) == 1 else f"{len(names)} models",
                total=until * steps,
                initial=self.epoch * steps,
                unit="step",
                disable=None,  # on a terminal only; a log gets the lines of _report
            ) as bar,
        ):
            while self.epoch < until:
                self._run_epoch(bar, request)

    def _run_epoch(self, bar: tqdm, request: StopRequest) -> None:
        started = time.perf_counter()
        losses = self._train_epoch(bar, request)
        log_posteriors = self._evaluate()
        training = self.runs[0].training
        lr = training.lr * (1 - self.epoch / training.epochs)  # of the epoch's first step
        self.epoch, self.step, self.sums = self.epoch + 1, 0, {}
        # A model's share of the time; what it would take alone is another matter.
        seconds = (time.perf_counter() - started) / len(self.records)
        for model, record in enumerate(self.records):
            line = record.add_epoch(
                {"epoch": self.epoch, "lr": lr, **losses[model], "seconds": seconds},
                log_posteriors[model],
                self.network.plain(model),
                self._players(model),
            )
            self._report(record, line, bar)

    def _train_epoch(self, bar: tqdm, request: StopRequest) -> list[dict[str, float]]:
        """Means over the epoch's utterances of what the log says of a step, by model."""
        batches = EpochBatches(self.runs, self.epoch + 1)
        watch = FiniteWatch(self.runs, batches, self.device)
        for step in range(self.step, len(batches)):
            if batches.active(step) != self.network.active:
                self.game.activate(batches.active(step))
            batch, sizes = batches.batch(step)
            measured = self.game.update(batch, batches.noise(step))
            for name, value in measured.items():
                shape = value.shape[1:]
                total = self.sums.setdefault(name, value.new_zeros(len(self.runs), *shape))
                total[: len(sizes)] += value * sizes.view(-1, *[1] * len(shape))
            watch.note(step, measured)
            self.step = step + 1
            bar.update(len(sizes))
            if request.number is not None:
                watch.refuse()
                self._stop(request.number)
        watch.refuse()
        self.game.activate(len(self.runs))
        counts = torch.tensor(batches.lengths, device=self.device)
        means = {
            name: total / counts.view(-1, *[1] * (total.dim() - 1))
            for name, total in self.sums.items()
        }
        figures = {name: mean for name, mean in means.items() if mean.dim() == 1}
        if (bits := self.network.bottleneck.bits(means)) is not None:
            figures["capacity_bits"] = bits
        columns = torch.stack(list(figures.values()), dim=1).tolist()
        return [dict(zip(figures, column, strict=True)) for column in columns]

    def _stop(self, signal: int) -> NoReturn:
        for model, record in enumerate(self.records):
            sums = {name: total[model].cpu() for name, total in self.sums.items()}
            record.stop(self.step, sums, self._players(model))
        raise Stopped(signal)

    def _players(self, model: int) -> dict[str, Any]:
        like = self.network.likes[model]
        return {
            "main": self.network.main.state_dict(model, like),
            "speaker": self.network.speaker.state_dict(model, like),
        }

    def _evaluate(self) -> list[Tensor | None]:
        """Log posteriors of each run's held-out utterances, (utterances, 4)."""
        heldout = [run.heldout for run in self.runs]
        if heldout[0] is None:
            return heldout
        # Runs with fewer utterances answer for the store's first one again and again.
        index = pad_sequence([part.index for part in heldout], batch_first=True)
        store, frames = heldout[0].store, self.runs[0].features.rows
        parts = index.split(EVALUATED, dim=1)
        noises = [None] * len(parts) if self.noise is None else self.noise.split(EVALUATED, dim=1)
        answers = torch.cat(
            [
                self.network.log_posteriors(store, part, frames, noise)
                for part, noise in zip(parts, noises, strict=True)
            ],
            dim=1,
        )
        return [answers[model, : len(part)] for model, part in enumerate(heldout)]

    def _heldout_noise(self) -> Tensor | None:
        """The bottleneck's for the held-out utterances, (models, utterances, 96): one draw."""
        if self.runs[0].heldout is None or not self.network.bottleneck.draws:
            return None
        rows = [utterance_noise(run.heldout.utts, EMBEDDING_DIMS) for run in self.runs]
        return pad_sequence(rows, batch_first=True).to(self.device)

    def _report(self, record: Record, line: dict, bar: tqdm) -> None:
        text = (
            f"E {line['emotion_loss']:.3f} S {line['speaker_loss']:.3f} "
            f"H {line['speaker_entropy']:.3f}"
        )
        if "heldout" in line:
            parts = line["heldout"].values()
            text += f" held-out UA {100 * sum(part['ua'] for part in parts) / len(parts):.1f} %"
        if bar.disable:
            epochs = record.data.training.epochs
            name = record.data.run.name
            print(f"{name}: epoch {line['epoch']}/{epochs}: {text}", flush=True)
        else:
            bar.set_postfix_str(text)
