"""The settings of the front-end ``given``: features that another toolkit made."""

from dataclasses import dataclass
from typing import Any, ClassVar

from menan.errors import require
from menan.front_end_settings import MOST_ROWS, FrontEnd

_MOST_COLUMNS = 1_000_000


@dataclass(frozen=True)
class GivenFrontEnd(FrontEnd):
    """A feats.scp without a features.yaml: Kaldi's, ESPnet's or s3prl's, say.

    Both settings are read from the matrices. ``seconds`` and ``speeds`` are not known, and are left
    out of records.

    columns: columns of every matrix.
    longest: rows of the longest matrix, and of the input of an encoder that repeats it.
    """

    name: ClassVar[str] = "given"

    columns: int = 1
    longest: int = 1

    def __post_init__(self) -> None:
        require(1 <= self.columns <= _MOST_COLUMNS, f"columns must be 1 to {_MOST_COLUMNS:,}")
        require(
            1 <= self.longest <= MOST_ROWS,
            f"expected 1 to {MOST_ROWS:,} rows, found {self.longest:,}; cut long utterances with "
            "ranges of rows in feats.scp, or use fewer frames per second",
        )
        super().__post_init__()

    @property
    def rows(self) -> int:
        return self.longest

    @property
    def dims(self) -> int:
        return self.columns

    def to_plain(self) -> dict[str, Any]:
        plain = super().to_plain()
        return {key: plain[key] for key in plain if key not in ("seconds", "speeds")}

    def difference(self, other: FrontEnd) -> tuple[str, Any, Any] | None:
        if isinstance(other, GivenFrontEnd):
            same = self.columns == other.columns
            return None if same else ("columns", self.columns, other.columns)
        return super().difference(other)
