#include "base/compatibility.h"

#include <algorithm>
#include <set>

#include "base/compatibility_flags.h"
#include "base/error.h"

namespace cwrangler {
namespace {

bool is_date(std::string_view text) {
  if (text.size() != 10) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 4 || i == 7;
    if (dash ? text[i] != '-' : (text[i] < '0' || text[i] > '9')) return false;
  }
  const int month = (text[5] - '0') * 10 + (text[6] - '0');
  const int day = (text[8] - '0') * 10 + (text[9] - '0');
  return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

/// True when one of the comma separated `names` is on.
bool any_enabled(const Compatibility& compatibility, std::string_view names) {
  while (!names.empty()) {
    const size_t comma = std::min(names.find(','), names.size());
    if (compatibility.enabled(names.substr(0, comma))) return true;
    names.remove_prefix(std::min(comma + 1, names.size()));
  }
  return false;
}

Error flag_error(std::string problem) {
  return Error(std::move(problem))
      .while_doing("reading the compatibility flags")
      .hint("Correct `compatibility_flags` in the Worker's configuration.");
}

}  // namespace

bool Compatibility::enabled(std::string_view flag) const {
  const auto found = flags.find(flag);
  return found != flags.end() && found->second;
}

std::string Compatibility::python_version() const {
  for (const char* flag : {"python_workers_314", "python_workers_20260817",
                           "python_workers_20260610", "python_workers_development"}) {
    if (enabled(flag)) return "3.14";
  }
  return enabled("python_workers_20250116") ? "3.13" : "3.12";
}

Compatibility resolve_compatibility(std::string_view date, std::span<const std::string> flags,
                                    ExperimentalFlags experimental) {
  if (!is_date(date)) {
    throw Error("Invalid compatibility date: " + std::string(date))
        .hint("Write `compatibility_date` as YYYY-MM-DD.");
  }
  std::set<std::string_view> listed;
  for (const std::string& flag : flags) {
    if (!listed.insert(flag).second) {
      throw flag_error("Compatibility flag specified multiple times: " + flag);
    }
  }

  Compatibility result;
  result.date = date;
  std::vector<const CompatibilityFlag*> implications;
  for (const CompatibilityFlag& flag : compatibility_flags()) {
    const std::string name(flag.enable);
    const bool enable = listed.erase(flag.enable) > 0;
    const bool disable = !flag.disable.empty() && listed.erase(flag.disable) > 0;
    const bool by_date = !flag.since.empty() && date >= flag.since;
    if (enable && disable) {
      throw flag_error("Compatibility flags are mutually contradictory: " + name + " vs " +
                       std::string(flag.disable));
    }
    if (enable && by_date) {
      result.warnings.push_back("The compatibility flag " + name + " became the default as of " +
                                std::string(flag.since) +
                                " so does not need to be specified anymore.");
    }
    if (enable && flag.experimental && experimental == ExperimentalFlags::refused) {
      throw flag_error(
          "The compatibility flag " + name +
          " is experimental and may break or be removed in a future version of workerd. To use "
          "this flag, you must pass --experimental on the command line.");
    }
    result.flags[name] = enable || (by_date && !disable);
    if (!flag.implied_by.empty() && date >= flag.implied_since && !disable) {
      implications.push_back(&flag);
    }
  }
  if (!listed.empty()) {
    throw flag_error("No such compatibility flag: " + std::string(*listed.begin()));
  }
  for (const CompatibilityFlag* flag : implications) {
    if (any_enabled(result, flag->implied_by)) result.flags[std::string(flag->enable)] = true;
  }
  return result;
}

}  // namespace cwrangler
