#include "runtime/python/module_ops.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <ranges>

#include "base/descriptor.h"
#include "base/error.h"
#include "runtime/engine/isolate.h"
#include "runtime/engine/module_map.h"
#include "runtime/engine/platform.h"
#include "runtime/python/arguments.h"
#include "runtime/python/worker_modules.h"

namespace cwrangler::python {
namespace {

using engine::Call;

WorkerModules& modules_of(Call call) {
  return engine::Isolate::from(call).state<WorkerModules>();
}

ModuleTree::Id id_argument(Call call, int index) {
  return static_cast<ModuleTree::Id>(integer(call, index));
}

void lookup(Call call) {
  const ModuleTree& tree = modules_of(call).tree;
  const ModuleTree::Id id = tree.find(id_argument(call, 0), text(call, 1));
  if (id == 0) return;
  const ModuleTree::Node& node = tree.node(id);
  struct stat status = {};
  // A file that went away since the modules were listed is like one that never was.
  if (node.content) {
    status.st_size = static_cast<off_t>(node.content->size());
  } else if (!node.is_folder() && stat(node.path.c_str(), &status) != 0) {
    return;
  }
  v8::Isolate* isolate = call.GetIsolate();
  const double modified = static_cast<double>(status.st_mtim.tv_sec) * 1000 +
                          static_cast<double>(status.st_mtim.tv_nsec) / 1e6;
  v8::Local<v8::Value> found[] = {
      v8::Integer::NewFromUnsigned(isolate, id),
      v8::Boolean::New(isolate, node.is_folder()),
      v8::Number::New(isolate, static_cast<double>(status.st_size)),
      v8::Number::New(isolate, modified),
  };
  call.GetReturnValue().Set(v8::Array::New(isolate, found, std::size(found)));
}

void list(Call call) {
  const ModuleTree& tree = modules_of(call).tree;
  v8::Isolate* isolate = call.GetIsolate();
  std::vector<v8::Local<v8::Value>> names;
  for (const ModuleTree::Id child : tree.node(id_argument(call, 0)).children) {
    names.push_back(engine::to_string(isolate, tree.node(child).name));
  }
  call.GetReturnValue().Set(v8::Array::New(isolate, names.data(), names.size()));
}

void read(Call call) {
  const ModuleTree::Node& node = modules_of(call).tree.node(id_argument(call, 0));
  const int64_t position = integer(call, 1);
  const std::span<uint8_t> into = engine::bytes_of(call[2]);
  if (node.content) {
    const size_t start = std::min(static_cast<size_t>(position), node.content->size());
    const size_t taken =
        node.content->copy(reinterpret_cast<char*>(into.data()), into.size(), start);
    call.GetReturnValue().Set(static_cast<double>(taken));
    return;
  }
  // Opened anew each time: Python reads most files in one piece, and a Worker with thousands of
  // open files would otherwise need as many descriptors.
  const Descriptor file(open(node.path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) throw system_error("opening " + node.path);
  const ssize_t count = pread(file.get(), into.data(), into.size(), position);
  if (count < 0) throw system_error("reading " + node.path);
  call.GetReturnValue().Set(static_cast<double>(count));
}

/// The host's file of a module by its name; empty: it has none.
std::string file_argument(Call call) {
  const ModuleTree& tree = modules_of(call).tree;
  ModuleTree::Id id = ModuleTree::kRoot;
  for (const auto part : std::views::split(text(call, 0), '/')) {
    id = tree.find(id, std::string_view(part.begin(), part.end()));
    if (id == 0) return {};
  }
  return tree.node(id).path;
}

void preload(Call call) {
  const std::string file = file_argument(call);
  if (!file.empty()) engine::Isolate::from(call).platform().wasm_code().preload(file);
}

void find_compiled(Call call) {
  const std::string file = file_argument(call);
  if (file.empty()) return;
  engine::WasmCode& code = engine::Isolate::from(call).platform().wasm_code();
  v8::Local<v8::WasmModuleObject> module;
  if (code.find_file(call.GetIsolate(), file).ToLocal(&module)) call.GetReturnValue().Set(module);
}

/// [[module, name, …], …] and the Worker's own that were looked into.
void leading_imports(Call call) {
  v8::Isolate* const isolate = call.GetIsolate();
  const auto array_of = [&](const std::vector<std::string>& texts) {
    std::vector<v8::Local<v8::Value>> values;
    for (const std::string& text : texts) values.push_back(engine::to_string(isolate, text));
    return v8::Array::New(isolate, values.data(), values.size());
  };
  const LeadingImports& leading = modules_of(call).leading;
  std::vector<v8::Local<v8::Value>> imports;
  for (const Import& import : leading.imports) {
    std::vector<std::string> words{import.module};
    words.insert(words.end(), import.names.begin(), import.names.end());
    imports.push_back(array_of(words));
  }
  v8::Local<v8::Value> parts[] = {v8::Array::New(isolate, imports.data(), imports.size()),
                                  array_of(leading.own)};
  call.GetReturnValue().Set(v8::Array::New(isolate, parts, std::size(parts)));
}

void import(Call call) {
  engine::Isolate& isolate = engine::Isolate::from(call);
  v8::Local<v8::Promise> promise;
  if (isolate.modules()
          .import(call.GetIsolate()->GetCurrentContext(), text(call, 0),
                  modules_of(call).main_module)
          .ToLocal(&promise)) {
    call.GetReturnValue().Set(promise);
  }
}

void define(Call call) {
  if (!call[1]->IsObject()) throw engine::TypeErrorException("a module's exports are an object");
  engine::Isolate::from(call).modules().define(text(call, 0), call[1].As<v8::Object>());
}

constexpr engine::Op kOps[] = {
    {"pythonModuleLookup", engine::op<&lookup>},
    {"pythonModuleList", engine::op<&list>},
    {"pythonModuleRead", engine::op<&read>},
    {"pythonModulePreload", engine::op<&preload>},
    {"pythonImport", engine::op<&import>},
    {"pythonDefineModule", engine::op<&define>},
    {"pythonModuleFindCompiled", engine::op<&find_compiled>},
    {"pythonLeadingImports", engine::op<&leading_imports>},
};

}  // namespace

std::span<const engine::Op> module_ops() {
  return kOps;
}

}  // namespace cwrangler::python
