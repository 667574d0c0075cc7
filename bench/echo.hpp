#pragma once
/// What is called in every benchmark: a function in another file, through a table of functions.
#include <nmr/binding.hpp>
#include <nmr/lifecycle/vocabulary.hpp>

struct EchoNpi {
  static constexpr nmr::NpiId kId{
      {0x1d3f5b79, 0x2c4e, 0x4a68, {0x8b, 0xad, 0xcf, 0xe1, 0x03, 0x25, 0x47, 0x69}}};
  struct ProviderDispatch {
    int (*echo)(void* context, int value);
  };
};
using EchoDispatch = EchoNpi::ProviderDispatch;

/// Returns value + 1. Never in line: see echo.cpp.
int echo_plus_one(void* context, int value);

/// A table with echo_plus_one, whose contents no caller can know at compile time.
extern const EchoDispatch* const kEchoTable;
