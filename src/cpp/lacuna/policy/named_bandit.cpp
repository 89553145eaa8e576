#include "lacuna/policy/named_bandit.hpp"

#include <algorithm>

namespace lacuna {
namespace {

/// The names of a list that each end with a zero byte.
std::string_view nth_name(std::string_view names, std::int32_t n) {
  for (; n > 0; --n) names.remove_prefix(names.find('\0') + 1);
  return names.substr(0, names.find('\0'));
}

bool good_names(std::string_view names, std::int32_t count) {
  if (std::count(names.begin(), names.end(), '\0') != count || names.back() != '\0') return false;
  for (std::int32_t k = 0; k < count; ++k) {
    const std::string_view name = nth_name(names, k);
    if (name.empty() || name.size() > NamedBandit::longest_name) return false;
    for (std::int32_t other = 0; other < k; ++other) {
      if (nth_name(names, other) == name) return false;
    }
  }
  return true;
}

}  // namespace

Status NamedBandit::begin(const BanditOptions& options, std::string_view arms,
                          std::int32_t max_contexts) {
  if (max_contexts < 1 || options.arms < 1 || !good_names(arms, options.arms)) {
    return Status::invalid_argument;
  }
  NamedBandit fresh;
  Status status = fresh.bandit_.begin(options);
  if (status == Status::ok) status = fresh.arms_.copy_from(arms);
  if (status != Status::ok) return status;
  fresh.max_contexts_ = max_contexts;
  *this = std::move(fresh);
  return Status::ok;
}

std::string_view NamedBandit::arm_name(std::int32_t arm) const {
  return nth_name({arms_.data(), arms_.size()}, arm);
}

std::string_view NamedBandit::context_name(std::int32_t context) const {
  return {names_[context].bytes, names_[context].size};
}

Result<BanditChoice> NamedBandit::choose(std::string_view context) {
  const Result<std::int32_t> used = use(context);
  if (!used.ok()) return used.fault();
  return bandit_.choose(used.value());
}

Status NamedBandit::record(std::string_view context, std::int32_t arm,
                           const BanditOutcome& outcome) {
  if (arm < 0 || arm >= bandit_.options().arms || !Bandit::acceptable(outcome)) {
    return Status::invalid_argument;
  }
  const Result<std::int32_t> used = use(context);
  if (!used.ok()) return used.fault().status;
  return bandit_.record(used.value(), arm, outcome);
}

std::int32_t NamedBandit::find(std::string_view context) const {
  if (buckets_.empty()) return -1;
  std::int32_t at = buckets_[bucket(context)];
  while (at >= 0 && context_name(at) != context) at = names_[at].chained;
  return at;
}

Status NamedBandit::merge(const NamedBandit& other) {
  if (&other == this) return Status::invalid_argument;
  const auto alike = [](BanditOptions options) {
    options.seed = 0;
    return options;
  };
  const std::string_view arms(arms_.data(), arms_.size());
  if (arms != std::string_view(other.arms_.data(), other.arms_.size()) ||
      !(alike(bandit_.options()) == alike(other.bandit_.options()))) {
    return Status::shape_mismatch;
  }
  // With room for all, nothing can fail.
  const Status status =
      make_room(std::min<std::int64_t>(max_contexts_, std::int64_t{contexts()} + other.contexts()));
  if (status != Status::ok) return status;
  for (std::int32_t from = other.oldest_; from >= 0; from = other.names_[from].newer) {
    const Result<std::int32_t> used = use(other.context_name(from));
    bandit_.merge(used.value(), other.bandit_, from);
  }
  evicted_ += other.evicted_;
  return Status::ok;
}

Result<std::int32_t> NamedBandit::use(std::string_view context) {
  std::int32_t at = find(context);
  if (at >= 0) {
    unlink(at);
    link_newest(at);
    return std::int32_t{at};
  }
  if (context.size() > longest_name) return Status::invalid_argument;
  if (contexts() < max_contexts_) {
    const Status status = make_room(std::int64_t{contexts()} + 1);
    if (status != Status::ok) return status;
    at = bandit_.add_context();
  } else {
    at = oldest_;
    unlink(at);
    unchain(at);
    bandit_.reset(at);
    ++evicted_;
  }
  Name& name = names_[at];
  name.size = static_cast<std::uint8_t>(context.size());
  std::copy(context.begin(), context.end(), name.bytes);
  chain(at);
  link_newest(at);
  return std::int32_t{at};
}

Status NamedBandit::make_room(std::int64_t wanted) {
  if (static_cast<std::int64_t>(names_.size()) >= wanted) return Status::ok;
  std::int64_t size = 16;
  while (size < wanted) size *= 2;
  const auto room = static_cast<std::int32_t>(std::min<std::int64_t>(size, max_contexts_));
  Buffer<std::int32_t> buckets;
  Status status = buckets.allocate(static_cast<std::size_t>(size));
  if (status == Status::ok) status = bandit_.reserve(room);
  if (status == Status::ok) status = grow(names_, contexts(), room);
  if (status != Status::ok) return status;
  buckets_ = std::move(buckets);
  std::fill(buckets_.span().begin(), buckets_.span().end(), -1);
  for (std::int32_t k = 0; k < contexts(); ++k) chain(k);
  return Status::ok;
}

void NamedBandit::unlink(std::int32_t context) {
  const Name& name = names_[context];
  (name.older >= 0 ? names_[name.older].newer : oldest_) = name.newer;
  (name.newer >= 0 ? names_[name.newer].older : newest_) = name.older;
}

void NamedBandit::link_newest(std::int32_t context) {
  names_[context].older = newest_;
  names_[context].newer = -1;
  (newest_ >= 0 ? names_[newest_].newer : oldest_) = context;
  newest_ = context;
}

void NamedBandit::chain(std::int32_t context) {
  std::int32_t& first = buckets_[bucket(context_name(context))];
  names_[context].chained = first;
  first = context;
}

void NamedBandit::unchain(std::int32_t context) {
  std::int32_t* at = &buckets_[bucket(context_name(context))];
  while (*at != context) at = &names_[*at].chained;
  *at = names_[context].chained;
}

std::size_t NamedBandit::bucket(std::string_view name) const {
  // FNV-1a.
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return static_cast<std::size_t>(hash ^ (hash >> 32)) & (buckets_.size() - 1);
}

}  // namespace lacuna
