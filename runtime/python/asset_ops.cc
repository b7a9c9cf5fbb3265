#include "runtime/python/asset_ops.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <vector>

#include "base/descriptor.h"
#include "base/error.h"
#include "base/files.h"
#include "runtime/engine/isolate.h"
#include "runtime/engine/platform.h"
#include "runtime/python/arguments.h"

namespace cwrangler::python {
namespace {

using engine::Call;

std::filesystem::path asset_path(Call call) {
  const std::filesystem::path relative = text(call, 0);
  const bool leaves =
      std::any_of(relative.begin(), relative.end(), [](const auto& part) { return part == ".."; });
  if (relative.is_absolute() || leaves) {
    throw engine::TypeErrorException("an asset's path is relative and stays in share/cwrangler");
  }
  return share_directory() / relative;
}

void unmap(void* data, size_t length, void*) {
  munmap(data, length);
}

void asset(Call call) {
  const std::filesystem::path path = asset_path(call);
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status = {};
  if (!file.valid() || fstat(file.get(), &status) != 0)
    throw system_error("opening " + path.string());
  if (!S_ISREG(status.st_mode) || status.st_size == 0) {
    throw Error(path.string() + " is not a file with content").while_doing("reading an asset");
  }
  const size_t size = static_cast<size_t>(status.st_size);
  void* data = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, file.get(), 0);
  if (data == MAP_FAILED) throw system_error("mapping " + path.string());
  auto store = v8::ArrayBuffer::NewBackingStore(data, size, unmap, nullptr);
  auto buffer = v8::ArrayBuffer::New(call.GetIsolate(), std::move(store));
  call.GetReturnValue().Set(v8::Uint8Array::New(buffer, 0, size));
}

void asset_text(Call call) {
  call.GetReturnValue().Set(engine::to_string(call.GetIsolate(), read_file(asset_path(call))));
}

void asset_list(Call call) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(asset_path(call), error)) {
    if (entry.is_regular_file()) names.push_back(entry.path().filename());
  }
  if (error) throw Error(error.message()).while_doing("listing " + asset_path(call).string());
  std::sort(names.begin(), names.end());
  v8::Isolate* isolate = call.GetIsolate();
  std::vector<v8::Local<v8::Value>> values;
  for (const std::string& name : names) values.push_back(engine::to_string(isolate, name));
  call.GetReturnValue().Set(v8::Array::New(isolate, values.data(), values.size()));
}

void compile(Call call) {
  v8::Isolate* isolate = call.GetIsolate();
  v8::Local<v8::Context> context = isolate->GetCurrentContext();
  if (!call[0]->IsString() || !call[1]->IsString() || !call[2]->IsArray()) {
    throw engine::TypeErrorException("pythonCompile needs (source, name, [parameter, …])");
  }
  std::vector<v8::Local<v8::String>> parameters;
  const auto names = call[2].As<v8::Array>();
  for (uint32_t i = 0; i < names->Length(); ++i) {
    v8::Local<v8::Value> name;
    if (!names->Get(context, i).ToLocal(&name)) return;
    if (!name->IsString()) throw engine::TypeErrorException("a parameter is named by a string");
    parameters.push_back(name.As<v8::String>());
  }
  engine::ScriptCode& code = engine::Isolate::from(call).platform().script_code();
  v8::Local<v8::Function> function;
  if (code.compile(context, call[0].As<v8::String>(), call[1].As<v8::String>(), parameters)
          .ToLocal(&function)) {
    call.GetReturnValue().Set(function);
  }
}

void keep_script(Call call) {
  if (!call[0]->IsString() || !call[1]->IsFunction()) {
    throw engine::TypeErrorException("pythonKeepScript needs (name, function)");
  }
  engine::Isolate::from(call).platform().script_code().keep(
      call.GetIsolate(), call[0].As<v8::String>(), call[1].As<v8::Function>());
}

void module_key(Call call) {
  const std::string key = engine::WasmCode::key_of(engine::bytes_of(call[0]));
  call.GetReturnValue().Set(engine::to_string(call.GetIsolate(), key));
}

void find_compiled(Call call) {
  engine::WasmCode& code = engine::Isolate::from(call).platform().wasm_code();
  v8::Local<v8::WasmModuleObject> module;
  if (code.find(call.GetIsolate(), text(call, 0)).ToLocal(&module)) {
    call.GetReturnValue().Set(module);
  }
}

void find_compiled_asset(Call call) {
  engine::WasmCode& code = engine::Isolate::from(call).platform().wasm_code();
  v8::Local<v8::WasmModuleObject> module;
  if (code.find_file(call.GetIsolate(), asset_path(call)).ToLocal(&module)) {
    call.GetReturnValue().Set(module);
  }
}

void keep_compiled(Call call) {
  if (!call[1]->IsWasmModuleObject()) throw engine::TypeErrorException("a module is expected");
  engine::Isolate::from(call).platform().wasm_code().keep(text(call, 0),
                                                          call[1].As<v8::WasmModuleObject>());
}

void find_code(Call call) {
  engine::KeptCode& code = engine::Isolate::from(call).platform().kept_code();
  std::optional<std::string> found = code.find(text(call, 0));
  if (!found) return;
  call.GetReturnValue().Set(engine::move_to_uint8array(
      call.GetIsolate(), std::vector<uint8_t>(found->begin(), found->end())));
}

void keep_code(Call call) {
  const std::span<const uint8_t> bytes = engine::bytes_of(call[1]);
  engine::Isolate::from(call).platform().kept_code().keep(text(call, 0),
                                                          {bytes.begin(), bytes.end()});
}

constexpr engine::Op kOps[] = {
    {"pythonAsset", engine::op<&asset>},
    {"pythonAssetText", engine::op<&asset_text>},
    {"pythonAssetList", engine::op<&asset_list>},
    {"pythonCompile", engine::op<&compile>},
    {"pythonKeepScript", engine::op<&keep_script>},
    {"pythonFindCode", engine::op<&find_code>},
    {"pythonKeepCode", engine::op<&keep_code>},
    {"pythonModuleKey", engine::op<&module_key>},
    {"pythonFindCompiled", engine::op<&find_compiled>},
    {"pythonFindCompiledAsset", engine::op<&find_compiled_asset>},
    {"pythonKeepCompiled", engine::op<&keep_compiled>},
};

}  // namespace

std::span<const engine::Op> asset_ops() {
  return kOps;
}

}  // namespace cwrangler::python
