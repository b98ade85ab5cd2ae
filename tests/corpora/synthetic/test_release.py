"""The folder of a generated corpus, and the lengths of its utterances."""

import numpy as np
import pytest
import soundfile

from menan.corpora.synthetic.lengths import Lengths
from menan.corpora.synthetic.release import named_rng, new_corpus, write_wav
from menan.errors import InputError


def test_corpus_appears_whole_with_its_parents(tmp_path):
    out = tmp_path / "deep" / "corpus"
    with new_corpus(out, 0) as root:
        (root / "a.txt").write_text("x")
        assert not out.exists()
    assert (out / "a.txt").read_text() == "x"
    assert [path.name for path in out.parent.iterdir()] == ["corpus"]


def test_an_empty_directory_may_be_filled(tmp_path):
    (tmp_path / "corpus").mkdir()
    with new_corpus(tmp_path / "corpus", 0) as root:
        (root / "a.txt").touch()
    assert (tmp_path / "corpus" / "a.txt").exists()


def test_nothing_is_left_of_a_corpus_that_failed(tmp_path):
    def interrupted():
        with new_corpus(tmp_path / "corpus", 0) as root:
            (root / "a.txt").touch()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(tmp_path.iterdir()) == []


def test_a_directory_with_content_is_refused_and_untouched(tmp_path):
    (tmp_path / "mine").touch()
    with pytest.raises(InputError, match="is not empty; remove it"), new_corpus(tmp_path, 0):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_file_in_the_place_of_the_corpus_is_refused(tmp_path):
    (tmp_path / "mine").touch()
    with pytest.raises(InputError, match="not a directory"), new_corpus(tmp_path / "mine", 0):
        pass


@pytest.mark.parametrize(
    "bounds", [(0.4, 2), (3, 2), (1, 61), (float("nan"), 2), (1, float("nan"))]
)
def test_impossible_lengths_are_refused(bounds):
    with pytest.raises(InputError, match=r"0\.5 <= min-seconds <= max-seconds <= 60"):
        Lengths(*bounds)


def test_lengths_stay_within_their_bounds():
    drawn = [Lengths(1, 1.5).draw(named_rng(0, n)) for n in range(50)]
    assert 1 <= min(drawn) < max(drawn) <= 1.5


def test_draws_depend_on_seed_and_name_only():
    assert named_rng(0, "a").random() == named_rng(0, "a").random()
    assert (
        len({named_rng(0, "a").random(), named_rng(1, "a").random(), named_rng(0, "b").random()})
        == 3
    )


def test_wav_is_mono_pcm16_and_clips_rather_than_wraps(tmp_path):
    write_wav(tmp_path / "new" / "a.wav", np.array([0.0, 0.5, 1.5, -1.5], dtype=np.float32))
    samples, rate = soundfile.read(tmp_path / "new" / "a.wav", dtype="int16")
    assert rate == 16000
    assert samples.tolist() == [0, 16384, 32767, -32768]
    assert soundfile.info(tmp_path / "new" / "a.wav").subtype == "PCM_16"
