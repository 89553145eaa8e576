#include "lacuna/direct/amalgamation.hpp"

#include <algorithm>

#include "lacuna/base/meter.hpp"
#include "lacuna/base/sort.hpp"

namespace lacuna {
namespace {

constexpr std::int32_t none = -1;

/// Of more children than this only the first is chosen with care: sorting them is one step.
constexpr std::int32_t sorted_family = 4096;

/// Entries on and below the diagonal of a panel.
double panel_entries(double width, double height) {
  return width * height - width * (width - 1) / 2;
}

}  // namespace

Status Amalgamation::begin(const EliminationTree& tree, const Relaxation& relaxation) {
  const auto n = static_cast<std::size_t>(tree.n);
  for (Buffer<std::int32_t>* buffer :
       {&width_, &height_, &up_, &into_, &head_, &next_, &sorted_, &number_, &groups_.group_of}) {
    if (buffer->allocate(n) != Status::ok) return Status::out_of_memory;
  }
  if (zeros_.allocate(n) != Status::ok || children_.allocate_zero(n) != Status::ok) {
    return Status::out_of_memory;
  }
  tree_ = &tree;
  relaxation_ = relaxation;
  stage_ = Stage::count_children;
  at_ = 0;
  fundamental_ = 0;
  groups_.count = 0;
  groups_.parent.release();
  return Status::ok;
}

TaskState Amalgamation::step(Budget& budget) {
  Meter meter(budget);
  while (stage_ != Stage::done) {
    if (stage_ == Stage::describe && groups_.parent.empty()) {
      for (Buffer<std::int32_t>* buffer : {&groups_.width, &groups_.height, &groups_.parent}) {
        if (buffer->allocate(groups_.count) != Status::ok) return TaskState::failed;
      }
    }
    if (meter.spend(advance())) return TaskState::running;
  }
  return TaskState::done;
}

double Amalgamation::advance() {
  const std::int32_t n = tree_->n;
  switch (stage_) {
    case Stage::count_children:
      if (at_ < n) {
        const std::int32_t up = tree_->parent[at_++];
        if (up != none) ++children_[up];
        return 2;
      }
      stage_ = Stage::split;
      at_ = 0;
      return 0;
    case Stage::split:
      if (at_ < n) {
        assign_column(at_++);
        return 8;
      }
      // up_ holds columns so far. Children are listed from the last to the first.
      stage_ = Stage::list;
      at_ = fundamental_;
      return 0;
    case Stage::list:
      if (at_ > 0) {
        const std::int32_t s = --at_;
        if (up_[s] != none) {
          up_[s] = groups_.group_of[up_[s]];
          next_[s] = head_[up_[s]];
          head_[up_[s]] = s;
        }
        return 4;
      }
      stage_ = Stage::merge;
      return 0;
    case Stage::merge:
      if (at_ < fundamental_) return merge_children(at_++);
      // Lists of children of what is left; the list of roots begins at `cursor_`.
      stage_ = Stage::link;
      std::fill_n(head_.data(), fundamental_, none);
      cursor_ = none;
      at_ = fundamental_;
      return fundamental_;
    case Stage::link:
      if (at_ > 0) {
        const std::int32_t s = --at_;
        if (into_[s] != s) return 1;
        if (up_[s] != none) up_[s] = find(up_[s]);
        std::int32_t& head = up_[s] == none ? cursor_ : head_[up_[s]];
        next_[s] = head;
        head = s;
        ++groups_.count;
        return 4;
      }
      stage_ = Stage::postorder;
      return 0;
    case Stage::postorder:
      if (at_ < groups_.count) {
        next_in_postorder();
        return 4;
      }
      stage_ = Stage::label;
      at_ = 0;
      return 0;
    case Stage::label:
      if (at_ < n) {
        std::int32_t& group = groups_.group_of[at_++];
        group = number_[find(group)];
        return 4;
      }
      stage_ = Stage::describe;
      at_ = 0;
      return 0;
    case Stage::describe:
      if (at_ < groups_.count) {
        const std::int32_t s = sorted_[at_];
        groups_.width[at_] = width_[s];
        groups_.height[at_] = height_[s];
        groups_.parent[at_] = up_[s] == none ? none : number_[up_[s]];
        ++at_;
        return 2;
      }
      for (Buffer<std::int32_t>* buffer :
           {&children_, &width_, &height_, &up_, &into_, &head_, &next_, &sorted_, &number_}) {
        buffer->release();
      }
      zeros_.release();
      stage_ = Stage::done;
      return 0;
    case Stage::done: break;
  }
  return 0;
}

/// Column j continues the supernode of j − 1, its only child with one entry more, or opens one.
void Amalgamation::assign_column(std::int32_t j) {
  const bool continues = j > 0 && children_[j] == 1 && tree_->parent[j - 1] == j &&
                         tree_->counts[j - 1] == tree_->counts[j] + 1;
  if (!continues) {
    const std::int32_t s = fundamental_++;
    width_[s] = 0;
    height_[s] = tree_->counts[j];
    into_[s] = s;
    zeros_[s] = 0;
    head_[s] = none;
    next_[s] = none;
  }
  const std::int32_t s = fundamental_ - 1;
  ++width_[s];
  up_[s] = tree_->parent[j];
  groups_.group_of[j] = s;
}

/// Zeros that the panel of s would store for the columns of a child.
double Amalgamation::added_zeros(std::int32_t child, std::int32_t s) const {
  const double below = height_[child] - width_[child];
  return width_[child] * (height_[s] - below);
}

/// Merges children into s, the cheapest first. They are final by then: a parent comes after them.
double Amalgamation::merge_children(std::int32_t s) {
  std::int32_t count = 0;
  for (std::int32_t c = head_[s]; c != none; c = next_[c]) sorted_[count++] = c;
  const auto cheaper = [&](std::int32_t a, std::int32_t b) {
    const double zeros_a = added_zeros(a, s);
    const double zeros_b = added_zeros(b, s);
    return zeros_a < zeros_b || (zeros_a == zeros_b && a < b);
  };
  std::int32_t* end = sorted_.data() + count;
  if (count <= sorted_family) {
    sort_in_place(sorted_.data(), static_cast<std::size_t>(count), cheaper);
  } else {
    std::swap(sorted_[0], *std::min_element(sorted_.data(), end, cheaper));
  }
  for (std::int32_t k = 0; k < count; ++k) merge(sorted_[k], s);
  return 2 + 16.0 * count;
}

bool Amalgamation::merge(std::int32_t child, std::int32_t s) {
  const double added = added_zeros(child, s);
  const double zeros = zeros_[child] + zeros_[s] + added;
  const std::int32_t width = width_[child] + width_[s];
  const std::int32_t height = width_[child] + height_[s];
  if (added > 0 && zeros > relaxation_.allowed(width) * panel_entries(width, height)) return false;
  into_[child] = s;
  width_[s] = width;
  height_[s] = height;
  zeros_[s] = zeros;
  return true;
}

std::int32_t Amalgamation::find(std::int32_t s) {
  std::int32_t root = s;
  while (into_[root] != root) root = into_[root];
  while (s != root) {
    const std::int32_t up = into_[s];
    into_[s] = root;
    s = up;
  }
  return root;
}

/// Numbers one more group: down to a leaf by first children, unlinking them on the way.
void Amalgamation::next_in_postorder() {
  std::int32_t s = cursor_;
  while (head_[s] != none) {
    const std::int32_t child = head_[s];
    head_[s] = next_[child];
    s = child;
  }
  const std::int32_t number = at_++;
  number_[s] = number;
  sorted_[number] = s;
  cursor_ = up_[s] == none ? next_[s] : up_[s];
}

}  // namespace lacuna
