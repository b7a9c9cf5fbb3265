#include "cli/config/text_format.h"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "cli/config/names.h"

namespace cwrangler::cli {
namespace {

std::string in_quotes(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string key(std::string_view path) {
  return "\"" + std::string(path) + "\"";
}

bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string worker_name_problem(std::string_view path, const std::string& value) {
  if (is_worker_name(value)) return {};
  std::string problem = "Expected " + key(path) +
                        " to be of type string, alphanumeric and lowercase with dashes only but "
                        "got " +
                        in_quotes(value) + ".";
  const std::string possible = to_worker_name(value);
  if (!possible.empty()) problem += "\nFor example: " + in_quotes(possible);
  return problem;
}

bool is_date(const std::string& text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  auto number = [&text](size_t at, size_t size) {
    int value = 0;
    for (size_t i = at; i < at + size; ++i) {
      if (!is_digit(text[i])) return -1;
      value = value * 10 + (text[i] - '0');
    }
    return value;
  };
  const int year = number(0, 4);
  const int month = number(5, 2);
  const int day = number(8, 2);
  return year >= 0 && month >= 1 && day >= 1 &&
         std::chrono::year_month_day(std::chrono::year(year),
                                     std::chrono::month(static_cast<unsigned>(month)),
                                     std::chrono::day(static_cast<unsigned>(day)))
             .ok();
}

std::string date_problem(std::string_view path, const std::string& value) {
  if (is_date(value)) return {};
  std::string problem =
      key(path) + " should be a date in YYYY-MM-DD format but got " + in_quotes(value) + ".";
  // U+2012 to U+2015: dashes that a word processor makes of a hyphen.
  for (const char* dash : {"\u2012", "\u2013", "\u2014", "\u2015"}) {
    if (value.find(dash) == std::string::npos) continue;
    problem += "\nIt has a long dash where a hyphen (-) must be.";
    break;
  }
  return problem;
}

std::string bucket_name_problem(std::string_view path, const std::string& value) {
  auto is_inner = [](char c) { return is_lower(c) || is_digit(c) || c == '-'; };
  if (value.size() >= 3 && value.size() <= 63 && value.front() != '-' && value.back() != '-' &&
      std::all_of(value.begin(), value.end(), is_inner)) {
    return {};
  }
  return std::string(path) + "=" + in_quotes(value) +
         " is invalid. Bucket names must begin and end with an alphanumeric character, only "
         "contain letters (a-z), numbers (0-9), and hyphens (-), and be between 3 and 63 "
         "characters long.";
}

std::string workflow_name_problem(std::string_view path, const std::string& value) {
  auto is_inner = [](char c) {
    return is_lower(c) || is_digit(c) || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
  };
  if (!value.empty() && value.size() <= 64 && value.front() != '-' &&
      std::all_of(value.begin(), value.end(), is_inner)) {
    return {};
  }
  return key(path) +
         " should be 1 to 64 letters, digits, underscores and dashes, and not begin "
         "with a dash, but got " +
         in_quotes(value) + ".";
}

}  // namespace

std::string format_problem(TextFormat format, std::string_view path, const std::string& value) {
  switch (format) {
    case TextFormat::any:
      break;
    case TextFormat::worker_name:
      return worker_name_problem(path, value);
    case TextFormat::date:
      return date_problem(path, value);
    case TextFormat::bucket_name:
      return bucket_name_problem(path, value);
    case TextFormat::workflow_name:
      return workflow_name_problem(path, value);
  }
  return {};
}

std::string_view format_pattern(TextFormat format) {
  switch (format) {
    case TextFormat::any:
      break;
    case TextFormat::worker_name:
      return "^[a-z0-9_][a-z0-9_-]*$";
    case TextFormat::date:
      return "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$";
    case TextFormat::bucket_name:
      return "^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$";
    case TextFormat::workflow_name:
      return "^[A-Za-z0-9_][A-Za-z0-9_-]{0,63}$";
  }
  return {};
}

}  // namespace cwrangler::cli
