// Batches from the frame store: utterances repeated cyclically to one length and normalised.
#pragma once
#include "lanes.h"

extern "C" {

// index: (models, batch), utterances of the store; first, length: their rows in it. mean and std:
// (models, dims). out: (models, batch, frames, dims).
void gather_frames(long models, long batch, long frames, long dims, const float *store,
                   const long *first, const long *length, const long *index, const real *mean,
                   const real *std, real *out) {
#pragma omp parallel for schedule(dynamic)
  for (long item = 0; item < models * batch; item++) {
    const real *m = mean + item / batch * dims, *s = std + item / batch * dims;
    long from = first[index[item]], period = length[index[item]];
    real *to = out + item * frames * dims;
    for (long t = 0; t < frames; t++)
      if (t < period)
        for (long d = 0; d < dims; d++)
          to[t * dims + d] = (store[(from + t) * dims + d] - m[d]) / s[d];
      else
        std::memcpy(to + t * dims, to + (t - period) * dims, dims * sizeof(real));
  }
}

}  // extern "C"
