"""Perceptrons with one hidden layer of 64 rectified units, several side by side.

They follow scikit-learn's ``MLPClassifier`` operation by operation, with the same random draws, so
their posteriors are equal to its to the bit. On a few hundred utterances scikit-learn checks its
input for longer than it computes: this is several times faster.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from scipy.special import expit, xlogy

UNITS = 64
BATCH = 64
LEARNING_RATE = 3e-3
DECAY = 1.0  # weight of half the squared weights, divided by the size of the batch
BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8
# Training ends when for more than PATIENCE epochs the loss has not fallen by TOLERANCE.
TOLERANCE, PATIENCE = 1e-4, 10


class Perceptrons:
    """Perceptrons of one shape with equal first weights, trained by Adam on one loss each.

    Args:
        models: number of perceptrons.
        classes: number of classes K; two share one logistic output.
        rng: draws the first weights.
    """

    def __init__(self, models: int, dims: int, classes: int, rng: np.random.RandomState):
        self.classes = classes
        outputs = 1 if classes == 2 else classes
        weights, biases = [], []
        for fan_in, fan_out in ((dims, UNITS), (UNITS, outputs)):
            bound = np.sqrt(6.0 / (fan_in + fan_out))
            weights.append(rng.uniform(-bound, bound, (fan_in, fan_out)))
            biases.append(rng.uniform(-bound, bound, fan_out))
        flat = np.concatenate([part.ravel() for part in (*weights, *biases)])
        first, second = np.zeros((2, models, len(flat)))
        self._set(np.tile(flat, (models, 1)), first, second, dims, outputs)
        self._steps = 0

    def _set(
        self, flat: np.ndarray, first: np.ndarray, second: np.ndarray, dims: int, outputs: int
    ) -> None:
        """Parameters and moments of Adam, each (models, parameters), and views of the layers."""
        self._flat, self._first, self._second = flat, first, second
        self._gradient, self._change = np.empty_like(flat), np.empty_like(flat)
        self._hidden, self._out, self._hidden_bias, self._out_bias = _views(flat, dims, outputs)
        self._gradients = _views(self._gradient, dims, outputs)

    def keep(self, chosen: np.ndarray) -> None:
        """Go on with some perceptrons only, bool (models,)."""
        dims, outputs = self._hidden.shape[1], self._out.shape[2]
        flat, first, second = self._flat, self._first, self._second
        self._set(flat[chosen], first[chosen], second[chosen], dims, outputs)

    def posteriors(self, model: int, x: np.ndarray) -> np.ndarray:
        """Posteriors of one perceptron: (utterances, dims) to (utterances, K)."""
        hidden = np.maximum(x @ self._hidden[model] + self._hidden_bias[model], 0)
        p = self._activated(hidden @ self._out[model] + self._out_bias[model])
        return np.hstack([1 - p, p]) if self.classes == 2 else p

    def step(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """One step of Adam on a batch.

        Args:
            x: float64 (models, batch, dims).
            y: int (models, batch), 0 to K - 1.

        Returns:
            Posteriors before the step, (models, batch, outputs).
        """
        size = x.shape[1]
        hidden = x @ self._hidden
        hidden += self._hidden_bias
        np.maximum(hidden, 0, out=hidden)
        p = hidden @ self._out
        p += self._out_bias
        p = self._activated(p)
        if self.classes == 2:
            delta = p - y[..., None]
        else:
            delta = p.copy()
            models, rows = np.ogrid[: len(y), :size]
            delta[models, rows, y] -= 1.0
        of_hidden, of_out, of_hidden_bias, of_out_bias = self._gradients
        np.matmul(hidden.swapaxes(1, 2), delta, out=of_out)
        np.sum(delta, axis=1, keepdims=True, out=of_out_bias)
        below = delta @ self._out.swapaxes(1, 2)
        below *= hidden > 0
        np.matmul(x.swapaxes(1, 2), below, out=of_hidden)
        np.sum(below, axis=1, keepdims=True, out=of_hidden_bias)
        for gradient, weights in ((of_hidden, self._hidden), (of_out, self._out)):
            gradient += weights if DECAY == 1.0 else DECAY * weights
        self._gradient /= size
        self._adam()
        return p

    def _activated(self, x: np.ndarray) -> np.ndarray:
        if self.classes == 2:
            return expit(x, out=x)
        x -= x.max(axis=-1, keepdims=True)
        np.exp(x, out=x)
        x /= x.sum(axis=-1, keepdims=True)
        return x

    def _adam(self) -> None:
        self._steps += 1
        gradient, change = self._gradient, self._change
        self._first *= BETA_1
        self._first += np.multiply(gradient, 1 - BETA_1, out=change)
        self._second *= BETA_2
        np.square(gradient, out=change)
        self._second += np.multiply(change, 1 - BETA_2, out=change)
        rate = LEARNING_RATE * np.sqrt(1 - BETA_2**self._steps) / (1 - BETA_1**self._steps)
        np.sqrt(self._second, out=change)
        change += EPSILON
        self._flat += np.divide(np.multiply(self._first, -rate, out=gradient), change, out=change)

    def losses(self, p: np.ndarray, y: np.ndarray, norms: np.ndarray) -> np.ndarray:
        """Mean cross-entropy of a batch with the penalty, (models,).

        Args:
            p: (models, batch, outputs), as :meth:`step` returns them.
            norms: squared norms of the weights before the step, (models,).
        """
        tiny = np.finfo(float).eps
        p = np.clip(p, tiny, 1 - tiny)
        p = np.concatenate([1 - p, p], axis=-1) if self.classes == 2 else p
        models, rows = np.ogrid[: len(y), : y.shape[1]]
        logs = np.zeros_like(p)
        logs[models, rows, y] = xlogy(1.0, p[models, rows, y])
        return -logs.mean(axis=1).sum(axis=-1) + (0.5 * DECAY) * norms / y.shape[1]

    def norms(self) -> np.ndarray:
        """Squared norms of the weights without biases, (models,)."""
        layers = zip(self._hidden, self._out, strict=True)
        return np.array([sum(np.dot(w.ravel(), w.ravel()) for w in both) for both in layers])


def fit_perceptrons(
    x: np.ndarray, y: np.ndarray, tests: Sequence[np.ndarray], classes: int, epochs: int, seed: int
) -> list[np.ndarray]:
    """Posteriors of perceptrons that were trained side by side, each (tested, K).

    Args:
        x: float64 (models, utterances, dims).
        y: int (models, utterances), 0 to K - 1.
        tests: (tested, dims) of each perceptron.
        epochs: at most so many; batches have 64 utterances.
        seed: seed of the first weights and of the order of the utterances, the same for all.
    """
    rng = np.random.RandomState(seed)
    perceptrons, size = Perceptrons(len(x), x.shape[2], classes, rng), x.shape[1]
    order, found = np.arange(size), dict[int, np.ndarray]()
    running = np.arange(len(x))
    best, waited = np.full(len(x), np.inf), np.zeros(len(x), dtype=int)
    for epoch in range(epochs):
        order = order[_shuffled(size, rng)]
        loss = np.zeros(len(running))
        for batch in _batches(order, BATCH):
            norms = perceptrons.norms()
            own = y[:, batch]
            p = perceptrons.step(x[:, batch], own)
            loss += perceptrons.losses(p, own, norms) * len(batch)
        loss /= size
        waited = np.where(loss > best - TOLERANCE, waited + 1, 0)
        best = np.minimum(best, loss)
        ends = waited > PATIENCE if epoch < epochs - 1 else np.ones(len(running), dtype=bool)
        for place in np.flatnonzero(ends).tolist():
            model = int(running[place])
            found[model] = perceptrons.posteriors(place, tests[model])
        if ends.any():
            perceptrons.keep(~ends)
            running, best, waited, x, y = (part[~ends] for part in (running, best, waited, x, y))
        if not len(running):
            break
    return [found[model] for model in range(len(tests))]


def fit_on_samples(
    sample: Callable[[], np.ndarray],
    y: np.ndarray,
    test: np.ndarray,
    classes: int,
    epochs: int,
    batch: int,
    seed: int,
) -> np.ndarray:
    """Posteriors of a perceptron of which each epoch sees another sample, (tested, K).

    As by scikit-learn's ``partial_fit``, all epochs but the first have one order of the utterances.

    Args:
        sample: the utterances for one epoch, float64 (utterances, dims).
        y: int (utterances,), 0 to K - 1.
        test: (tested, dims).
        seed: seed of the first weights and of the order of the utterances.
    """
    rng = np.random.RandomState(seed)
    perceptron = Perceptrons(1, test.shape[1], classes, rng)
    orders = _shuffled(len(y), rng), _shuffled(len(y), np.random.RandomState(seed))
    for epoch in range(epochs):
        order, x = orders[min(epoch, 1)], sample()
        for own in _batches(order, batch):
            perceptron.step(x[None, own], y[None, own])
    return perceptron.posteriors(0, test)


def _views(flat: np.ndarray, dims: int, outputs: int) -> tuple[np.ndarray, ...]:
    """Hidden and output weights and biases, views of (models, parameters)."""
    shapes = ((dims, UNITS), (UNITS, outputs), (1, UNITS), (1, outputs))
    ends = np.cumsum([rows * columns for rows, columns in shapes])[:-1]
    parts = np.split(flat, ends, axis=1)
    return tuple(part.reshape(len(flat), *shape) for part, shape in zip(parts, shapes, strict=True))


def _shuffled(size: int, rng: np.random.RandomState) -> np.ndarray:
    order = np.arange(size)
    rng.shuffle(order)
    return order


def _batches(order: np.ndarray, size: int) -> Iterator[np.ndarray]:
    yield from (order[start : start + size] for start in range(0, len(order), size))
