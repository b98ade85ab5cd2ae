// Adam (Kingma & Ba 2015) on many models, each at its own step.
#pragma once
#include <cmath>

#include "lanes.h"

extern "C" {

// rate: (models), lr / (1 - beta1^n); correction: (models), sqrt(1 - beta2^n), after n steps.
void adam(long models, long count, double beta1, double beta2, double eps, const real *rate,
          const real *correction, const real *grad, real *parameters, real *mean, real *square) {
#pragma omp parallel for schedule(dynamic)
  for (long model = 0; model < models; model++) {
    real step = rate[model], scale = correction[model], above0 = eps;
    // 1 - 0.999 taken of rounded numbers would be off in the fifth digit.
    real gain1 = 1 - beta1, keep2 = beta2, gain2 = 1 - beta2;
    for (long i = model * count; i < (model + 1) * count; i++) {
      mean[i] += gain1 * (grad[i] - mean[i]);
      square[i] = keep2 * square[i] + gain2 * grad[i] * grad[i];
      parameters[i] -= step * mean[i] / (std::sqrt(square[i]) / scale + above0);
    }
  }
}

}  // extern "C"
