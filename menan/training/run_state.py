"""The files of one training: log, checkpoint, held-out posteriors and selected weights."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from menan import __version__
from menan.datadir.folds import Fold
from menan.errors import InputError
from menan.files.atomic import atomic_open, naming
from menan.model.model_file import ModelCard, save_model
from menan.model.network import Network, build_network, empty_network
from menan.scoring.accuracy import unweighted_accuracy, weighted_accuracy
from menan.training.checkpoint import CHECKPOINT, Checkpoint, fits, load_checkpoint, save_checkpoint
from menan.training.plan import RunData
from menan.training.selection import EPOCH_RULES, HeldOut
from menan.training.tensorboard import Scalars
from menan.training.training_voices import TrainingVoices


class RunState:
    """The files of one run, and the position of its training.

    Reads the checkpoint, if one exists, and drops log lines that were written after it.

    Writes below ``data.directory``: log.jsonl (one line per epoch), two checkpoints, heldout.npz
    (posteriors of the held-out utterances after every epoch) and the weights of each fold at
    the epoch that each selection rule picks, ``<fold>.<rule>.safetensors``.

    Args:
        tensorboard: write scalars too (:class:`menan.training.tensorboard.Scalars`).

    threads: number of CPU threads for the model card, where the engine's bits depend on it; None
        until it is known.
    epoch, step: epochs done, and steps done in the next.
    sums: sums of the log's figures over those steps.
    players: state of the two players after them; None before the first.
    """

    def __init__(self, data: RunData, tensorboard: bool = False):
        self.data = data
        self.threads: int | None = None
        self.epoch, self.step = 0, 0
        self.sums: dict[str, Tensor] = {}
        self.players: dict[str, Any] | None = None
        # Epochs that rules have picked since the last checkpoint, and what makes their networks.
        self._selected: dict[tuple[str, Fold | None], tuple[int, Callable[[], Network]]] = {}
        self.log_posteriors = torch.empty(0, len(data.heldout or ()), len(data.emotions))
        self._resume()
        self._scalars = None
        if tensorboard and not self.finished:
            self._scalars = Scalars(data.directory, self.epoch)

    @property
    def finished(self) -> bool:
        return self.epoch == self.data.training.epochs

    @property
    def position(self) -> tuple[int, int]:
        """Epochs done, and steps done in the next."""
        return self.epoch, self.step

    @property
    def batches(self) -> int:
        """Steps per epoch."""
        return -(-len(self.data.train) // self.data.training.batch_size)

    def initial_network(self) -> Network:
        """The network before the first step, on the CPU (:func:`initial_network`)."""
        return initial_network(self.data)

    def add_epoch(
        self,
        line: dict[str, Any],
        log_posteriors: Tensor | None,
        network: Callable[[], Network],
    ) -> dict[str, Any]:
        """Log an epoch, and keep the network for the rules that pick it.

        Args:
            line: line of the log, without the scores of the held-out speakers.
            log_posteriors: (held-out utterances, emotions) in nats; None without them.
            network: makes the network after this epoch, whenever it is called.

        Returns:
            The line as logged.
        """
        self.epoch, self.step, self.sums = line["epoch"], 0, {}
        if log_posteriors is not None:
            self.log_posteriors = torch.cat([self.log_posteriors, log_posteriors[None].cpu()])
            line = {**line, "heldout": self._heldout_scores()}
        log = self.data.directory / "log.jsonl"
        with naming(log), log.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        if self._scalars:
            self._scalars.write(line)
        self._select(network)
        if self._scalars and self.finished:
            self._scalars.close()
        return line

    def save(
        self, players: dict[str, Any], step: int = 0, sums: dict[str, Tensor] | None = None
    ) -> None:
        """Write the selected models, then the checkpoint: training can go on from here.

        Args:
            players: state of the players.
            step, sums: steps done in the next epoch, and the sums of their figures.
        """
        self.players, self.step, self.sums = players, step, sums or {}
        makers = dict(self._selected.values())
        networks = {epoch: network() for epoch, network in makers.items()}
        for (rule, fold), (epoch, _) in self._selected.items():
            self._save_model(rule, fold, epoch, networks[epoch])
        self._selected.clear()
        if self.finished and self.data.heldout is not None:
            self.heldout().save(self.data.directory / "heldout.npz")
        save_checkpoint(
            self.data.directory,
            Checkpoint(
                self.epoch, self.step, self.sums, players, self.log_posteriors, self.threads
            ),
        )

    def heldout(self) -> HeldOut:
        """Posteriors of the held-out utterances so far."""
        heldout = self.data.heldout
        assert heldout is not None, "nothing is held out"
        return HeldOut(
            utts=np.array(heldout.utts),
            speakers=np.array(heldout.utt_parts),
            labels=heldout.emotions.cpu().numpy(),
            log_posteriors=self.log_posteriors.numpy(),
        )

    def _heldout_scores(self) -> dict[str, dict[str, float]]:
        """Scores of each held-out speaker after this epoch."""
        whole = self.heldout()
        scores = {}
        assert self.data.heldout is not None, "nothing is held out"
        for speaker in dict.fromkeys(sorted(self.data.heldout.utt_parts, key=str.encode)):
            part = whole.of_speaker(speaker)
            scores[speaker] = {
                "loss": float(part.loss()[-1]),
                "wa": float(weighted_accuracy(part.labels, part.guesses[-1])),
                "ua": float(unweighted_accuracy(part.labels, part.guesses[-1])),
            }
        return scores

    def _select(self, network: Callable[[], Network]) -> None:
        """Keep the network for each fold and rule that picks this epoch among those so far."""
        picked: list[tuple[str, Fold | None]] = []
        if self.data.heldout is not None:
            whole = self.heldout()
            for fold in self.data.run.folds or (None,):
                valid = whole.of_speaker(fold.valid) if fold else whole
                picked += [
                    (name, fold)
                    for name, rule in EPOCH_RULES.items()
                    if rule.is_possible(valid) and rule.epoch(valid) + 1 == self.epoch
                ]
        elif self.finished:
            picked = [("last", None)]
        if picked:
            self._selected |= dict.fromkeys(picked, (self.epoch, network))

    def _save_model(self, rule: str, fold: Fold | None, epoch: int, network: Network) -> None:
        data = self.data
        card = ModelCard(
            objective=data.run.objective,
            seed=data.run.seed,
            speakers=data.train.speaker_names,
            corpora=data.corpora,
            group=data.run.group,
            test=fold.test if fold else None,
            valid=fold.valid if fold else None,
            rule=rule,
            epoch=epoch,
            features=data.features,
            model=data.model,
            training=data.training,
            emotions=data.emotions,
            version=__version__,
            threads=self.threads,
            plugins=data.plugins,
        )
        save_model(data.directory / f"{card.fold}.{rule}.safetensors", network, card)

    def _resume(self) -> None:
        log = self.data.directory / "log.jsonl"
        checkpoint = load_checkpoint(self.data.directory)
        if checkpoint is None:
            log.unlink(missing_ok=True)
            return
        data = self.data
        whole = fits(checkpoint, empty_network(data.shape), len(data.heldout or ()))
        if not whole or not 0 <= checkpoint.epoch <= data.training.epochs:
            raise InputError(
                f"{data.directory / CHECKPOINT}: made by another training; start over with "
                "--resume false"
            )
        self.epoch, self.step = checkpoint.epoch, checkpoint.step
        self.sums, self.players = checkpoint.sums, checkpoint.players
        self.log_posteriors = checkpoint.log_posteriors
        self.threads = checkpoint.threads
        if log.exists():
            # Epochs that were logged after the checkpoint are trained again.
            lines = log.read_text(encoding="utf-8").splitlines(keepends=True)[: self.epoch]
            with atomic_open(log) as file:
                file.writelines(lines)


def initial_network(data: RunData) -> Network:
    """The network of a run before its first step, on the CPU.

    Weights are drawn from the seed. Normalisation, and what else an encoder prepares, come from the
    training utterances.
    """
    network = build_network(data.shape, data.run.seed)
    if data.training.normalize == "global":
        rows = data.features.rows if network.encoder.has_fixed_rows else None
        mean, std = data.train.store.mean_and_std(data.train.index, rows)
        network.encoder.mean.copy_(mean)
        network.encoder.std.copy_(std)
    encoder = network.encoder
    encoder.prepare(TrainingVoices(data.train, encoder, data.features.rows, len(data.emotions)))
    return network
