#pragma once
/// What is called in every benchmark: a function in another file, through a table of functions.
#include <nmr/binding.hpp>

struct EchoNpi {
  struct ProviderDispatch {
    int (*echo)(void* context, int value);
  };
};
using EchoDispatch = EchoNpi::ProviderDispatch;

/// Returns value + 1. Never in line: see echo.cpp.
int echo_plus_one(void* context, int value);

/// A table with echo_plus_one, whose contents no caller can know at compile time.
extern const EchoDispatch* const kEchoTable;
