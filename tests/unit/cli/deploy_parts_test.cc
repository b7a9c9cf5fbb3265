#include <doctest/doctest.h>

#include "cli/api/base64.h"
#include "cli/deploy/blake3.h"
#include "cli/deploy/deployment.h"
#include "cli/deploy/ignore_rules.h"
#include "cli/deploy/migrations.h"

namespace cwrangler::cli {
namespace {

TEST_CASE("BLAKE3 agrees with the reference's vectors") {
  // The input of the official vectors: bytes that count from 0 to 250 again and again.
  const auto input = [](size_t length) {
    std::string bytes(length, '\0');
    for (size_t i = 0; i < length; ++i) bytes[i] = static_cast<char>(i % 251);
    return bytes;
  };
  CHECK(blake3_hex("") == "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262");
  CHECK(blake3_hex(input(1024)) ==
        "42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7");
  CHECK(blake3_hex(input(1025)) ==
        "d00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444");
  CHECK(blake3_hex(input(31744)) ==
        "62b6960e1a44bcc1eb1a611a8d6235b6b4b78f32e7abc4fb4c6cdcce94895c47");
  CHECK(blake3_hex(input(102400)) ==
        "bc3e3d41a1146b069abffad3c0d44860cf664390afce4d9661f7902e7943e085");
}

TEST_CASE("an asset's hash is that of its base64 and its ending") {
  CHECK(blake3_hex(base64("<h1>hi</h1>\n") + "html").substr(0, 32) ==
        "17453d0cfb9bacc76d9f30d3cb9ca048");
}

TEST_CASE("base64") {
  CHECK(base64("") == "");
  CHECK(base64("a") == "YQ==");
  CHECK(base64("ab") == "YWI=");
  CHECK(base64("abc\xff") == "YWJj/w==");
  CHECK(from_base64url("eyJhIjoxfQ") == R"({"a":1})");
  CHECK(from_base64url("_w=rest") == "\xff");
}

TEST_CASE(".assetsignore has the patterns of .gitignore") {
  const IgnoreRules rules(
      "# comment\n\n*.map\nbuild/\n/top.txt\nsub/*.tmp\n!keep.map\ndeep/**/x\n\\#odd\n[ab].c\r\n");
  CHECK(rules.ignores("a.map"));
  CHECK(rules.ignores("some/folder/a.map"));
  CHECK_FALSE(rules.ignores("keep.map"));
  CHECK(rules.ignores("build/x/y"));
  CHECK(rules.ignores("any/build/x"));
  CHECK_FALSE(rules.ignores("build"));
  CHECK(rules.ignores("top.txt"));
  CHECK_FALSE(rules.ignores("sub/top.txt"));
  CHECK(rules.ignores("sub/a.tmp"));
  CHECK_FALSE(rules.ignores("other/sub/a.tmp"));
  CHECK(rules.ignores("deep/x"));
  CHECK(rules.ignores("deep/a/b/x/file"));
  CHECK(rules.ignores("#odd"));
  CHECK(rules.ignores("b.c"));
  CHECK_FALSE(rules.ignores("c.c"));
  CHECK_FALSE(rules.ignores("comment"));
}

TEST_CASE("hostile ignore files take no time") {
  const IgnoreRules rules(std::string(2000, '*') + "x\n[\n[!\n" + std::string(300, '/') + "\n!\n");
  CHECK_FALSE(rules.ignores(std::string(20000, 'a')));
}

nlohmann::json steps(std::initializer_list<const char*> tags) {
  nlohmann::json list = nlohmann::json::array();
  for (const char* tag : tags) list.push_back({{"tag", tag}, {"new_classes", {tag}}});
  return list;
}

TEST_CASE("migrations go on from the tag that the Worker has") {
  const std::vector<nlohmann::json> configured = steps({"v1", "v2", "v3"});
  const PendingMigrations all = pending_migrations(configured, "");
  REQUIRE(all.metadata);
  CHECK_FALSE(all.metadata->contains("old_tag"));
  CHECK((*all.metadata)["new_tag"] == "v3");
  CHECK((*all.metadata)["steps"].size() == 3);
  CHECK_FALSE((*all.metadata)["steps"][0].contains("tag"));
  const PendingMigrations rest = pending_migrations(configured, "v2");
  CHECK((*rest.metadata)["old_tag"] == "v2");
  CHECK((*rest.metadata)["steps"].size() == 1);
  CHECK_FALSE(pending_migrations(configured, "v3").metadata);
  CHECK_FALSE(pending_migrations({}, "v3").metadata);
  const PendingMigrations unknown = pending_migrations(configured, "gone");
  CHECK((*unknown.metadata)["old_tag"] == "gone");
  CHECK((*unknown.metadata)["steps"].size() == 3);
  CHECK(unknown.warning.find("\"gone\"") != std::string::npos);
}

TEST_CASE("ids are shown with hyphens") {
  CHECK(hyphenated("0c2a3c5b35665cf0889ffcc4b1a71767") == "0c2a3c5b-3566-5cf0-889f-fcc4b1a71767");
  CHECK(hyphenated("short") == "short");
}

}  // namespace
}  // namespace cwrangler::cli
