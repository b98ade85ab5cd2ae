"""One parser under atheris: ``python -m tests.faults.fuzz_one PARSER CRASHES [OPTION ...]``.

The options are libFuzzer's, and so is what stands on stderr; stdout has a line for each crash.
"""

import re
import sys
import tempfile
import traceback
import warnings
from pathlib import Path


def main(name: str, crashes: Path, options: list[str]) -> None:
    """Never returns: libFuzzer ends the process."""
    import atheris

    # What is imported in here tells atheris which code an input reaches.
    with atheris.instrument_imports(include=["menan", "kaldiio", "yaml"]):
        from tests.faults.parsers import PARSERS
        from tests.faults.trial import Trial

    warnings.simplefilter("ignore")
    stem = re.sub(r"\W+", "-", name).strip("-")
    crashes.mkdir(parents=True, exist_ok=True)
    corpus = Path(tempfile.mkdtemp())
    trial = Trial(PARSERS[name]).__enter__()
    for number, example in enumerate(trial.examples):
        (corpus / str(number)).write_bytes(example)
    seen: set[str] = set()

    def one(data: bytes) -> None:
        try:
            trial.refusal(data)
        except Exception as error:
            kind = f"{type(error).__name__}-{_innermost(error)}"
            if kind not in seen:
                seen.add(kind)
                path = crashes / f"{stem}-{kind}"
                path.write_bytes(data)
                reason = " ".join(str(error).split())[:200]
                print(f"crash: {name}: {kind}: {reason}; {path}", flush=True)

    atheris.Setup([sys.argv[0], f"-artifact_prefix={crashes / stem}-", *options, str(corpus)], one)
    atheris.Fuzz()


def _innermost(error: BaseException) -> str:
    """The last line of ours that an exception came through."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "/menan/" in frame.filename] or frames
    return f"{Path(ours[-1].filename).name}:{ours[-1].lineno}"


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3:])
