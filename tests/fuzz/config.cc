// A project's configuration file: JSON when it begins with a brace or a slash, else TOML.

#include "cli/config/config.h"

#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, size_t size) {
  namespace cli = cwrangler::cli;
  const std::string text(cwrangler::fuzz::text_of(data, size));
  const bool is_json = text.starts_with('{') || text.starts_with('/');
  const char* const path = is_json ? "/fuzz/wrangler.jsonc" : "/fuzz/wrangler.toml";
  for (const char* environment : {"", "staging"}) {
    cwrangler::fuzz::read_or_refuse([&] { cli::inspect_config(path, text, environment); });
  }
  return 0;
}
