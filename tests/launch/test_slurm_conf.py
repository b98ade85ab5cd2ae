"""Translation of options by conf/slurm.conf."""

from pathlib import Path

import pytest

from menan.errors import InputError
from menan.launch.slurm.slurm_conf import parse_conf, read_conf

RECIPES = sorted((Path(__file__).resolve().parents[2] / "egs").glob("*/conf/slurm.conf"))
CONF = """
# Kaldi's own example, with what it may hold besides
command sbatch --export=PATH  --comment='a b' # comment
option mem=* --mem-per-cpu $0
option mem=0          # nothing
option num_threads=* --cpus-per-task $0 --ntasks-per-node=1
option gpu=* -p gpu --gres=gpu:$0,of:$0
option gpu=0 -p shared
default gpu=0
"""


def words(**options):
    options = {name.replace("_", "-"): value for name, value in options.items()}
    return parse_conf(CONF, "x.conf").translate(options)[3:]


def test_an_option_becomes_what_the_file_says():
    assert parse_conf(CONF, "x.conf").translate({}) == ["sbatch", "--export=PATH", "--comment=a b"]
    assert words(mem="4 G", num_threads="2") == [
        *("--mem-per-cpu", "4 G", "--cpus-per-task", "2", "--ntasks-per-node=1")
    ]
    assert words(gpu="2") == ["-p", "gpu", "--gres=gpu:2,of:2"]


def test_a_value_named_goes_before_any_value():
    assert words(mem="0", gpu="0") == ["-p", "shared"]


def test_defaults_and_the_launchers_own_options_are_kept_apart():
    assert parse_conf(CONF, "x.conf").defaults == {"gpu": "0"}
    assert words(max_jobs_run="2", config="x.conf") == []


def test_an_option_that_is_not_described_is_refused_and_the_known_are_named():
    with pytest.raises(InputError) as refusal:
        words(queue="long")
    assert str(refusal.value) == (
        "x.conf does not describe --queue long; it describes config, gpu, max-jobs-run, "
        "mem, num-threads"
    )


def test_a_value_that_is_not_described_is_refused():
    conf = parse_conf("command sbatch\noption gpu=1 --gres=gpu:1\n", "x.conf")
    with pytest.raises(InputError, match="does not describe --gpu 2"):
        conf.translate({"gpu": "2"})


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("option mem=* --mem=$0", "x.conf: add a line 'command sbatch ...'"),
        ("command sbatch\noption mem", "x.conf:2: 'option mem' is not underst"),
        (
            "command sbatch\noption mem= --mem=1",
            "x.conf:2: 'option mem= --mem=1' is not underst",
        ),
        (
            "command sbatch\ndefault mem=4G more",
            "x.conf:2: 'default mem=4G more' is not underst",
        ),
        ("command", "x.conf:1: 'command' is not underst"),
        ("\nmem 4G", "x.conf:2: 'mem 4G' is not underst"),
        ("command sbatch 'a", "x.conf:1: No closing quotation"),
    ],
)
def test_a_malformed_line_is_named(text, complaint):
    with pytest.raises(InputError) as refusal:
        parse_conf(text, "x.conf")
    assert str(refusal.value).startswith(complaint)
    assert "\n" not in str(refusal.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    (tmp_path / "x").write_bytes(b"command \xff")
    with pytest.raises(InputError, match="x: not UTF-8 at byte 8"):
        read_conf(tmp_path / "x")
    with pytest.raises(InputError, match="none: No such file or directory"):
        read_conf(tmp_path / "none")


@pytest.mark.parametrize("path", [None, *RECIPES], ids=str)
def test_recipes_ask_for_what_is_built_in(path):
    asked = {"mem": "4G", "num-threads": "2", "gpu": "1", "time": "1:00:00"}
    assert read_conf(path).translate(asked) == [
        *("sbatch", "--export=ALL", "--requeue"),
        *("--mem=4G", "--cpus-per-task=2", "--gres=gpu:1", "--time=1:00:00"),
    ]
    assert read_conf(path).translate({"mem": "0", "gpu": "0"}) == [
        "sbatch",
        "--export=ALL",
        "--requeue",
    ]


def test_every_recipe_has_its_configuration():
    assert [path.parts[-3] for path in RECIPES] == [
        *("TEMPLATE", "cremad", "emobox", "emodb", "iemocap", "meld"),
        *("mosei", "msp-podcast", "ravdess"),
    ]
