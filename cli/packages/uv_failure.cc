#include "cli/packages/uv_failure.h"

#include <array>
#include <sstream>
#include <vector>

#include "cli/packages/dependencies.h"

namespace cwrangler::cli {
namespace {

using Kind = UvFailure::Kind;

/// Explanations of conflicts can be hundreds of lines; the last ones carry the conclusion.
constexpr size_t kDetailLines = 8;

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// The word that ends where `marker` begins: "Because fastapii was not found" gives "fastapii".
std::string word_before(std::string_view text, std::string_view marker) {
  const size_t end = text.find(marker);
  if (end == std::string_view::npos || end == 0) return {};
  const size_t blank = text.find_last_of(" \n", end - 1);
  const size_t begin = blank == std::string_view::npos ? 0 : blank + 1;
  return std::string(text.substr(begin, end - begin));
}

/// What stands between the backquotes after `marker`.
std::string quoted_after(std::string_view text, std::string_view marker) {
  const size_t at = text.find(marker);
  if (at == std::string_view::npos) return {};
  const size_t begin = at + marker.size();
  const size_t end = text.find('`', begin);
  return end == std::string_view::npos ? std::string()
                                       : std::string(text.substr(begin, end - begin));
}

/// The address that could not be fetched: ".../simple/httpx/" or
/// ".../httpx-0.28.1-py3-none-any.whl".
std::string failed_address(std::string_view text) {
  const std::string_view marker = "Failed to fetch: ";
  const size_t at = text.find(marker);
  if (at == std::string_view::npos) return {};
  std::string_view address = text.substr(at + marker.size());
  address = address.substr(0, address.find_first_of(" \n"));
  while (address.ends_with('`')) address.remove_suffix(1);
  while (address.starts_with('`')) address.remove_prefix(1);
  return std::string(address);
}

std::string package_of_address(std::string_view address) {
  while (address.ends_with('/')) address.remove_suffix(1);
  std::string_view last = address.substr(address.rfind('/') + 1);
  if (last.ends_with(".whl") || last.ends_with(".metadata") || last.ends_with(".gz") ||
      last.ends_with(".zip")) {
    last = last.substr(0, last.find('-'));
  }
  return normalized_package_name(last);
}

Kind classify(std::string_view text) {
  struct Sign {
    std::string_view text;
    Kind kind;
  };
  // In this order: a failed resolution may mention wheels and an unknown package together, and the
  // unknown package is what the user can mend.
  static constexpr std::array kSigns{
      Sign{"No space left on device", Kind::no_space},
      Sign{"os error 28", Kind::no_space},
      Sign{"File too large", Kind::no_space},
      Sign{"Hash mismatch", Kind::bad_hash},
      Sign{"invalid peer certificate", Kind::certificate},
      Sign{"was not found in the package registry", Kind::unknown_package},
      Sign{"was not found in the provided package locations", Kind::unknown_package},
      Sign{"was not found in the cache", Kind::not_in_cache},
      Sign{"Network connectivity is disabled", Kind::not_in_cache},
      Sign{"Failed to build", Kind::build_failed},
      Sign{"HTTP status client error", Kind::other},
      Sign{"error sending request", Kind::network},
      Sign{"Failed to fetch", Kind::network},
      Sign{"dns error", Kind::network},
      Sign{"Request failed after", Kind::network},
      Sign{"no usable wheels", Kind::no_usable_wheel},
      Sign{"has no wheels with a matching", Kind::no_usable_wheel},
      Sign{"have no wheels with a matching", Kind::no_usable_wheel},
      Sign{"building from source is disabled", Kind::no_usable_wheel},
      Sign{"Couldn't parse requirement", Kind::bad_requirement},
      Sign{"Building source distributions is disabled", Kind::bad_requirement},
      Sign{"No solution found", Kind::no_version},
  };
  for (const Sign& sign : kSigns) {
    if (contains(text, sign.text)) return sign.kind;
  }
  return Kind::other;
}

std::string essential_lines(std::string_view text) {
  std::vector<std::string> lines;
  std::istringstream input{std::string(text)};
  std::string line;
  bool in_error = false;
  while (std::getline(input, line)) {
    if (line.starts_with("hint:")) break;
    in_error = in_error || line.starts_with("error:");
    if (!in_error || line.starts_with("error: No solution found")) continue;
    for (const std::string_view label : {"error: ", "  cause: ", "         "}) {
      if (!line.starts_with(label)) continue;
      line.erase(0, label.size());
      break;
    }
    if (!line.empty()) lines.push_back(line);
  }
  std::string result;
  const size_t first = lines.size() > kDetailLines ? lines.size() - kDetailLines : 0;
  if (first > 0) result = "…";
  for (size_t i = first; i < lines.size(); ++i) result += (result.empty() ? "" : "\n") + lines[i];
  return result;
}

}  // namespace

UvFailure read_uv_failure(std::string_view standard_error) {
  UvFailure failure;
  failure.kind = classify(standard_error);
  failure.detail = essential_lines(standard_error);
  failure.address = failed_address(standard_error);
  switch (failure.kind) {
    case Kind::unknown_package:
      failure.package = word_before(standard_error, " was not found in the p");
      break;
    case Kind::not_in_cache:
      failure.package = word_before(standard_error, " was not found in the cache");
      break;
    case Kind::network:
    case Kind::certificate:
      failure.package = package_of_address(failure.address);
      break;
    case Kind::bad_hash:
      failure.package = quoted_after(standard_error, "Hash mismatch for `");
      failure.package = failure.package.substr(0, failure.package.find("=="));
      break;
    case Kind::build_failed:
      failure.package = quoted_after(standard_error, "Failed to build `");
      failure.package = failure.package.substr(0, failure.package.find("=="));
      break;
    default:
      break;
  }
  return failure;
}

}  // namespace cwrangler::cli
