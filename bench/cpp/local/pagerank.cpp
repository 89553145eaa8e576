// Global PageRank natively: the hand-written power iteration of bench/js/local/baselines, line by
// line.
//
//   bench-local-pagerank graph.bin in-arcs.bin
//   stdin: TELEPORT ACCURACY [FILE]

#include <cmath>
#include <cstdlib>

#include "graph_file.hpp"
#include "serve.hpp"

namespace {

/// Every vertex has an arc going out. Stops when the L1 error is below `accuracy`: the distance of
/// two iterates times (1 − teleport)/teleport bounds it.
std::vector<double> power(const GraphFile& out, const GraphFile& in, double teleport,
                          double accuracy, double& iterations) {
  const auto n = static_cast<std::size_t>(out.n);
  const double follow = 1 - teleport;
  const double base = teleport / static_cast<double>(n);
  std::vector<double> weight(n);
  std::vector<double> x(n, 1 / static_cast<double>(n));
  std::vector<double> share(n);
  std::vector<double> next(n);
  for (std::size_t v = 0; v < n; ++v) {
    weight[v] = follow / (out.indptr[v + 1] - out.indptr[v]);
    share[v] = x[v] * weight[v];
  }
  const double limit = accuracy * teleport / follow;
  double distance = 1;
  for (iterations = 0; distance > limit && iterations < 1000; iterations += 1) {
    distance = 0;
    for (std::size_t v = 0; v < n; ++v) {
      double even = base;
      double odd = 0;
      std::int32_t k = in.indptr[v];
      const std::int32_t end = in.indptr[v + 1];
      for (; k + 1 < end; k += 2) {
        even += share[in.indices[k]];
        odd += share[in.indices[k + 1]];
      }
      if (k < end) even += share[in.indices[k]];
      const double sum = even + odd;
      distance += std::fabs(sum - x[v]);
      x[v] = sum;
      next[v] = sum * weight[v];
    }
    share.swap(next);
  }
  return x;
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 3) return 2;
  const GraphFile out = read_graph(arguments[1]);
  const GraphFile in = read_graph(arguments[2]);
  std::puts("{\"ready\":true}");
  std::fflush(stdout);
  serve([&](const std::vector<std::string>& words) -> std::string {
    if (words.size() < 2) return "{\"error\":\"usage\"}";
    double iterations = 0;
    const double started = now_ms();
    const std::vector<double> x =
        power(out, in, std::atof(words[0].c_str()), std::atof(words[1].c_str()), iterations);
    const double total = now_ms() - started;
    if (words.size() > 2) write_doubles(words[2], x);
    return json({{"total", total}, {"iterations", iterations}});
  });
  return 0;
}
