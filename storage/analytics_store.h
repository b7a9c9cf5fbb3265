// A dataset of Analytics Engine: https://developers.cloudflare.com/analytics/analytics-engine/
//
// One SQLite file with one table, which has the dataset's name and the columns of the SQL API, so
// that its queries can be asked of the file with any SQLite client: timestamp (UTC,
// "YYYY-MM-DD HH:MM:SS"), dataset, _sample_interval (always 1: nothing is sampled here), index1,
// blob1 to blob20 (empty where not given), double1 to double20 (0 where not given).
//
// A store belongs to one thread at a time; several processes may have stores of one dataset.

#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "storage/sqlite.h"

namespace cwrangler::storage {

struct AnalyticsPoint {
  int64_t time_ms = 0;  ///< since 1970
  std::string index;
  std::vector<std::string> blobs;
  std::vector<double> doubles;
};

class AnalyticsStore {
 public:
  /// Of blobs, and of doubles, in one point.
  static constexpr size_t kColumns = 20;

  /// Opens the dataset below the folder of local state, and makes it when it is not there.
  AnalyticsStore(const std::filesystem::path& state, std::string_view dataset);

  /// All of the points, or none when it throws. They are on disk when it returns.
  void add(const std::vector<AnalyticsPoint>& points);

  Connection& connection() { return connection_; }

 private:
  const std::string dataset_;
  Connection connection_;
  Statement insert_;
};

}  // namespace cwrangler::storage
