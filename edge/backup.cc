#include "edge/backup.h"

#include <sqlite3.h>

#include <vector>

#include "base/error.h"
#include "cli/local/file_archive.h"
#include "edge/store/accounts.h"
#include "edge/store/workers.h"
#include "storage/sqlite.h"

namespace cwrangler::edge {
namespace {

namespace fs = std::filesystem;

constexpr const char* kManifest = "cwrangler-edge-backup.json";
constexpr size_t kLongestManifest = 4096;
constexpr int kFormat = 1;

/// Removed with all that is in it at the end.
class ScratchFolder {
 public:
  explicit ScratchFolder(const fs::path& beside) : path_(beside.string() + "." + random_hex(8)) {
    fs::create_directories(path_);
    fs::permissions(path_, fs::perms::owner_all);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  ~ScratchFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }

 private:
  const fs::path path_;
};

bool is_part_of_database(const std::string& name) {
  return name.ends_with("-wal") || name.ends_with("-shm") || name.ends_with("-journal");
}

/// What is made again, or belongs to a running process.
bool is_passing(const fs::path& relative) {
  const std::string name = relative.filename().string();
  if (relative == "lock" || *relative.begin() == "run" || *relative.begin() == "cache" ||
      name.ends_with(".lock") || is_part_of_database(name))
    return true;
  const auto begin = relative.begin();
  // accounts/ID/assets: links to blobs.
  return std::distance(begin, relative.end()) > 2 && *begin == "accounts" &&
         *std::next(begin, 2) == "assets";
}

/// The database as it is at this moment, whoever writes to it.
void copy_database(const fs::path& from, const fs::path& to) {
  storage::Connection source(from);
  storage::Statement vacuum = source.prepare("VACUUM INTO ?");
  vacuum.bind_text(1, to.string());
  vacuum.step();
}

std::string entry_name(const fs::path& relative) {
  return "edge/" + relative.generic_string();
}

}  // namespace

void write_backup(const fs::path& folder, const fs::path& archive) {
  if (!fs::exists(folder / "edge.sqlite")) {
    throw Error("there is no endpoint's data in " + folder.string()).while_doing("backing up");
  }
  if (fs::exists(archive)) {
    throw Error("there is a file of this name already").while_doing("writing " + archive.string());
  }
  cli::ArchiveWriter writer(archive);
  writer.add_text(kManifest,
                  Json({{"format", kFormat}, {"created", api_time(now_ms())}}).dump() + "\n");
  const ScratchFolder scratch(archive);
  // The records first: what they name is never removed while they do, and is added before them.
  const auto add = [&](const fs::path& relative) {
    if (relative.extension() == ".sqlite") {
      const fs::path copy = scratch.path() / "copy.sqlite";
      copy_database(folder / relative, copy);
      writer.add_file(entry_name(relative), copy);
      fs::remove(copy);
    } else {
      writer.add_file(entry_name(relative), folder / relative);
    }
  };
  add("edge.sqlite");
  std::vector<fs::path> values;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const fs::path relative = entry.path().lexically_relative(folder);
    if (!entry.is_regular_file() || is_passing(relative) || relative == "edge.sqlite") continue;
    // Rows before the values that they name, here as well.
    if (relative.extension() == ".sqlite") {
      add(relative);
    } else {
      values.push_back(relative);
    }
  }
  for (const fs::path& relative : values) {
    // A value that went meanwhile is named by no row that was copied after it; one that a copied
    // row names and a later change has removed is missing, as after a deletion.
    if (fs::exists(folder / relative)) add(relative);
  }
  writer.finish();
}

void read_backup(const fs::path& archive, const fs::path& folder) {
  if (fs::exists(folder) && !fs::is_empty(folder)) {
    throw Error(folder.string() + " is not empty")
        .while_doing("restoring a backup")
        .hint("Move it away, or choose another folder with --data.");
  }
  cli::ArchiveReader reader(archive);
  if (!reader.next() || reader.name() != kManifest) {
    throw Error(archive.string() + " is no backup of an endpoint");
  }
  const Json manifest = Json::parse(reader.text(kLongestManifest), nullptr, false);
  if (!manifest.is_object() || manifest.value("format", 0) != kFormat) {
    throw Error(archive.string() + " is a backup of a format that this version does not read");
  }
  fs::create_directories(fs::absolute(folder).parent_path());
  const ScratchFolder scratch(folder);
  const fs::path staged = scratch.path() / "edge";
  while (reader.next()) {
    const fs::path name = reader.name();
    if (*name.begin() != "edge") throw Error("the backup holds a foreign file, " + name.string());
    const fs::path target = scratch.path() / name;
    fs::create_directories(target.parent_path());
    reader.extract(target);
    fs::permissions(target, fs::perms::owner_read | fs::perms::owner_write);
  }
  if (!fs::exists(staged / "edge.sqlite") || !fs::exists(staged / "secrets.key")) {
    throw Error("the backup is incomplete").while_doing("restoring " + archive.string());
  }
  fs::remove(folder);
  fs::rename(staged, folder);
}

}  // namespace cwrangler::edge
