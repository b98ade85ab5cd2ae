"""Engines held against the plain loop in float64."""

import copy
from dataclasses import replace

import torch

from menan.config import TrainingConfig
from menan.engine.choose import make_engine
from menan.model.network import NetworkShape, build_network
from menan.training.lockstep import LockStep
from menan.training.objectives import OBJECTIVES, make_objective
from menan.training.plain_loop import PlainLoop
from tests.training.lockstep_example import FRAMES, make_batch, make_store
from tests.training.training_example import CPU

SPEAKERS = (8, 22, 5, 9, 17, 8)  # six models


def worst_difference(
    model,
    objectives,
    steps=8,
    speakers=SPEAKERS,
    draws=None,
    training=None,
    class_weights=None,
    store=None,
    rows=FRAMES,
    alike=1,
    same=1,
):
    """Largest relative difference of a parameter after some steps, engine against plain loop.

    Every ``alike`` neighbouring models have one normalisation, every ``same`` the same utterances.
    """
    training = training or TrainingConfig(sc_steps=2)
    store = store or make_store()
    dims = store.frames.shape[1]
    shapes = [
        NetworkShape(model, rows, dims, 4, count, OBJECTIVES[type(one)].speaker_classifier)
        for count, one in zip(speakers, objectives, strict=True)
    ]
    networks = [build_network(shape, seed).double() for seed, shape in enumerate(shapes)]
    for seed, network in enumerate(networks):
        network.encoder.mean.fill_(0.1 * (seed // alike))
        network.encoder.std.fill_(1 + 0.1 * (seed // alike))
    members = [make_objective(settings) for settings in objectives]
    weights = [None] * len(networks) if class_weights is None else class_weights
    loops = [
        PlainLoop(copy.deepcopy(network), member, training, 100, own)
        for network, member, own in zip(networks, members, weights, strict=True)
    ]
    engine = make_engine(networks, training, [100] * len(networks), CPU)
    lockstep = LockStep(
        *(engine, members, training.sc_steps, store, rows),
        *(class_weights, training.label_smoothing),
    )
    encoder = networks[0].encoder
    for step in range(steps):
        batch = make_batch(speakers, torch.float64, step)
        batch = replace(batch, index=batch.index[::same].repeat_interleave(same, dim=0))
        generator = torch.Generator().manual_seed(step)
        noise = kept = None
        if draws is not None:
            shape = (len(networks), draws * 6, encoder.dims_out)
            noise = torch.randn(shape, generator=generator)
        if encoder.dropout:
            kept = torch.rand(len(networks), 6, encoder.dropout_units, generator=generator)
            kept = (kept > encoder.dropout) / (1 - encoder.dropout)
        lockstep.update(batch, noise, kept)
        for row, loop in enumerate(loops):
            features, lengths = encoder.read(store, batch.index[row], rows)
            loop.update(
                *(features.double(), lengths, batch.emotions[row], batch.speakers[row]),
                None if noise is None else noise[row],
                None if kept is None else kept[row].double(),
            )
    differences = {}
    for row, loop in enumerate(loops):
        got = dict(engine.plain(row).named_parameters())
        for name, wanted in loop.network.named_parameters():
            difference = (got[name] - wanted).detach().norm() / wanted.detach().norm()
            differences[f"model {row}: {name}"] = float(difference)
    return engine, max(differences.values())
