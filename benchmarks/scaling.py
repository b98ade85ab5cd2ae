"""How cost grows with the corpus: dump, frame store, training and inference of several sizes.

The features are the paper's, or statistics of a pretrained encoder, whose path ends with an attack.
Each command is a process of its own on one core. Straight lines are fitted to the costs
(benchmarks/linear_fit.py), and tell what large corpora cost on paper (benchmarks/projection.py).
"""

import json
import os
import re
import resource
import shlex
import statistics
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from benchmarks import linear_fit, projection
from benchmarks.load import run
from benchmarks.machine import describe
from benchmarks.scaling_way import UNITS, Way, pretrained
from menan.corpora.iemocap import prepare
from menan.corpora.synthetic.lengths import Lengths
from menan.corpora.synthetic.synthetic_iemocap import synthesize_iemocap
from menan.datadir.dump_directory import open_dump
from menan.datadir.metadata import corpus_name
from menan.datadir.tables import read_table
from menan.datadir.utterances import write_datadir
from menan.engine.stacked.compiler import kernels
from menan.errors import InputError
from menan.features.store import frame_bytes
from menan.files.atomic import atomic_open
from menan_bin.command import main_of, new_app

LEAST = 40  # one utterance of each of ten speakers with each of four emotions
LENGTHS = Lengths(1.0, 8.0)  # IEMOCAP's utterances also have a mean of 4.5 s
PANELS = (
    ("dump", "dump, CPU"),
    ("archives", "frame store"),
    ("training's start", "epoch", "inference"),
)

app = new_app()


@dataclass(frozen=True)
class Size:
    """Costs measured on one corpus.

    costs: by the names of the way's units, in these units.
    besides: peak memory of the training without its frame store, MB.
    """

    corpus: str
    utterances: int
    hours: float
    costs: dict[str, float]
    besides: float


@app.command()
def scaling(
    utterances: Annotated[
        int,
        typer.Option(
            min=LEAST, help=f"Utterances of the corpus of size 1, rounded to a multiple of {LEAST}."
        ),
    ] = 400,
    encoder: Annotated[
        str | None,
        typer.Option(help="Folder of a pretrained encoder, for the tables of its path."),
    ] = None,
    sizes: Annotated[str, typer.Option(help="Three or more multiples of it.")] = "1,2,4,8",
    out: Annotated[
        Path, typer.Option(help="OUT.md has the tables put between their marks, OUT.png is drawn.")
    ] = Path("docs/scaling"),
) -> None:
    """Measure, print markdown tables, put them into a page and draw the lines.

    Example: python -m benchmarks.scaling
    """
    factors = sorted({int(word) for word in sizes.split(",") if word.strip().isdecimal()} - {0})
    if len(factors) < 3:
        raise InputError(f"--sizes {sizes}: three numbers or more from 1, such as 1,2,4")
    way = pretrained(encoder) if encoder else Way()
    page = out.with_suffix(".md")
    text = page.read_text(encoding="utf-8")
    names = [way.marks + name for name in way.tables]
    for name in names:
        put(text, name, [], page)  # before minutes are spent
    where = describe()
    os.environ["OMP_NUM_THREADS"] = "1"  # of the commands
    kernels()  # compiled now, and not by the first training
    with tempfile.TemporaryDirectory(prefix="scaling-") as folder:
        measured = [
            measure(way, Path(folder, str(factor)), round(utterances * factor / LEAST))
            for factor in factors
        ]
    hours, corpus = [size.hours for size in measured], measured[0].corpus
    fitted = {
        name: linear_fit.fit(hours, [size.costs[name] for size in measured]) for name in way.units
    }
    # What hardly grows may seem to shrink, which it does not.
    slopes = {name: max(0.0, line.slope) for name, line in fitted.items()}
    cost = projection.HourCost(
        dump=slopes["dump, CPU"],
        archives=1e6 * slopes["archives"],
        store=1e6 * slopes["frame store"],
        start=slopes["training's start"],
        epoch=slopes["epoch"],
    )
    command = shlex.join(["python", "-m", "benchmarks.scaling", *sys.argv[1:]])
    tables = (
        [f"{where}; one core. By `{command}`:", "", *table(measured, way.units)],
        linear_fit.table(corpus, fitted, way.units),
        projection.on_paper(cost) if encoder else projection.corpora(cost),
        projection.on_machines(cost),
    )
    for name, rows in zip(names, map(list, tables), strict=False):
        print(*rows, "", sep="\n")
        text = put(text, name, rows, page)
    if not encoder:
        linear_fit.draw(corpus, hours, fitted, UNITS, PANELS, out.with_suffix(".png"))
    with atomic_open(page) as file:
        file.write(text)


def measure(way: Way, work: Path, per_emotion: int) -> Size:
    """Generate a corpus and take it through the commands."""
    work.mkdir()
    corpus, data, dump, exp = (work / name for name in ("corpus", "data", "dump", "exp"))
    conf = work / "conf.yaml"
    conf.write_text(way.conf)  # JSON is YAML
    synthesize_iemocap(corpus, utts_per_emotion=per_emotion, lengths=LENGTHS)
    found = prepare(corpus)
    write_datadir(found.utterances, data, found.corpus)
    before = cpu_seconds()
    dumped = run("dump", [f"--data={data}", f"--out={dump}", *way.dump], work)
    cpu = cpu_seconds() - before
    feats = f"--feats={dump}/feats.scp"
    trained = run("train", [feats, f"--exp={exp}", f"--config={conf}"], work)
    epochs = epoch_seconds(exp)
    (model,) = exp.rglob("*.safetensors")
    inferred = run("infer", [f"--model={model}", feats, f"--out={work}/out"], work)
    opened = open_dump(dump / "feats.scp")
    store = frame_bytes(opened, opened.scp)
    costs = {}
    if "attack" in way.units:
        conf.write_text(json.dumps({**json.loads(way.conf), "runs": {"hold_out": ["each"]}}))
        run("train", [feats, f"--exp={work}/attacked", f"--config={conf}"], work)
        system = f"--model={work}/attacked/menan_seed0"
        costs["attack"] = run("attack", [system, feats, f"--out={work}/attack.json"], work).seconds
    return Size(
        corpus=corpus_name(data),
        utterances=len(opened.scp),
        hours=sum(map(float, read_table(data / "utt2dur").values())) / 3600,
        costs={
            "dump": dumped.seconds,
            "dump, CPU": cpu,
            "archives": sum(path.stat().st_size for path in dump.glob("feats.*.ark")) / 1e6,
            "frame store": store / 1e6,
            "training's start": trained.seconds - sum(epochs),
            "epoch": statistics.median(epochs),
            "inference": inferred.seconds,
            **costs,
        },
        besides=(trained.peak - store) / 1e6,
    )


def cpu_seconds() -> float:
    """CPU seconds of all commands that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def epoch_seconds(exp: Path) -> list[float]:
    """Seconds of each epoch of the only training there."""
    (log,) = exp.rglob("log.jsonl")
    return [json.loads(line)["seconds"] for line in log.read_text(encoding="utf-8").splitlines()]


def table(measured: list[Size], units: Mapping[str, str]) -> Iterator[str]:
    head = ["hours", "utterances", *(f"{name}, {unit}" for name, unit in units.items())]
    yield "| " + " | ".join([*head, "training's peak without the store, MB"]) + " |"
    yield "| :-- |" + " --: |" * (len(units) + 2)
    for size in measured:
        costs = (f"{size.costs[name]:.{1 if unit == 'MB' else 2}f}" for name, unit in units.items())
        cells = (f"{size.hours:.3f} of generated speech", str(size.utterances), *costs)
        yield "| " + " | ".join([*cells, f"{size.besides:.0f}"]) + " |"


def put(text: str, name: str, rows: Iterable[str], page: Path) -> str:
    """The page's text with rows for what stands between the marks of that name.

    Raises:
        InputError: it lacks them.
    """
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->\n"
    parts = re.fullmatch(f"(.*{begin}).*({end}.*)", text, flags=re.DOTALL)
    if parts is None:
        raise InputError(f"{page}: lacks the lines {begin.strip()} and {end.strip()}; add them")
    return parts[1] + "".join(f"{row}\n" for row in rows) + parts[2]


main = main_of(app, "benchmarks.scaling")

if __name__ == "__main__":
    main()
