"""Small corpora in the form of EmoBox's repository, with noise as audio."""

import json
from pathlib import Path

import numpy as np
import soundfile


def write_lines(path: Path, objects: list[dict]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(one) + "\n" for one in objects), encoding="utf-8")


def write_audio(path: Path, seconds: float = 0.5) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(sum(map(ord, path.name)))
    samples = rng.integers(-999, 999, round(16000 * seconds)).astype("int16")
    soundfile.write(path, samples, 16000)


class EmoBoxExample:
    """A checkout with one corpus: data/<corpus> and downloads/<corpus>."""

    def __init__(self, root: Path, corpus: str, label_map: dict[str, str] | None = None):
        self.root, self.corpus = root, corpus
        self.folder = root / "data" / corpus
        self.lines: list[dict] = []
        self.folder.mkdir(parents=True)
        if label_map is not None:
            (self.folder / "label_map.json").write_text(json.dumps(label_map))

    def add(self, wav: str, emotion: str, key: str = "", audio: bool = True, **fields) -> str:
        """One line of the manifest; ``wav`` begins at downloads/<corpus>."""
        key = f"{self.corpus}-{key or Path(wav).stem}"
        path = f"downloads/{self.corpus}/{wav}"
        line = {"key": key, "dataset": self.corpus, "wav": path, "type": "raw", "emo": emotion}
        self.lines.append(line | {"sample_rate": 16000, "length": 0.5, "channel": 1} | fields)
        if audio:
            write_audio(self.root / path)
        return key

    def write(self, *folds: dict[str, list[str]]) -> Path:
        """Write the manifest, and the folds as keys by part; returns the folder."""
        write_lines(self.folder / f"{self.corpus}.jsonl", self.lines)
        by_key = {line["key"]: line for line in self.lines}
        for number, parts in enumerate(folds, start=1):
            for part, keys in parts.items():
                name = f"fold_{number}/{self.corpus}_{part}_fold_{number}.jsonl"
                write_lines(self.folder / name, [by_key[key] for key in keys])
        return self.folder

    def folds_by(self, *groups: tuple[str, ...]) -> list[dict[str, list[str]]]:
        """Folds that each test the keys with one of some endings."""
        keys = [line["key"] for line in self.lines]
        tests = [[key for key in keys if key.endswith(endings)] for endings in groups]
        return [{"test": own, "train": [k for k in keys if k not in own]} for own in tests]
