"""Valid examples of everything that is read, small: what mutations start from."""

import io
import json
import zipfile
from pathlib import Path

import h5py
import kaldiio
import numpy as np
import safetensors.torch
import soundfile
import torch
import yaml

from menan.config import RunsConfig, TrainingConfig
from menan.datadir.archive_writer import ArchiveWriter
from menan.datadir.utterances import Utterance, write_datadir
from menan.features.dump.dump_features import dump_features
from menan.features.dump.jobs import DumpOptions
from menan.files.mapping import to_mapping
from menan.front_ends import KaldiFrontEnd
from menan.model.model_file import card_to_json, save_model
from menan.training.checkpoint import Checkpoint
from menan.training.selection import HeldOut
from tests.conftest import write_dump
from tests.training.training_example import build_network, model_card, train_runs

RATE = 4000
FEATURES = KaldiFrontEnd(seconds=0.25, num_mel_bins=11)
MODEL = "model.safetensors"
RUN = "menan_seed0/g1"
ONE_EPOCH, ONE_RUN = TrainingConfig(epochs=1), RunsConfig(hold_out=("g01",))
DIALOGUE = "Ses01F_impro01"
MOSEI_COLUMNS = ("sentiment", "happy", "sad", "anger", "surprise", "disgust", "fear")
CARD = model_card(group="g1", test="c", valid="d", features=FEATURES)


def audio(kind: str = "WAV") -> bytes:
    """A quarter of a second of noise."""
    content = io.BytesIO()
    soundfile.write(content, np.random.default_rng(0).normal(size=1000) / 10, RATE, format=kind)
    return content.getvalue()


def label_file() -> bytes:
    """EmoEvaluation's form, with the lines of raters between."""
    head = "% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]\n\n"
    lines = (
        f"[6.2901 - 8.2357]\t{DIALOGUE}_{turn}\t{label}\t[2.5000, 2.5000, 2.5000]\n"
        "C-E2:\tNeutral;\t()\nA-E3:\tval 3; act 2; dom  2;\t()\n\n"
        for turn, label in (("F000", "neu"), ("M000", "exc"), ("M001", "xxx"))
    )
    return (head + "".join(lines)).encode()


def iemocap(root: Path) -> None:
    """A session of one dialogue."""
    session = root / "Session1"
    files = {
        f"dialog/EmoEvaluation/{DIALOGUE}.txt": label_file(),
        f"dialog/transcriptions/{DIALOGUE}.txt": transcript(),
        f"sentences/wav/{DIALOGUE}/{DIALOGUE}_F000.wav": audio(),
        f"sentences/wav/{DIALOGUE}/{DIALOGUE}_M000.wav": audio(),
    }
    for name, content in files.items():
        (session / name).parent.mkdir(parents=True, exist_ok=True)
        (session / name).write_bytes(content)


def transcript() -> bytes:
    return f"{DIALOGUE}_F000 [006.2901-008.2357]: So it is.\n".encode()


def mosei(kind: str, root: Path) -> None:
    """One video and its labels; kind: ``csv`` or ``csd``."""
    folder = root / "Raw/Audio/Full/WAV_16000"
    folder.mkdir(parents=True)
    (folder / "v1.wav").write_bytes(audio())
    content = mosei_csv() if kind == "csv" else mosei_csd()
    (root / f"CMU_MOSEI_Labels.{kind}").write_bytes(content)


def mosei_csv() -> bytes:
    head = ",".join(("video", "segment", "start", "end", *MOSEI_COLUMNS))
    return f"{head}\nv1,0,0.0,0.1,0,1,0,0,0,0,0\nv1,1,0.1,0.2,0,0,0,0,0,0,0\n".encode()


def mosei_csd() -> bytes:
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        names = np.array([json.dumps(MOSEI_COLUMNS)], dtype="S")
        file["All Labels/metadata/dimension names"] = names
        file["All Labels/data/v1/features"] = np.ones((2, 7), "float32")
        file["All Labels/data/v1/intervals"] = np.array([[0, 0.1], [0.1, 0.2]])
    return content.getvalue()


def table(folder: Path) -> None:
    """Two utterances of one recording."""
    (folder / "a.wav").write_bytes(audio())
    (folder / "table.csv").write_bytes(
        b"path,speaker,emotion,utt,group,start,end,gender,split,age\n"
        b"a.wav,s1,ang,u1,g1,0,0.1,f,train,30\n"
        b'"a.wav",s2,hap|sad,u2,g2,0.1,0.2,male,,31\n'
    )


def data(folder: Path) -> None:
    """A data directory of four speakers, an utterance of one recording each, with segments."""
    (folder / "a.wav").write_bytes(audio())
    utterances = [
        Utterance(f"{s}-1", s, s, str(folder / "a.wav"), ("ang",), 0.1, 0.0, 0.1, group, "f", "so")
        for s, group in zip("abcd", ("g1", "g1", "g2", "g2"), strict=True)
    ]
    write_datadir(utterances, folder, "made up")


def dump(folder: Path) -> None:
    """A dump directory of two speakers with one matrix an emotion."""
    write_dump(folder, speakers=2, utts_per_emotion=1, features=FEATURES)


def dumped(folder: Path) -> None:
    """A data directory and a dump of it that can be gone on with."""
    (folder / "data").mkdir()
    data(folder / "data")
    dump_features(DumpOptions(folder / "data", folder / "dump", FEATURES))
    (folder / "dump/skipped").write_bytes(b"")


def trained(folder: Path) -> None:
    """A dump directory and a training on it that has ended."""
    write_dump(folder / "dump", speakers=4, utts_per_emotion=1, features=FEATURES)
    train_again(folder)


def train_again(folder: Path) -> None:
    train_runs(folder / "dump/feats.scp", folder / "exp", ONE_EPOCH, ONE_RUN, torch.device("cpu"))


def ark(method: int = 0, dtype: str = "float32", shape: tuple[int, ...] = (3, 2)) -> bytes:
    """An ark of one matrix or vector with the key ``a``; method: Kaldi's of compression."""
    content = io.BytesIO()
    values = np.arange(np.prod(shape), dtype=dtype).reshape(shape)
    kaldiio.save_ark(content, {"a": values}, compression_method=method or None)
    return content.getvalue()


def arks() -> tuple[bytes, ...]:
    """Doubles, and Kaldi's three compressions."""
    compressed = (ark(method, shape=(9, 2)) for method in (2, 3, 5))
    return (ark(dtype="float64"), *compressed)


def npy(dtype: str = "float32") -> bytes:
    content = io.BytesIO()
    np.save(content, np.ones((3, 2), dtype))
    return content.getvalue()


def config() -> bytes:
    sections = {"training": to_mapping(TrainingConfig()), "runs": to_mapping(RunsConfig())}
    return yaml.safe_dump({"features": KaldiFrontEnd().to_plain(), **sections}).encode()


def cards() -> bytes:
    return json.dumps({"models": [card_to_json(CARD)]}).encode()


def model(folder: Path) -> None:
    save_model(folder / MODEL, build_network(FEATURES.dims, 2, 0), CARD)


def card_alone() -> bytes:
    """A model file without weights: nearly all of it is the card."""
    return safetensors.torch.save({}, {"menan": json.dumps(card_to_json(CARD))})


def checkpoint() -> bytes:
    """What stands below a checkpoint's first line."""
    player = {"parameters": torch.ones(3), "step": 1}
    content = io.BytesIO()
    state = Checkpoint(1, 0, {"loss": torch.zeros(1)}, {"main": player}, torch.zeros(1, 1, 4))
    torch.save(vars(state), content)
    return content.getvalue()


_SAVED = checkpoint()


def checkpoint_pickle() -> bytes:
    """The pickle within a checkpoint."""
    with zipfile.ZipFile(io.BytesIO(_SAVED)) as file:
        return next(file.read(n) for n in file.namelist() if n.endswith("data.pkl"))


def with_pickle(pickle: bytes) -> bytes:
    """A checkpoint with this pickle."""
    content = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(_SAVED)) as old, zipfile.ZipFile(content, "w") as new:
        for name in old.namelist():
            new.writestr(name, pickle if name.endswith("data.pkl") else old.read(name))
    return content.getvalue()


def experiment(exp: Path) -> None:
    """A finished training as far as it is read again, and its leakage."""
    run = exp / RUN
    run.mkdir(parents=True)
    (run / "config.yaml").write_bytes(run_config())
    (run / "log.jsonl").write_bytes(log())
    HeldOut(
        utts=np.array(["a-1", "b-1"]),
        speakers=np.array(["a", "b"]),
        labels=np.array([0, 1]),
        log_posteriors=np.full((1, 2, 4), np.log(0.25), "float32"),
    ).save(run / "heldout.npz")
    (exp / "leakage").mkdir()
    leakage = {"system": "menan", "seed": 0, "rule": "last", "sets": {}}
    leakage |= {"bottleneck": "", "draws": 1}
    (exp / "leakage/menan.json").write_text(json.dumps(leakage))


def run_config() -> bytes:
    fields = {"objective": "menan", "seed": 0, "hold_out": "g1", "speakers": ["c", "d"]}
    fields |= {"folds": [{"test": "a", "valid": "b"}, {"test": "b", "valid": "a"}]}
    fields |= {"training": to_mapping(TrainingConfig()), "features": FEATURES.to_plain()}
    fields |= {"corpus": "made up", "feats": "feats.scp", "version": "0", "utterances": 2}
    return yaml.safe_dump(fields).encode()


def log() -> bytes:
    score = {"loss": 1.0, "wa": 0.5, "ua": 0.5}
    line = {"epoch": 1, "emotion_loss": 1.0, "heldout": {"a": score, "b": score}, "seconds": 1.0}
    line |= dict.fromkeys(("speaker_accuracy", "speaker_entropy", "speaker_top"), 0.5)
    return json.dumps(line).encode() + b"\n"


def hypotheses(folder: Path) -> None:
    """References and hypotheses of two utterances."""
    (folder / "ref").write_bytes(b"a-1 ang,hap\nb-1 sad\n")
    (folder / "hyp").write_bytes(b"a-1 ang\nb-1 neu\n")


def plane() -> bytes:
    """Coordinates of three utterances."""
    rows = (f"menan\ta-{i}\ta\tang\t0.5{i}\t-1.5\n" for i in range(3))
    return ("system\tutterance\tspeaker\temotion\tx\ty\n" + "".join(rows)).encode()


def embeddings(folder: Path) -> None:
    """Embeddings of two speakers in every format, and their labels in every form."""
    utts, x = ("a-1", "a-2", "b-1"), np.arange(6, dtype=np.float32).reshape(3, 2)
    with ArchiveWriter(folder, "v") as archive:
        for utt, row in zip(utts, x, strict=True):
            archive.write(utt, row)
    texts = [f"{utt}  [ {row[0]} {row[1]} ]\n" for utt, row in zip(utts, x, strict=True)]
    (folder / "text.ark").write_text("".join(texts))
    np.savez_compressed(folder / "v.npz", ids=np.array(utts), x=x)
    np.savez(folder / "each.npz", **dict(zip(utts, x, strict=True)))
    np.save(folder / "v.npy", x)
    (folder / "v.ids").write_text("".join(f"{utt}\n" for utt in utts))
    rows = "".join(f"{utt},{row[0]},{row[1]}\n" for utt, row in zip(utts, x, strict=True))
    (folder / "v.csv").write_text(f"utt,d0,d1\n{rows}")
    labels = "utt,speaker,emotion,gender\na-1,a,ang,f\na-2,a,sad,f\nb-1,b,ang,\n"
    (folder / "labels.csv").write_text(labels)
    (folder / "all.csv").write_text("utt,speaker,d0,d1\na-1,a,1,2\na-2,a,2,3\nb-1,b,3,5e-1\n")
    (folder / "utt2spk").write_text("a-1 a\na-2 a\nb-1 b\n")
