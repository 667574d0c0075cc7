#pragma once
/// The interface, which is all that host and plug-in share.
#include <nmr/modules.hpp>

struct AdderNpi {
  static constexpr nmr::NpiId kId{{0x2c7d8e15, 0x4b90, 0x4f3a, {0x9d, 0x61, 8, 2, 0x5a, 0xb7, 0x13, 4}}};
  struct ProviderDispatch {
    int (*add)(void* context, int value);
  };
};
