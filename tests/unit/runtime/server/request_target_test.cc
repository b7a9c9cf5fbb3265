#include "runtime/server/request_target.h"

#include <doctest/doctest.h>

using cwrangler::server::path_of;
using cwrangler::server::RequestHead;
using cwrangler::server::resolve_target;
using cwrangler::server::valid_host;

namespace {

std::string url(std::string target, std::vector<std::string> hosts, bool http_1_0 = false,
                std::string method = "GET") {
  RequestHead head;
  head.method = std::move(method);
  head.target = std::move(target);
  head.http_1_0 = http_1_0;
  for (auto& host : hosts) head.headers.push_back({"Host", host});
  return resolve_target(head) ? "refused" : head.url;
}

}  // namespace

TEST_CASE("the URL is made of the Host header and the target") {
  CHECK(url("/a?b", {"example.com"}) == "http://example.com/a?b");
  CHECK(url("/", {"localhost:8787"}) == "http://localhost:8787/");
  CHECK(url("/", {"[::1]:8787"}) == "http://[::1]:8787/");
  CHECK(url("//x/y", {"a"}) == "http://a//x/y");
  CHECK(url("http://b:1/c?d", {"a"}) == "http://b:1/c?d");
  CHECK(url("/", {}, true) == "http://localhost/");
  CHECK(url("*", {"a"}, false, "OPTIONS") == "http://a/*");
  CHECK(url("/\xC3\xA9", {"a"}) == "http://a/%C3%A9");
}

TEST_CASE("no Host, many, or a bad one is refused") {
  CHECK(url("/", {}) == "refused");
  CHECK(url("/", {"a", "a"}) == "refused");
  CHECK(url("/", {"a/b"}) == "refused");
  CHECK(url("/", {"user@a"}) == "refused");
  CHECK(url("/", {"a b"}) == "refused");
  CHECK(url("http://user@a/", {"a"}) == "refused");
  CHECK(url("https://a/", {"a"}) == "refused");
  CHECK(url("a", {"a"}) == "refused");
  CHECK(url("*", {"a"}) == "refused");
}

TEST_CASE("host names") {
  for (const char* good :
       {"a", "a.b-c", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:65535", "a:"}) {
    INFO(std::string(good));
    CHECK(valid_host(good));
  }
  for (const char* bad : {"", ":1", "a:b", "a:65536", "a:1:2", "[::1", "[]", "[::1]x", "[g::]",
                          "a,b", "a%2f", "a\\b", "a#b", "a?b", "\xff"}) {
    INFO(std::string(bad));
    CHECK_FALSE(valid_host(bad));
  }
}

TEST_CASE("the log's path has no query") {
  RequestHead head;
  for (const auto& [target, path] :
       {std::pair{"/a?b#c", "/a"}, {"http://h/x?y", "/x"}, {"http://h", "/"}, {"*", "*"}}) {
    head.target = target;
    CHECK(path_of(head) == path);
  }
}
