"""Where the audio of EmoBox's manifests lies on a user's disk."""

from collections.abc import Iterable
from pathlib import Path

from menan.audio import is_file

# Audio that was converted, or extracted from a video, has another ending than in the manifest.
AUDIO_SUFFIXES = (".wav", ".flac")


class AudioPlace:
    """Finds the files of a corpus.

    Args:
        root: the folder with ``downloads/``, or ``downloads/`` itself, or the folder of the corpus
            in it: the one of them that has most of the files.
        corpus: the corpus as in ``downloads/<corpus>/``.
        wavs: the paths of the manifest.
    """

    def __init__(self, root: Path, corpus: str, wavs: Iterable[str]):
        self.root = root
        wavs = list(wavs)
        counts = {
            cut: sum(_readable(root / wav.removeprefix(cut)) is not None for wav in wavs)
            for cut in ("", "downloads/", f"downloads/{corpus}/")
        }
        self.cut = max(counts, key=lambda cut: counts[cut])

    def path(self, wav: str) -> Path:
        """The path that a file is expected to have."""
        return self.root / wav.removeprefix(self.cut)

    def find(self, wav: str) -> Path | None:
        """The file, or the wav or flac file of this name; None if there is none.

        Audio is preferred to a video of the same name.
        """
        return _readable(self.path(wav))


def _readable(path: Path) -> Path | None:
    names = [path] if path.suffix.lower() in AUDIO_SUFFIXES else []
    names += [path.with_name(f"{path.stem}{suffix}") for suffix in AUDIO_SUFFIXES]
    return next((name for name in (*names, path) if is_file(name)), None)
