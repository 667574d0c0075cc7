// Handles and calls in whatever order: tests/fuzz/names_scenario.cpp, over what is kept of them, and over inputs that
// are made. More than a test has time for: NMR_WDK_INPUTS=1000000, under a sanitizer; or sh tests/fuzz/run.sh 1000000.
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "fuzz/scenarios.hpp"

TEST_CASE(
    "R120, R121, R132: each input that is kept meets a thing that no other does, and is answered as "
    "documented") {
  std::map<std::string, std::set<std::string>> things;
  for (const auto& entry : std::filesystem::directory_iterator(NMR_FUZZ_CORPUS "/names")) {
    std::ifstream in(entry.path(), std::ios::binary);
    const std::vector<std::uint8_t> input{std::istreambuf_iterator<char>(in),
                                          std::istreambuf_iterator<char>()};
    fuzz::run_names(input, &things[entry.path().filename().string()]);
  }
  std::map<std::string, int> met;
  for (const auto& file : things) {
    for (const std::string& thing : file.second) ++met[thing];
  }
  for (const auto& file : things) {
    bool earns_its_place = false;
    for (const std::string& thing : file.second) earns_its_place |= met[thing] == 1;
    CAPTURE(file.first);
    CHECK(earns_its_place);
  }
  MESSAGE(things.size() << " inputs, " << met.size() << " things");
  CHECK(met.size() >= 97);
}

TEST_CASE(
    "R120, R121, R132: handles and calls in any order end nothing that is not theirs, and leave nothing "
    "behind") {
  const char* const asked = std::getenv("NMR_WDK_INPUTS");
  const unsigned long inputs = asked != nullptr ? std::strtoul(asked, nullptr, 10) : 3000;
  std::set<std::string> met;
  for (unsigned long seed = 0; seed != inputs; ++seed) {
    std::mt19937 random(static_cast<std::uint_fast32_t>(seed));
    std::vector<std::uint8_t> input(random() % 200);
    for (auto& byte : input) byte = static_cast<std::uint8_t>(random());
    fuzz::run_names(input, seed < 3000 ? &met : nullptr);
  }
  CHECK(inputs != 0);
  if (inputs >= 3000) CHECK(met.size() >= 90);
}
