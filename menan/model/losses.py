"""The losses of the paper, in nats, one number an utterance.

They take log posteriors, (..., classes), of any leading shape. A class that does not exist, of a
model with fewer speakers than its neighbours, has a log posterior so low that its posterior is 0.
"""

from torch import Tensor


def cross_entropy(log_p: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy against the true class, eq. 1 and 4.

    Args:
        labels: int64 (...).
    """
    return -log_p.gather(-1, labels.unsqueeze(-1)).squeeze(-1)


def emotion_cross_entropy(
    log_p: Tensor, labels: Tensor, class_weights: Tensor | None = None, smoothing: float = 0.0
) -> Tensor:
    """Cross-entropy with weights of classes and label smoothing, as PyTorch's ``cross_entropy``.

    Args:
        labels: int64 (...).
        class_weights: broadcast to ``log_p``; None for 1.
        smoothing: part of each target that is spread evenly over all classes.
    """
    weighted = log_p if class_weights is None else log_p * class_weights
    losses = cross_entropy(weighted, labels)
    if smoothing:
        losses = (1 - smoothing) * losses - smoothing * weighted.mean(dim=-1)
    return losses


def entropy(log_p: Tensor) -> Tensor:
    """Entropy of the posteriors, eq. 2: between 0 and ln(classes)."""
    return -(log_p.exp() * log_p).sum(dim=-1)


def cross_entropy_to_uniform(log_p: Tensor, exists: Tensor) -> Tensor:
    """Cross-entropy against the uniform posterior (Tzeng et al. 2015, eq. 3), at least ln(classes).

    Args:
        exists: bool, broadcast to ``log_p``; the classes that are uniform.
    """
    return -log_p.where(exists, 0).sum(dim=-1) / exists.sum(dim=-1)
