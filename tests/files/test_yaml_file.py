import pytest

from menan.errors import InputError
from menan.files.yaml_file import read_yaml


def test_plain_values_are_read(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("a: [1, 2.5, é]\nb: {c: true}\n", encoding="utf-8")
    assert read_yaml(path) == {"a": [1, 2.5, "é"], "b": {"c": True}}
    path.write_text("")
    assert read_yaml(path) is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: [1", "expected ',' or ']'"),
        ("a: !!python/object/apply:os.getpid []", "could not determine a constructor"),
        ("a: &x [1]\nb: *x\n", "aliases are not allowed; write the value out"),
        ("a: &x {k: 1}\nb: {<<: *x}\n", "aliases are not allowed"),
        ("[" * 5000, "brackets are nested more than 50 levels deep"),
        ("- " * 5000, "recursion"),
        ("a: " + "9" * 5000, "4300 digits"),
        ("a: 2001-99-99", "month must be in 1..12"),
        ("a: !!bool perhaps", "perhaps"),
        ("a: !!timestamp now", "groupdict"),
        ("a: !!int ''", "index out of range"),
        ("a: \0", "special characters are not allowed"),
        ("a: !" + "x" * 5000, "could not determine a constructor"),
    ],
)
def test_anything_else_is_refused_with_one_short_line(tmp_path, text, reason):
    path = tmp_path / "a.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=rf"^{path}: not YAML: .*{reason}") as refusal:
        read_yaml(path)
    assert "\n" not in str(refusal.value)
    assert len(str(refusal.value)) < 500


def test_fifty_levels_of_brackets_are_read_and_more_are_refused(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("[" * 50 + "]" * 50 + "\n")
    assert str(read_yaml(path)) == "[" * 50 + "]" * 50
    path.write_text("[" * 25 + "{a: " * 26 + "}" * 26 + "]" * 25 + "\n")
    with pytest.raises(InputError, match=r"a\.yaml: not YAML: brackets .* 50 levels deep"):
        read_yaml(path)


def test_a_short_file_cannot_expand_without_end(tmp_path):
    lines = ["a0: &a0 {k: v}"]
    for n in range(1, 40):
        lines.append(f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}")
    (tmp_path / "bomb.yaml").write_text("\n".join(lines))
    with pytest.raises(InputError, match="aliases are not allowed"):
        read_yaml(tmp_path / "bomb.yaml")


def test_a_file_that_is_not_text_is_refused(tmp_path):
    (tmp_path / "a.yaml").write_bytes(b"a: \xff\n")
    with pytest.raises(InputError, match=r"a\.yaml: not UTF-8 text \(byte 3\)"):
        read_yaml(tmp_path / "a.yaml")
    with pytest.raises(InputError, match=r"none\.yaml: cannot be read"):
        read_yaml(tmp_path / "none.yaml")
