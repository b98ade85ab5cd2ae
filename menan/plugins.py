"""Members of sockets that a user brings along: ``--plugin FILE.py``.

A plugin is a Python file that adds members, for example by :func:`menan.add_encoder`. It is loaded
only where a user names it on the command line; configurations and model files import no code.
"""

import hashlib
import importlib.util
import sys
from collections.abc import Iterable
from pathlib import Path

from menan.errors import InputError

_PREFIX = "menan_plugin_"
_loaded: dict[str, str] = {}


def load_plugins(paths: Iterable[Path]) -> None:
    """Run plugin files, which add their members.

    Raises:
        InputError: not a readable Python file, or it fails.
    """
    for path in paths:
        if not path.is_file():
            raise InputError(f"--plugin {path}: no such file")
        name = f"{_PREFIX}{path.stem}"
        spec = importlib.util.spec_from_file_location(name, path)
        if spec is None or spec.loader is None:
            raise InputError(f"--plugin {path}: expected a Python file, ending in .py")
        digest = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
        if _loaded.get(path.name) == digest:
            continue
        if path.name in _loaded:
            raise InputError(f"--plugin {path}: another plugin has this file name; rename one")
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module  # dataclasses look their module up
        try:
            spec.loader.exec_module(module)
        except Exception as error:  # a plugin can raise anything
            del sys.modules[name]
            reason = " ".join(str(error).split())[:200]
            raise InputError(f"--plugin {path}: {type(error).__name__}: {reason}") from error
        _loaded[path.name] = digest


def plugins_of(*members: object) -> dict[str, str]:
    """File name and digest of the plugins that some members come from, for records.

    Args:
        members: settings, such as those of an encoder.
    """
    files = {f"{_PREFIX}{Path(name).stem}": name for name in _loaded}
    names = {files[module] for one in members if (module := type(one).__module__) in files}
    return {name: _loaded[name] for name in sorted(names)}


def warn_changed_plugins(recorded: dict[str, str], where: str) -> None:
    """Print a line for each loaded plugin that is not the recorded one."""
    for name, digest in recorded.items():
        if _loaded.get(name, digest) != digest:
            print(f"warning: {where}: made with another version of {name}", file=sys.stderr)


def missing_plugins(needed: dict[str, str]) -> str:
    """What to add to a command for the plugins of a record; empty if all are loaded.

    >>> missing_plugins({"toy.py": "0123"})
    '; made with --plugin toy.py'
    """
    names = [name for name in needed if name not in _loaded]
    return "".join(f"; made with --plugin {name}" for name in names)
