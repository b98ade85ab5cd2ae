// Vectors of one register (the vector extension of GCC and Clang), and their sigmoid and tanh. All
// is compiled once with `real` as float and once as double. A vector of more than one register
// would live in memory. No result depends on the width.
#pragma once
#include <cmath>
#include <cstring>

#if defined(__AVX512F__)
constexpr long VECTOR_BYTES = 64;
#elif defined(__AVX__)
constexpr long VECTOR_BYTES = 32;
#else
constexpr long VECTOR_BYTES = 16;
#endif

#ifdef DOUBLE
typedef double real;
typedef long integer;
constexpr int MANTISSA = 52, BIAS = 1023;
constexpr int TERMS = 14;  // Taylor's remainder is below 1e-18 for |x| <= ln(2) / 2
constexpr real LIMIT = 708;  // exp(LIMIT) is finite
constexpr real LN2_HIGH = 6.93145751953125e-1, LN2_LOW = 1.42860682030941723212e-6;
#else
typedef float real;
typedef int integer;
constexpr int MANTISSA = 23, BIAS = 127;
constexpr int TERMS = 7;  // remainder below 1e-8
constexpr real LIMIT = 87;
constexpr real LN2_HIGH = 0.693359375f, LN2_LOW = -2.12194440e-4f;
#endif

constexpr long LANES = VECTOR_BYTES / sizeof(real);
constexpr long BLOCK = 16;  // layers and channels are padded to a multiple of it

typedef real vec __attribute__((vector_size(VECTOR_BYTES)));
typedef integer bits __attribute__((vector_size(VECTOR_BYTES)));

// Memory is aligned to single numbers only.
inline vec load(const real *from) {
  vec v;
  std::memcpy(&v, from, sizeof v);
  return v;
}

inline void store(real *to, vec v) { std::memcpy(to, &v, sizeof v); }

inline vec broadcast(real x) { return x - vec{}; }  // x + 0 would cost an addition, for -0

// a * b + c, rounded once where the processor can: some compilers round twice in a chain of sums.
inline vec multiply_add(vec a, vec b, vec c) {
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
  for (long lane = 0; lane < LANES; lane++) c[lane] = std::fma(a[lane], b[lane], c[lane]);
  return c;
#else
  return a * b + c;
#endif
}

// The lanes added to a total, one after the other.
inline real plus_lanes(real total, vec v) {
  for (long lane = 0; lane < LANES; lane++) total += v[lane];
  return total;
}

// exp within 2 units in the last place; beyond +-LIMIT it stays at exp(+-LIMIT).
inline vec exponential(vec x) {
  x = x > LIMIT ? broadcast(LIMIT) : x < -LIMIT ? broadcast(-LIMIT) : x;
  const real log2_e = 1.44269504088896340736;
  // Added to a number, it rounds it to a whole one n and leaves n + BIAS in the lowest bits.
  const real rounder = real(3L << (MANTISSA - 1)) + BIAS;
  vec shifted = x * log2_e + rounder;
  vec n = shifted - rounder;
  vec rest = x - n * LN2_HIGH - n * LN2_LOW;
  real factorial[TERMS + 1] = {1};
  for (int k = 1; k <= TERMS; k++) factorial[k] = factorial[k - 1] * k;
  vec series = broadcast(1 / factorial[TERMS]);
  for (int k = TERMS - 1; k >= 0; k--) series = series * rest + 1 / factorial[k];
  bits power;
  std::memcpy(&power, &shifted, sizeof power);
  power <<= MANTISSA;
  vec two_to_n;
  std::memcpy(&two_to_n, &power, sizeof power);
  return series * two_to_n;
}

inline vec sigmoid(vec x) { return 1 / (1 + exponential(-x)); }

// Right to the rounding of numbers near 1, not relative to a small result.
inline vec hyperbolic_tangent(vec x) { return 2 * sigmoid(x + x) - 1; }
