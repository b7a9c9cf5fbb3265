// What the v4 API says when it refuses: a status, Cloudflare's code, and a sentence.

#pragma once

#include <string>
#include <utility>

#include "base/error.h"

namespace cwrangler::edge {

class ApiError : public Error {
 public:
  ApiError(int status, int code, std::string message)
      : Error(std::move(message)), status_(status), code_(code) {}

  int status() const { return status_; }
  int code() const { return code_; }

 private:
  int status_;
  int code_;
};

/// The codes that clients know, as the real API gives them.
namespace api_code {
inline constexpr int kUnknownPath = 7003;
inline constexpr int kAuthentication = 10000;
inline constexpr int kNoWorker = 10007;
inline constexpr int kNoService = 10090;
inline constexpr int kInvalidScript = 10021;
inline constexpr int kBadBody = 10026;
inline constexpr int kScriptTooLarge = 10027;
inline constexpr int kNoKvNamespace = 10013;
inline constexpr int kNoInherited = 10057;
inline constexpr int kNoBucket = 10006;
inline constexpr int kNoSecret = 10056;
inline constexpr int kNoVersion = 100146;
inline constexpr int kNoQueue = 11000;
inline constexpr int kNoDatabase = 7404;
inline constexpr int kNoWorkflow = 10200;
inline constexpr int kInternal = 10002;
}  // namespace api_code

}  // namespace cwrangler::edge
