#include "runtime/server/request_parser.h"

#include <doctest/doctest.h>

#include <random>
#include <string>

using cwrangler::server::HttpLimits;
using cwrangler::server::RequestHead;
using cwrangler::server::RequestParser;

namespace {

/// The status a whole input is answered with: 0 when it is a good request, -1 when more is needed.
int verdict(std::string_view input, std::string* body_text = nullptr) {
  const HttpLimits limits;
  RequestParser parser(limits);
  RequestHead head;
  size_t consumed = parser.parse_head(input, head);
  if (parser.rejection()) return parser.rejection()->status;
  if (consumed == 0) return -1;
  std::vector<uint8_t> body;
  while (!parser.complete()) {
    const size_t count = parser.parse_body(input.substr(consumed), body);
    if (parser.rejection()) return parser.rejection()->status;
    if (count == 0) return -1;
    consumed += count;
  }
  if (body_text != nullptr) body_text->assign(body.begin(), body.end());
  return 0;
}

}  // namespace

TEST_CASE("good requests") {
  std::string body;
  CHECK(verdict("GET / HTTP/1.1\r\nHost: a\r\n\r\n") == 0);
  CHECK(verdict("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n") == 0);
  CHECK(verdict("GET / HTTP/1.0\r\n\r\n") == 0);
  CHECK(verdict("POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", &body) == 0);
  CHECK(body == "abc");
  CHECK(verdict(
            "POST / HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n"
            "X-Trailer: 1\r\n\r\n",
            &body) == 0);
  CHECK(body == "abcde");
}

TEST_CASE("requests that must be refused") {
  const struct {
    const char* what;
    std::string input;
    int status;
  } table[] = {
      {"length and chunks",
       "POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"chunks and length",
       "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", 400},
      {"two equal lengths", "POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
       400},
      {"two lengths", "POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc", 400},
      {"a list of lengths", "POST / HTTP/1.1\r\nContent-Length: 3, 3\r\n\r\nabc", 400},
      {"a signed length", "POST / HTTP/1.1\r\nContent-Length: +3\r\n\r\nabc", 400},
      {"a hexadecimal length", "POST / HTTP/1.1\r\nContent-Length: 0x3\r\n\r\nabc", 400},
      {"an empty length", "POST / HTTP/1.1\r\nContent-Length:\r\n\r\nabc", 400},
      {"a length of 2^64", "POST / HTTP/1.1\r\nContent-Length: 18446744073709551616\r\n\r\n", 400},
      {"an unknown encoding", "POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501},
      {"a hidden encoding", "POST / HTTP/1.1\r\nTransfer-Encoding: xchunked\r\n\r\n", 501},
      {"two encodings",
       "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: "
       "chunked\r\n\r\n0\r\n\r\n",
       400},
      {"chunks in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"a folded header", "GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n", 400},
      {"a header before any", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400},
      {"a blank before the colon", "GET / HTTP/1.1\r\nTransfer-Encoding : chunked\r\n\r\n", 400},
      {"a bare line feed", "GET / HTTP/1.1\nHost: a\n\n", 400},
      {"a bare line feed among good ones", "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", 400},
      {"a bare carriage return", "GET / HTTP/1.1\r\nX: a\rb\r\n\r\n", 400},
      {"a null byte", std::string("GET / HTTP/1.1\r\nX: a\0b\r\n\r\n", 26), 400},
      {"a header without a name", "GET / HTTP/1.1\r\n: a\r\n\r\n", 400},
      {"a header without a colon", "GET / HTTP/1.1\r\nabc\r\n\r\n", 400},
      {"no version", "GET /\r\n\r\n", 400},
      {"a blank in the target", "GET /a b HTTP/1.1\r\n\r\n", 400},
      {"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"HTTP/1.2", "GET / HTTP/1.2\r\n\r\n", 505},
      {"TLS", "\x16\x03\x01\x02", 400},
      {"a chunk size that is none", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
       400},
      {"a negative chunk size", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nabc",
       400},
      {"a chunk size of 2^64",
       "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000000\r\nabc", 400},
      {"a chunk without its line end",
       "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcde\r\n0\r\n\r\n", 400},
      {"an endless chunk extension",
       "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;" + std::string(20'000, 'x'), 400},
      {"endless trailers",
       "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: " + std::string(20'000, 'x'),
       400},
      {"a long request line", "GET /" + std::string(33'000, 'x'), 414},
      {"a large head", "GET / HTTP/1.1\r\nX: " + std::string(66'000, 'x'), 431},
      {"many headers",
       [] {
         std::string many = "GET / HTTP/1.1\r\n";
         for (int i = 0; i < 20'000; ++i) many += "a:\r\n";
         return many;
       }(),
       431},
  };
  for (const auto& row : table) {
    INFO(std::string(row.what));
    CHECK(verdict(row.input) == row.status);
  }
}

TEST_CASE("a request that arrives byte by byte means the same") {
  const std::string head_text =
      "POST /x?y HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::pair<std::string, std::string> bodies[] = {
      {"5\r\nhello\r\n0\r\n\r\n", "hello"},
      {"1\r\na\r\n1\r\nb\r\n0\r\nTrailer: x\r\n\r\n", "ab"},
      {"0\r\n\r\n", ""},
      {"0\r\nT: x\r\n\r\n", ""},
  };
  for (const auto& [chunks, text] : bodies) {
    INFO(chunks);
    const HttpLimits limits;
    RequestParser parser(limits);
    RequestHead head;
    std::string pending;
    std::vector<uint8_t> body;
    bool has_head = false;
    for (const char byte : head_text + chunks) {
      pending += byte;
      const size_t consumed =
          has_head ? parser.parse_body(pending, body) : parser.parse_head(pending, head);
      REQUIRE_FALSE(parser.rejection());
      has_head = has_head || consumed > 0;
      pending.erase(0, consumed);
    }
    CHECK(parser.complete());
    CHECK(pending.empty());
    CHECK(head.method == "POST");
    CHECK(head.target == "/x?y");
    CHECK(std::string(body.begin(), body.end()) == text);
  }
}

TEST_CASE("mutated requests are taken or refused, never more") {
  const std::string seeds[] = {
      "POST /a?b=c HTTP/1.1\r\nHost: example.com\r\nContent-Length: 11\r\n\r\nhello world",
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n3;a=\"b\"\r\n"
      "abc\r\n0\r\nT: x\r\n\r\n",
      "GET http://user@host:80/ HTTP/1.0\r\nConnection: keep-alive, upgrade\r\n\r\n",
  };
  std::mt19937 random(20260101);  // the same inputs each time
  for (int round = 0; round < 30'000; ++round) {
    std::string input = seeds[random() % std::size(seeds)];
    for (unsigned change = random() % 4 + 1; change > 0 && !input.empty(); --change) {
      const size_t at = random() % input.size();
      switch (random() % 4) {
        case 0:
          input[at] = static_cast<char>(random());
          break;
        case 1:
          input.erase(at, random() % 4);
          break;
        case 2:
          input.insert(at, 1, "\r\n: \t;,0\xff"[random() % 9]);
          break;
        default:
          input.insert(at, input.substr(random() % input.size(), random() % 8));
      }
    }
    const int status = verdict(input);
    INFO(input);
    CHECK((status == 0 || status == -1 || (status >= 400 && status <= 505)));
  }
}
