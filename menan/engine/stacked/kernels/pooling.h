// Statistics pooling of an utterance: (time, CHANNELS) to 3 * CHANNELS, mean, standard deviation
// (biased, 1e-5 inside the root) and maximum.
#pragma once
#include <cmath>

#include "lanes.h"

constexpr long CHANNELS = 32, POOLED = 3 * CHANNELS;

inline void pooling_forward(long time, const real *in, real *out) {
  for (long c = 0; c < CHANNELS; c += LANES) {
    const real *x = in + c;
    vec mean = {}, square = {}, top = load(x);
    for (long t = 0; t < time; t++) {
      vec now = load(x + t * CHANNELS);
      mean += now;
      top = now > top ? now : top;
    }
    mean /= real(time);
    for (long t = 0; t < time; t++) {
      vec off = load(x + t * CHANNELS) - mean;
      square = multiply_add(off, off, square);
    }
    vec inside = square / real(time) + real(1e-5), root;
    for (long lane = 0; lane < LANES; lane++) root[lane] = std::sqrt(inside[lane]);
    store(out + c, mean);
    store(out + CHANNELS + c, root);
    store(out + 2 * CHANNELS + c, top);
  }
}

// Frames that share the maximum share its gradient.
inline void pooling_backward(long time, const real *in, const real *out, const real *out_grad,
                             real *in_grad) {
  for (long c = 0; c < CHANNELS; c += LANES) {
    const real *x = in + c, *v = out + c, *dv = out_grad + c;
    vec mean = load(v), top = load(v + 2 * CHANNELS), holders = {};
    vec of_mean = load(dv) / real(time);
    vec of_std = load(dv + CHANNELS) / (load(v + CHANNELS) * real(time));
    for (long t = 0; t < time; t++) holders += load(x + t * CHANNELS) == top ? broadcast(1) : vec{};
    vec of_top = load(dv + 2 * CHANNELS) / holders;
    for (long t = 0; t < time; t++) {
      vec now = load(x + t * CHANNELS);
      store(in_grad + t * CHANNELS + c,
            of_mean + of_std * (now - mean) + (now == top ? of_top : vec{}));
    }
  }
}
