// Adam (Kingma & Ba 2015) on many models, each at its own step.
#pragma once
#include <cmath>

#include "lanes.h"

extern "C" {

// parameters, grad, mean, square, updated: (models, count). done, total: (models), steps done
// before this one and in the whole training, in which the learning rate falls to 0.
void adam(long models, long count, double lr, double decay, double beta1, double beta2, double eps,
          const double *done, const double *total, const real *parameters, const real *grad,
          real *mean, real *square, real *updated) {
#pragma omp parallel for schedule(dynamic)
  for (long model = 0; model < models; model++) {
    double rate = lr * (1 - done[model] / total[model]), n = done[model] + 1;
    real step = rate / (1 - std::pow(beta1, n)), scale = std::sqrt(1 - std::pow(beta2, n));
    real kept = 1 - rate * decay, above0 = eps;
    // 1 - 0.999 taken of rounded numbers would be off in the fifth digit.
    real gain1 = 1 - beta1, keep2 = beta2, gain2 = 1 - beta2;
    const real *p = parameters + model * count, *g = grad + model * count;
    real *m = mean + model * count, *s = square + model * count, *to = updated + model * count;
#pragma GCC ivdep
    for (long i = 0; i < count; i++) {
      m[i] += gain1 * (g[i] - m[i]);
      s[i] = keep2 * s[i] + gain2 * g[i] * g[i];
      to[i] = kept * p[i] - step * m[i] / (std::sqrt(s[i]) / scale + above0);
    }
  }
}

}  // extern "C"
