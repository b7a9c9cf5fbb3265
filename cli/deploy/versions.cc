#include "cli/deploy/versions.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <optional>

#include "cli/api/json_access.h"
#include "cli/deploy/deployment.h"

namespace cwrangler::cli {
namespace {

constexpr double kAll = 100;

std::string or_dash(const std::string& text) {
  return text.empty() ? "-" : printable(text);
}

std::string annotation(const ApiJson& json, const char* name) {
  return string_at(object_at(json, "annotations"), name);
}

std::string source_of(const ApiJson& json, const ApiJson& metadata) {
  const std::string triggered = annotation(json, "workers/triggered_by");
  if (!triggered.empty()) return triggered;
  const std::string source = string_at(metadata, "source");
  return source == "dash" ? "Dashboard" : or_dash(source);
}

std::string joined(const ApiJson& list) {
  std::string text;
  for (const ApiJson& item : list) {
    if (item.is_string()) text += (text.empty() ? "" : ", ") + item.get<std::string>();
  }
  return text;
}

[[noreturn]] void refuse(const std::string& spec, const std::string& why) {
  throw Error("\"" + spec + "\": " + why)
      .exit_with(ExitCode::usage)
      .hint("Versions are given as VERSION_ID@PERCENTAGE%, 100 percent together.");
}

/// The number in "10%" or "10".
std::optional<double> percentage_in(std::string text) {
  if (text.ends_with('%')) text.pop_back();
  if (text.empty()) return std::nullopt;
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (*end != '\0' || !(value >= 0 && value <= kAll)) return std::nullopt;
  return value;
}

}  // namespace

std::vector<ApiJson> WorkerVersions::deployments() const {
  const ApiJson list = array_at(account_.get(worker_path(worker_, "/deployments")), "deployments");
  return {list.begin(), list.end()};
}

std::vector<ApiJson> WorkerVersions::versions() const {
  const ApiJson list =
      array_at(account_.get(worker_path(worker_, "/versions"), {{"deployable", "true"}}), "items");
  return {list.begin(), list.end()};
}

const ApiJson& WorkerVersions::version(const std::string& id) {
  const auto known = known_.find(id);
  if (known != known_.end()) return known->second;
  return known_[id] = account_.get(worker_path(worker_, "/versions/" + percent_encoded(id)));
}

ApiJson WorkerVersions::deploy(const std::vector<VersionShare>& shares,
                               const std::string& message) const {
  ApiJson body{{"strategy", "percentage"},
               {"versions", ApiJson::array()},
               {"annotations", ApiJson::object()}};
  for (const VersionShare& share : shares) {
    ApiJson entry{{"version_id", share.version_id}};
    const bool whole = share.percentage == std::floor(share.percentage);
    entry["percentage"] =
        whole ? ApiJson(static_cast<int>(share.percentage)) : ApiJson(share.percentage);
    body["versions"].push_back(std::move(entry));
  }
  if (!message.empty()) body["annotations"]["workers/message"] = message;
  return account_.post(worker_path(worker_, "/deployments"), body, Retry::always);
}

std::vector<VersionShare> shares_of(const ApiJson& deployment) {
  std::vector<VersionShare> shares;
  for (const ApiJson& entry : array_at(deployment, "versions")) {
    const ApiJson& percentage = value_at(entry, "percentage");
    shares.push_back(
        {string_at(entry, "version_id"), percentage.is_number() ? percentage.get<double>() : 0});
  }
  return shares;
}

std::vector<VersionShare> parse_shares(const std::vector<std::string>& specs) {
  std::vector<VersionShare> shares;
  std::vector<size_t> open;
  double given = 0;
  for (const std::string& spec : specs) {
    const size_t at = spec.find('@');
    VersionShare share{spec.substr(0, at)};
    if (share.version_id.empty()) refuse(spec, "there is no version id");
    for (const VersionShare& other : shares) {
      if (other.version_id == share.version_id) refuse(spec, "the version is there twice");
    }
    if (at == spec.npos) {
      open.push_back(shares.size());
    } else {
      const auto percentage = percentage_in(spec.substr(at + 1));
      if (!percentage) refuse(spec, "the percentage is no number from 0 to 100");
      share.percentage = *percentage;
      given += *percentage;
    }
    shares.push_back(std::move(share));
  }
  for (const size_t index : open) {
    shares[index].percentage = (kAll - given) / static_cast<double>(open.size());
  }
  constexpr double kRounding = 0.01;
  const bool complete = open.empty() ? std::abs(given - kAll) < kRounding : given < kAll;
  if (!shares.empty() && !complete) {
    refuse(specs.back(), "the percentages are not 100 together");
  }
  return shares;
}

std::string shown_percentage(double percentage) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%g%%", percentage);
  return text.data();
}

std::vector<std::string> version_lines(const ApiJson& version) {
  const ApiJson metadata = object_at(version, "metadata");
  std::vector<std::string> lines{
      "Version ID:  " + or_dash(string_at(version, "id")),
      "Created:     " + or_dash(string_at(metadata, "created_on")),
      "Author:      " + or_dash(string_at(metadata, "author_email")),
      "Source:      " + source_of(version, metadata),
      "Tag:         " + or_dash(annotation(version, "workers/tag")),
      "Message:     " + or_dash(annotation(version, "workers/message")),
  };
  return lines;
}

std::vector<std::string> version_contents(const ApiJson& version) {
  const ApiJson resources = object_at(version, "resources");
  const ApiJson runtime = object_at(resources, "script_runtime");
  std::vector<std::string> lines;
  const auto add = [&lines](const std::string& label, const std::string& value) {
    if (!value.empty()) lines.push_back(label + printable(value));
  };
  add("Handlers:             ", joined(array_at(object_at(resources, "script"), "handlers")));
  add("Compatibility Date:   ", string_at(runtime, "compatibility_date"));
  add("Compatibility Flags:  ", joined(array_at(runtime, "compatibility_flags")));
  for (const ApiJson& binding : array_at(resources, "bindings")) {
    add("Binding:              ",
        "env." + string_at(binding, "name") + " (" + string_at(binding, "type") + ")");
  }
  return lines;
}

std::vector<std::string> share_lines(const VersionShare& share, WorkerVersions& versions) {
  const ApiJson& version = versions.version(share.version_id);
  return {"(" + shown_percentage(share.percentage) + ") " + or_dash(share.version_id),
          "      Created:  " + or_dash(string_at(object_at(version, "metadata"), "created_on")),
          "          Tag:  " + or_dash(annotation(version, "workers/tag")),
          "      Message:  " + or_dash(annotation(version, "workers/message"))};
}

std::vector<std::string> deployment_lines(const ApiJson& deployment, WorkerVersions& versions) {
  constexpr const char* kIndent = "             ";
  std::vector<std::string> lines{
      "Created:     " + or_dash(string_at(deployment, "created_on")),
      "Author:      " + or_dash(string_at(deployment, "author_email")),
      "Source:      " + source_of(deployment, deployment),
      "Message:     " + or_dash(annotation(deployment, "workers/message")),
  };
  bool first = true;
  for (const VersionShare& share : shares_of(deployment)) {
    for (const std::string& line : share_lines(share, versions)) {
      lines.push_back((first ? "Version(s):  " : kIndent) + line);
      first = false;
    }
  }
  return lines;
}

}  // namespace cwrangler::cli
