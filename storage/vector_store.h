// A Vectorize index: https://developers.cloudflare.com/vectorize/
//
// One SQLite file with a table of vectors. A query looks at every vector: exact, and quick for what
// fits a local run. The first vector decides the number of dimensions.
//
// A store belongs to one thread at a time; several processes may have stores of one index.

#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/sqlite.h"

namespace cwrangler::storage {

enum class VectorMetric { cosine, euclidean, dot_product };

struct StoredVector {
  std::string id;
  std::string space;  ///< the namespace; empty: none
  std::vector<float> values;
  std::string metadata;  ///< JSON object; empty: none
};

struct VectorMatch {
  StoredVector vector;
  double score = 0;
};

struct VectorQuery {
  std::vector<float> values;
  VectorMetric metric = VectorMetric::cosine;
  size_t most = 5;
  std::optional<std::string> space;
  nlohmann::json filter;  ///< {key: value | {"$op": value}}; null: none
};

struct VectorIndexState {
  int64_t count = 0;
  int64_t dimensions = 0;  ///< 0: no vector yet
  int64_t changes = 0;     ///< how often something was changed
  int64_t changed_ms = 0;  ///< since 1970
};

class VectorStore {
 public:
  /// Opens the index below the folder of local state, and makes it when it is not there.
  VectorStore(const std::filesystem::path& state, std::string_view index);

  /// All of the vectors, or none when it throws; `replace`: also those whose id is there. Throws
  /// Error with Vectorize's words for a vector of another number of dimensions.
  void put(const std::vector<StoredVector>& vectors, bool replace, int64_t now_ms);
  void remove(const std::vector<std::string>& ids, int64_t now_ms);

  /// In the order of the ids; those that are not there are left out.
  std::vector<StoredVector> find(const std::vector<std::string>& ids);

  /// The nearest first. Throws Error for a vector of another number of dimensions.
  std::vector<VectorMatch> query(const VectorQuery& query);

  VectorIndexState state();

  Connection& connection() { return connection_; }

 private:
  void note_change(int64_t now_ms);

  Connection connection_;
};

/// Whether metadata (JSON object, empty: none) passes a filter. Dots in keys lead into nested
/// objects. https://developers.cloudflare.com/vectorize/reference/metadata-filtering/
bool passes_filter(const std::string& metadata, const nlohmann::json& filter);

}  // namespace cwrangler::storage
