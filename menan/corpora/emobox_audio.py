"""Where the audio of EmoBox's manifests lies on a user's disk."""

from collections.abc import Iterable
from pathlib import Path

from menan.corpora.preparation import AUDIO_SUFFIXES
from menan.files.regular import is_file


class AudioPlace:
    """Finds the files of a corpus below a folder, which may be any folder of the manifest's paths.

    Of ``downloads/savee/JE_n23.wav`` as many leading folders are ignored as find most files, and
    never so many that two paths would be one file.

    Args:
        root: the folder with ``downloads/``, or one below it.
        wavs: the paths of the manifest.
    """

    def __init__(self, root: Path, wavs: Iterable[str]):
        self.root, self.cut = root, 0
        distinct = set(wavs)
        most = 0
        for cut in range(max((wav.count("/") for wav in distinct), default=0) + 1):
            files = [file for wav in distinct if (file := _readable(root / _without(wav, cut)))]
            if len(files) > most and len(set(files)) == len(files):
                most, self.cut = len(files), cut

    def path(self, wav: str) -> Path:
        """The path that a file is expected to have."""
        return self.root / _without(wav, self.cut)

    def find(self, wav: str) -> Path | None:
        """The file, or the wav or flac file of this name; None if there is none.

        Audio that was converted, or extracted from a video, has another ending than in the
        manifest. Audio is preferred to a video of the same name.
        """
        return _readable(self.path(wav))


def _without(wav: str, folders: int) -> str:
    """A path without its first folders; the name of the file stays.

    >>> _without("downloads/savee/JE_n23.wav", 1), _without("a/b.wav", 7)
    ('savee/JE_n23.wav', 'b.wav')
    """
    parts = wav.split("/")
    return "/".join(parts[min(folders, len(parts) - 1) :])


def _readable(path: Path) -> Path | None:
    names = [path] if path.suffix.lower() in AUDIO_SUFFIXES else []
    names += [path.with_name(f"{path.stem}{suffix}") for suffix in AUDIO_SUFFIXES]
    return next((name for name in (*names, path) if is_file(name)), None)
