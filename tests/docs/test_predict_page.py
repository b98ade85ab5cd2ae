"""The commands and the Python of docs/predict.md work as they stand, and its numbers are right."""

import numpy as np
import soundfile

from menan.corpora.synthetic.voice import draw_speaker, synthesize
from menan.front_ends import KaldiFrontEnd
from menan.inference import energy_gate, speech_gate
from menan.inference.prediction import Prediction
from menan.model.model_file import save_model
from menan.pretrained_front_end import PretrainedFrontEnd
from tests.analysis.leakage.given_example import UTTS, emotion, speaker, vectors
from tests.docs.page_blocks import ROOT
from tests.training.training_example import build_network, model_card

PAGE = (ROOT / "docs/predict.md").read_text(encoding="utf-8")


def test_the_page_works(reader, capsys):
    card = model_card(features=KaldiFrontEnd(seconds=4.0))
    save_model(reader.folder / "model.safetensors", build_network(43, 2, 0), card)
    rng = np.random.default_rng(0)
    speech = synthesize(draw_speaker("f", rng), "neu", rng, 5.0)  # a detector hears it as speech
    (reader.folder / "calls").mkdir()
    for name in ("interview.wav", "calls/a.wav"):
        soundfile.write(reader.folder / name, speech, 16000)
    emotions, speakers = list(map(emotion, UTTS)), list(map(speaker, UTTS))
    given = {"references": emotions, "hypotheses": emotions, "emotions": emotions}
    reader.reads("docs/predict.md", **given, embeddings=vectors(), speakers=speakers)
    printed, kept = reader.printed.values()
    assert kept.startswith("interview.wav\t")
    assert printed.count("interview.wav") == 5  # among them two windows, and one line of JSON
    assert "calls/a.wav\t" in printed
    assert "\n-\t" in printed
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].startswith("0.0 4.0 ")
    assert lines[3].startswith("1.0 ")


def test_the_page_names_every_field_and_the_bounds_of_the_gate():
    one = Prediction("a", 0, 1, {"ang": 1.0}, np.zeros(1))
    assert [name for name in one.to_json(embedding=True) if f"`{name}`" not in PAGE] == []
    seconds = energy_gate.FEWEST_FRAMES * energy_gate.FRAME_SECONDS
    for text in (
        f"each {energy_gate.FRAME_SECONDS:g} s",
        f"lies {energy_gate.ABOVE_FLOOR_DB:g} dB above",
        f"at least {energy_gate.LEAST_BELOW_DB:g} dB and at most {energy_gate.MOST_BELOW_DB:g} dB",
        f"needs {seconds:.1f} s above",
        f"if it holds {speech_gate.LEAST_SECONDS:g} s of speech",
        f"pieces of {speech_gate.PIECE_SECONDS} s, each amplified by up to "
        f"{20 * np.log10(speech_gate.MOST_GAIN):.0f} dB",
        f"it is {PretrainedFrontEnd(pretrained='x').window:g} s at most",
    ):
        assert text in PAGE
