#!/usr/bin/env python3
"""Run a command for one of several names, as one job of a launcher.

Usage: each.py NUMBER NAME... -- COMMAND [ARGUMENT...]

NUMBER is the position of the NAME, from 1; {} in COMMAND and ARGUMENTs is replaced by the name.

Example: run.py JOB=1:2 log/x.JOB.log each.py JOB ec_seed0 menan_seed0 -- menan-infer --model exp/{}
"""

import os
import sys


def main() -> None:
    """Replace this process by the command."""
    words = sys.argv[1:]
    if words[:1] in (["-h"], ["--help"]):
        print(__doc__)
        raise SystemExit(0)
    if "--" not in words or words.index("--") in (0, len(words) - 1):
        raise SystemExit("each.py: expected NUMBER NAME... -- COMMAND; see each.py --help")
    end = words.index("--")
    number, names, command = words[0], words[1:end], words[end + 1 :]
    if not number.isdecimal() or not 1 <= int(number) <= len(names):
        raise SystemExit(f"each.py: {number}: expected a number from 1 to {len(names)}")
    command = [word.replace("{}", names[int(number) - 1]) for word in command]
    try:
        os.execvp(command[0], command)
    except OSError as error:
        raise SystemExit(f"each.py: {command[0]}: {error.strerror}") from None


if __name__ == "__main__":
    main()
