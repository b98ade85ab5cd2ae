"""The purpose of the bottleneck, on generated speech from waveform to probe."""

import numpy as np
import torch

from menan.analysis.leakage.probe_system import write_leakage
from menan.config import ModelConfig, RunsConfig, TrainingConfig
from menan.corpora.iemocap import prepare
from menan.corpora.synthetic.lengths import Lengths
from menan.corpora.synthetic.synthetic_iemocap import synthesize_iemocap
from menan.datadir.utterances import write_datadir
from menan.features.dump.dump_features import dump_features
from menan.features.dump.jobs import DumpOptions
from menan.front_ends import KaldiFrontEnd
from menan.inference.infer import infer
from menan.inference.noise_key import NoiseSeed
from menan.training.selection import HeldOut
from tests.training.training_example import model_with, train_runs

CPU = torch.device("cpu")


def ua_and_leakage(feats, exp, model):
    """UA of four speakers, none of them trained on; a fresh probe's accuracy on eight others.

    Results of probes lie side by side, so that the input of the networks is probed once.
    """
    training = TrainingConfig(epochs=15, lr=3e-3)
    train_runs(feats, exp, training, RunsConfig(hold_out=("Ses01", "Ses02")), CPU, model)
    uas = [HeldOut.load(path).ua()[-1] for path in exp.glob("menan_seed0/*/heldout.npz")]
    infer(
        exp / "menan_seed0/Ses01/Ses01F.last.safetensors", feats, exp / "v", CPU, noise=NoiseSeed(0)
    )
    leakage = write_leakage(exp / "v", feats, exp.with_suffix(".json"))
    return np.mean(uas), leakage.sets["train"].embeddings.v.best.accuracy


def test_noise_hides_the_speaker_from_a_fresh_probe_and_keeps_the_emotion(tmp_path):
    synthesize_iemocap(tmp_path / "corpus", 0, 5, 6, Lengths(0.6, 1.0))
    write_datadir(prepare(tmp_path / "corpus").utterances, tmp_path / "data")
    dump_features(DumpOptions(tmp_path / "data", tmp_path / "dump", KaldiFrontEnd(seconds=1.0)))
    feats, chance = tmp_path / "dump/feats.scp", 1 / 8
    ua, leakage = ua_and_leakage(feats, tmp_path / "none", ModelConfig())
    bounded = model_with("noise", sigma=2.0)
    bounded_ua, bounded_leakage = ua_and_leakage(feats, tmp_path / "noise", bounded)
    assert min(ua, bounded_ua) > 0.4, "the emotion was not learnt"
    assert bounded_ua > ua - 0.1
    assert leakage > 1.8 * chance
    assert bounded_leakage < 1.5 * chance
