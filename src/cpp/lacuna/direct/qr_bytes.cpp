#include "lacuna/direct/qr_bytes.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace lacuna {
namespace {

enum Tag : std::uint32_t {
  tag_order = 1,
  tag_reals = 2,
  tag_wholes = 3,
  tag_block_size = 4,
  tag_block_ids = 5,
  tag_equation = 6,
  tag_singles = 7,
  tag_panels = 8,
  tag_reflections = 9,
};

/// What lies above the diagonals of the panels is not read, and not written either.
void list_numbers(const QrPlan& plan, const QrFactors& f, FactorPieces& pieces) {
  pieces.add(tag_equation, f.equation.data(), plan.cols);
  pieces.add(tag_singles, f.singles.data(), static_cast<std::int64_t>(f.singles.size()));
  pieces.add_panels(tag_panels, plan.tree, f.panels.data());
  pieces.add(tag_reflections, f.panels.data(), 0);
  for (std::int32_t b = 0; b < f.block_count; ++b) {
    const Buffer<double>& values = f.blocks[b].values;
    pieces.add(tag_reflections, values.data(), static_cast<std::int64_t>(values.size()));
  }
}

}  // namespace

Status list_bytes(const QrFactorization& qr, FactorFigures& figures, FactorPieces& pieces) {
  if (qr.factors() == nullptr) return Status::not_ready;
  const QrPlan& plan = *qr.plan();
  const QrFactors& f = *qr.factors();
  figures.real[0] = f.scale;
  figures.real[1] = f.tolerance;
  figures.real[2] = f.nnz_r;
  figures.real[3] = f.nnz_v;
  figures.real[4] = f.flops;
  figures.whole[0] = f.rank;
  figures.whole[1] = qr.seminormal();
  pieces.add(tag_reals, figures.real, FactorFigures::reals);
  pieces.add(tag_wholes, figures.whole, FactorFigures::wholes);
  pieces.add(tag_order, plan.order.data(), static_cast<std::int64_t>(plan.order.size()));
  pieces.add(tag_block_size, plan.order.data(), 0);
  for (std::int32_t b = 0; b < f.block_count; ++b) {
    pieces.add(tag_block_size, &f.blocks[b].rows, 1);
    pieces.add(tag_block_size, &f.blocks[b].count, 1);
  }
  pieces.add(tag_block_ids, plan.order.data(), 0);
  for (std::int32_t b = 0; b < f.block_count; ++b) {
    const Buffer<std::int32_t>& ids = f.blocks[b].ids;
    pieces.add(tag_block_ids, ids.data(), static_cast<std::int64_t>(ids.size()));
  }
  list_numbers(plan, f, pieces);
  return pieces.status();
}

Fault QrImport::advance(Budget& budget) {
  Fault fault;
  Meter meter(budget);
  switch (stage_) {
    case Stage::open:
      fetch(tag_reals, tag_wholes, figures_);
      fetch(tag_order, order_);
      fetch(tag_block_size, block_size_);
      stage_ = Stage::heads;
      break;
    case Stage::heads:
      if (!read(budget, fault)) break;
      fault = check_heads();
      stage_ = Stage::order;
      break;
    case Stage::order:
      if (!invert(order_.span(), inverse_.data(), tag_order, budget, fault)) break;
      fault = analysis_.begin(*a_, factors_.tolerance, std::move(order_));
      stage_ = Stage::analyze;
      break;
    case Stage::analyze: {
      const TaskState state = analysis_.step(budget);
      if (state == TaskState::failed) {
        fault = analysis_.fault();
        return fault.status == Status::shape_mismatch ? damaged(tag_order) : fault;
      }
      if (state != TaskState::done) break;
      plan_ = analysis_.take();
      fault = begin_blocks();
      stage_ = Stage::blocks;
      break;
    }
    case Stage::blocks:
      while (at_ < factors_.block_count) {
        QrBlock& block = factors_.blocks[at_++];
        fault = open_block(block);
        if (!fault.ok() || meter.spend(100 + 2.0 * block.rows)) return fault;
      }
      fault = open_numbers();
      stage_ = Stage::numbers;
      break;
    case Stage::numbers:
      if (read(budget, fault)) stage_ = Stage::check;
      break;
    case Stage::check:
      while (at_ < plan_->cols) {
        fault = check_column(static_cast<std::int32_t>(at_++));
        if (!fault.ok() || meter.spend(4)) return fault;
      }
      fault = finish();
      stage_ = Stage::adopt;
      break;
    case Stage::adopt:
      done_ = made_->step(budget) != TaskState::running;
      fault = made_->fault();
      break;
  }
  return fault;
}

Fault QrImport::check_heads() {
  if (order_.size() > static_cast<std::size_t>(std::min(a_->rows(), a_->cols()))) {
    return damaged(tag_order);
  }
  if (const Fault fault = negative(figures_, tag_reals, tag_wholes); !fault.ok()) return fault;
  factors_.scale = figures_.real[0];
  factors_.tolerance = figures_.real[1];
  factors_.nnz_r = figures_.real[2];
  factors_.nnz_v = figures_.real[3];
  factors_.flops = figures_.real[4];
  factors_.rank = figures_.whole[0];
  if (factors_.scale == 0) return damaged(tag_reals);
  return inverse_.allocate(order_.size());
}

Fault QrImport::begin_blocks() {
  const std::size_t count = block_size_.size() / 2;
  const bool seminormal = figures_.whole[1] != 0;
  if (block_size_.size() % 2 != 0 || count > static_cast<std::size_t>(plan_->blocks) ||
      (seminormal && count > 0)) {
    return damaged(tag_block_size);
  }
  at_ = 0;
  if (seminormal) return {};
  factors_.blocks.reset(new (std::nothrow) QrBlock[count]);
  if (!factors_.blocks) return Status::out_of_memory;
  factors_.block_count = static_cast<std::int32_t>(count);
  return {};
}

/// Sizes, memory, and the rows of a block: each reflection ends behind its first row.
Fault QrImport::open_block(QrBlock& block) {
  const std::int32_t* size = block_size_.data() + 2 * (at_ - 1);
  block.rows = size[0];
  block.count = size[1];
  if (block.rows < 1 || block.rows > plan_->rows || block.count < 1 || block.count > block.rows) {
    return damaged(tag_block_size, 8 * (at_ - 1));
  }
  const std::int64_t length = std::int64_t(block.rows) + block.count;
  if (ids_ + length > reader_.count(tag_block_ids, sizeof(std::int32_t))) {
    return damaged(tag_block_ids);
  }
  if (const Status status = block.ids.allocate(static_cast<std::size_t>(length));
      status != Status::ok) {
    return status;
  }
  std::memcpy(block.ids.data(),
              reader_.section(tag_block_ids) + ids_ * std::int64_t(sizeof(std::int32_t)),
              block.ids.bytes());
  std::int64_t values = 0;
  for (std::int32_t i = 0; i < block.rows; ++i) {
    if (block.ids[i] < 0 || block.ids[i] >= plan_->rows)
      return damaged(tag_block_ids, 4 * (ids_ + i));
  }
  for (std::int32_t t = 0; t < block.count; ++t) {
    const std::int32_t end = block.ends()[t];
    if (end <= t || end > block.rows) return damaged(tag_block_ids, 4 * (ids_ + block.rows + t));
    values += end - t;
  }
  ids_ += length;
  values_ += values;
  if (values_ > reader_.count(tag_reflections, sizeof(double))) return damaged(tag_reflections);
  factors_.largest_block = std::max(factors_.largest_block, block.rows);
  return block.values.allocate(static_cast<std::size_t>(values));
}

Fault QrImport::open_numbers() {
  const Supernodes& tree = plan_->tree;
  const std::int64_t stored = tree.value_begin[tree.count];
  if (std::uint64_t(stored) > std::numeric_limits<std::size_t>::max() / sizeof(double)) {
    return Status::out_of_memory;
  }
  for (const Status status : {factors_.equation.allocate(plan_->cols),
                              factors_.singles.allocate(plan_->single_col.size()),
                              factors_.panels.allocate(static_cast<std::size_t>(stored))}) {
    if (status != Status::ok) return status;
  }
  list_numbers(*plan_, factors_, pieces_);
  at_ = 0;
  return {};
}

/// The equation of an unknown, and its pivot.
Fault QrImport::check_column(std::int32_t k) {
  const std::int32_t row = factors_.equation[k];
  if (row < -1 || row >= plan_->rows) return damaged(tag_equation, 4 * std::int64_t(k));
  rank_ += row >= 0;
  const Supernodes& tree = plan_->tree;
  const std::int32_t column = k - plan_->singles;
  double pivot;
  if (column < 0) {
    pivot = factors_.singles[plan_->single_begin[k]];
  } else {
    if (column == tree.first_column[supernode_ + 1]) ++supernode_;
    const std::int64_t j = column - tree.first_column[supernode_];
    pivot = factors_.panels[tree.value_begin[supernode_] + j * (tree.height(supernode_) + 1)];
  }
  return pivot != 0 ? Fault() : damaged(column < 0 ? tag_singles : tag_panels);
}

Fault QrImport::finish() {
  if (rank_ != factors_.rank) return damaged(tag_wholes);
  made_.reset(create<QrFactorization>());
  if (!made_) return Status::out_of_memory;
  return made_->begin_adopt(*a_, std::move(plan_), std::move(factors_));
}

}  // namespace lacuna
