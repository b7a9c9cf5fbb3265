#include "base/error.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace cwrangler {

std::string SourcePosition::to_string() const {
  std::string text = file;
  if (line > 0) text += ":" + std::to_string(line);
  if (line > 0 && column > 0) text += ":" + std::to_string(column);
  return text;
}

Error::Error(std::string problem) : std::runtime_error(problem), problem_(std::move(problem)) {
  compose();
}

Error& Error::while_doing(std::string_view activity) {
  activity_ = activity_.empty() ? std::string(activity) : std::string(activity) + ": " + activity_;
  compose();
  return *this;
}

Error& Error::at(SourcePosition position) {
  position_ = std::move(position);
  compose();
  return *this;
}

Error& Error::showing(std::string source_line) {
  source_line_ = std::move(source_line);
  compose();
  return *this;
}

Error& Error::hint(std::string advice) {
  advice_ = std::move(advice);
  compose();
  return *this;
}

Error& Error::exit_with(ExitCode code) {
  exit_code_ = code;
  return *this;
}

void Error::compose() {
  text_.clear();
  if (!position_.file.empty()) text_ += position_.to_string() + ": ";
  if (!activity_.empty()) text_ += activity_ + ": ";
  text_ += problem_;
  if (!source_line_.empty()) {
    const std::string number = position_.line > 0 ? std::to_string(position_.line) : "";
    text_ += "\n  " + number + " | " + source_line_;
    if (position_.column > 0) {
      text_ += "\n  " + std::string(number.size(), ' ') + " | " +
               std::string(static_cast<size_t>(position_.column) - 1, ' ') + "^";
    }
  }
  if (!advice_.empty()) text_ += "\n" + advice_;
  // What others say may have a NUL in it, and what() would end there.
  std::replace(text_.begin(), text_.end(), '\0', ' ');
}

Error system_error(std::string_view activity) {
  Error error(std::strerror(errno));
  error.while_doing(activity);
  return error;
}

}  // namespace cwrangler
