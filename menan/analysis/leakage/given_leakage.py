"""The result of probing embeddings that another toolkit wrote."""

from dataclasses import dataclass

from menan.analysis.leakage.result import Leakage


@dataclass(frozen=True, kw_only=True)
class GivenLeakage(Leakage):
    """Leakage of embeddings that another toolkit wrote.

    embeddings, labels: the files; ``labels`` is empty if they stand beside the embeddings.
    dims: length of an embedding.
    sha256: digest of ids, embeddings and labels.
    ceiling: whether the input was probed as well.
    """

    embeddings: str
    labels: str
    dims: int
    sha256: str
    ceiling: bool
