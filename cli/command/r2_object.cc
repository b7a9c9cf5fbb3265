// `cwrangler r2 object put|get|delete …`: one object of a bucket.

#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cerrno>
#include <ctime>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/descriptor.h"
#include "cli/command/r2_command.h"
#include "storage/blob_files.h"

namespace cwrangler::cli {
namespace {

namespace fs = std::filesystem;
using storage::R2Bucket;

constexpr size_t kChunkBytes = 1 << 20;

struct Flags {
  LocationFlags location;
  std::string path;
  std::string file;
  bool pipe = false;
  std::string content_type;
  std::string content_disposition;
  std::string content_encoding;
  std::string content_language;
  std::string cache_control;
  std::string expires;
};

struct ObjectPath {
  std::string bucket;
  std::string key;
};

ObjectPath split(const std::string& path) {
  const size_t slash = path.find('/');
  if (slash == std::string::npos || slash + 1 == path.size()) {
    throw Error("The object path must be in the form of {bucket}/{key} you provided " + path)
        .exit_with(ExitCode::usage);
  }
  ObjectPath parts{path.substr(0, slash), path.substr(slash + 1)};
  check_bucket_name(parts.bucket);
  return parts;
}

/// Milliseconds since 1970 of "Wed, 21 Oct 2026 07:28:00 GMT" or "2026-10-21T07:28:00Z".
int64_t milliseconds_of(const std::string& date) {
  for (const char* format : {"%a, %d %b %Y %H:%M:%S GMT", "%Y-%m-%dT%H:%M:%SZ"}) {
    std::tm time{};
    const char* const end = ::strptime(date.c_str(), format, &time);
    if (end != nullptr && *end == '\0') return static_cast<int64_t>(::timegm(&time)) * 1000;
  }
  throw Error("--expires: \"" + date + "\" is not a date")
      .exit_with(ExitCode::usage)
      .hint("Write it as in the header: \"Wed, 21 Oct 2026 07:28:00 GMT\".");
}

std::string http_metadata(const Flags& flags) {
  nlohmann::json metadata = nlohmann::json::object();
  const auto add = [&metadata](const char* field, const std::string& value) {
    if (!value.empty()) metadata[field] = value;
  };
  add("contentType", flags.content_type);
  add("contentDisposition", flags.content_disposition);
  add("contentEncoding", flags.content_encoding);
  add("contentLanguage", flags.content_language);
  add("cacheControl", flags.cache_control);
  if (!flags.expires.empty()) metadata["cacheExpiry"] = milliseconds_of(flags.expires);
  return metadata.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

int put(const Flags& flags, const CommandContext& context) {
  require_local(flags.location, DefaultLocation::local, "r2 object put");
  const auto [name, key] = split(flags.path);
  if (flags.file.empty() == !flags.pipe) {
    throw Error("Either the --file or --pipe options are required.").exit_with(ExitCode::usage);
  }
  storage::R2Object object;
  object.key = key;
  object.http_metadata = http_metadata(flags);
  const fs::path path =
      flags.pipe ? fs::path("standard input") : context.options.directory / flags.file;
  const Descriptor opened(flags.pipe ? -1 : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!flags.pipe && !opened.valid()) throw system_error("reading " + path.string());
  const int input = flags.pipe ? STDIN_FILENO : opened.get();

  context.terminal.print("Resource location: local\n");
  context.terminal.print("Creating object \"" + key + "\" in bucket \"" + name + "\".");
  R2Bucket bucket(R2Project(flags.location, context).state, name);
  storage::R2Upload upload(bucket.folders());
  std::vector<uint8_t> chunk(kChunkBytes);
  for (;;) {
    const ssize_t count = ::read(input, chunk.data(), chunk.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw system_error("reading " + path.string());
    if (count == 0) break;
    upload.write(std::span(chunk).first(static_cast<size_t>(count)));
  }
  upload.finish();
  bucket.put(object, upload, {});
  context.terminal.print("Upload complete.");
  return static_cast<int>(ExitCode::ok);
}

int get(const Flags& flags, const CommandContext& context) {
  require_local(flags.location, DefaultLocation::local, "r2 object get");
  const auto [name, key] = split(flags.path);
  R2Bucket bucket(R2Project(flags.location, context).state, name);
  const auto found = bucket.get(key, {}, {});
  if (!found) {
    throw Error("The specified key does not exist.")
        .while_doing("reading \"" + key + "\" of the bucket \"" + name + "\"");
  }
  const fs::path file = context.options.directory /
                        (flags.file.empty() ? fs::path(key).filename() : fs::path(flags.file));
  Descriptor created;
  if (!flags.pipe) {
    context.terminal.print("Resource location: local\n");
    context.terminal.print("Downloading \"" + key + "\" from \"" + name + "\".");
    created = Descriptor(::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (!created.valid()) throw system_error("writing " + file.string());
  }
  storage::R2Reader reader(found->pieces);
  while (reader.left() > 0) {
    storage::write_all(flags.pipe ? STDOUT_FILENO : created.get(), reader.read(kChunkBytes),
                       flags.pipe ? fs::path("standard output") : file);
  }
  if (!flags.pipe) context.terminal.print("Download complete.");
  return static_cast<int>(ExitCode::ok);
}

int remove(const Flags& flags, const CommandContext& context) {
  require_local(flags.location, DefaultLocation::local, "r2 object delete");
  const auto [name, key] = split(flags.path);
  context.terminal.print("Resource location: local\n");
  context.terminal.print("Deleting object \"" + key + "\" from bucket \"" + name + "\".");
  R2Bucket(R2Project(flags.location, context).state, name).remove({key});
  context.terminal.print("Delete complete.");
  return static_cast<int>(ExitCode::ok);
}

}  // namespace

void add_r2_object_command(CLI::App& r2, CommandContext& context) {
  auto flags = std::make_shared<Flags>();
  CLI::App* group = r2.add_subcommand("object", "One object of a bucket");
  group->require_subcommand(1);
  const auto add = [&](const std::string& name, const std::string& help,
                       int (*action)(const Flags&, const CommandContext&)) {
    CLI::App* command = group->add_subcommand(name, help);
    command->add_option("objectPath", flags->path, "BUCKET/KEY")->required();
    add_location_flags(*command, flags->location);
    command->callback([flags, &context, action] {
      context.run = [flags, &context, action] { return action(*flags, context); };
    });
    return command;
  };
  CLI::App* command = add("put", "Store an object", put);
  command->add_option("-f,--file", flags->file, "File with its content");
  command->add_flag("-p,--pipe", flags->pipe, "Take the content from standard input");
  command->add_option("--content-type,--ct", flags->content_type, "Content-Type");
  command->add_option("--content-disposition,--cd", flags->content_disposition,
                      "Content-Disposition");
  command->add_option("--content-encoding,--ce", flags->content_encoding, "Content-Encoding");
  command->add_option("--content-language,--cl", flags->content_language, "Content-Language");
  command->add_option("--cache-control,--cc", flags->cache_control, "Cache-Control");
  command->add_option("--expires", flags->expires, "Expires, a date");
  command = add("get", "Read an object", get);
  command->add_option("-f,--file", flags->file, "File to write; the key's last part by default");
  command->add_flag("-p,--pipe", flags->pipe, "Write to standard output");
  add("delete", "Delete an object", remove);
}

}  // namespace cwrangler::cli
