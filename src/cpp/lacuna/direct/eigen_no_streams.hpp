#pragma once
// Eigen's SparseLU formats one message, which nobody reads here, through std::ostringstream: that
// alone adds 126 kB of locale code to a WebAssembly module. Standard headers are read first, then
// the name stands for a class that swallows what it is given.
#include <algorithm>
#include <complex>
#include <functional>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace lacuna {

struct SilentStream {
  template <class T>
  SilentStream& operator<<(const T&) {
    return *this;
  }
  std::string str() const { return {}; }
};

}  // namespace lacuna

namespace std {
using lacuna_silent_stream = lacuna::SilentStream;
}  // namespace std

#define ostringstream lacuna_silent_stream
