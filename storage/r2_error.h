// What R2 refuses, in its words and with its codes.

#pragma once

#include <string>

#include "base/error.h"

namespace cwrangler::storage {

/// The values are the API's codes.
enum class R2Problem {
  no_such_key = 10007,
  entity_too_small = 10011,
  metadata_too_large = 10012,
  invalid_name = 10020,
  invalid_max_keys = 10022,
  no_such_upload = 10024,
  invalid_part = 10025,
  bad_digest = 10037,
  invalid_range = 10039,
  bad_upload = 10048,
  entity_too_large = 100100,
};

/// problem() ends with the code in brackets.
class R2Error : public Error {
 public:
  explicit R2Error(R2Problem problem) : R2Error(problem, text_of(problem)) {}
  R2Error(R2Problem problem, const std::string& text)
      : Error(text + " (" + std::to_string(static_cast<int>(problem)) + ")") {}

 private:
  static const char* text_of(R2Problem problem) {
    switch (problem) {
      case R2Problem::no_such_key:
        return "The specified key does not exist.";
      case R2Problem::entity_too_small:
        return "Your proposed upload is smaller than the minimum allowed object size.";
      case R2Problem::metadata_too_large:
        return "Your metadata headers exceed the maximum allowed metadata size.";
      case R2Problem::invalid_name:
        return "The specified object name is not valid.";
      case R2Problem::invalid_max_keys:
        return "MaxKeys params must be positive integer <= 1000.";
      case R2Problem::no_such_upload:
        return "The specified multipart upload does not exist.";
      case R2Problem::invalid_part:
        return "One or more of the specified parts could not be found.";
      case R2Problem::bad_digest:
        return "The checksum you specified did not match what we received.";
      case R2Problem::invalid_range:
        return "The requested range is not satisfiable";
      case R2Problem::bad_upload:
        return "There was a problem with the multipart upload.";
      case R2Problem::entity_too_large:
        return "Your proposed upload exceeds the maximum allowed object size.";
    }
    return "We encountered an internal error. Please try again.";
  }
};

}  // namespace cwrangler::storage
