"""The recordings with which ``make demo`` ends have the labels that it names."""

import re

from menan.corpora.iemocap import prepare
from menan.corpora.synthetic.lengths import Lengths
from menan.corpora.synthetic.synthetic_iemocap import synthesize_iemocap
from tests.docs.page_blocks import ROOT


def test_the_recordings_are_labelled_as_the_demo_says(tmp_path):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    said = re.search(r"labelled (\w+), (\w+) and (\w+);", makefile)
    heard = re.search(r"^HEARD := corpus/(.*)$", makefile, re.MULTILINE)
    ending = re.search(r"\$\(HEARD\)(_\S+)\.wav\n", makefile)
    assert said
    assert heard
    assert ending
    # Labels do not depend on the lengths and on the number of sessions.
    synthesize_iemocap(tmp_path / "corpus", sessions=2, lengths=Lengths(0.5, 0.5))
    files = sorted((tmp_path / "corpus").glob(f"{heard[1]}{ending[1]}.wav"))
    labels = {path.stem for path in files}
    found = {
        u.path.rpartition("/")[2][:-4]: u.emotions[0]
        for u in prepare(tmp_path / "corpus").utterances
    }
    assert [found[name] for name in sorted(labels)] == list(said.groups())
