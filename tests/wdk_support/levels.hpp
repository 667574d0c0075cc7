#pragma once
/// The interrupt level in tests.
#include <wdm.h>

/// Holds this thread at a level for a scope.
class AtLevel {
 public:
  explicit AtLevel(KIRQL level) { KeRaiseIrql(level, &before_); }
  AtLevel(const AtLevel&) = delete;
  AtLevel& operator=(const AtLevel&) = delete;
  ~AtLevel() { KeLowerIrql(before_); }

 private:
  KIRQL before_;
};
