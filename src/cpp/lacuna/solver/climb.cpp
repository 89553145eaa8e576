// How a solver climbs its ladder of methods, in slices.
#include <algorithm>
#include <utility>

#include "lacuna/solver/make_method.hpp"
#include "lacuna/solver/solver.hpp"

namespace lacuna {

void Solver::start_climb(int first) {
  climb_.rung = first;
  climb_.stage = ClimbStage::set_up;
  climb_.beyond = false;
  climb_.fault = Status::internal;
}

Fault Solver::climb_to_end() {
  Budget unlimited;
  while (climb(unlimited) == TaskState::running) {
  }
  return climb_.fault;
}

void Solver::begin_climb() {
  ++climb_.users;
  if (climb_.stage != ClimbStage::idle || ready_) return;
  prepared_ = true;
  exhausted_ = false;
  climb_.before = setup_;
  forget_setup();
  start_climb(0);
}

bool Solver::begin_climb_beyond(Reason reason, double flops) {
  // A method that the caller fixed is not exchanged behind his back.
  if (!may_exchange() || exhausted_) return false;
  if (climb_.stage == ClimbStage::idle) {
    climb_.before = setup_;
    setup_.attempts.add(rung().method, rung().preconditioner, Attempt::answered, int(reason),
                        flops);
    exhausted_ = current_ + 1 >= plan_.count;
    if (exhausted_) return false;
    start_climb(current_ + 1);
    climb_.beyond = true;
  }
  ++climb_.users;
  return true;
}

void Solver::end_climb() {
  if (--climb_.users > 0 || climb_.stage == ClimbStage::idle) return;
  climb_.stage = ClimbStage::idle;
  climb_.fresh.reset();
  climb_.preconditioner.reset();
  setup_ = climb_.before;
}

TaskState Solver::climb(Budget& budget) {
  while (climb_.stage != ClimbStage::idle) {
    Fault fault;
    if (set_up(budget, fault) == TaskState::running) {
      if (budget.exhausted()) return TaskState::running;
      continue;
    }
    if (fault.status == Status::not_ready) {
      defer(climb_.rung);
      climb_.stage = ClimbStage::set_up;
    } else if (leave_rung(fault) == TaskState::failed) {
      return TaskState::failed;
    }
    if (climb_.stage != ClimbStage::idle && budget.exhausted()) return TaskState::running;
  }
  return climb_.fault.ok() ? TaskState::done : TaskState::failed;
}

TaskState Solver::leave_rung(Fault fault) {
  const Rung rung = plan_.rungs[climb_.rung];
  double flops = 0;
  if (climb_.stage == ClimbStage::factorize) {
    const double predicted = fault.ok() ? 0 : climb_.fresh->info().flops;
    flops = fault.ok()       ? factorization_->info().flops
            : predicted >= 0 ? predicted * climb_.fresh->progress()
                             : climb_.factored;
  }
  if (climb_.stage == ClimbStage::precondition && climb_.preconditioner) {
    flops = climb_.preconditioner->work();
  }
  climb_.fresh.reset();
  climb_.preconditioner.reset();
  climb_.fault = fault;
  // Its own order may well take less.
  const bool reordered = options_.ordering != OrderingKind::automatic;
  const bool direct = !is_iterative(rung.method);
  if (fault.status == Status::over_budget && direct && reordered && plan_.again > 0) {
    insert_rung(std::exchange(plan_.again, -1), {rung.method, rung.preconditioner});
  }
  setup_.attempts.add(rung.method, rung.preconditioner,
                      fault.ok() ? Attempt::factored : Attempt::failed, int(fault.status), flops);
  if (fault.ok()) {
    current_ = climb_.rung;
    ready_ = true;
    climb_.stage = ClimbStage::idle;
    fill_setup();
    return TaskState::done;
  }
  if (++climb_.rung < plan_.count) {
    climb_.stage = ClimbStage::set_up;
    return TaskState::running;
  }
  climb_.stage = ClimbStage::idle;
  exhausted_ = exhausted_ || climb_.beyond;
  return TaskState::failed;
}

double Solver::climb_progress() const {
  if (climb_.preconditioner) return climb_.preconditioner->progress();
  // Of a factorization, analysis is the smaller part as a rule.
  const double share = climb_.fresh ? climb_.fresh->progress() : 0;
  return climb_.stage == ClimbStage::factorize ? 0.25 + 0.75 * share : 0.25 * share;
}

TaskState Solver::set_up(Budget& budget, Fault& fault) {
  const Rung& rung = plan_.rungs[climb_.rung];
  if (is_iterative(rung.method)) return set_up_preconditioner(rung, budget, fault);
  if (climb_.stage == ClimbStage::set_up) {
    climb_.fresh = make_factorization(rung.method);
    fault = Status::out_of_memory;
    if (climb_.fresh) {
      climb_.fresh->order_by(ordering_of(climb_.rung));
      fault = climb_.fresh->begin_analyze(a_.view());
    }
    climb_.stage = ClimbStage::analyze;
  }
  if (fault.ok() && climb_.stage == ClimbStage::analyze) {
    if (step_briefly(*climb_.fresh, budget) == TaskState::running) return TaskState::running;
    fault = climb_.fresh->fault();
    if (fault.ok() && preferred(climb_.rung) && climb_.fresh->info().flops > options_.max_flops) {
      fault = Status::over_budget;
    }
    if (fault.ok() && may_defer(rung.method) && heavy(climb_.fresh->info())) {
      deferred_flops_ = climb_.fresh->info().flops;
      fault = Status::not_ready;
    }
    if (fault.ok()) {
      fault = climb_.fresh->begin_factorize(a_.view());
      climb_.stage = ClimbStage::factorize;
      climb_.factored = 0;
    }
  }
  if (fault.ok() && factor(budget, fault) == TaskState::running) return TaskState::running;
  if (fault.status == Status::out_of_memory && may_defer(rung.method)) fault = Status::not_ready;
  if (fault.ok()) {
    retire();
    factorization_ = std::move(climb_.fresh);
  }
  return TaskState::done;
}

TaskState Solver::factor(Budget& budget, Fault& fault) {
  const double most = std::min<double>(budget.work_left(), Budget::entry);
  Budget part(most);
  const bool running = climb_.fresh->step(part) == TaskState::running;
  budget.spend(most - part.work_left());
  climb_.factored += most - part.work_left();
  fault = running ? Fault() : climb_.fresh->fault();
  // Where the analysis did not tell.
  if (running && preferred(climb_.rung) && climb_.factored > options_.max_flops) {
    fault = Status::over_budget;
  }
  return running && fault.ok() ? TaskState::running : TaskState::done;
}

bool Solver::preferred(int k) const {
  return options_.prefer && k == 0 && plan_.rungs[0].method == options_.method;
}

Ordering Solver::ordering_of(int k) const {
  Ordering ordering;
  // QR has an order of its own, and what follows a guess is not bound to it.
  const bool bound = !options_.prefer || preferred(k);
  if (bound && plan_.rungs[k].method != Method::qr) ordering.kind = options_.ordering;
  return ordering;
}

TaskState Solver::set_up_preconditioner(const Rung& rung, Budget& budget, Fault& fault) {
  if (climb_.stage == ClimbStage::set_up) {
    climb_.preconditioner = make_preconditioner(rung, options_);
    fault = climb_.preconditioner ? climb_.preconditioner->begin(a_.view()) : Status::out_of_memory;
    climb_.stage = ClimbStage::precondition;
  }
  if (fault.ok()) {
    const TaskState state = step_briefly(*climb_.preconditioner, budget);
    const bool over = preferred(climb_.rung) && climb_.preconditioner->work() > options_.max_flops;
    if (state == TaskState::running && !over) return state;
    fault = state == TaskState::failed ? climb_.preconditioner->fault() : Fault();
    if (over) fault = Status::over_budget;
  }
  if (fault.ok()) {
    retire();
    preconditioner_ = std::move(climb_.preconditioner);
  }
  return TaskState::done;
}

bool Solver::may_defer(Method method) const {
  const bool own_choice = may_exchange() && !preferred(climb_.rung);
  return own_choice && method == Method::cholesky && !deferred_;
}

bool Solver::heavy(const FactorInfo& info) const {
  const double triangle = 0.5 * (double(a_.view().nnz()) + a_.view().rows());
  return info.flops > deferral_flops && info.nnz > deferral_fill * triangle;
}

void Solver::defer(int k) {
  deferred_ = true;
  setup_.attempts.add(plan_.rungs[k].method, plan_.rungs[k].preconditioner, Attempt::deferred, 0);
  insert_rung(k, {Method::cg, PreconditionerKind::ic});
}

void Solver::insert_rung(int k, const Rung& rung) {
  if (plan_.count == Plan::capacity) --plan_.count;
  for (int i = plan_.count; i > k; --i) plan_.rungs[i] = plan_.rungs[i - 1];
  plan_.rungs[k] = rung;
  ++plan_.count;
}

}  // namespace lacuna
