// The envelope that every JSON answer of the v4 API comes in.

#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace cwrangler::cli {

/// Keeps the order in which the server says things.
using ApiJson = nlohmann::ordered_json;

/// One entry of `errors`.
struct ApiProblem {
  int code = 0;  ///< 0: none given
  std::string message;
  std::string documentation_url;   ///< empty: none
  std::vector<ApiProblem> causes;  ///< `error_chain`
};

struct Envelope {
  bool well_formed = false;  ///< no: the text is no envelope, and nothing below means anything
  bool success = false;
  std::vector<ApiProblem> errors;
  ApiJson result;       ///< null: none
  ApiJson result_info;  ///< where the page is in a list; null: none
};

/// The value of the text, or a discarded one for text that is no JSON or nested too deeply.
ApiJson parse_bounded(std::string_view body);

/// Reads an answer's body. Any bytes are safe; keys that are missing, unknown or of another type
/// count as missing. An answer without a body (status 204 and 205) is a success with an empty
/// object.
Envelope parse_envelope(int status, std::string_view body);

/// "message [code: 10000]", with what to read, and the causes below, indented by two blanks a
/// level.
std::string problem_text(const ApiProblem& problem);

}  // namespace cwrangler::cli
