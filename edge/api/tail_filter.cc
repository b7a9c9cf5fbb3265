#include "edge/api/tail_filter.h"

#include <algorithm>

#include "base/ascii.h"
#include "edge/api/call.h"

namespace cwrangler::edge {
namespace {

std::vector<std::string> texts(const Json& value, const char* key) {
  const ApiError refused(400, api_code::kBadBody,
                         "The filter \"" + std::string(key) + "\" must be a list of strings");
  if (!value.is_array()) throw refused;
  std::vector<std::string> list;
  for (const Json& item : value) {
    if (!item.is_string()) throw refused;
    list.push_back(item);
  }
  return list;
}

bool contains(const std::vector<std::string>& list, const std::string& text) {
  return list.empty() || std::find(list.begin(), list.end(), text) != list.end();
}

}  // namespace

TailFilter::TailFilter(const Json& filters) {
  if (filters.is_null()) return;
  if (!filters.is_array()) throw ApiError(400, api_code::kBadBody, "\"filters\" must be a list");
  for (const Json& filter : filters) {
    if (!filter.is_object()) {
      throw ApiError(400, api_code::kBadBody, "\"filters\" must be a list of objects");
    }
    for (const auto& [key, value] : filter.items()) {
      if (key == "outcome") {
        outcomes_ = texts(value, "outcome");
      } else if (key == "method") {
        methods_ = texts(value, "method");
      } else if (key == "client_ip") {
        addresses_ = texts(value, "client_ip");
      } else if (key == "query") {
        query_ = required_text(filter, "query");
      } else if (key == "scriptVersion") {
        version_ = required_text(filter, "scriptVersion");
      } else if (key == "sampling_rate" && value.is_number()) {
        sampling_rate_ = value;
      } else if (key == "header" && value.is_object()) {
        headers_.push_back(
            {ascii_lower(required_text(value, "key")), optional_text(value, "query")});
      } else {
        throw ApiError(400, api_code::kBadBody, "There is no filter \"" + key + "\"");
      }
    }
  }
}

bool TailFilter::takes(const nlohmann::json& event) {
  if (!contains(outcomes_, event.value("outcome", std::string()))) return false;
  if (!version_.empty() &&
      event.value("/scriptVersion/id"_json_pointer, std::string()) != version_) {
    return false;
  }
  const nlohmann::json request =
      event.value("/event/request"_json_pointer, nlohmann::json::object());
  if (!contains(methods_, request.value("method", std::string()))) return false;
  const nlohmann::json headers = request.value("headers", nlohmann::json::object());
  if (!contains(addresses_, headers.value("cf-connecting-ip", std::string()))) return false;
  for (const HeaderFilter& filter : headers_) {
    const auto header = headers.find(filter.key);
    if (header == headers.end()) return false;
    if (!filter.text.empty() && header->get<std::string>().find(filter.text) == std::string::npos) {
      return false;
    }
  }
  if (!query_.empty()) {
    const nlohmann::json logs = event.value("logs", nlohmann::json::array());
    const bool is_said = std::any_of(logs.begin(), logs.end(), [this](const nlohmann::json& log) {
      return log.value("message", nlohmann::json()).dump().find(query_) != std::string::npos;
    });
    if (!is_said) return false;
  }
  return sampling_rate_ >= 1 ||
         std::uniform_real_distribution<double>(0, 1)(random_) < sampling_rate_;
}

}  // namespace cwrangler::edge
