"""From a feats.scp of another toolkit to the report, by commands alone."""

import importlib
import json

import numpy as np
import onnxruntime
import pytest

from tests.analysis.leakage.hasty_probes import hasten_probes

UTTERANCES = [f"s{s}-{emotion}{n}" for s in range(4) for emotion in ("joy", "rage") for n in (1, 2)]


def write_text_archive(folder):
    """As Kaldi's ``copy-feats ark:- ark,t:feats.ark``, and feats.scp with the bytes in it."""
    rng = np.random.default_rng(0)
    archive, entries = b"", []
    for utt in UTTERANCES:
        archive += f"{utt}  ".encode()
        entries.append(f"{utt} {folder}/feats.ark:{len(archive) - 1}\n")
        rows = rng.normal(size=(rng.integers(20, 30), 3)).round(3)
        archive += b"[\n" + b"\n".join(b"  %g %g %g " % tuple(row) for row in rows) + b"]\n"
    (folder / "feats.ark").write_bytes(archive)
    (folder / "feats.scp").write_text("".join(entries))
    (folder / "utt2spk").write_text("".join(f"{utt} {utt[:2]}\n" for utt in UTTERANCES))
    (folder / "utt2emo").write_text("".join(f"{utt} {utt[3:-1]}\n" for utt in UTTERANCES))


@pytest.fixture
def run(monkeypatch, capsys):
    """Runs a command; gives its exit status, standard output and standard error."""

    def run(line, *arguments):
        name, *options = line.split()
        module = importlib.import_module(f"menan_bin.menan_{name}")
        monkeypatch.setattr("sys.argv", [f"menan-{name}", *options, *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            module.main()
        return ended.value.code, *capsys.readouterr()

    return run


def test_features_of_another_toolkit_go_from_training_to_the_report(run, tmp_path, monkeypatch):
    theirs, work = tmp_path / "theirs", tmp_path / "work"
    theirs.mkdir()
    work.mkdir()
    write_text_archive(theirs)
    before = {path.name: path.read_bytes() for path in theirs.iterdir()}
    monkeypatch.chdir(work)
    hasten_probes(monkeypatch)

    def ok(line, *arguments):
        status, out, err = run(line, *arguments)
        assert status == 0, err
        return out

    feats = ("--feats", theirs / "feats.scp")
    assert "ok, 16 utterances of 4 speakers in 2 groups" in ok("validate", theirs)
    ok("train --exp exp --objective ec,menan --hold-out each --epochs 1", *feats)
    ok("infer --model exp/ec_seed0 --rule last --out test --test-speakers-only true", *feats)
    for system in ("ec_seed0", "menan_seed0"):
        ok(f"infer --model exp/{system} --rule last --out folds/{system}", *feats)
    assert "of 16 utterances" in ok("score --hyp test", "--ref", theirs / "utt2emo")
    ok("probe --embeddings folds/menan_seed0 --out leakage/menan.json", *feats)
    ok("tsne --exp exp --infer folds --out tsne", "--data", theirs)
    ok("results --exp exp --rule last --leakage leakage --tsne tsne --out R.md --html R.html")
    text = (work / "R.md").read_text()
    assert "| Features | front_end given; columns 3; longest 29 |" in text
    assert "| Corpus | theirs |" in text

    model = "exp/ec_seed0/g01/s0.last.safetensors"
    ok(f"export --model {model} --out m.onnx")
    session = onnxruntime.InferenceSession(work / "m.onnx")
    assert session.get_inputs()[0].shape[1:] == [29, 3]
    card = json.loads(session.get_modelmeta().custom_metadata_map["menan"])
    assert card["features"] == {"front_end": "given", "columns": 3, "longest": 29}
    status, _, err = run(f"predict --model {model} a.wav")
    assert status == 1
    assert err == (
        f"menan-predict: error: {model}: features that another toolkit made cannot be made from "
        "audio here; make them there, and use menan-infer on their feats.scp\n"
    )
    assert {path.name: path.read_bytes() for path in theirs.iterdir()} == before
