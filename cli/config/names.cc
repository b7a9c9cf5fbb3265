#include "cli/config/names.h"

#include <algorithm>

namespace cwrangler::cli {
namespace {

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

}  // namespace

bool is_worker_name(std::string_view name) {
  return !name.empty() && name.front() != '-' &&
         std::all_of(name.begin(), name.end(), is_name_character);
}

std::string to_worker_name(std::string_view text) {
  std::string name;
  for (char c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (!is_name_character(c)) c = '-';
    // No dash at the start, and one for a run of foreign characters.
    if (c == '-' && (name.empty() || name.back() == '-')) continue;
    name += c;
  }
  while (!name.empty() && name.back() == '-') name.pop_back();
  return name;
}

}  // namespace cwrangler::cli
