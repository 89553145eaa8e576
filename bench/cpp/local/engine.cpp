// lacuna's own engines without the face: the same sources built natively and, by Emscripten, as
// WebAssembly. What the sources don't have is left out.
//
//   bench-local-engine graph graph.bin       stdin: personalized SOURCE TELEPORT EPSILON
//                                                   pagerank TELEPORT ACCURACY [FILE]
//   bench-local-engine walk system.bin       stdin: walks IN_FLIGHT NODE WALKS SEED

#include <cstdlib>

#include "graph_file.hpp"
#include "serve.hpp"

#if __has_include("lacuna/local/graph/personalized.hpp")
#include "lacuna/local/graph/personalized.hpp"
#define HAS_GRAPHS 1
#else
#define HAS_GRAPHS 0
#endif
#if __has_include("lacuna/local/graph/pagerank.hpp")
#include "lacuna/local/graph/pagerank.hpp"
#define HAS_PAGERANK 1
#else
#define HAS_PAGERANK 0
#endif
#if __has_include("lacuna/local/walks.hpp")
#include "lacuna/local/walks.hpp"
#define HAS_WALKS 1
#else
#define HAS_WALKS 0
#endif

namespace {

using Words = std::vector<std::string>;
constexpr const char* usage = "{\"error\":\"usage\"}";
constexpr const char* failed = "{\"error\":\"failed\"}";

double number(const Words& words, std::size_t k) { return std::atof(words[k].c_str()); }

void announce() {
  std::printf("{\"graphs\":%d,\"pagerank\":%d,\"walks\":%d}\n", HAS_GRAPHS, HAS_PAGERANK,
              HAS_WALKS);
  std::fflush(stdout);
}

#if HAS_GRAPHS
std::string personalized(const lacuna::Graph& graph, lacuna::SourceRank& rank, const Words& words) {
  const std::int32_t source = std::atoi(words[1].c_str());
  lacuna::RankOptions options;
  options.teleport = number(words, 2);
  options.threshold = number(words, 3);
  const double started = now_ms();
  if (rank.begin(graph, {&source, 1}, {}, options).status != lacuna::Status::ok) return failed;
  lacuna::Budget budget;
  if (rank.step(budget) != lacuna::TaskState::done) return failed;
  // The answer as the face hands it out: ids and values.
  std::vector<std::int32_t> ids;
  std::vector<double> values;
  double sum = 0;
  rank.each_score([&](std::int32_t v, const lacuna::RankBracket& bracket) {
    ids.push_back(v);
    values.push_back(bracket.value);
    sum += bracket.value;
  });
  const double total = now_ms() - started;
  return json({{"total", total},
               {"pushes", rank.push().pushes()},
               {"edges", rank.push().entries()},
               {"scores", static_cast<double>(ids.size())},
               {"sum", sum},
               {"bytes", static_cast<double>(rank.push().bytes())}});
}

#if HAS_PAGERANK
std::string pagerank(lacuna::Graph& graph, const Words& words) {
  lacuna::PagerankOptions options;
  options.teleport = number(words, 1);
  options.error = number(words, 2);
  const double started = now_ms();
  lacuna::Pagerank rank;
  if (rank.begin(graph, {}, options).status != lacuna::Status::ok) return failed;
  lacuna::Budget budget;
  if (rank.step(budget) != lacuna::TaskState::done) return failed;
  const std::vector<double> scores(rank.scores().begin(), rank.scores().end());
  const double total = now_ms() - started;
  if (words.size() > 3) write_doubles(words[3], scores);
  return json({{"total", total},
               {"iterations", static_cast<double>(rank.iterations())},
               {"bound", rank.error()}});
}
#endif

int serve_graph(const GraphFile& file) {
  auto graph = lacuna::Graph::from_csr(file.n, file.indptr, file.indices, {});
  if (!graph.ok()) return 3;
  lacuna::SourceRank rank;
  announce();
  serve([&](const Words& words) -> std::string {
    if (words[0] == "personalized" && words.size() > 3)
      return personalized(graph.value(), rank, words);
#if HAS_PAGERANK
    if (words[0] == "pagerank" && words.size() > 2) return pagerank(graph.value(), words);
#endif
    return usage;
  });
  return 0;
}
#else
int serve_graph(const GraphFile&) {
  announce();
  return 0;
}
#endif

#if HAS_WALKS
/// As in bench/js/local/baselines/walks.mjs.
double sign_of(std::uint32_t v) {
  const std::uint32_t z = (v ^ (v >> 16)) * 0x21f0aaadu;
  return (z & 0x8000u) != 0 ? 1 : -1;
}

int serve_walks(const GraphFile& file) {
  const auto matrix =
      lacuna::CsrMatrix::from_csr(file.n, file.n, file.indptr, file.indices, file.values);
  if (!matrix.ok()) return 3;
  std::vector<double> b(static_cast<std::size_t>(file.n));
  for (std::int32_t v = 0; v < file.n; ++v) b[v] = sign_of(static_cast<std::uint32_t>(v));
  lacuna::LocalRhs rhs = lacuna::LocalRhs::dense(b);
  lacuna::WalkTable table;
  lacuna::Budget endless;
  if (table.begin(matrix.value().view()) != lacuna::Status::ok) return 3;
  if (table.step(endless) != lacuna::TaskState::done) return 3;
  lacuna::Walks walks;
  announce();
  serve([&](const Words& words) -> std::string {
    if (words[0] != "walks" || words.size() < 5) return usage;
    const lacuna::WalkStart start{std::atoi(words[2].c_str()), 1};
    lacuna::WalkSettings settings;
    settings.in_flight = std::atoi(words[1].c_str());
    settings.max_walks = number(words, 3);
    settings.seed = static_cast<std::uint64_t>(number(words, 4));
    const double started = now_ms();
    if (walks.begin(table, {&start, 1}, rhs, settings).status != lacuna::Status::ok) return failed;
    lacuna::Budget budget;
    while (walks.step(budget) == lacuna::WalkOutcome::running) {
    }
    const lacuna::WalkResult result = walks.result();
    const double total = now_ms() - started;
    return json({{"total", total},
                 {"mean", result.estimate},
                 {"bound", result.half_width},
                 {"walks", result.walks},
                 {"steps", result.steps}});
  });
  return 0;
}
#else
int serve_walks(const GraphFile&) {
  announce();
  return 0;
}
#endif

}  // namespace

int main(int count, char** arguments) {
  if (count < 3) return 2;
  const GraphFile file = read_graph(arguments[2]);
  return std::string(arguments[1]) == "graph" ? serve_graph(file) : serve_walks(file);
}
