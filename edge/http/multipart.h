// Forms of several parts (RFC 7578), as scripts and assets are uploaded.

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cwrangler::edge {

struct FormPart {
  std::string name;
  std::string filename;      ///< empty: none
  std::string content_type;  ///< as it was sent; empty: none
  std::string_view content;  ///< in the body that was parsed
};

/// The parts of a body with this Content-Type. Any bytes are safe. Throws Error for a form that is
/// cut, has a head that cannot be read, or more than `most` parts.
std::vector<FormPart> parse_multipart(std::string_view content_type, std::string_view body,
                                      size_t most);

/// "text/plain" of "Text/Plain; charset=utf-8".
std::string essence(std::string_view content_type);

/// The value of a parameter of a header's value, `name` in any case; empty: there is none.
/// parameter(`form-data; name="a\"b"`, "name") is `a"b`.
std::string parameter(std::string_view value, std::string_view name);

}  // namespace cwrangler::edge
