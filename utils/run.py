#!/usr/bin/env python3
"""run.py: see menan/launch/local.py, or run.py --help."""

import sys

try:
    from menan.launch.local import main
except ModuleNotFoundError as error:
    sys.exit(
        f"run.py: {sys.executable} has no module {error.name}; "
        "run 'make' in menan's root or put the bin/ of menan's environment on PATH"
    )

if __name__ == "__main__":
    main()
