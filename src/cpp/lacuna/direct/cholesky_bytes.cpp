#include "lacuna/direct/cholesky_bytes.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace lacuna {
namespace {

enum Tag : std::uint32_t {
  tag_figures = 5,
  tag_values = 6,
};

/// nnz and flops: without the zeros that the panels store, so not to be told from them.
constexpr std::int64_t figure_count = 2;

}  // namespace

Status list_bytes(const Cholesky& cholesky, FactorFigures& figures, FactorPieces& pieces) {
  if (cholesky.values().empty()) return Status::not_ready;
  const Supernodes& s = cholesky.structure();
  figures.real[0] = s.nnz;
  figures.real[1] = s.flops;
  list_tree(s, pieces);
  pieces.add(tag_figures, figures.real, figure_count);
  pieces.add_panels(tag_values, s, cholesky.values().data());
  return pieces.status();
}

Fault CholeskyImport::advance(Budget& budget) {
  Fault fault;
  Meter meter(budget);
  switch (stage_) {
    case Stage::open:
      fault = open();
      stage_ = Stage::heads;
      break;
    case Stage::heads:
      if (!read(budget, fault)) break;
      fault = check_tree_sizes();
      stage_ = Stage::tree;
      break;
    case Stage::tree:
      if (!check_tree(budget, fault)) break;
      fault = open_numbers();
      stage_ = Stage::numbers;
      break;
    case Stage::numbers:
      if (read(budget, fault)) stage_ = Stage::check;
      break;
    case Stage::check:
      while (at_ < tree_.count) {
        const auto s = static_cast<std::int32_t>(at_++);
        fault = check_pivots(s);
        if (!fault.ok() || meter.spend(4 + 0.5 * double(tree_.width(s)) * tree_.width(s)))
          return fault;
      }
      fault = finish();
      done_ = true;
      break;
  }
  return fault;
}

Fault CholeskyImport::open() {
  pieces_.add(tag_figures, figures_.real, figure_count);
  fetch_tree();
  return {};
}

/// Whether figures and numbers fit the tree, and memory for these.
Fault CholeskyImport::open_numbers() {
  tree_.nnz = figures_.real[0];
  tree_.flops = figures_.real[1];
  const std::int64_t packed = check_.packed();
  if (reader_.count(tag_values, sizeof(double)) != packed) return damaged(tag_values);
  if (!(tree_.nnz >= tree_.n && tree_.nnz <= double(packed)) ||
      !(tree_.flops >= tree_.n && tree_.flops <= tree_.panel_flops * (1 + 0x1p-20))) {
    return damaged(tag_figures);
  }
  const std::int64_t stored = tree_.value_begin[tree_.count];
  if (std::uint64_t(stored) > std::numeric_limits<std::size_t>::max() / sizeof(double) ||
      values_.allocate(static_cast<std::size_t>(stored)) != Status::ok) {
    return Status::out_of_memory;
  }
  pieces_.add_panels(tag_values, tree_, values_.data());
  at_ = 0;
  return {};
}

/// Above the diagonals there will be zeros.
Fault CholeskyImport::check_pivots(std::int32_t s) {
  double* pivot = values_.data() + tree_.value_begin[s];
  for (std::int32_t j = 0; j < tree_.width(s); ++j, pivot += tree_.height(s) + 1) {
    if (!(*pivot > 0)) return damaged(tag_values);
    std::fill(pivot - j, pivot, 0.0);
  }
  return {};
}

Fault CholeskyImport::finish() {
  made_.reset(create<Cholesky>());
  if (!made_) return Status::out_of_memory;
  made_->adopt(std::move(tree_), std::move(values_));
  return {};
}

}  // namespace lacuna
