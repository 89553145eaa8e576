#pragma once
#include "lacuna/base/reason.hpp"
#include "lacuna/base/status.hpp"
#include "lacuna/solver/method.hpp"

namespace lacuna {

/// How one rung of the ladder ended.
struct Attempt {
  enum Kind : int {
    factored = 0,  ///< set up and in use
    deferred = 1,  ///< put behind a cheaper way because of its predicted flops
    failed = 2,    ///< set-up failed; `code` is a Status
    answered = 3,  ///< solved, but the answer was not accepted; `code` is a Reason
  };
  double method = 0;
  double preconditioner = 0;
  double kind = 0;
  double code = 0;
  /// Of the factorization, or of a preconditioner that failed, as far as it went; of an answer that
  /// was not accepted those of the solve until then; 0 of others, whose solves tell.
  double flops = 0;
};

/// Report structures cross the boundary as plain doubles in this order (the bindings state the
/// field count): append, never reorder. Figures that do not apply are −1.
struct AttemptList {
  static constexpr int capacity = 10;
  double count = 0;
  Attempt items[capacity] = {};

  void add(Method method, PreconditionerKind preconditioner, Attempt::Kind kind, int code,
           double flops = 0) {
    if (count >= capacity) return;
    items[static_cast<int>(count)] = {double(int(method)), double(int(preconditioner)),
                                      double(kind), double(code), flops > 0 ? flops : 0};
    count += 1;
  }
};

/// What a solver is after its set-up.
struct SetupReport {
  double method = 0;
  double preconditioner = 1;
  double factor_nnz = -1;          ///< stored entries of the factors
  double factor_flops = -1;        ///< of the numeric phase
  double preconditioner_nnz = -1;  ///< stored entries of M
  double rank = -1;
  double sliceable = 0;  ///< 1 where a solve can be interrupted
  double symmetric = 0;
  double positive_diagonal = 0;
  double strictly_row_dominant = 0;
  double seminormal = 0;  ///< 1 where QR kept R alone
  AttemptList attempts;
};

/// What a solve did and how good its answer is; norms are Euclidean unless said.
struct SolveReport {
  double reason = 0;
  double converged = 0;
  double method = 0;
  double preconditioner = 1;
  double iterations = 0;
  double residual_norm = 0;      ///< ‖b − Ax‖, computed anew from A, x and b
  double rhs_norm = 0;           ///< ‖b‖
  double relative_residual = 0;  ///< ‖b − Ax‖/‖b‖; 0 where both vanish
  double normwise_error = 0;  ///< ‖r‖∞/(‖A‖∞‖x‖∞ + ‖b‖∞) (Rigal & Gaches, 1967)
  double componentwise_error = 0;  ///< maxᵢ |r|ᵢ/(|A||x| + |b|)ᵢ (Oettli & Prager, 1964)
  double normal_residual = -1;     ///< ‖Aᵀr‖/(‖A‖F‖r‖), rectangular systems only
  double refinement_steps = 0;
  double flops = 0;
  double rank = -1;
  AttemptList attempts;
};

}  // namespace lacuna
