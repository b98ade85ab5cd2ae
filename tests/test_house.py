"""The house: imports go downward, sockets keep their names to themselves, files fit in the head."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from menan.encoder_settings import EncoderSettings
from menan.front_ends import FrontEnd
from menan.settings import BottleneckSettings, ObjectiveSettings

ROOT = Path(__file__).resolve().parents[1]
# From the ground up; a room imports from itself and from the rooms before it.
ROOMS = [
    *("ground", "launch", "datadir", "corpora", "features", "model", "engine", "inference"),
    *("scoring", "training", "analysis"),
]
PACKAGE = sorted((ROOT / "menan").rglob("*.py"))
PROGRAMS = sorted([*(ROOT / "bin").glob("*.py"), *(ROOT / "utils").glob("*.py")])
SOCKETS = (EncoderSettings, BottleneckSettings, ObjectiveSettings, FrontEnd)
# "none" also means other things: nothing held out, no normalisation.
MEMBERS = {name for socket in SOCKETS for name in socket.table} - {"none"}
LOOK_UPS = ("startswith", "endswith", "get", "index")
# Tables of published figures name the systems that they are about.
PUBLISHED = {"analysis/tables/paper.py"}


def ids(path: Path) -> str:
    return str(path.relative_to(ROOT))


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def room_of(module: str) -> int:
    parts = module.split(".")
    inside = len(parts) > 1 and parts[1] in ROOMS
    return ROOMS.index(parts[1]) if inside else ROOMS.index("ground")


def imported(tree: ast.Module) -> set[str]:
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return names


def named_in_strings(tree: ast.Module) -> set[str]:
    """Modules that are named as a string: started by ``python -m``, or imported by name."""
    documentation = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    module = re.compile(r"menan(_bin|_utils)?(\.[a-z_0-9]+)+")
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in documentation
        and module.fullmatch(node.value)
    }


@pytest.mark.parametrize("path", PACKAGE, ids=ids)
def test_imports_go_downward_even_by_string(path):
    tree, module = tree_of(path), name_of(path)
    # The public face names the modules above it, which it imports when they are used.
    strings = set() if path == ROOT / "menan/__init__.py" else named_in_strings(tree)
    for name in imported(tree) | strings:
        assert not name.startswith(("menan_bin", "menan_utils")), f"{module} imports {name}"
        if name.startswith("menan."):
            assert room_of(name) <= room_of(module), f"{module} imports {name} from above"


def test_scoring_needs_no_torch():
    for path in (ROOT / "menan/scoring").glob("*.py"):
        assert not any(name.split(".")[0] == "torch" for name in imported(tree_of(path))), path


def test_only_the_archives_modules_know_kaldiio():
    names = {"kaldiio", "kaldiio.matio"}
    users = [path.name for path in PACKAGE if names & set(imported(tree_of(path)))]
    assert sorted(users) == ["archive.py", "archive_writer.py"]


def member_names(node: ast.AST | None) -> set[str]:
    """Names of members in a constant, or in a tuple, list or set of constants."""
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return set().union(*(member_names(item) for item in node.elts))
    value = node.value if isinstance(node, ast.Constant) else None
    return MEMBERS & {value} if isinstance(value, str) else set()


def dispatches(tree: ast.Module) -> Iterator[tuple[int, set[str]]]:
    """Line and names of every comparison, mapping, match and subscript that names a member."""
    for node in ast.walk(tree):
        found: set[str] = set()
        if isinstance(node, ast.Compare):
            found = set().union(*(member_names(side) for side in (node.left, *node.comparators)))
        elif isinstance(node, ast.Dict):
            found = set().union(*(member_names(key) for key in node.keys))
        elif isinstance(node, ast.MatchValue):
            found = member_names(node.value)
        elif isinstance(node, ast.Subscript):
            found = member_names(node.slice)
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") in LOOK_UPS:
            found = set().union(*(member_names(argument) for argument in node.args))
        if found:
            yield node.lineno, found


@pytest.mark.parametrize("path", [*PACKAGE, *PROGRAMS], ids=ids)
def test_no_module_dispatches_on_the_name_of_a_member(path):
    name = str(path.relative_to(ROOT)).removeprefix("menan/")
    # The sockets' own tables.
    if name in PUBLISHED | {"settings.py", "encoder_settings.py", "front_ends.py"}:
        return
    assert list(dispatches(tree_of(path))) == []


def test_the_rule_on_names_finds_what_it_should():
    for text in (
        'kind == "noise"',
        'objective in ("ec", "menan")',
        'TABLE = {"menan": 1}',
        'systems["menan"]',
        'name.startswith("menan")',
        'match kind:\n    case "fsq":\n        pass',
    ):
        assert list(dispatches(ast.parse(text))), text
    assert not list(dispatches(ast.parse('print("menan", hold_out == "none")')))


@pytest.mark.parametrize("path", [*PACKAGE, *PROGRAMS], ids=ids)
def test_no_description_begins_with_of(path):
    """``lr: initial learning rate of Adam``, not ``lr: of Adam at the start``."""
    text = path.read_text(encoding="utf-8")
    attribute = re.compile(r"^\s+[a-z_]+(, [a-z_]+)*: of ", re.MULTILINE)
    option = re.compile(r"help=\s*f?\"[oO]f ")
    docstring = re.compile(r'"""Of ')
    for pattern in (attribute, option, docstring):
        assert not pattern.search(text), pattern.search(text)


@pytest.mark.parametrize("path", [*PACKAGE, *PROGRAMS], ids=ids)
def test_a_module_fits_in_the_head(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 250


def test_tests_and_recipes_fit_in_the_head():
    for path in (ROOT / "tests").rglob("*.py"):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 300, path
    for path in ROOT.glob("egs/*/*.sh"):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 150, path
    for recipe in ("cremad", "emobox", "emodb", "iemocap", "meld", "msp-podcast", "ravdess"):
        path = ROOT / "egs" / recipe / "run.sh"
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 30, path


def test_no_module_name_is_used_twice():
    names = Counter(path.stem for path in PACKAGE if path.stem != "__init__")
    assert [name for name, count in names.items() if count > 1] == []
    assert not {"utils", "helpers", "common", "misc"} & names.keys()


def test_no_class_name_is_used_twice():
    names = Counter(
        node.name
        for path in PACKAGE
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ClassDef)
    )
    assert [name for name, count in names.items() if count > 1] == []


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
