// An answer of the API.

#include "cli/api/envelope.h"

#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, size_t size) {
  const auto envelope = cwrangler::cli::parse_envelope(200, cwrangler::fuzz::text_of(data, size));
  for (const auto& problem : envelope.errors) cwrangler::cli::problem_text(problem);
  return 0;
}
