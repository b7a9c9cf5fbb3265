#include <doctest/doctest.h>
#include <sys/resource.h>

#include <csignal>
#include <sstream>

#include "base/files.h"
#include "storage/d1_database.h"
#include "storage/d1_dump.h"
#include "storage/kv_store.h"
#include "storage/sql_script.h"
#include "storage/state_layout.h"
#include "tests/unit/cli/temporary_folder.h"

using namespace cwrangler;
using namespace cwrangler::storage;
using cwrangler::test::TemporaryFolder;

namespace {

std::vector<std::string> statements(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> found;
  for_each_statement(stream, [&](const std::string& sql) { found.push_back(sql); });
  return found;
}

Blob bytes(const std::string& text) {
  return Blob(text.begin(), text.end());
}

KvChange put(const std::string& key, const std::string& value,
             std::optional<int64_t> expiration = {}) {
  return {{{key, expiration, {}}, bytes(value)}, false};
}

std::vector<std::string> names(const std::vector<KvKey>& keys) {
  std::vector<std::string> found;
  for (const KvKey& key : keys) found.push_back(key.name);
  return found;
}

size_t files_in(const std::filesystem::path& folder) {
  size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder)) ++count;
  return count;
}

}  // namespace

TEST_CASE("state layout: file names are those of wrangler's objects") {
  // From states that wrangler has written.
  CHECK(object_id("miniflare-D1DatabaseObject", "408cddb7-e3f7-40d7-a4f7-33136a7fd3fa").size() ==
        64);
  CHECK(d1_file("/s/v3", "x").parent_path() == "/s/v3/d1/miniflare-D1DatabaseObject");
  CHECK(kv_blobs("/s/v3", "ns") == "/s/v3/kv/ns/blobs");
  CHECK(kv_blobs("/s/v3", "../../etc") == "/s/v3/kv/.._.._etc/blobs");
  CHECK(kv_blobs("/s/v3", "..") == "/s/v3/kv/__/blobs");
}

TEST_CASE("SQL script: statements end at semicolons that are none of a string's or a trigger's") {
  CHECK(statements("SELECT 1;  -- one; two\nSELECT ';' ; /* x; */ SELECT \"a;b\"") ==
        std::vector<std::string>{"SELECT 1", "SELECT ';'", "SELECT \"a;b\""});
  const std::string trigger =
      "CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE a SET x = 'it''s;'; DELETE FROM b; END";
  CHECK(statements(trigger + ";\nSELECT 2;") == std::vector<std::string>{trigger, "SELECT 2"});
  CHECK(statements(" \n-- nothing\n;;").empty());
}

TEST_CASE("SQL script: statements may cross the chunks in which the text is read") {
  std::string text;
  for (int i = 0; i < 30'000; ++i) {
    text += "INSERT INTO t VALUES ('" + std::to_string(i) + ";" + std::string(60, 'x') + "');\n";
  }
  REQUIRE(text.size() > 2 << 20);
  CHECK(statements(text).size() == 30'000);
}

TEST_CASE("D1 dump: makes the same database again") {
  const TemporaryFolder folder;
  D1Database source(folder.path() / "source.sqlite");
  source.run(
      {{"CREATE TABLE \"t\" (id INTEGER PRIMARY KEY AUTOINCREMENT, s TEXT, r REAL, b BLOB)", {}},
       {"CREATE INDEX i ON t (s)", {}},
       {"INSERT INTO t (s, r, b) VALUES (?, ?, ?), (NULL, 1, NULL)",
        {std::string("it's\ntwo\r\nlines"), 0.1, Blob{0, 255}}}});
  std::ostringstream text;
  dump_sql(source.connection(), {}, text);
  D1Database target(folder.path() / "target.sqlite");
  std::istringstream script(text.str());
  for_each_statement(script, [&](const std::string& sql) { target.run({{sql, {}}}); });
  const auto rows = [](D1Database& database) {
    return database.run({{"SELECT *, typeof(r) FROM t ORDER BY id", {}}}).front().cells;
  };
  CHECK(rows(target) == rows(source));
  CHECK(target.run({{"SELECT name FROM sqlite_schema WHERE name = 'i'", {}}}).front().row_count() ==
        1);
}

TEST_CASE("KV store: put, get, delete, across reopening") {
  const TemporaryFolder folder;
  {
    KvStore store(folder.path(), "ns");
    store.apply({put("a", "one"), put("b", "two"), put("a", "three")});
    CHECK(store.get("a", 0)->value == bytes("three"));
    store.apply({{{{"b", {}, {}}, {}}, true}});
    CHECK_FALSE(store.get("b", 0));
  }
  KvStore store(folder.path(), "ns");
  CHECK(store.get("a", 0)->value == bytes("three"));
  // Replaced and deleted values leave no files.
  CHECK(files_in(kv_blobs(folder.path(), "ns")) == 1);
}

TEST_CASE("KV store: list by prefix, in the order of UTF-8, from a key on") {
  const TemporaryFolder folder;
  KvStore store(folder.path(), "ns");
  store.apply({put("a:2", ""), put("a:1", ""), put("b", ""), put("a:\xf0\x9f\x98\x80", ""),
               put("a:\xef\xbf\xbd", ""), put("a", "")});
  CHECK(names(store.list("a:", "", 10, 0)) ==
        std::vector<std::string>{"a:1", "a:2", "a:\xef\xbf\xbd", "a:\xf0\x9f\x98\x80"});
  CHECK(names(store.list("a:", "a:1", 1, 0)) == std::vector<std::string>{"a:2"});
  CHECK(store.list("", "", 10, 0).size() == 6);
}

TEST_CASE("KV store: entries expire") {
  const TemporaryFolder folder;
  KvStore store(folder.path(), "ns");
  store.apply({put("soon", "x", 1000), put("late", "y", 5000)});
  CHECK(store.get("soon", 999));
  CHECK_FALSE(store.get("soon", 1000));
  CHECK(names(store.list("", "", 10, 2000)) == std::vector<std::string>{"late"});
  CHECK(files_in(kv_blobs(folder.path(), "ns")) == 1);
}

TEST_CASE("KV store: values whose files a loss of power took are there again") {
  const TemporaryFolder folder;
  {
    KvStore store(folder.path(), "ns");
    store.apply({put("lost", "value"), put("torn", "longer value")});
  }
  // As after a crash: one file is gone, the other has lost its end.
  for (const auto& entry : std::filesystem::directory_iterator(kv_blobs(folder.path(), "ns"))) {
    if (std::filesystem::file_size(entry) == 5) {
      std::filesystem::remove(entry);
    } else {
      std::filesystem::resize_file(entry, 3);
    }
  }
  KvStore store(folder.path(), "ns");
  CHECK(store.get("lost", 0)->value == bytes("value"));
  CHECK(store.get("torn", 0)->value == bytes("longer value"));
}

TEST_CASE("KV store: a full disk fails the write and keeps what was there") {
  const TemporaryFolder folder;
  KvStore store(folder.path(), "ns");
  store.apply({put("a", "before")});
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit limit{64 << 10, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &limit);
  CHECK_THROWS_AS(store.apply({put("a", std::string(1 << 20, 'x'))}), Error);
  ::setrlimit(RLIMIT_FSIZE, &before);
  CHECK(store.get("a", 0)->value == bytes("before"));
  CHECK(files_in(kv_blobs(folder.path(), "ns")) == 1);
}

TEST_CASE("KV store: the log of unsynced values is trimmed") {
  const TemporaryFolder folder;
  KvStore store(folder.path(), "ns");
  std::vector<KvChange> changes;
  for (int i = 0; i < 600; ++i) changes.push_back(put("k" + std::to_string(i), "v"));
  store.apply(changes);
  Statement count = store.connection().prepare("SELECT count(*) FROM _cwrangler_unsynced");
  REQUIRE(count.step());
  CHECK(count.integer(0) == 0);
}
