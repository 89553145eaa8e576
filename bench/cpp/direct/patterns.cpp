#include "patterns.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace bench {

namespace {

using Entries = std::vector<std::pair<std::int32_t, std::int32_t>>;

lacuna::CsrMatrix build(std::int32_t n, const Entries& entries) {
  std::vector<std::int32_t> i, j;
  for (const auto& [u, v] : entries) {
    i.push_back(u), j.push_back(v);
    i.push_back(v), j.push_back(u);
  }
  for (std::int32_t v = 0; v < n; ++v) i.push_back(v), j.push_back(v);
  auto made = lacuna::CsrMatrix::from_triplets(n, n, i, j, std::vector<double>(i.size(), 1.0));
  if (!made.ok()) throw std::runtime_error("no matrix");
  return made.take();
}

}  // namespace

lacuna::CsrMatrix poisson(std::int32_t width, std::int32_t height, std::int32_t depth) {
  Entries entries;
  const std::int32_t n = width * height * depth;
  for (std::int32_t k = 0; k < n; ++k) {
    if (k % width + 1 < width) entries.emplace_back(k, k + 1);
    if (k / width % height + 1 < height) entries.emplace_back(k, k + width);
    if (k / width / height + 1 < depth) entries.emplace_back(k, k + width * height);
  }
  return build(n, entries);
}

lacuna::CsrMatrix mesh_power(const std::string& path, int distance) {
  std::ifstream file(path);
  std::vector<std::vector<std::int32_t>> faces;
  std::int32_t largest = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("f ", 0) != 0) continue;
    std::istringstream words(line.substr(2));
    std::vector<std::int32_t> face;
    for (std::string word; words >> word;) face.push_back(std::stoi(word) - 1);
    for (const auto v : face) largest = std::max(largest, v);
    faces.push_back(face);
  }
  if (faces.empty()) throw std::runtime_error("no mesh in " + path);
  std::vector<std::int32_t> number(largest + 1, -1);
  for (const auto& face : faces) {
    for (const auto v : face) number[v] = 0;
  }
  std::int32_t n = 0;
  for (auto& k : number) k = k < 0 ? -1 : n++;
  std::vector<std::vector<std::int32_t>> near(n);
  for (const auto& face : faces) {
    for (std::size_t k = 0; k < face.size(); ++k) {
      const auto u = number[face[k]];
      const auto v = number[face[(k + 1) % face.size()]];
      near[u].push_back(v);
      near[v].push_back(u);
    }
  }
  Entries entries;
  std::vector<std::int32_t> seen(n, -1);
  for (std::int32_t root = 0; root < n; ++root) {
    std::vector<std::int32_t> ring = {root};
    seen[root] = root;
    for (int d = 0; d < distance; ++d) {
      std::vector<std::int32_t> next;
      for (const auto u : ring) {
        for (const auto v : near[u]) {
          if (seen[v] == root) continue;
          seen[v] = root;
          next.push_back(v);
          if (v > root) entries.emplace_back(root, v);
        }
      }
      ring = next;
    }
  }
  return build(n, entries);
}

lacuna::CsrMatrix matrix_market(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line) && line[0] == '%') {
  }
  std::int32_t rows = 0, cols = 0, nnz = 0;
  std::istringstream(line) >> rows >> cols >> nnz;
  if (rows != cols || rows == 0) throw std::runtime_error(path + " is not square");
  Entries entries;
  while (std::getline(file, line)) {
    std::int32_t i = 0, j = 0;
    std::istringstream(line) >> i >> j;
    if (i != j) entries.emplace_back(i - 1, j - 1);
  }
  return build(rows, entries);
}

std::vector<Pattern> all_patterns(const std::vector<std::string>& folders) {
  std::vector<Pattern> out;
  for (const std::int32_t s : {100, 300}) {
    out.push_back({std::to_string(s) + "^2", poisson(s, s, 1)});
  }
  for (const std::int32_t s : {20, 30, 40}) {
    out.push_back({std::to_string(s) + "^3", poisson(s, s, s)});
  }
  for (const auto& folder : folders) {
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      paths.push_back(entry.path());
    }
    std::sort(paths.begin(), paths.end());
    for (const auto& path : paths) {
      const std::string name = path.stem().string();
      if (path.extension() == ".obj") {
        for (int distance = 1; distance <= 3; ++distance) {
          out.push_back({name + " ^" + std::to_string(distance), mesh_power(path, distance)});
        }
      } else if (path.extension() == ".mtx") {
        try {
          out.push_back({name, matrix_market(path)});
        } catch (const std::runtime_error&) {
          // Rectangular: not for these orderings.
        }
      }
    }
  }
  return out;
}

}  // namespace bench
