// What packages say of themselves: a requirement with its marker, or, behind a '[', a lock.

#include "cli/packages/marker.h"
#include "cli/packages/pylock.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, size_t size) {
  namespace cli = cwrangler::cli;
  const std::string_view text = cwrangler::fuzz::text_of(data, size);
  if (!text.starts_with('[')) {
    const auto specifier = cli::parse_dependency(text);
    cli::marker_holds(specifier.marker, "3.14.2", {"dev"});
    return 0;
  }
  const cwrangler::fuzz::MemoryFile file(text);
  cwrangler::fuzz::read_or_refuse([&] { cli::pylock_pins(cli::read_pylock(file.path())); });
  cwrangler::fuzz::read_or_refuse([&] { cli::read_lock_notes(file.path()); });
  cwrangler::fuzz::read_or_refuse([&] { cli::without_remarks(text); });
  return 0;
}
