"""Data of strangers: nothing in them is run, nothing leads out of its place, no memory is lost."""

import hashlib
import importlib
import os
import pickle
import re
import tracemalloc
from pathlib import Path

import h5py
import numpy as np
import pytest
import soundfile
from markupsafe import escape

from menan.analysis.runs import read_runs
from menan.audio import audio_info, read_audio
from menan.corpora.mosei_labels import read_labels as read_mosei_labels
from menan.datadir.archive import read_matrix
from menan.datadir.archive_writer import ArchiveWriter
from menan.datadir.metadata import read_metadata
from menan.errors import InputError
from menan.model.model_file import load_model
from menan.training.checkpoint import CHECKPOINT, load_checkpoint
from tests.faults import malformed, seeds

ROOT = Path(__file__).resolve().parents[2]
# An id may look like a path, an option, a pattern or a command; a speaker cannot be a path.
UTTERANCES = ["a/../b", "$(touch${IFS}x)", "-rf", ";reboot", "*", "`x`", "|", "&", "{a,b}", "~"]
SPEAKERS = ["-rf", "$(x)", "*", "--help", "<script>", '"><img>']
CORPUS = "<script>alert(1)</script>"


@pytest.fixture
def run(monkeypatch, capsys):
    """Runs a command that is to succeed; gives its standard output."""

    def run(command: str, *arguments: object) -> str:
        module = importlib.import_module(f"menan_bin.menan_{command}")
        monkeypatch.setattr("sys.argv", [f"menan-{command}", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            module.main()
        out, err = capsys.readouterr()
        assert ended.value.code == 0, err
        return out

    return run


def write_table(folder: Path) -> Path:
    """Every speaker says every odd utterance, in pairs of odd groups."""
    folder.mkdir()
    lines = ["path;speaker;emotion;utt;group"]
    for s, speaker in enumerate(SPEAKERS):
        for u, utt in enumerate(UTTERANCES):
            path = folder / f"{s}-{u}.wav"
            noise = np.random.default_rng([s, u]).normal(0, 0.1, 8000)
            soundfile.write(path, noise, 16000)
            emotion, group = ("ang", "hap", "neu", "sad")[u % 4], SPEAKERS[s // 2 * 2]
            cells = (path.name, speaker, emotion, utt, group)
            lines.append(";".join('"' + cell.replace('"', '""') + '"' for cell in cells))
    (folder / "corpus.csv").write_text("\n".join(lines) + "\n")
    return folder / "corpus.csv"


def test_odd_names_go_all_the_way_and_stay_names(run, tmp_path, monkeypatch):
    """From the table to the page, in which a tag is text."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.chdir(home)
    run("prepare", "table", write_table(home / "corpus"), "data")
    assert len(read_metadata("data").utt2spk) == len(SPEAKERS) * len(UTTERANCES)
    assert sorted(set(read_metadata("data").spk2group.values())) == sorted(SPEAKERS[::2])
    assert "ok, 60 utterances of 6 speakers in 3 groups" in run("validate", "data")
    Path("data/corpus").write_text(f"{CORPUS}\n")
    (home / "c.yaml").write_text("features: {seconds: 0.5}\n")
    run("dump", "--data", "data", "--out", "dump", "--config", "c.yaml")
    feats = ["--feats", "dump/feats.scp"]
    options = ["--hold-out", "each", "--objective", "ec,menan", "--epochs", 1]
    run("train", *feats, "--exp", "exp", *options)
    system = ["--model", "exp/menan_seed0", "--rule", "last", *feats]
    run("infer", *system, "--out", "test", "--test-speakers-only", "true")
    for name in ("ec_seed0", "menan_seed0"):
        model = ["--model", f"exp/{name}", "--rule", "last", *feats]
        run("infer", *model, "--out", f"folds/{name}")
    assert {path.name for path in Path("folds/menan_seed0").iterdir()} == set(SPEAKERS)
    assert "of 60 utterances" in run("score", "--ref", "data/utt2emo", "--hyp", "test")
    run("tsne", "--data", "dump", "--exp", "exp", "--infer", "folds", "--out", "tsne")
    out = ["--out", "RESULTS.md", "--html", "report.html", "--tsne", "tsne"]
    run("results", "--exp", "exp", "--rule", "last", *out)
    assert {path.name for path in tmp_path.iterdir()} == {"home"}
    assert {path.name for path in home.iterdir()} == {
        *("corpus", "data", "c.yaml", "dump", "exp", "test", "folds", "RESULTS.md", "report.html"),
        *("RESULTS.png", "tsne.png", "tsne.pdf", "tsne.tsv"),
    }
    page = Path("report.html").read_text()
    assert not re.search(r"<(script|img)", page)
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") > 2
    assert all(str(escape(speaker)) in page for speaker in SPEAKERS)
    assert not re.search(r"(?<!\\)<(script|img)", Path("RESULTS.md").read_text())


def test_results_in_markdown_keep_their_columns(run, tmp_path):
    """A bar in the name of whoever is worst does not begin a cell."""
    exp = tmp_path / "exp"
    malformed.write_world(tmp_path)
    for path in exp.glob("*/*/config.yaml"):
        path.write_text(re.sub(r"spk0(\d)", r"a|<b>\1", path.read_text()))
        with np.load(path.with_name("heldout.npz")) as arrays:
            names = np.char.replace(arrays["speakers"].astype("U20"), "spk0", "a|<b>")
            np.savez(path.with_name("heldout.npz"), **(dict(arrays) | {"speakers": names}))
    text = run("results", "--exp", exp, "--out", tmp_path / "R.md")
    assert r"a\|\<b>" in text
    for block in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}) == 1


def report(run, corpus: str, root: Path, data: Path) -> str:
    """The line of menan-prepare on files outside, if there is one."""
    lines = run("prepare", corpus, root, data).splitlines()
    return "".join(line for line in lines if line.startswith("warning: files outside"))


def test_audio_from_outside_the_corpus_is_told(run, tmp_path):
    inside, outside = tmp_path / "in", tmp_path / "out"
    outside.mkdir()
    for name in ("a.wav", "b.wav", "c.wav"):
        (outside / name).write_bytes(seeds.audio())
    (inside / "Actor_01").mkdir(parents=True)
    own, led = (inside / f"Actor_01/03-01-05-01-01-0{n}-01.wav" for n in (1, 2))
    own.write_bytes(seeds.audio())
    assert report(run, "ravdess", inside, tmp_path / "data") == ""
    led.symlink_to(outside / "a.wav")
    line = report(run, "ravdess", inside, tmp_path / "data")
    assert line == f"warning: files outside {inside}: 1: {led}"
    (inside / "link.wav").symlink_to(outside / "a.wav")
    rows = ["link.wav", "../out/b.wav", outside / "c.wav", f"Actor_01/../Actor_01/{own.name}"]
    table = inside / "t.csv"
    table.write_text(
        "path,speaker,emotion,utt\n" + "".join(f"{p},s,ang,{n}\n" for n, p in enumerate(rows))
    )
    line = report(run, "table", table, tmp_path / "data")
    # Absolute paths are written on purpose.
    assert line.startswith(f"warning: files outside {inside}: 2: ")
    assert own.name not in line
    assert "c.wav" not in line
    # Where the root itself is a link, what lies in it is no stranger.
    (tmp_path / "root").symlink_to(inside)
    led.unlink()
    assert report(run, "ravdess", tmp_path / "root", tmp_path / "data") == ""


class Payload:
    """A pickle that makes a directory when it is loaded."""

    def __init__(self, path: Path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def plant_checkpoint(folder: Path, content: bytes) -> None:
    digest = hashlib.sha256(content).hexdigest().encode()
    (folder / CHECKPOINT).write_bytes(b"menan checkpoint sha256 " + digest + b"\n" + content)
    load_checkpoint(folder)


def plant_torch(folder: Path, content: bytes) -> None:
    """Within the zip file that PyTorch writes."""
    plant_checkpoint(folder, seeds.with_pickle(content))


def plant_model(folder: Path, content: bytes) -> None:
    (folder / "m.safetensors").write_bytes(content)
    load_model(folder / "m.safetensors", "cpu")


def plant_ark(folder: Path, content: bytes) -> None:
    (folder / "a.ark").write_bytes(b"a PKL" + content)
    for offset in (2, 5):  # kaldiio's mark of a pickle, and the pickle itself
        with pytest.raises(InputError, match="expected a Kaldi matrix"):
            read_matrix(f"{folder / 'a.ark'}:{offset}", "feats.scp:1")
    read_matrix(str(folder / "a.ark"), "feats.scp:1")


def plant_heldout(folder: Path, _: bytes) -> None:
    seeds.experiment(folder / "exp")
    path = folder / "exp" / seeds.RUN / "heldout.npz"
    with np.load(path) as arrays:
        np.savez(path, **(dict(arrays) | {"labels": np.array([Payload(folder / "ran")], object)}))
    read_runs(folder / "exp")


@pytest.mark.parametrize(
    "plant", [plant_checkpoint, plant_torch, plant_model, plant_ark, plant_heldout]
)
def test_a_planted_pickle_is_refused_and_does_not_run(plant, tmp_path):
    content = pickle.dumps(Payload(tmp_path / "ran"))
    with pytest.raises(InputError):
        plant(tmp_path, content)
    assert not (tmp_path / "ran").exists()
    pickle.loads(content)
    assert (tmp_path / "ran").exists()  # else the payload would prove nothing


def lie_in_flac(folder: Path):
    malformed.lying_flac("a.flac")(folder)
    return lambda: read_audio(folder / "a.flac")


def lie_in_flac_of_true_size(folder: Path):
    """A header that a file of its size could keep, with hardly anything behind it."""
    malformed.lying_flac("a.flac")(folder)
    content = bytearray((folder / "a.flac").read_bytes())
    content[21:26] = (content[21] & 0xF0, *(2**23).to_bytes(4, "big"))
    (folder / "a.flac").write_bytes(content)
    assert audio_info(folder / "a.flac").samples == 2**23
    return lambda: read_audio(folder / "a.flac")


def lie_in_csd(folder: Path):
    (folder / "a.csd").write_bytes(seeds.mosei_csd())
    with h5py.File(folder / "a.csd", "r+") as file:
        del file["All Labels/data/v1/features"]
        make = file["All Labels/data/v1"].create_dataset
        make("features", (2**26, 7), "float32", chunks=(1024, 7))
    return lambda: read_mosei_labels(folder / "a.csd")


def lie_in_ark(folder: Path):
    with ArchiveWriter(folder, "a") as writer:
        writer.write("a", np.ones((9, 9), np.float32))
    content = bytearray((folder / "a.ark").read_bytes())
    content[8:12] = (2**31 - 1).to_bytes(4, "little")
    (folder / "a.ark").write_bytes(content)
    return lambda: read_matrix(f"{folder / 'a.ark'}:2", "feats.scp:1")


@pytest.mark.parametrize("lie", [lie_in_flac, lie_in_flac_of_true_size, lie_in_csd, lie_in_ark])
def test_a_header_that_lies_takes_no_memory(lie, tmp_path):
    read = lie(tmp_path)
    tracemalloc.start()
    try:
        with pytest.raises(InputError):
            read()
        assert tracemalloc.get_traced_memory()[1] < 16e6
    finally:
        tracemalloc.stop()


# What ruff does not find, and words that keep it from looking: its rules S102, S301, S307, S506,
# S602, S604, S605 and S614 find exec, pickle, eval, yaml.load, shells and torch.load.
UNSAFE = r"allow_pickle\s*=\s*True|noqa(?!: *[A-Z])|noqa:.*\bS(102|301|307|506|60[245]|614)\b"


def test_the_code_calls_nothing_that_executes_data():
    for folder in ("menan", "bin", "utils"):
        for path in (ROOT / folder).rglob("*.py"):
            assert not re.search(UNSAFE, path.read_text(encoding="utf-8")), path
