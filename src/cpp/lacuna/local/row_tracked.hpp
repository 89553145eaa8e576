#pragma once
#include <memory>
#include <utility>

#include "lacuna/local/row_system.hpp"
#include "lacuna/local/tracked_query.hpp"

namespace lacuna {

/// Lines of a cache that stay once they were read: what a push has used is there for as long as it
/// may have to be taken back, even if the cache has dropped it or the source has changed. Memory
/// follows what was read.
class HeldLines final : public Lines {
 public:
  explicit HeldLines(Lines& source) : source_(&source) {}

  std::int64_t size() const override { return source_->size(); }
  bool get(std::int64_t v, Line& line) override;
  bool has(std::int64_t v) const { return table_.find(v) != VertexTable<Held>::none; }
  void clear();
  /// Memory was short for a line, which was then said not to be there; cleared by asking.
  bool take_failure() { return std::exchange(failed_, false); }

 private:
  struct Held {
    std::int64_t id;
    std::size_t begin;
    double diagonal;
    std::uint32_t home;
    std::int32_t count;
  };

  Lines* source_;
  VertexTable<Held> table_;
  Buffer<std::int64_t> ids_;
  Buffer<double> values_;
  std::size_t used_ = 0;
  bool failed_ = false;
};

/// A `TrackedQuery` over a matrix whose rows come on demand, waiting for those it needs: the rows
/// that the push goes over, and the old ones of those that change. What bounds rest on is declared,
/// and every row is held against it, so that a row that changes at its source, and was never read,
/// changes nothing here.
class RowTracked final : public QueryRun {
 public:
  /// `rhs` must outlive it. `invalid_argument` where no positive margin of the rows is declared,
  /// `out_of_memory`.
  static Result<std::unique_ptr<RowTracked>> create(std::shared_ptr<RowSystem> system,
                                                    LocalRhs& rhs, const QuerySettings& settings);
  ~RowTracked() override { give_up(); }

  TrackedQuery& query() { return query_; }

  /// Takes a change, to be made by the steps that follow. As `TrackedQuery::update`, but that a row
  /// whose count is −1 has no entries here: it has changed at its source, is dropped from the cache,
  /// and read anew if this has used it. Without `apply` only the old rows are read, for `moved`.
  /// `busy` while another change is being made. O(change).
  Fault update(const Change& change, bool apply);

  /// What `TrackedQuery` fails with, once it is that; a change that is refused leaves the answer as
  /// it was.
  TaskState step(Budget& budget) override;
  void stop(Reason reason) override;
  double progress() const override { return stage_ == Stage::work ? query_.progress() : 0; }
  Fault fault() const override { return fault_.ok() ? query_.fault() : fault_; }
  std::span<const QueryReport> reports() const override { return query_.reports(); }
  std::span<const std::int64_t> wanted(Wanted kind) const override;
  Fault supply_lines(Wanted kind, std::span<const std::int32_t> counts,
                     std::span<const std::int64_t> ids, std::span<const double> values) override;
  Fault supply_values(std::span<const double> values) override {
    return query_.supply_values(values);
  }

 private:
  enum class Stage { read, admit, work };

  RowTracked(std::shared_ptr<RowSystem> system, const QueryProblem& problem,
             const QuerySettings& settings);
  template <class T, class... Args>
  friend T* lacuna::create(Args&&... args);

  void give_up() {
    if (std::exchange(waiting_, false)) system_->give_up();
  }
  TaskState fail(Fault fault) {
    fault_ = fault;
    stage_ = Stage::work;
    idle_ = true;
    return TaskState::failed;
  }
  /// False where rows are missing that the change needs.
  bool read_rows();
  /// The change with the rows that were read anew.
  Fault admit();
  TaskState wait();

  std::shared_ptr<RowSystem> system_;
  HeldLines held_;
  HeldLines fresh_;
  TrackedQuery query_;
  Stage stage_ = Stage::work;
  bool apply_ = true;
  bool waiting_ = false;
  bool idle_ = true;
  Fault fault_;

  Buffer<std::int64_t> rhs_ids_, rows_, ids_;
  Buffer<double> rhs_values_, values_;
  Buffer<std::int32_t> counts_;
};

}  // namespace lacuna
