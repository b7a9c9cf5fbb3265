#include "storage/vector_store.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "tests/unit/cli/temporary_folder.h"

using namespace cwrangler::storage;
using cwrangler::test::TemporaryFolder;
using nlohmann::json;

namespace {

std::vector<std::string> nearest(VectorStore& store, VectorMetric metric, size_t most = 10) {
  std::vector<std::string> ids;
  for (const VectorMatch& match : store.query({{1, 0}, metric, most, {}, nullptr})) {
    ids.push_back(match.vector.id);
  }
  return ids;
}

}  // namespace

TEST_CASE("vectors: each metric has its order") {
  const TemporaryFolder folder;
  VectorStore store(folder.path(), "index");
  store.put({{"near", "", {0.9F, 0.1F}, ""},
             {"long", "", {10, 10}, ""},
             {"same", "", {1, 0}, ""},
             {"opposite", "", {-1, 0}, ""}},
            false, 1);
  using Ids = std::vector<std::string>;
  CHECK(nearest(store, VectorMetric::cosine) == Ids{"same", "near", "long", "opposite"});
  CHECK(nearest(store, VectorMetric::euclidean) == Ids{"same", "near", "opposite", "long"});
  CHECK(nearest(store, VectorMetric::dot_product) == Ids{"long", "same", "near", "opposite"});
  CHECK(nearest(store, VectorMetric::euclidean, 2) == Ids{"same", "near"});
  const auto scored = store.query({{3, 4}, VectorMetric::euclidean, 1, {}, nullptr});
  CHECK(scored.at(0).vector.id == "near");
  CHECK(store.query({{2, 0}, VectorMetric::cosine, 1, {}, nullptr}).at(0).score ==
        doctest::Approx(1));
  CHECK(store.query({{2, 1}, VectorMetric::dot_product, 1, {}, nullptr}).at(0).score ==
        doctest::Approx(-30));
}

TEST_CASE("vectors: what does not fit is refused whole") {
  const TemporaryFolder folder;
  VectorStore store(folder.path(), "index");
  CHECK(store.state().dimensions == 0);
  CHECK(store.query({{1, 0}, VectorMetric::cosine, 5, {}, nullptr}).empty());
  store.put({{"a", "", {1, 0}, ""}}, false, 7);
  CHECK_THROWS_WITH(store.put({{"b", "", {1, 1}, ""}, {"c", "", {1, 2, 3}, ""}}, false, 8),
                    "invalid vector for id=\"c\", expected 2 dimensions, and got 3 dimensions");
  CHECK_THROWS_AS(store.query({{1}, VectorMetric::cosine, 5, {}, nullptr}), cwrangler::Error);
  const VectorIndexState state = store.state();
  CHECK(state.count == 1);
  CHECK(state.changes == 1);
  CHECK(state.changed_ms == 7);
}

TEST_CASE("vectors: to insert keeps what is there, to upsert replaces it") {
  const TemporaryFolder folder;
  VectorStore store(folder.path(), "index");
  store.put({{"a", "", {1, 0}, ""}}, false, 1);
  store.put({{"a", "", {0, 1}, ""}, {"b", "", {0, 1}, ""}}, false, 1);
  CHECK(store.find({"b", "none", "a"}).at(1).values == std::vector<float>{1, 0});
  store.put({{"a", "s", {0, 1}, "{}"}}, true, 1);
  CHECK(store.find({"a"}).at(0).values == std::vector<float>{0, 1});
  CHECK(store.query({{1, 0}, VectorMetric::cosine, 5, "s", nullptr}).size() == 1);
  store.remove({"a", "none"}, 1);
  CHECK(store.state().count == 1);
}

TEST_CASE("vectors: filters") {
  const std::string metadata = R"({"n": 5, "s": "b", "flag": true, "in": {"side": 1}, "a.b": 2})";
  const auto passes = [&metadata](const char* filter) {
    return passes_filter(metadata, json::parse(filter));
  };
  for (const char* filter :
       {R"({})", R"({"n": 5})", R"({"n": {"$eq": 5}})", R"({"s": {"$ne": "a"}})",
        R"({"n": {"$gte": 5, "$lt": 6}})", R"({"s": {"$gt": "a"}})",
        R"({"s": {"$in": ["a", "b"]}})", R"({"s": {"$nin": ["c"]}})", R"({"in.side": 1})",
        R"({"a.b": 2})", R"({"flag": true, "n": 5})", R"({"none": {"$ne": 1}})",
        R"({"n": {"$gt": 4.5}})"}) {
    CAPTURE(filter);
    CHECK(passes(filter));
  }
  for (const char* filter :
       {R"({"n": "5"})", R"({"n": {"$gt": 5}})", R"({"s": {"$lt": 5}})", R"({"none": {"$gt": 0}})",
        R"({"s": {"$in": []}})", R"({"s": {"$nin": ["b"]}})", R"({"in.none": 1})",
        R"({"flag": true, "n": 6})"}) {
    CAPTURE(filter);
    CHECK_FALSE(passes(filter));
  }
  CHECK_FALSE(passes_filter("", json::parse(R"({"n": 5})")));
  CHECK_FALSE(passes_filter("not JSON", json::parse(R"({"n": 5})")));
}
