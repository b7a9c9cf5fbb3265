#include "cli/api/multipart_form.h"

#include <random>

namespace cwrangler::cli {
namespace {

constexpr int kRandomDigits = 24;

std::string escaped(std::string_view name) {
  std::string text;
  for (const char c : name) {
    switch (c) {
      case '"':
        text += "%22";
        break;
      case '\r':
        text += "%0D";
        break;
      case '\n':
        text += "%0A";
        break;
      default:
        text += c;
    }
  }
  return text;
}

}  // namespace

MultipartForm::MultipartForm() : boundary_("----cwrangler-form-") {
  std::random_device source;
  std::uniform_int_distribution<int> digit(0, 9);
  for (int i = 0; i < kRandomDigits; ++i) boundary_ += static_cast<char>('0' + digit(source));
}

void MultipartForm::begin_part(std::string_view name) {
  body_ += "--" + boundary_ + "\r\nContent-Disposition: form-data; name=\"" + escaped(name) + "\"";
}

void MultipartForm::add_field(std::string_view name, std::string_view value) {
  begin_part(name);
  body_ += "\r\n\r\n";
  body_ += value;
  body_ += "\r\n";
}

void MultipartForm::add_file(std::string_view name, std::string_view file_name,
                             std::string_view type, std::string_view content) {
  begin_part(name);
  body_ += "; filename=\"" + escaped(file_name) + "\"\r\nContent-Type: ";
  body_ += type;
  body_ += "\r\n\r\n";
  body_ += content;
  body_ += "\r\n";
}

const std::string& MultipartForm::finish() {
  if (!finished_) body_ += "--" + boundary_ + "--\r\n";
  finished_ = true;
  return body_;
}

}  // namespace cwrangler::cli
