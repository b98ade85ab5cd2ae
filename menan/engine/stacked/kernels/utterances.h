// What the encoder computes of each utterance, and what it keeps for the way back.
//
// An utterance that is repeated to the input's length gives the same windows again and again: both
// convolutions and the input's part of the GRU are computed once for each window that differs.
#pragma once
#include "frames.h"
#include "gru.h"
#include "parameters.h"
#include "workspace.h"

constexpr long GROUP = 4, KERNEL1 = 10, KERNEL2 = 5, STRIDE = 2;

// frames: of every input. row: numbers between the parameters of two models.
struct Encoder {
  long models, batch, frames, dims, row;

  long groups() const { return (batch + GROUP - 1) / GROUP; }
};

// first, length: rows of the store by utterance. index: (models, batch). mean, std: (models, dims).
template <typename Stored>
struct Input {
  const Stored *store;
  const long *first, *length, *index;
  const real *mean, *std;
};

enum Parameter {
  WEIGHT1,
  BIAS1,
  SLOPE1,
  WEIGHT2,
  BIAS2,
  SLOPE2,
  IN_WEIGHT,
  IN_BIAS,
  RECURRENT_WEIGHT,
  RECURRENT_BIAS,
  LINEAR_WEIGHT,
  LINEAR_BIAS,
  LINEAR_SLOPE,
  PARAMETERS
};

inline Counts<PARAMETERS> counts(const Encoder &e) {
  return {KERNEL1 * e.dims * UNITS,
          UNITS,
          1,
          KERNEL2 * UNITS * UNITS,
          UNITS,
          1,
          UNITS * GATES,
          GATES,
          UNITS * GATES,
          GATES,
          UNITS * UNITS,
          UNITS,
          1};
}

// How many rows of an utterance are computed. A layer that begins again after an even number of
// rows leaves half as many to the next one, of stride 2; after an odd number as many.
struct Rows {
  long frames, first, second;  // of the input and the convolutions, that differ
  long repeated;  // of the first convolution, as the second one reads them
  long time;  // of the GRU, all of them

  Rows(const Encoder &e, long period) {
    auto halved = [](long rows) { return rows % 2 == 0 ? rows / 2 : rows; };
    time = ((e.frames - KERNEL1) / STRIDE + 1 - KERNEL2) / STRIDE + 1;
    second = std::min(time, halved(halved(period)));
    repeated = STRIDE * (second - 1) + KERNEL2;
    first = std::min(repeated, halved(period));
    frames = STRIDE * (first - 1) + KERNEL1;
  }
};

// What the way back needs of an utterance: convolutions and linear layer before their PReLU, states
// and gates of the GRU.
struct Kept {
  real *first, *second, *hidden, *saved, *linear;

  Kept(real *at, long time) {
    first = at;
    second = first + UNITS * (STRIDE * (time - 1) + KERNEL2);
    hidden = second + UNITS * time;
    saved = hidden + UNITS * (time + 1);
    linear = saved + SAVED * time;
  }

  static long size(long time) {
    return Kept(nullptr, time).linear - (real *)nullptr + UNITS * time;
  }
};

// Some utterances of one model, at most GROUP.
template <typename Stored>
struct Group {
  const Encoder &e;
  const Input<Stored> &in;
  long model, first, utts;

  Group(const Encoder &e, const Input<Stored> &in, long model, long group)
      : e(e), in(in), model(model), first(group * GROUP), utts(std::min(GROUP, e.batch - first)) {}

  long place(long u) const { return model * e.batch + first + u; }
  Rows rows(long u) const { return Rows(e, in.length[in.index[place(u)]]); }

  const real *frames(long u, const Rows &n) const {
    long utt = in.index[place(u)];
    real *x = workspace(FRAMES, e.frames * e.dims), *scale = workspace(SCALE, e.dims);
    for (long d = 0; d < e.dims; d++) scale[d] = 1 / in.std[model * e.dims + d];
    gather(n.frames, e.dims, in.store + in.first[utt] * e.dims, in.length[utt],
           in.mean + model * e.dims, scale, x);
    return x;
  }

  // The first convolution after its PReLU, repeated as the second one reads it.
  static const real *first_output(const Rows &n, const real *pre, real slope) {
    real *post = workspace(FIRST, n.repeated * UNITS);
    prelu(n.first * UNITS, pre, slope, post);
    for (long i = n.first * UNITS; i < n.repeated * UNITS; i++) post[i] = post[i - n.first * UNITS];
    return post;
  }

  static const real *output(long rows, const real *pre, real slope) {
    real *post = workspace(OUTPUT, rows * UNITS);
    prelu(rows * UNITS, pre, slope, post);
    return post;
  }
};
