"""Checks of a network before it is trained: members of plugins may not keep their contracts."""

import torch
from torch import Tensor

from menan.errors import InputError
from menan.model.network import Network, NetworkShape, build_network

_UTTERANCES = 2


def check_contract(shape: NetworkShape) -> None:
    """Run two utterances through a network and check what its parts return.

    Raises:
        InputError: an output of another shape than promised, a buffer that a model file cannot
            hold, or a member that fails. The message names the member.
    """
    network = build_network(shape, seed=0)
    encoder = f"the encoder {shape.model.encoder.name!r}"
    bottleneck = f"the bottleneck {shape.model.bottleneck.name!r}"
    _check_buffers(network, encoder)
    rows = max(shape.rows, network.encoder.shortest_input)
    features = torch.zeros(_UTTERANCES, rows, shape.dims)
    lengths = torch.full((_UTTERANCES,), features.shape[1])
    try:
        v = network.encoder(features, lengths)
    except Exception as error:  # a plugin can raise anything
        raise _failure(encoder, error) from error
    _check_shape(f"{encoder}: v", v, (_UTTERANCES, network.encoder.dims_out))
    noise = torch.zeros_like(v) if network.bottleneck.is_stochastic else None
    try:
        z = network.bottleneck(v, noise)
    except Exception as error:
        raise _failure(bottleneck, error) from error
    _check_shape(f"{bottleneck}: z", z, tuple(v.shape))
    if shape.speaker_classifier is not None:
        draws = network.bottleneck.draws if network.bottleneck.is_stochastic else 1
        emotions = torch.zeros(draws * _UTTERANCES, dtype=torch.int64)
        try:
            logits = network.speaker(z.repeat(draws, 1), emotions)
        except Exception as error:
            raise _failure("the objective's speaker classifier", error) from error
        rows_fit = logits.dim() == 2 and len(logits) % _UTTERANCES == 0 and len(logits) > 0
        if not rows_fit or logits.shape[1] != shape.speakers:
            raise InputError(
                f"the objective's speaker classifier: logits of shape {tuple(logits.shape)}; "
                f"expected (n * batch, {shape.speakers} speakers)"
            )


def _check_buffers(network: Network, encoder: str) -> None:
    kept = network.encoder.state_dict()
    for name, buffer in network.encoder.named_buffers():
        if name not in kept:
            raise InputError(f"{encoder}: buffer {name!r} must be persistent, to be in model files")
        if buffer.dtype != torch.float32 or not buffer.isfinite().all():
            raise InputError(f"{encoder}: buffer {name!r} must hold finite float32 numbers")


def _check_shape(what: str, value: Tensor, wanted: tuple[int, ...]) -> None:
    if tuple(value.shape) != wanted:
        raise InputError(f"{what} has the shape {tuple(value.shape)}; expected {wanted}")


def _failure(member: str, error: Exception) -> InputError:
    reason = " ".join(str(error).split())[:200]
    return InputError(f"{member} fails on two utterances: {type(error).__name__}: {reason}")
