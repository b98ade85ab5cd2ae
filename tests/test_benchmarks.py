"""The benchmarks run, on little; what they measure is for a quiet machine."""

import doctest
import importlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import linear_fit, load, projection, start
from menan.corpora.iemocap import prepare
from menan.corpora.synthetic.lengths import Lengths
from menan.corpora.synthetic.synthetic_iemocap import synthesize_iemocap
from menan.datadir.utterances import write_datadir
from menan.errors import InputError

ROOT = Path(__file__).resolve().parents[1]


def run(*words):
    """Run ``python -m words``, such as ``benchmarks.load --utterances 400``."""
    command = [sys.executable, "-m", *words]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}  # forks and threads do not mix
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment)


@pytest.fixture
def refused(monkeypatch, capsys):
    """Runs a benchmark that refuses its options; gives its standard error."""

    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # what a benchmark sets is undone

    def refused(name, *options):
        monkeypatch.setattr("sys.argv", [name, *map(str, options)])
        with pytest.raises(SystemExit) as ended:
            importlib.import_module(f"benchmarks.{name}").main()
        assert ended.value.code == 1
        return capsys.readouterr().err

    return refused


def test_feature_dumps_are_timed_beside_their_targets():
    done = run("tests.forked_benchmark", "features", "--minutes", "0.5", "--repeats", "1")
    assert done.returncode == 0, done.stderr
    title, _, machine, *_ = done.stdout.splitlines()
    assert re.fullmatch(r"# Feature dump: .* generated speech, seed 0, [\d.]+ min", title)
    assert "torch 2." in machine
    rows = [line for line in done.stdout.splitlines() if line.startswith("| ")][2:]
    assert [row.split("|")[5].strip() for row in rows] == [
        *("≤ 1.25", "≤ 1.25", "≤ 5.2", "≥ 1.8", "", ""),
    ]
    for row in rows:
        assert re.search(r"\| [-\d.]+ \| [-\d.]+ \| [-\d.]+ \([-\d.]+–[-\d.]+\) \|", row), row


def test_a_missing_data_directory_is_one_line(refused):
    error = refused("features", "--data", "/nowhere")
    assert error.startswith("benchmarks.features: error: /nowhere/utt2spk: cannot be read")
    assert error.count("\n") == 1


def test_missing_binaries_of_kaldi_are_one_line(refused, tmp_path):
    assert refused("features", "--kaldi", tmp_path) == (
        f"benchmarks.features: error: {tmp_path}/compute-fbank-feats: not found; build it, or "
        "leave --kaldi out\n"
    )


def test_a_command_is_measured_in_a_process_of_its_own(make_dump, tmp_path):
    dump = make_dump().parent
    cost = load.run("validate a dump", [dump], tmp_path)
    assert cost.seconds > 0
    assert 10e6 < cost.peak < 1e9  # PyTorch alone takes some 300 MB
    (dump / "utt2spk").unlink()
    with pytest.raises(InputError, match=r"validate a dump: .*utt2spk"):
        load.run("validate a dump", [dump], tmp_path)


def test_load_sets_peak_memory_beside_what_the_frames_take():
    done = run("tests.forked_benchmark", "load", "--utterances", "400")
    assert done.returncode == 0, done.stderr
    assert re.match(r"# Load: .* generated speech, seed 0, 400 utterances", done.stdout)
    rows = [line.split("|")[1:-1] for line in done.stdout.splitlines() if line.startswith("| ")]
    assert [row[0].strip() for row in rows[2:]] == [
        *("synthesize", "prepare", "validate", "dump", "validate a dump"),
        *("train", "infer", "score"),
    ]
    for _, seconds, *sizes in rows[2:]:
        assert float(seconds) > 0
        assert all(re.fullmatch(r"-?\d+ MB", size.strip()) for size in sizes)
    predicted, made = re.search(
        r"([\d.]+) MB predicted, ([\d.]+) MB of frames", done.stdout
    ).groups()
    assert predicted == made


def test_storage_sets_float16_beside_another_seed(make_dump):
    done = run("benchmarks.storage", "--feats", make_dump(), "--hold-out", "g01", "--epochs", "2")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("# Storage: dump, 32 utterances of at most 0.5 s")
    rows = [line.split(" | ") for line in done.stdout.splitlines() if line.startswith("| ")]
    assert [row[:3] for row in rows[1:7]] == [
        [f"| {objective}", *pair]
        for objective in ("ec", "menan")
        for pair in (
            ("float32, seed 0", "float16, seed 0"),
            ("float32, seed 1", "float16, seed 1"),
            ("float32, seed 0", "float32, seed 1"),
        )
    ]
    for *_, first, second, more, p, differ in rows[1:7]:
        difference = float(second.split()[0]) - float(first.split()[0])
        assert float(more) == pytest.approx(difference, abs=0.11)
        assert 0 < float(p) <= 1
        assert re.fullmatch(r"[\d.]+ % \|", differ)
    assert "from memory are equal to the bit" in done.stdout
    sizes = [float(row[1].split()[0]) for row in rows[8:]]
    assert sizes[0] == sizes[1] == pytest.approx(2 * sizes[2], abs=0.11)


def test_storage_without_held_out_groups_is_one_line(refused, make_dump):
    error = refused("storage", "--feats", make_dump(), "--hold-out", "none")
    assert error.startswith("benchmarks.storage: error: --hold-out none: no results to compare")
    assert error.count("\n") == 1


MARKS = ("measured", "lines", "corpora", "machines")


def test_scaling_puts_lines_through_its_costs_and_tables_into_its_page(tmp_path):
    page = tmp_path / "scaling.md"
    page.write_text("".join(f"{m}:\n<!-- {m} -->\nold\n<!-- end of {m} -->\n" for m in MARKS))
    options = ("--utterances", "40", "--sizes", "1,2,3", "--out", tmp_path / "scaling")
    done = run("tests.forked_benchmark", "scaling", *options)
    assert done.returncode == 0, done.stderr
    text = page.read_text()
    assert "old" not in text
    parts = re.split(r"<!-- .* -->\n", text)
    assert parts[::2] == [f"{mark}:\n" for mark in MARKS] + [""]
    assert "\n".join(parts[1::2]) == done.stdout.removesuffix("\n")
    sizes = [row.split("|")[1:] for row in parts[1].splitlines() if "generated speech" in row]
    assert [int(cells[1]) for cells in sizes] == [40, 80, 120]
    hours, _, *costs = zip(*[re.findall(r" ([\d.]+) ", "|".join(c)) for c in sizes], strict=True)
    assert all(float(cost) > 0 for column in costs for cost in column)
    # 43 float32 a frame, 100 frames a second but for the last one's length.
    assert float(costs[3][2]) == pytest.approx(float(hours[2]) * 3600 * 17.2e-3, rel=0.02)
    assert re.search(r"\| frame store, MB \| 0.00 \+ 61.\d\d h \| 1.00000 \| 0.0 % \|", parts[3])
    assert page.with_suffix(".png").read_bytes().startswith(b"\x89PNG")


def test_scaling_finds_its_marks_in_docs():
    text = (ROOT / "docs/scaling.md").read_text(encoding="utf-8")
    assert re.findall(r"<!-- (?!end)(\w+) -->\n(?:[^<]*\n)*<!-- end of (\w+) -->\n", text) == [
        (mark, mark) for mark in (*MARKS, *(f"pretrained_{mark}" for mark in MARKS[:3]))
    ]


def test_scaling_without_marks_or_sizes_is_one_line(refused, tmp_path):
    (tmp_path / "x.md").write_text("text\n")
    assert refused("scaling", "--out", tmp_path / "x") == (
        f"benchmarks.scaling: error: {tmp_path}/x.md: lacks the lines <!-- measured --> and "
        "<!-- end of measured -->; add them\n"
    )
    assert refused("scaling", "--sizes", "1,2") == (
        "benchmarks.scaling: error: --sizes 1,2: three numbers or more from 1, such as 1,2,4\n"
    )


COST = projection.HourCost(dump=18.0, archives=61.9e6, store=61.9e6, start=0.3, epoch=1.8)
SMALL, SERVER, CLUSTER, GPUS = projection.MACHINES


@pytest.mark.parametrize(
    ("frames", "names", "machines", "where"),
    [
        (19e9, 2e9, SMALL, "memory"),
        (23e9, 2e9, SMALL, "memory, as float16"),
        (62e9, 2e9, SMALL, "disk, by `--store`"),
        (1e9, 24e9, SMALL, None),
        (62e9, 2e9, GPUS, "GPU"),
        (100e9, 2e9, GPUS, "GPU, as float16"),
        (150e9, 2e9, GPUS, "not on a GPU"),
    ],
)
def test_frames_are_projected_to_where_they_fit(frames, names, machines, where):
    assert projection.place(frames, names, machines) == where


def test_dump_jobs_are_projected_within_cores_memory_and_an_array():
    assert projection.dump_jobs(1_000, SERVER) == 64
    assert projection.dump_jobs(100_000, SERVER) == 3  # each with the names of 80 million
    assert projection.dump_jobs(100_000, SMALL) == 0
    assert projection.dump_jobs(1_000, CLUSTER) == 1_000


def test_a_grid_is_projected_to_as_many_cores_as_it_has_trainings():
    epoch = 25 * 0.8 * 1.8 * 1_000
    assert projection.grid_epoch(COST, 1_000, SMALL) == epoch / 2
    assert projection.grid_epoch(COST, 1_000, SERVER) == epoch / 25
    assert projection.grid_epoch(COST, 1_000, CLUSTER) == epoch / 25


def test_copies_cost_frames_by_their_length_and_epochs_by_their_number():
    rows = [row.split(" | ") for row in projection.corpora(COST)]
    one, five = (row for row in rows if row[0].startswith("| 1,000 h"))
    assert (one[2], five[2]) == ("62 GB, 62 GB", "316 GB, 316 GB")
    assert (one[7], five[7]) == ("30 min |", "2.5 h |")


@pytest.mark.parametrize("module", [linear_fit, projection])
def test_examples_of_lines_and_projections_hold(module):
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0


def test_training_is_timed_beside_its_targets():
    options = ("--rounds", "1", "--models", "1,2", "--utterances", "40", "--threads", "1")
    done = run("benchmarks.train", *options)
    assert done.returncode == 0, done.stderr
    assert "frames of noise" in done.stdout
    rows = [line.split("|")[1].strip() for line in done.stdout.splitlines() if "|" in line]
    assert {"plain loop", "1", "2", "4 s, one model"} <= set(rows)
    assert rows[-1].startswith("share of an epoch outside the steps, 4 s, ")
    assert done.stdout.count("Floor: ") == 2


def test_training_without_one_model_is_one_line(refused):
    error = refused("train", "--models", "0")
    assert error == "benchmarks.train: error: --models 0: numbers from 1, with 1 among them\n"


def test_the_parts_of_a_step_are_timed_for_one_model_and_for_several():
    done = run("benchmarks.profile_step", "--seconds", "1", "--models", "2", "--steps", "1")
    assert done.returncode == 0, done.stderr
    rows = [line.strip("| ").split(" | ") for line in done.stdout.splitlines() if " | " in line]
    assert ["part of a step, ms per model", "one model", "2 models"] in rows
    parts = {
        name: float(alone) for name, alone, *together in rows if alone[0].isdigit() and together
    }
    assert parts["sum"] == pytest.approx(sum(parts.values()) / 2, abs=0.05)


@pytest.mark.parametrize("head", ["pooled", "attentive"])
def test_heads_are_timed_beside_the_plain_loop_and_the_least_time(head):
    options = ("--models", "2", "--rounds", "1", "--epochs", "1", "--utterances", "2")
    done = run("benchmarks.heads", "--head", head, *options)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"## `{head}`: 2 models")
    rows = [line.split("|")[1].strip() for line in done.stdout.splitlines() if "|" in line]
    assert {"plain loop", "2 side by side", "`aten::bmm`"} <= set(rows)
    assert re.search(r"At least, on 2 threads: \d+ MFLOP", done.stdout)


def test_every_command_is_started_beside_its_floor(tmp_path):
    starts = start.commands(tmp_path)
    helps = {name for name in starts if name.endswith(" --help")}
    scripts = {path.stem.replace("_", "-") for path in (ROOT / "bin").glob("menan_*.py")}
    assert helps == {f"{name} --help" for name in scripts}
    assert {one.floor for one in starts.values()} <= set(start.FLOORS)
    score = next(one.words for name, one in starts.items() if name.startswith("menan-score, "))
    assert [len(seconds) for seconds in start.timed({"score": score}, 2).values()] == [2]
    with pytest.raises(InputError, match=r"^broken: menan-score: error: .*nowhere"):
        start.timed({"broken": [*score, "--utt2spk=/nowhere"]}, 1)


def test_the_gates_are_compared_on_speech_with_gaps(tmp_path):
    lengths = Lengths(2.0, 3.0)
    synthesize_iemocap(tmp_path / "corpus", 0, 1, 1, lengths)
    found = prepare(tmp_path / "corpus")
    write_datadir(found.utterances, tmp_path / "data", found.corpus)
    done = run("benchmarks.silence", "--data", tmp_path / "data", "--utterances", "4")
    assert done.returncode == 0, done.stderr
    rows = [
        line.strip("| ").split(" | ") for line in done.stdout.splitlines() if "speech |" in line
    ]
    assert [row[:2] for row in rows] == [
        *(["silence", snr] for snr in ("no noise", "40", "20", "10", "0")),
        *(["music", snr] for snr in ("no noise", "10")),
    ]
    assert min(float(row[3]) for row in rows[:3]) > 90
    assert min(float(row[4]) for row in rows[:3]) > 90
