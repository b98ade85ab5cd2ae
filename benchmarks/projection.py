"""On paper: what large corpora cost, by what an hour of speech costs, as measured.

All is made of the measured costs and of the constants here; docs/scaling.md says how.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from menan.features.store import STORE_FRACTION

HOURS = (1_000, 100_000)
MSP_PODCAST = 240  # hours
SPEEDS = {"one speed": (1.0,), "five speeds": (0.8, 0.9, 1.0, 1.1, 1.2)}
UTTERANCE_SECONDS = 4.5  # IEMOCAP's in the mean, and the generated ones'
# Bytes an utterance of names and labels, at most in any command and in each job of a dump, and of a
# process without any: benchmarks/load.md.
NAMES, DUMP_NAMES, PROCESS = 2_300, 830, 0.75e9
ARRAY_JOBS = 1_000  # SLURM's MaxArraySize is 1001 unless the cluster says otherwise
# Five systems with five held-out groups each, which serve ten folds; four fifths are trained on.
TRAININGS, TRAINED_ON = 25, 0.8
PAPER_EPOCHS = 300


@dataclass(frozen=True)
class HourCost:
    """Costs of one more hour of speech at one speed.

    dump: seconds of a core.
    archives, store: bytes, float32.
    start, epoch: seconds of a training, on one core: before its first epoch, and of each.
    """

    dump: float
    archives: float
    store: float
    start: float
    epoch: float


@dataclass(frozen=True)
class Machines:
    """Some like machines.

    count, cores, memory: how many, cores and bytes of each.
    card: bytes of a GPU, on which no training was ever timed; 0 for a training on a CPU.
    """

    name: str
    count: int
    cores: int
    memory: float
    card: float = 0.0


MACHINES = (
    Machines("2 cores, 24 GiB", 1, 2, 24 * 2**30),
    Machines("64 cores, 256 GiB", 1, 64, 256 * 2**30),
    Machines("SLURM, 50 of these", 50, 64, 256 * 2**30),
    Machines("8 H100 of 80 GB, 64 cores, 2 TB", 1, 64, 2e12, card=80e9),
)


def utterances(hours: float) -> float:
    return 3600 * hours / UTTERANCE_SECONDS


def on_paper(cost: HourCost) -> Iterator[str]:
    """:func:`corpora` of the hours of MSP-Podcast and of a large corpus, at one speed."""
    return corpora(cost, (MSP_PODCAST, HOURS[-1]), ("one speed",))


def corpora(
    cost: HourCost, sizes: Sequence[int] = HOURS, copies: Sequence[str] = tuple(SPEEDS)
) -> Iterator[str]:
    """What no machine changes, as lines of a markdown table.

    Args:
        sizes: hours of speech.
        copies: names in SPEEDS.
    """
    head = ("corpus", "utterances, copies", "archives, store", "float16", "names and labels")
    yield "| " + " | ".join([*head, "dump", "a training's start", "an epoch"]) + " |"
    yield "| :-- |" + " --: |" * 7
    for hours in sizes:
        for name, speeds in ((name, SPEEDS[name]) for name in copies):
            heard = hours * sum(1 / speed for speed in speeds)
            count = len(speeds) * utterances(hours)
            cells = (
                f"{hours:,} h, {name}",
                f"{count / 1e6:.3g} million",
                f"{size(cost.archives * heard)}, {size(cost.store * heard)}",
                size(cost.store * heard / 2),
                size(NAMES * count),
                duration(cost.dump * heard),
                duration(cost.start * heard),
                # A copy is repeated to the network's input length, as any utterance.
                duration(cost.epoch * hours * len(speeds)),
            )
            yield "| " + " | ".join(cells) + " |"


def on_machines(cost: HourCost) -> Iterator[str]:
    """Times at one speed and where the frames are, as lines of a markdown table."""
    head = ("one speed", "on", "dump jobs", "dump", "frames of a training")
    yield f"| {' | '.join(head)} | {TRAININGS} trainings, an epoch | {PAPER_EPOCHS} epochs |"
    yield "| :-- | :-- | --: | --: | :-- | --: | --: |"
    for hours in HOURS:
        for machines in MACHINES:
            jobs = dump_jobs(hours, machines)
            frames = place(cost.store * hours, NAMES * utterances(hours), machines)
            epoch = None if machines.card or not frames else grid_epoch(cost, hours, machines)
            cells = (
                f"{hours:,} h",
                machines.name,
                f"{jobs:,}",
                duration(cost.dump * hours / jobs) if jobs else "names do not fit",
                frames or "names do not fit",
                duration(epoch) if epoch else "–",
                duration(PAPER_EPOCHS * epoch) if epoch else "–",
            )
            yield "| " + " | ".join(cells) + " |"


def dump_jobs(hours: float, machines: Machines) -> int:
    """As many as there are cores, as memory holds, and as one array may have.

    Each job reads the names and labels of the whole corpus.
    """
    job = PROCESS + DUMP_NAMES * utterances(hours)
    each = min(machines.cores, int(STORE_FRACTION * machines.memory / job))
    return min(machines.count * each, ARRAY_JOBS)


def place(frames: float, names: float, machines: Machines) -> str | None:
    """Where the frames of a training are, of so many bytes; None where not even its names fit."""
    if PROCESS + names > STORE_FRACTION * machines.memory:
        return None
    room = STORE_FRACTION * machines.card or STORE_FRACTION * machines.memory - PROCESS - names
    where = "GPU" if machines.card else "memory"
    if frames <= room:
        return where
    if frames / 2 <= room:
        return f"{where}, as float16"
    return "not on a GPU" if machines.card else "disk, by `--store`"


def grid_epoch(cost: HourCost, hours: float, machines: Machines) -> float:
    """Seconds of an epoch of all trainings; each of them on one core, as measured."""
    return (
        TRAININGS
        * TRAINED_ON
        * cost.epoch
        * hours
        / min(TRAININGS, machines.count * machines.cores)
    )


def size(amount: float) -> str:
    """Bytes for a reader.

    >>> size(1.76e9), size(6.19e12)
    ('1.8 GB', '6,190 GB')
    """
    return f"{_two_digits(amount / 1e9)} GB"


def duration(seconds: float) -> str:
    """Seconds for a reader.

    >>> [duration(s) for s in (5.25, 1500, 5400, 86400 * 3, 86400 * 1000)]
    ['5.2 s', '25 min', '90 min', '3.0 days', '2.7 years']
    """
    for unit, name in ((86400 * 365, "years"), (86400, "days"), (3600, "h"), (60, "min")):
        if seconds >= 2 * unit:
            return f"{_two_digits(seconds / unit)} {name}"
    return f"{_two_digits(seconds)} s"


def _two_digits(number: float) -> str:
    return f"{number:,.0f}" if number >= 9.95 else f"{number:.1f}"
