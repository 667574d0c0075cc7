// The fuzzed scenarios without a fuzzer: over the corpus, and over inputs that are made from a seed.
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "fuzz/scenarios.hpp"

namespace {

std::vector<std::uint8_t> read(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

/// Runs each file of a directory of the corpus. Returns how many there are. A difference between library and
/// model ends the program, with a line that says which it is.
template <class Scenario>
int replay(const char* directory, Scenario scenario) {
  int files = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::filesystem::path(NMR_FUZZ_CORPUS) / directory)) {
    const std::string name = entry.path().filename().string();
    CAPTURE(name);
    scenario(read(entry.path()));
    ++files;
  }
  return files;
}

/// Repeat a run with NMR_FUZZ_SEED; more of them with NMR_FUZZ_INPUTS.
unsigned long setting(const char* name, unsigned long otherwise) {
  const char* const value = std::getenv(name);
  return value != nullptr ? std::strtoul(value, nullptr, 10) : otherwise;
}

template <class Scenario>
void run_made_inputs(unsigned long count, Scenario scenario) {
  const unsigned long seed = setting("NMR_FUZZ_SEED", std::random_device{}());
  MESSAGE("NMR_FUZZ_SEED=" << seed);
  std::mt19937_64 random(seed);
  for (unsigned long i = 0; i < count; ++i) {
    std::vector<std::uint8_t> input(random() % 300);
    for (auto& byte : input) byte = static_cast<std::uint8_t>(random());
    scenario(input);
  }
}

}  // namespace

TEST_CASE("fuzz: every input of the registry's corpus agrees with the model") {
  CHECK(replay("registry", [](const auto& input) { fuzz::run_registry(input); }) > 0);
}

TEST_CASE("fuzz: every input of the misuse corpus is reported exactly, and the registry goes on") {
  int reports = 0;
  CHECK(replay("misuse", [&](const auto& input) { reports += fuzz::run_misuse(input); }) > 0);
  CHECK(reports > 0);
}

TEST_CASE("fuzz: made inputs agree with the model") {
  const unsigned long count = setting("NMR_FUZZ_INPUTS", 1000);
  unsigned long done = 0;
  run_made_inputs(count, [&](const auto& input) { fuzz::run_registry(input), ++done; });
  CHECK(done == count);
}

TEST_CASE("fuzz: made misuse is reported exactly, and the registry goes on") {
  const unsigned long count = setting("NMR_FUZZ_INPUTS", 1000);
  int reports = 0;
  run_made_inputs(count, [&](const auto& input) { reports += fuzz::run_misuse(input); });
  CHECK(reports > 0);
}
