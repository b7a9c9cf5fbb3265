#include "storage/analytics_store.h"

#include <ctime>

#include "base/error.h"
#include "storage/state_layout.h"

namespace cwrangler::storage {
namespace {

/// A name as SQL has it, whatever is in it.
std::string quoted(std::string_view name) {
  std::string text = "\"";
  for (const char c : name) {
    text += c;
    if (c == '"') text += c;
  }
  return text + "\"";
}

/// ", blob1 TEXT NOT NULL, …" or ", blob1, …".
std::string columns(const std::string& name, const std::string& type) {
  std::string text;
  for (size_t i = 1; i <= AnalyticsStore::kColumns; ++i) {
    text += ", " + name + std::to_string(i) + type;
  }
  return text;
}

Connection open(const std::filesystem::path& file, std::string_view dataset) {
  Connection connection(file);
  connection.execute("CREATE TABLE IF NOT EXISTS " + quoted(dataset) +
                     " (timestamp TEXT NOT NULL, dataset TEXT NOT NULL, _sample_interval INTEGER "
                     "NOT NULL, index1 TEXT NOT NULL" +
                     columns("blob", " TEXT NOT NULL") + columns("double", " REAL NOT NULL") + ")");
  return connection;
}

std::string insertion(std::string_view dataset) {
  std::string values = "?, ?, 1, ?";
  for (size_t i = 0; i < 2 * AnalyticsStore::kColumns; ++i) values += ", ?";
  return "INSERT INTO " + quoted(dataset) + " (timestamp, dataset, _sample_interval, index1" +
         columns("blob", "") + columns("double", "") + ") VALUES (" + values + ")";
}

std::string timestamp(int64_t milliseconds) {
  const std::time_t seconds = milliseconds / 1000;
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  std::string text(32, '\0');
  text.resize(std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &utc));
  return text;
}

}  // namespace

AnalyticsStore::AnalyticsStore(const std::filesystem::path& state, std::string_view dataset)
    : dataset_(dataset),
      connection_(open(analytics_file(state, dataset), dataset)),
      insert_(connection_.prepare(insertion(dataset))) {}

void AnalyticsStore::add(const std::vector<AnalyticsPoint>& points) {
  Transaction transaction(connection_);
  for (const AnalyticsPoint& point : points) {
    if (point.blobs.size() > kColumns || point.doubles.size() > kColumns) {
      throw Error("a data point has more blobs or doubles than columns");
    }
    insert_.reset();
    int position = 0;
    insert_.bind_text(++position, timestamp(point.time_ms));
    insert_.bind_text(++position, dataset_);
    insert_.bind_text(++position, point.index);
    for (size_t i = 0; i < kColumns; ++i) {
      insert_.bind_text(++position, i < point.blobs.size() ? point.blobs[i] : "");
    }
    for (size_t i = 0; i < kColumns; ++i) {
      insert_.bind(++position, i < point.doubles.size() ? point.doubles[i] : 0.0);
    }
    insert_.step();
  }
  transaction.commit();
}

}  // namespace cwrangler::storage
