#pragma once
/// An interface whose functions add, and an object that provides it.
#include <doctest/doctest.h>

#include <atomic>
#include <cstdint>

#include <nmr/modules.hpp>

using nmr::Status;

struct AdderNpi {
  static constexpr nmr::NpiId kId{{0x7e21, 0x91c4, 0x4b0d, {1, 2, 3, 4, 5, 6, 7, 8}}};
  struct ProviderDispatch {
    int (*add)(void* context, int value);
    void (*grow)(void* context) noexcept;
  };
};
using AdderTable = AdderNpi::ProviderDispatch;
constexpr auto kAdd = &AdderTable::add;
constexpr auto kGrow = &AdderTable::grow;

/// Adds what it has grown to. Notes calls that come when it is not there.
class Adder {
 public:
  explicit Adder(int base) noexcept : base_(base) {}
  Adder(const Adder&) = delete;
  Adder& operator=(const Adder&) = delete;
  ~Adder() { alive_ = false; }

  int add(int value) const {
    if (!alive_) ++missed();
    return value + base_;
  }
  void grow() noexcept { ++base_; }

  /// Calls that met one that was gone.
  static std::atomic<int>& missed() {
    static std::atomic<int> count{0};
    return count;
  }

 private:
  std::atomic<int> base_;
  std::atomic<bool> alive_{true};
};

template <class Calls>
using AdderRegistry = nmr::BasicNmrRegistry<AdderNpi, Calls>;
template <class Calls>
using AdderClient = nmr::BasicClient<AdderNpi, Calls>;
template <class Calls>
using AdderProvider = nmr::BasicProvider<AdderNpi, Calls>;

/// An adder that is registered, as its last member.
template <class Calls>
class AdderModule : public Adder {
 public:
  AdderModule(AdderRegistry<Calls>& registry, std::uint64_t id, int base)
      : Adder(base),
        provider(registry, nmr::ModuleId(id),
                 {nmr::member<&AdderModule::add>(), nmr::member<&AdderModule::grow>()}, *this) {}

  AdderProvider<Calls> provider;
};
