#include "cli/api/envelope.h"

namespace cwrangler::cli {
namespace {

/// Answers are flat; deeper ones are refused before they can exhaust the stack.
constexpr int kDeepestNesting = 200;
constexpr int kDeepestChain = 8;

std::string text_at(const ApiJson& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

std::vector<ApiProblem> problems_at(const ApiJson& object, const char* key, int depth) {
  std::vector<ApiProblem> problems;
  const auto list = object.find(key);
  if (depth > kDeepestChain || list == object.end() || !list->is_array()) return problems;
  for (const ApiJson& item : *list) {
    if (!item.is_object()) continue;
    ApiProblem problem;
    const auto code = item.find("code");
    if (code != item.end() && code->is_number_integer()) problem.code = code->get<int>();
    problem.message = text_at(item, "message");
    problem.documentation_url = text_at(item, "documentation_url");
    problem.causes = problems_at(item, "error_chain", depth + 1);
    problems.push_back(std::move(problem));
  }
  return problems;
}

void append(const ApiProblem& problem, const std::string& indent, std::string& text) {
  text += indent + problem.message;
  if (problem.code != 0) text += " [code: " + std::to_string(problem.code) + "]";
  if (!problem.documentation_url.empty()) {
    text += "\n" + indent + "To learn more about this error, visit: " + problem.documentation_url;
  }
  for (const ApiProblem& cause : problem.causes) {
    text += "\n";
    append(cause, indent + "  ", text);
  }
}

}  // namespace

ApiJson parse_bounded(std::string_view body) {
  bool too_deep = false;
  ApiJson json = ApiJson::parse(
      body,
      [&too_deep](int depth, ApiJson::parse_event_t, ApiJson&) {
        too_deep = too_deep || depth > kDeepestNesting;
        return !too_deep;
      },
      /*allow_exceptions=*/false);
  return too_deep ? ApiJson(ApiJson::value_t::discarded) : json;
}

Envelope parse_envelope(int status, std::string_view body) {
  Envelope envelope;
  if (body.empty() && (status == 204 || status == 205)) {
    envelope.well_formed = true;
    envelope.success = true;
    envelope.result = ApiJson::object();
    return envelope;
  }
  ApiJson json = parse_bounded(body);
  if (!json.is_object()) return envelope;
  envelope.well_formed = true;
  const auto success = json.find("success");
  envelope.success = success != json.end() && success->is_boolean() && success->get<bool>();
  envelope.errors = problems_at(json, "errors", 0);
  if (const auto found = json.find("result"); found != json.end()) {
    envelope.result = std::move(*found);
  }
  if (const auto found = json.find("result_info"); found != json.end()) {
    envelope.result_info = std::move(*found);
  }
  return envelope;
}

std::string problem_text(const ApiProblem& problem) {
  std::string text;
  append(problem, "", text);
  return text;
}

}  // namespace cwrangler::cli
