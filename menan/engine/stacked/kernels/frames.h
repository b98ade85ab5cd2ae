// Batches from the frame store: utterances repeated cyclically to one length and normalised.
#pragma once
#include <cstdint>

#include "lanes.h"

inline float widened(float number) { return number; }

// A finite float16 by its bits, as older compilers have no _Float16 in C++. In the places of a
// float they are the number divided by 2^112, the difference of the exponents; subnormal ones too.
inline float widened(uint16_t half) {
  uint32_t bits = (half & 0x7fffu) << 13, sign = (half & 0x8000u) << 16;
  float size;
  std::memcpy(&size, &bits, sizeof size);
  size *= 0x1p112f;
  std::memcpy(&bits, &size, sizeof size);
  bits |= sign;
  std::memcpy(&size, &bits, sizeof size);
  return size;
}

// index: (models, batch), utterances of the store; first, length: their rows in it. mean and std:
// (models, dims). out: (models, batch, frames, dims).
template <typename Stored>
void gather_frames(long models, long batch, long frames, long dims, const Stored *store,
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
          to[t * dims + d] = (widened(store[(from + t) * dims + d]) - m[d]) / s[d];
      else
        std::memcpy(to + t * dims, to + (t - period) * dims, dims * sizeof(real));
  }
}

extern "C" {

void gather_single(long models, long batch, long frames, long dims, const float *store,
                   const long *first, const long *length, const long *index, const real *mean,
                   const real *std, real *out) {
  gather_frames(models, batch, frames, dims, store, first, length, index, mean, std, out);
}

void gather_half(long models, long batch, long frames, long dims, const uint16_t *store,
                 const long *first, const long *length, const long *index, const real *mean,
                 const real *std, real *out) {
  gather_frames(models, batch, frames, dims, store, first, length, index, mean, std, out);
}

}  // extern "C"
