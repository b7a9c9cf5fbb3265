#include "cli/tail/filters.h"

#include "base/error.h"

namespace cwrangler::cli {
namespace {

std::string trimmed(const std::string& text) {
  const size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// What the API calls a status: all that goes wrong is an error.
ApiJson outcomes(const std::vector<std::string>& statuses) {
  ApiJson outcomes = ApiJson::array();
  const auto add = [&outcomes](const char* outcome) {
    for (const ApiJson& known : outcomes) {
      if (known == outcome) return;
    }
    outcomes.push_back(outcome);
  };
  for (const std::string& status : statuses) {
    if (status == "error") {
      for (const char* kind : {"exception", "exceededCpu", "exceededMemory", "unknown"}) add(kind);
    } else {
      add(status.c_str());
    }
  }
  return outcomes;
}

ApiJson header_filter(const std::string& header) {
  const size_t colon = header.find(':');
  ApiJson filter{{"key", trimmed(header.substr(0, colon))}};
  if (colon != std::string::npos) {
    // A second colon and what follows count for nothing, as in wrangler.
    const std::string rest = header.substr(colon + 1);
    filter["query"] = trimmed(rest.substr(0, rest.find(':')));
  }
  return filter;
}

}  // namespace

ApiJson filter_message(const TailFilters& filters) {
  ApiJson list = ApiJson::array();
  if (filters.sampling_rate) {
    const double rate = *filters.sampling_rate;
    if (!(rate > 0 && rate < 1)) {
      throw Error("A sampling rate must be between 0 and 1 in order to have any effect.")
          .exit_with(ExitCode::usage)
          .hint("For example, 0.25 shows a quarter of the invocations.");
    }
    list.push_back({{"sampling_rate", rate}});
  }
  if (!filters.statuses.empty()) list.push_back({{"outcome", outcomes(filters.statuses)}});
  if (!filters.methods.empty()) list.push_back({{"method", filters.methods}});
  if (!filters.header.empty()) list.push_back({{"header", header_filter(filters.header)}});
  if (!filters.addresses.empty()) list.push_back({{"client_ip", filters.addresses}});
  if (!filters.search.empty()) list.push_back({{"query", filters.search}});
  if (!filters.version.empty()) list.push_back({{"scriptVersion", filters.version}});
  return {{"filters", std::move(list)}};
}

}  // namespace cwrangler::cli
