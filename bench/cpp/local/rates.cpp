// Engine rates natively: the push and the walks of bench/js/local/baselines, line by line.
//
//   bench-local-rates push graph.bin      stdin: three|packed SOURCE TELEPORT EPSILON
//   bench-local-rates walk system.bin     stdin: single|interleaved NODE WALKS SEED
// The walk's system has nine entries a row of which the off-diagonal ones sum up to half the
// diagonal in magnitude; its right-hand side is b_v = ±1 by the parity of a hash of v.

#include <bit>
#include <cmath>
#include <cstdlib>
#include <memory>

#include "graph_file.hpp"
#include "serve.hpp"

namespace {

struct PushOutcome {
  double pushes = 0;
  double edges = 0;
  double ms = 0;
  double sum = 0;  ///< of all scores
};

class Ring {
 public:
  explicit Ring(std::int32_t n) {
    std::size_t size = 64;
    while (size <= static_cast<std::size_t>(n)) size *= 2;
    slots_.resize(size);
  }
  bool empty() const { return head_ == tail_; }
  void put(std::int32_t v) { slots_[tail_++ & (slots_.size() - 1)] = v; }
  std::int32_t take() { return slots_[head_++ & (slots_.size() - 1)]; }

 private:
  std::vector<std::int32_t> slots_;
  std::size_t head_ = 0;
  std::size_t tail_ = 0;
};

/// Three vectors: score, residual, flag.
PushOutcome push_three(const GraphFile& graph, std::int32_t source, double teleport,
                       double epsilon) {
  const auto n = static_cast<std::size_t>(graph.n);
  std::vector<double> p(n);
  std::vector<double> r(n);
  std::vector<unsigned char> queued(n);
  Ring ring(graph.n);
  const std::int32_t* indptr = graph.indptr.data();
  const std::int32_t* indices = graph.indices.data();
  PushOutcome out;
  const double started = now_ms();
  r[source] = 1;
  queued[source] = 1;
  ring.put(source);
  while (!ring.empty()) {
    const std::int32_t u = ring.take();
    queued[u] = 0;
    const std::int32_t begin = indptr[u];
    const std::int32_t end = indptr[u + 1];
    p[u] += teleport * r[u];
    const double share = (1 - teleport) * r[u] / (end - begin);
    r[u] = 0;
    for (std::int32_t k = begin; k < end; ++k) {
      const std::int32_t v = indices[k];
      r[v] += share;
      if (queued[v] == 0 && r[v] >= epsilon * (indptr[v + 1] - indptr[v])) {
        queued[v] = 1;
        ring.put(v);
      }
    }
    out.pushes += 1;
    out.edges += end - begin;
  }
  out.ms = now_ms() - started;
  for (const double value : p) out.sum += value;
  return out;
}

/// One record a vertex, half a cache line. A vertex is queued exactly while its residual is at its
/// threshold or above: no flag.
struct Record {
  double residual;
  double score;
  double threshold;
  std::int32_t begin;
  std::int32_t end;
};

PushOutcome push_packed(const GraphFile& graph, std::int32_t source, double teleport,
                        double epsilon) {
  std::vector<Record> records(static_cast<std::size_t>(graph.n));
  for (std::int32_t v = 0; v < graph.n; ++v) {
    const std::int32_t begin = graph.indptr[v];
    const std::int32_t end = graph.indptr[v + 1];
    records[v] = {0, 0, epsilon * (end - begin), begin, end};
  }
  Ring ring(graph.n);
  const std::int32_t* indices = graph.indices.data();
  PushOutcome out;
  const double started = now_ms();
  records[source].residual = 1;
  ring.put(source);
  while (!ring.empty()) {
    Record& record = records[ring.take()];
    record.score += teleport * record.residual;
    const double share = (1 - teleport) * record.residual / (record.end - record.begin);
    record.residual = 0;
    for (std::int32_t k = record.begin; k < record.end; ++k) {
      const std::int32_t v = indices[k];
      Record& neighbor = records[v];
      const double before = neighbor.residual;
      neighbor.residual = before + share;
      if (neighbor.residual >= neighbor.threshold && before < neighbor.threshold) ring.put(v);
    }
    out.pushes += 1;
    out.edges += record.end - record.begin;
  }
  out.ms = now_ms() - started;
  for (const Record& record : records) out.sum += record.score;
  return out;
}

/// One slot of the alias table of a row (Walker 1977; Vose 1991): with probability keep/2²⁴ the
/// walk goes to goal[0], else to goal[1]. The lowest bit of each is set where the sign changes.
struct Slot {
  std::uint32_t keep;
  std::uint32_t goal[2];
};
constexpr std::uint32_t certain = 1u << 24;
constexpr std::uint32_t width = 8;

std::vector<Slot> alias_tables(const GraphFile& system) {
  std::vector<Slot> slots(static_cast<std::size_t>(system.n) * width);
  for (std::int32_t i = 0; i < system.n; ++i) {
    double scaled[width];
    std::uint32_t target[width];
    std::uint32_t count = 0;
    double sum = 0;
    for (std::int32_t k = system.indptr[i]; k < system.indptr[i + 1]; ++k) {
      if (system.indices[k] == i) continue;
      const double value = system.values[k];
      // x = (b − N x)/d: a positive entry turns the sign.
      target[count] = static_cast<std::uint32_t>(system.indices[k]) * 2 + (value > 0 ? 1 : 0);
      scaled[count++] = std::fabs(value);
      sum += std::fabs(value);
    }
    std::uint32_t small[width];
    std::uint32_t large[width];
    std::uint32_t smalls = 0;
    std::uint32_t larges = 0;
    for (std::uint32_t k = 0; k < width; ++k) {
      scaled[k] *= width / sum;
      (scaled[k] < 1 ? small[smalls++] : large[larges++]) = k;
    }
    Slot* row = slots.data() + static_cast<std::size_t>(i) * width;
    while (smalls > 0 && larges > 0) {
      const std::uint32_t s = small[--smalls];
      const std::uint32_t l = large[larges - 1];
      row[s] = {static_cast<std::uint32_t>(scaled[s] * certain + 0.5), {target[s], target[l]}};
      scaled[l] -= 1 - scaled[s];
      if (scaled[l] < 1) {
        --larges;
        small[smalls++] = l;
      }
    }
    while (larges > 0) {
      const std::uint32_t l = large[--larges];
      row[l] = {certain, {target[l], target[l]}};
    }
    while (smalls > 0) {
      const std::uint32_t s = small[--smalls];
      row[s] = {certain, {target[s], target[s]}};
    }
  }
  return slots;
}

/// splitmix32, the same numbers as in the JavaScript.
struct Random {
  std::uint32_t state;
  std::uint32_t next() {
    state += 0x9e3779b9u;
    std::uint32_t z = state;
    z = (z ^ (z >> 16)) * 0x21f0aaadu;
    z = (z ^ (z >> 15)) * 0x735a2d97u;
    return z ^ (z >> 15);
  }
};

int sign_of(std::uint32_t v) {
  const std::uint32_t z = (v ^ (v >> 16)) * 0x21f0aaadu;
  return (z & 0x8000u) != 0 ? 1 : -1;
}

/// Where a walk goes on from vertex v; `negative` takes the sign along. The top four bits of the
/// number decide whether it goes on at all, three others the slot, the low ones between two goals.
bool step(const Slot* slots, std::uint32_t bits, std::uint32_t& v, std::uint32_t& negative) {
  if ((bits >> 28) == 0) return false;
  const Slot& slot = slots[static_cast<std::size_t>(v) * width + ((bits >> 24) & 7)];
  // No branch on what memory holds: the next walk need not wait for it.
  const std::uint32_t goal = slot.goal[(bits & (certain - 1)) >= slot.keep ? 1 : 0];
  negative ^= goal & 1;
  v = goal >> 1;
  return true;
}

struct WalkOutcome {
  double mean = 0;
  double steps = 0;
};

/// 1/(diagonal − 4) of a row.
constexpr double scale = 15.0 / 4;

/// Each walk takes b at its end only: it ends with probability 1/16 everywhere, and the entry is
/// `scale` times the mean of ±b.
WalkOutcome walk_single(const Slot* slots, std::uint32_t start, std::uint32_t walks,
                        std::uint32_t seed) {
  Random random{seed};
  std::int64_t sum = 0;
  std::int64_t steps = 0;
  for (std::uint32_t w = 0; w < walks; ++w) {
    std::uint32_t v = start;
    std::uint32_t negative = 0;
    while (step(slots, random.next(), v, negative)) ++steps;
    sum += negative != 0 ? -sign_of(v) : sign_of(v);
  }
  return {static_cast<double>(sum) / walks * scale, static_cast<double>(steps)};
}

WalkOutcome walk_interleaved(const Slot* slots, std::uint32_t start, std::uint32_t walks,
                             std::uint32_t seed) {
  constexpr std::uint32_t lanes = 32;
  std::uint32_t at[lanes];
  std::uint32_t negative[lanes] = {};
  std::uint32_t bits[lanes];
  Random random{seed};
  std::int64_t sum = 0;
  std::int64_t steps = 0;
  for (std::uint32_t l = 0; l < lanes; ++l) at[l] = start, bits[l] = random.next();
  std::uint32_t started = lanes;
  std::uint32_t active = lanes;
  while (active > 0) {
    for (std::uint32_t l = 0; l < active; ++l) {
      if (step(slots, bits[l], at[l], negative[l])) {
        ++steps;
      } else {
        sum += negative[l] != 0 ? -sign_of(at[l]) : sign_of(at[l]);
        if (started < walks) {
          ++started;
        } else {
          // The last lane takes the place of this one.
          --active;
          at[l] = at[active], negative[l] = negative[active], bits[l] = bits[active];
          --l;
          continue;
        }
        at[l] = start;
        negative[l] = 0;
      }
      bits[l] = random.next();
      __builtin_prefetch(&slots[static_cast<std::size_t>(at[l]) * width + ((bits[l] >> 24) & 7)]);
    }
  }
  return {static_cast<double>(sum) / walks * scale, static_cast<double>(steps)};
}

void serve_pushes(const GraphFile& graph) {
  serve([&](const std::vector<std::string>& words) -> std::string {
    if (words.size() < 4) return "{\"error\":\"usage\"}";
    const auto source = static_cast<std::int32_t>(std::atoi(words[1].c_str()));
    const double teleport = std::atof(words[2].c_str());
    const double epsilon = std::atof(words[3].c_str());
    const PushOutcome out = words[0] == "three" ? push_three(graph, source, teleport, epsilon)
                                                : push_packed(graph, source, teleport, epsilon);
    return json(
        {{"total", out.ms}, {"pushes", out.pushes}, {"edges", out.edges}, {"sum", out.sum}});
  });
}

void serve_walks(const GraphFile& system) {
  const std::vector<Slot> slots = alias_tables(system);
  serve([&](const std::vector<std::string>& words) -> std::string {
    if (words.size() < 4) return "{\"error\":\"usage\"}";
    const auto number = [&](std::size_t k) {
      return static_cast<std::uint32_t>(std::strtoul(words[k].c_str(), nullptr, 10));
    };
    const double started = now_ms();
    const WalkOutcome out = words[0] == "single"
                                ? walk_single(slots.data(), number(1), number(2), number(3))
                                : walk_interleaved(slots.data(), number(1), number(2), number(3));
    const double total = now_ms() - started;
    return json({{"total", total}, {"mean", out.mean}, {"steps", out.steps}});
  });
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 3) return 2;
  const GraphFile file = read_graph(arguments[2]);
  std::puts("{\"ready\":true}");
  std::fflush(stdout);
  if (std::string(arguments[1]) == "push")
    serve_pushes(file);
  else
    serve_walks(file);
  return 0;
}
