#include "cli/api/api_client.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <optional>

#include "cli/api/json_access.h"
#include "cli/version.h"

namespace cwrangler::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// wrangler's number; with it an outage of a few seconds goes by unnoticed.
constexpr int kAttempts = 3;
constexpr milliseconds kFirstPause = seconds(1);
/// Longer waits that a server asks for are not waited for: the error says so instead.
constexpr seconds kLongestPause(60);
/// A server that never runs out of pages must not keep us forever.
constexpr int kMostPages = 10000;
constexpr size_t kShownOfMalformed = 100;

constexpr int kTooManyRequests = 429;

/// Of an endpoint of this project (docs/edge.md).
constexpr std::string_view kSnapshotHeader = "Cwrangler-Snapshots";

/// Whole seconds; a date is not looked at, as wrangler does not.
std::optional<seconds> retry_after(const HttpResponse& response) {
  const std::string text = response.header("Retry-After");
  const bool digits =
      !text.empty() && text.size() < 9 &&
      std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!digits) return std::nullopt;
  return seconds(std::stol(text));
}

milliseconds pause_before(int attempt, const HttpResponse* response) {
  const milliseconds usual = kFirstPause * (1 << (attempt - 1));
  if (response == nullptr) return usual;
  return retry_after(*response).value_or(std::chrono::duration_cast<seconds>(usual));
}

bool may_repeat(const ApiCall& call) {
  return call.retry == Retry::always || (call.retry == Retry::by_method && call.method != "POST");
}

std::string reason_of(int status) {
  switch (status) {
    case 400:
      return " Bad Request";
    case 401:
      return " Unauthorized";
    case 403:
      return " Forbidden";
    case 404:
      return " Not Found";
    case 429:
      return " Too Many Requests";
    case 500:
      return " Internal Server Error";
    case 502:
      return " Bad Gateway";
    case 503:
      return " Service Unavailable";
    case 504:
      return " Gateway Timeout";
    default:
      return "";
  }
}

/// At most `most` bytes, cut between characters.
std::string beginning(std::string_view text, size_t most) {
  if (text.size() <= most) return std::string(text);
  while (most > 0 && (text[most] & 0xC0) == 0x80) --most;
  return std::string(text.substr(0, most)) + "...";
}

ApiError malformed(const ApiCall& call, const HttpResponse& response) {
  std::string problem = "Received a malformed response from the API\n";
  if (response.header("cf-mitigated") == "challenge") {
    problem = "The API's firewall has answered in place of the API\n";
  }
  problem += beginning(response.body, kShownOfMalformed) + "\n" + call.method + " " + call.path +
             " -> " + std::to_string(response.status) + reason_of(response.status);
  if (const std::string ray = response.header("cf-ray"); !ray.empty()) {
    problem += "\nCloudflare Ray ID: " + ray;
  }
  return ApiError(std::move(problem), response.status, {});
}

ApiError refused(const ApiCall& call, const HttpResponse& response, Envelope envelope) {
  std::string problem = "A request to the Cloudflare API (" + call.path + ") failed.";
  for (const ApiProblem& said : envelope.errors) problem += "\n" + problem_text(said);
  if (envelope.errors.empty()) {
    problem +=
        "\n" + call.method + " -> " + std::to_string(response.status) + reason_of(response.status);
  }
  ApiError error(std::move(problem), response.status, std::move(envelope.errors));
  constexpr int kAuthenticationError = 10000;
  constexpr int kBadCredentials = 9106;
  constexpr int kUnauthorized = 9109;
  if (error.has_code(kAuthenticationError) || error.has_code(kBadCredentials) ||
      error.has_code(kUnauthorized)) {
    error.hint(
        "`cwrangler whoami` says who the API takes you for. The credentials must be valid, "
        "for this account, and have the permissions for this operation.");
  } else if (response.status == kTooManyRequests) {
    error.hint("Too many requests were made; wait a few minutes.");
  }
  return error;
}

void set_in(Query& query, const std::string& name, std::string value) {
  std::erase_if(query, [&name](const auto& pair) { return pair.first == name; });
  query.emplace_back(name, std::move(value));
}

/// Whether a list ends with this page, which has `items`, by what its result_info says.
bool is_last_page(const ApiJson& info, std::int64_t page, std::int64_t items, std::int64_t so_far) {
  if (items == 0) return true;
  if (const auto pages = integer_at(info, "total_pages")) return page >= *pages;
  if (const auto total = integer_at(info, "total_count")) return so_far >= *total;
  if (const auto size = integer_at(info, "per_page")) return items < *size;
  return true;
}

}  // namespace

ApiClient::ApiClient(HttpTransport& transport, std::string base_url, Credentials credentials,
                     Sleep sleep)
    : transport_(transport),
      base_url_(std::move(base_url)),
      credentials_(std::move(credentials)),
      sleep_(std::move(sleep)) {}

HttpResponse ApiClient::attempt(const ApiCall& call,
                                const std::function<void(std::string_view)>& sink) {
  HttpRequest request;
  request.method = call.method;
  request.url = base_url_ + call.path + query_string(call.query);
  const bool signed_already =
      std::any_of(call.headers.begin(), call.headers.end(),
                  [](const HttpHeader& header) { return header.name == "Authorization"; });
  if (!signed_already) request.headers = credentials_.headers();
  request.headers.push_back({"User-Agent", "cwrangler/" + std::string(kVersion)});
  if (!call.content_type.empty()) request.headers.push_back({"Content-Type", call.content_type});
  request.headers.insert(request.headers.end(), call.headers.begin(), call.headers.end());
  request.body = call.body;
  request.sink = sink;
  request.progress = call.progress;

  for (int number = 1;; ++number) {
    const bool last = number == kAttempts || call.retry == Retry::never;
    // Bodies and headers stay out of the log: they hold secrets.
    spdlog::debug("{} {}{} with {} bytes {}", call.method, call.path, query_string(call.query),
                  call.body.size(), call.content_type);
    try {
      HttpResponse response = transport_.send(request);
      spdlog::debug("{} {} -> {}, {} bytes", call.method, call.path, response.status,
                    response.body.size());
      if (std::string build = response.header(kSnapshotHeader); !build.empty()) {
        snapshot_build_ = std::move(build);
      }
      const bool busy = response.status == kTooManyRequests;
      const bool broken = response.status >= 500 && may_repeat(call);
      const milliseconds pause = pause_before(number, &response);
      if (last || (!busy && !broken) || pause > kLongestPause) return response;
      sleep_(std::max(pause, busy && !retry_after(response) ? kFirstPause : milliseconds(0)));
    } catch (TransportError& error) {
      spdlog::debug("{} {}: {}", call.method, call.path, error.problem());
      if (last || (error.may_have_arrived() && !may_repeat(call))) {
        error.while_doing("asking " + base_url_ + " (" + call.method + " " + call.path + ")");
        throw;
      }
      sleep_(pause_before(number, nullptr));
    }
  }
}

Envelope ApiClient::exchange(const ApiCall& call) {
  const HttpResponse response = attempt(call, {});
  Envelope envelope = parse_envelope(response.status, response.body);
  if (!envelope.well_formed) throw malformed(call, response);
  if (!envelope.success) throw refused(call, response, std::move(envelope));
  return envelope;
}

void ApiClient::download(const std::string& path, const std::function<void(std::string_view)>& sink,
                         std::vector<HttpHeader> headers) {
  ApiCall call;
  call.path = path;
  call.headers = std::move(headers);
  // Half of an answer may have gone to the sink already.
  call.retry = Retry::never;
  const HttpResponse response = attempt(call, sink);
  if (response.status >= 200 && response.status < 300) return;
  Envelope envelope = parse_envelope(response.status, response.body);
  if (!envelope.well_formed) throw malformed(call, response);
  throw refused(call, response, std::move(envelope));
}

ApiJson ApiClient::question(const ApiCall& call) {
  const HttpResponse response = attempt(call, {});
  ApiJson answer = parse_bounded(response.body);
  const bool is_refused =
      response.status >= 400 || (answer.is_object() && !answer.contains("data"));
  if (!answer.is_object() || is_refused) {
    Envelope envelope = parse_envelope(response.status, response.body);
    if (!envelope.well_formed) throw malformed(call, response);
    throw refused(call, response, std::move(envelope));
  }
  return object_at(answer, "data");
}

ApiJson ApiClient::get(const std::string& path, const Query& query) {
  ApiCall request;
  request.path = path;
  request.query = query;
  return call(request);
}

ApiJson ApiClient::remove(const std::string& path, const Query& query) {
  ApiCall request;
  request.method = "DELETE";
  request.path = path;
  request.query = query;
  return call(request);
}

ApiJson ApiClient::send_json(const char* method, const std::string& path, const ApiJson& body,
                             Retry retry) {
  const std::string text = body.dump(-1, ' ', false, ApiJson::error_handler_t::replace);
  ApiCall request;
  request.method = method;
  request.path = path;
  request.body = text;
  request.content_type = "application/json";
  request.retry = retry;
  return call(request);
}

ApiJson ApiClient::post(const std::string& path, const ApiJson& body, Retry retry) {
  return send_json("POST", path, body, retry);
}

ApiJson ApiClient::put(const std::string& path, const ApiJson& body) {
  return send_json("PUT", path, body, Retry::by_method);
}

ApiJson ApiClient::patch(const std::string& path, const ApiJson& body) {
  return send_json("PATCH", path, body, Retry::by_method);
}

std::vector<ApiJson> ApiClient::list(const std::string& path, Query query, const std::string& key) {
  std::vector<ApiJson> all;
  std::string cursor;
  for (int page = 1; page <= kMostPages; ++page) {
    ApiCall request;
    request.path = path;
    request.query = query;
    if (!cursor.empty()) {
      set_in(request.query, "cursor", cursor);
    } else if (page > 1) {
      set_in(request.query, "page", std::to_string(page));
    }
    Envelope answer = exchange(request);
    if (!key.empty()) {
      const bool there = answer.result.is_object() && answer.result.contains(key);
      answer.result = there ? ApiJson(answer.result[key]) : ApiJson();
    }
    const size_t items = answer.result.is_array() ? answer.result.size() : 0;
    for (size_t i = 0; i < items; ++i) all.push_back(std::move(answer.result[i]));
    const std::string next = string_at(answer.result_info, "cursor");
    if (!next.empty() && next != cursor) {
      cursor = next;
      continue;
    }
    if (!cursor.empty() || is_last_page(answer.result_info, page, static_cast<std::int64_t>(items),
                                        static_cast<std::int64_t>(all.size()))) {
      return all;
    }
  }
  throw Error("There is no end to the pages of " + path).while_doing("reading a list");
}

}  // namespace cwrangler::cli
