#include <emscripten/bind.h>

#include <span>

#include "lacuna/base/elementary.hpp"
#include "lacuna/policy/named_bandit.hpp"
#include "task_binding.hpp"

/// Bandits: see src/cpp/lacuna/policy/named_bandit.hpp. The name of a context goes to a place that
/// each of them has for it; states lie in spans.
namespace lacuna::native {
namespace {

class NativeBandit : public Faulty {
 public:
  LACUNA_FAULT_METHODS

  /// `prior`: alpha and beta of success, mean, kappa, alpha and beta of log cost.
  std::int32_t begin(Address arms, double bytes, std::int32_t count, std::int32_t most_contexts,
                     double cut_off, std::uint32_t seed_low, std::uint32_t seed_high,
                     Address prior) {
    const double* p = pointer<const double>(prior);
    BanditOptions options;
    options.arms = count;
    options.seed = std::uint64_t{seed_high} << 32 | seed_low;
    options.cut_off = cut_off;
    options.success = {p[0], p[1]};
    options.cost = {p[2], p[3], p[4], p[5]};
    return note(bandit_.begin(options, text_at(arms, bytes), most_contexts));
  }

  /// Address of 120 bytes for the name of a context.
  Address name() const { return address(name_); }

  std::int32_t choose(std::int32_t name_size) {
    const Result<BanditChoice> chosen = bandit_.choose(named(name_size));
    if (chosen.ok()) {
      const BanditChoice& choice = chosen.value();
      numbers_[0] = choice.arm;
      numbers_[1] = choice.incumbent;
      numbers_[2] = choice.predicted;
      numbers_[3] = choice.limit;
    }
    return note(chosen.fault());
  }

  /// `success` −1 where it is not known.
  std::int32_t record(std::int32_t name_size, std::int32_t arm, std::int32_t success, double cost,
                      bool censored) {
    BanditOutcome outcome;
    if (success >= 0) outcome.success = success > 0;
    outcome.cost = cost;
    outcome.censored = censored;
    return note(bandit_.record(named(name_size), arm, outcome));
  }

  /// Fills `out` with a share for each arm.
  void chances(std::int32_t name_size, std::int32_t draws, Address out) const {
    const std::int32_t arms = bandit_.bandit().options().arms;
    const std::span<double> shares(pointer<double>(out), static_cast<std::size_t>(arms));
    const std::int32_t context = bandit_.find(named(name_size));
    if (context >= 0) {
      bandit_.bandit().chances(context, draws, shares);
    } else {
      // Nothing tells the arms apart.
      for (double& share : shares) share = 1.0 / arms;
    }
  }

  /// What is known of an arm, at `numbers`: runs chosen, recorded and censored; mean chance of
  /// success; median cost, scale and degrees of freedom of the mean log cost; mean score. Of the
  /// prior where the context is new.
  void explain(std::int32_t name_size, std::int32_t arm) {
    const std::int32_t context = bandit_.find(named(name_size));
    ArmRecord record;
    record.success = bandit_.bandit().options().success;
    record.cost = bandit_.bandit().options().cost;
    if (context >= 0) record = bandit_.bandit().record_of(context, arm);
    const StudentT mean = record.cost.marginal_mean();
    numbers_[0] = record.chosen;
    numbers_[1] = record.recorded;
    numbers_[2] = record.censored;
    numbers_[3] = record.success.mean();
    numbers_[4] = exponential(mean.location);
    numbers_[5] = mean.scale;
    numbers_[6] = mean.dof;
    numbers_[7] = record.mean_score();
  }

  /// See Bandit::incumbent.
  std::int32_t incumbent(std::int32_t name_size) const {
    const std::int32_t context = bandit_.find(named(name_size));
    return context >= 0 ? bandit_.bandit().incumbent(context) : 0;
  }
  bool knows(std::int32_t name_size) const { return bandit_.find(named(name_size)) >= 0; }

  /// Contexts kept and evicted, then runs chosen, recorded and censored in those kept, at
  /// `numbers`.
  void count() {
    const Bandit& all = bandit_.bandit();
    double chosen = 0;
    double recorded = 0;
    double censored = 0;
    for (std::int32_t context = 0; context < all.contexts(); ++context) {
      for (std::int32_t arm = 0; arm < all.options().arms; ++arm) {
        const ArmRecord& record = all.record_of(context, arm);
        chosen += record.chosen;
        recorded += record.recorded;
        censored += record.censored;
      }
    }
    numbers_[0] = all.contexts();
    numbers_[1] = static_cast<double>(bandit_.evicted());
    numbers_[2] = chosen;
    numbers_[3] = recorded;
    numbers_[4] = censored;
  }
  Address numbers() const { return address(numbers_); }

  /// Writes the state to memory of its own, which lives until `forget_text`.
  std::int32_t write() { return note(bandit_.write(text_)); }
  Address text() const { return address(text_.data()); }
  double text_size() const { return static_cast<double>(text_.size()); }
  void forget_text() { text_.release(); }

  std::int32_t restore(Address text, double bytes) {
    return tell(bandit_.restore(text_at(text, bytes)));
  }
  /// From the state of another bandit. Where that is no good, `fault_pointer` is not empty.
  std::int32_t merge(Address text, double bytes) {
    NamedBandit other;
    const std::int32_t status = tell(other.restore(text_at(text, bytes)));
    return status != 0 ? status : note(bandit_.merge(other));
  }
  /// Addresses of texts that end with a zero: of the latest state refused.
  Address fault_pointer() const { return address(state_fault_.pointer.data()); }
  Address fault_reason() const { return address(state_fault_.reason); }

 private:
  std::string_view named(std::int32_t size) const {
    return {name_, static_cast<std::size_t>(size)};
  }
  static std::string_view text_at(Address at, double bytes) {
    return {pointer<const char>(at), static_cast<std::size_t>(bytes)};
  }
  std::int32_t tell(const StateFault& fault) {
    state_fault_ = fault;
    return note(fault.fault);
  }

  LiveHandle live_;
  NamedBandit bandit_;
  StateFault state_fault_;
  Buffer<char> text_;
  double numbers_[8];
  char name_[NamedBandit::longest_name];
};

}  // namespace
}  // namespace lacuna::native

using namespace lacuna::native;

EMSCRIPTEN_BINDINGS(lacuna_policy_bandit) {
  emscripten::class_<NativeBandit>("NativeBandit")
      .smart_ptr_constructor("NativeBandit", &make_owner<NativeBandit>)
      .function("status", &NativeBandit::status)
      .function("faultPosition", &NativeBandit::fault_position)
      .function("begin", &NativeBandit::begin)
      .function("name", &NativeBandit::name)
      .function("choose", &NativeBandit::choose)
      .function("record", &NativeBandit::record)
      .function("chances", &NativeBandit::chances)
      .function("explain", &NativeBandit::explain)
      .function("incumbent", &NativeBandit::incumbent)
      .function("knows", &NativeBandit::knows)
      .function("count", &NativeBandit::count)
      .function("numbers", &NativeBandit::numbers)
      .function("write", &NativeBandit::write)
      .function("text", &NativeBandit::text)
      .function("textSize", &NativeBandit::text_size)
      .function("forgetText", &NativeBandit::forget_text)
      .function("restore", &NativeBandit::restore)
      .function("merge", &NativeBandit::merge)
      .function("faultPointer", &NativeBandit::fault_pointer)
      .function("faultReason", &NativeBandit::fault_reason);
}
