"""menan-attack from trained networks, and from given embeddings, to its file and its report."""

import json
import re
import shutil

import numpy as np
import pytest
import torch

from menan.analysis.attack import attack_system, learners
from menan.analysis.attack.attack_captions import attack_facts
from menan.analysis.attack.attack_files import read_attack
from menan.analysis.attack.attack_system import attack_given, attack_models
from menan.analysis.attack.attack_text import attack_text
from menan.analysis.attack.targets import seeds_of
from menan.analysis.report.write_report import write_report
from menan.analysis.tables.collect import ReportSources
from menan.config import RunsConfig, TrainingConfig
from menan.datadir.tables import write_table
from menan.errors import InputError
from menan.labels import LabelSet
from tests.analysis.attack.hasty import hasten
from tests.conftest import write_dump
from tests.training.training_example import model_with, objectives, train_runs

CPU = torch.device("cpu")
UNTRAINED = LabelSet(("calm", "fearful"))


@pytest.fixture(autouse=True)
def hasty(monkeypatch):
    hasten(monkeypatch)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Two groups of four; `menan` behind noise, `ec` without; utterances nobody trained on."""
    folder = tmp_path_factory.mktemp("trained")
    feats = write_dump(folder / "dump", speakers=8)
    other = write_dump(folder / "other", speakers=8, utts_per_emotion=4, emotions=UNTRAINED)
    groups = {f"spk0{n}": f"g{n // 4}" for n in range(8)}
    for one in (feats, other):
        write_table(one.with_name("spk2group"), groups)
    training = TrainingConfig(epochs=1, batch_size=64)
    train_runs(feats, folder, training, RunsConfig(objective=objectives("ec"), seed=(1,)), CPU)
    for name, model in (("menan", model_with("noise", sigma=2.0)), ("ec", None)):
        runs = RunsConfig(objective=objectives(name), hold_out=("each",))
        train_runs(feats, folder / "exp", training, runs, CPU, model)
    return folder, feats, other


@pytest.fixture(scope="module")
def attacked(trained):
    """What menan-attack finds with everything that it takes."""
    folder, feats, other = trained
    utts = [line.split()[0] for one in (feats, other) for line in one.read_text().splitlines()]
    rows = [f"{utt},{utt[:5]},{'ab'[n % 2]}" for n, utt in enumerate(utts)]
    (folder / "labels.csv").write_text("\n".join(["utt,speaker,text", *rows]) + "\n")
    out = folder / "attacks/menan.json"
    with pytest.MonkeyPatch.context() as patch:
        hasten(patch)
        result = attack_models(
            folder / "exp/menan", feats, out, other, folder / "labels.csv", folder / "exp/ec"
        )
    return result, out


def test_all_levels_releases_and_sets_are_attacked(attacked):
    result, out = attacked
    assert read_attack(out) == result
    assert (result.label, result.rival, result.seeds) == ("menan, noise 2", "ec", (0,))
    assert (result.networks, result.speakers, result.unseen) == (2, 4, 4)
    assert result.within == "gender"
    rows = {(row.utterances, row.release, row.level) for row in result.closed}
    releases = {
        *(("z", level) for level in ("ignorant", "fresh", "informed", "noise known")),
        *(("EC(z)", "fresh"), ("EC(z)", "informed"), ("decision", "fresh")),
        *(("rival's posteriors", "fresh"), ("raw", "fresh")),
        *(("LEACE", "fresh"), ("HSIC erasure", "fresh")),
    }
    assert rows == {(part, *one) for part in ("heard", "unheard") for one in releases}
    assert {(row.release, row.level) for row in result.open_set} == releases
    kinds = {own.trials for row in result.open_set for own in row.amounts}
    assert kinds == {"any", "same emotion", "other text"}
    for row in result.closed:
        assert [own.amount for own in row.amounts] == ["1", "2", "all"]
        for own in row.amounts:
            low, high = own.accuracy.interval
            assert 0 <= low <= high <= 1
            assert own.worst >= own.accuracy.value


def test_z_is_never_safer_than_the_posteriors_that_it_determines(attacked):
    result, _ = attacked
    found = {
        (row.utterances, row.level, row.release, own.amount): own.accuracy.value
        for row in result.closed
        for own in row.amounts
    }
    for (utterances, level, release, amount), value in found.items():
        if release == "EC(z)":
            assert found[utterances, level, "z", amount] >= value
    eers = {
        (row.level, row.release, own.trials, own.enrolment, own.test): own.eer.value
        for row in result.open_set
        for own in row.amounts
    }
    for (level, release, *rest), value in eers.items():
        if release == "EC(z)":
            assert eers[(level, "z", *rest)] <= value


def test_differences_are_those_of_the_figures(attacked):
    result, _ = attacked
    level = {"z": "informed", "EC(z)": "informed"}
    against = dict.fromkeys(one.against for one in result.comparisons)
    assert list(against) == ["rival's posteriors", "EC(z)", "decision", "raw"]
    closed = {
        (row.utterances, own.amount, row.release): own.accuracy.value
        for row in result.closed
        for own in row.amounts
        if row.level == level.get(row.release, "fresh")
    }
    for one in result.comparisons:
        if one.kind == "closed":
            wanted = closed[one.measure, one.amount, "z"]
            wanted -= closed[one.measure, one.amount, one.against]
            assert one.difference.value == pytest.approx(wanted, abs=2e-6)


def test_what_a_release_is_good_for_is_told_beside_what_it_reveals(attacked):
    result, _ = attacked
    by_label = {}
    for one in result.use:
        by_label.setdefault(one.label, {})[one.release] = one
    assert list(by_label) == ["emotion", "untrained emotions", "text"]
    emotion = by_label["emotion"]
    assert set(emotion) == {"EC(z)", "rival's posteriors"}
    difference = emotion["EC(z)"].minus["rival's posteriors"].value
    wanted = emotion["EC(z)"].ua.value - emotion["rival's posteriors"].ua.value
    assert difference == pytest.approx(wanted, abs=2e-6)
    assert by_label["untrained emotions"]["raw"].ua.value > 0.7  # the made-up features tell
    assert {"z", "EC(z)", "raw"} < set(by_label["untrained emotions"])


def test_the_same_attack_is_not_repeated_and_another_is(attacked, trained, monkeypatch):
    folder, feats, other = trained
    result, out = attacked
    again = (folder / "exp/menan", feats, out, other, folder / "labels.csv", folder / "exp/ec")
    monkeypatch.setattr(attack_system, "attack_network", None)
    assert attack_models(*again) == result
    with pytest.raises(TypeError):
        attack_models(*again, seed=1)


def test_the_text_and_the_report_show_every_release(attacked, tmp_path):
    result, out = attacked
    text = attack_text(result)
    sources = ReportSources(attacks=out.parent)
    markdown = write_report(sources, tmp_path / "R.md", tmp_path / "R.json", tmp_path / "R.html")
    page = (tmp_path / "R.html").read_text()
    for release in dict.fromkeys(row.release for row in result.closed):
        for where in (text, markdown):
            assert release in where
    assert page.count("<svg") == 5  # the first picture has two panels
    assert markdown.startswith("# Results: dump\n")
    assert "informed" in page
    assert json.loads((tmp_path / "R.json").read_text())["attacks"][0]["system"] == "menan"


def test_a_system_without_noise_has_one_level(trained, tmp_path):
    folder, feats, _ = trained
    result = attack_models(folder / "exp/ec_seed0", feats, tmp_path / "x.json")
    assert (result.seeds, result.rival) == ((0,), "")
    assert {row.level for row in result.closed} == {"fresh"}
    assert {row.utterances for row in result.closed} == {"heard"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model": "exp/mtl"}, "no such directory, nor mtl_seed0"),
        ({"rival": "ec_seed1"}, "no network with seed 0 and held-out group g0"),
        ({"other_feats": "dump/feats.scp"}, "is also in"),
        ({"labels": "few.csv"}, "few.csv: lacks "),
        ({"model": "exp"}, "no */*.last.safetensors"),
    ],
)
def test_what_does_not_fit_is_refused(trained, tmp_path, change, message):
    folder, feats, _ = trained
    (folder / "few.csv").write_text("utt,speaker,text\nspk00-ang0,spk00,a\n")
    given = {"model": folder / "exp/menan_seed0", "feats": feats, "out": tmp_path / "x.json"}
    given |= {name: folder / value for name, value in change.items()}
    with pytest.raises(InputError, match=message.replace("*", r"\*")):
        attack_models(**given)


def test_unseen_speakers_of_few_utterances_are_left_out_and_counted(embeddings):
    lines = (embeddings / "y.csv").read_text().splitlines()
    kept = [line for line in lines if not re.match(r"s0[01]_[3-7]", line)]
    (embeddings / "y.csv").write_text("\n".join(kept) + "\n")
    found = np.load(embeddings / "x.npz")
    ids = {line.split(",")[0] for line in kept}
    rows = [row for row, utt in enumerate(found["ids"]) if utt in ids]
    np.savez(embeddings / "x.npz", ids=found["ids"][rows], embeddings=found["embeddings"][rows])
    result = attack_given(embeddings / "x.npz", embeddings / "out.json", embeddings / "y.csv")
    assert (result.unseen, result.left_out) == (5, 1)
    assert "1 held-out speakers have too few utterances" in attack_facts(result)


def test_a_system_stands_for_all_its_seeds(tmp_path):
    for name in ("menan_seed0", "menan_seed1", "menan-lambda0.2_seed0"):
        (tmp_path / name).mkdir()
    found = [one.name for one in seeds_of(tmp_path / "menan")]
    assert found == ["menan_seed0", "menan_seed1"]
    assert seeds_of(tmp_path / "menan_seed1") == [tmp_path / "menan_seed1"]


@pytest.fixture
def embeddings(tmp_path):
    """Twelve speakers of another toolkit, who are easy to tell apart, and their table."""
    rng = np.random.default_rng(0)
    ids = [f"s{s:02d}_{n}" for s in range(12) for n in range(8)]
    centres = 5 * rng.normal(size=(12, 6))
    x = np.stack([centres[int(utt[1:3])] + rng.normal(size=6) for utt in ids])
    np.savez(tmp_path / "x.npz", ids=np.array(ids), embeddings=x)
    rows = [f"{utt},{utt[:3]},{'ab'[int(utt[-1]) % 2]},{'fm'[int(utt[1:3]) % 2]}" for utt in ids]
    (tmp_path / "y.csv").write_text("\n".join(["utt,speaker,text,gender", *rows]) + "\n")
    return tmp_path


def test_embeddings_of_another_toolkit(embeddings, monkeypatch):
    monkeypatch.setattr(learners, "MOST_EPOCHS", 20)
    out = embeddings / "out.json"
    result = attack_given(embeddings / "x.npz", out, embeddings / "y.csv")
    assert result.label == "given embeddings"
    assert (result.networks, result.speakers, result.unseen) == (2, 6, 6)
    assert result.within == "gender"
    (z,) = [row for row in result.closed if row.release == "z"]
    assert z.amounts[-1].accuracy.value > 0.9
    assert {row.release for row in result.closed} == {"z", "LEACE", "HSIC erasure"}
    assert [own.label for own in result.use] == ["text"] * 3
    sources = ReportSources(attacks=embeddings)
    (embeddings / "other.json").write_text("{}")
    with pytest.raises(InputError, match="not what menan-attack writes"):
        write_report(sources, embeddings / "R.md")
    (embeddings / "other.json").unlink()
    text = write_report(sources, embeddings / "R.md")
    assert "no ceiling" in text
    assert "### given embeddings\n" in text
    shutil.copy(out, embeddings / "second.json")
    text = write_report(sources, embeddings / "R.md")
    assert "### given embeddings (out)\n" in text
    assert "### given embeddings (second)\n" in text
    assert "### The front: use against leakage" in text
