"""The code in README.md works as it stands."""

from tests.docs.generated_corpora import TABLE_EMOTIONS, write_table

TINY = """
features: {seconds: 1, speeds: [0.9, 1.0]}
training: {epochs: 1, batch_size: 8}
runs: {objective: [ec, menan], hold_out: each}
"""


def test_the_readme_works(reader, capsys):
    write_table(reader.folder / "my.csv", reader.generated("ravdess"))
    for name in ("my.wav", "a.wav", "b.flac"):
        reader.records(name)
    (reader.folder / "conf").mkdir()
    (reader.folder / "conf/paper.yaml").write_text(TINY)
    reader.reads("README.md")
    lines = capsys.readouterr().out.splitlines()
    assert {line.split()[0] for line in lines} <= set(TABLE_EMOTIONS.values())
    assert len(lines) == 2
    assert (reader.folder / "my.png").read_bytes().startswith(b"\x89PNG")
    assert "<html" in (reader.folder / "exp/my/report.html").read_text()
    assert (reader.folder / "egs/mosei/exp/paper/RESULTS.md").exists()
