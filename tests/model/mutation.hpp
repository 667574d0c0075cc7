#pragma once
#include <string>
#include <vector>

#include "basics.hpp"

namespace model {

/// A fault planted at one place of the shipped headers while they run.
struct Mutation {
  enum Change : std::uint8_t {
    kRelaxed,      // the order becomes relaxed
    kAcquireOnly,  // acq_rel becomes acquire
    kReleaseOnly,  // acq_rel becomes release
    kNoFence,      // a fence of the thread's own does nothing
    kNoBarrier,    // a process-wide barrier does nothing
    kLate,         // a store comes after the load behind it, where a light fence should keep them in order
    kUnchanged,  // a load gives what its thread stored last, as if nobody had changed it: a check is skipped
    kZero,  // a load gives 0: a check is skipped
    kPlanted,  // plain code does something else (plant.py)
  };

  std::string file;  // below include/nmr
  unsigned line;
  Change change;
  unsigned pass = 0;  // only the nth time that a thread comes here; 0: each time
  std::string name;  // for people
};

const char* name(Mutation::Change change);

/// Returns whether it is this fault, planted in plain code, that is looked for.
bool planted(const char* fault) noexcept;

/// The headers as text: where their atomic operations are, and which labels they have.
namespace source {

struct Operation {
  std::string file;  // below include/nmr
  unsigned line;
  std::string label;  // of the comment on its line or above it; empty: none
  std::string text;  // of the statement, as far as it is on four lines
};

/// Returns the headers of a floor, in the order of their names.
std::vector<std::string> headers(const std::string& floor);

/// Counts what matches in the code of a floor, comments left out.
std::size_t count(const std::string& floor, const char* pattern);

/// Returns the operations of a header in the order of their lines. Reads each file once.
const std::vector<Operation>& operations(const std::string& file);

/// Returns the text of the operation that a mutant changes.
std::string text(const Mutation& mutant);

/// Returns the path below include/nmr, or an empty string for any other file.
std::string header(const char* path);

/// Returns the label of the operation at a place, or an empty string.
std::string label(Site site);

}  // namespace source

}  // namespace model
