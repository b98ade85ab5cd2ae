"""The training of one network. It knows no objective by name."""

import json
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from menan import __version__
from menan.atomic import atomic_open
from menan.datadir.folds import Fold
from menan.network.inference import log_posteriors_and_embeddings
from menan.network.model import build_network
from menan.network.modelfile import ModelCard, save_model
from menan.randomness import generator
from menan.scoring.accuracy import unweighted_accuracy, weighted_accuracy
from menan.training.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from menan.training.objectives import make_objective
from menan.training.players import Players
from menan.training.run import RunData
from menan.training.scalars import Scalars
from menan.training.selection import EPOCH_RULES, HeldOut


class Trainer:
    """Trains one run to its last epoch, from its checkpoint if there is one.

    tensorboard: write scalars too (:class:`menan.training.scalars.Scalars`).

    Writes below ``data.directory``: log.jsonl (a line an epoch), checkpoint.pt, heldout.npz
    (posteriors of the held-out utterances after every epoch) and the weights of each fold at
    the epoch that each selection rule picks, ``<fold>.<rule>.safetensors``.
    """

    def __init__(self, data: RunData, device: torch.device, tensorboard: bool = False):
        self.data = data
        self.tensorboard = tensorboard
        self.device = device
        self.objective = make_objective(data.run.objective, data.training.lambda_)
        network = build_network(
            data.features.dims, len(data.train.speaker_names), data.run.seed
        ).to(device)
        if data.training.normalize == "global":
            mean, std = data.train.store.mean_and_std(data.train.index)
            network.encoder.mean.copy_(mean)
            network.encoder.std.copy_(std)
        self.batches = -(-len(data.train) // data.training.batch_size)
        self.players = Players(network, data.training, self.batches * data.training.epochs)
        self.epoch = 0
        heldout = len(data.heldout) if data.heldout is not None else 0
        self.log_posteriors = torch.empty(0, heldout, 4, device=device)

    def fit(self) -> None:
        """Train the epochs that are still to do."""
        self._resume()
        todo = range(self.epoch + 1, self.data.training.epochs + 1)
        if not todo:
            print(f"{self.data.run.name}: already trained")
            return
        scalars = Scalars(self.data.directory, self.epoch) if self.tensorboard else None
        with tqdm(
            desc=self.data.run.name,
            total=self.data.training.epochs * self.batches,
            initial=self.epoch * self.batches,
            unit="step",
            disable=None,  # on a terminal only; a log gets the lines of _report
        ) as bar:
            for epoch in todo:
                line = self._run_epoch(epoch, bar)
                if scalars:
                    scalars.write(line)
        if scalars:
            scalars.close()

    def _run_epoch(self, epoch: int, bar: tqdm) -> dict:
        started = time.perf_counter()
        lr = self.players.lr
        losses = self._train_epoch(epoch, bar)
        self.epoch = epoch
        line = {"epoch": epoch, "lr": lr, **losses}
        if self.data.heldout is not None:
            self.log_posteriors = torch.cat([self.log_posteriors, self._evaluate()[None]])
            line["heldout"] = self._heldout_line()
        line["seconds"] = round(time.perf_counter() - started, 3)
        with (self.data.directory / "log.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        self._report(line, bar)
        self._save()
        return line

    def _train_epoch(self, epoch: int, bar: tqdm) -> dict[str, float]:
        data = self.data.train
        sums: dict[str, Tensor] = {}
        for batch in self._order(epoch).split(self.data.training.batch_size):
            measured = self.objective.update(
                self.players,
                data.store.gather(data.index[batch], self.data.features.frames),
                data.emotions[batch],
                data.speakers[batch],
            )
            for name, value in measured.items():
                sums[name] = sums.get(name, 0) + value * len(batch)
            bar.update()
        return {name: float(total) / len(data) for name, total in sums.items()}

    def _order(self, epoch: int) -> Tensor:
        """The training utterances in this epoch's order, a function of (seed, epoch) only."""
        draw = generator(self.data.run.seed, "order", epoch)
        return torch.randperm(len(self.data.train), generator=draw).to(self.device)

    def _evaluate(self) -> Tensor:
        heldout = self.data.heldout
        log_posteriors, _ = log_posteriors_and_embeddings(
            self.players.network, heldout.store, heldout.index, self.data.features.frames
        )
        return log_posteriors

    def heldout(self) -> HeldOut:
        """What is known of the held-out utterances so far."""
        heldout = self.data.heldout
        return HeldOut(
            utts=np.array(heldout.utts),
            speakers=np.array(heldout.utt_speakers),
            labels=heldout.emotions.cpu().numpy(),
            log_posteriors=self.log_posteriors.cpu().numpy(),
        )

    def _heldout_line(self) -> dict[str, dict[str, float]]:
        whole = self.heldout()
        line = {}
        for speaker in self.data.heldout.speaker_names:
            part = whole.of_speaker(speaker)
            line[speaker] = {
                "loss": float(part.loss()[-1]),
                "wa": float(weighted_accuracy(part.labels, part.guesses[-1])),
                "ua": float(unweighted_accuracy(part.labels, part.guesses[-1])),
            }
        return line

    def _report(self, line: dict, bar: tqdm) -> None:
        text = (
            f"E {line['emotion_loss']:.3f} S {line['speaker_loss']:.3f} "
            f"H {line['speaker_entropy']:.3f}"
        )
        if "heldout" in line:
            parts = line["heldout"].values()
            text += f" held-out UA {100 * sum(part['ua'] for part in parts) / len(parts):.1f} %"
        if bar.disable:
            epochs = self.data.training.epochs
            print(f"{self.data.run.name}: epoch {line['epoch']}/{epochs}: {text}", flush=True)
        else:
            bar.set_postfix_str(text)

    def _save(self) -> None:
        """Models first, the checkpoint last: it vouches for all that stands before it."""
        last = self.epoch == self.data.training.epochs
        if self.data.heldout is not None:
            self._save_selected()
            if last:
                self.heldout().save(self.data.directory / "heldout.npz")
        elif last:
            self._save_model("last", None)
        save_checkpoint(
            self.data.directory / "checkpoint.pt",
            Checkpoint(self.epoch, self.players.state_dict(), self.log_posteriors),
        )

    def _save_selected(self) -> None:
        """Weights for each fold and rule that, of the epochs so far, picks this one."""
        whole = self.heldout()
        for fold in self.data.run.folds or (None,):
            valid = whole.of_speaker(fold.valid if fold else None)
            for rule, pick in EPOCH_RULES.items():
                if pick(valid) + 1 == self.epoch:
                    self._save_model(rule, fold)

    def _save_model(self, rule: str, fold: Fold | None) -> None:
        run = self.data.run
        card = ModelCard(
            objective=run.objective,
            seed=run.seed,
            speakers=self.data.train.speaker_names,
            group=run.group,
            test=fold.test if fold else None,
            valid=fold.valid if fold else None,
            rule=rule,
            epoch=self.epoch,
            features=self.data.features,
            training=self.data.training,
            version=__version__,
        )
        save_model(
            self.data.directory / f"{card.fold}.{rule}.safetensors", self.players.network, card
        )

    def _resume(self) -> None:
        path = self.data.directory / "checkpoint.pt"
        if not path.exists():
            (self.data.directory / "log.jsonl").unlink(missing_ok=True)
            return
        checkpoint = load_checkpoint(path, self.device)
        self.epoch = checkpoint.epoch
        self.players.load_state_dict(checkpoint.players)
        self.log_posteriors = checkpoint.log_posteriors
        _keep_lines(self.data.directory / "log.jsonl", self.epoch)


def _keep_lines(path: Path, lines: int) -> None:
    """Drop what was logged after the checkpoint; those epochs are trained again."""
    kept = path.read_text(encoding="utf-8").splitlines(keepends=True)[:lines]
    with atomic_open(path) as file:
        file.writelines(kept)
