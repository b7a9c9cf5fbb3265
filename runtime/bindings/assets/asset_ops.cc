// A folder of static files for JavaScript:
//
//   assetOpen(folder) → handle
//   assetFind(handle, path) → undefined | [size, tag]; only for regular files. `path` begins with
//       a slash and is relative to the folder; the tag changes when the file does
//   assetRead(handle, path, position, length) → Promise<Uint8Array>, shorter at the file's end
//   assetText(handle, path) → string, at once: for the small files of rules
//
// A path with a part "..", or one that leads out of the folder otherwise, finds nothing.

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "base/descriptor.h"
#include "base/error.h"
#include "runtime/bindings/arguments.h"
#include "runtime/bindings/op_tables.h"
#include "runtime/engine/work_thread.h"
#include "runtime/web/delivery.h"

namespace cwrangler::bindings {
namespace {

using engine::Call;
using engine::Isolate;
using engine::PendingPromise;
using engine::ScriptScope;
using web::Delivery;

/// `_headers` and `_redirects` of this size are no such files.
constexpr size_t kLargestText = 4 << 20;

class Folder {
 public:
  explicit Folder(const std::string& path)
      : folder_(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)), path_(path) {
    if (!folder_.valid()) throw system_error("opening the folder of assets " + path);
  }

  /// Below the folder only, symbolic links included.
  Descriptor open(std::string_view path, uint64_t flags) const {
    open_how how{};
    how.flags = flags | O_CLOEXEC;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
    path.remove_prefix(std::min(path.find_first_not_of('/'), path.size()));
    const std::string relative(path);
    // A NUL would end the name early, and name another file.
    if (relative.empty() || relative.find('\0') != std::string::npos) {
      return Descriptor();
    }
    return Descriptor(static_cast<int>(
        ::syscall(SYS_openat2, folder_.get(), relative.c_str(), &how, sizeof how)));
  }

  const std::string& path() const { return path_; }

 private:
  const Descriptor folder_;
  const std::string path_;
};

std::vector<uint8_t> read_at(const Folder& folder, const std::string& path, int64_t position,
                             size_t length) {
  const Descriptor file = folder.open(path, O_RDONLY);
  if (!file.valid()) throw system_error("reading the asset " + path);
  std::vector<uint8_t> bytes(length);
  size_t done = 0;
  while (done < length) {
    const ssize_t count = ::pread(file.get(), bytes.data() + done, length - done,
                                  static_cast<off_t>(position) + static_cast<off_t>(done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw system_error("reading the asset " + path);
    if (count == 0) break;
    done += static_cast<size_t>(count);
  }
  bytes.resize(done);
  return bytes;
}

/// State of an isolate: the folders it has opened, by handle, and who reads them.
struct Assets {
  std::vector<std::shared_ptr<const Folder>> folders;
  std::unique_ptr<engine::WorkThread> reader;
};

const std::shared_ptr<const Folder>& folder_of(Call call) {
  const auto& folders = Isolate::from(call).state<Assets>().folders;
  return folders.at(static_cast<size_t>(integer_argument(call, 0)));
}

void asset_open(Call call) {
  Assets& assets = Isolate::from(call).state<Assets>();
  assets.folders.push_back(std::make_shared<const Folder>(text_argument(call, 0)));
  if (!assets.reader) assets.reader = std::make_unique<engine::WorkThread>();
  call.GetReturnValue().Set(static_cast<uint32_t>(assets.folders.size() - 1));
}

void asset_find(Call call) {
  const Descriptor file = folder_of(call)->open(text_argument(call, 1), O_PATH);
  struct stat status;
  if (!file.valid() || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) return;
  char tag[64];
  std::snprintf(tag, sizeof tag, "%llx%09lx-%llx",
                static_cast<unsigned long long>(status.st_mtim.tv_sec),
                static_cast<unsigned long>(status.st_mtim.tv_nsec),
                static_cast<unsigned long long>(status.st_size));
  v8::Isolate* const isolate = call.GetIsolate();
  v8::Local<v8::Value> found[] = {v8::Number::New(isolate, static_cast<double>(status.st_size)),
                                  engine::to_string(isolate, tag)};
  call.GetReturnValue().Set(v8::Array::New(isolate, found, std::size(found)));
}

void asset_read(Call call) {
  const auto folder = folder_of(call);
  std::string path = text_argument(call, 1);
  const int64_t position = integer_argument(call, 2);
  const auto length = static_cast<size_t>(integer_argument(call, 3));
  Isolate& isolate = Isolate::from(call);
  const Delivery::Reply reply = isolate.state<Delivery>().promise(call);
  isolate.state<Assets>().reader->post([=, path = std::move(path)] {
    try {
      auto bytes = std::make_shared<std::vector<uint8_t>>(read_at(*folder, path, position, length));
      reply.send([bytes](ScriptScope& scope, PendingPromise& promise) {
        promise.resolve(engine::move_to_uint8array(scope.v8(), std::move(*bytes)));
      });
    } catch (const std::exception& error) {
      reply.fail(error.what());
    }
  });
}

void asset_text(Call call) {
  const auto bytes = read_at(*folder_of(call), text_argument(call, 1), 0, kLargestText);
  call.GetReturnValue().Set(engine::to_string(
      call.GetIsolate(), {reinterpret_cast<const char*>(bytes.data()), bytes.size()}));
}

constexpr std::array<engine::Op, 4> kOps{{
    {"assetOpen", engine::op<asset_open>},
    {"assetFind", engine::op<asset_find>},
    {"assetRead", engine::op<asset_read>},
    {"assetText", engine::op<asset_text>},
}};

}  // namespace

std::span<const engine::Op> asset_ops() {
  return kOps;
}

void install_assets(Isolate& isolate) {
  isolate.set_state<Assets>();
}

}  // namespace cwrangler::bindings
