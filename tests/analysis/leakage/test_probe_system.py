"""menan-probe on made-up embeddings, and on those of trained networks."""

import numpy as np
import pytest
import torch

from menan.analysis.leakage.embeddings import find_embeddings
from menan.analysis.leakage.leakage_files import read_leakage, read_probed
from menan.analysis.leakage.probe_system import write_leakage
from menan.analysis.leakage.result import SystemLeakage
from menan.analysis.leakage.summary import leakage_text
from menan.config import RunsConfig, TrainingConfig
from menan.datadir.archive_writer import ArchiveWriter
from menan.datadir.metadata import read_metadata
from menan.datadir.tables import write_table
from menan.errors import InputError
from menan.inference.infer import infer
from menan_bin import menan_probe
from tests.training.training_example import objectives, train_runs

CPU = torch.device("cpu")

pytestmark = pytest.mark.usefixtures("quick_probes")


def write_embeddings(directory, vectors):
    with ArchiveWriter(directory, "embeddings") as archive:
        for utt in sorted(vectors):
            archive.write(utt, np.asarray(vectors[utt], dtype=np.float32))
    return directory


@pytest.fixture
def noise(make_dump, tmp_path):
    """A dump, and somebody's embeddings of it that tell nothing."""
    feats = make_dump()
    rng = np.random.default_rng(0)
    return feats, {utt: rng.normal(size=6) for utt in read_metadata(feats.parent).utt2spk}


@pytest.fixture
def system(make_dump, tmp_path):
    """A dump of three pairs with speed copies, and two systems that held two pairs out."""
    feats = make_dump("whole", speakers=6, speeds=(1.0, 0.9))
    runs = RunsConfig(objective=objectives("ec", "menan"), hold_out=("g01", "g02"))
    folder = tmp_path / "system"
    train_runs(feats, folder / "exp", TrainingConfig(epochs=1, batch_size=64), runs, CPU)
    for name in ("ec", "menan"):
        infer(folder / f"exp/{name}_seed0", feats, folder / name, CPU, rule="last")
    return folder, feats


def test_training_and_held_out_speakers_are_probed_apart(system, tmp_path):
    folder, feats = system
    result = write_leakage(folder / "ec", feats, tmp_path / "leakage.json")
    assert read_leakage(tmp_path / "leakage.json") == result
    assert (result.system, result.seed, result.rule) == ("ec", 0, "last")
    assert (result.bottleneck, result.draws) == ("", 1)
    assert result.groups == ("g01", "g02")
    assert list(result.sets) == ["train", "heldout"]
    train, heldout = result.sets["train"], result.sets["heldout"]
    assert (train.speakers, train.utterances) == (4, 4 * 8)
    assert (heldout.speakers, heldout.utterances) == (2, 2 * 8)
    assert train.chance == 0.25
    assert train.uniform_nats == pytest.approx(np.log(4), abs=1e-6)
    for embedding in train.embeddings.by_name.values():
        for probe in embedding.probes.values():
            low, high = probe.interval
            assert 0 <= low <= probe.accuracy <= high <= 1
            selectivity = probe.accuracy - probe.control
            assert probe.selectivity == pytest.approx(selectivity, abs=2e-6)
    # The made-up features shift with the speaker, so the network's input tells.
    assert train.embeddings.raw.linear.accuracy > 0.6
    assert train.embeddings.raw.gender.majority == 0.5
    assert heldout.embeddings.raw.gender is None


def test_a_training_speaker_is_not_held_out_whatever_the_dump_says(system, tmp_path):
    folder, feats = system
    groups = {f"spk0{n}": "g01" if n < 3 else "g02" for n in range(6)}
    write_table(feats.with_name("spk2group"), groups)
    result = write_leakage(folder / "ec/spk00", feats, tmp_path / "leakage.json")
    assert result.sets["heldout"].speakers == 2


def test_figures_of_a_system_are_means_over_its_networks(system, tmp_path):
    folder, feats = system
    result = write_leakage(folder / "menan", feats, tmp_path / "leakage.json")
    for part in ("train", "heldout"):
        for probe in ("linear", "mlp", "knn"):
            groups = [result.by_group[name][part] for name in ("g01", "g02")]
            accuracies = [group.embeddings.v.probes[probe].accuracy for group in groups]
            mean = result.sets[part].embeddings.v.probes[probe].accuracy
            assert mean == pytest.approx(np.mean(accuracies), abs=2e-6)


def test_folds_of_one_group_share_a_network_and_are_probed_once(system):
    folder, _ = system
    assert len(list((folder / "ec").iterdir())) == 4
    sources = find_embeddings(folder / "ec")
    assert [(source.name, source.directory.name) for source in sources] == [
        ("g01", "spk00"),
        ("g02", "spk02"),
    ]


def test_folds_of_one_group_with_other_epochs_are_two_networks(system, tmp_path):
    folder, feats = system
    infer(folder / "exp/ec_seed0", feats, tmp_path / "ec", CPU, rule="last")
    cards = tmp_path / "ec/spk01/models.json"
    cards.write_text(cards.read_text().replace('"epoch": 1', '"epoch": 2'))
    names = [source.name for source in find_embeddings(tmp_path / "ec")]
    assert names == ["g01", "g01/spk01", "g02"]


def test_the_same_seed_gives_the_same_bytes(noise, tmp_path):
    feats, vectors = noise
    place = write_embeddings(tmp_path / "v", vectors)
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        write_leakage(place, feats, tmp_path / name, seed=seed)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert (tmp_path / "a").read_bytes() != (tmp_path / "c").read_bytes()


def test_another_corpus_is_probed_with_the_same_networks(system, make_dump, tmp_path):
    folder, feats = system
    other = make_dump("other", speakers=3, prefix="new", seed=5)
    infer(folder / "exp/ec_seed0", other, tmp_path / "ec", CPU, rule="last")
    result = write_leakage(folder / "ec", feats, tmp_path / "out", tmp_path / "ec", other)
    assert result.sets["other"].speakers == 3
    assert list(result.by_group["g02"]) == ["train", "heldout", "other"]
    infer(folder / "exp/menan_seed0", other, tmp_path / "menan", CPU, rule="last")
    with pytest.raises(InputError, match=r"menan: no embeddings by the network of .*ec/spk00;"):
        write_leakage(folder / "ec", feats, tmp_path / "x", tmp_path / "menan", other)
    with pytest.raises(InputError, match="give both or neither"):
        write_leakage(folder / "ec", feats, tmp_path / "x", tmp_path / "ec")


def test_embeddings_without_a_model_card_are_one_set(noise, tmp_path):
    feats, vectors = noise
    labels = read_metadata(feats.parent)
    one_hot = np.eye(len(labels.speakers))
    told = {utt: one_hot[labels.speakers.index(labels.utt2spk[utt])] for utt in vectors}
    place = write_embeddings(tmp_path / "told", told)
    result = write_leakage(place, feats, tmp_path / "leakage.json")
    assert not isinstance(result, SystemLeakage)
    assert list(result.sets) == ["all"]
    found = result.sets["all"].embeddings
    assert found.v.linear.accuracy == 1.0
    assert found.v.eer == 0.0
    assert found.leace.linear.accuracy == 0.25
    assert found.leace.linear.cross_entropy == pytest.approx(np.log(4), abs=1e-3)
    assert found.v.knn.cross_entropy is None


def test_speed_copies_are_neither_probed_nor_needed(make_dump, tmp_path):
    feats = make_dump(speakers=6, speeds=(1.0, 0.9))
    labels = read_metadata(feats.parent)
    originals = [utt for utt, uniq in labels.utt2uniq.items() if utt == uniq]
    assert len(originals) == len(labels.utt2spk) / 2
    vectors = dict(zip(originals, np.random.default_rng(0).normal(size=(48, 3)), strict=True))
    result = write_leakage(write_embeddings(tmp_path / "o", vectors), feats, tmp_path / "a")
    copies = {utt: np.full(3, 9.0) for utt in labels.utt2spk if utt not in vectors}
    again = write_leakage(write_embeddings(tmp_path / "c", vectors | copies), feats, tmp_path / "b")
    assert again == result
    assert result.sets["all"].utterances == 48


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda v: v.pop("spk01-ang0"), "embeddings.scp: lacks 'spk01-ang0' of .*feats.scp; infer"),
        (lambda v: v.update(x=np.zeros(6)), "embeddings.scp: names 'x', which .* lacks; infer"),
        (lambda v: v.update({"spk01-ang0": np.zeros(5)}), "spk01-ang0: 5 values, but .* has 6"),
        (lambda v: v.update({"spk01-ang0": np.full(6, np.nan)}), "spk01-ang0: NaN or Inf"),
    ],
)
def test_embeddings_that_do_not_fit_the_dump(noise, tmp_path, spoil, message):
    feats, vectors = noise
    spoil(vectors)
    place = write_embeddings(tmp_path / "v", vectors)
    with pytest.raises(InputError, match=message):
        write_leakage(place, feats, tmp_path / "leakage.json")
    assert not (tmp_path / "leakage.json").exists()


def test_systems_are_not_mixed(system, tmp_path):
    folder, feats = system
    for name in ("ec", "menan"):
        (tmp_path / name).symlink_to(folder / name / "spk00")
    with pytest.raises(InputError, match="another objective, seed, rule, training or --draws"):
        write_leakage(tmp_path, feats, tmp_path / "leakage.json")


def test_pooled_embeddings_of_several_models_are_refused(system, make_dump, tmp_path):
    folder, feats = system
    infer(folder / "exp/ec_seed0", feats, tmp_path / "ec", CPU, "last", test_speakers_only=True)
    with pytest.raises(InputError, match="embeddings of 4 models do not share a space"):
        write_leakage(tmp_path / "ec", feats, tmp_path / "leakage.json")


def test_a_dump_without_the_training_speakers_is_refused(system, make_dump, tmp_path):
    folder, _ = system
    other = make_dump("other", prefix="new")
    infer(folder / "exp/ec_seed0", other, tmp_path / "ec", CPU, rule="last")
    with pytest.raises(InputError, match=r"no utterance of 'spk02', a training speaker of "):
        write_leakage(tmp_path / "ec", other, tmp_path / "leakage.json")


def test_one_speaker_alone_is_refused(make_dump, tmp_path):
    feats = make_dump(speakers=1)
    vectors = {utt: np.zeros(2) for utt in read_metadata(feats.parent).utt2spk}
    place = write_embeddings(tmp_path / "v", vectors)
    with pytest.raises(InputError, match="v: set all: 1 speaker"):
        write_leakage(place, feats, tmp_path / "leakage.json")


def run(monkeypatch, capsys, *arguments):
    monkeypatch.setattr("sys.argv", ["menan-probe", *map(str, arguments)])
    with pytest.raises(SystemExit) as exit_:
        menan_probe.main()
    return exit_.value.code, capsys.readouterr()


def test_the_command_prints_a_table_and_writes_the_file(noise, tmp_path, monkeypatch, capsys):
    feats, vectors = noise
    place, out = write_embeddings(tmp_path / "v", vectors), tmp_path / "new/leakage.json"
    status, printed = run(
        monkeypatch, capsys, "--embeddings", place, "--feats", feats, "--out", out, "--seed", 3
    )
    assert status == 0
    result = read_probed(out)
    assert result.probe_seed == 3
    assert printed.out.strip() == leakage_text(result)
    assert "all: 4 speakers, 32 utterances; chance 25.00 %" in printed.out


def test_the_command_reports_in_one_line_what_is_missing(noise, tmp_path, monkeypatch, capsys):
    feats, _ = noise
    (tmp_path / "empty").mkdir()
    status, printed = run(
        monkeypatch, capsys, "--embeddings", tmp_path / "empty", "--feats", feats, "--out", "x"
    )
    assert status == 1
    assert printed.err.count("\n") == 1
    assert (
        "empty: no embeddings.scp in it or one folder below; run menan-infer first" in printed.err
    )


def test_only_changed_embeddings_are_probed_again(system, tmp_path):
    folder, feats = system
    out = tmp_path / "leakage.json"
    first = write_leakage(folder / "ec", feats, out)
    before = out.stat().st_mtime_ns
    assert write_leakage(folder / "ec", feats, out) == first
    assert out.stat().st_mtime_ns == before
    assert write_leakage(folder / "menan", feats, out).system == "menan"
    out.write_text(out.read_text()[:100])
    assert write_leakage(folder / "ec", feats, out) == first
