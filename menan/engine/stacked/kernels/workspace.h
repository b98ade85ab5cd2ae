// Memory for intermediate results: each thread has its own and keeps it from call to call.
#pragma once
#include <cstdint>
#include <vector>

#include "lanes.h"

enum Place {
  PACKED,
  GRADIENT,
  FRAMES,
  SCALE,
  FIRST,
  SECOND,
  OUTPUT,
  GATES_IN,
  RECURRENT,
  HIDDEN,
  KEPT,
  PLACES
};

// At least `count` numbers, aligned to vectors; what they hold is undefined.
inline real *workspace(Place place, long count) {
  static thread_local std::vector<real> memory[PLACES];
  std::vector<real> &own = memory[place];
  constexpr long ALIGN = 64;
  if (long(own.size()) < count + ALIGN) own = std::vector<real>(count + ALIGN);
  uintptr_t at = reinterpret_cast<uintptr_t>(own.data());
  return reinterpret_cast<real *>((at + ALIGN - 1) / ALIGN * ALIGN);
}
