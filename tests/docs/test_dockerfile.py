"""The Dockerfile and README.md agree, and the image contains what setup.py installs."""

import re
import shlex

from tests.docs.page_blocks import ROOT, blocks, commands

FILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
INSTRUCTIONS = [
    line.partition(" ")[::2]
    for line in re.sub(r"\\\n", "", re.sub(r"^#.*\n", "", FILE, flags=re.MULTILINE)).splitlines()
    if line
]
RUN = [
    " ".join(command.split())
    for name, text in INSTRUCTIONS
    if name == "RUN"
    for command in text.split("&&")
]


def test_it_installs_as_the_readme_says():
    typed = [
        c for block in blocks("README.md") if block.language == "sh" for c in commands(block.text)
    ]
    assert "pip install ." in typed
    assert [command for command in RUN if command.startswith("pip ")] == [
        "pip install .",
        "pip install --no-deps .",
    ]
    (index,) = re.findall(r"ARG PIP_EXTRA_INDEX_URL=(\S+)", FILE)
    assert f"`pip install --extra-index-url {index} .`" in README
    assert any(command.endswith(" g++") for command in RUN)
    assert "Debian: `g++`" in README


def test_its_own_text_and_the_pages_build_and_run_it_alike():
    told = re.findall(r"^#   (docker .*)", FILE, re.MULTILINE)
    for page in ("README.md", "docs/deploy.md"):
        typed = [c for b in blocks(page) if b.language == "sh" for c in commands(b.text)]
        assert [command for command in typed if command.startswith("docker ")] == told
    tag, started = shlex.split(told[0])[3], shlex.split(told[1])
    assert tag in started
    assert (ROOT / f"bin/{started[started.index(tag) + 1].replace('-', '_')}.py").exists()


def test_python_and_user_are_what_the_project_asks_for():
    names = dict(INSTRUCTIONS)
    version = re.fullmatch(r"python:3\.(\d+)-slim-\w+", names["FROM"])
    least = re.search(r'python_requires=">=3\.(\d+)"', (ROOT / "setup.py").read_text())
    assert version
    assert least
    assert int(version[1]) >= int(least[1])
    assert any("menan" in command for command in RUN if command.startswith("useradd"))
    assert names["USER"] == "menan"
    assert shlex.split(names["CMD"].strip("[]").replace(",", " "))[0] == "menan-predict"


def test_all_that_setup_needs_is_in_the_build_context():
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().split() if line[0] == "!"}
    assert kept >= {"setup.py", "pyproject.toml", "README.md", "menan", "bin", "utils"}
    copied = [text.split()[:-1] for name, text in INSTRUCTIONS if name == "COPY"]
    assert copied[-1] == ["."]
    for source in (source for sources in copied for source in sources):
        assert (ROOT / source).exists()
        assert source == "." or source.split("/")[0] in kept
