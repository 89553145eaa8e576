#include <emscripten/bind.h>

#include "lacuna/local/row_system.hpp"
#include "lacuna/local/row_tracked.hpp"
#include "tracked_binding.hpp"

namespace lacuna::native {
namespace {

/// What is promised of a matrix, as doubles in this order; ∞ and −∞ where nothing is.
struct DeclaredBlock {
  double row_margin, column_margin, norm_inf, norm1, signs, symmetric, max_degree;
};

Declared declared_from(const DeclaredBlock& block) {
  Declared declared;
  declared.row_margin = block.row_margin;
  declared.column_margin = block.column_margin;
  declared.norm_inf = block.norm_inf;
  declared.norm1 = block.norm1;
  declared.signs = static_cast<Signs>(static_cast<std::int32_t>(block.signs));
  declared.symmetric = block.symmetric != 0;
  if (block.max_degree < declared.max_degree) {
    declared.max_degree = static_cast<std::int64_t>(block.max_degree);
  }
  return declared;
}

/// Keeps alive what a run over a RowSystem borrows.
struct Kept {
  std::shared_ptr<RowSystem> system;
  std::shared_ptr<KeptRhs> rhs;
};

/// What is tracked over rows that come on demand.
class RowsTracked final : public TrackedState {
 public:
  RowsTracked(std::shared_ptr<KeptRhs> rhs, std::unique_ptr<RowTracked> rows)
      : rhs_(std::move(rhs)), rows_(std::move(rows)) {}

  QueryRun& run() override { return *rows_; }
  TrackedQuery& query() override { return rows_->query(); }
  Fault update(const Change& change, bool apply) override { return rows_->update(change, apply); }

 private:
  std::shared_ptr<KeptRhs> rhs_;
  std::unique_ptr<RowTracked> rows_;
};

/// A matrix whose rows come on demand.
class NativeRowSystem : public Faulty {
 public:
  LACUNA_FAULT_METHODS

  std::int32_t create(double size, Address declared, double cache_bytes, std::int32_t columns) {
    return note(guard([&]() -> Fault {
      auto made = RowSystem::create(static_cast<std::int64_t>(size),
                                    declared_from(*pointer<const DeclaredBlock>(declared)),
                                    static_cast<std::size_t>(cache_bytes), columns != 0);
      if (!made.ok()) return made.fault();
      system_ = made.take();
      return {};
    }));
  }

  Owner<NativeQuery> query(NativeRhs& rhs, Address ids, Address weights, std::int32_t count,
                           Address settings) {
    std::shared_ptr<NativeQuery> query;
    note(guard([&]() -> Fault {
      if (!rhs.rhs()) return Status::not_ready;
      const auto entries = static_cast<std::size_t>(count);
      Buffer<std::int64_t> copied;
      if (ids_from(ids, entries, copied) != Status::ok) return Status::out_of_memory;
      auto created = RowQuery::create(system_, rhs.rhs()->local(), std::as_const(copied).span(),
                                      {pointer<const double>(weights), entries},
                                      settings_from(*pointer<const SettingsBlock>(settings)));
      if (!created.ok()) return created.fault();
      query = std::make_shared<NativeQuery>(created.take(),
                                            std::make_shared<Kept>(Kept{system_, rhs.rhs()}));
      return {};
    }));
    return Owner<NativeQuery>(std::move(query));
  }

  Owner<NativeLine> inverse_line(std::int32_t column, double vertex, Address settings) {
    std::shared_ptr<NativeLine> line;
    note(guard([&]() -> Fault {
      auto created = RowLine::create(system_, column != 0, static_cast<std::int64_t>(vertex),
                                     settings_from(*pointer<const SettingsBlock>(settings)));
      if (!created.ok()) return created.fault();
      line = std::make_shared<NativeLine>(created.take(), system_);
      return {};
    }));
    return Owner<NativeLine>(std::move(line));
  }

  Owner<NativeTracked> track(NativeRhs& rhs, Address ids, Address weights, std::int32_t count,
                             Address settings) {
    std::shared_ptr<NativeTracked> tracked;
    note(guard([&]() -> Fault {
      auto rows = RowTracked::create(system_, rhs.rhs()->local(),
                                     settings_from(*pointer<const SettingsBlock>(settings)));
      // As of a solver: nothing that bounds could rest on.
      if (rows.fault().status == Status::invalid_argument) return Status::not_ready;
      if (!rows.ok()) return rows.fault();
      auto made = native_tracked(std::make_shared<RowsTracked>(rhs.rhs(), rows.take()), ids,
                                 weights, count);
      if (!made.ok()) return made.fault();
      tracked = made.take();
      return {};
    }));
    return Owner<NativeTracked>(std::move(tracked));
  }

  /// Rows, and columns, that have changed at the source: read anew when they are needed next.
  std::int32_t forget(Address ids, std::int32_t count) {
    const double* at = pointer<const double>(ids);
    for (std::int32_t k = 0; k < count; ++k) {
      system_->rows().forget(static_cast<std::int64_t>(at[k]));
    }
    // What a row holds lies in many columns.
    RowCache* columns = system_->cache(Wanted::columns);
    if (columns != nullptr) columns->clear();
    return 0;
  }

  /// Counted by the cache of the rows, or of the columns.
  double fetched(std::int32_t columns) const { return work(columns).rows; }
  double hits(std::int32_t columns) const { return work(columns).hits; }

 private:
  RowCacheWork work(std::int32_t columns) const {
    const RowCache* cache = system_->cache(columns != 0 ? Wanted::columns : Wanted::rows);
    return cache != nullptr ? cache->work() : RowCacheWork{};
  }

  LiveHandle live_;
  std::shared_ptr<RowSystem> system_;
};

}  // namespace
}  // namespace lacuna::native

EMSCRIPTEN_BINDINGS(lacuna_rows) {
  using namespace lacuna::native;
  emscripten::class_<NativeRowSystem>("NativeRowSystem")
      .smart_ptr_constructor("NativeRowSystem", &make_owner<NativeRowSystem>)
      .function("create", &NativeRowSystem::create)
      .function("status", &NativeRowSystem::status)
      .function("faultPosition", &NativeRowSystem::fault_position)
      .function("query", &NativeRowSystem::query)
      .function("inverseLine", &NativeRowSystem::inverse_line)
      .function("track", &NativeRowSystem::track)
      .function("forget", &NativeRowSystem::forget)
      .function("fetched", &NativeRowSystem::fetched)
      .function("hits", &NativeRowSystem::hits);
}
