"""What is refused of data directories, audio and configurations."""

import numpy as np

from tests.faults.malformed import (
    RUN,
    Row,
    audio,
    cut,
    directory,
    edit,
    fifo,
    gone,
    link,
    lying_flac,
    nested,
    nothing,
    put,
)

DUMP, VALIDATE = "dump --data R/data --out R/new", "validate R/data"
FULL = "validate --read-audio true R/data"
CONFIG = f"{DUMP} --config R/c.yaml"
WAV = "data/a.wav"


LABELS = [
    Row("utt2spk: absent", gone("data/utt2spk"), DUMP, "R/data/utt2spk: cannot be read"),
    Row("utt2spk: empty", put("data/utt2spk", ""), DUMP, "R/data/utt2spk: empty"),
    Row("utt2spk: short", put("data/utt2spk", "a-1\n"), DUMP, "R/data/utt2spk:1: expected '<key>"),
    Row("utt2spk: twice", edit("data/utt2spk", "b-1 b", "a-1 a"), DUMP, "R/data/utt2spk:2: 'a-1'"),
    Row("utt2spk: binary", put("data/utt2spk", b"a\xff a\n"), DUMP, "R/data/utt2spk: not UTF-8"),
    Row("utt2spk: out", edit("data/utt2spk", "-1 b", "-1 ../b"), "folds R/data", "R/data/"),
    Row("utt2emo: lacks", edit("data/utt2emo", "a-1 ang\n", ""), DUMP, "R/data/utt2emo: lacks 'a-"),
    Row("utt2emo: more", edit("data/utt2emo", "a-1", "0 ang\na-1"), DUMP, "utt2emo: has '0'"),
    Row(
        "emotions: twice",
        put("data/emotions", "a\nb\na\n"),
        DUMP,
        "R/data/emotions:3: label 'a' is",
    ),
    Row(
        "emotions: words", put("data/emotions", "a b\n"), DUMP, "R/data/emotions:1: expected one la"
    ),
    Row("emotions: binary", put("data/emotions", b"\xff"), VALIDATE, "R/data/emotions: not UTF-8"),
    Row("emotions: one", put("data/emotions", "ang\n"), VALIDATE, "R/data/emotions: expected 2 to"),
    Row("utt2emo: label", edit("data/utt2emo", "ang", "joy"), DUMP, "R/data/utt2emo:1: unknown em"),
    Row(
        "spk2group: out", edit("data/spk2group", "g1", "../g"), DUMP, "spk2group:1: group '../g' c"
    ),
    Row("spk2group: dot", edit("data/spk2group", "g2", ".g"), "folds R/data", "spk2group:3: group"),
    Row("spk2group: alone", edit("data/spk2group", "g1", "g3"), "folds R/data", "group 'g1' has 1"),
    Row("spk2group: lacks", edit("data/spk2group", "a g1\n", ""), DUMP, "R/data/spk2group: lacks"),
    Row("wav.scp: absent", gone("data/wav.scp"), DUMP, "R/data/wav.scp: cannot be read"),
    Row(
        "wav.scp: pipe", put("data/wav.scp", "a touch R/x |\n"), DUMP, "R/data/wav.scp:1: 'a' is a"
    ),
    Row("wav.scp: lacks", put("data/wav.scp", "a a.wav\n"), DUMP, "R/data/segments:2: recording '"),
    Row(
        "segments: past",
        edit("data/segments", "0.0000 0.1", "9 9.1"),
        DUMP,
        "R/data/a.wav: segment 9.",
    ),
    Row(
        "segments: back",
        edit("data/segments", "0.0000", "3"),
        DUMP,
        "R/data/segments:1: invalid seg",
    ),
    Row(
        "segments: NaN",
        edit("data/segments", "0.0000", "nan"),
        DUMP,
        "R/data/segments:1: invalid s",
    ),
    Row("segments: short", edit("data/segments", " 0.1000", ""), DUMP, "R/data/segments:1: expect"),
    Row("validate: no directory", nothing, "validate R/none", "R/none: no such directory"),
    Row("validate: nothing", nothing, "validate R/empty", "R/empty: has neither wav.scp nor feats"),
    Row("validate: absent", gone("data/spk2utt"), VALIDATE, "R/data/spk2utt: no such file"),
    Row("validate: CR LF", edit("data/utt2spk", "\n", "\r\n"), VALIDATE, "R/data/utt2spk:1: lines"),
    Row("validate: binary", edit("data/text", "so", b"\xff"), VALIDATE, "R/data/text:1: byte 5"),
    Row(
        "validate: unsorted", edit("data/utt2spk", "a-1 a\n", ""), VALIDATE, "R/data/utt2emo:1: 'a"
    ),
    Row(
        "validate: past", edit("data/segments", "0.1000", "9"), VALIDATE, "R/data/segments:1: 'a-1'"
    ),
    Row(
        "validate: speaker",
        edit("data/utt2spk", " b", " b/"),
        VALIDATE,
        "R/data/utt2spk:2: 'b-1' has the speaker 'b/'",
    ),
    Row(
        "validate: group",
        edit("data/spk2group", " g1", " .."),
        VALIDATE,
        "R/data/spk2group:1: 'a' has the group '..'",
    ),
    Row(
        "validate: pipe", put("data/wav.scp", "a b |\n"), VALIDATE, "R/data/wav.scp:1: 'a' is a pip"
    ),
]
AUDIO = [
    Row("wav: absent", gone(WAV), DUMP, f"R/{WAV}: "),
    Row("wav: empty", put(WAV, ""), DUMP, f"R/{WAV}: empty file; fetch"),
    Row("wav: text", put(WAV, "text\n" * 99), DUMP, f"R/{WAV}: cannot be read as audio"),
    Row("wav: cut", cut(WAV, 0.4), DUMP, f"R/{WAV}: truncated, its header promises 2000 bytes"),
    Row(
        "wav: NaN",
        audio(WAV, np.full(9999, np.nan), subtype="FLOAT"),
        DUMP,
        f"R/{WAV}: samples contain NaN",
    ),
    Row(
        "wav: Inf",
        audio(WAV, np.full((9999, 2), np.inf), subtype="FLOAT"),
        FULL,
        "R/data/wav.scp:1: 'a' has the file R/data/a.wav: samples contain NaN or Inf",
    ),
    Row(
        "wav: too loud",
        audio(WAV, np.full(9999, 1e38), subtype="FLOAT"),
        DUMP,
        f"R/{WAV}: samples contain",
    ),
    Row("wav: no samples", audio(WAV, []), DUMP, f"R/{WAV}: contains no samples"),
    Row("wav: 100 Hz", audio(WAV, np.zeros(99), 100), DUMP, f"R/{WAV}: a sampling rate of 100"),
    Row(
        "wav: 2 GHz",
        audio(WAV, np.zeros(99), 2**31 - 1),
        VALIDATE,
        "a.wav: a sampling rate of 2147483647",
    ),
    Row("wav: one sample", audio(WAV, [0.1]), DUMP, "utterance 'a-1': "),
    Row(
        "flac: cut",
        lambda root: (
            audio(WAV, np.random.default_rng(0).normal(0, 0.1, 9999), format="FLAC")(root),
            cut(WAV, 0.5)(root),
        ),
        FULL,
        "R/data/a.wav: ",
    ),
    Row("flac: long", lying_flac(WAV), DUMP, f"R/{WAV}: its header promises 68719476735 samples"),
    Row("wav: a pipe", fifo(WAV), DUMP, f"R/{WAV}: "),
    Row("wav: of zeros", link(WAV, "/dev/zero"), VALIDATE, f"R/{WAV}: audio file not found"),
    Row("wav: a directory", directory(WAV), DUMP, f"R/{WAV}: "),
    Row(
        "predict: text",
        put("a.wav", "text"),
        f"predict --model R/{RUN}/spk00.last.safetensors R/a.wav",
        "R/a.wav: cannot be read as audio",
    ),
]
CONFIGS = [
    Row("config: absent", gone("c.yaml"), CONFIG, "R/c.yaml: cannot be read"),
    Row("config: section", put("c.yaml", "feature: {}"), CONFIG, "R/c.yaml: unknown section 'feat"),
    Row("config: key", put("c.yaml", "training: {epoch: 2}"), CONFIG, "did you mean 'epochs'?"),
    Row(
        "config: type", put("c.yaml", "training: {epochs: many}"), CONFIG, "training.epochs: expec"
    ),
    Row("config: list", put("c.yaml", "- features"), CONFIG, "R/c.yaml: expected the sections"),
    Row("config: tab", put("c.yaml", "features:\n\tseconds: 1"), CONFIG, "R/c.yaml: not YAML"),
    Row("config: alias", put("c.yaml", "a: &a [*a]"), CONFIG, "R/c.yaml: not YAML"),
    Row("config: nested", put("c.yaml", nested()), CONFIG, "R/c.yaml: not YAML"),
    Row(
        "config: code", put("c.yaml", "!!python/object/apply:os.mkdir [x]"), CONFIG, "c.yaml: not Y"
    ),
    Row("config: binary", put("c.yaml", b"\xff"), CONFIG, "R/c.yaml: not UTF-8"),
    Row(
        "config: NaN", put("c.yaml", "training: {lr: .nan}"), CONFIG, "training.lr: expected a fin"
    ),
    Row("config: hours", put("c.yaml", "features: {seconds: 1e9}"), CONFIG, "R/c.yaml: features: "),
]
ROWS = [*LABELS, *AUDIO, *CONFIGS]
