"""What the commands import only when they need it, for processes that are forked into commands."""

import ast
from pathlib import Path

BIN = Path(__file__).resolve().parents[1] / "bin"


def late_imports() -> list[str]:
    """The modules that commands import inside their functions, and what these import late."""
    found = {
        node.module or ""
        for path in BIN.glob("menan_*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.col_offset > 0
    }
    found |= {"menan.analysis.report.page", "menan.features.kaldi", "menan.features.waveform"}
    return sorted(found | {"scipy.special", "scipy.stats", "sklearn.metrics", "sklearn.neighbors"})
