// A classifier of Table 1: POOLED numbers to 32 to 16 to the log posteriors of the classes, with
// PReLU in between.
#pragma once
#include "parameters.h"
#include "pooling.h"
#include "products.h"
#include "workspace.h"

constexpr long WIDE = 32, NARROW = 16;

// classes: columns of the output; filled: a multiple of BLOCK, as many as the weights have. row:
// numbers between the parameters of two models.
struct Head {
  long models, batch, classes, filled, row;
};

constexpr real NO_CLASS = -1e30;  // as in engine.py

inline Counts<8> counts(const Head &h) {
  return {POOLED * WIDE, WIDE, 1, WIDE * NARROW, NARROW, 1, NARROW * h.filled, h.filled};
}

// Both hidden layers of one model, before and after their PReLU.
struct Layers {
  real *pre1, *post1, *pre2, *post2;

  Layers(const Head &h, const std::array<const real *, 8> &w, const real *in) {
    pre1 = workspace(KEPT, 2 * h.batch * (WIDE + NARROW));
    post1 = pre1 + h.batch * WIDE;
    pre2 = post1 + h.batch * WIDE;
    post2 = pre2 + h.batch * NARROW;
    affine(h.batch, in, POOLED, POOLED, w[0], w[1], WIDE, pre1);
    prelu(h.batch * WIDE, pre1, *w[2], post1);
    affine(h.batch, post1, WIDE, WIDE, w[3], w[4], NARROW, pre2);
    prelu(h.batch * NARROW, pre2, *w[5], post2);
  }
};

// Logits of one utterance to log posteriors: of the first `count` classes, which this model has.
inline void log_softmax(const Head &h, long count, const real *logits, real *powers, real *out) {
  real top = *std::max_element(logits, logits + count), sum = 0;
  for (long c = 0; c < h.filled; c += LANES) store(powers + c, exponential(load(logits + c) - top));
  for (long c = 0; c < count; c++) sum += powers[c];  // in this order, whatever follows them
  real shift = top + std::log(sum);
  for (long c = 0; c < h.classes; c++) out[c] = c < count ? logits[c] - shift : NO_CLASS;
}

// grad, (filled): the gradient of the logits.
inline void log_softmax_backward(const Head &h, long count, const real *log_p, const real *out_grad,
                                 real *grad) {
  real sum = 0;
  for (long c = 0; c < count; c++) sum += out_grad[c];
  for (long c = 0; c < h.filled; c++)
    grad[c] = c < count ? out_grad[c] - std::exp(log_p[c]) * sum : 0;
}

extern "C" {

// existing: (models), number of classes that a model has. in: (models, batch, POOLED). out:
// (models, batch, classes).
void head_forward(Head h, const long *existing, const real *in, const real *parameters, real *out) {
#pragma omp parallel for schedule(dynamic)
  for (long model = 0; model < h.models; model++) {
    auto w = places(parameters + model * h.row, counts(h));
    Layers layers(h, w, in + model * h.batch * POOLED);
    real *logits = workspace(FIRST, (h.batch + 1) * h.filled),
         *powers = logits + h.batch * h.filled;
    affine(h.batch, layers.post2, NARROW, NARROW, w[6], w[7], h.filled, logits);
    for (long i = 0; i < h.batch; i++)
      log_softmax(h, existing[model], logits + i * h.filled, powers,
                  out + (model * h.batch + i) * h.classes);
  }
}

// out: of head_forward. gradient: (models, parameters). in_grad: null if it is not needed.
void head_backward(Head h, const long *existing, const real *in, const real *parameters,
                   const real *out, const real *out_grad, real *gradient, real *in_grad) {
  auto sizes = counts(h);
  long width = total(sizes);
#pragma omp parallel for schedule(dynamic)
  for (long model = 0; model < h.models; model++) {
    auto w = places(parameters + model * h.row, sizes);
    std::fill_n(gradient + model * width, width, 0);
    auto dw = places(gradient + model * width, sizes);
    const real *x = in + model * h.batch * POOLED;
    Layers layers(h, w, x);
    real *grad3 = workspace(OUTPUT, h.batch * h.filled);
    for (long i = 0; i < h.batch; i++) {
      long at = (model * h.batch + i) * h.classes;
      log_softmax_backward(h, existing[model], out + at, out_grad + at, grad3 + i * h.filled);
    }
    real *grad2 = workspace(SECOND, h.batch * NARROW), *grad1 = workspace(FIRST, h.batch * WIDE);
    real *turned = workspace(PACKED, std::max(NARROW * h.filled, POOLED * WIDE));
    add_affine_weight(h.batch, layers.post2, NARROW, NARROW, grad3, h.filled, dw[6], dw[7]);
    transpose(w[6], NARROW, h.filled, turned);
    affine(h.batch, grad3, h.filled, h.filled, turned, nullptr, NARROW, grad2);
    prelu_backward(h.batch, NARROW, layers.pre2, *w[5], grad2, dw[5]);
    add_affine_weight(h.batch, layers.post1, WIDE, WIDE, grad2, NARROW, dw[3], dw[4]);
    transpose(w[3], WIDE, NARROW, turned);
    affine(h.batch, grad2, NARROW, NARROW, turned, nullptr, WIDE, grad1);
    prelu_backward(h.batch, WIDE, layers.pre1, *w[2], grad1, dw[2]);
    add_affine_weight(h.batch, x, POOLED, POOLED, grad1, WIDE, dw[0], dw[1]);
    if (!in_grad) continue;
    transpose(w[0], POOLED, WIDE, turned);
    affine(h.batch, grad1, WIDE, WIDE, turned, nullptr, POOLED, in_grad + model * h.batch * POOLED);
  }
}

}  // extern "C"
