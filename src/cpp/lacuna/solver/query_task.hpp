#pragma once
#include <memory>
#include <optional>
#include <span>

#include "lacuna/local/local_run.hpp"
#include "lacuna/solver/kept_rhs.hpp"
#include "lacuna/solver/local_system.hpp"
#include "lacuna/solver/solve_task.hpp"
#include "lacuna/solver/solver.hpp"

namespace lacuna {

/// Answers tᵀA⁻¹b for one or several t over a solver's matrix: by local methods where they are
/// cheaper, by a factor that is there, along the paths of t and a sparse b, or by one full solve,
/// kept with the right-hand side, where that is. For m targets the full solve is weighed against
/// what the first of them takes, m-fold.
class QueryTask final : public QueryRun {
 public:
  /// Target k has entries `starts[k] … starts[k+1]` of `ids` and `weights`, which are copied.
  /// `not_square`; `index_out_of_range` and `not_finite` with the position in `ids` or `weights`;
  /// `not_ready` for a way that is not to be had here; `out_of_memory`.
  static Result<std::unique_ptr<QueryTask>> create(std::shared_ptr<Solver> solver,
                                                   std::shared_ptr<KeptRhs> rhs,
                                                   std::span<const std::int32_t> starts,
                                                   std::span<const std::int32_t> ids,
                                                   std::span<const double> weights,
                                                   const QuerySettings& settings);
  ~QueryTask() override;

  TaskState step(Budget& budget) override;
  double progress() const override;

  void stop(Reason reason) override;
  std::span<const QueryReport> reports() const override { return reports_.span(); }
  Fault fault() const override { return fault_; }
  /// Only values of an on-demand right-hand side: the matrix is loaded.
  std::span<const std::int64_t> wanted(Wanted kind) const override;
  Fault supply_lines(Wanted kind, std::span<const std::int32_t> counts,
                     std::span<const std::int64_t> ids, std::span<const double> values) override;
  Fault supply_values(std::span<const double> values) override;

 private:
  enum class Stage { measure, begin, local, factor, full, weigh, read, finished };

  QueryTask(std::shared_ptr<Solver> solver, std::shared_ptr<KeptRhs> rhs,
            const QuerySettings& settings);
  template <class T, class... Args>
  friend T* lacuna::create(Args&&... args);

  TaskState fail(Fault fault);
  /// Once the conditions are measured.
  Fault begin();
  Fault begin_target();
  std::span<const std::int32_t> target_ids() const;
  /// Marks the reach of the product by the factor; the flops that it will take.
  double mark_product();
  /// Once the query wants the product: with the next better price it decides again.
  void price_product();
  Fault begin_full();
  Fault end_full();
  /// Weights from a full solve of A w = 1, for the bound on full solutions.
  Fault begin_weights();
  Fault end_weights();
  void read_solution();
  /// The product by the factor; false where its bound does not do.
  bool read_product();
  void put(const Certified& found, Way way, QueryReport report);
  void next_target();

  std::shared_ptr<Solver> solver_;
  std::shared_ptr<KeptRhs> rhs_;
  Buffer<std::int32_t> starts_;
  Buffer<std::int32_t> ids_;
  Buffer<double> weights_;
  QuerySettings settings_;
  LocalSystem* system_ = nullptr;
  LocalQuery* query_ = nullptr;
  std::unique_ptr<SolveTask> solve_;
  Buffer<double> x_;
  Buffer<double> ones_;
  double full_flops_ = 0;
  FactorProduct* factor_ = nullptr;
  bool by_factor_ = false;  ///< the alternative to local methods is that product
  /// How its price is known: that of the longest paths, a better bound, the reach marked.
  enum class Price { longest, least, marked } price_ = Price::longest;
  Stage stage_ = Stage::measure;
  std::size_t target_ = 0;
  Buffer<QueryReport> reports_;
  Fault fault_;
};

}  // namespace lacuna
