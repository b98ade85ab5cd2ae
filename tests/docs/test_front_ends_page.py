"""The code of docs/front_ends.md works."""

import shutil


def test_the_page_works(reader, earlier):
    reader.types("menan-prepare iemocap $CORPORA/iemocap data/iemocap")
    reader.types("menan-prepare ravdess $CORPORA/ravdess data/ravdess")
    reader.has(earlier / "data")
    (reader.folder / "theirs").mkdir()
    shutil.copy(earlier / "dump/my/feats.scp", reader.folder / "theirs")
    reader.reads("docs/front_ends.md")
    assert "whisper" in (reader.folder / "dump/whisper/features.yaml").read_text()
    assert list(reader.folder.glob("exp/theirs/menan_seed0/g02/*.best-ua.safetensors"))
