#pragma once
#include <string>

#include "kernels/arguments.h"

namespace amr {

/** An unsigned 32-bit integer that stays one when `after` is added: a word of a stream's key, or a counter. */
template <class Call>
std::uint32_t readWord(Call& call, const char* name, std::int64_t after = 0) {
  const double value = call.wideNumber(name);
  const double limit = 4294967295.0 - static_cast<double>(after);
  const bool holds = value >= 0 && value <= limit && value == static_cast<double>(static_cast<std::int64_t>(value));
  if (!holds) call.require(false, name, std::to_string(value), "an integer from 0 to " + std::to_string(static_cast<std::int64_t>(limit)));
  return static_cast<std::uint32_t>(value);
}

}  // namespace amr
