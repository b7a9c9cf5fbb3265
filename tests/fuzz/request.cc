// A connection's bytes as the runtime's server reads them: requests one after the other. The first
// byte says how many bytes arrive at once.

#include <vector>

#include "runtime/server/request_parser.h"
#include "runtime/server/request_target.h"
#include "tests/fuzz/fuzz.h"

namespace {

namespace server = cwrangler::server;

/// As a connection does it; false when the connection would end here.
class Reader {
 public:
  bool take(std::string_view arrived) {
    waiting_ += arrived;
    while (!waiting_.empty()) {
      const size_t consumed = in_body_ ? read_body() : read_head();
      if (parser_.rejection()) return false;
      cwrangler::fuzz::demand(consumed <= waiting_.size());
      waiting_.erase(0, consumed);
      if (in_body_ && parser_.complete()) {
        in_body_ = false;
        parser_.reset();
      } else if (consumed == 0) {
        return true;
      }
    }
    return true;
  }

 private:
  size_t read_head() {
    server::RequestHead head;
    const size_t consumed = parser_.parse_head(waiting_, head);
    if (consumed == 0 || parser_.rejection()) return consumed;
    if (!server::resolve_target(head)) {
      cwrangler::fuzz::demand(head.url.find("://") != std::string::npos);
      server::path_of(head);
    }
    server::lists_token(head.headers, "Connection", "close");
    in_body_ = true;
    return consumed;
  }

  size_t read_body() {
    std::vector<std::uint8_t> body;
    return parser_.parse_body(waiting_, body);
  }

  const server::HttpLimits limits_;
  server::RequestParser parser_{limits_};
  std::string waiting_;
  bool in_body_ = false;
};

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const size_t piece = data[0] + size_t{1};
  std::string_view bytes = cwrangler::fuzz::text_of(data + 1, size - 1);
  Reader reader;
  while (!bytes.empty() && reader.take(bytes.substr(0, piece))) {
    bytes.remove_prefix(std::min(piece, bytes.size()));
  }
  return 0;
}
