#include "storage/vector_store.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/error.h"
#include "storage/state_layout.h"

namespace cwrangler::storage {
namespace {

using nlohmann::json;

constexpr const char* kSchema = R"(
CREATE TABLE IF NOT EXISTS vectors (
  id TEXT PRIMARY KEY,
  namespace TEXT NOT NULL,
  vector BLOB NOT NULL,
  metadata TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS state (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  dimensions INTEGER NOT NULL,
  changes INTEGER NOT NULL,
  changed INTEGER NOT NULL
);
INSERT OR IGNORE INTO state VALUES (1, 0, 0, 0);
)";

constexpr const char* kColumns = "id, namespace, vector, metadata";

Connection open(const std::filesystem::path& file) {
  Connection connection(file);
  connection.execute(kSchema);
  return connection;
}

Blob bytes_of(const std::vector<float>& values) {
  Blob bytes(values.size() * sizeof(float));
  if (!values.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

/// A foreign file may hold anything.
std::vector<float> values_of(const SqlValue& value) {
  const auto* const bytes = std::get_if<Blob>(&value);
  if (bytes == nullptr) return {};
  std::vector<float> values(bytes->size() / sizeof(float));
  if (!values.empty()) std::memcpy(values.data(), bytes->data(), values.size() * sizeof(float));
  return values;
}

StoredVector vector_of(const Statement& row) {
  return {row.text(0), row.text(1), values_of(row.value(2)), row.text(3)};
}

/// Vectorize's score: https://developers.cloudflare.com/vectorize/best-practices/create-indexes/
/// For cosine more is nearer; for the others, of which dot-product is negated, less is.
double score_of(VectorMetric metric, const std::vector<float>& a, const std::vector<float>& b) {
  double dot = 0;
  double squares_a = 0;
  double squares_b = 0;
  double distance = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const double x = a[i];
    const double y = b[i];
    dot += x * y;
    squares_a += x * x;
    squares_b += y * y;
    distance += (x - y) * (x - y);
  }
  switch (metric) {
    case VectorMetric::cosine: {
      const double length = std::sqrt(squares_a) * std::sqrt(squares_b);
      return length == 0 ? 0 : dot / length;
    }
    case VectorMetric::euclidean:
      return std::sqrt(distance);
    case VectorMetric::dot_product:
      return -dot;
  }
  return 0;
}

std::string dimensions_problem(int64_t expected, size_t found) {
  return "expected " + std::to_string(expected) + " dimensions, and got " + std::to_string(found) +
         " dimensions";
}

/// The value under "a.b" or {"a": {"b": …}}; null where there is none.
json value_at(const json& object, const std::string& key) {
  if (!object.is_object()) return nullptr;
  if (const auto found = object.find(key); found != object.end()) return *found;
  for (size_t dot = key.find('.'); dot != std::string::npos; dot = key.find('.', dot + 1)) {
    const auto outer = object.find(key.substr(0, dot));
    if (outer != object.end()) return value_at(*outer, key.substr(dot + 1));
  }
  return nullptr;
}

bool is_comparable(const json& a, const json& b) {
  return (a.is_number() && b.is_number()) || (a.is_string() && b.is_string());
}

bool contains(const json& list, const json& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

bool passes(const json& value, const std::string& operation, const json& wanted) {
  if (operation == "$eq") return value == wanted;
  if (operation == "$ne") return value != wanted;
  if (operation == "$in") return contains(wanted, value);
  if (operation == "$nin") return !contains(wanted, value);
  if (!is_comparable(value, wanted)) return false;
  if (operation == "$lt") return value < wanted;
  if (operation == "$lte") return value <= wanted;
  if (operation == "$gt") return value > wanted;
  return value >= wanted;  // $gte; others were refused
}

}  // namespace

bool passes_filter(const std::string& metadata, const json& filter) {
  if (!filter.is_object()) return true;
  const json values = json::parse(metadata, nullptr, false);
  for (const auto& [key, condition] : filter.items()) {
    const json value = value_at(values, key);
    if (!condition.is_object()) {
      if (value != condition) return false;
      continue;
    }
    for (const auto& [operation, wanted] : condition.items()) {
      if (!passes(value, operation, wanted)) return false;
    }
  }
  return true;
}

VectorStore::VectorStore(const std::filesystem::path& state, std::string_view index)
    : connection_(open(vectorize_file(state, index))) {}

void VectorStore::note_change(int64_t now_ms) {
  Statement note =
      connection_.prepare("UPDATE state SET changes = changes + 1, changed = ?1 WHERE one = 1");
  note.bind(1, now_ms);
  note.step();
}

void VectorStore::put(const std::vector<StoredVector>& vectors, bool replace, int64_t now_ms) {
  Transaction transaction(connection_);
  int64_t dimensions = state().dimensions;
  Statement insert = connection_.prepare(
      std::string(replace ? "INSERT OR REPLACE" : "INSERT OR IGNORE") +
      " INTO vectors (id, namespace, vector, metadata) VALUES (?1, ?2, ?3, ?4)");
  for (const StoredVector& vector : vectors) {
    const auto length = static_cast<int64_t>(vector.values.size());
    if (dimensions == 0) {
      dimensions = length;
      Statement set = connection_.prepare("UPDATE state SET dimensions = ?1 WHERE one = 1");
      set.bind(1, dimensions);
      set.step();
    }
    if (length != dimensions) {
      throw Error("invalid vector for id=\"" + vector.id + "\", " +
                  dimensions_problem(dimensions, vector.values.size()));
    }
    insert.reset();
    insert.bind_text(1, vector.id);
    insert.bind_text(2, vector.space);
    insert.bind(3, bytes_of(vector.values));
    insert.bind_text(4, vector.metadata);
    insert.step();
  }
  note_change(now_ms);
  transaction.commit();
}

void VectorStore::remove(const std::vector<std::string>& ids, int64_t now_ms) {
  Transaction transaction(connection_);
  Statement remove = connection_.prepare("DELETE FROM vectors WHERE id = ?1");
  for (const std::string& id : ids) {
    remove.reset();
    remove.bind_text(1, id);
    remove.step();
  }
  note_change(now_ms);
  transaction.commit();
}

std::vector<StoredVector> VectorStore::find(const std::vector<std::string>& ids) {
  Statement find =
      connection_.prepare(std::string("SELECT ") + kColumns + " FROM vectors WHERE id = ?1");
  std::vector<StoredVector> found;
  for (const std::string& id : ids) {
    find.reset();
    find.bind_text(1, id);
    if (find.step()) found.push_back(vector_of(find));
  }
  return found;
}

std::vector<VectorMatch> VectorStore::query(const VectorQuery& query) {
  const int64_t dimensions = state().dimensions;
  if (dimensions != 0 && static_cast<int64_t>(query.values.size()) != dimensions) {
    throw Error("invalid query vector, " + dimensions_problem(dimensions, query.values.size()));
  }
  const bool more_is_nearer = query.metric == VectorMetric::cosine;
  const auto is_nearer = [more_is_nearer](const VectorMatch& a, const VectorMatch& b) {
    if (a.score == b.score) return a.vector.id < b.vector.id;
    return more_is_nearer ? a.score > b.score : a.score < b.score;
  };
  Statement rows = connection_.prepare(std::string("SELECT ") + kColumns +
                                       " FROM vectors WHERE ?1 IS NULL OR namespace = ?1");
  if (query.space) rows.bind_text(1, *query.space);
  // A heap whose first is the farthest of the nearest.
  std::vector<VectorMatch> nearest;
  while (rows.step()) {
    VectorMatch match{vector_of(rows), 0};
    if (match.vector.values.size() != query.values.size()) continue;
    if (!passes_filter(match.vector.metadata, query.filter)) continue;
    match.score = score_of(query.metric, query.values, match.vector.values);
    nearest.push_back(std::move(match));
    std::push_heap(nearest.begin(), nearest.end(), is_nearer);
    if (nearest.size() <= query.most) continue;
    std::pop_heap(nearest.begin(), nearest.end(), is_nearer);
    nearest.pop_back();
  }
  std::sort_heap(nearest.begin(), nearest.end(), is_nearer);
  return nearest;
}

VectorIndexState VectorStore::state() {
  Statement read = connection_.prepare(
      "SELECT (SELECT count(*) FROM vectors), dimensions, changes, changed FROM state");
  if (!read.step()) return {};
  return {read.integer(0), read.integer(1), read.integer(2), read.integer(3)};
}

}  // namespace cwrangler::storage
