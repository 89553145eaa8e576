#include <algorithm>
#include <cmath>
#include <limits>

#include "lacuna/policy/json_writer.hpp"
#include "lacuna/policy/named_bandit.hpp"

namespace lacuna {
namespace {

constexpr std::string_view schema = "lacuna-bandit";
constexpr std::int32_t version = 1;
constexpr auto most_counted = std::numeric_limits<std::uint32_t>::max();
constexpr auto most_listed = std::numeric_limits<std::int32_t>::max();

void put(JsonBuilder& out, std::string_view key, const BetaPosterior& posterior) {
  out.key(key).begin_object();
  out.key("alpha").number(posterior.alpha);
  out.key("beta").number(posterior.beta);
  out.end();
}

void put(JsonBuilder& out, std::string_view key, const NormalPosterior& posterior) {
  out.key(key).begin_object();
  out.key("mean").number(posterior.mean);
  out.key("kappa").number(posterior.kappa);
  out.key("alpha").number(posterior.alpha);
  out.key("beta").number(posterior.beta);
  out.end();
}

void put(JsonBuilder& out, const ArmRecord& record) {
  out.begin_object();
  out.key("chosen").number(record.chosen);
  out.key("recorded").number(record.recorded);
  out.key("censored").number(record.censored);
  put(out, "success", record.success);
  put(out, "cost", record.cost);
  out.end();
}

BetaPosterior beta_in(StateReader& in, JsonView object, std::string_view key) {
  const JsonView value = object.find(key);
  if (!in.object(value, {"alpha", "beta"})) return {};
  BetaPosterior posterior;
  posterior.alpha = in.positive(value, "alpha");
  posterior.beta = in.positive(value, "beta");
  return posterior;
}

NormalPosterior normal_in(StateReader& in, JsonView object, std::string_view key) {
  const JsonView value = object.find(key);
  if (!in.object(value, {"mean", "kappa", "alpha", "beta"})) return {};
  NormalPosterior posterior;
  posterior.mean = in.number(value, "mean");
  posterior.kappa = in.positive(value, "kappa");
  posterior.alpha = in.positive(value, "alpha");
  posterior.beta = in.positive(value, "beta");
  return posterior;
}

ArmRecord record_in(StateReader& in, JsonView value) {
  ArmRecord record;
  if (!in.object(value, {"chosen", "recorded", "censored", "success", "cost"})) return record;
  record.chosen = static_cast<std::uint32_t>(in.count(value, "chosen", 0, most_counted));
  record.recorded = static_cast<std::uint32_t>(in.count(value, "recorded", 0, most_counted));
  record.censored = static_cast<std::uint32_t>(in.count(value, "censored", 0, record.recorded));
  record.success = beta_in(in, value, "success");
  record.cost = normal_in(in, value, "cost");
  return record;
}

}  // namespace

Status NamedBandit::write(Buffer<char>& text) const {
  JsonDocument document;
  JsonBuilder out(document);
  const BanditOptions& options = bandit_.options();
  begin_state(out, schema, version);
  out.key("arms").begin_array();
  for (std::int32_t arm = 0; arm < options.arms; ++arm) out.text(arm_name(arm));
  out.end();
  out.key("maxContexts").number(max_contexts_);
  // JSON has no infinity.
  out.key("cutOff").number(std::isfinite(options.cut_off) ? options.cut_off : 0);
  out.key("seed").integer(options.seed);
  out.key("random").integer(bandit_.random.state());
  out.key("evicted").number(static_cast<double>(evicted_));
  out.key("prior").begin_object();
  put(out, "success", options.success);
  put(out, "cost", options.cost);
  out.end();
  out.key("contexts").begin_array();
  for (std::int32_t k = oldest_; k >= 0; k = names_[k].newer) {
    out.begin_object();
    out.key("name").text(context_name(k));
    out.key("arms").begin_array();
    for (std::int32_t arm = 0; arm < options.arms; ++arm) put(out, bandit_.record_of(k, arm));
    out.end();
    out.end();
  }
  out.end();
  end_state(out, document);
  if (out.status() != Status::ok) return out.status();
  return write_json(document, text);
}

StateFault NamedBandit::restore(std::string_view text) {
  StateReader in(
      text, schema, version,
      {"arms", "maxContexts", "cutOff", "seed", "random", "evicted", "prior", "contexts"});
  const JsonView root = in.root();
  const auto failed = [&](Status status) {
    StateFault fault;
    fault.fault = status;
    fault.reason = "memory is short";
    return fault;
  };

  BanditOptions options;
  const JsonView arms = in.array(root, "arms", 1, most_listed);
  options.arms = arms.size();
  Buffer<char> names;
  std::size_t size = 0;
  for (JsonView arm = arms.first(); in.ok() && arm; arm = arm.next()) {
    const std::string_view name = arm.text();
    bool good = !name.empty() && name.size() <= longest_name && name.find('\0') == name.npos;
    for (JsonView k = arms.first(); k.node() != arm.node(); k = k.next()) good &= k.text() != name;
    if (!good) in.refuse(arm, "must be a name of its own");
    size += name.size() + 1;
  }
  if (names.allocate(size) != Status::ok) return failed(Status::out_of_memory);
  char* at = names.data();
  for (JsonView arm = arms.first(); in.ok() && arm; arm = arm.next()) {
    at = std::copy(arm.text().begin(), arm.text().end(), at);
    *at++ = '\0';
  }
  const auto most = static_cast<std::int32_t>(in.count(root, "maxContexts", 1, most_listed));
  options.cut_off = in.number(root, "cutOff");
  if (options.cut_off == 0) options.cut_off = std::numeric_limits<double>::infinity();
  if (!(options.cut_off > 1)) in.refuse(root.find("cutOff"), "must be more than 1, or 0 for none");
  options.seed = in.integer(root, "seed");
  const std::uint64_t state = in.integer(root, "random");
  const auto evicted = static_cast<std::uint64_t>(in.count(root, "evicted", 0, 1LL << 53));
  const JsonView prior = root.find("prior");
  if (in.object(prior, {"success", "cost"})) {
    options.success = beta_in(in, prior, "success");
    options.cost = normal_in(in, prior, "cost");
  }
  const JsonView contexts = in.array(root, "contexts", 0, most);
  if (!in.ok()) return in.fault();

  NamedBandit restored;
  Status status = restored.begin(options, {names.data(), size}, most);
  if (status != Status::ok) return failed(status);
  restored.bandit_.random = SeededRandom(state);
  restored.evicted_ = evicted;
  for (JsonView context = contexts.first(); in.ok() && context; context = context.next()) {
    if (!in.object(context, {"name", "arms"})) break;
    const std::string_view name = in.text(context, "name", longest_name);
    if (restored.find(name) >= 0) in.refuse(context.find("name"), "is there twice");
    JsonView record = in.array(context, "arms", options.arms, options.arms).first();
    if (!in.ok()) break;
    const Result<std::int32_t> used = restored.use(name);
    if (!used.ok()) return failed(used.fault().status);
    for (std::int32_t arm = 0; arm < options.arms; ++arm, record = record.next()) {
      restored.bandit_.record_of(used.value(), arm) = record_in(in, record);
    }
  }
  in.finish();
  if (in.ok()) *this = std::move(restored);
  return in.fault();
}

}  // namespace lacuna
