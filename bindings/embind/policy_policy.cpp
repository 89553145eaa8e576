#include <emscripten/bind.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "lacuna/base/elementary.hpp"
#include "lacuna/policy/policy.hpp"
#include "matrix_binding.hpp"
#include "task_binding.hpp"

/// The policy. Features, decisions and figures cross as float64 one after another; 64-bit numbers
/// in two halves, the lower one first. Logarithms are taken here, for equal bits.
namespace lacuna::native {
namespace {

/// Features, hash, arms that fit, the arm that the rules try first.
constexpr int feature_fields = feature_count + 5;
constexpr int entry_fields = 8;
constexpr int decision_fields = 8 + entry_fields;
constexpr int candidate_fields = 7;

std::uint64_t joined(double low, double high) {
  return static_cast<std::uint64_t>(high) << 32 | static_cast<std::uint64_t>(low);
}
double low_half(std::uint64_t x) { return static_cast<double>(x & 0xffffffffu); }
double high_half(std::uint64_t x) { return static_cast<double>(x >> 32); }

void write_features(const Features& f, double* out) {
  out = std::copy(f.values.begin(), f.values.end(), out);
  *out++ = low_half(f.pattern_hash);
  *out++ = high_half(f.pattern_hash);
  *out++ = low_half(f.arms);
  *out++ = high_half(f.arms);
  *out = f.rules_arm;
}

Features features_at(Address at) {
  const double* in = pointer<const double>(at);
  Features f;
  std::copy_n(in, feature_count, f.values.begin());
  in += feature_count;
  f.pattern_hash = joined(in[0], in[1]);
  f.arms = joined(in[2], in[3]);
  f.rules_arm = static_cast<int>(in[4]);
  return f;
}

class NativePolicy : public Faulty {
 public:
  LACUNA_FAULT_METHODS

  std::int32_t create(double seed_low, double seed_high, std::int32_t learning,
                      std::int32_t speculate, double cutoff, double trial, double entries) {
    return note(guard([&]() -> Fault {
      PolicySettings settings;
      settings.seed = joined(seed_low, seed_high);
      settings.learning = static_cast<Learning>(learning);
      settings.speculate = speculate != 0;
      settings.cutoff = cutoff;
      settings.trial = trial;
      settings.memory_entries = static_cast<std::size_t>(entries);
      auto made = Policy::create(settings);
      if (!made.ok()) return made.fault();
      policy_ = made.take();
      return {};
    }));
  }

  /// Address of the features of a matrix, which may be sealed or not be used again; 0 with
  /// `status`.
  Address measure(NativeMatrix& matrix, double rhs_count, double rtol) {
    note(guard([&]() -> Fault {
      if (!matrix.matrix()) return Status::not_ready;
      auto found = policy_->measure(matrix.matrix()->view(), rhs_count, rtol);
      if (!found.ok()) return found.fault();
      write_features(found.value(), numbers_);
      return {};
    }));
    return fault_.ok() ? address(numbers_) : 0;
  }

  /// Address of the decision, then of its candidates; codes fix a part of the arm, 0 fixes none.
  Address propose(Address features, std::int32_t method, std::int32_t preconditioner,
                  std::int32_t ordering, std::int32_t explore) {
    const Arm fixed{static_cast<Method>(method), static_cast<PreconditionerKind>(preconditioner),
                    static_cast<OrderingKind>(ordering)};
    policy_->propose(features_at(features), fixed, explore != 0, decision_);
    const Decision& d = decision_;
    const PlanEntry& e = d.entry;
    const double head[decision_fields] = {
        double(d.arm),
        double(static_cast<int>(d.source)),
        d.limit,
        double(d.second),
        d.second_limit,
        double(d.bucket),
        double(d.candidate_count),
        double(d.remembered),
        double(e.arm),
        double(static_cast<int>(e.trust)),
        double(e.uses),
        double(e.successes),
        double(e.counterexamples),
        double(e.survived),
        e.confidence(),
        exponential(e.mean),
    };
    double* out = std::copy(std::begin(head), std::end(head), numbers_);
    for (int k = 0; k < d.candidate_count; ++k) {
      const Candidate& c = d.candidates[k];
      const double fields[candidate_fields] = {
          double(c.arm), c.forecast.mean, c.forecast.deviation, c.forecast.safety, c.forecast.runs,
          c.prior,       c.score};
      out = std::copy(std::begin(fields), std::end(fields), out);
    }
    return address(numbers_);
  }

  void record(Address features, std::int32_t arm, std::int32_t source, std::int32_t certified,
              std::int32_t censored, std::int32_t first_rung, double work) {
    RunOutcome outcome;
    outcome.certified = certified != 0;
    outcome.censored = censored != 0;
    outcome.first_rung = first_rung != 0;
    outcome.log_cost = natural_log(std::max(work, 1.0));
    policy_->record(features_at(features), arm, static_cast<Source>(source), outcome);
  }
  void record_race(std::int32_t second_won) { policy_->record_race(second_won != 0); }

  std::int32_t checkpoint() {
    return note(guard([&]() -> Fault { return policy_->checkpoint(); }));
  }
  std::int32_t rollback() {
    return note(guard([&]() -> Fault { return policy_->rollback(); }));
  }
  std::int32_t merge(NativePolicy& other) {
    return note(guard([&]() -> Fault { return policy_->merge(*other.policy_, nullptr); }));
  }
  std::int32_t merge_beyond(NativePolicy& other, NativePolicy& base) {
    return note(
        guard([&]() -> Fault { return policy_->merge(*other.policy_, base.policy_.get()); }));
  }

  /// Writes the state to memory of its own, which lives until `forget_text`.
  std::int32_t write() {
    return note(guard([&]() -> Fault { return policy_->write(text_); }));
  }
  Address text() const { return address(text_.data()); }
  double text_size() const { return static_cast<double>(text_.size()); }
  void forget_text() { text_.release(); }
  std::int32_t restore(Address text, double bytes) {
    return note(guard([&]() -> Fault {
      state_fault_ = policy_->restore({pointer<const char>(text), static_cast<std::size_t>(bytes)});
      return state_fault_.fault;
    }));
  }
  /// Addresses of texts that end with a zero: of the latest state refused.
  Address fault_pointer() const { return address(state_fault_.pointer.data()); }
  Address fault_reason() const { return address(state_fault_.reason); }

  /// Address of the counts, the entries of each trust, evictions, and bytes of memory and beliefs.
  Address stats() {
    const PolicyCounts& c = policy_->counts();
    const PlanMemory& memory = policy_->memory();
    double trusts[3] = {};
    for (const PlanEntry& entry : memory.entries()) trusts[static_cast<int>(entry.trust)] += 1;
    const double fields[] = {c.proposals,
                             c.records,
                             c.certified,
                             c.censored,
                             c.from_memory,
                             c.challenges,
                             c.challenges_won,
                             c.speculations,
                             c.speculations_won,
                             double(memory.entries().size()),
                             double(memory.capacity()),
                             trusts[0],
                             trusts[1],
                             trusts[2],
                             double(memory.evictions()),
                             double(memory.bytes() + policy_->beliefs().bytes())};
    std::copy(std::begin(fields), std::end(fields), numbers_);
    return address(numbers_);
  }

  std::int32_t arm_count() const { return policy_->arms().count(); }
  Address arm_name(std::int32_t k) const { return address(policy_->arms().name(k).data()); }
  /// Codes of method, preconditioner and ordering, as the digits of a number to the base 256.
  std::int32_t arm_codes(std::int32_t k) const {
    const Arm& arm = policy_->arms()[k];
    return static_cast<std::int32_t>(arm.method) |
           static_cast<std::int32_t>(arm.preconditioner) << 8 |
           static_cast<std::int32_t>(arm.ordering) << 16;
  }

 private:
  LiveHandle live_;
  std::unique_ptr<Policy> policy_;
  Decision decision_;
  StateFault state_fault_;
  Buffer<char> text_;
  double numbers_[decision_fields + candidate_fields * Arms::capacity];
};
static_assert(feature_fields < decision_fields + candidate_fields * Arms::capacity);

// The names behind the codes, so that both sides of the boundary can be compared.
Address feature_text(std::int32_t code) {
  return address(feature_name(static_cast<Feature>(code)));
}
Address source_text(std::int32_t code) { return address(source_name(static_cast<Source>(code))); }
Address trust_text(std::int32_t code) { return address(trust_name(static_cast<Trust>(code))); }
Address ordering_text(std::int32_t code) {
  return address(ordering_name(static_cast<OrderingKind>(code)));
}
/// Which of the names of a bucket: 0 shape, 1 dimension, 2 size.
Address bucket_text(std::int32_t bucket, std::int32_t part) {
  const int rest = bucket / Context::sizes;
  return address(part == 0   ? shape_name(rest / Context::dimensions)
                 : part == 1 ? dimension_name(rest % Context::dimensions)
                             : size_name(bucket % Context::sizes));
}

}  // namespace
}  // namespace lacuna::native

EMSCRIPTEN_BINDINGS(lacuna_policy_policy) {
  using namespace lacuna::native;
  emscripten::class_<NativePolicy>("NativePolicy")
      .smart_ptr_constructor("NativePolicy", &make_owner<NativePolicy>)
      .function("status", &NativePolicy::status)
      .function("faultPosition", &NativePolicy::fault_position)
      .function("create", &NativePolicy::create)
      .function("measure", &NativePolicy::measure)
      .function("propose", &NativePolicy::propose)
      .function("record", &NativePolicy::record)
      .function("recordRace", &NativePolicy::record_race)
      .function("checkpoint", &NativePolicy::checkpoint)
      .function("rollback", &NativePolicy::rollback)
      .function("merge", &NativePolicy::merge)
      .function("mergeBeyond", &NativePolicy::merge_beyond)
      .function("write", &NativePolicy::write)
      .function("text", &NativePolicy::text)
      .function("textSize", &NativePolicy::text_size)
      .function("forgetText", &NativePolicy::forget_text)
      .function("restore", &NativePolicy::restore)
      .function("faultPointer", &NativePolicy::fault_pointer)
      .function("faultReason", &NativePolicy::fault_reason)
      .function("stats", &NativePolicy::stats)
      .function("armCount", &NativePolicy::arm_count)
      .function("armName", &NativePolicy::arm_name)
      .function("armCodes", &NativePolicy::arm_codes);
  emscripten::function("featureName", &feature_text);
  emscripten::function("sourceName", &source_text);
  emscripten::function("trustName", &trust_text);
  emscripten::function("orderingName", &ordering_text);
  emscripten::function("bucketName", &bucket_text);
}
