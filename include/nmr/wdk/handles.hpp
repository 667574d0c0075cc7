#pragma once
#include <cstddef>
#include <cstdint>

#include <nmr/platform/misuse.hpp>
#include <nmr/platform/std_atomics.hpp>
#include <nmr/wdk/ntdef.h>

NMR_BEGIN_NAMESPACE
namespace wdk {

/// What a HANDLE names. The two sides of one binding have a name each.
enum class HandleKind : std::uintptr_t { kNone, kClient, kProvider, kClientBinding, kProviderBinding };

/// What has a HANDLE, to derive from. Belongs to the mutex of its table.
struct Named {
  std::uintptr_t name = 0;  // 0: none just now
  Named* next_in_bucket = nullptr;
};

/// Which HANDLE names what. To name something allocates nothing, and a HANDLE is only ever looked up here: what it says
/// is its kind, in the low three bits, and the number of the naming, all over the others.
///
/// So no pointer is a name, small numbers hardly ever are; and what has been closed is known as that. With pointers of
/// 64 bits no name comes again. With 32 it may after 2^29 others, which then is taken for the new one.
class HandleTable {
 public:
  using Mutex = typename StdAtomics::Mutex;

  HandleTable() noexcept = default;
  HandleTable(const HandleTable&) = delete;
  HandleTable& operator=(const HandleTable&) = delete;

  Mutex mutex;

  // All below is under the mutex.

  HANDLE open(Named& what, HandleKind kind) noexcept {
    do {
      what.name = (++last_ * kFactor) << kKindBits | static_cast<std::uintptr_t>(kind);
    } while (find(to_handle(what.name)) != nullptr);
    Named*& bucket = bucket_of(what.name);
    what.next_in_bucket = bucket;
    bucket = &what;
    return to_handle(what.name);
  }
  void close(Named& what) noexcept {
    Named** link = &bucket_of(what.name);
    while (*link != &what) link = &(*link)->next_in_bucket;
    *link = what.next_in_bucket;
    what.name = 0;
  }

  /// Returns what a HANDLE of this kind names, or null.
  [[nodiscard]] Named* find(HANDLE handle, HandleKind kind) noexcept {
    return kind_of(to_name(handle)) == kind ? find(handle) : nullptr;
  }
  /// Calls `f` with everything of one kind that has a name, until it returns true. Returns whether it has.
  template <class F>
  bool find_if(HandleKind kind, F f) {
    for (Named* first : buckets_) {
      for (Named* what = first; what != nullptr; what = what->next_in_bucket) {
        if (kind_of(what->name) == kind && f(*what)) return true;
      }
    }
    return false;
  }
  /// Returns what is wrong with a HANDLE where one of kind `wanted` has not been found.
  [[nodiscard]] const char* wrong(HANDLE handle, HandleKind wanted) noexcept {
    const std::uintptr_t name = to_name(handle);
    std::uintptr_t got = 0;  // null; or no name
    if (name != 0) {
      const std::uintptr_t number = ((name >> kKindBits) * inverse_of_factor()) & kNumberMask;
      const bool named =
          number != 0 && number <= (last_ & kNumberMask) && kind_of(name) <= HandleKind::kProviderBinding;
      const auto kind = static_cast<std::uintptr_t>(kind_of(name));
      got = !named || kind == 0 ? 1 : kind * 2 + (find(handle) != nullptr ? 0 : 1);
    }
    return text(wanted, got);
  }

 private:
  enum : unsigned { kKindBits = 3, kBuckets = 1024, kNumberBits = sizeof(std::uintptr_t) * 8 - kKindBits };
  enum : std::uintptr_t {
    kFactor = static_cast<std::uintptr_t>(0x9E3779B97F4A7C15u),
    kNumberMask = ~std::uintptr_t{0} >> kKindBits
  };

  static HANDLE to_handle(std::uintptr_t name) noexcept { return reinterpret_cast<HANDLE>(name); }
  static std::uintptr_t to_name(HANDLE handle) noexcept { return reinterpret_cast<std::uintptr_t>(handle); }
  static HandleKind kind_of(std::uintptr_t name) noexcept {
    return static_cast<HandleKind>(name & ((1u << kKindBits) - 1));
  }
  /// Of an odd factor, modulo a power of two: each step doubles the bits that are right.
  static constexpr std::uintptr_t inverse_of_factor() noexcept {
    std::uintptr_t inverse = kFactor;
    for (int step = 0; step < 6; ++step) inverse *= 2 - kFactor * inverse;
    return inverse;
  }

  [[nodiscard]] Named* find(HANDLE handle) noexcept {
    Named* what = bucket_of(to_name(handle));
    while (what != nullptr && what->name != to_name(handle)) what = what->next_in_bucket;
    return what;
  }
  Named*& bucket_of(std::uintptr_t name) noexcept { return buckets_[(name >> kKindBits) % kBuckets]; }

  [[nodiscard]] static const char* text(HandleKind wanted, std::uintptr_t got) noexcept {
#define NMR_WDK_WANTS(kind, words)                                              \
  if (wanted == kind) {                                                         \
    const char* const texts[] = {words ", got null",                            \
                                 words ", got what is no handle",               \
                                 words ", got a client registration",           \
                                 words ", got a client registration, closed",   \
                                 words ", got a provider registration",         \
                                 words ", got a provider registration, closed", \
                                 words ", got a client's binding",              \
                                 words ", got a client's binding, closed",      \
                                 words ", got a provider's binding",            \
                                 words ", got a provider's binding, closed"};   \
    return texts[got];                                                          \
  }
    NMR_WDK_WANTS(HandleKind::kClient, "wants a client registration")
    NMR_WDK_WANTS(HandleKind::kProvider, "wants a provider registration")
    NMR_WDK_WANTS(HandleKind::kClientBinding, "wants a client's binding")
    NMR_WDK_WANTS(HandleKind::kProviderBinding, "wants a provider's binding")
#undef NMR_WDK_WANTS
    return nullptr;
  }

  Named* buckets_[kBuckets]{};
  std::uintptr_t last_ = 0;
};

}  // namespace wdk
NMR_END_NAMESPACE
