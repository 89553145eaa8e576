#include "lacuna/direct/qr_analysis.hpp"

#include <algorithm>

namespace lacuna {
namespace {

constexpr std::int32_t most_entries = 1 << 30;

}  // namespace

Fault QrAnalysis::begin(const CsrView& a, double tolerance, Buffer<std::int32_t>&& order) {
  fault_ = {};
  a_ = a;
  tolerance_ = tolerance;
  plan_.reset(create<QrPlan>());
  if (!plan_) return fault_ = Status::out_of_memory;
  plan_->order = std::move(order);
  if (a.nnz() >= most_entries) return fault_ = Status::invalid_size;
  plan_->wide = a.rows() < a.cols();
  plan_->rows = std::max(a.rows(), a.cols());
  plan_->cols = std::min(a.rows(), a.cols());
  plan_->nnz = a.nnz();
  at_ = 0;
  rows_ = {a.rows(), a.cols(), a.indptr(), a.indices(), nullptr};
  if (!plan_->wide) {
    stage_ = Stage::singles;
    return fault_ = singletons_.begin(rows_, a.data(), tolerance);
  }
  const auto nnz = static_cast<std::size_t>(a.nnz());
  for (const Status status : {turned_begin_.allocate_zero(std::size_t(a.cols()) + 2),
                              turned_col_.allocate(nnz), turned_source_.allocate(nnz)}) {
    if (status != Status::ok) return fault_ = status;
  }
  stage_ = Stage::count;
  return {};
}

TaskState QrAnalysis::fail(Fault fault) {
  fault_ = fault;
  return TaskState::failed;
}

double QrAnalysis::progress() const {
  if (stage_ < Stage::order) return 0;
  return stage_ == Stage::order ? 0.1 + 0.6 * column_order_.progress() : 0.7;
}

TaskState QrAnalysis::step(Budget& budget) {
  if (!fault_.ok()) return TaskState::failed;
  Status status = Status::ok;
  while (stage_ != Stage::done) {
    if (stage_ == Stage::order || stage_ == Stage::symbolic) {
      const TaskState state =
          stage_ == Stage::order ? column_order_.step(budget) : symbolic_.step(budget);
      if (state == TaskState::failed) return fail(symbolic_.fault());
      if (state != TaskState::done) return state;
      status = stage_ == Stage::order ? begin_edges() : begin_leads();
      if (status != Status::ok) return fail(status);
      continue;
    }
    Meter meter(budget);
    const std::int32_t end = stage_ == Stage::count || stage_ == Stage::turn ? a_->rows()
                             : stage_ == Stage::split                        ? rows_.rows
                             : stage_ == Stage::forecast                     ? plan_->tree.count
                                                                             : plan_->lines;
    if (stage_ == Stage::singles) {
      if (!singletons_.step(meter)) return TaskState::running;
    } else {
      while (at_ < end) {
        const std::int32_t i = at_++;
        double work = 4;
        switch (stage_) {
          case Stage::count:
            for (std::int32_t p = a_->indptr()[i]; p < a_->indptr()[i + 1]; ++p) {
              ++turned_begin_[a_->indices()[p] + 2];
            }
            work += a_->indptr()[i + 1] - a_->indptr()[i];
            break;
          case Stage::turn:
            for (std::int32_t p = a_->indptr()[i]; p < a_->indptr()[i + 1]; ++p) {
              const std::int32_t to = turned_begin_[a_->indices()[p] + 1]++;
              turned_col_[to] = i;
              turned_source_[to] = p;
            }
            work += 3.0 * (a_->indptr()[i + 1] - a_->indptr()[i]);
            break;
          case Stage::split: work += split_row(i); break;
          case Stage::degrees: {
            const std::int32_t length = plan_->line_begin[i + 1] - plan_->line_begin[i];
            lead_[i] = lead_of(i);
            star_.begin[lead_[i] + 2] += length - 1;
            for (std::int32_t p = plan_->line_begin[i]; p < plan_->line_begin[i + 1]; ++p) {
              const std::int32_t j = plan_->line_col[p];
              if (j != lead_[i]) ++star_.begin[j + 2];
            }
            work += 4.0 * length;
            break;
          }
          case Stage::edges: work += add_edges(i); break;
          case Stage::lead: {
            std::int32_t lead = plan_->tree_cols();
            for (std::int32_t p = plan_->line_begin[i]; p < plan_->line_begin[i + 1]; ++p) {
              plan_->line_col[p] = plan_->tree.position[plan_->line_col[p]];
              lead = std::min(lead, plan_->line_col[p]);
            }
            lead_[i] = lead;
            ++plan_->lead_begin[lead + 2];
            work += 3.0 * (plan_->line_begin[i + 1] - plan_->line_begin[i]);
            break;
          }
          case Stage::sort: plan_->by_lead[plan_->lead_begin[lead_[i] + 1]++] = i; break;
          default: work += forecast(i); break;
        }
        if (meter.spend(work)) return TaskState::running;
      }
    }
    at_ = 0;
    switch (stage_) {
      case Stage::count:
        for (std::int32_t j = 0; j < a_->cols(); ++j) turned_begin_[j + 2] += turned_begin_[j + 1];
        stage_ = Stage::turn;
        break;
      case Stage::turn: status = begin_rows(); break;
      case Stage::singles: status = begin_split(); break;
      case Stage::split: {
        if (!plan_->order.empty()) {
          status = begin_edges();
          break;
        }
        stage_ = Stage::order;
        const PatternView pattern(plan_->lines, plan_->tree_cols(), plan_->line_begin.data(),
                                  plan_->line_col.data());
        status = column_order_.begin(pattern);
        break;
      }
      case Stage::degrees:
        for (std::int32_t j = 0; j < star_.n; ++j) star_.begin[j + 2] += star_.begin[j + 1];
        status = star_.neighbors.allocate(static_cast<std::size_t>(star_.begin[star_.n + 1]));
        stage_ = Stage::edges;
        break;
      case Stage::edges: status = begin_symbolic(); break;
      case Stage::lead:
        for (std::int32_t j = 0; j < plan_->tree_cols(); ++j) {
          plan_->lead_begin[j + 2] += plan_->lead_begin[j + 1];
        }
        stage_ = Stage::sort;
        break;
      case Stage::sort: status = begin_forecast(); break;
      default: stage_ = Stage::done; break;
    }
    if (status != Status::ok) return fail(status);
  }
  return TaskState::done;
}

Status QrAnalysis::begin_rows() {
  rows_ = {a_->cols(), a_->rows(), turned_begin_.data(), turned_col_.data(), turned_source_.data()};
  stage_ = Stage::singles;
  return singletons_.begin(rows_, a_->data(), tolerance_);
}

/// Numbers the columns: singletons by their pivots, the others by age.
Status QrAnalysis::begin_split() {
  QrPlan& plan = *plan_;
  plan.singles = singletons_.count();
  const Buffer<std::int32_t> cols = singletons_.take_cols();
  plan.single_row = singletons_.take_pivot_rows();
  std::int32_t in_singles = 0, lines = 0;
  for (std::int32_t i = 0; i < rows_.rows; ++i) {
    const std::int32_t length = rows_.begin[i + 1] - rows_.begin[i];
    if (singletons_.row_taken(i)) {
      in_singles += length;
    } else {
      lines += length > 0;
    }
  }
  const auto left = static_cast<std::size_t>(rows_.begin[rows_.rows] - in_singles);
  for (const Status status :
       {plan.column_of.allocate(rows_.cols), number_.allocate(rows_.cols),
        column_of_.allocate(rows_.cols - plan.singles), plan.single_col.allocate(in_singles),
        plan.single_source.allocate(in_singles),
        plan.single_begin.allocate(std::size_t(plan.singles) + 1), plan.row_of.allocate(lines),
        plan.line_begin.allocate(std::size_t(lines) + 1), plan.line_col.allocate(left),
        plan.line_source.allocate(left)}) {
    if (status != Status::ok) return status;
  }
  for (std::int32_t j = 0; j < rows_.cols; ++j) number_[j] = -1;
  for (std::int32_t k = 0; k < plan.singles; ++k) {
    number_[cols[k]] = k;
    plan.column_of[k] = cols[k];
  }
  std::int32_t age = 0;
  for (std::int32_t j = 0; j < rows_.cols; ++j) {
    if (number_[j] >= 0) continue;
    number_[j] = plan.singles + age;
    column_of_[age++] = j;
  }
  plan.line_begin[0] = 0;
  plan.lines = 0;
  stage_ = Stage::split;
  return Status::ok;
}

/// A row that is left becomes a line. (Those of singletons are copied when all pivots are known.)
double QrAnalysis::split_row(std::int32_t i) {
  QrPlan& plan = *plan_;
  const std::int32_t length = rows_.begin[i + 1] - rows_.begin[i];
  if (length == 0 || singletons_.row_taken(i)) return 0;
  std::int32_t to = plan.line_begin[plan.lines];
  for (std::int32_t p = rows_.begin[i]; p < rows_.begin[i + 1]; ++p) {
    plan.line_col[to] = number_[rows_.col[p]] - plan.singles;
    plan.line_source[to++] = rows_.place(p);
  }
  plan.row_of[plan.lines++] = i;
  plan.line_begin[plan.lines] = to;
  return 4.0 * length;
}

Status QrAnalysis::begin_edges() {
  const auto n = static_cast<std::size_t>(plan_->tree_cols());
  Buffer<std::int32_t>& order = plan_->order;
  if (order.empty()) order = column_order_.take();
  if (order.size() != n) return Status::shape_mismatch;
  for (const Status status :
       {position_.allocate(n), star_.begin.allocate_zero(n + 2), lead_.allocate(plan_->lines)}) {
    if (status != Status::ok) return status;
  }
  for (std::size_t k = 0; k < n; ++k) position_[order[k]] = static_cast<std::int32_t>(k);
  star_.n = plan_->tree_cols();
  stage_ = Stage::degrees;
  return Status::ok;
}

/// The column of a line that comes first in the order.
std::int32_t QrAnalysis::lead_of(std::int32_t line) const {
  std::int32_t lead = plan_->line_col[plan_->line_begin[line]];
  for (std::int32_t p = plan_->line_begin[line] + 1; p < plan_->line_begin[line + 1]; ++p) {
    const std::int32_t j = plan_->line_col[p];
    if (position_[j] < position_[lead]) lead = j;
  }
  return lead;
}

/// Edges may repeat: neither the tree nor its counts nor the rows of supernodes mind.
double QrAnalysis::add_edges(std::int32_t line) {
  const std::int32_t lead = lead_[line];
  for (std::int32_t p = plan_->line_begin[line]; p < plan_->line_begin[line + 1]; ++p) {
    const std::int32_t j = plan_->line_col[p];
    if (j == lead) continue;
    star_.neighbors[star_.begin[lead + 1]++] = j;
    star_.neighbors[star_.begin[j + 1]++] = lead;
  }
  return 4.0 * (plan_->line_begin[line + 1] - plan_->line_begin[line]);
}

Status QrAnalysis::begin_symbolic() {
  stage_ = Stage::symbolic;
  Ordering given;
  given.kind = OrderingKind::given;
  given.permutation = plan_->order.span();
  return symbolic_.begin(std::move(star_), given).status;
}

/// Lines and singletons get the final numbers of columns.
Status QrAnalysis::begin_leads() {
  QrPlan& plan = *plan_;
  plan.tree = symbolic_.take();
  const std::int32_t n = plan.tree_cols();
  if (plan.by_lead.allocate(plan.lines) != Status::ok ||
      plan.lead_begin.allocate_zero(std::size_t(n) + 2) != Status::ok) {
    return Status::out_of_memory;
  }
  for (std::int32_t k = 0; k < n; ++k) {
    plan.column_of[plan.singles + k] = column_of_[plan.tree.permutation[k]];
  }
  std::int32_t to = 0;
  for (std::int32_t k = 0; k < plan.singles; ++k) {
    plan.single_begin[k] = to;
    const std::int32_t i = plan.single_row[k];
    const std::int32_t first = to;
    for (std::int32_t p = rows_.begin[i]; p < rows_.begin[i + 1]; ++p) {
      const std::int32_t j = number_[rows_.col[p]];
      plan.single_col[to] =
          j < plan.singles ? j : plan.singles + plan.tree.position[j - plan.singles];
      plan.single_source[to] = rows_.place(p);
      if (j == k) {
        std::swap(plan.single_col[to], plan.single_col[first]);
        std::swap(plan.single_source[to], plan.single_source[first]);
      }
      ++to;
    }
  }
  plan.single_begin[plan.singles] = to;
  stage_ = Stage::lead;
  return Status::ok;
}

Status QrAnalysis::begin_forecast() {
  QrPlan& plan = *plan_;
  const Supernodes& tree = plan.tree;
  std::int32_t tallest = 0;
  std::int64_t waiting = 0;
  for (std::int32_t s = 0; s < tree.count; ++s) {
    tallest = std::max(tallest, tree.height(s));
    waiting += tree.height(s) - tree.width(s);
  }
  if (waiting >= most_entries) return Status::invalid_size;
  for (const Status status : {waiting_.allocate(static_cast<std::size_t>(waiting) + tallest),
                              coming_.allocate_zero(tree.count), place_.allocate(plan.tree_cols()),
                              rows_by_lead_.allocate(std::size_t(tallest) + 1),
                              coming_bytes_.allocate_zero(tree.count)}) {
    if (status != Status::ok) return status;
  }
  stacked_ = 0;
  plan.nnz_r = tree.nnz + plan.single_begin[plan.singles];
  plan.nnz_v = plan.flops = 0;
  plan.blocks = 0;
  stage_ = Stage::forecast;
  return Status::ok;
}

/// Runs through the passes of a front, as if no column were found dependent.
double QrAnalysis::forecast(std::int32_t s) {
  QrPlan& plan = *plan_;
  const Supernodes& tree = plan.tree;
  const std::int32_t height = tree.height(s);
  const std::int32_t* columns = tree.rows.data() + tree.row_begin[s];
  const std::int32_t first = tree.first_column[s];
  for (std::int32_t c = 0; c < height; ++c) place_[columns[c]] = c;
  std::int32_t* count = rows_by_lead_.data();
  const std::int32_t passes = plan.passes(s);
  double work = 4.0 * height;
  std::int32_t line = 0;
  std::int32_t own = 0;  // rows that the pass before left, on top of the stack
  double own_bytes = 0;
  for (std::int32_t pass = 0; pass < passes; ++pass) {
    const bool last = pass + 1 == passes;
    std::fill_n(count, height, 0);
    const std::int32_t first_line = line;
    for (; line < plan.pass_end(s, pass); ++line) {
      ++count[lead_[plan.by_lead[plan.lead_begin[first] + line]] - first];
    }
    const std::int32_t taken = own + (last ? coming_[s] : 0);
    for (std::int32_t k = 0; k < taken; ++k) ++count[place_[waiting_[--stacked_]]];
    const double all = line - first_line + taken;
    const std::int32_t panel = std::min(QrPlan::panel, height);
    largest_front_ = std::max(largest_front_, sizeof(double) * all * height);
    largest_panel_ = std::max(largest_panel_, sizeof(double) * (all + 4) * panel);
    most_rows_ = std::max(most_rows_, all);
    note_bytes();
    waiting_bytes_ -= own_bytes + (last ? coming_bytes_[s] : 0);
    std::int32_t done = 0, rows = 0;
    std::int32_t top = 0, end = 0;  // of a panel: its rows, and that of the last reflection
    double stored = 0;
    own = 0;
    own_bytes = 0;
    for (std::int32_t c = 0; c < height; ++c) {
      rows += count[c];
      if (rows > done) {
        const double length = rows - done;
        if (rows > done + 1) {
          plan.nnz_v += length;
          plan.flops += 4 * length * (height - c - 0.5);
          end = rows;
        }
        stored += length;
        ++done;
        if (!last || c >= tree.width(s)) {
          waiting_[stacked_++] = columns[c];
          ++own;
          own_bytes += sizeof(double) * (height - c) + 2 * sizeof(std::int32_t);
        }
      }
      if (c + 1 < height && (c + 1) % QrPlan::panel != 0) continue;
      // A panel without a reflection is not kept.
      if (end > top) {
        kept_bytes_ += sizeof(double) * stored +
                       sizeof(std::int32_t) * (std::max(end, done) - top + done - top);
      }
      top = end = done;
      stored = 0;
    }
    waiting_bytes_ += own_bytes;
    note_bytes();
    plan.blocks += (height - 1) / QrPlan::panel + 1;
    work += 4.0 * (height + taken) + (last ? 0 : QrPlan::share);
  }
  if (tree.parent[s] >= 0) {
    coming_[tree.parent[s]] += own;
    coming_bytes_[tree.parent[s]] += own_bytes;
  }
  return work;
}

void QrAnalysis::note_bytes() {
  const double now = waiting_bytes_ + largest_front_ + 2 * largest_panel_ +
                     sizeof(std::int32_t) * most_rows_;
  plan_->front_bytes_without = std::max(plan_->front_bytes_without, now);
  plan_->front_bytes = std::max(plan_->front_bytes, now + kept_bytes_);
}

}  // namespace lacuna
