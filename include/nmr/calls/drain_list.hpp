#pragma once
#include <nmr/calls/call_target.hpp>
#include <nmr/platform/atomics.hpp>

namespace nmr {

/// The targets of a domain that callers may still be inside of. All of it is under the domain's mutex.
///
/// A pass is: begin_pass(), saw_inside() for each call in progress that counts, then take_unseen().
template <AtomicsPolicy Atomics>
class BasicDrainList {
 public:
  using Target = BasicCallTarget<Atomics>;

  [[nodiscard]] bool empty() const noexcept { return first_ == nullptr; }

  /// Returns the target if `address` is that of one in the list. Until then it is an address and nothing
  /// more: a slot may hold that of a target which was never validated, and is gone.
  [[nodiscard]] Target* find(const Target* address) const noexcept {
    Target* target = first_;
    while (target != nullptr && target != address) target = target->next_;
    return target;
  }

  void announce(Target* batch) noexcept {
    for (Target* target = batch; target != nullptr; target = target->next_to_close_) {
      target->phase_ = Target::Phase::kAnnounced;
      target->inside_ = false;
      target->previous_ = nullptr;
      target->next_ = first_;
      if (first_ != nullptr) first_->previous_ = target;
      first_ = target;
    }
  }

  /// Takes out of the list and the batch those of the batch in which nobody was seen. Returns them, and
  /// leaves the rest in `batch`. Nobody else takes out what is only announced.
  [[nodiscard]] Target* take_unseen_of(Target*& batch) noexcept {
    Target* taken = nullptr;
    Target* kept = nullptr;
    for (Target* target = batch; target != nullptr;) {
      Target* const next = target->next_to_close_;
      Target*& goes_to = target->inside_ ? kept : taken;
      if (!target->inside_) unlink(*target);
      target->next_to_close_ = goes_to;
      goes_to = target;
      target = next;
    }
    batch = kept;
    return taken;
  }

  void start_scanning(Target* batch) noexcept {
    for (Target* target = batch; target != nullptr; target = target->next_to_close_) {
      target->phase_ = Target::Phase::kScanning;
    }
  }

  void begin_pass() noexcept {
    for (Target* target = first_; target != nullptr; target = target->next_) target->inside_ = false;
  }
  void saw_inside(const Target* address) noexcept {
    if (Target* const target = find(address)) target->inside_ = true;
  }
  /// Takes out of the list those that are being scanned for and in which nobody was seen. Returns them.
  [[nodiscard]] Target* take_unseen() noexcept {
    Target* taken = nullptr;
    for (Target* target = first_; target != nullptr;) {
      Target* const next = target->next_;
      if (target->phase_ == Target::Phase::kScanning && !target->inside_) {
        unlink(*target);
        target->next_to_close_ = taken;
        taken = target;
      }
      target = next;
    }
    return taken;
  }

  /// Returns true if a call that holds this address belongs to the batch that is being announced.
  [[nodiscard]] static bool mark_inside(Target* batch, const Target* address) noexcept {
    for (Target* target = batch; target != nullptr; target = target->next_to_close_) {
      if (target == address) return target->inside_ = true;
    }
    return false;
  }

 private:
  void unlink(Target& target) noexcept {
    (target.previous_ != nullptr ? target.previous_->next_ : first_) = target.next_;
    if (target.next_ != nullptr) target.next_->previous_ = target.previous_;
  }

  Target* first_ = nullptr;
};

}  // namespace nmr
