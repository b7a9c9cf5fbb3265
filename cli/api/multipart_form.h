// A form with files, as uploads are sent (RFC 7578, with names escaped as browsers do: HTML,
// "multipart/form-data encoding algorithm").

#pragma once

#include <string>
#include <string_view>

namespace cwrangler::cli {

class MultipartForm {
 public:
  /// Takes a boundary of its own, of random digits.
  MultipartForm();

  /// A field without file name and type.
  void add_field(std::string_view name, std::string_view value);
  /// A part that is a file. `type`: its MIME type.
  void add_file(std::string_view name, std::string_view file_name, std::string_view type,
                std::string_view content);

  /// "multipart/form-data; boundary=…"
  std::string content_type() const { return "multipart/form-data; boundary=" + boundary_; }
  /// The body; nothing may be added any more.
  const std::string& finish();

 private:
  void begin_part(std::string_view name);

  std::string boundary_;
  std::string body_;
  bool finished_ = false;
};

}  // namespace cwrangler::cli
