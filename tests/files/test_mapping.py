from dataclasses import dataclass, field

import pytest

from menan.errors import InputError
from menan.files.mapping import from_mapping, to_mapping


@dataclass(frozen=True)
class Inner:
    number: int
    name: str = "x"


@dataclass(frozen=True)
class Outer:
    inner: Inner
    flag: bool
    pair: tuple[float, float]
    rows: tuple[tuple[int, ...], ...]
    named: dict[str, Inner]
    maybe: float | None = None
    lambda_: float = 0.5
    many: tuple[Inner | None, ...] = ()
    empty: dict[str, dict[str, str]] = field(default_factory=dict)


PLAIN = {
    "inner": {"number": 1, "name": "y"},
    "flag": True,
    "pair": [1, 2.5],
    "rows": [[1, 2], [3]],
    "named": {"a": {"number": 2, "name": "x"}},
    "maybe": None,
    "lambda": 0.25,
    "many": [None, {"number": 3, "name": "x"}],
    "empty": {"a": {"b": "c"}},
}


def test_nested_dataclasses_are_read_and_written():
    read = from_mapping(Outer, PLAIN, "here")
    assert read.inner == Inner(1, "y")
    assert read.pair == (1.0, 2.5)
    assert read.rows == ((1, 2), (3,))
    assert read.named["a"].number == 2
    assert read.lambda_ == 0.25
    assert read.many[1] == Inner(3)
    assert to_mapping(read) == PLAIN


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"inner": {}}, r"here\.inner: the key 'number' is missing"),
        ({"inner": 3}, r"here\.inner: expected 'key: value' lines, found 3"),
        ({"inner": {"number": 1, "nam": "y"}}, r"here\.inner: unknown key 'nam'; did you mean"),
        ({"flag": 1}, r"here\.flag: expected true or false, found 1"),
        ({"pair": [1]}, r"here\.pair: expected 2 values, found 1"),
        ({"rows": [[1], ["a"]]}, r"here\.rows: expected int, found 'a'"),
        ({"named": [1]}, r"here\.named: expected a mapping of names"),
        ({"named": {"a": {"number": []}}}, r"here\.named\.a\.number: expected int, found \[\]"),
        ({"maybe": "a"}, r"here\.maybe: expected float, found 'a'"),
        ({"lambda": float("nan")}, r"here\.lambda: expected a finite number, found nan"),
    ],
)
def test_a_wrong_value_is_named_with_its_place(change, message):
    with pytest.raises(InputError, match=message):
        from_mapping(Outer, PLAIN | change, "here")
