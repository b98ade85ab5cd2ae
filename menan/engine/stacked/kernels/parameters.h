// The parameters of some layers, end to end in the order of layout.py.
#pragma once
#include <array>

#include "lanes.h"

template <size_t parts>
using Counts = std::array<long, parts>;

// Numbers of all parts, each filled up to a multiple of `unit`.
template <size_t parts>
long total(const Counts<parts> &counts, long unit = 1) {
  long sum = 0;
  for (long count : counts) sum += (count + unit - 1) / unit * unit;
  return sum;
}

// Where each part begins.
template <typename Number, size_t parts>
std::array<Number *, parts> places(Number *at, const Counts<parts> &counts, long unit = 1) {
  std::array<Number *, parts> begin;
  for (size_t i = 0; i < parts; i++) {
    begin[i] = at;
    at += (counts[i] + unit - 1) / unit * unit;
  }
  return begin;
}
