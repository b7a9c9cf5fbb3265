#include "runtime/server/response_head.h"

#include <doctest/doctest.h>

#include "base/error.h"

using namespace cwrangler::server;

namespace {

std::string written(const ResponseHead& head, Framing framing, std::uint64_t length = 0,
                    bool keep_alive = true, bool http_1_0 = false) {
  std::string out;
  write_response_head(out, head, framing, length, keep_alive, http_1_0, 784111777);
  return out;
}

}  // namespace

TEST_CASE("a response's head") {
  CHECK(written({200, {}, {{"X-A", "1"}}}, Framing::length, 5) ==
        "HTTP/1.1 200 OK\r\nX-A: 1\r\nContent-Length: 5\r\nDate: Sun, 06 Nov 1994 08:49:37 "
        "GMT\r\n\r\n");
  CHECK(written({299, "Fine", {{"Date", "x"}}}, Framing::chunked) ==
        "HTTP/1.1 299 Fine\r\nDate: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  CHECK(written({200, {}, {{"Date", "x"}}}, Framing::none, 0, false) ==
        "HTTP/1.1 200 OK\r\nDate: x\r\nConnection: close\r\n\r\n");
  CHECK(written({200, {}, {{"Date", "x"}}}, Framing::none, 0, true, true) ==
        "HTTP/1.1 200 OK\r\nDate: x\r\nConnection: keep-alive\r\n\r\n");
}

TEST_CASE("what belongs to the connection is not the Worker's to say; cookies stay apart") {
  CHECK(written({200,
                 {},
                 {{"Connection", "upgrade"},
                  {"transfer-encoding", "gzip"},
                  {"Keep-Alive", "1"},
                  {"content-length", "99"},
                  {"Set-Cookie", "a=1"},
                  {"Set-Cookie", "b=2"},
                  {"Date", "x"}}},
                Framing::length, 5) ==
        "HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nDate: x\r\nContent-Length: "
        "5\r\n\r\n");
}

TEST_CASE("a head that could be read as two is refused") {
  using cwrangler::Error;
  CHECK_NOTHROW(check_response_head({200, "", {{"A", "b\tc \xff"}}}));
  CHECK_THROWS_AS(check_response_head({200, "", {{"A", "b\r\nC: d"}}}), Error);
  CHECK_THROWS_AS(check_response_head({200, "", {{"A", "b\nC"}}}), Error);
  CHECK_THROWS_AS(check_response_head({200, "", {{"A:", "b"}}}), Error);
  CHECK_THROWS_AS(check_response_head({200, "", {{"", "b"}}}), Error);
  CHECK_THROWS_AS(check_response_head({200, "a\r\nb", {}}), Error);
  CHECK_THROWS_AS(check_response_head({101, "", {}}), Error);
  CHECK_THROWS_AS(check_response_head({600, "", {}}), Error);
}
