"""LEACE: the smallest change of an embedding after which no linear probe can predict a class.

Belrose et al., *LEACE: Perfect linear concept erasure in closed form*, NeurIPS 2023, eq. 1.
"""

from dataclasses import dataclass

import numpy as np

TINY = 1e-10  # singular values below this fraction of the largest are rounding errors


@dataclass(frozen=True)
class Eraser:
    """r(x) = x - W⁺ P W (x - mean), where W whitens x and P projects on W Σxz.

    mean: float64 (dims,).
    removal: float64 (dims, dims), the matrix W⁺ P W.
    """

    mean: np.ndarray
    removal: np.ndarray

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Erase from embeddings (utterances, dims)."""
        return x - (x - self.mean) @ self.removal.T


def fit_leace(x: np.ndarray, classes: np.ndarray) -> Eraser:
    """Fit the erasure of a class on these embeddings.

    The embeddings need not have full rank: W is the pseudo-inverse root of their covariance.

    Args:
        x: (utterances, dims).
        classes: int (utterances,), such as the index of the speaker.
    """
    mean = x.mean(axis=0, dtype=np.float64)
    z = (classes[:, None] == np.unique(classes)).astype(np.float64)
    # By x - mean = U S Vᵀ, W is V S⁻¹ Vᵀ and W Σxz is V Uᵀ z, both up to the number of utterances.
    # So nothing is squared, and small variances keep their digits.
    u, s, vt = np.linalg.svd(x - mean, full_matrices=False)
    kept = s > TINY * s.max(initial=0)
    u, s, vt = u[:, kept], s[kept], vt[kept]
    basis, strength, _ = np.linalg.svd(u.T @ (z - z.mean(axis=0)), full_matrices=False)
    basis = basis[:, strength > TINY * np.sqrt(len(x))]
    return Eraser(mean, (vt.T * s) @ basis @ (basis.T @ (vt / s[:, None])))
