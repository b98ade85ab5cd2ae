"""Resumed dumps: after an interruption, with changed audio, other code or bad files."""

import os
import re
import sys

import numpy as np
import pytest
import soundfile
import yaml

from menan.datadir.archive import read_scp
from menan.datadir.metadata import read_metadata
from menan.datadir.tables import read_table
from menan.datadir.utterances import Utterance, write_datadir
from menan.datadir.validate.directory import validate
from menan.errors import InputError
from menan.features.dump import jobs, resume
from menan.features.dump.dump_features import dump_features
from menan.features.dump.jobs import DumpOptions, dump_shard
from menan.features.dump.shards import TABLES
from menan.files.lock import only_writer
from menan.front_ends import KaldiFrontEnd

FEATURES = KaldiFrontEnd(frame_length_ms=25.0)


def write_wav(path, seed, samples=4800):
    noise = np.random.default_rng(seed).integers(-3000, 3000, samples, dtype=np.int16)
    soundfile.write(path, noise, 16000)


@pytest.fixture
def make_data(tmp_path):
    """Data of some utterances of four speakers, each in a file of its own."""

    def make(number=8):
        utterances = []
        for n in range(number):
            utt, path = f"{'abcd'[n % 4]}-{n:03d}", tmp_path / f"{n:03d}.wav"
            write_wav(path, n)
            os.utime(path, (1e9, 1e9))
            utterances.append(Utterance(utt, utt[0], utt, str(path), ("ang",), 0.3))
        write_datadir(utterances, tmp_path / "data")
        return tmp_path / "data"

    return make


@pytest.fixture
def dump(tmp_path):
    """Dump the data, shard after shard in this process."""

    def run(nj=1, resume=True, force=False, features=FEATURES, **options):
        dump_options = DumpOptions(tmp_path / "data", tmp_path / "dump", features, nj, **options)
        return dump_features(dump_options, resume=resume, force=force)

    return run


def content(directory):
    return {
        path.name: path.read_bytes()
        for path in sorted(directory.iterdir())
        if path.is_file() and path.name != "features.yaml"
    }


@pytest.fixture
def half_done(make_data, dump, tmp_path):
    """A dump in two shards; the second has a file that was too short."""
    make_data()
    good = (tmp_path / "007.wav").read_bytes()
    write_wav(tmp_path / "007.wav", 0, samples=10)
    with pytest.raises(InputError, match="10 samples at 16 kHz are too short"):
        dump(nj=2)
    (tmp_path / "007.wav").write_bytes(good)
    return tmp_path / "dump"


def test_a_finished_shard_is_reused_and_the_other_one_is_made(half_done, dump, tmp_path):
    kept = (half_done / "feats.1.ark").stat().st_ino
    assert not (half_done / "feats.scp").exists()
    dump(nj=2)
    assert (half_done / "feats.1.ark").stat().st_ino == kept
    resumed = content(half_done)
    dump(nj=2, resume=False)
    assert content(half_done) == resumed
    assert validate(half_done).ok


def test_another_number_of_jobs_starts_over(half_done, dump):
    dump(nj=1)
    assert sorted(path.name for path in half_done.glob("feats.*")) == ["feats.1.ark", "feats.scp"]


def test_finished_shards_are_only_merged(half_done, dump, monkeypatch):
    dump(nj=2)
    for name in TABLES:
        for shard, prefix in ((1, "abcd"[:2]), (2, "abcd"[2:])):
            table = read_table(half_done / name) if (half_done / name).exists() else {}
            lines = [f"{u} {v}\n" for u, v in table.items() if u[0] in prefix]
            (half_done / f"{name}.{shard}").write_text("".join(lines))
    for shard, prefix in ((1, "abcd"[:2]), (2, "abcd"[2:])):
        lines = (half_done / "feats.scp").read_text().splitlines(keepends=True)
        (half_done / f"feats.{shard}.scp").write_text("".join(x for x in lines if x[0] in prefix))
    whole = content(half_done)
    (half_done / "feats.scp").unlink()
    monkeypatch.setattr("menan.features.dump.dump_features.write_shard", None)
    dump(nj=2)
    assert content(half_done) == {
        k: v for k, v in whole.items() if not re.search(r"\d(\.scp)?$", k)
    }


def test_other_code_is_refused_unless_forced(half_done, dump, monkeypatch, capsys):
    monkeypatch.setattr(resume, "code_digest", lambda: "another")
    with pytest.raises(
        InputError, match=r"begun by the code of menan .*; .*--resume false, .*--force"
    ):
        dump(nj=2)
    dump(nj=2, force=True)
    assert "begun by the code of menan" in capsys.readouterr().err
    (note,) = yaml.safe_load((half_done / "features.yaml").read_text())["continued"]
    assert note.startswith("begun by the code of menan")


def test_another_configuration_is_refused_even_if_forced(half_done, dump):
    with pytest.raises(
        InputError, match=r"features.yaml: the dump has frame_length_ms 25.0, but 40.0"
    ):
        dump(nj=2, features=KaldiFrontEnd(), force=True)
    dump(nj=2, features=KaldiFrontEnd(), resume=False)


@pytest.mark.parametrize("complete", [False, True])
def test_audio_that_changed_is_refused_unless_forced(half_done, dump, tmp_path, complete):
    if complete:
        dump(nj=2)
    write_wav(tmp_path / "000.wav", seed=99)  # in the first shard; of the same size as before
    with pytest.raises(InputError, match=r"the audio of 'a-000' was 9644 \w+ .* and is now 9644 "):
        dump(nj=2)
    dump(nj=2, force=True)
    notes = yaml.safe_load((half_done / "features.yaml").read_text())["continued"]
    assert notes[0].startswith("the audio of 'a-000' was")
    dump(nj=2)


def test_audio_that_was_only_touched_or_moved_is_the_same(make_data, dump, tmp_path):
    data = make_data()
    dump()
    (tmp_path / "000.wav").touch()
    (tmp_path / "moved").mkdir()
    (tmp_path / "001.wav").rename(tmp_path / "moved" / "001.wav")
    text = (data / "wav.scp").read_text()
    (data / "wav.scp").write_text(text.replace("/001.wav", "/moved/001.wav"))
    assert "already complete" in dump()


def test_a_changed_segment_is_named(make_data, dump, tmp_path):
    data = make_data()
    segments = "".join(f"{u} {u} 0.0 0.3\n" for u in read_table(data / "wav.scp"))
    (data / "segments").write_text(segments)
    dump()
    (data / "segments").write_text(segments.replace("0.3", "0.25", 1))
    with pytest.raises(InputError, match=r"the audio of 'a-000' was .* 0 0.3 .* 0 0.25"):
        dump()


def test_one_bad_file_in_a_hundred_can_be_left_out(make_data, dump, tmp_path):
    make_data(100)
    (tmp_path / "005.wav").write_text("no audio")
    with pytest.raises(InputError, match=r"'b-005': .*005.wav: cannot be read .*--skip-bad true"):
        dump()
    assert "99 utterances, 2772 rows of 43 features; 1 left out, see" in dump(skip_bad=True)
    out = tmp_path / "dump"
    assert read_table(out / "skipped")["b-005"].startswith(f"{tmp_path}/005.wav: cannot be read")
    assert len(read_scp(out / "feats.scp")) == len(read_metadata(out).utt2spk) == 99
    assert validate(out).ok
    assert "already complete (99" in dump(skip_bad=True)
    with pytest.raises(InputError, match="skipped: the dump lacks 'b-005'"):
        dump()


@pytest.mark.parametrize("nj", [1, 2])
def test_more_than_one_per_cent_is_not_left_out(make_data, dump, tmp_path, nj, capfd):
    make_data(102)
    for number in (1, 2):  # one in each of two shards
        (tmp_path / f"00{number}.wav").write_text("no audio")
    with pytest.raises(InputError, match=r"2 of 102 utterances are bad, and .* at most 1 %"):
        dump(nj=nj, skip_bad=True)
    assert not (tmp_path / "dump" / "feats.scp").exists()


def test_a_speaker_without_any_utterance_left_is_in_no_file(make_data, dump, tmp_path):
    data = make_data(100)
    for name in ("utt2spk", "utt2emo", "wav.scp"):
        text = (data / name).read_text()
        (data / name).write_text(text.replace("a-000 a\n", "z-000 z\n").replace("a-000", "z-000"))
    for name in ("spk2group", "spk2utt"):
        (data / name).unlink()
    (tmp_path / "000.wav").write_text("no audio")
    dump(skip_bad=True)
    assert read_metadata(tmp_path / "dump").speakers == list("abcd")


def test_a_command_in_wav_scp_is_run_only_if_allowed(make_data, dump, tmp_path):
    data = make_data()
    dump()
    plain = content(tmp_path / "dump")
    entries = read_table(data / "wav.scp")
    lines = (f"{utt} cat {path}; echo {utt} >> {tmp_path}/ran |\n" for utt, path in entries.items())
    (data / "wav.scp").write_text("".join(lines))
    with pytest.raises(InputError, match=r"wav.scp:1: 'a-000' is a command.*--allow-pipes true"):
        dump(resume=False)
    assert not (tmp_path / "ran").exists()
    # What echo prints goes to a file: the audio is what cat gives.
    dump(resume=False, allow_pipes=True)
    piped = content(tmp_path / "dump")
    assert piped.pop("utt2audio") != plain.pop("utt2audio")
    assert piped == plain
    assert len((tmp_path / "ran").read_text().splitlines()) == 8


def test_a_command_is_run_once_for_all_utterances_of_its_recording(make_data, dump, tmp_path):
    data = make_data()
    (data / "wav.scp").write_text(f"r echo >> {tmp_path}/ran; cat {tmp_path}/000.wav |\n")
    utts = list(read_table(data / "utt2spk"))
    (data / "segments").write_text("".join(f"{u} r 0.0{n} 0.3\n" for n, u in enumerate(utts)))
    dump(allow_pipes=True)
    assert len((tmp_path / "ran").read_text()) == 1


def test_a_command_that_fails_is_named_with_its_message(make_data, dump, tmp_path):
    data = make_data()
    text = (data / "wav.scp").read_text()
    (data / "wav.scp").write_text(text.replace(f"{tmp_path}/000.wav", "echo no disk >&2; exit 3 |"))
    with pytest.raises(InputError, match=r"'a-000': .*exit 3 .' failed with 3 no disk"):
        dump(allow_pipes=True)


def test_two_dumps_to_one_directory_are_refused(make_data, dump, tmp_path):
    make_data()
    with only_writer(tmp_path / "dump"), pytest.raises(InputError) as refused:
        dump()
    name = os.path.basename(sys.argv[0])  # noqa: PTH119
    assert f"dump: {name} (process {os.getpid()} on " in str(refused.value)


def test_a_job_whose_command_has_ended_writes_nothing(make_data, tmp_path, monkeypatch):
    options = DumpOptions(make_data(), tmp_path / "dump", FEATURES, nj=2)
    with only_writer(options.out):
        pass
    with pytest.raises(InputError, match="the command that started this job has ended"):
        dump_shard(options, 1)
    # It ends in the middle of the shard: by then another command holds the directory.
    describe = jobs.describe_audio

    def end_command(source):
        (options.out / ".lock").write_text("somebody else")
        return describe(source)

    monkeypatch.setattr(jobs, "describe_audio", end_command)
    with only_writer(options.out):
        (options.out / "kept").touch()
        with pytest.raises(InputError, match="has ended"):
            dump_shard(options, 1)
    assert [path.name for path in options.out.iterdir()] == ["kept"]
