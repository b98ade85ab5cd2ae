#!/usr/bin/env python3
"""slurm.py: see menan/launch/slurm/launcher.py, or slurm.py --help."""

import sys

try:
    from menan.launch.slurm.launcher import main
except ModuleNotFoundError as error:
    sys.exit(
        f"slurm.py: {sys.executable} has no module {error.name}; "
        "run 'make' in menan's root or put the bin/ of menan's environment on PATH"
    )

if __name__ == "__main__":
    main()
