// Fronts of multifrontal QR: how they are opened, assembled and closed.
#include <algorithm>
#include <cstring>
#include <limits>

#include "lacuna/direct/qr_fronts.hpp"
#include "lacuna/simd/dense.hpp"

namespace lacuna {
namespace {

/// At least `size` elements; what they hold does not count.
template <class T>
Status reserve(Buffer<T>& buffer, std::size_t size) {
  if (size <= buffer.size()) return Status::ok;
  buffer.release();
  return buffer.allocate(size);
}

}  // namespace

Status QrFronts::begin(const QrPlan& plan, QrFactors& factors, const double* values,
                       QrStorage storage) {
  const Supernodes& tree = plan.tree;
  const auto count = static_cast<std::size_t>(tree.count);
  std::int32_t tallest = 0, widest = 0;
  for (std::int32_t s = 0; s < tree.count; ++s) {
    tallest = std::max(tallest, tree.height(s));
    widest = std::max(widest, tree.width(s));
  }
  const std::size_t product = std::size_t(QrPlan::panel) * std::min(tallest, QrPlan::share);
  const double most = static_cast<double>(std::numeric_limits<std::ptrdiff_t>::max() / 8);
  if (tree.stored >= most) return Status::out_of_memory;
  const auto stored = static_cast<std::size_t>(tree.value_begin[tree.count]);
  for (const Status status :
       {first_child_.allocate(count), next_child_.allocate(count),
        place_.allocate(plan.tree_cols()), stair_.allocate(tallest), next_.allocate(tallest),
        begins_.allocate(tallest), pivot_at_.allocate(widest), product_.allocate(product),
        scaled_.allocate(std::max(product, std::size_t(QrPlan::panel))),
        work_.allocate(simd::dense_work), factors.singles.allocate(plan.single_col.size()),
        factors.equation.allocate(plan.cols), factors.panels.allocate(stored)}) {
    if (status != Status::ok) return status;
  }
  left_.reset(new (std::nothrow) Left[count]);
  if (!left_) return Status::out_of_memory;
  if (storage != QrStorage::seminormal) {
    factors.blocks.reset(new (std::nothrow) QrBlock[plan.blocks]);
    if (!factors.blocks) {
      if (storage == QrStorage::reflections) return Status::out_of_memory;
      storage = QrStorage::seminormal;
    }
  }
  std::fill_n(first_child_.data(), count, -1);
  for (std::int32_t s = tree.count - 1; s >= 0; --s) {
    if (tree.parent[s] < 0) continue;
    next_child_[s] = first_child_[tree.parent[s]];
    first_child_[tree.parent[s]] = s;
  }
  plan_ = &plan;
  factors_ = &factors;
  values_ = values;
  storage_ = storage;
  tolerance_ = factors.tolerance * factors.scale;
  factors.rank = plan.singles;
  factors.nnz_r = static_cast<double>(plan.single_col.size());
  status_ = Status::ok;
  at_ = 0;
  stage_ = Stage::singles;
  return Status::ok;
}

double QrFronts::bytes(const QrPlan& plan, bool reflections) {
  const Supernodes& tree = plan.tree;
  std::int32_t tallest = 0;
  for (std::int32_t s = 0; s < tree.count; ++s) tallest = std::max(tallest, tree.height(s));
  const double product = double(QrPlan::panel) * std::min(tallest, QrPlan::share);
  return sizeof(double) * (tree.stored + plan.single_col.size() + 2 * product + simd::dense_work) +
         sizeof(std::int32_t) * (2.0 * plan.cols + 4.0 * tallest + 2.0 * tree.count) +
         double(sizeof(Left)) * tree.count +
         (reflections ? double(sizeof(QrBlock)) * plan.blocks : 0);
}

double QrFronts::copy_single(std::int32_t k) {
  const std::int32_t begin = plan_->single_begin[k], end = plan_->single_begin[k + 1];
  factors_->equation[k] = plan_->single_row[k];
  for (std::int32_t p = begin; p < end; ++p) {
    factors_->singles[p] = values_[plan_->single_source[p]] * factors_->scale;
  }
  return 2.0 * (end - begin);
}

/// Counts the rows of the pass by the columns that they begin in, which gives every row its place.
Status QrFronts::open() {
  const Supernodes& tree = plan_->tree;
  const std::int32_t first = tree.first_column[at_];
  const std::int32_t* columns = tree.rows.data() + tree.row_begin[at_];
  height_ = tree.height(at_);
  passes_ = plan_->passes(at_);
  const bool last = pass_ + 1 == passes_;
  pivots_ = last ? tree.width(at_) : 0;
  for (std::int32_t c = 0; c < height_; ++c) place_[columns[c]] = c;
  const std::int32_t begin = plan_->lead_begin[first];
  line_ = begin + (pass_ > 0 ? plan_->pass_end(at_, pass_ - 1) : 0);
  line_end_ = begin + plan_->pass_end(at_, pass_);
  std::fill_n(stair_.data(), height_, 0);
  // Lines that begin in a column are a run, of which a pass may get a part.
  for (std::int32_t c = 0, l = line_; l < line_end_; ++c) {
    const std::int32_t end = std::min(line_end_, plan_->lead_begin[first + c + 1]);
    if (end > l) {
      stair_[c] = end - l;
      l = end;
    }
  }
  count_rows(left_[at_], nullptr);
  for (std::int32_t k = last ? first_child_[at_] : -1; k >= 0; k = next_child_[k]) {
    count_rows(left_[k], tree.rows.data() + tree.row_begin[k]);
  }
  std::int32_t rows = 0;
  for (std::int32_t c = 0; c < height_; ++c) {
    next_[c] = rows;
    stair_[c] = rows += stair_[c];
  }
  const double size = static_cast<double>(rows) * height_;
  if (size >= static_cast<double>(std::numeric_limits<std::ptrdiff_t>::max() / 16)) {
    return Status::out_of_memory;
  }
  const auto panel = (std::size_t(rows) + 4) * std::min(QrPlan::panel, height_);
  for (const Status status :
       {reserve(front_, static_cast<std::size_t>(size)), reserve(panel_, panel),
        reserve(turned_, panel), reserve(row_id_, std::size_t(rows))}) {
    if (status != Status::ok) return status;
  }
  stage_ = Stage::lines;
  return Status::ok;
}

/// `columns`: of the front that left the rows; null where it is this one.
void QrFronts::count_rows(const Left& left, const std::int32_t* columns) {
  for (std::int32_t i = 0; i < left.rows; ++i) {
    const std::int32_t c = left.ids[i];
    ++stair_[columns == nullptr ? c : place_[columns[c]]];
  }
}

void QrFronts::open_row(std::int32_t i, std::int32_t id) {
  row_id_[i] = id;
  std::memset(row(i), 0, sizeof(double) * height_);
}

double QrFronts::assemble_line() {
  const std::int32_t l = plan_->by_lead[line_++];
  const std::int32_t begin = plan_->line_begin[l], end = plan_->line_begin[l + 1];
  std::int32_t lead = height_;
  for (std::int32_t p = begin; p < end; ++p) lead = std::min(lead, place_[plan_->line_col[p]]);
  const std::int32_t i = next_[lead]++;
  open_row(i, plan_->row_of[l]);
  for (std::int32_t p = begin; p < end; ++p) {
    row(i)[place_[plan_->line_col[p]]] = values_[plan_->line_source[p]] * factors_->scale;
  }
  return 4.0 * (end - begin) + 0.5 * height_;
}

double QrFronts::assemble_left(Left& left, const std::int32_t* columns) {
  const double* from = left.values.data();
  double work = 1;
  for (std::int32_t k = 0; k < left.rows; ++k) {
    const std::int32_t lead = left.ids[k];
    const std::int32_t i = next_[columns == nullptr ? lead : place_[columns[lead]]]++;
    open_row(i, left.ids[left.rows + k]);
    const std::int32_t end =
        columns == nullptr ? height_ : static_cast<std::int32_t>(plan_->tree.height(child_));
    double* to = row(i);
    if (columns == nullptr) {
      std::memcpy(to + lead, from, sizeof(double) * (end - lead));
      from += end - lead;
    } else {
      for (std::int32_t c = lead; c < end; ++c) to[place_[columns[c]]] = *from++;
    }
    work += 2.0 * (end - lead) + 0.5 * height_;
  }
  left.release();
  return work;
}

Status QrFronts::close() {
  if (pivots_ > 0) write_panel();
  if (const Status status = leave(); status != Status::ok) return status;
  if (++pass_ < passes_) {
    stage_ = Stage::open;
    return Status::ok;
  }
  pass_ = 0;
  stage_ = ++at_ < plan_->tree.count ? Stage::open : Stage::done;
  return Status::ok;
}

void QrFronts::write_panel() {
  double* to = factors_->panels.data() + plan_->tree.value_begin[at_];
  std::int32_t* equation =
      factors_->equation.data() + plan_->singles + plan_->tree.first_column[at_];
  for (std::int32_t c = 0; c < pivots_; ++c, to += height_) {
    const std::int32_t i = pivot_at_[c];
    if (i < 0) {
      equation[c] = -1;
      std::fill(to + c, to + height_, 0.0);
      to[c] = 1;
      continue;
    }
    equation[c] = row_id_[i];
    std::memcpy(to + c, row(i) + c, sizeof(double) * (height_ - c));
    factors_->nnz_r += height_ - c;
  }
  factors_->rank += live_;
}

/// Keeps the finished rows that did not become rows of R.
Status QrFronts::leave() {
  Left& left = left_[at_];
  const std::int32_t rows = done_ - live_;
  std::size_t size = 0;
  for (std::int32_t i = live_; i < done_; ++i) size += std::size_t(height_ - begins_[i]);
  if (left.values.allocate(size) != Status::ok ||
      left.ids.allocate(2 * std::size_t(rows)) != Status::ok) {
    return Status::out_of_memory;
  }
  left.rows = rows;
  double* to = left.values.data();
  for (std::int32_t k = 0; k < rows; ++k) {
    const std::int32_t i = live_ + k;
    left.ids[k] = begins_[i];
    left.ids[rows + k] = row_id_[i];
    const std::int32_t length = height_ - begins_[i];
    std::memcpy(to, row(i) + begins_[i], sizeof(double) * length);
    to += length;
  }
  return Status::ok;
}

}  // namespace lacuna
