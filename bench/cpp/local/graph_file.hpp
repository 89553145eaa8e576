#pragma once
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

/// A graph or matrix as bench/js/local/lib/graph-file.mjs writes it.
struct GraphFile {
  std::int32_t n = 0;
  std::vector<std::int32_t> indptr;
  std::vector<std::int32_t> indices;
  std::vector<double> values;  ///< empty for a graph without weights
};

template <class T>
void read_array(std::FILE* file, std::vector<T>& array, std::size_t count) {
  array.resize(count);
  if (std::fread(array.data(), sizeof(T), count, file) != count) std::exit(3);
}

inline GraphFile read_graph(const char* path) {
  constexpr std::int32_t magic = 0x4c475246;
  std::FILE* file = std::fopen(path, "rb");
  if (file == nullptr) std::exit(2);
  std::vector<std::int32_t> head;
  read_array(file, head, 4);
  if (head[0] != magic) std::exit(2);
  GraphFile graph;
  graph.n = head[1];
  const auto rows = static_cast<std::size_t>(head[1]);
  const auto arcs = static_cast<std::size_t>(head[2]);
  read_array(file, graph.indptr, rows + 1);
  read_array(file, graph.indices, arcs);
  if (head[3] != 0) {
    if ((rows + 1 + arcs) % 2 == 1) std::fseek(file, 4, SEEK_CUR);
    read_array(file, graph.values, arcs);
  }
  std::fclose(file);
  return graph;
}
