"""A reader who types the commands of a page, in a folder with what the page says is there.

The commands are forks of one process (tests/recipes/warm.py), in which probes and attackers hardly
learn. The folder looks like a clone: it has ``egs`` and ``utils``.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from tests.docs.generated_corpora import make_corpus
from tests.docs.page_blocks import ROOT, Block, as_run, blocks
from tests.recipes.warm import COMMAND_FOLDER

RESULTS = ("results_*", "data", "dump", "exp", "demo")  # in egs/*, made by recipes


class Reader:
    """Runs blocks in a folder.

    folder: the working directory.
    corpora: the folder of generated corpora, $CORPORA in a command.
    printed: standard output of the blocks of the last page, by line of the page.
    """

    def __init__(self, folder: Path, tree: Path, corpora: Path):
        self.folder, self.corpora = folder, corpora
        self.printed: dict[int, str] = {}
        self._names: dict[str, Any] = {}
        (folder / ".venv").symlink_to(tree / ".venv")
        (folder / "utils").symlink_to(ROOT / "utils")
        ignored = shutil.ignore_patterns(*RESULTS)
        shutil.copytree(ROOT / "egs", folder / "egs", symlinks=True, ignore=ignored)
        commands = f"{tree / COMMAND_FOLDER}:{Path(sys.executable).parent}"
        self._environment = {
            **os.environ,
            "PATH": f"{commands}:{os.environ['PATH']}",
            "CORPORA": str(corpora),
            "OMP_NUM_THREADS": "1",
        }

    def has(self, *sources: Path) -> None:
        """Copy files or folders, under their own names, into the folder."""
        for source in sources:
            if source.is_dir():
                shutil.copytree(source, self.folder / source.name, dirs_exist_ok=True)
            else:
                shutil.copy(source, self.folder)

    def generated(self, name: str) -> Path:
        """The folder of a generated corpus."""
        make_corpus(self.corpora, name)
        return self.corpora / name

    def records(self, name: str, seconds: float = 2.0) -> None:
        """Write a recording of noise."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        samples = np.random.default_rng(0).normal(size=round(16000 * seconds))
        soundfile.write(path, 0.1 * samples, 16000)

    def reads(self, page: str, **names: Any) -> None:
        """Write the files that a page shows, then run its other blocks in their order.

        Args:
            names: variables that the Python of the page expects.
        """
        self.printed, self._names = {}, dict(names)
        found = list(filter(None, map(as_run, blocks(page))))
        for block in found:
            if block.file:
                (self.folder / block.file).write_text(block.text)
        for block in found:
            if not block.file:
                self._runs(block)

    def _runs(self, block: Block) -> None:
        if block.language == "python":
            exec(compile(block.text, block.where, "exec"), self._names)
        else:
            self.printed[block.line] = self.types(block.text, block.where)

    def types(self, commands: str, where: str = "") -> str:
        """Run shell commands, of which the first that fails is an error; returns their output."""
        for name in re.findall(r"\$CORPORA/([\w-]+)", commands):
            make_corpus(self.corpora, name)
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", commands],
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        told = f"{where}: exit status {done.returncode}\n{commands}\n{done.stdout}{done.stderr}"
        assert done.returncode == 0, told
        return done.stdout
