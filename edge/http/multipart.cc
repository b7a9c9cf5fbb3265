#include "edge/http/multipart.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/error.h"

namespace cwrangler::edge {
namespace {

constexpr size_t kLongestHead = 16 * 1024;
constexpr size_t kLongestBoundary = 70;  // RFC 2046, section 5.1.1

std::string_view trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// Reads a parameter's value, quoted or not, and takes it from `text`.
std::string take_value(std::string_view& text) {
  std::string value;
  if (text.starts_with('"')) {
    text.remove_prefix(1);
    while (!text.empty() && text.front() != '"') {
      // Browsers and fetch escape quotes as %22 and leave backslashes; others as in RFC 9110.
      if (text.front() == '\\' && text.size() > 1 && (text[1] == '"' || text[1] == '\\')) {
        text.remove_prefix(1);
      }
      value += text.front();
      text.remove_prefix(1);
    }
    if (!text.empty()) text.remove_prefix(1);
    return value;
  }
  const size_t end = std::min(text.find(';'), text.size());
  value = trimmed(text.substr(0, end));
  text.remove_prefix(end);
  return value;
}

FormPart parse_head(std::string_view head) {
  FormPart part;
  bool has_disposition = false;
  while (!head.empty()) {
    const size_t end = head.find("\r\n");
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(end == std::string_view::npos ? head.size() : end + 2);
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos)
      throw Error("a part of the form has a line without a colon");
    const std::string name = ascii_lower(std::string(trimmed(line.substr(0, colon))));
    const std::string_view value = trimmed(line.substr(colon + 1));
    if (name == "content-type") {
      part.content_type = value;
    } else if (name == "content-disposition") {
      has_disposition = true;
      part.name = parameter(value, "name");
      part.filename = parameter(value, "filename");
    }
  }
  if (!has_disposition || part.name.empty()) throw Error("a part of the form has no name");
  return part;
}

}  // namespace

std::string essence(std::string_view content_type) {
  return ascii_lower(std::string(trimmed(content_type.substr(0, content_type.find(';')))));
}

std::string parameter(std::string_view value, std::string_view name) {
  size_t at = value.find(';');
  std::string_view rest = at == std::string_view::npos ? std::string_view() : value.substr(at);
  while (!rest.empty()) {
    rest.remove_prefix(1);
    const size_t equals = rest.find_first_of("=;");
    if (equals == std::string_view::npos) break;
    const std::string_view found = trimmed(rest.substr(0, equals));
    rest.remove_prefix(equals);
    if (rest.front() == ';') continue;
    rest.remove_prefix(1);
    rest = rest.substr(std::min(rest.find_first_not_of(" \t"), rest.size()));
    std::string text = take_value(rest);
    if (equals_ignoring_case(found, name)) return text;
    rest = rest.substr(std::min(rest.find(';'), rest.size()));
  }
  return {};
}

std::vector<FormPart> parse_multipart(std::string_view content_type, std::string_view body,
                                      size_t most) {
  if (essence(content_type) != "multipart/form-data") {
    throw Error("the body is no form: its Content-Type is not multipart/form-data");
  }
  const std::string boundary = parameter(content_type, "boundary");
  if (boundary.empty() || boundary.size() > kLongestBoundary) {
    throw Error("the form's Content-Type has no usable boundary");
  }
  const std::string first = "--" + boundary;
  const std::string delimiter = "\r\n" + first;
  if (!body.starts_with(first)) throw Error("the form does not begin with its boundary");
  body.remove_prefix(first.size());

  std::vector<FormPart> parts;
  while (!body.starts_with("--")) {
    if (!body.starts_with("\r\n")) throw Error("the form's boundary is followed by something else");
    if (parts.size() == most) {
      throw Error("the form has more than " + std::to_string(most) + " parts");
    }
    body.remove_prefix(2);
    const size_t head = body.substr(0, kLongestHead).find("\r\n\r\n");
    if (head == std::string_view::npos) throw Error("a part of the form has no end of its head");
    FormPart part = parse_head(body.substr(0, head));
    body.remove_prefix(head + 4);
    const size_t end = body.find(delimiter);
    if (end == std::string_view::npos) throw Error("the form is cut: its last boundary is missing");
    part.content = body.substr(0, end);
    body.remove_prefix(end + delimiter.size());
    parts.push_back(std::move(part));
  }
  return parts;
}

}  // namespace cwrangler::edge
