// Table 1's encoder: frames, two convolutions, GRU, linear layer, pooling. All of a few utterances
// is computed before the next few, so that what a layer leaves is still in the cache when the next
// one reads it.
//
// Utterances are shared among threads in groups of GROUP, and the gradients of groups are added in
// order, so no sum depends on the number of threads or on the other models.
#pragma once
#include <omp.h>

#include "pooling.h"
#include "utterances.h"

// f(number of utterances as a constant).
template <class Body>
inline void with_utts(long utts, Body body) {
  if (utts == 4) body(std::integral_constant<long, 4>{});
  if (utts == 3) body(std::integral_constant<long, 3>{});
  if (utts == 2) body(std::integral_constant<long, 2>{});
  if (utts == 1) body(std::integral_constant<long, 1>{});
}

// kept: Kept::size numbers of each utterance. pooled: (models, batch, POOLED).
template <typename Stored>
void encode_group(const Group<Stored> &group, const real *parameters, real *kept, real *pooled) {
  const Encoder &e = group.e;
  auto sizes = counts(e);
  auto dense = places(parameters, sizes);
  auto w = places(workspace(PACKED, total(sizes, BLOCK)), sizes, BLOCK);
  for (long i = 0; i < PARAMETERS; i++) std::copy(dense[i], dense[i] + sizes[i], w[i]);
  long time = group.rows(0).time, apart = Kept::size(time), period[GROUP];
  real *gates = workspace(GATES_IN, GROUP * time * GATES);
  for (long u = 0; u < group.utts; u++) {
    Rows n = group.rows(u);
    Kept k(kept + u * apart, time);
    period[u] = n.second;
    const real *x = group.frames(u, n);
    affine(n.first, x, STRIDE * e.dims, KERNEL1 * e.dims, w[WEIGHT1], w[BIAS1], UNITS, k.first);
    x = group.first_output(n, k.first, *w[SLOPE1]);
    affine(n.second, x, STRIDE * UNITS, KERNEL2 * UNITS, w[WEIGHT2], w[BIAS2], UNITS, k.second);
    x = group.output(n.second, k.second, *w[SLOPE2]);
    affine(n.second, x, UNITS, UNITS, w[IN_WEIGHT], w[IN_BIAS], GATES, gates + u * time * GATES);
  }
  with_utts(group.utts, [&](auto utts) {
    Kept k(kept, time);
    gru_forward<utts>(time, gates, period, w[RECURRENT_WEIGHT], w[RECURRENT_BIAS], apart, k.hidden,
                      k.saved);
  });
  for (long u = 0; u < group.utts; u++) {
    Kept k(kept + u * apart, time);
    affine(time, k.hidden + UNITS, UNITS, UNITS, w[LINEAR_WEIGHT], w[LINEAR_BIAS], UNITS, k.linear);
    const real *x = group.output(time, k.linear, *w[LINEAR_SLOPE]);
    pooling_forward(time, x, pooled + group.place(u) * POOLED);
  }
}

// gradient: of the parameters, aligned as BLOCK says; is overwritten.
template <typename Stored>
void encode_group_backward(const Group<Stored> &group, const real *parameters, const real *kept,
                           const real *pooled, const real *pooled_grad, real *gradient) {
  const Encoder &e = group.e;
  auto sizes = counts(e);
  auto w = places(parameters, sizes);
  auto dw = places(gradient, sizes, BLOCK);
  std::fill_n(gradient, total(sizes, BLOCK), 0);
  real *packed = workspace(PACKED, sizes[WEIGHT2] + 2 * UNITS * GATES + UNITS * UNITS);
  const real *second_t = transpose(w[WEIGHT2], KERNEL2 * UNITS, UNITS, packed);
  const real *in_t = transpose(w[IN_WEIGHT], UNITS, GATES, packed += sizes[WEIGHT2]);
  const real *recurrent_t = transpose(w[RECURRENT_WEIGHT], UNITS, GATES, packed += UNITS * GATES);
  const real *linear_t = transpose(w[LINEAR_WEIGHT], UNITS, UNITS, packed += UNITS * GATES);
  long time = group.rows(0).time, apart = Kept::size(time), period[GROUP];
  real *grad = workspace(SECOND, time * UNITS);
  real *hidden_grad = workspace(HIDDEN, GROUP * time * UNITS);
  real *recurrent_grad = workspace(RECURRENT, GROUP * time * GATES);
  real *gates_grad = workspace(GATES_IN, GROUP * time * GATES);
  for (long u = 0; u < group.utts; u++) {
    Kept k(const_cast<real *>(kept) + u * apart, time);
    period[u] = group.rows(u).second;
    const real *x = group.output(time, k.linear, *w[LINEAR_SLOPE]);
    long at = group.place(u) * POOLED;
    pooling_backward(time, x, pooled + at, pooled_grad + at, grad);
    prelu_backward(time, UNITS, k.linear, *w[LINEAR_SLOPE], grad, dw[LINEAR_SLOPE]);
    add_affine_weight(time, k.hidden + UNITS, UNITS, UNITS, grad, UNITS, dw[LINEAR_WEIGHT],
                      dw[LINEAR_BIAS]);
    affine(time, grad, UNITS, UNITS, linear_t, nullptr, UNITS, hidden_grad + u * time * UNITS);
  }
  with_utts(group.utts, [&](auto utts) {
    Kept k(const_cast<real *>(kept), time);
    gru_backward<utts>(time, period, recurrent_t, apart, k.hidden, k.saved, hidden_grad,
                       recurrent_grad, gates_grad);
  });
  for (long u = 0; u < group.utts; u++) {
    Rows n = group.rows(u);
    Kept k(const_cast<real *>(kept) + u * apart, time);
    const real *of_hidden = recurrent_grad + u * time * GATES;
    add_affine_weight(time, k.hidden, UNITS, UNITS, of_hidden, GATES, dw[RECURRENT_WEIGHT],
                      dw[RECURRENT_BIAS]);
    const real *x = group.output(n.second, k.second, *w[SLOPE2]);
    const real *of_gates = gates_grad + u * time * GATES;
    add_affine_weight(n.second, x, UNITS, UNITS, of_gates, GATES, dw[IN_WEIGHT], dw[IN_BIAS]);
    affine(n.second, of_gates, GATES, GATES, in_t, nullptr, UNITS, grad);
    prelu_backward(n.second, UNITS, k.second, *w[SLOPE2], grad, dw[SLOPE2]);
    x = group.first_output(n, k.first, *w[SLOPE1]);
    add_affine_weight(n.second, x, STRIDE * UNITS, KERNEL2 * UNITS, grad, UNITS, dw[WEIGHT2],
                      dw[BIAS2]);
    real *first_grad = workspace(FIRST, n.repeated * UNITS);
    std::fill_n(first_grad, n.repeated * UNITS, 0);
    add_affine_input(n.second, grad, UNITS, second_t, STRIDE * UNITS, KERNEL2 * UNITS, first_grad);
    for (long i = n.first * UNITS; i < n.repeated * UNITS; i++)
      first_grad[i % (n.first * UNITS)] += first_grad[i];
    prelu_backward(n.first, UNITS, k.first, *w[SLOPE1], first_grad, dw[SLOPE1]);
    x = group.frames(u, n);
    add_affine_weight(n.first, x, STRIDE * e.dims, KERNEL1 * e.dims, first_grad, UNITS, dw[WEIGHT1],
                      dw[BIAS1]);
  }
}

template <typename Stored>
void encode(const Encoder &e, const Input<Stored> &in, const real *parameters, real *kept,
            real *pooled) {
  long size = Kept::size(Rows(e, 1).time);
#pragma omp parallel for schedule(dynamic)
  for (long item = 0; item < e.models * e.groups(); item++) {
    Group<Stored> group(e, in, item / e.groups(), item % e.groups());
    real *own = kept ? kept + group.place(0) * size : workspace(KEPT, GROUP * size);
    encode_group(group, parameters + group.model * e.row, own, pooled);
  }
}

// gradients: (models, parts, parameters), of which the first part is the result.
template <typename Stored>
void encode_backward(const Encoder &e, long parts, const Input<Stored> &in, const real *parameters,
                     const real *kept, const real *pooled, const real *pooled_grad,
                     real *gradients) {
  auto sizes = counts(e);
  long size = Kept::size(Rows(e, 1).time), width = total(sizes);
#pragma omp parallel for schedule(dynamic)
  for (long item = 0; item < e.models * parts; item++) {
    long model = item / parts, part = item % parts;
    real *sum = gradients + item * width;
    long begin = part * e.groups() / parts, end = (part + 1) * e.groups() / parts;
    for (long g = begin; g < end; g++) {
      Group<Stored> group(e, in, model, g);
      real *own = workspace(GRADIENT, total(sizes, BLOCK));
      encode_group_backward(group, parameters + model * e.row, kept + group.place(0) * size, pooled,
                            pooled_grad, own);
      auto from = places(own, sizes, BLOCK), to = places(sum, sizes);
      for (long i = 0; i < PARAMETERS; i++)
        for (long j = 0; j < sizes[i]; j++)
          to[i][j] = g == begin ? from[i][j] : to[i][j] + from[i][j];
    }
  }
  if (parts == 1) return;
#pragma omp parallel for schedule(dynamic)
  for (long model = 0; model < e.models; model++) {
    real *sum = gradients + model * parts * width;
    for (long part = 1; part < parts; part++)
      for (long i = 0; i < width; i++) sum[i] += sum[part * width + i];
  }
}

extern "C" {

long encoder_kept(long frames) { return Kept::size(Rows({0, 0, frames, 0, 0}, 1).time); }

// half: whether the store is float16.
void encoder_forward(Encoder e, bool half, const void *store, const long *first, const long *length,
                     const long *index, const real *mean, const real *std, const real *parameters,
                     real *kept, real *pooled) {
  if (half)
    encode<uint16_t>(e, {(const uint16_t *)store, first, length, index, mean, std}, parameters,
                     kept, pooled);
  else
    encode<float>(e, {(const float *)store, first, length, index, mean, std}, parameters, kept,
                  pooled);
}

void encoder_backward(Encoder e, bool half, const void *store, const long *first,
                      const long *length, const long *index, const real *mean, const real *std,
                      const real *parameters, const real *kept, const real *pooled,
                      const real *pooled_grad, long parts, real *gradients) {
  if (half)
    encode_backward<uint16_t>(e, parts, {(const uint16_t *)store, first, length, index, mean, std},
                              parameters, kept, pooled, pooled_grad, gradients);
  else
    encode_backward<float>(e, parts, {(const float *)store, first, length, index, mean, std},
                           parameters, kept, pooled, pooled_grad, gradients);
}

}  // extern "C"
