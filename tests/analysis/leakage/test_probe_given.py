"""menan-probe on embeddings that another toolkit wrote."""

import json
import re

import numpy as np
import pytest
import torch

from menan.analysis.leakage.given_leakage import GivenLeakage
from menan.analysis.leakage.leakage_files import read_probed
from menan.analysis.leakage.probe_given import write_given_leakage
from menan.analysis.leakage.probe_system import write_leakage
from menan.analysis.leakage.summary import leakage_text
from menan.config import RunsConfig, TrainingConfig
from menan.datadir.metadata import read_metadata
from menan.errors import InputError
from menan.inference.infer import infer
from menan_bin import menan_probe
from tests.analysis.leakage.given_example import (
    FORMATS,
    UTTS,
    vectors,
    write_csv,
    write_label_table,
    write_labels,
    write_vectors,
)
from tests.training.training_example import objectives, train_runs

CPU = torch.device("cpu")

pytestmark = pytest.mark.usefixtures("quick_probes")


@pytest.fixture
def labels(tmp_path):
    return write_labels(tmp_path / "labels")


@pytest.fixture
def run(monkeypatch, capsys):
    def call(*arguments):
        monkeypatch.setattr("sys.argv", ["menan-probe", *map(str, arguments)])
        with pytest.raises(SystemExit) as exit_:
            menan_probe.main()
        return exit_.value.code, capsys.readouterr()

    return call


def test_every_format_has_the_figures_of_the_scp(labels, tmp_path):
    table = write_label_table(tmp_path / "labels.csv")
    found = []
    for name in FORMATS[1:]:
        path = write_vectors(tmp_path, name, vectors())
        result = write_given_leakage(path, table, None, tmp_path / f"{name}.json")
        found.append(result.sets)
    assert all(sets == found[0] for sets in found)
    assert (
        found[0]
        == write_given_leakage(tmp_path / "v.npz", labels, None, tmp_path / "directory.json").sets
    )


def test_the_figures_are_those_of_a_dump_with_the_same_embeddings(make_dump, tmp_path):
    feats = make_dump()
    utts = tuple(read_metadata(feats.parent).utt2spk)
    x = np.random.default_rng(0).normal(size=(len(utts), 6)).astype(np.float32)
    write_vectors(tmp_path, "dir", x, utts)
    own = write_leakage(tmp_path / "dir", feats, tmp_path / "own.json").sets["all"]
    npz = write_vectors(tmp_path, "v.npz", x, utts)
    ceiling = write_given_leakage(npz, None, feats, tmp_path / "ceiling.json")
    assert ceiling.ceiling
    assert own.embeddings.raw is not None
    assert ceiling.sets["all"] == own
    alone = write_given_leakage(npz, feats.parent, None, tmp_path / "alone.json")
    assert not alone.ceiling
    assert alone.sets["all"].embeddings.v == own.embeddings.v
    assert alone.sets["all"].embeddings.leace == own.embeddings.leace


def test_without_feats_there_is_no_ceiling_and_everything_says_so(labels, tmp_path, run):
    path = write_vectors(tmp_path, "v.npz", vectors())
    out = tmp_path / "o.json"
    status, printed = run("--embeddings", path, "--labels", labels, "--out", out)
    assert (status, printed.err) == (0, "")
    result = read_probed(out)
    assert isinstance(result, GivenLeakage)
    assert printed.out.strip() == leakage_text(result)
    assert "raw: not probed, because --feats was not given; there is no ceiling" in printed.out
    assert "4 speakers, 24 utterances" in printed.out
    written = json.loads(out.read_text())
    assert written["ceiling"] is False
    assert written["sets"]["all"]["embeddings"]["raw"] is None
    assert (written["embeddings"], written["labels"]) == (str(path), str(labels))
    assert written["dims"] == 5


def test_only_changed_embeddings_or_labels_are_probed_again(labels, tmp_path):
    path, out = write_vectors(tmp_path, "v.npz", vectors()), tmp_path / "o.json"
    first = write_given_leakage(path, labels, None, out)
    before = out.stat().st_mtime_ns
    assert write_given_leakage(path, labels, None, out) == first
    assert out.stat().st_mtime_ns == before
    text = (labels / "utt2spk").read_text()
    (labels / "utt2spk").write_text(text.replace("ann-sad0 ann", "ann-sad0 bob"))
    again = write_given_leakage(path, labels, None, out)
    assert again.made_from != first.made_from
    assert out.stat().st_mtime_ns != before


def test_unknown_emotions_have_no_floor(labels, tmp_path):
    (labels / "utt2emo").unlink()
    path = write_vectors(tmp_path, "v.npz", vectors())
    result = write_given_leakage(path, labels, None, tmp_path / "o.json")
    assert result.sets["all"].floor_nats is None
    assert "emotions not known" in leakage_text(result)
    assert read_probed(tmp_path / "o.json") == result


def test_speakers_with_few_utterances_are_counted(labels, tmp_path):
    path = write_vectors(tmp_path, "v.npz", vectors()[:-3], UTTS[:-3])
    text = leakage_text(write_given_leakage(path, labels, None, tmp_path / "o.json"))
    assert "left out: 3 utterances, of speakers with fewer than 4" in text


def test_embeddings_of_menan_can_be_probed_without_their_dump(make_dump, tmp_path, run):
    feats = make_dump(speakers=4)
    runs = RunsConfig(objective=objectives("ec"), hold_out=("g01", "g02"))
    train_runs(feats, tmp_path / "exp", TrainingConfig(epochs=1, batch_size=64), runs, CPU)
    infer(tmp_path / "exp/ec_seed0", feats, tmp_path / "ec", CPU, rule="last")
    release, out = tmp_path / "ec/spk00", tmp_path / "o.json"
    status, printed = run("--embeddings", release, "--labels", feats.parent, "--out", out)
    assert status == 0
    assert "note: " in printed.err
    assert "written by ec, seed 0; training speakers and held-out speakers are not" in printed.err
    infer(tmp_path / "exp/ec_seed0", feats, tmp_path / "p", CPU, "last", test_speakers_only=True)
    status, printed = run("--embeddings", tmp_path / "p", "--labels", feats.parent, "--out", out)
    assert status == 1
    assert "embeddings of 4 models do not share a space" in printed.err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--embeddings", "{dir}/dir"), "dir: --feats is missing; name the feats.scp"),
        (
            ("--embeddings", "{dir}/v.csv", "--labels", "{dir}/labels", "--other", "x"),
            "v.csv: --other is for directories of menan-infer without --labels",
        ),
        (("--embeddings", "{dir}/v.csv"), "v.csv: has no column or array 'speaker'; give a table"),
        (("--embeddings", "{dir}/v.csv", "--labels", "{dir}/no"), "no: cannot be read"),
        (("--embeddings", "{dir}/no.csv", "--labels", "{dir}/labels"), "no.csv: cannot be read"),
    ],
)
def test_wrong_uses_are_one_line(labels, tmp_path, run, options, message):
    write_vectors(tmp_path, "dir", vectors())
    write_csv(tmp_path / "v.csv", vectors())
    arguments = [option.format(dir=tmp_path) for option in options]
    status, printed = run(*arguments, "--out", tmp_path / "o.json")
    assert (status, printed.out) == (1, "")
    assert re.search(message, printed.err)
    assert printed.err.count("\n") == 1
    assert not (tmp_path / "o.json").exists()


def test_a_dump_that_lacks_an_utterance_is_refused(make_dump, labels, tmp_path):
    path = write_vectors(tmp_path, "v.npz", vectors())
    with pytest.raises(
        InputError, match=r"feats.scp: no features of 'ann-ang0', which .*v.npz has"
    ):
        write_given_leakage(path, labels, make_dump(), tmp_path / "o.json")
