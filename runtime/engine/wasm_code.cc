#include "runtime/engine/wasm_code.h"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <optional>

#include "base/error.h"
#include "base/files.h"
#include "runtime/engine/isolate.h"
#include "runtime/engine/platform.h"
#include "runtime/engine/values.h"

namespace cwrangler::engine {
namespace {

namespace fs = std::filesystem;

/// Before the code in its file. The digest finds what a crash or a disk has done to the file, which
/// V8 would run.
struct Header {
  std::array<char, 8> magic;
  uint64_t digest;  ///< XXH3 of the code
};
constexpr std::array<char, 8> kMagic{'C', 'W', 'W', 'C', 'O', 'D', 'E', '1'};

/// A file is written again when there is this much more to keep. The first one is worth it however
/// little is in it: without one V8 compiles all of the module, with one only what is called.
constexpr size_t kWorthwhileGrowth = 256 << 10;

std::string key_of(std::span<const uint8_t> bytes) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  std::array<char, 33> text{};
  std::snprintf(text.data(), text.size(), "%016llx%016llx",
                static_cast<unsigned long long>(hash.high64),
                static_cast<unsigned long long>(hash.low64));
  return text.data();
}

/// Code is run as it is: nobody else may have been able to write it.
bool is_ours(const fs::path& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
         status.st_uid == ::geteuid() && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/// The code in the file; nothing when there is none that can be used.
std::optional<std::string> read_code(const fs::path& path) {
  if (!is_ours(path)) return std::nullopt;
  std::string content;
  try {
    content = read_file(path);
  } catch (const Error& error) {
    spdlog::debug("{}", error.what());
    return std::nullopt;
  }
  Header header;
  if (content.size() <= sizeof(header)) return std::nullopt;
  std::memcpy(&header, content.data(), sizeof(header));
  content.erase(0, sizeof(header));
  if (header.magic != kMagic || header.digest != XXH3_64bits(content.data(), content.size())) {
    spdlog::debug("{} is damaged, and is not used", path.string());
    return std::nullopt;
  }
  return content;
}

void write_code(const fs::path& path, std::span<const uint8_t> code) {
  fs::create_directories(path.parent_path());
  fs::permissions(path.parent_path(), fs::perms::owner_all);
  const Header header{kMagic, XXH3_64bits(code.data(), code.size())};
  std::string content(sizeof(header) + code.size(), '\0');
  std::memcpy(content.data(), &header, sizeof(header));
  std::memcpy(content.data() + sizeof(header), code.data(), code.size());
  write_file_atomically(path, content, 0600);
}

}  // namespace

fs::path WasmCode::file_of(const std::string& key) const {
  return folder_ / (key + "-" + v8::V8::GetVersion() + ".code");
}

void WasmCode::install(v8::Isolate* isolate) {
  isolate->SetWasmStreamingCallback(compile);
}

void WasmCode::compile(const v8::FunctionCallbackInfo<v8::Value>& call) {
  v8::Isolate* const isolate = call.GetIsolate();
  const auto streaming = v8::WasmStreaming::Unpack(isolate, call.Data());
  if (!call[0]->IsUint8Array()) {
    streaming->Abort(v8::Exception::TypeError(to_string(isolate, "a Uint8Array is expected")));
    return;
  }
  WasmCode& self = Isolate::from(call).platform().wasm_code();
  const std::span<const uint8_t> bytes = bytes_of(call[0]);
  const std::string key = key_of(bytes);
  std::optional<std::string> code;
  if (!self.folder_.empty()) code = read_code(self.file_of(key));
  bool usable = false;
  if (code) {
    usable = streaming->SetCompiledModuleBytes(reinterpret_cast<const uint8_t*>(code->data()),
                                               code->size());
    if (!usable) spdlog::debug("{} is of no use here", self.file_of(key).string());
  }
  streaming->OnBytesReceived(bytes.data(), bytes.size());
  // Uses the code before it returns.
  streaming->Finish(usable);
  const std::lock_guard lock(self.mutex_);
  self.loaded_[key] = usable ? code->size() : 0;
}

v8::MaybeLocal<v8::WasmModuleObject> WasmCode::find(v8::Isolate* isolate,
                                                    std::span<const uint8_t> bytes) {
  const std::lock_guard lock(mutex_);
  const auto found = modules_.find(key_of(bytes));
  if (found == modules_.end()) return {};
  return v8::WasmModuleObject::FromCompiledModule(isolate, found->second.code);
}

void WasmCode::keep(std::span<const uint8_t> bytes, v8::Local<v8::WasmModuleObject> module) {
  const std::string key = key_of(bytes);
  const std::lock_guard lock(mutex_);
  modules_.emplace(key, Module{module->GetCompiledModule(), loaded_[key]});
}

void WasmCode::save() {
  if (folder_.empty()) return;
  const std::lock_guard lock(mutex_);
  for (auto& [key, module] : modules_) {
    const v8::OwnedBuffer code = module.code.Serialize();
    // V8 serialises optimised functions only; of a module without any, nothing.
    const size_t least = module.kept_bytes == 0 ? 1 : module.kept_bytes + kWorthwhileGrowth;
    if (code.size < least) continue;
    try {
      write_code(file_of(key), {code.buffer.get(), code.size});
      spdlog::debug("kept {} bytes of compiled code in {}", code.size, file_of(key).string());
    } catch (const std::exception& error) {
      spdlog::debug("the compiled code could not be kept: {}", error.what());
    }
    module.kept_bytes = code.size;
  }
}

}  // namespace cwrangler::engine
