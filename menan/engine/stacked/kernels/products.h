// Products of matrices whose rows may overlap: row r is in[r * stride : r * stride + size]. So a
// convolution over frames that lie end to end is a product (size = kernel x channels, stride =
// stride x channels), and a linear layer another (stride = size).
//
// Lanes run over output columns, a multiple of BLOCK. Sums run over `size` in order, so no result
// depends on the tiles or on the width of a vector.
#pragma once
#include <algorithm>
#include <type_traits>

#include "lanes.h"

// A tile of TILE rows by 2 vectors of accumulators: enough to cover the latency of a multiply-add,
// few enough for the registers (32 with AVX-512, 16 otherwise).
#ifdef __AVX512F__
constexpr long TILE = 12;
#else
constexpr long TILE = 6;
#endif

// acc[i][j] += in[i * step + k * next] * weights[k * row + j * LANES] over k.
template <long tile, long vecs>
inline __attribute__((always_inline)) void multiply(vec (&acc)[tile][vecs], const real *in,
                                                    long step, long next, const real *weights,
                                                    long row, long size) {
  for (long k = 0; k < size; k++) {
    vec w[vecs];
#pragma GCC unroll 6
    for (long j = 0; j < vecs; j++) w[j] = load(weights + k * row + j * LANES);
#pragma GCC unroll 16
    for (long i = 0; i < tile; i++) {
      vec x = broadcast(in[i * step + k * next]);
#pragma GCC unroll 6
      for (long j = 0; j < vecs; j++) acc[i][j] = multiply_add(x, w[j], acc[i][j]);
    }
  }
}

// Walks [0, count) in tiles, at the end in smaller ones; a last tile that would be short begins
// earlier and gives the number of entries that were done before.
template <class Body>
inline void in_tiles(long count, Body body) {
  long at = 0;
  auto walk = [&](auto tile, long too_many) {
    for (; at + tile <= count; at += tile) body(tile, at, 0);
    if (count - at <= too_many || count < tile) return;
    body(tile, count - tile, tile - (count - at));
    at = count;
  };
  walk(std::integral_constant<long, TILE>{}, TILE * 2 / 3);
  walk(std::integral_constant<long, TILE * 2 / 3>{}, TILE / 3);
  walk(std::integral_constant<long, TILE / 3>{}, 0);
  walk(std::integral_constant<long, 1>{}, 0);
}

// Walks columns in steps of two vectors, and the last one alone.
template <class Body>
inline void in_vectors(long columns, Body body) {
  long at = 0;
  for (; at + 2 * LANES <= columns; at += 2 * LANES) body(std::integral_constant<long, 2>{}, at);
  if (at < columns) body(std::integral_constant<long, 1>{}, at);
}

// out[r] = bias + row r @ weight, (rows, outs). weight: (size, outs); without bias null.
inline void affine(long rows, const real *in, long stride, long size, const real *weight,
                   const real *bias, long outs, real *out) {
  in_tiles(rows, [&](auto tile, long r, long) {
    constexpr long high = tile;
    in_vectors(outs, [&](auto vecs, long o) {
      constexpr long wide = vecs;
      vec acc[high][wide];
      for (long i = 0; i < high; i++)
        for (long j = 0; j < wide; j++) acc[i][j] = bias ? load(bias + o + j * LANES) : vec{};
      multiply<high, wide>(acc, in + r * stride, stride, 1, weight + o, outs, size);
      for (long i = 0; i < high; i++)
        for (long j = 0; j < wide; j++) store(out + (r + i) * outs + o + j * LANES, acc[i][j]);
    });
  });
}

// The gradient of `in`, where rows overlap: in_grad[row r] += out_grad[r] @ transposed.
// transposed: (outs, size), size a multiple of BLOCK. stride is at least 2 * LANES.
inline void add_affine_input(long rows, const real *out_grad, long outs, const real *transposed,
                             long stride, long size, real *in_grad) {
  // Column by column, so that the order in which rows are added does not depend on the tiles.
  in_vectors(size, [&](auto vecs, long k) {
    constexpr long wide = vecs;
    in_tiles(rows, [&](auto tile, long r, long done) {
      constexpr long high = tile;
      vec acc[high][wide] = {};
      multiply<high, wide>(acc, out_grad + r * outs, outs, 1, transposed + k, size, outs);
      for (long i = done; i < high; i++)
        for (long j = 0; j < wide; j++) {
          real *to = in_grad + (r + i) * stride + k + j * LANES;
          store(to, load(to) + acc[i][j]);
        }
    });
  });
}

// The gradients of weight and bias: weight_grad[k][o] += in[r][k] * out_grad[r][o], summed over
// rows first; bias_grad[o] += out_grad[r][o].
inline void add_affine_weight(long rows, const real *in, long stride, long size,
                              const real *out_grad, long outs, real *weight_grad, real *bias_grad) {
  in_tiles(size, [&](auto tile, long k, long done) {
    constexpr long high = tile;
    in_vectors(outs, [&](auto vecs, long o) {
      constexpr long wide = vecs;
      vec acc[high][wide] = {};
      multiply<high, wide>(acc, in + k, 1, stride, out_grad + o, outs, rows);
      for (long i = done; i < high; i++)
        for (long j = 0; j < wide; j++) {
          real *to = weight_grad + (k + i) * outs + o + j * LANES;
          store(to, load(to) + acc[i][j]);
        }
    });
  });
  for (long o = 0; o < outs; o += LANES) {
    vec acc = {};
    for (long r = 0; r < rows; r++) acc += load(out_grad + r * outs + o);
    store(bias_grad + o, load(bias_grad + o) + acc);
  }
}

// (rows, columns) to (columns, rows).
inline const real *transpose(const real *from, long rows, long columns, real *to) {
  for (long c = 0; c < columns; c++)
    for (long r = 0; r < rows; r++) to[c * rows + r] = from[r * columns + c];
  return to;
}

// count: a multiple of BLOCK.
inline void prelu(long count, const real *pre, real slope, real *post) {
  for (long i = 0; i < count; i += LANES) {
    vec x = load(pre + i);
    store(post + i, x > 0 ? x : x * slope);
  }
}

// grad, (rows, channels): of the output, then of the input. slope_grad: is added to.
inline void prelu_backward(long rows, long channels, const real *pre, real slope, real *grad,
                           real *slope_grad) {
  for (long c = 0; c < channels; c += LANES) {
    vec total = {};
    for (long i = c; i < rows * channels; i += channels) {
      vec x = load(pre + i), dy = load(grad + i);
      store(grad + i, x > 0 ? dy : dy * slope);
      total += x > 0 ? vec{} : dy * x;
    }
    *slope_grad = plus_lanes(*slope_grad, total);
  }
}
