"""Kill a recipe's commands, as ``kill -9`` does, again and again, and see that nothing is lost.

Each command is killed at random moments, up to several times in a row, until one of its runs comes
through; then the next has its turn. At the end of the recipe all files have to be byte for byte
those of an undisturbed one, and the recipe begins anew.

    python -m tests.faults.soak --kills 200
"""

import random
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from tests.faults.killing import Moment, make_corpus, recipe, reset, run, snapshot

# Kills of one command, one after the other, before it may come through.
IN_A_ROW = 4


def soak(
    kills: Annotated[int, typer.Option(min=1)] = 200,
    nj: Annotated[
        int, typer.Option(min=1, help="Jobs of the dump, in processes of their own.")
    ] = 2,
    seed: int = 0,
) -> None:
    """Kill the commands of a small recipe (generated speech) so many times; print a table."""
    rng = random.Random(seed)
    survived: Counter[str] = Counter()
    recipes, started = 0, time.monotonic()
    with tempfile.TemporaryDirectory(prefix="menan-soak-") as folder:
        work, before = Path(folder) / "work", Path(folder) / "before"
        make_corpus(before)
        reset(work, before)
        undisturbed = {argv[0]: _undisturbed(work, argv) for argv in recipe(nj)}
        wanted = snapshot(work)
        while sum(survived.values()) < kills:
            reset(work, before)
            for argv in recipe(nj):
                for _ in range(rng.randint(1, IN_A_ROW)):
                    # Now and then later than its end: a run that comes through is disturbed too.
                    moment = Moment(seconds=rng.uniform(0, 1.1 * undisturbed[argv[0]].seconds))
                    if rng.random() < 0.5:
                        moment = Moment(touch=rng.randint(1, undisturbed[argv[0]].touches))
                    survived[argv[0]] += run(work, argv, moment).killed
                _undisturbed(work, argv)
            recipes += 1
            there = snapshot(work)
            different = sorted(
                name for name in wanted.keys() | there.keys() if wanted.get(name) != there.get(name)
            )
            if different:
                raise SystemExit(f"after {dict(survived)}: not as undisturbed: {different}")
    total, minutes = sum(survived.values()), (time.monotonic() - started) / 60
    print(f"{total} kills of {total} survived in {recipes} recipes, {minutes:.1f} min\n")
    print("| command | kills |\n| :-- | --: |")
    for command, number in survived.items():
        print(f"| {command} | {number} |")


def _undisturbed(work: Path, argv: list[str]):
    outcome = run(work, argv)
    if outcome.status != 0:
        raise SystemExit(f"{' '.join(argv)}: {outcome.output}")
    return outcome


if __name__ == "__main__":
    typer.run(soak)
