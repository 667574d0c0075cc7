#include "mutation.hpp"

#include <fstream>
#include <map>
#include <regex>

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

namespace source {

const std::vector<Operation>& operations(const std::string& file) {
  static std::map<std::string, std::vector<Operation>> read;
  if (const auto known = read.find(file); known != read.end()) return known->second;
  static const std::regex label(
      "// (acquire |release |)(\\[[a-z]+:[0-9]+\\])( relaxed| acquire| release| acq_rel| as |$)");
  static const std::regex operation(
      "(\\.|->)(load|store|exchange|fetch_[a-z]+|compare_exchange_[a-z]+)\\(|(full|heavy)_fence\\(\\)");
  std::vector<std::string> lines;
  std::ifstream stream(NMR_MODEL_INCLUDE "/nmr/" + file);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  const auto code = [&](std::size_t i) { return lines[i].substr(0, lines[i].find("//")); };

  std::vector<Operation>& found = read[file];
  std::string waiting;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    std::smatch match;
    if (std::regex_search(lines[i], match, label)) waiting = match[2];
    if (!std::regex_search(code(i), operation)) continue;
    std::string text = code(i);
    for (std::size_t j = i; j + 1 < lines.size() && text.find(';') == std::string::npos && j < i + 3;) {
      text += code(++j);
    }
    // A label may also stand behind the end of a statement of several lines.
    for (std::size_t j = i; waiting.empty() && j < lines.size() && j < i + 3; ++j) {
      if (std::regex_search(lines[j], match, label) && !code(j).empty()) waiting = match[2];
      if (code(j).find(';') != std::string::npos) break;
    }
    found.push_back({file, static_cast<unsigned>(i + 1), waiting, text});
    waiting.clear();
  }
  return found;
}

std::string header(const char* path) {
  const std::string text = path;
  const auto at = text.rfind("include/nmr/");
  return at == std::string::npos ? "" : text.substr(at + sizeof "include/nmr/" - 1);
}

std::string label(Site site) {
  const std::string file = header(site.file);
  if (file.empty()) return "";
  for (const Operation& each : operations(file)) {
    if (each.line == site.line) return each.label;
  }
  return "";
}

}  // namespace source

}  // namespace model
