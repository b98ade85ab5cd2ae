"""The code of docs/invariance.md and docs/attack.md works."""


def test_the_pages_work(reader, earlier):
    reader.has(earlier / "data", earlier / "dump")
    reader.reads("docs/invariance.md")
    records = [
        next((reader.folder / name).rglob("models.json")).read_text() for name in ("z", "z1")
    ]
    assert ["not for release" in record for record in records] == [False, True]
    assert (reader.folder / "z.key").stat().st_size == 32
    for name in ("ATTACKS.md", "attacks.html"):
        (reader.folder / name).unlink()
    (reader.folder / "attacks/menan.json").unlink()
    reader.reads("docs/attack.md")
    assert (reader.folder / "ATTACKS.md").exists()
