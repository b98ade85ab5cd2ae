// The recurrence of GRUs with 32 units, one utterance per lane: torch.nn.GRU's equations, gates
// in the order r, z, n.
#pragma once
#include "windows.h"

constexpr long UNITS = 32, GATES = 3 * UNITS;

// The first `count` numbers of up to LANES rows, a vector each; lanes past the last row repeat it
// and are never read back.
inline void to_lanes(const real *from, long row, long rows, long count, vec *to) {
  real *flat = reinterpret_cast<real *>(to);
  for (long lane = 0; lane < LANES; lane++) {
    const real *source = from + std::min(lane, rows - 1) * row;
    for (long i = 0; i < count; i++) flat[i * LANES + lane] = source[i];
  }
}

inline void from_lanes(const vec *from, real *to, long row, long rows, long count) {
  const real *flat = reinterpret_cast<const real *>(from);
  for (long lane = 0; lane < rows; lane++)
    for (long i = 0; i < count; i++) to[lane * row + i] = flat[i * LANES + lane];
}

extern "C" {

// hidden: (models, batch, time + 1, UNITS), h_0 = 0 to be there already. saved: r, z, n and
// W_hn h + b_hn of every step, (models, tiles, time, 4, UNITS, LANES).
void gru_forward(long models, long batch, long time, long weight_step, long bias_step,
                 const real *gates, const real *weight, const real *bias, real *hidden,
                 real *saved) {
  long tiles = (batch + LANES - 1) / LANES;
#pragma omp parallel for schedule(dynamic)
  for (long item = 0; item < models * tiles; item++) {
    long model = item / tiles, first = item % tiles * LANES;
    long rows = std::min(LANES, batch - first);
    const real *w = weight + model * weight_step, *b = bias + model * bias_step;
    const real *in = gates + (model * batch + first) * time * GATES;
    real *out = hidden + (model * batch + first) * (time + 1) * UNITS;
    real *kept = saved + item * time * 4 * UNITS * LANES;
    vec h[UNITS] = {}, x[GATES], a[GATES][1];
    for (long t = 0; t < time; t++, kept += 4 * UNITS * LANES) {
      to_lanes(in + t * GATES, time * GATES, rows, GATES, x);
      for (long j = 0; j < GATES; j += TILE) {
        for (long i = 0; i < TILE; i++) a[j + i][0] = broadcast(b[j + i]);
        multiply<TILE, 1>(a + j, w + j, 1, GATES, reinterpret_cast<real *>(h), LANES, UNITS);
      }
      for (long j = 0; j < 2 * UNITS; j++) {
        vec open = sigmoid(x[j] + a[j][0]);
        x[j] = open;
        store(kept + j * LANES, open);
      }
      for (long u = 0; u < UNITS; u++) {
        vec of_hidden = a[2 * UNITS + u][0];
        vec n = hyperbolic_tangent(x[2 * UNITS + u] + x[u] * of_hidden);
        h[u] = n + x[UNITS + u] * (h[u] - n);
        store(kept + (2 * UNITS + u) * LANES, n);
        store(kept + (3 * UNITS + u) * LANES, of_hidden);
      }
      from_lanes(h, out + (t + 1) * UNITS, (time + 1) * UNITS, rows, UNITS);
    }
  }
}

// gates_grad (..., GATES): of the input projection. hidden_part (..., UNITS): of W_hn h + b_hn,
// where the recurrent part of n's gradient differs from its input part by the factor r.
void gru_backward(long models, long batch, long time, long weight_step, const real *weight,
                  const real *hidden, const real *saved, const real *hidden_grad, real *gates_grad,
                  real *hidden_part) {
  long tiles = (batch + LANES - 1) / LANES;
#pragma omp parallel for schedule(dynamic)
  for (long item = 0; item < models * tiles; item++) {
    long model = item / tiles, first = item % tiles * LANES;
    long rows = std::min(LANES, batch - first), place = (model * batch + first) * time;
    const real *w = weight + model * weight_step;
    const real *out = hidden + (model * batch + first) * (time + 1) * UNITS;
    vec carried[UNITS][1] = {}, before[UNITS], dy[UNITS];
    vec d[GATES + UNITS];  // of r, z, W_hn h, and n's input part
    for (long t = time - 1; t >= 0; t--) {
      const real *kept = saved + (item * time + t) * 4 * UNITS * LANES;
      to_lanes(hidden_grad + (place + t) * UNITS, time * UNITS, rows, UNITS, dy);
      to_lanes(out + t * UNITS, (time + 1) * UNITS, rows, UNITS, before);
      for (long u = 0; u < UNITS; u++) {
        vec r = load(kept + u * LANES), z = load(kept + (UNITS + u) * LANES);
        vec n = load(kept + (2 * UNITS + u) * LANES);
        vec of_hidden = load(kept + (3 * UNITS + u) * LANES);
        vec dh = carried[u][0] + dy[u];
        vec dn = dh * (1 - z) * (1 - n * n);
        d[u] = dn * of_hidden * r * (1 - r);
        d[UNITS + u] = dh * (before[u] - n) * z * (1 - z);
        d[2 * UNITS + u] = dn * r;
        d[GATES + u] = dn;
        carried[u][0] = dh * z;
      }
      for (long u = 0; u < UNITS; u += TILE)
        multiply<TILE, 1>(carried + u, w + u * GATES, GATES, 1, reinterpret_cast<real *>(d), LANES,
                          GATES);
      real *to = gates_grad + (place + t) * GATES;
      from_lanes(d, to, time * GATES, rows, 2 * UNITS);
      from_lanes(d + GATES, to + 2 * UNITS, time * GATES, rows, UNITS);
      from_lanes(d + 2 * UNITS, hidden_part + (place + t) * UNITS, time * UNITS, rows, UNITS);
    }
  }
}

}  // extern "C"
