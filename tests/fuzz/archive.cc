// An archive of local state, packed in any of the ways that are read.

#include "cli/local/file_archive.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, size_t size) {
  const cwrangler::fuzz::MemoryFile file(cwrangler::fuzz::text_of(data, size));
  cwrangler::fuzz::read_or_refuse([&] {
    cwrangler::cli::ArchiveReader reader(file.path());
    while (reader.next()) {
      const std::string& name = reader.name();
      cwrangler::fuzz::demand(!name.empty() && name.front() != '/');
      cwrangler::fuzz::demand(("/" + name + "/").find("/../") == std::string::npos);
      reader.text(1 << 16);
    }
  });
  return 0;
}
