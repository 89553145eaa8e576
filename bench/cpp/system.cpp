#include "system.hpp"

#include <fstream>
#include <stdexcept>

namespace bench {

namespace {

constexpr std::int32_t kMagic = 0x4c41434e;

template <typename T>
std::vector<T> read_array(std::ifstream& file, std::size_t count) {
  std::vector<T> values(count);
  file.read(reinterpret_cast<char*>(values.data()), static_cast<std::streamsize>(count * sizeof(T)));
  if (!file) throw std::runtime_error("system file is too short");
  return values;
}

}  // namespace

System read_system(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot open " + path);
  const auto head = read_array<std::int32_t>(file, 4);
  if (head[0] != kMagic) throw std::runtime_error(path + " is not a system file");
  System system;
  system.n = head[1];
  const auto n = static_cast<std::size_t>(head[1]);
  const auto nnz = static_cast<std::size_t>(head[2]);
  system.symmetric = (head[3] & 1) != 0;
  system.definite = (head[3] & 2) != 0;
  system.indptr = read_array<std::int32_t>(file, n + 1);
  system.indices = read_array<std::int32_t>(file, nnz);
  if ((4 + n + 1 + nnz) % 2 != 0) read_array<std::int32_t>(file, 1);
  system.data = read_array<double>(file, nnz);
  system.b = read_array<double>(file, n);
  return system;
}

void write_vector(const std::string& path, const double* x, std::size_t n) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(reinterpret_cast<const char*>(x), static_cast<std::streamsize>(n * sizeof(double)));
  if (!file) throw std::runtime_error("cannot write " + path);
}

Columns to_columns(const System& system) {
  Columns out;
  out.ptr.assign(static_cast<std::size_t>(system.n) + 1, 0);
  out.rows.resize(system.indices.size());
  out.data.resize(system.data.size());
  for (const auto j : system.indices) out.ptr[j + 1]++;
  for (std::int32_t j = 0; j < system.n; ++j) out.ptr[j + 1] += out.ptr[j];
  auto next = out.ptr;
  for (std::int32_t i = 0; i < system.n; ++i) {
    for (auto k = system.indptr[i]; k < system.indptr[i + 1]; ++k) {
      const auto at = next[system.indices[k]]++;
      out.rows[at] = i;
      out.data[at] = system.data[k];
    }
  }
  return out;
}

}  // namespace bench
