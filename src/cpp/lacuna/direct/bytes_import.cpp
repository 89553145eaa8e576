#include "lacuna/direct/bytes_import.hpp"

namespace lacuna {

Fault BytesImport::begin(std::span<const unsigned char> bytes, const CsrView& a,
                         const MatrixStamp* stamp) {
  fault_ = reader_.begin(bytes, kind_);
  if (!fault_.ok()) return fault_;
  if (stamp != nullptr && *stamp != reader_.stamp()) return fault_ = Status::pattern_mismatch;
  a_ = a;
  at_ = 0;
  verified_ = done_ = false;
  return {};
}

TaskState BytesImport::step(Budget& budget) {
  if (fault_.ok() && !verified_) {
    Meter meter(budget);
    if (reader_.verify(meter)) return TaskState::running;
    fault_ = reader_.fault();
    verified_ = true;
  }
  while (fault_.ok() && !done_) {
    fault_ = advance(budget);
    if (fault_.ok() && !done_ && budget.exhausted()) return TaskState::running;
  }
  return fault_.ok() ? TaskState::done : TaskState::failed;
}

void BytesImport::fetch(std::uint32_t reals, std::uint32_t wholes, FactorFigures& out) {
  pieces_.add(reals, out.real, FactorFigures::reals);
  pieces_.add(wholes, out.whole, FactorFigures::wholes);
}

Fault BytesImport::negative(const FactorFigures& figures, std::uint32_t reals,
                            std::uint32_t wholes) const {
  for (std::int64_t k = 0; k < FactorFigures::reals; ++k) {
    if (figures.real[k] < 0) return damaged(reals, 8 * k);
    if (figures.whole[k] < 0) return damaged(wholes, 8 * k);
  }
  return {};
}

Fault BytesImport::damaged(std::uint32_t tag, std::int64_t offset) const {
  return {Status::damaged_bytes, reader_.position(tag) + offset};
}

Fault BytesImport::of_tree(const Fault& fault, std::uint32_t first) const {
  return fault.partner < 0 ? fault : damaged(first + static_cast<std::uint32_t>(fault.partner));
}

bool BytesImport::read(Budget& budget, Fault& fault) {
  fault = unfetched_;
  if (!fault.ok()) return false;
  Meter meter(budget);
  const bool paused = pieces_.read(reader_, meter);
  fault = pieces_.fault();
  if (paused) return false;
  pieces_.clear();
  return true;
}

bool BytesImport::invert(std::span<const std::int32_t> permutation, std::int32_t* inverse,
                         std::uint32_t tag, Budget& budget, Fault& fault) {
  Meter meter(budget);
  const auto n = static_cast<std::int64_t>(permutation.size());
  while (at_ < 2 * n) {
    const auto k = static_cast<std::int32_t>(at_ < n ? at_ : at_ - n);
    if (at_++ < n) {
      inverse[k] = -1;
    } else {
      const auto row = static_cast<std::uint32_t>(permutation[k]);
      if (row >= permutation.size() || inverse[row] >= 0) {
        fault = damaged(tag, 4 * std::int64_t(k));
        return false;
      }
      inverse[row] = k;
    }
    if (meter.spend(2)) return false;
  }
  at_ = 0;
  return true;
}

}  // namespace lacuna
