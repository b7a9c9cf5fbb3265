#include "edge/api/call.h"

#include <algorithm>
#include <charconv>

namespace cwrangler::edge {
namespace {

/// Deeper values are nobody's configuration; printing them again would take the stack.
constexpr int kDeepest = 64;

HttpResponse json_response(int status, const Json& envelope) {
  HttpResponse response;
  response.status = status;
  response.headers.push_back({"Content-Type", "application/json"});
  response.body = envelope.dump(-1, ' ', false, Json::error_handler_t::replace);
  return response;
}

}  // namespace

std::string Call::query_value(std::string_view name) const {
  const auto found = query.find(name);
  return found == query.end() ? std::string() : found->second;
}

std::int64_t Call::query_number(std::string_view name, std::int64_t least, std::int64_t most,
                                std::int64_t standard) const {
  const std::string text = query_value(name);
  if (text.empty()) return standard;
  std::int64_t number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc() || end != text.data() + text.size() || number < least ||
      number > most) {
    throw ApiError(400, api_code::kBadBody,
                   std::string(name) + " must be a whole number from " + std::to_string(least) +
                       " to " + std::to_string(most));
  }
  return number;
}

Json parse_json(std::string_view text) {
  const auto check = [](int depth, Json::parse_event_t, Json&) {
    if (depth > kDeepest) {
      throw Error("it is nested in more than " + std::to_string(kDeepest) + " levels");
    }
    return true;
  };
  try {
    return Json::parse(text, check);
  } catch (const Json::parse_error& error) {
    throw Error("it is no JSON: byte " + std::to_string(error.byte) + " is unexpected");
  } catch (const Json::exception&) {
    throw Error("it holds a number that is out of range");
  }
}

Json Call::json() const {
  try {
    return parse_json(request.body.view());
  } catch (const ApiError&) {
    throw;
  } catch (const Error& error) {
    throw ApiError(400, api_code::kBadBody,
                   "The request's body cannot be read: " + error.problem());
  }
}

Json Call::json_object() const {
  Json body = json();
  if (!body.is_object()) {
    throw ApiError(400, api_code::kBadBody, "The request's body must be a JSON object");
  }
  return body;
}

std::string Call::origin() const {
  const std::string scheme = request.is_tls ? "https://" : "http://";
  return scheme + std::string(request.header("Host").value_or("localhost"));
}

std::string required_text(const Json& object, std::string_view name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_string()) {
    throw ApiError(400, api_code::kBadBody, "\"" + std::string(name) + "\" must be a string");
  }
  return found->get<std::string>();
}

std::string optional_text(const Json& object, std::string_view name) {
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) return {};
  return required_text(object, name);
}

HttpResponse success(const Json& result, int status) {
  return json_response(status, {{"success", true},
                                {"errors", Json::array()},
                                {"messages", Json::array()},
                                {"result", result}});
}

HttpResponse success_with_info(const Json& result, const Json& result_info) {
  return json_response(200, {{"success", true},
                             {"errors", Json::array()},
                             {"messages", Json::array()},
                             {"result", result},
                             {"result_info", result_info}});
}

HttpResponse page_of(const Json& items, const Call& call, std::int64_t most) {
  const std::int64_t per_page = call.query_number("per_page", 1, 10'000, most);
  const std::int64_t page = call.query_number("page", 1, 1'000'000, 1);
  const auto total = static_cast<std::int64_t>(items.size());
  const std::int64_t begin = std::min(total, (page - 1) * per_page);
  const std::int64_t end = std::min(total, begin + per_page);
  Json shown = Json::array();
  for (std::int64_t i = begin; i < end; ++i) shown.push_back(items[static_cast<size_t>(i)]);
  return success_with_info(shown, {{"page", page},
                                   {"per_page", per_page},
                                   {"count", end - begin},
                                   {"total_count", total},
                                   {"total_pages", (total + per_page - 1) / per_page}});
}

HttpResponse failure(int status, int code, const std::string& message) {
  return json_response(status, {{"success", false},
                                {"errors", Json::array({{{"code", code}, {"message", message}}})},
                                {"messages", Json::array()},
                                {"result", nullptr}});
}

Worker required_worker(Work& work, const Call& call) {
  std::optional<Worker> worker = find_worker(work, call.account(), call.part("worker"));
  if (!worker) {
    throw ApiError(404, api_code::kNoWorker, "This Worker does not exist on your account.");
  }
  return *worker;
}

}  // namespace cwrangler::edge
