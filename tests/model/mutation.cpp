#include "mutation.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>

namespace model {

const char* name(Mutation::Change change) {
  switch (change) {
    case Mutation::kRelaxed: return "relaxed";
    case Mutation::kAcquireOnly: return "acquire only";
    case Mutation::kReleaseOnly: return "release only";
    case Mutation::kNoFence: return "no fence";
    case Mutation::kNoBarrier: return "no barrier";
    case Mutation::kLate: return "no light fence";
    case Mutation::kUnchanged:
    case Mutation::kZero: return "check skipped";
    case Mutation::kPlanted: return "planted";
  }
  return "";
}

namespace source {

namespace {
const std::string root = NMR_MODEL_INCLUDE "/nmr/";

std::vector<std::string> lines_of(const std::string& file) {
  std::vector<std::string> lines;
  std::ifstream stream(root + file);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}
std::string code_of(const std::string& line) { return line.substr(0, line.find("//")); }
}  // namespace

std::vector<std::string> headers(const std::string& floor) {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root + floor)) {
    if (entry.is_regular_file()) found.push_back(entry.path().lexically_relative(root).string());
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::size_t count(const std::string& floor, const char* pattern) {
  const std::regex regex(pattern);
  std::size_t found = 0;
  for (const std::string& file : headers(floor)) {
    for (const std::string& line : lines_of(file)) {
      const std::string code = code_of(line);
      found += static_cast<std::size_t>(
          std::distance(std::sregex_iterator(code.begin(), code.end(), regex), std::sregex_iterator()));
    }
  }
  return found;
}

const std::vector<Operation>& operations(const std::string& file) {
  static std::map<std::string, std::vector<Operation>> read;
  if (const auto known = read.find(file); known != read.end()) return known->second;
  static const std::regex label(
      "// (acquire |release |)(\\[[a-z]+:[0-9]+\\])( relaxed| acquire| release| acq_rel| as |$)");
  static const std::regex operation(
      "(\\.|->)(load|store|exchange|fetch_[a-z]+|compare_exchange_[a-z]+)\\(|(full|heavy)_fence\\(\\)");
  const std::vector<std::string> lines = lines_of(file);
  const auto code = [&](std::size_t i) { return code_of(lines[i]); };

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

std::string text(const Mutation& mutant) {
  for (const Operation& each : operations(mutant.file)) {
    if (each.line == mutant.line) return each.text;
  }
  return "";
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
