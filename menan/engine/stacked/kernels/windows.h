// Affine maps of sliding windows, out[r] = bias + in[r * stride : r * stride + size] @ weight, with
// an optional PReLU after it. A convolution over frames that lie end to end is one (size = kernel x
// channels, stride = stride x channels), a linear layer another (size = stride = its inputs).
//
// Of each model `sequences` sequences come in, one `length` numbers after the other, and `rows` x
// `outs` numbers a sequence go out. weight is (size, outs), bias (outs); lanes run over outs, a
// multiple of BLOCK, and size is at least TILE. A model's weights stand `weight_step` numbers after
// those of the model before, and so on; gradients are dense.
//
// Work is shared among threads so that no sum depends on their number, nor on the other models.
#pragma once
#include <omp.h>

#include <algorithm>
#include <type_traits>

#include "lanes.h"

// A tile of accumulators: enough to cover the latency of a multiply-add, few enough for the
// registers (32 with AVX-512, 16 otherwise). It is TILE by 1 or TILE / 2 by 2 vectors; where the
// step between rows is known only at run time, two vectors need fewer addresses. No sum depends on
// it.
#ifdef __AVX512F__
constexpr long TILE = 16;
#else
constexpr long TILE = 8;
#endif

struct Windows {
  long models, sequences, length, size, stride, rows, outs;
  long weight_step, bias_step, slope_step;
};

// acc[i][j] += in[i * step + k * next] * weights[k * row + j * LANES] over k.
template <long tile, long vecs>
inline __attribute__((always_inline)) void multiply(vec (*acc)[vecs], const real *in, long step,
                                                    long next, const real *weights, long row,
                                                    long size) {
  for (long k = 0; k < size; k++)
#pragma GCC unroll 16
    for (long i = 0; i < tile; i++) {
      vec x = broadcast(in[i * step + k * next]);
#pragma GCC unroll 2
      for (long j = 0; j < vecs; j++)
        acc[i][j] = multiply_add(x, load(weights + k * row + j * LANES), acc[i][j]);
    }
}

inline long distinct_rows(Windows w, const long *distinct, long sequence) {
  return distinct ? std::min(w.rows, distinct[sequence]) : w.rows;
}

// Walks [0, count) in tiles; a last tile that would be short begins earlier and gives the number
// of entries that were done before.
template <long tile, class Body>
inline void in_tiles(long count, Body body) {
  if (count < tile) {
    for (long at = 0; at < count; at++) body(std::integral_constant<long, 1>{}, at, 0);
    return;
  }
  for (long at = 0; at < count; at += tile) {
    long begin = at + tile <= count ? at : count - tile;
    body(std::integral_constant<long, tile>{}, begin, at - begin);
  }
}

template <long vecs>
void forward(Windows w, const long *distinct, const real *in, const real *weight, const real *bias,
             const real *slope, real *pre, real *post) {
#pragma omp parallel for schedule(dynamic)
  for (long item = 0; item < w.models * w.sequences; item++) {
    long model = item / w.sequences;
    const real *x = in + item * w.length, *b = bias + model * w.bias_step;
    long to = item * w.rows * w.outs, rows = distinct_rows(w, distinct, item);
    in_tiles<TILE / vecs>(rows, [&](auto tile, long r, long) {
      for (long o = 0; o < w.outs; o += vecs * LANES) {
        vec acc[tile][vecs];
        for (long i = 0; i < tile; i++)
          for (long j = 0; j < vecs; j++) acc[i][j] = load(b + o + j * LANES);
        multiply<tile, vecs>(acc, x + r * w.stride, w.stride, 1, weight + model * w.weight_step + o,
                             w.outs, w.size);
        for (long i = 0; i < tile; i++)
          for (long j = 0; j < vecs; j++) {
            long at = to + (r + i) * w.outs + o + j * LANES;
            vec y = acc[i][j];
            store(pre + at, y);
            if (slope) store(post + at, y > 0 ? y : y * slope[model * w.slope_step]);
          }
      }
    });
    for (long at = to + rows * w.outs; at < to + w.rows * w.outs; at++) {
      pre[at] = pre[at - rows * w.outs];
      if (slope) post[at] = post[at - rows * w.outs];
    }
  }
}

// blocks: BLOCKs of columns that are added together.
template <long blocks>
void backward_input(Windows w, const real *out_grad, const real *transposed, real *in_grad) {
#pragma omp parallel for schedule(dynamic)
  for (long item = 0; item < w.models * w.sequences; item++) {
    long model = item / w.sequences;
    const real *dy = out_grad + item * w.rows * w.outs;
    real *dx = in_grad + item * w.length;
    std::memset(dx, 0, w.length * sizeof(real));
    in_tiles<BLOCK / blocks>(w.rows, [&](auto tile, long r, long done) {
      // Windows overlap, so the order in which rows are added matters: by tile, by columns, by row.
      constexpr long vecs = blocks * BLOCK / LANES;
      constexpr long at_once = std::min<long>(tile, TILE / vecs);
      for (long k = 0; k < w.size; k += blocks * BLOCK)
        for (long i = 0; i < tile; i += at_once) {
          vec acc[at_once][vecs] = {};
          multiply<at_once, vecs>(acc, dy + (r + i) * w.outs, w.outs, 1,
                                  transposed + model * w.size * w.outs + k, w.size, w.outs);
          for (long row = std::max(i, done); row < i + at_once; row++)
            for (long j = 0; j < vecs; j++) {
              real *to = dx + (r + row) * w.stride + k + j * LANES;
              store(to, load(to) + acc[row - i][j]);
            }
        }
    });
  }
}

extern "C" {

// distinct: (models, sequences), the rows of a sequence that differ, after which they begin again,
// as they do where the input repeats itself; null if all do. pre: before the PReLU; post: after it,
// where slope is not null.
void windows_forward(Windows w, const long *distinct, const real *in, const real *weight,
                     const real *bias, const real *slope, real *pre, real *post) {
  (w.outs % (2 * LANES) ? forward<1> : forward<2>)(w, distinct, in, weight, bias, slope, pre, post);
}

// transposed: the weights as (models, outs, size), dense; here size is a multiple of BLOCK too.
void windows_backward_input(Windows w, const real *out_grad, const real *transposed,
                            real *in_grad) {
  (w.size % (2 * BLOCK) ? backward_input<1> : backward_input<2>)(w, out_grad, transposed, in_grad);
}

// Adds the gradients of rows that repeat others to those, for windows_backward_weight.
void windows_fold(Windows w, const long *distinct, real *out_grad) {
#pragma omp parallel for schedule(dynamic)
  for (long item = 0; item < w.models * w.sequences; item++) {
    real *dy = out_grad + item * w.rows * w.outs;
    long period = distinct_rows(w, distinct, item) * w.outs;
    for (long begin = period; begin < w.rows * w.outs; begin += period) {
      long count = std::min(period, w.rows * w.outs - begin);
      for (long i = 0; i < count; i++) dy[i] += dy[begin + i];
    }
  }
}

// Sums run over the rows of a sequence first, then over sequences. out_row: numbers between two
// rows of out_grad, of which outs are used.
void windows_backward_weight(Windows w, const long *distinct, long out_row, const real *in,
                             const real *out_grad, real *weight_grad, real *bias_grad) {
  // A model's weights are cut only where there are too few models for the threads.
  long chunks = (2 * omp_get_max_threads() + w.models - 1) / w.models;
#pragma omp parallel for schedule(dynamic)
  for (long item = 0; item < w.models * chunks; item++) {
    long model = item / chunks, chunk = item % chunks;
    long tiles = (w.size + TILE - 1) / TILE;
    long first = tiles * chunk / chunks * TILE;
    long last = std::min(tiles * (chunk + 1) / chunks * TILE, w.size);
    real *dw = weight_grad + model * w.size * w.outs;
    real *db = bias_grad + model * w.outs;
    std::memset(dw + first * w.outs, 0, (last - first) * w.outs * sizeof(real));
    if (chunk == 0) std::memset(db, 0, w.outs * sizeof(real));
    for (long s = model * w.sequences; s < (model + 1) * w.sequences; s++) {
      const real *x = in + s * w.length, *dy = out_grad + s * w.rows * out_row;
      long rows = distinct_rows(w, distinct, s);
      for (long at = first; at < last; at += TILE) {
        long k = std::max(std::min(at, w.size - TILE), 0L);
        for (long o = 0; o < w.outs; o += LANES) {
          vec acc[TILE][1] = {};
          multiply<TILE, 1>(acc, x + k, 1, w.stride, dy + o, out_row, rows);
          for (long i = at - k; i < TILE; i++) {
            real *to = dw + (k + i) * w.outs + o;
            store(to, load(to) + acc[i][0]);
          }
        }
      }
      if (chunk > 0) continue;
      for (long o = 0; o < w.outs; o += LANES) {
        vec acc = {};
        for (long r = 0; r < rows; r++) acc += load(dy + r * out_row + o);
        store(db + o, load(db + o) + acc);
      }
    }
  }
}

// in_grad is the gradient of the PReLU's input; count, a multiple of BLOCK: numbers per model.
void prelu_backward(long models, long count, long slope_step, const real *pre, const real *slope,
                    const real *out_grad, real *in_grad, real *slope_grad) {
#pragma omp parallel for schedule(dynamic)
  for (long model = 0; model < models; model++) {
    double total = 0;
    for (long block = model * count; block < (model + 1) * count; block += BLOCK) {
      real of_block = 0;
      for (long at = block; at < block + BLOCK; at += LANES) {
        vec x = load(pre + at), dy = load(out_grad + at);
        store(in_grad + at, x > 0 ? dy : dy * slope[model * slope_step]);
        of_block = plus_lanes(of_block, x > 0 ? vec{} : dy * x);
      }
      total += of_block;
    }
    slope_grad[model] = total;
  }
}

}  // extern "C"
