"""The training of many models at once. It knows no member of a socket by name."""

import time
from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence
from tqdm import tqdm

from menan.engine.choose import make_engine
from menan.model.bottlenecks import utterance_noise
from menan.model.network import build_network, empty_network
from menan.randomness import derived_seed
from menan.training.batches import EpochBatches
from menan.training.divergence import DivergenceWatch
from menan.training.lockstep import LockStep
from menan.training.objectives import SPEAKER_FIGURES, make_objective
from menan.training.run_state import RunState
from menan.training.signals import Stopped, StopRequest, stop_requests
from menan.training.thread_trial import choose_threads

SAVING = 0.02  # share of the time that checkpoints may take; the last epoch always has one
EVALUATED = 32  # held-out utterances per model and pass; bounds memory, does not change results


class Trainer:
    """Trains runs side by side that are at the same position.

    Each run follows its own order of utterances. On the CPU it comes out to the bit as if it were
    trained alone, where the engine says so (:attr:`menan.engine.engine.Engine.exact_alone`).

    Args:
        states: runs with one configuration, one kind of speaker classifier and one frame store.
    """

    def __init__(self, states: Sequence[RunState], device: torch.device):
        # With the longest first, the runs that still have a batch in an epoch are the first ones.
        self.states = sorted(states, key=lambda state: -len(state.data.train))
        self.runs = [state.data for state in self.states]
        self.device = device
        one, training = self.runs[0], self.runs[0].training
        self.epoch, self.step = self.states[0].position
        assert all(state.position == (self.epoch, self.step) for state in self.states)
        self.engine = make_engine(
            [state.initial_network() for state in self.states],
            training,
            [state.batches * training.epochs for state in self.states],
            device,
        )
        for model, state in enumerate(self.states):
            if state.players is not None:
                self.engine.main.load_state_dict(model, state.players["main"])
                self.engine.speaker.load_state_dict(model, state.players["speaker"])
        self.sums = {
            name: torch.stack([state.sums[name] for state in self.states]).to(device)
            for name in self.states[0].sums
        }
        self.objectives = [make_objective(run.run.objective) for run in self.runs]
        self.lockstep = LockStep(
            self.engine,
            self.objectives,
            training.sc_steps,
            one.train.store,
            one.features.rows,
            self._class_weights(),
            training.label_smoothing,
        )
        self.noise = self._heldout_noise()
        self.save_after = 0.0  # time on perf_counter from which checkpoints are due

    def choose_threads(self) -> str:
        """Set the number of CPU threads by trials of a step, all of which are undone.

        Returns:
            The choice in one line (:func:`menan.training.thread_trial.choose_threads`).
        """
        batches = EpochBatches(self.runs, self.epoch + 1)
        batch, _ = batches.batch(0)
        inputs = batch, batches.noise(0), batches.kept(0)
        with self.engine.main.restored(), self.engine.speaker.restored():
            return choose_threads(partial(self.lockstep.update, *inputs))

    def fit(self, until: int) -> None:
        """Train until ``until`` epochs are done.

        Raises:
            Stopped: a signal requested it; the step was finished and a checkpoint written.
            InputError: a loss became NaN or infinite.
        """
        steps = sum(state.batches for state in self.states)
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
                if self.epoch == until or time.perf_counter() >= self.save_after:
                    self._save()

    def _run_epoch(self, bar: tqdm, request: StopRequest) -> None:
        started = time.perf_counter()
        losses = self._train_epoch(bar, request)
        log_posteriors = self._evaluate()
        training = self.runs[0].training
        lr = training.lr * (1 - self.epoch / training.epochs)  # of the epoch's first step
        self.epoch, self.step, self.sums = self.epoch + 1, 0, {}
        # A model's share of the time; alone it would take longer than this.
        seconds = (time.perf_counter() - started) / len(self.states)
        for model, state in enumerate(self.states):
            line = state.add_epoch(
                {"epoch": self.epoch, "lr": lr, **losses[model], "seconds": seconds},
                log_posteriors[model],
                self.engine.snapshot(model),
            )
            self._report(state, line, bar)

    def _train_epoch(self, bar: tqdm, request: StopRequest) -> list[dict[str, float]]:
        """Means over the epoch's utterances of the figures that the log records, by model."""
        if self.step == 0:
            self._restart_speaker_classifiers()
        batches = EpochBatches(self.runs, self.epoch + 1)
        watch = DivergenceWatch(self.runs, batches, self.device)
        for step in range(self.step, len(batches)):
            if batches.active(step) != self.engine.active:
                self.lockstep.activate(batches.active(step))
            batch, sizes = batches.batch(step)
            measured = self.lockstep.update(batch, batches.noise(step), batches.kept(step))
            watch.note(step, measured)
            del measured["loss"]  # the log has its parts
            self._add(measured, sizes, (batch.speaker_weight > 0).sum(dim=1))
            self.step = step + 1
            bar.update(len(sizes))
            if request.number is not None:
                watch.refuse()
                self._save()
                raise Stopped(request.number)
        watch.refuse()
        self.lockstep.activate(len(self.runs))
        counts = torch.tensor(batches.lengths, device=self.device)
        of_known = torch.tensor(batches.known, device=self.device)
        means = {
            name: total
            / (of_known if name.startswith(SPEAKER_FIGURES) else counts).view(
                -1, *[1] * (total.dim() - 1)
            )
            for name, total in self.sums.items()
        }
        figures = {name: mean for name, mean in means.items() if mean.dim() == 1}
        if (bits := self.engine.bottleneck.bits(means)) is not None:
            figures["capacity_bits"] = bits
        columns = torch.stack(list(figures.values()), dim=1).tolist()
        return [dict(zip(figures, column, strict=True)) for column in columns]

    def _add(self, measured: dict[str, Tensor], sizes: Tensor, known: Tensor) -> None:
        """Add a step's means, (active, ...) each, to the sums over utterances.

        Args:
            sizes, known: utterances of the batch, and those whose speaker is known; (active,).
        """
        active = len(sizes)
        for name, value in measured.items():
            if name not in self.sums:
                self.sums[name] = value.new_zeros(len(self.runs), *value.shape[1:])
        # Figures that are one number per model are many: they go together.
        single = {name: value for name, value in measured.items() if value.dim() == 1}
        counts = [known if name.startswith(SPEAKER_FIGURES) else sizes for name in single]
        added = torch.stack(list(single.values())) * torch.stack(counts)
        torch._foreach_add_([self.sums[name][:active] for name in single], list(added))
        for name in measured.keys() - single.keys():
            self.sums[name][:active] += measured[name] * sizes.view(
                -1, *[1] * (measured[name].dim() - 1)
            )

    def _restart_speaker_classifiers(self) -> None:
        """New initial weights for the SCs whose objective asks for them before this epoch."""
        for model, (run, objective) in enumerate(zip(self.runs, self.objectives, strict=True)):
            if objective.restarts_speaker_classifier(self.epoch + 1):
                seed = derived_seed(run.run.seed, "restart", self.epoch + 1)
                self.engine.speaker.restart(model, build_network(run.shape, seed).state_dict())

    def _save(self) -> None:
        """Write models and checkpoints, and set the time for the next."""
        began = time.perf_counter()
        for model, state in enumerate(self.states):
            players = {
                "main": self.engine.main.state_dict(model),
                "speaker": self.engine.speaker.state_dict(model),
            }
            sums = {name: total[model].cpu() for name, total in self.sums.items()}
            state.save(players, self.step, sums)
        ended = time.perf_counter()
        self.save_after = ended + (ended - began) / SAVING

    def _evaluate(self) -> list[Tensor | None]:
        """Log posteriors of each run's held-out utterances, (utterances, emotions)."""
        heldout = [run.heldout for run in self.runs if run.heldout is not None]
        if not heldout:
            return [None] * len(self.runs)
        # Runs with fewer utterances are padded with the store's first one.
        index = pad_sequence([part.index for part in heldout], batch_first=True)
        store, frames = heldout[0].store, self.runs[0].features.rows
        parts = index.split(EVALUATED, dim=1)
        noises = [None] * len(parts) if self.noise is None else self.noise.split(EVALUATED, dim=1)
        answers = torch.cat(
            [
                self.engine.log_posteriors(store, part, frames, noise)
                for part, noise in zip(parts, noises, strict=True)
            ],
            dim=1,
        )
        return [answers[model, : len(part)] for model, part in enumerate(heldout)]

    def _class_weights(self) -> Tensor | None:
        """Weight of each class in the emotion loss, (models, emotions); None for 1."""
        weights = [one for run in self.runs if (one := run.class_weights()) is not None]
        return torch.stack(weights) if weights else None

    def _heldout_noise(self) -> Tensor | None:
        """Noise of a stochastic bottleneck for held-out utterances, (models, utterances, dims)."""
        heldout = [run.heldout for run in self.runs if run.heldout is not None]
        if not heldout or not self.engine.bottleneck.is_stochastic:
            return None
        dims = empty_network(self.runs[0].shape).encoder.dims_out
        rows = [utterance_noise(part.utts, dims) for part in heldout]
        return pad_sequence(rows, batch_first=True).to(self.device)

    def _report(self, state: RunState, line: dict, bar: tqdm) -> None:
        text = (
            f"E {line['emotion_loss']:.3f} S {line['speaker_loss']:.3f} "
            f"H {line['speaker_entropy']:.3f}"
        )
        if "heldout" in line:
            parts = line["heldout"].values()
            text += f" held-out UA {100 * sum(part['ua'] for part in parts) / len(parts):.1f} %"
        if bar.disable:
            epochs = state.data.training.epochs
            name = state.data.run.name
            print(f"{name}: epoch {line['epoch']}/{epochs}: {text}", flush=True)
        else:
            bar.set_postfix_str(text)
