// Personalised PageRank by first-in-first-out push (Andersen, Chung & Lang, FOCS 2006) over dense
// vectors, on an undirected graph: the reference of the section `ppr`.
//
//   bench-local-ppr graph.bin
//   stdin: dense|kept SOURCE TELEPORT EPSILON [FILE]
//
// `dense` allocates its vectors of length n for each query and collects the answer by a pass over
// them, as known implementations do (zeroed by calloc, the cheapest way). `kept` allocates them
// once, remembers what it touched, collects and clears only that. Both stop when every residual is
// below EPSILON times the degree. With FILE, the scores are written there as n doubles.

#include <cstdlib>
#include <deque>
#include <memory>

#include "graph_file.hpp"
#include "serve.hpp"

namespace {

struct Score {
  std::int32_t vertex;
  double value;
};

struct Outcome {
  std::vector<Score> scores;
  double pushes = 0;
  double edges = 0;
  double left = 0;  ///< Σ residual
};

struct Free {
  void operator()(void* memory) const { std::free(memory); }
};
template <class T>
using Zeroed = std::unique_ptr<T[], Free>;
template <class T>
Zeroed<T> zeroed(std::size_t n) {
  return Zeroed<T>(static_cast<T*>(std::calloc(n, sizeof(T))));
}

Outcome push_dense(const GraphFile& graph, std::int32_t source, double teleport, double epsilon) {
  const auto n = static_cast<std::size_t>(graph.n);
  const Zeroed<double> p = zeroed<double>(n);
  const Zeroed<double> r = zeroed<double>(n);
  const Zeroed<bool> queued = zeroed<bool>(n);
  const std::int32_t* indptr = graph.indptr.data();
  const std::int32_t* indices = graph.indices.data();
  std::deque<std::int32_t> queue{source};
  r[source] = 1;
  queued[source] = true;
  Outcome out;
  while (!queue.empty()) {
    const std::int32_t u = queue.front();
    queue.pop_front();
    queued[u] = false;
    const std::int32_t begin = indptr[u];
    const std::int32_t end = indptr[u + 1];
    const double residual = r[u];
    p[u] += teleport * residual;
    r[u] = 0;
    const double share = (1 - teleport) * residual / (end - begin);
    for (std::int32_t k = begin; k < end; ++k) {
      const std::int32_t v = indices[k];
      r[v] += share;
      if (!queued[v] && r[v] >= epsilon * (indptr[v + 1] - indptr[v])) {
        queued[v] = true;
        queue.push_back(v);
      }
    }
    out.pushes += 1;
    out.edges += end - begin;
  }
  for (std::int32_t v = 0; v < graph.n; ++v) {
    out.left += r[v];
    if (p[v] > 0) out.scores.push_back({v, p[v]});
  }
  return out;
}

/// Vectors that live from query to query. A vertex is queued exactly while its residual is at its
/// threshold or above, so that no flags are needed; it was touched if its residual ever left zero.
class KeptPush {
 public:
  explicit KeptPush(const GraphFile& graph)
      : graph_(graph), p_(graph.n), r_(graph.n), seen_(graph.n), ring_(ring_size(graph.n)) {}

  Outcome run(std::int32_t source, double teleport, double epsilon) {
    const std::int32_t* indptr = graph_.indptr.data();
    const std::int32_t* indices = graph_.indices.data();
    const std::size_t mask = ring_.size() - 1;
    std::size_t head = 0;
    std::size_t tail = 0;
    Outcome out;
    touched_.clear();
    touch(source);
    r_[source] = 1;
    ring_[tail++] = source;
    while (head != tail) {
      const std::int32_t u = ring_[head++ & mask];
      const std::int32_t begin = indptr[u];
      const std::int32_t end = indptr[u + 1];
      const double residual = r_[u];
      p_[u] += teleport * residual;
      r_[u] = 0;
      const double share = (1 - teleport) * residual / (end - begin);
      for (std::int32_t k = begin; k < end; ++k) {
        const std::int32_t v = indices[k];
        const double before = r_[v];
        const double after = before + share;
        r_[v] = after;
        if (seen_[v] == 0) touch(v);
        const double threshold = epsilon * (indptr[v + 1] - indptr[v]);
        if (after >= threshold && before < threshold) ring_[tail++ & mask] = v;
      }
      out.pushes += 1;
      out.edges += end - begin;
    }
    for (const std::int32_t v : touched_) {
      out.left += r_[v];
      if (p_[v] > 0) out.scores.push_back({v, p_[v]});
      p_[v] = r_[v] = 0;
      seen_[v] = 0;
    }
    return out;
  }

  std::size_t touched() const { return touched_.size(); }

 private:
  static std::size_t ring_size(std::int32_t n) {
    std::size_t size = 64;
    while (size <= static_cast<std::size_t>(n)) size *= 2;
    return size;
  }
  void touch(std::int32_t v) {
    seen_[v] = 1;
    touched_.push_back(v);
  }

  const GraphFile& graph_;
  std::vector<double> p_;
  std::vector<double> r_;
  std::vector<unsigned char> seen_;
  std::vector<std::int32_t> ring_;
  std::vector<std::int32_t> touched_;
};

}  // namespace

int main(int count, char** arguments) {
  if (count < 2) return 2;
  const GraphFile graph = read_graph(arguments[1]);
  KeptPush kept(graph);
  std::puts("{\"ready\":true}");
  std::fflush(stdout);
  serve([&](const std::vector<std::string>& words) -> std::string {
    if (words.size() < 4) return "{\"error\":\"usage\"}";
    const auto source = static_cast<std::int32_t>(std::atoi(words[1].c_str()));
    const double teleport = std::atof(words[2].c_str());
    const double epsilon = std::atof(words[3].c_str());
    const double started = now_ms();
    const Outcome out = words[0] == "dense" ? push_dense(graph, source, teleport, epsilon)
                                            : kept.run(source, teleport, epsilon);
    const double total = now_ms() - started;
    if (words.size() > 4) {
      std::vector<double> scores(static_cast<std::size_t>(graph.n));
      for (const Score& score : out.scores) scores[score.vertex] = score.value;
      write_doubles(words[4], scores);
    }
    return json({{"total", total},
                 {"pushes", out.pushes},
                 {"edges", out.edges},
                 {"left", out.left},
                 {"scores", static_cast<double>(out.scores.size())}});
  });
  return 0;
}
