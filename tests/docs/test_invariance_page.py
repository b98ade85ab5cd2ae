"""The code of docs/invariance.md works."""


def test_the_page_works(reader, earlier):
    reader.has(earlier / "data", earlier / "dump")
    reader.reads("docs/invariance.md")
    records = [
        next((reader.folder / name).rglob("models.json")).read_text() for name in ("z", "z1")
    ]
    assert ["not for release" in record for record in records] == [False, True]
    assert (reader.folder / "z.key").stat().st_size == 32
    assert (reader.folder / "ATTACKS.md").exists()
