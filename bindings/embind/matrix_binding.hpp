#pragma once
#include <optional>

#include "lacuna/sparse/csr.hpp"
#include "native.hpp"

namespace lacuna::native {

/// A matrix on its way into the core: JavaScript asks for arrays, fills them through typed views,
/// and `seal` checks them.
class NativeMatrix {
 public:
  std::int32_t allocate(double rows, double cols, double nnz) {
    const Fault fault = guard([&]() -> Fault {
      auto parts =
          CsrParts::allocate(static_cast<std::int64_t>(rows), static_cast<std::int64_t>(cols),
                             static_cast<std::int64_t>(nnz));
      if (!parts.ok()) return parts.fault();
      matrix_.reset();
      parts_ = parts.take();
      return {};
    });
    return note(fault);
  }

  Address indptr() const { return address(parts_.indptr.data()); }
  Address indices() const { return address(parts_.indices.data()); }
  Address data() const { return address(parts_.data.data()); }

  std::int32_t seal() {
    auto adopted = CsrMatrix::adopt(std::move(parts_));
    if (adopted.ok()) matrix_.emplace(adopted.take());
    return note(adopted.fault());
  }

  double fault_position() const { return static_cast<double>(fault_.position); }

  std::optional<CsrMatrix>& matrix() { return matrix_; }
  /// What was filled in, before `seal`.
  CsrParts& parts() { return parts_; }

 private:
  std::int32_t note(Fault fault) {
    fault_ = fault;
    return static_cast<std::int32_t>(fault.status);
  }

  LiveHandle live_;
  CsrParts parts_;
  std::optional<CsrMatrix> matrix_;
  Fault fault_;
};

}  // namespace lacuna::native
