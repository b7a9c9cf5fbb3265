// Every configuration of bad_configurations.txt, with what is said about it and where.

#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "base/files.h"
#include "cli/config/config.h"

namespace cwrangler::cli {
namespace {

struct Case {
  std::string file;
  std::string environment;
  std::string source;
  std::vector<std::string> expected;
};

std::vector<Case> read_cases() {
  std::vector<Case> cases;
  std::istringstream lines(read_file(CWRANGLER_SOURCE "/tests/unit/cli/bad_configurations.txt"));
  bool in_source = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("=== ")) {
      Case& added = cases.emplace_back();
      std::istringstream(line.substr(4)) >> added.file >> added.environment;
      in_source = true;
    } else if (line == "---") {
      in_source = false;
    } else if (!cases.empty() && in_source) {
      cases.back().source += line + "\n";
    } else if (!cases.empty()) {
      cases.back().expected.push_back(line);
    }
  }
  return cases;
}

std::string one_line(std::string text) {
  for (size_t at = text.find('\n'); at != text.npos; at = text.find('\n', at)) {
    text.replace(at, 1, " | ");
  }
  return text;
}

std::string finding(const char* severity, const SourcePosition& at, const std::string& message) {
  std::string text = severity;
  if (at.line > 0) text += " " + std::to_string(at.line) + ":" + std::to_string(at.column);
  return text + ": " + one_line(message);
}

std::vector<std::string> found(const Case& bad) {
  std::vector<std::string> lines;
  try {
    const Diagnostics diagnostics =
        inspect_config("/project/" + bad.file, bad.source, bad.environment).diagnostics;
    for (const auto& error : diagnostics.all_errors()) {
      lines.push_back(finding("error", error.at, error.message));
    }
    for (const auto& warning : diagnostics.all_warnings()) {
      lines.push_back(finding("warning", warning.at, warning.message));
    }
  } catch (const Error& error) {
    lines.push_back(finding("error", error.position(), error.problem()));
  }
  return lines;
}

TEST_CASE("bad configurations are told with their place") {
  const std::vector<Case> cases = read_cases();
  CHECK(cases.size() >= 60);
  for (const Case& bad : cases) {
    CAPTURE(bad.source);
    CHECK_FALSE(bad.expected.empty());
    CHECK(found(bad) == bad.expected);
  }
}

TEST_CASE("bad configurations are shown with the line") {
  for (const Case& bad : read_cases()) {
    std::string shown;
    try {
      const Config config = parse_config("/project/" + bad.file, bad.source, bad.environment);
      REQUIRE_FALSE(config.warnings.empty());
      shown = config.warnings.front();
    } catch (const Error& error) {
      shown = error.what();
    }
    for (const std::string& line : bad.expected) {
      CAPTURE(shown);
      const size_t place = line.find(' ') + 1;
      if (place == 0 || line.find(':') < place) continue;  // no place
      const int number = std::stoi(line.substr(place));
      std::istringstream source(bad.source);
      std::string text;
      for (int i = 0; i < number; ++i) std::getline(source, text);
      CHECK(shown.find(text) != std::string::npos);
    }
  }
}

}  // namespace
}  // namespace cwrangler::cli
