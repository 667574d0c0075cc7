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
    kDropped,      // a fence or a store does nothing
    kAgain,        // a load gives what this thread knew before: the check is skipped
  };

  std::string label;    // as in the header: rd:4
  Change change;
  unsigned place = 0;   // which of the places with that label, from 0 in the order of the file
};

const char* name(Mutation::Change change);

/// Order labels, read from the text of the headers: the label that begins a comment belongs to the first atomic
/// operation on its line or after it.
namespace labels {

struct Place {
  std::string label;   // empty: none
  unsigned place = 0;  // how many places with the same label come before it in the file
};

/// Returns the label of an operation. Reads each file once.
const Place& at(Site site);

struct Labelled {
  std::string file;
  unsigned line;
  std::string label;
  unsigned place;
  std::string text;  // the line of the operation
};
std::vector<Labelled> in_file(const std::string& path);

}  // namespace labels

}  // namespace model
