#pragma once
#include <cstddef>
#include <cstdint>

#include <nmr/calls/call_target.hpp>
#include <nmr/platform/std_atomics.hpp>

NMR_BEGIN_NAMESPACE
namespace detail {

/// A set of some of the targets that are to be closed, hashed by address. In it a detach looks up what stands in a slot
/// without touching that target: a call may have noted a target that it has not validated, and that is gone.
template <AtomicsPolicy Atomics>
class TargetSet {
 public:
  using Target = BasicCallTarget<Atomics>;

  /// Takes targets off the front of a list, at most as many as there are buckets. The `count` buckets, a power of two,
  /// are all 0, and are so again when the set has ended.
  TargetSet(Target*& list, std::uintptr_t* buckets, std::size_t count) noexcept
      : first_(list), buckets_(buckets), mask_(count - 1) {
    for (std::size_t i = 0; i != count && list != nullptr; ++i, list = list->next_to_close()) {
      std::uintptr_t& bucket = bucket_of(list);
      list->link_in_bucket(reinterpret_cast<Target*>(bucket));
      bucket = reinterpret_cast<std::uintptr_t>(list);
    }
    end_ = list;
  }
  TargetSet(const TargetSet&) = delete;
  TargetSet& operator=(const TargetSet&) = delete;
  ~TargetSet() {
    for (Target* each = first_; each != end_; each = each->next_to_close()) bucket_of(each) = 0;
  }

  /// Returns whether the target at this address is one of them.
  [[nodiscard]] bool contains(const Target* address) const noexcept {
    const Target* each = reinterpret_cast<const Target*>(bucket_of(address));
    while (each != nullptr && each != address) each = each->next_in_bucket();
    return each != nullptr;
  }

 private:
  [[nodiscard]] std::uintptr_t& bucket_of(const Target* address) const noexcept {
    const std::uint64_t product =
        reinterpret_cast<std::uintptr_t>(address) * std::uint64_t{0x9e3779b97f4a7c15};
    return buckets_[(product >> 32) & mask_];
  }

  Target* const first_;
  Target* end_;
  std::uintptr_t* const buckets_;
  const std::size_t mask_;
};

}  // namespace detail
NMR_END_NAMESPACE
