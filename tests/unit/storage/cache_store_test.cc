#include "storage/cache_store.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "storage/state_layout.h"
#include "tests/unit/cli/temporary_folder.h"

using namespace cwrangler::storage;
using cwrangler::test::TemporaryFolder;

namespace {

void put(CacheStore& store, const std::string& key, const std::string& text, int64_t expiration) {
  R2Upload body(store.folders());
  body.write({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  body.finish();
  store.put(key, body, "{}", expiration);
}

std::string text_of(std::optional<CacheEntry> entry) {
  if (!entry) return "nothing";
  const Blob bytes = entry->body->read(1000);
  return std::string(bytes.begin(), bytes.end());
}

size_t files_of(const CacheStore& store) {
  return static_cast<size_t>(
      std::distance(std::filesystem::directory_iterator(store.folders().blobs), {}));
}

}  // namespace

TEST_CASE("cache: an entry ends when it expires, and is swept") {
  const TemporaryFolder folder;
  CacheStore store(folder.path(), "default");
  put(store, "a", "first", 100);
  put(store, "b", "other", 200);
  CHECK(text_of(store.find("a", 99)) == "first");
  CHECK(text_of(store.find("a", 100)) == "nothing");
  CHECK_FALSE(store.remove("a", 100));
  put(store, "a", "again", 100);
  store.sweep(150);
  CHECK(files_of(store) == 1);
  CHECK(text_of(store.find("b", 150)) == "other");
  CHECK(store.remove("b", 150));
  CHECK_FALSE(store.remove("b", 150));
  CHECK(files_of(store) == 0);
}

TEST_CASE("cache: a body can be read after its entry was replaced") {
  const TemporaryFolder folder;
  CacheStore store(folder.path(), "named:a");
  put(store, "k", "0123456789", 100);
  const std::optional<CacheEntry> found = store.find("k", 0);
  put(store, "k", "new", 100);
  REQUIRE(found);
  found->body->skip(3);
  CHECK(found->body->left() == 7);
  CHECK(found->body->read(2) == Blob{'3', '4'});
  found->body->skip(100);
  CHECK(found->body->read(2).empty());
  CHECK(text_of(store.find("k", 0)) == "new");
  CHECK(files_of(store) == 1);
  CHECK(CacheStore(folder.path(), "named:b").find("k", 0) == std::nullopt);
}

TEST_CASE("cache: a row of a foreign file leads nowhere else") {
  const TemporaryFolder folder;
  CacheStore store(folder.path(), "../../out");
  CHECK(store.folders().blobs.parent_path().parent_path() == folder.path() / "cache");
  put(store, "k", "value", 100);
  store.connection().execute("UPDATE _mf_entries SET blob_id = '../../../etc/passwd'");
  CHECK(text_of(store.find("k", 0)) == "nothing");
  CHECK(store.remove("k", 0));
}

TEST_CASE("cache: what was cut off while it was written is removed") {
  const TemporaryFolder folder;
  std::string left;
  {
    const CacheStore store(folder.path(), "default");
    left = std::string(64, 'a') + "0123456789abcdef";
    for (const auto& path : {store.folders().blobs / left, store.folders().pending / left}) {
      std::fclose(std::fopen(path.c_str(), "w"));
    }
  }
  CacheStore store(folder.path(), "default");
  CHECK(files_of(store) == 0);
  CHECK(std::filesystem::is_empty(store.folders().pending));
}
