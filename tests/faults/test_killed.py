"""A command that is killed at any moment, and run again, gives what it gives undisturbed."""

import random

import pytest

from tests.faults.killing import Moment, make_corpus, recipe, reset, run, snapshot

KILLS = 8


@pytest.fixture(scope="module")
def stages(tmp_path_factory):
    """The recipe's commands, each with the state before it, what it gives, and its own run."""
    root = tmp_path_factory.mktemp("killed")
    work = root / "work"
    make_corpus(work)
    found = {}
    for argv in recipe():
        before = root / f"before-{argv[0]}"
        reset(before, work)
        outcome = run(work, argv)
        assert outcome.status == 0, outcome.output
        found[argv[0]] = (argv, before, snapshot(work), outcome)
    return work, found


@pytest.mark.parametrize("command", [argv[0] for argv in recipe()])
def test_a_killed_command_run_again_gives_the_undisturbed_output(stages, command):
    work, found = stages
    argv, before, wanted, undisturbed = found[command]
    rng = random.Random(command)
    kills = runs = 0
    while kills < KILLS:
        # Half before files are touched, where the order of steps matters; half at any time, which
        # may be later than this run's end.
        moment = Moment(touch=rng.randint(1, undisturbed.touches))
        if runs % 2:
            moment = Moment(seconds=rng.uniform(0, undisturbed.seconds))
        runs += 1
        assert runs < 4 * KILLS
        reset(work, before)
        kills += run(work, argv, moment).killed
        again = run(work, argv)
        assert again.status == 0, f"after {moment}: {again.output}"
        there = snapshot(work)
        assert there.keys() == wanted.keys(), moment
        assert [name for name in wanted if there[name] != wanted[name]] == [], moment
    print(f"{command}: {kills} kills survived of {kills}, outputs byte for byte those undisturbed")
