// An utterance of the frame store, repeated cyclically to one length and normalised.
#pragma once
#include <algorithm>
#include <cstdint>

#include "lanes.h"

typedef float singles __attribute__((vector_size(LANES * sizeof(float))));
typedef uint32_t words __attribute__((vector_size(LANES * sizeof(uint32_t))));
typedef uint16_t halves __attribute__((vector_size(LANES * sizeof(uint16_t))));

inline vec widened(const float *from) {
  singles numbers;
  std::memcpy(&numbers, from, sizeof numbers);
  return __builtin_convertvector(numbers, vec);
}

// Finite float16 by their bits, as older compilers have no _Float16 in C++. In the places of a
// float they are the number divided by 2^112, the difference of the exponents; subnormal ones too.
inline vec widened(const uint16_t *from) {
  halves stored;
  std::memcpy(&stored, from, sizeof stored);
  words wide = __builtin_convertvector(stored, words);
  words places = (wide & 0x7fff) << 13, sign = (wide & 0x8000) << 16;
  singles size;
  std::memcpy(&size, &places, sizeof size);
  size *= 0x1p112f;
  std::memcpy(&places, &size, sizeof size);
  places |= sign;
  std::memcpy(&size, &places, sizeof size);
  return __builtin_convertvector(size, vec);
}

// The first `count` frames, (count, dims), of an utterance with `period` frames.
// mean, scale: (dims), the scale is 1 / std.
template <typename Stored>
inline void gather(long count, long dims, const Stored *frames, long period, const real *mean,
                   const real *scale, real *to) {
  for (long t = 0; t < std::min(count, period); t++, frames += dims, to += dims) {
    if (dims < LANES) {
      Stored filled[LANES] = {};
      std::copy(frames, frames + dims, filled);
      vec x = widened(filled);
      for (long d = 0; d < dims; d++) to[d] = (x[d] - mean[d]) * scale[d];
      continue;
    }
    for (long at = 0; at < dims; at += LANES) {
      long d = std::min(at, dims - LANES);
      store(to + d, (widened(frames + d) - load(mean + d)) * load(scale + d));
    }
  }
  for (long i = 0; i < (count - period) * dims; i++) to[i] = to[i - period * dims];
}
