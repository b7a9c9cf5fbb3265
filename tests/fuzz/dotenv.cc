// `.dev.vars` and `.env` files.

#include "cli/project/dotenv.h"

#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, size_t size) {
  namespace cli = cwrangler::cli;
  cli::DotenvFile file = cli::parse_dotenv(cwrangler::fuzz::text_of(data, size));
  for (const auto& entry : file.entries) cwrangler::fuzz::demand(!entry.name.empty());
  cwrangler::fuzz::read_or_refuse([&] {
    cli::expand_dotenv(file.entries, [](const std::string& name) -> std::optional<std::string> {
      return name == "HOME" ? std::optional<std::string>("/home/$USER") : std::nullopt;
    });
  });
  return 0;
}
