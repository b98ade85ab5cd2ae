import pytest
import soundfile

from menan.datadir.utterances import Utterance, write_datadir
from tests.features.dump.dump_example import noise


@pytest.fixture
def data(tmp_path):
    """Four speakers, two utterances each, in files of their own; 0.3 to 0.5 s at 16 kHz."""
    utterances = []
    for number in range(8):
        speaker = "bcad"[number // 2]
        utt = f"{speaker}-{number + 5}"  # "10" sorts before "9"
        path = tmp_path / "audio" / f"{utt}.wav"
        path.parent.mkdir(exist_ok=True)
        soundfile.write(path, noise(4800 + 400 * number, number), 16000)
        utterances.append(
            Utterance(
                utt=utt,
                speaker=speaker,
                recording=utt,
                path=str(path),
                emotions=("ang", "sad") if number == 3 else (("hap", "neu")[number % 2],),
                duration=0.3 + 0.025 * number,
                gender="fm"[number % 4 // 2],
            )
        )
    write_datadir(utterances, tmp_path / "data")
    return tmp_path / "data"
