"""Analysis of many systems in one command, and of systems of several corpora."""

import sys
from pathlib import Path

import pytest

from menan.analysis.attack.attack_files import read_attack
from menan.analysis.leakage.leakage_files import read_leakage
from menan.config import RunsConfig, TrainingConfig
from menan.inference.infer import infer
from menan_bin import menan_attack, menan_probe, menan_tsne
from tests.analysis.attack.hasty import hasten
from tests.training.training_example import objectives, train_runs

COMMANDS = {"probe": menan_probe, "attack": menan_attack, "tsne": menan_tsne}
SYSTEMS = ("ec_seed0", "menan_seed0", "mtl_seed0")

pytestmark = pytest.mark.usefixtures("quick_probes")


@pytest.fixture
def run(monkeypatch, capsys):
    """Call a command in this process; gives its exit status and what it printed."""
    hasten(monkeypatch)

    def call(command, *arguments):
        monkeypatch.setattr(sys, "argv", [f"menan-{command}", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            COMMANDS[command].main()
        printed = capsys.readouterr()
        return end.value.code, printed.out + printed.err

    return call


@pytest.fixture
def trained(two_corpora, tmp_path):
    """Three systems of two corpora that held out four speakers of one."""
    runs = RunsConfig(objective=objectives("ec", "mtl", "menan"), hold_out=("large:g01",))
    train_runs(two_corpora, tmp_path / "exp", TrainingConfig(epochs=1, batch_size=64), runs)
    for name in SYSTEMS:
        infer(tmp_path / "exp" / name, two_corpora, tmp_path / "infer" / name, rule="last")
    return tmp_path, two_corpora


def probe(folder, feats, out, *more):
    return "--embeddings", folder / "infer/{}", "--feats", feats, "--out", folder / out, *more


def test_systems_of_several_corpora_are_probed_and_attacked(trained, run):
    folder, feats = trained
    out = folder / "leakage.json"
    status, text = run(
        *("probe", "--embeddings", folder / "infer/menan_seed0", "--feats", feats, "--out", out)
    )
    assert status == 0, text
    leakage = read_leakage(out)
    assert list(leakage.sets) == ["train", "heldout"]
    assert (leakage.sets["train"].speakers, leakage.sets["heldout"].speakers) == (10, 2)
    out = folder / "attack.json"
    status, text = run(
        *("attack", "--model", folder / "exp/menan_seed0", "--feats", feats, "--out", out)
    )
    assert status == 0, text
    attack = read_attack(out)
    assert (attack.corpus, attack.speakers, attack.unseen) == ("large and small", 10, 2)


def test_the_embeddings_of_systems_of_several_corpora_are_drawn(trained, run):
    folder, feats = trained
    dumps = ",".join(str(Path(path).parent) for path in feats.split(","))
    given = "--exp", folder / "exp", "--infer", folder / "infer", "--out", folder / "tsne"
    status, text = run("tsne", "--data", dumps, *given)
    assert status == 0, text
    rows = [line.split("\t") for line in (folder / "tsne.tsv").read_text().splitlines()[1:]]
    assert {row[0] for row in rows} == {"ec", "mtl", "menan"}
    assert {row[2] for row in rows} == {"large:spk00", "large:spk01"}
    # One of the corpora alone does not have these ids.
    status, text = run("tsne", "--data", dumps.split(",")[0], *given)
    assert (status, "its model held out 'large:g01', of which --data has no speaker" in text) == (
        1,
        True,
    )


def test_many_systems_at_once_give_the_figures_of_one_by_one(trained, run):
    folder, feats = trained
    each = "--each", ",".join(SYSTEMS)
    status, text = run("probe", *probe(folder, feats, "many/{}.json", *each))
    assert status == 0, text
    attack = (
        *("--rival", folder / "exp/ec", "--feats", feats),
        *("--model", folder / "exp/{}"),
    )
    status, text = run("attack", *attack, "--out", folder / "many/attack-{}.json", *each)
    assert status == 0, text
    for name in SYSTEMS:
        one = folder / "one" / name
        own = [Path(str(value).replace("{}", name)) for value in probe(folder, feats, one / "p")]
        assert run("probe", *own)[0] == 0
        assert (one / "p").read_text() == (folder / f"many/{name}.json").read_text()
        own = [Path(str(value).replace("{}", name)) for value in attack]
        assert run("attack", *own, "--out", one / "a")[0] == 0
        assert (one / "a").read_text() == (folder / f"many/attack-{name}.json").read_text()


def test_parallel_jobs_share_the_systems(trained, run):
    folder, feats = trained
    more = "--each", ",".join(SYSTEMS), "--share"
    for share, names in (("1/2", {"ec_seed0", "mtl_seed0"}), ("2/2", {"menan_seed0"})):
        status, text = run("probe", *probe(folder, feats, share[0] + "/{}.json", *more, share))
        assert status == 0, text
        assert {path.stem for path in (folder / share[0]).glob("*.json")} == names
    status, text = run("probe", *probe(folder, feats, "x/{}.json", *more, "4/4"))
    assert (status, "no name is left for this job" in text) == (0, True)
    status, text = run("probe", *probe(folder, feats, "x/{}.json", "--share", "1/2"))
    assert (status, "--share 1/2: needs --each" in text) == (1, True)


def test_one_output_for_many_systems_is_refused(trained, run):
    folder, feats = trained
    status, text = run("probe", *probe(folder, feats, "one.json", "--each", ",".join(SYSTEMS)))
    assert (status, "one.json: all names of --each would write this file" in text) == (1, True)
    assert not (folder / "one.json").exists()
