// A request that the API has refused.

#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "base/error.h"
#include "cli/api/envelope.h"

namespace cwrangler::cli {

class ApiError : public Error {
 public:
  /// `problem`: a headline and, on lines of their own, what the server says.
  ApiError(std::string problem, int status, std::vector<ApiProblem> problems)
      : Error(std::move(problem)), status_(status), problems_(std::move(problems)) {}

  int status() const { return status_; }
  const std::vector<ApiProblem>& problems() const { return problems_; }

  /// Whether one of the problems has this code.
  bool has_code(int code) const {
    return std::any_of(problems_.begin(), problems_.end(),
                       [code](const ApiProblem& problem) { return problem.code == code; });
  }

 private:
  int status_;
  std::vector<ApiProblem> problems_;
};

/// Codes by which the API says that a Worker is not there.
inline constexpr int kWorkerNotFound = 10007;
inline constexpr int kServiceNotFound = 10090;
inline constexpr int kEnvironmentNotFound = 10092;

inline bool says_no_such_worker(const ApiError& error) {
  return error.has_code(kWorkerNotFound) || error.has_code(kServiceNotFound) ||
         error.has_code(kEnvironmentNotFound);
}

}  // namespace cwrangler::cli
