#pragma once
#include <nmr/platform/config.hpp>

NMR_BEGIN_NAMESPACE

/// A rundown reference as std::shared_lock wants a mutex:
///
///   nmr::SharedLockable lockable(ref);
///   if (std::shared_lock lock(lockable, std::try_to_lock); lock) ...   // a reference, for the scope
///
/// There is no lock_shared(), so that std::shared_lock(lockable) does not compile: once rundown has begun it would have
/// to wait for good. Nor is there a lock(), to exclude others for a time: run_down() is for good. A RundownGuard is one
/// pointer and says the same.
///
/// Lifetime      stays while it is locked, and so does the reference.
template <class Ref>
class NMR_PUBLIC_TYPE SharedLockable {
 public:
  NMR_LOCAL explicit constexpr SharedLockable(Ref& ref) noexcept : ref_(ref) {}
  SharedLockable(const SharedLockable&) = delete;
  SharedLockable& operator=(const SharedLockable&) = delete;
  NMR_LOCAL ~SharedLockable() = default;

  /// Returns whether it is locked: as try_acquire() of the reference.
  /// Progress      as there: never waits for anybody.
  [[nodiscard]] NMR_LOCAL bool try_lock_shared() noexcept { return ref_.try_acquire(); }
  /// As release() of the reference.
  /// Progress      as there: runs the completions if it is the last.
  NMR_LOCAL void unlock_shared() noexcept { ref_.release(); }

 private:
  Ref& ref_;
};

NMR_END_NAMESPACE
