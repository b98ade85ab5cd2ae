"""Whatever bytes come in: each parser takes them, or refuses them in one line with the place."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.faults.parsers import PARSERS
from tests.faults.trial import Trial

# What files are broken with: bytes that some reader, somewhere, was not prepared for.
WICKED = (
    *(b"", b"\0", b"\n", b"\r", b"\t", b" ", b'"', b",", b"|", b"=", b":", b"/", b"..", b"%"),
    *(b"-", b"-1", b"0", b"1e999", b"1e308", b"nan", b"2147483648", b"9" * 30, b"9" * 5000),
    *(b"\xff", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xc2\x85", b"\xe2\x80\xa8", "²".encode()),
    *(b"[" * 3000, b"{" * 3000, b"a" * 5000, b"true", b"null", b"{}", b"[]", b'"\\ud800"'),
    *(b"2001-99-99", b"0x" + b"f" * 5000, b"!!int ''", b"!!bool x", b"!!timestamp x", b"&a [*a]"),
)


@st.composite
def broken(draw, examples):
    """A valid example with wicked things put in, or parts of it lost or said again."""
    data = draw(st.sampled_from(examples))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(data)))
        end = start + draw(st.sampled_from((0, 1, 4, 30, len(data))))
        again = st.just(data[start:end] * 2)
        put = draw(st.one_of(st.sampled_from(WICKED), st.binary(max_size=4), again))
        data = data[:start] + put + data[end:]
    return data


@pytest.mark.filterwarnings("ignore")  # of PyTorch, about pickles of unknown protocols
@pytest.mark.parametrize("parser", PARSERS.values(), ids=lambda parser: parser.name)
def test_bytes_are_taken_or_refused_in_one_line(parser):
    with Trial(parser) as trial:
        assert trial.refusal(trial.examples[0]) is None
        for wicked in WICKED:
            trial.refusal(wicked)

        @settings(deadline=None, derandomize=True, max_examples=40, database=None)
        @given(st.one_of(broken(trial.examples), st.binary(max_size=100)))
        def check(data):
            trial.refusal(data)

        check()
