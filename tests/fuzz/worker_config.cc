// The configuration of a Worker as the runtime reads it, and what is written back of it.

#include "base/worker_config.h"

#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, size_t size) {
  const cwrangler::fuzz::MemoryFile file(cwrangler::fuzz::text_of(data, size));
  cwrangler::fuzz::read_or_refuse([&] {
    const auto written = cwrangler::to_json(cwrangler::read_worker_config(file.path()));
    cwrangler::fuzz::demand(cwrangler::to_json(cwrangler::worker_config_from_json(written)) ==
                            written);
  });
  return 0;
}
