// The recurrence of a GRU with 32 units: torch.nn.GRU's equations, gates in the order r, z, n.
// Lanes are units; a few utterances go side by side, which share the loads of the weights.
#pragma once
#include "products.h"

constexpr long UNITS = 32, GATES = 3 * UNITS, SAVED = 4 * UNITS;
constexpr long GRU_VECS = 3;  // vectors of gates at once: with four utterances 12 accumulators

// gates: (utts, time, GATES), the input's part; utterance u has period[u] rows, which repeat.
// hidden: (time + 1, UNITS) of each utterance, h_0 = 0 first. saved: r, z, n and W_hn h + b_hn of
// every step, (time, 4, UNITS). Both stand `apart` numbers after those of the utterance before.
template <long utts>
void gru_forward(long time, const real *gates, const long *period, const real *weight,
                 const real *bias, long apart, real *hidden, real *saved) {
  long at[utts] = {};  // the row of gates
  for (long u = 0; u < utts; u++) {
    std::memset(hidden + u * apart, 0, UNITS * sizeof(real));
  }
  for (long t = 0; t < time; t++) {
    alignas(64) real recurrent[utts][GATES];
    for (long j = 0; j < GATES; j += GRU_VECS * LANES) {
      vec acc[utts][GRU_VECS];
      for (long u = 0; u < utts; u++)
        for (long i = 0; i < GRU_VECS; i++) acc[u][i] = load(bias + j + i * LANES);
      multiply<utts, GRU_VECS>(acc, hidden + t * UNITS, apart, 1, weight + j, GATES, UNITS);
      for (long u = 0; u < utts; u++)
        for (long i = 0; i < GRU_VECS; i++) store(recurrent[u] + j + i * LANES, acc[u][i]);
    }
    for (long u = 0; u < utts; u++) {
      real *h = hidden + u * apart + t * UNITS, *kept = saved + u * apart + t * SAVED;
      for (long i = 0; i < UNITS; i += LANES) {
        const real *x = gates + (u * time + at[u]) * GATES + i, *a = recurrent[u] + i;
        vec r = sigmoid(load(x) + load(a));
        vec z = sigmoid(load(x + UNITS) + load(a + UNITS));
        vec of_hidden = load(a + 2 * UNITS);
        vec n = hyperbolic_tangent(load(x + 2 * UNITS) + r * of_hidden);
        store(h + UNITS + i, n + z * (load(h + i) - n));
        store(kept + i, r);
        store(kept + UNITS + i, z);
        store(kept + 2 * UNITS + i, n);
        store(kept + 3 * UNITS + i, of_hidden);
      }
      if (++at[u] == period[u]) at[u] = 0;
    }
  }
}

// transposed: (GATES, UNITS). hidden_grad: (utts, time, UNITS).
// recurrent_grad: (utts, time, GATES), of W_h h + b_h. gates_grad: (utts, time, GATES), of which
// utterance u fills period[u] rows: n's part differs by the factor r, and repetitions are added.
template <long utts>
void gru_backward(long time, const long *period, const real *transposed, long apart,
                  const real *hidden, const real *saved, const real *hidden_grad,
                  real *recurrent_grad, real *gates_grad) {
  alignas(64) real carried[utts][UNITS] = {};
  long at[utts];  // the row of gates
  for (long u = 0; u < utts; u++) at[u] = (time - 1) % period[u];
  for (long t = time - 1; t >= 0; t--) {
    for (long u = 0; u < utts; u++) {
      const real *h = hidden + u * apart + t * UNITS, *kept = saved + u * apart + t * SAVED;
      real *by_hidden = recurrent_grad + (u * time + t) * GATES;
      real *by_input = gates_grad + (u * time + at[u]) * GATES;
      bool first = t + period[u] >= time;
      for (long i = 0; i < UNITS; i += LANES) {
        vec r = load(kept + i), z = load(kept + UNITS + i), n = load(kept + 2 * UNITS + i);
        vec of_hidden = load(kept + 3 * UNITS + i);
        vec dh = load(carried[u] + i) + load(hidden_grad + (u * time + t) * UNITS + i);
        vec dn = dh * (1 - z) * (1 - n * n);
        vec dr = dn * of_hidden * r * (1 - r);
        vec dz = dh * (load(h + i) - n) * z * (1 - z);
        store(by_hidden + i, dr);
        store(by_hidden + UNITS + i, dz);
        store(by_hidden + 2 * UNITS + i, dn * r);
        store(by_input + i, first ? dr : load(by_input + i) + dr);
        store(by_input + UNITS + i, first ? dz : load(by_input + UNITS + i) + dz);
        store(by_input + 2 * UNITS + i, first ? dn : load(by_input + 2 * UNITS + i) + dn);
        store(carried[u] + i, dh * z);
      }
      at[u] = (at[u] == 0 ? period[u] : at[u]) - 1;
    }
    in_vectors(UNITS, [&](auto vecs, long i) {
      constexpr long wide = vecs;
      vec acc[utts][wide];
      for (long u = 0; u < utts; u++)
        for (long j = 0; j < wide; j++) acc[u][j] = load(carried[u] + i + j * LANES);
      multiply<utts, wide>(acc, recurrent_grad + t * GATES, time * GATES, 1, transposed + i, UNITS,
                           GATES);
      for (long u = 0; u < utts; u++)
        for (long j = 0; j < wide; j++) store(carried[u] + i + j * LANES, acc[u][j]);
    });
  }
}
