"""The code of docs/protocol.md works: two corpora, each held out in turn."""


def test_the_page_works(reader):
    reader.reads("docs/protocol.md")
    runs = [path.parent.name for path in reader.folder.glob("exp/two/menan_seed0/*/config.yaml")]
    assert sorted(name[:6] for name in runs) == ["CREMA-", "Emo-DB"]
    assert (reader.folder / "exp/two/RESULTS.md").exists()
