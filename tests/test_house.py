"""The house: imports go downward, the trainer knows no objective by name, files fit in the head."""

import ast
from pathlib import Path

import pytest

from menan.training.objectives import OBJECTIVES

ROOT = Path(__file__).resolve().parents[1]
# From the ground up; a room imports from itself and from what stands before it.
ROOMS = [
    *("ground", "launch", "datadir", "corpora", "features", "model", "engine", "inference"),
    *("scoring", "training", "analysis"),
]
MODULES = sorted((ROOT / "menan").rglob("*.py"))


def room_of(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[1] in ROOMS else "ground"


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return names


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_downward(path):
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    own = ROOMS.index(room_of(module))
    for name in imported(path):
        assert not name.startswith(("menan_bin", "menan_utils")), f"{module} imports {name}"
        if name.startswith("menan."):
            assert ROOMS.index(room_of(name)) <= own, f"{module} imports {name} from above"


def test_scoring_needs_no_torch():
    for path in (ROOT / "menan/scoring").glob("*.py"):
        assert not any(name.split(".")[0] == "torch" for name in imported(path)), path


def test_only_one_module_knows_kaldiio():
    assert [path.name for path in MODULES if "kaldiio" in imported(path)] == ["archive.py"]


@pytest.mark.parametrize("name", ["trainer.py", "lockstep.py", "plan.py", "experiment.py"])
def test_the_trainer_knows_no_objective_by_name(name):
    tree = ast.parse((ROOT / "menan/training" / name).read_text(encoding="utf-8"))
    strings = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    assert not strings & set(OBJECTIVES)


def test_files_fit_in_the_head():
    for pattern in ("menan/**/*.py", "bin/*.py", "utils/*.py", "tests/**/*.py"):
        for path in ROOT.glob(pattern):
            assert len(path.read_text(encoding="utf-8").splitlines()) <= 300, path
    for path in ROOT.glob("egs/*/run.sh"):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 150, path


def test_every_command_has_a_file_of_its_own_and_a_guard():
    commands = {path.stem for path in (ROOT / "bin").glob("menan_*.py")}
    assert commands >= {
        *("menan_prepare", "menan_synthesize", "menan_validate", "menan_folds", "menan_dump"),
        *("menan_train", "menan_infer", "menan_score", "menan_tsne", "menan_results"),
        *("menan_predict", "menan_probe", "menan_front", "menan_export"),
    }
    for command in commands:
        text = (ROOT / "bin" / f"{command}.py").read_text(encoding="utf-8")
        assert f'main = main_of(app, "{command.replace("_", "-")}")' in text
