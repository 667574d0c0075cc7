#include "mutation.hpp"

#include <fstream>
#include <map>
#include <regex>
#include <unordered_map>

namespace model {

const char* name(Mutation::Change change) {
  switch (change) {
    case Mutation::kRelaxed: return "relaxed";
    case Mutation::kAcquireOnly: return "acquire only";
    case Mutation::kReleaseOnly: return "release only";
    case Mutation::kDropped: return "dropped";
    case Mutation::kAgain: return "check skipped";
  }
  return "";
}

namespace labels {

std::vector<Labelled> in_file(const std::string& path) {
  static const std::regex label("// \\[([a-z]+:[0-9]+)\\] (relaxed|acquire|release|acq_rel|as )");
  static const std::regex operation(
      "(\\.|->)(load|store|exchange|fetch_[a-z]+|compare_exchange_[a-z]+)\\(|(full|heavy|light)_fence\\(");
  std::vector<Labelled> found;
  std::map<std::string, unsigned> places;
  std::vector<std::string> waiting;
  std::ifstream file(path);
  std::string text;
  for (unsigned line = 1; std::getline(file, text); ++line) {
    std::smatch match;
    if (std::regex_search(text, match, label)) waiting.push_back(match[1]);
    const std::string code = text.substr(0, text.find("//"));
    if (waiting.empty() || !std::regex_search(code, operation)) continue;
    for (const std::string& each : waiting) found.push_back({path, line, each, places[each]++, code});
    waiting.clear();
  }
  return found;
}

const Place& at(Site site) {
  static std::unordered_map<std::string, std::unordered_map<unsigned, Place>> files;
  static const Place none;
  auto known = files.find(site.file);
  if (known == files.end()) {
    known = files.emplace(site.file, std::unordered_map<unsigned, Place>{}).first;
    for (const Labelled& each : in_file(site.file)) known->second[each.line] = {each.label, each.place};
  }
  const auto place = known->second.find(site.line);
  return place == known->second.end() ? none : place->second;
}

}  // namespace labels

}  // namespace model
