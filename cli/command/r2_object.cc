// `cwrangler r2 object put|get|delete …`: one object of a bucket.

#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <boost/interprocess/file_mapping.hpp>
#include <boost/interprocess/mapped_region.hpp>
#include <cerrno>
#include <ctime>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/descriptor.h"
#include "cli/command/r2_command.h"
#include "cli/command/r2_remote.h"
#include "cli/terminal/progress.h"
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
  std::string storage_class;
  std::string jurisdiction;
  bool force = false;
};

bool is_on_account(const Flags& flags) {
  return is_remote(flags.location, DefaultLocation::local);
}

/// wrangler's, and the API's for one request.
constexpr std::uintmax_t kMostRemoteBytes = std::uintmax_t{300} << 20;

/// Objects of the account, with what is printed about them.
class AccountObjects {
 public:
  AccountObjects(const Flags& flags, const CommandContext& context)
      : config_(load_config_or_none(
            {context.options.directory, context.options.config_file, context.options.environment})),
        remote_(config_, context, flags.jurisdiction),
        jurisdiction_(flags.jurisdiction) {}

  RemoteR2& remote() { return remote_; }
  std::string full_name(const std::string& bucket) const {
    return jurisdiction_.empty() ? bucket : bucket + " (" + jurisdiction_ + ")";
  }

 private:
  const Config config_;
  RemoteR2 remote_;
  const std::string jurisdiction_;
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

std::vector<HttpHeader> object_headers(const Flags& flags) {
  std::vector<HttpHeader> headers;
  const auto add = [&headers](const char* name, const std::string& value) {
    if (!value.empty()) headers.push_back({name, value});
  };
  add("cache-control", flags.cache_control);
  add("content-disposition", flags.content_disposition);
  add("content-encoding", flags.content_encoding);
  add("content-language", flags.content_language);
  add("content-type", flags.content_type);
  add("expires", flags.expires);
  add("cf-r2-storage-class", flags.storage_class);
  if (!flags.force) add("cf-r2-data-catalog-check", "true");
  return headers;
}

/// Uploads a file without reading it into memory.
void put_file(const fs::path& path, const std::function<void(std::string_view)>& upload) {
  namespace interprocess = boost::interprocess;
  std::error_code missing;
  const std::uintmax_t size = fs::file_size(path, missing);
  if (missing) throw Error("The file \"" + path.string() + "\" does not exist, or cannot be read.");
  if (size > kMostRemoteBytes) {
    throw Error("One request takes files up to " + std::to_string(kMostRemoteBytes >> 20) +
                " MiB; " + path.string() + " has " + std::to_string(size >> 20) + " MiB.")
        .hint("Larger objects are uploaded in parts, through R2's S3 interface.");
  }
  if (size == 0) {
    upload({});
    return;
  }
  const interprocess::file_mapping file(path.c_str(), interprocess::read_only);
  const interprocess::mapped_region region(file, interprocess::read_only);
  upload({static_cast<const char*>(region.get_address()), region.get_size()});
}

int put_on_account(const Flags& flags, const CommandContext& context, const ObjectPath& path) {
  AccountObjects objects(flags, context);
  context.terminal.print("Resource location: remote\n");
  context.terminal.print(
      "Creating object \"" + path.key + "\"" +
      (flags.storage_class.empty() ? "" : " with " + flags.storage_class + " storage class") +
      " in bucket \"" + objects.full_name(path.bucket) + "\".");
  Progress progress(std::cerr, stderr_is_animated());
  progress.step("Uploading " + path.key);
  const auto upload = [&](std::string_view body) {
    objects.remote().put(path.bucket, path.key, body, object_headers(flags),
                         [&progress] { progress.tick(); });
  };
  if (flags.pipe) {
    upload(std::string(std::istreambuf_iterator<char>(std::cin), {}));
  } else {
    put_file(context.options.directory / flags.file, upload);
  }
  progress.clear();
  context.terminal.print("Upload complete.");
  return static_cast<int>(ExitCode::ok);
}

int put(const Flags& flags, const CommandContext& context) {
  const auto [name, key] = split(flags.path);
  if (flags.file.empty() == !flags.pipe) {
    throw Error("Either the --file or --pipe options are required.").exit_with(ExitCode::usage);
  }
  if (is_on_account(flags)) return put_on_account(flags, context, {name, key});
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

/// Where `r2 object get` writes: standard output, or a file that appears with its first byte.
class Output {
 public:
  Output(const Flags& flags, const CommandContext& context, const std::string& key)
      : pipe_(flags.pipe),
        path_(flags.pipe
                  ? fs::path("standard output")
                  : context.options.directory /
                        (flags.file.empty() ? fs::path(key).filename() : fs::path(flags.file))) {}

  void write(std::span<const uint8_t> bytes) {
    if (!pipe_ && !file_.valid()) open();
    storage::write_all(pipe_ ? STDOUT_FILENO : file_.get(), bytes, path_);
  }
  /// An empty object makes an empty file.
  void finish() {
    if (!pipe_ && !file_.valid()) open();
  }

 private:
  void open() {
    if (path_.has_parent_path()) fs::create_directories(path_.parent_path());
    file_ = Descriptor(::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (!file_.valid()) throw system_error("writing " + path_.string());
  }

  const bool pipe_;
  const fs::path path_;
  Descriptor file_;
};

int get_from_account(const Flags& flags, const CommandContext& context, const ObjectPath& path) {
  AccountObjects objects(flags, context);
  if (!flags.pipe) {
    context.terminal.print("Resource location: remote\n");
    context.terminal.print("Downloading \"" + path.key + "\" from \"" +
                           objects.full_name(path.bucket) + "\".");
  }
  Output output(flags, context, path.key);
  objects.remote().get(path.bucket, path.key, [&output](std::string_view piece) {
    output.write({reinterpret_cast<const uint8_t*>(piece.data()), piece.size()});
  });
  output.finish();
  if (!flags.pipe) context.terminal.print("Download complete.");
  return static_cast<int>(ExitCode::ok);
}

int get(const Flags& flags, const CommandContext& context) {
  const auto [name, key] = split(flags.path);
  if (is_on_account(flags)) return get_from_account(flags, context, {name, key});
  R2Bucket bucket(R2Project(flags.location, context).state, name);
  const auto found = bucket.get(key, {}, {});
  if (!found) {
    throw Error("The specified key does not exist.")
        .while_doing("reading \"" + key + "\" of the bucket \"" + name + "\"");
  }
  if (!flags.pipe) {
    context.terminal.print("Resource location: local\n");
    context.terminal.print("Downloading \"" + key + "\" from \"" + name + "\".");
  }
  Output output(flags, context, key);
  storage::R2Reader reader(found->pieces);
  while (reader.left() > 0) output.write(reader.read(kChunkBytes));
  output.finish();
  if (!flags.pipe) context.terminal.print("Download complete.");
  return static_cast<int>(ExitCode::ok);
}

int remove(const Flags& flags, const CommandContext& context) {
  const auto [name, key] = split(flags.path);
  if (is_on_account(flags)) {
    AccountObjects objects(flags, context);
    context.terminal.print("Resource location: remote\n");
    context.terminal.print("Deleting object \"" + key + "\" from bucket \"" +
                           objects.full_name(name) + "\".");
    objects.remote().remove_object(name, key, flags.force);
    context.terminal.print("Delete complete.");
    return static_cast<int>(ExitCode::ok);
  }
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
    command->add_option("-J,--jurisdiction", flags->jurisdiction,
                        "Where the bucket is bound to be: eu, fedramp");
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
  command->add_option("-s,--storage-class", flags->storage_class,
                      "Standard, InfrequentAccess (in the account)");
  command->add_flag("-y,--force", flags->force,
                    "Also where the bucket's data catalog would no longer fit");
  command = add("get", "Read an object", get);
  command->add_option("-f,--file", flags->file, "File to write; the key's last part by default");
  command->add_flag("-p,--pipe", flags->pipe, "Write to standard output");
  add("delete", "Delete an object", remove)
      ->add_flag("-y,--force", flags->force,
                 "Also where the bucket's data catalog would no longer fit");
}

}  // namespace cwrangler::cli
