#include <algorithm>
#include <limits>

#include "lacuna/policy/json_reader.hpp"
#include "lacuna/policy/json_writer.hpp"
#include "lacuna/policy/policy.hpp"
#include "lacuna/policy/prior_table.hpp"

namespace lacuna {
namespace {

constexpr std::string_view schema = "lacuna-policy";
/// 1 had no ledgers; 0 no counts either, and of a pattern neither the plans that lost nor how costs
/// vary.
constexpr std::int32_t version = 2;
constexpr std::int64_t most_uses = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t most_counted = std::int64_t{1} << 53;

struct CountName {
  std::string_view key;
  double PolicyCounts::*member;
};
constexpr CountName count_names[] = {
    {"proposals", &PolicyCounts::proposals},
    {"records", &PolicyCounts::records},
    {"certified", &PolicyCounts::certified},
    {"censored", &PolicyCounts::censored},
    {"fromMemory", &PolicyCounts::from_memory},
    {"challenges", &PolicyCounts::challenges},
    {"challengesWon", &PolicyCounts::challenges_won},
    {"speculations", &PolicyCounts::speculations},
    {"speculationsWon", &PolicyCounts::speculations_won},
};

// Writing.

void put(JsonBuilder& out, const NormalPosterior& posterior) {
  out.key("offset").begin_object();
  out.key("mean").number(posterior.mean);
  out.key("kappa").number(posterior.kappa);
  out.key("alpha").number(posterior.alpha);
  out.key("beta").number(posterior.beta);
  out.end();
}

void put(JsonBuilder& out, const LinearPosterior::State& state) {
  out.key("precision").begin_array();
  for (const double x : state.precision) out.number(x);
  out.end();
  out.key("moment").begin_array();
  for (const double x : state.moment) out.number(x);
  out.end();
  out.key("alpha").number(state.alpha);
  out.key("beta").number(state.beta);
}

void put(JsonBuilder& out, const Arms& arms, const PlanEntry& entry) {
  out.begin_object();
  out.key("signature").integer(entry.signature);
  out.key("arm").text(arms.name(entry.arm));
  out.key("trust").text(trust_name(entry.trust));
  out.key("uses").number(entry.uses);
  out.key("successes").number(entry.successes);
  out.key("failuresInRow").number(entry.failures_in_row);
  out.key("counterexamples").number(entry.counterexamples);
  out.key("survived").number(entry.survived);
  out.key("mean").number(entry.mean);
  out.key("squares").number(entry.squares);
  out.key("lost").begin_array();
  for (int k = 0; k < arms.count(); ++k) {
    if (entry.lost >> k & 1) out.text(arms.name(k));
  }
  out.end();
  out.key("used").integer(entry.used);
  out.end();
}

// Reading.

/// The arm that a text names; 0, and a fault, where there is none.
int arm_in(StateReader& in, const Arms& arms, JsonView name) {
  const int arm = name.is(JsonKind::text) ? arms.find(name.text()) : -1;
  if (arm < 0) in.refuse(name, "is no plan of this build");
  return std::max(arm, 0);
}

NormalPosterior offset_in(StateReader& in, JsonView object) {
  const JsonView value = object.find("offset");
  NormalPosterior posterior;
  if (!in.object(value, {"mean", "kappa", "alpha", "beta"})) return posterior;
  posterior.mean = in.number(value, "mean");
  posterior.kappa = in.positive(value, "kappa");
  posterior.alpha = in.positive(value, "alpha");
  posterior.beta = in.positive(value, "beta");
  return posterior;
}

template <std::size_t N>
void numbers_in(StateReader& in, JsonView object, std::string_view key, std::array<double, N>& to) {
  JsonView value = in.array(object, key, N, N).first();
  for (double& x : to) {
    if (!in.ok()) return;
    if (!value.is(JsonKind::number)) in.refuse(value, "must be a number");
    x = value.number();
    value = value.next();
  }
}

/// Which of `count` names a text is; 0, and a fault, where it is none.
int name_in(StateReader& in, JsonView object, std::string_view key, const char* (*name)(int),
            int count) {
  const std::string_view text = in.text(object, key, 32);
  for (int k = 0; k < count; ++k) {
    if (text == name(k)) return k;
  }
  if (in.ok()) in.refuse(object.find(key), "is unknown");
  return 0;
}

void way_in(StateReader& in, const Arms& arms, JsonView value, Beliefs& beliefs) {
  if (!in.object(value, {"name", "shape", "precision", "moment", "alpha", "beta"})) return;
  const int k = arm_in(in, arms, value.find("name"));
  const int shape = name_in(in, value, "shape", shape_name, Context::shapes);
  LinearPosterior::State state{};
  numbers_in(in, value, "precision", state.precision);
  numbers_in(in, value, "moment", state.moment);
  state.alpha = in.positive(value, "alpha");
  state.beta = in.positive(value, "beta");
  if (!in.ok()) return;
  LinearPosterior& way = beliefs.way(k, shape);
  const bool again = !(way.state() == Beliefs::prior_cost());
  if (arms.way(k) != k || again) in.refuse(value.find("name"), "is no way, or there twice");
  if (!way.set(state)) in.refuse(value.find("precision"), "is not positive definite");
}

void own_in(StateReader& in, const Arms& arms, JsonView value, Beliefs& beliefs) {
  if (!in.object(value, {"name", "offset", "safety", "runs"})) return;
  const int k = arm_in(in, arms, value.find("name"));
  Beliefs::ArmBelief own;
  own.offset = offset_in(in, value);
  const JsonView safety = value.find("safety");
  if (in.object(safety, {"alpha", "beta"})) {
    own.safety = {in.positive(safety, "alpha"), in.positive(safety, "beta")};
  }
  own.runs = static_cast<double>(in.count(value, "runs", 0, most_counted));
  if (in.ok()) beliefs.arm(k) = own;
}

void cell_in(StateReader& in, const Arms& arms, JsonView value, Beliefs& beliefs) {
  const bool whole =
      in.object(value, {"shape", "dimension", "size", "arm", "offset", "successes", "failures"});
  if (!whole) return;
  const int shape = name_in(in, value, "shape", shape_name, Context::shapes);
  const int dimension = name_in(in, value, "dimension", dimension_name, Context::dimensions);
  const int size = name_in(in, value, "size", size_name, Context::sizes);
  const int arm = arm_in(in, arms, value.find("arm"));
  Beliefs::Cell cell;
  cell.offset = offset_in(in, value);
  cell.successes = static_cast<double>(in.count(value, "successes", 0, most_counted));
  cell.failures = static_cast<double>(in.count(value, "failures", 0, most_counted));
  if (!in.ok()) return;
  beliefs.cell((shape * Context::dimensions + dimension) * Context::sizes + size, arm) = cell;
}

const char* trust_text(int k) { return trust_name(static_cast<Trust>(k)); }

PlanEntry entry_in(StateReader& in, const Arms& arms, JsonView value, bool old) {
  PlanEntry entry;
  const bool whole =
      old ? in.object(value, {"signature", "arm", "trust", "uses", "successes", "counterexamples",
                              "survived", "mean", "used"})
          : in.object(value, {"signature", "arm", "trust", "uses", "successes", "failuresInRow",
                              "counterexamples", "survived", "mean", "squares", "lost", "used"});
  if (!whole) return entry;
  entry.signature = in.integer(value, "signature");
  entry.arm = arm_in(in, arms, value.find("arm"));
  entry.trust = static_cast<Trust>(name_in(in, value, "trust", trust_text, 3));
  const auto count = [&](std::string_view key, std::int64_t least, std::int64_t most) {
    return static_cast<std::int32_t>(in.count(value, key, least, most));
  };
  entry.uses = count("uses", 1, most_uses);
  entry.successes = count("successes", 1, entry.uses);
  entry.counterexamples = count("counterexamples", 0, most_uses);
  entry.survived = count("survived", 0, entry.counterexamples);
  entry.mean = in.number(value, "mean");
  entry.used = in.integer(value, "used");
  if (old) return entry;
  entry.failures_in_row = count("failuresInRow", 0, entry.uses - entry.successes);
  entry.squares = in.number(value, "squares");
  if (in.ok() && !(entry.squares >= 0)) in.refuse(value.find("squares"), "must not be negative");
  const JsonView lost = in.array(value, "lost", 0, arms.count());
  for (JsonView name = lost.first(); in.ok() && name; name = name.next()) {
    entry.lost |= std::uint64_t{1} << arm_in(in, arms, name);
  }
  return entry;
}

bool is_of_version(std::string_view text, double wanted) {
  JsonDocument document;
  if (!read_json(text, document).ok()) return false;
  const JsonView found = JsonView(document).find("version");
  return found.is(JsonKind::number) && found.number() == wanted;
}

void ledgers_in(StateReader& in, JsonView root, std::array<Ledger, Context::shapes>& ledgers) {
  const JsonView value = root.find("ledgers");
  if (!in.object(value, {"base", "loss"})) return;
  std::array<double, Context::shapes> base{};
  std::array<double, Context::shapes> loss{};
  numbers_in(in, value, "base", base);
  numbers_in(in, value, "loss", loss);
  for (std::size_t k = 0; k < ledgers.size(); ++k) {
    if (!(base[k] >= 0 && loss[k] >= 0)) in.refuse(value, "must not be negative");
    ledgers[k] = {base[k], loss[k]};
  }
}

StateReader begin_reading(std::string_view text, std::int32_t of) {
  if (of == 0) {
    return {text, schema, 0, {"features", "prior", "random", "ways", "arms", "cells", "memory"}};
  }
  if (of == 1) {
    return {text,
            schema,
            1,
            {"features", "prior", "random", "counts", "ways", "arms", "cells", "memory"}};
  }
  return {text,
          schema,
          version,
          {"features", "prior", "random", "counts", "ledgers", "ways", "arms", "cells", "memory"}};
}

}  // namespace

Status Policy::write(Buffer<char>& text) const {
  JsonDocument document;
  JsonBuilder out(document);
  const Beliefs& beliefs = state_.beliefs;
  begin_state(out, schema, version);
  out.key("features").number(features_version);
  out.key("prior").number(prior_version);
  out.key("random").integer(state_.random.state());
  out.key("counts").begin_object();
  for (const CountName& name : count_names) out.key(name.key).number(state_.counts.*name.member);
  out.end();
  out.key("ledgers").begin_object();
  out.key("base").begin_array();
  for (const Ledger& ledger : state_.ledgers) out.number(ledger.base);
  out.end();
  out.key("loss").begin_array();
  for (const Ledger& ledger : state_.ledgers) out.number(ledger.loss);
  out.end();
  out.end();
  // What nothing was learned of is left out.
  out.key("ways").begin_array();
  for (int shape = 0; shape < Context::shapes; ++shape) {
    for (int k = 0; k < arms_.count(); ++k) {
      const LinearPosterior::State& state = beliefs.way(k, shape).state();
      if (arms_.way(k) != k || state == Beliefs::prior_cost()) continue;
      out.begin_object();
      out.key("name").text(arms_.name(k));
      out.key("shape").text(shape_name(shape));
      put(out, state);
      out.end();
    }
  }
  out.end();
  out.key("arms").begin_array();
  for (int k = 0; k < arms_.count(); ++k) {
    const Beliefs::ArmBelief& own = beliefs.arm(k);
    if (own == Beliefs::ArmBelief{Beliefs::prior_offset(), prior_safety(arms_[k]), 0}) continue;
    out.begin_object();
    out.key("name").text(arms_.name(k));
    put(out, own.offset);
    out.key("safety").begin_object();
    out.key("alpha").number(own.safety.alpha);
    out.key("beta").number(own.safety.beta);
    out.end();
    out.key("runs").number(own.runs);
    out.end();
  }
  out.end();
  out.key("cells").begin_array();
  for (int bucket = 0; bucket < Context::buckets; ++bucket) {
    for (int k = 0; k < arms_.count(); ++k) {
      const Beliefs::Cell& cell = beliefs.cell(bucket, k);
      if (cell == Beliefs::Cell{Beliefs::prior_offset(), 0, 0}) continue;
      const int rest = bucket / Context::sizes;
      out.begin_object();
      out.key("shape").text(shape_name(rest / Context::dimensions));
      out.key("dimension").text(dimension_name(rest % Context::dimensions));
      out.key("size").text(size_name(bucket % Context::sizes));
      out.key("arm").text(arms_.name(k));
      put(out, cell.offset);
      out.key("successes").number(cell.successes);
      out.key("failures").number(cell.failures);
      out.end();
    }
  }
  out.end();
  out.key("memory").begin_object();
  out.key("clock").integer(state_.memory.clock());
  out.key("entries").begin_array();
  for (const PlanEntry& entry : state_.memory.entries()) put(out, arms_, entry);
  out.end();
  out.end();
  end_state(out, document);
  if (out.status() != Status::ok) return out.status();
  return write_json(document, text);
}

StateFault Policy::restore(std::string_view text) {
  const auto failed = [](Status status) {
    StateFault fault;
    fault.fault = status;
    fault.reason = "memory is short";
    return fault;
  };
  const bool old = is_of_version(text, 0);
  const std::int32_t of = old ? 0 : is_of_version(text, 1) ? 1 : version;
  StateReader in = begin_reading(text, of);
  if (!in.ok()) return in.fault();
  const JsonView root = in.root();
  const double measured = in.count(root, "features", 1, features_version);
  in.count(root, "prior", prior_version, prior_version);

  State fresh;
  if (reset_beliefs(fresh.beliefs) != Status::ok) return failed(Status::out_of_memory);
  if (fresh.memory.reserve(settings_.memory_entries) != Status::ok) {
    return failed(Status::out_of_memory);
  }
  fresh.random = SeededRandom(in.integer(root, "random"));
  const JsonView counts = root.find("counts");
  const bool whole =
      !old && in.object(counts, {"proposals", "records", "certified", "censored", "fromMemory",
                                 "challenges", "challengesWon", "speculations", "speculationsWon"});
  for (const CountName& name : count_names) {
    if (whole) {
      fresh.counts.*name.member = static_cast<double>(in.count(counts, name.key, 0, most_counted));
    }
  }
  const auto each = [&](std::string_view key, std::int32_t most, auto&& read) {
    const JsonView list = in.array(root, key, 0, most);
    for (JsonView one = list.first(); in.ok() && one; one = one.next()) {
      read(in, arms_, one, fresh.beliefs);
    }
  };
  if (of == version) ledgers_in(in, root, fresh.ledgers);
  each("ways", arms_.count() * Context::shapes, way_in);
  each("arms", arms_.count(), own_in);
  each("cells", arms_.count() * Context::buckets, cell_in);
  const JsonView memory = root.find("memory");
  if (in.object(memory, {"clock", "entries"})) {
    const std::uint64_t clock = in.integer(memory, "clock");
    const JsonView entries =
        in.array(memory, "entries", 0, static_cast<std::int32_t>(PlanMemory::most_entries));
    for (JsonView one = entries.first(); in.ok() && one; one = one.next()) {
      const PlanEntry entry = entry_in(in, arms_, one, old);
      if (!in.ok()) break;
      if (entry.used > clock) in.refuse(one.find("used"), "is later than the clock");
      if (fresh.memory.find(entry.signature)) in.refuse(one.find("signature"), "is there twice");
      fresh.memory.restore(entry);
    }
    fresh.memory.set_clock(clock);
  }
  in.finish();
  // What was learned of other features says nothing of these; what worked on a pattern does.
  if (measured < features_version && reset_beliefs(fresh.beliefs) != Status::ok) {
    return failed(Status::out_of_memory);
  }
  if (in.ok()) state_ = std::move(fresh);
  return in.fault();
}

}  // namespace lacuna
