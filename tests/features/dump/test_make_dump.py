import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import yaml

from menan.datadir.archive import read_matrix, read_scp
from menan.datadir.metadata import read_metadata
from menan.datadir.tables import c_sorted, read_table
from menan.datadir.utterances import Utterance, write_datadir
from menan.errors import InputError
from menan.features import waveform
from menan.features.dump.jobs import Order
from menan.features.dump.make_dump import dump_features as dump_order
from menan.features.kaldi import utterance_features
from menan.front_ends import KaldiFrontEnd
from menan_bin import menan_dump

RUN = Path(__file__).resolve().parents[3] / "utils" / "run.py"
CONFIG = KaldiFrontEnd(speeds=(0.9, 1.0, 1.1))


def dump_features(data, out, config, nj=1, resume=True, force=False, **options):
    order = Order(data, out, config, nj, **options)
    return dump_order(order, menan_dump.LAUNCHER, menan_dump.JOB, resume, force)


def noise(samples, seed):
    return np.random.default_rng(seed).integers(-3000, 3000, samples, dtype=np.int16)


@pytest.fixture
def data(tmp_path):
    """Four speakers, two utterances each, in files of their own; 0.3 to 0.5 s at 16 kHz."""
    utterances = []
    for number in range(8):
        speaker = "bcad"[number // 2]
        utt = f"{speaker}-{number + 5}"  # "10" sorts before "9"
        path = tmp_path / "audio" / f"{utt}.wav"
        path.parent.mkdir(exist_ok=True)
        soundfile.write(path, noise(4800 + 400 * number, number), 16000)
        utterances.append(
            Utterance(
                utt=utt,
                speaker=speaker,
                recording=utt,
                path=str(path),
                emotions=("ang", "sad") if number == 3 else (("hap", "neu")[number % 2],),
                duration=0.3 + 0.025 * number,
                gender="fm"[number % 4 // 2],
            )
        )
    write_datadir(utterances, tmp_path / "data")
    return tmp_path / "data"


def contents(out):
    return {key: read_matrix(entry, key) for key, entry in read_scp(out / "feats.scp").items()}


def names(out):
    return sorted(path.name for path in out.iterdir())


def test_every_copy_has_the_features_of_its_utterance_at_its_speed(data, tmp_path):
    out = tmp_path / "dump"
    dump_features(data, out, CONFIG)
    stored = contents(out)
    utts = read_metadata(data).utt2spk
    assert list(stored) == c_sorted([*utts, *(f"{u}-sp{s}" for u in utts for s in ("0.9", "1.1"))])
    for utt in utts:
        samples, rate = soundfile.read(tmp_path / "audio" / f"{utt}.wav", dtype="int16")
        samples = samples.astype(np.float32)
        for speed, suffix in ((0.9, "-sp0.9"), (1.0, ""), (1.1, "-sp1.1")):
            wanted = utterance_features(samples, rate, CONFIG, speed)
            np.testing.assert_array_equal(stored[utt + suffix], wanted)
    frames = {key: str(len(matrix)) for key, matrix in stored.items()}
    assert read_table(out / "utt2num_frames") == frames


def test_a_file_is_brought_to_16_khz_once_for_all_of_its_copies(data, tmp_path, monkeypatch):
    rates = []
    to_16_khz = waveform.to_16_khz
    monkeypatch.setattr(
        waveform, "to_16_khz", lambda x, rate: rates.append(rate) or to_16_khz(x, rate)
    )
    dump_features(data, tmp_path / "dump", CONFIG)
    assert rates == [16000] * 8


def test_starting_jobs_needs_no_torch():
    """Its import takes seconds, and each job makes it anyway."""
    code = "import menan_bin.menan_dump, sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_copies_keep_their_labels_and_lead_back_to_their_original(data, tmp_path):
    out = tmp_path / "dump"
    dump_features(data, out, CONFIG)
    there, here = read_metadata(out), read_metadata(data)
    assert len(there.utt2spk) == 3 * len(here.utt2spk)
    for name, original in read_table(out / "utt2uniq").items():
        assert name.split("-sp")[0] == original
        assert there.utt2spk[name] == here.utt2spk[original]
        assert there.utt2emo[name] == here.utt2emo[original]
    assert there.spk2group == here.spk2group
    assert there.spk2gender == here.spk2gender
    assert there.emotions == here.emotions
    assert there.corpus == here.corpus == "data"
    assert read_table(out / "spk2utt")["a"].split() == [u for u in there.utt2spk if u[0] == "a"]


def test_dump_holds_what_it_should_and_no_parts(data, tmp_path):
    dump_features(data, tmp_path / "dump", CONFIG)
    assert names(tmp_path / "dump") == sorted(
        [
            *(
                "corpus",
                "emotions",
                "feats.1.ark",
                "feats.scp",
                "features.yaml",
                "spk2gender",
                "spk2group",
            ),
            *("spk2utt", "utt2audio", "utt2emo", "utt2num_frames", "utt2spk", "utt2uniq"),
        ]
    )
    stored = yaml.safe_load((tmp_path / "dump" / "features.yaml").read_text())
    assert stored["features"]["speeds"] == [0.9, 1.0, 1.1]
    assert set(stored) == {"features", "version", "code"}


@pytest.mark.parametrize("nj", [2, 8])
def test_number_of_jobs_changes_neither_content_nor_order(data, tmp_path, nj):
    one, many = tmp_path / "one", tmp_path / "many"
    dump_features(data, one, CONFIG)
    cmd = f"{sys.executable} {RUN} --max-jobs-run {nj} --mem 2G"
    command = [sys.executable, "-m", "menan_bin.menan_dump", "--data", data, "--out", many]
    command += ["--nj", str(nj), "--speeds", "0.9,1.0,1.1", "--cmd", cmd]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{many}: 24 utterances, ")
    numbers = range(1, nj + 1)
    archives = [f"feats.{number}.ark" for number in numbers]
    assert names(many) == sorted({*names(one), *archives, "log"})
    assert names(many / "log") == [*(f"dump.{number}.log" for number in numbers), "dump.yaml"]
    wanted, found = contents(one), contents(many)
    assert list(wanted) == list(found)
    for key in wanted:
        np.testing.assert_array_equal(wanted[key], found[key])
    assert (
        b"".join((many / name).read_bytes() for name in archives)
        == (one / "feats.1.ark").read_bytes()
    )
    for name in set(names(one)) - {"feats.scp", "feats.1.ark"}:
        assert (one / name).read_bytes() == (many / name).read_bytes(), name


def test_a_complete_dump_is_not_made_again(data, tmp_path):
    out = tmp_path / "dump"
    dump_features(data, out, CONFIG)
    before = (out / "feats.1.ark").stat().st_mtime_ns
    assert "complete already" in dump_features(data, out, CONFIG, nj=3)
    assert (out / "feats.1.ark").stat().st_mtime_ns == before


def test_corrected_labels_reach_a_complete_dump(data, tmp_path):
    out = tmp_path / "dump"
    dump_features(data, out, CONFIG)
    text = (data / "utt2emo").read_text()
    (data / "utt2emo").write_text(text.replace("ang,sad", "ang"))
    dump_features(data, out, CONFIG)
    assert read_metadata(out).utt2emo["c-8-sp0.9"] == ("ang",)


def test_a_dump_of_another_configuration_is_refused(data, tmp_path):
    out = tmp_path / "dump"
    dump_features(data, out, KaldiFrontEnd())
    with pytest.raises(
        InputError, match=r"frame_length_ms is 40.0 there and 25.0 here; --resume false"
    ):
        dump_features(data, out, KaldiFrontEnd(frame_length_ms=25.0))
    (out / "features.yaml").write_text("nonsense")
    with pytest.raises(InputError, match="not the record that menan-dump writes"):
        dump_features(data, out, KaldiFrontEnd())


@pytest.mark.parametrize(
    ("lose_in", "complaint"), [("dump", "lacks 'a-10'"), ("data", "has 'a-9'")]
)
def test_a_dump_of_other_utterances_is_refused(data, tmp_path, lose_in, complaint):
    out = tmp_path / "dump"
    dump_features(data, out, KaldiFrontEnd())
    if lose_in == "dump":
        lines = (out / "feats.scp").read_text().splitlines(keepends=True)
        (out / "feats.scp").write_text("".join(lines[1:]))
    else:
        for name in ("utt2spk", "utt2emo", "wav.scp"):
            lines = (data / name).read_text().splitlines(keepends=True)
            (data / name).write_text("".join(x for x in lines if not x.startswith("a-9")))
    with pytest.raises(InputError, match=f"feats.scp: {complaint}"):
        dump_features(data, out, KaldiFrontEnd())


def test_remains_of_an_interrupted_dump_are_removed(data, tmp_path):
    out = tmp_path / "dump"
    out.mkdir()
    for name in ("feats.7.ark", ".menan-123.feats.7.ark", "feats.7.scp", "utt2num_frames.7"):
        (out / name).write_text("stale")
    dump_features(data, out, KaldiFrontEnd())
    assert not any("7" in name for name in names(out))
    assert len(read_table(out / "utt2num_frames")) == 8


def test_segments_are_cut_out_of_their_recording(tmp_path):
    samples = noise(16000, 0)
    soundfile.write(tmp_path / "r.wav", samples, 16000)
    both = {"recording": "r", "path": str(tmp_path / "r.wav"), "duration": 0.5}
    utterances = [
        Utterance("s-1", "s", emotions=("ang",), start=0.25, end=0.75, **both),
        Utterance("s-2", "s", emotions=("sad",), start=0.5, end=1.0, **both),
    ]
    write_datadir(utterances, tmp_path / "data")
    dump_features(tmp_path / "data", tmp_path / "dump", KaldiFrontEnd())
    wanted = utterance_features(samples[4000:12000].astype(np.float32), 16000, KaldiFrontEnd())
    np.testing.assert_array_equal(contents(tmp_path / "dump")["s-1"], wanted)


def spoil(data, what):
    if what == "short":
        soundfile.write(data.parent / "audio" / "a-10.wav", noise(600, 0), 16000)
    elif what == "broken":
        samples = np.full(8000, np.nan, np.float32)
        soundfile.write(data.parent / "audio" / "a-10.wav", samples, 16000, subtype="FLOAT")
    elif what == "gone":
        (data.parent / "audio" / "a-10.wav").unlink()


@pytest.mark.parametrize(
    ("what", "complaint"),
    [
        ("short", r"utterance 'a-10': 600 samples at 16 kHz are too short"),
        ("broken", r"utterance 'a-10': .*a-10.wav: holds NaN or Inf samples"),
        ("gone", r"utterance 'a-10': .*a-10.wav: no such audio file"),
    ],
)
def test_a_bad_utterance_is_named_and_leaves_no_dump(data, tmp_path, what, complaint):
    spoil(data, what)
    with pytest.raises(InputError, match=complaint):
        dump_features(data, tmp_path / "dump", KaldiFrontEnd())
    assert not (tmp_path / "dump").exists()


def test_a_failed_job_is_shown_and_the_dump_can_be_repeated(data, tmp_path, capfd):
    out = tmp_path / "dump"
    good = (tmp_path / "audio" / "a-10.wav").read_bytes()
    spoil(data, "short")
    with pytest.raises(InputError, match="not all of 2 jobs ended well"):
        dump_features(data, out, KaldiFrontEnd(), nj=2)
    shown = capfd.readouterr().err
    assert "run.py: 1 / 2 failed" in shown
    assert "menan-dump: error: utterance 'a-10': 600 samples" in shown
    assert "Traceback" not in shown
    assert not (out / "feats.scp").exists()
    (tmp_path / "audio" / "a-10.wav").write_bytes(good)
    dump_features(data, out, KaldiFrontEnd())
    assert len(contents(out)) == 8


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--nj", "2", "--cmd", "false"], "not all of 2 jobs ended well"),
        (["--nj", "2", "--cmd", "no-such-launcher"], "no-such-launcher: No such file"),
        (["--nj", "0"], "--nj 0: at least one"),
        (["--device", "tpu"], "--device tpu: unknown device; choose cpu, cuda"),
        (["--speeds", "0.9"], "speeds must contain 1.0"),
        (["--speeds", "1.0,fast"], "expected float, found 'fast'"),
        (["--config", "/nowhere.yaml"], "/nowhere.yaml: cannot be read"),
    ],
)
def test_wrong_options_are_one_line(data, tmp_path, arguments, complaint, monkeypatch, capsys):
    words = ["menan-dump", "--data", str(data), "--out", str(tmp_path / "dump"), *arguments]
    monkeypatch.setattr(sys, "argv", words)
    with pytest.raises(SystemExit, match="1"):
        menan_dump.main()
    shown = capsys.readouterr().err
    assert complaint in shown
    assert shown.count("\n") == 1


def test_dumping_into_the_data_directory_is_refused(data):
    with pytest.raises(InputError, match="is the data directory itself"):
        dump_features(data, data / ".." / "data", KaldiFrontEnd())


def test_a_copy_whose_name_is_taken_is_refused(data, tmp_path):
    for name in ("utt2spk", "utt2emo", "wav.scp"):
        text = (data / name).read_text()
        (data / name).write_text(text.replace("a-10 ", "a-9-sp0.9 "))
    with pytest.raises(InputError, match=r"'a-9-sp0.9' is to be the name of a copy of 'a-9'"):
        dump_features(data, tmp_path / "dump", CONFIG)
