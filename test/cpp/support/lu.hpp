#pragma once
#include "lacuna/direct/lu.hpp"

namespace lacuna::test {

inline constexpr LuKernel kernels[] = {LuKernel::automatic, LuKernel::columns, LuKernel::fronts};

/// Options of LU with its blocks factored that way.
inline LuOptions with(LuKernel kernel) {
  LuOptions options;
  options.kernel = kernel;
  return options;
}

}  // namespace lacuna::test
