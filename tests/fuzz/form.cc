// A form as a script is uploaded: its content type, a line end, the body.

#include "edge/http/multipart.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, size_t size) {
  namespace edge = cwrangler::edge;
  using cwrangler::fuzz::demand;
  std::string_view body = cwrangler::fuzz::text_of(data, size);
  const std::string_view type = cwrangler::fuzz::take_until(body, '\n');
  edge::essence(type);
  edge::parameter(type, "charset");
  cwrangler::fuzz::read_or_refuse([&] {
    for (const edge::FormPart& part : edge::parse_multipart(type, body, 5)) {
      demand(!part.name.empty());
      // What it found lies in the body.
      demand(part.content.data() >= body.data());
      demand(part.content.data() + part.content.size() <= body.data() + body.size());
    }
  });
  return 0;
}
