#include "cli/packages/marker.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <stdexcept>

#include "cli/packages/dependencies.h"
#include "cli/packages/uv.h"

namespace cwrangler::cli {
namespace {

/// Nested deeper than any real marker; recursion over a hostile one stays bounded.
constexpr int kDeepest = 32;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0) {
    text.remove_prefix(1);
  }
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) {
    text.remove_suffix(1);
  }
  return text;
}

class NotUnderstood : public std::runtime_error {
 public:
  NotUnderstood() : std::runtime_error("not a marker") {}
};

/// Evaluates while it reads: or_expression → and_expression → comparison.
class MarkerReader {
 public:
  MarkerReader(std::string_view text, std::string_view full_version,
               const std::set<std::string>& extras)
      : rest_(text), full_version_(full_version), extras_(extras) {}

  bool read() {
    const bool holds = any_of();
    if (!trimmed(rest_).empty()) throw NotUnderstood();
    return holds;
  }

 private:
  struct Operand {
    std::string text;
    bool is_version = false;
    bool is_extra = false;
  };

  bool any_of() {
    bool holds = all_of();
    while (take_word("or")) holds = all_of() || holds;
    return holds;
  }

  bool all_of() {
    bool holds = comparison();
    while (take_word("and")) holds = comparison() && holds;
    return holds;
  }

  bool comparison() {
    skip_blanks();
    if (rest_.starts_with('(')) {
      if (++depth_ > kDeepest) throw NotUnderstood();
      rest_.remove_prefix(1);
      const bool holds = any_of();
      skip_blanks();
      if (!rest_.starts_with(')')) throw NotUnderstood();
      rest_.remove_prefix(1);
      --depth_;
      return holds;
    }
    const Operand left = operand();
    const std::string relation = this->relation();
    const Operand right = operand();
    if (left.is_extra || right.is_extra) {
      const std::string name = normalized_package_name(left.is_extra ? right.text : left.text);
      return extras_.contains(name) == (relation == "==");
    }
    if (left.is_version || right.is_version) return versions(left.text, relation, right.text);
    return texts(left.text, relation, right.text);
  }

  static bool versions(std::string_view left, const std::string& relation, std::string_view right) {
    if (relation == "in" || relation == "not in") {
      return (right.find(left) != std::string_view::npos) == (relation == "in");
    }
    if (right.ends_with(".*")) {
      right.remove_suffix(2);
      const bool same = left == right || left.starts_with(std::string(right) + ".");
      return same == (relation == "==");
    }
    const bool at_least = at_least_version(left, right);
    const bool at_most = at_least_version(right, left);
    if (relation == "==" || relation == "===") return at_least && at_most;
    if (relation == "!=") return !(at_least && at_most);
    if (relation == ">=" || relation == "~=") return at_least;
    if (relation == "<=") return at_most;
    if (relation == ">") return !at_most;
    if (relation == "<") return !at_least;
    throw NotUnderstood();
  }

  static bool texts(const std::string& left, const std::string& relation,
                    const std::string& right) {
    if (relation == "==" || relation == "===") return left == right;
    if (relation == "!=") return left != right;
    if (relation == "in") return right.find(left) != std::string::npos;
    if (relation == "not in") return right.find(left) == std::string::npos;
    if (relation == ">=") return left >= right;
    if (relation == "<=") return left <= right;
    if (relation == ">") return left > right;
    if (relation == "<") return left < right;
    throw NotUnderstood();
  }

  std::string relation() {
    skip_blanks();
    if (take_word("in")) return "in";
    if (take_word("not")) {
      if (!take_word("in")) throw NotUnderstood();
      return "not in";
    }
    size_t length = 0;
    while (length < rest_.size() &&
           std::string_view("<>=!~").find(rest_[length]) != std::string_view::npos) {
      ++length;
    }
    std::string result(rest_.substr(0, length));
    rest_.remove_prefix(length);
    return result;
  }

  Operand operand() {
    skip_blanks();
    if (rest_.empty()) throw NotUnderstood();
    if (const char quote = rest_.front(); quote == '\'' || quote == '"') {
      const size_t end = rest_.find(quote, 1);
      if (end == std::string_view::npos) throw NotUnderstood();
      Operand result{std::string(rest_.substr(1, end - 1))};
      rest_.remove_prefix(end + 1);
      return result;
    }
    const std::string name = word();
    if (name == "extra") return {"", false, true};
    if (name == "python_version") {
      return {full_version_.substr(0, full_version_.rfind('.')), true};
    }
    if (name == "python_full_version" || name == "implementation_version") {
      return {full_version_, true};
    }
    if (name == "sys_platform") return {"emscripten"};
    if (name == "platform_system") return {"Emscripten"};
    if (name == "platform_machine") return {"wasm32"};
    if (name == "os_name") return {"posix"};
    if (name == "implementation_name") return {"cpython"};
    if (name == "platform_python_implementation") return {"CPython"};
    if (name == "platform_release" || name == "platform_version") return {""};
    throw NotUnderstood();
  }

  std::string word() {
    size_t length = 0;
    while (length < rest_.size() &&
           (std::isalnum(static_cast<unsigned char>(rest_[length])) != 0 || rest_[length] == '_')) {
      ++length;
    }
    std::string result(rest_.substr(0, length));
    rest_.remove_prefix(length);
    return result;
  }

  bool take_word(std::string_view wanted) {
    skip_blanks();
    const std::string_view before = rest_;
    if (word() == wanted) return true;
    rest_ = before;
    return false;
  }

  void skip_blanks() {
    while (!rest_.empty() && std::isspace(static_cast<unsigned char>(rest_.front())) != 0) {
      rest_.remove_prefix(1);
    }
  }

  std::string_view rest_;
  const std::string full_version_;
  const std::set<std::string>& extras_;
  int depth_ = 0;
};

}  // namespace

DependencySpecifier parse_dependency(std::string_view text) {
  DependencySpecifier result;
  text = trimmed(text);
  result.name = requirement_name(text);
  if (result.name.empty()) return result;
  const size_t marker = text.find(';');
  if (marker != std::string_view::npos) {
    result.marker = std::string(trimmed(text.substr(marker + 1)));
    text = text.substr(0, marker);
  }
  const auto* end = std::find_if_not(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
  });
  std::string_view rest = trimmed(std::string_view(end, text.end()));
  if (rest.starts_with('[')) {
    const size_t close = std::min(rest.find(']'), rest.size());
    std::string_view list = rest.substr(1, close - 1);
    while (!list.empty()) {
      const size_t comma = std::min(list.find(','), list.size());
      const std::string_view extra = trimmed(list.substr(0, comma));
      if (!extra.empty()) result.extras.push_back(normalized_package_name(extra));
      list.remove_prefix(std::min(comma + 1, list.size()));
    }
    rest = trimmed(rest.substr(std::min(close + 1, rest.size())));
  }
  if (rest.starts_with('(') && rest.ends_with(')')) rest = rest.substr(1, rest.size() - 2);
  result.versions = std::string(rest);
  return result;
}

bool marker_holds(std::string_view marker, std::string_view full_version,
                  const std::set<std::string>& extras) {
  if (trimmed(marker).empty()) return true;
  try {
    return MarkerReader(marker, full_version, extras).read();
  } catch (const NotUnderstood&) {
    return true;
  }
}

}  // namespace cwrangler::cli
