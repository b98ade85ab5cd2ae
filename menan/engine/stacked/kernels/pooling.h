// Statistics pooling: (items, time, channels) to (items, 3 * channels), mean, standard deviation
// (biased, 1e-5 inside the root) and maximum. channels is a multiple of LANES.
#pragma once
#include <cmath>

#include "lanes.h"

extern "C" {

void pooling_forward(long items, long time, long channels, const real *in, real *out) {
#pragma omp parallel for schedule(dynamic)
  for (long item = 0; item < items; item++)
    for (long c = 0; c < channels; c += LANES) {
      const real *x = in + item * time * channels + c;
      real *v = out + item * 3 * channels + c;
      vec mean = {}, square = {}, top = load(x);
      for (long t = 0; t < time; t++) {
        vec now = load(x + t * channels);
        mean += now;
        top = now > top ? now : top;
      }
      mean /= real(time);
      for (long t = 0; t < time; t++) {
        vec off = load(x + t * channels) - mean;
        square = multiply_add(off, off, square);
      }
      vec inside = square / real(time) + real(1e-5), root;
      for (long lane = 0; lane < LANES; lane++) root[lane] = std::sqrt(inside[lane]);
      store(v, mean);
      store(v + channels, root);
      store(v + 2 * channels, top);
    }
}

// Frames that share the maximum share its gradient.
void pooling_backward(long items, long time, long channels, const real *in, const real *out,
                      const real *out_grad, real *in_grad) {
#pragma omp parallel for schedule(dynamic)
  for (long item = 0; item < items; item++)
    for (long c = 0; c < channels; c += LANES) {
      const real *x = in + item * time * channels + c;
      const real *v = out + item * 3 * channels + c, *dv = out_grad + item * 3 * channels + c;
      real *dx = in_grad + item * time * channels + c;
      vec mean = load(v), top = load(v + 2 * channels), holders = {};
      vec of_mean = load(dv) / real(time);
      vec of_std = load(dv + channels) / (load(v + channels) * real(time));
      for (long t = 0; t < time; t++)
        holders += load(x + t * channels) == top ? broadcast(1) : vec{};
      vec of_top = load(dv + 2 * channels) / holders;
      for (long t = 0; t < time; t++) {
        vec now = load(x + t * channels);
        store(dx + t * channels, of_mean + of_std * (now - mean) + (now == top ? of_top : vec{}));
      }
    }
}

}  // extern "C"
