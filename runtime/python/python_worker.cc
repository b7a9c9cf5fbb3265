#include "runtime/python/python_worker.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <unordered_map>

#include "base/compatibility.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/files.h"
#include "runtime/engine/isolate.h"
#include "runtime/engine/module_map.h"
#include "runtime/engine/platform.h"
#include "runtime/python/cpu_signal.h"
#include "runtime/python/leading_imports.h"
#include "runtime/python/release.h"
#include "runtime/python/worker_modules.h"

namespace cwrangler::python {
namespace {

constexpr std::array kPythonVersions{"3.12", "3.13", "3.14"};
constexpr std::string_view kPackages = "python_modules/";

bool has_module(const WorkerConfig& config, std::string_view name) {
  return std::any_of(config.modules.begin(), config.modules.end(),
                     [&](const Module& module) { return module.name == name; });
}

void check_main_module(const WorkerConfig& config) {
  const std::string& main = config.main_module;
  if (!main.ends_with(".py")) {
    throw Error("Main module needs to end with a .py file extension: " + main)
        .hint("Name the Worker's Python file as `main` in its configuration.");
  }
  if (main.find('/') != std::string::npos) {
    throw Error("the main module \"" + main + "\" is not at the top of the module root")
        .hint("Python imports it by its file name alone.");
  }
  if (!has_module(config, main)) {
    throw Error("the main module \"" + main + "\" is not among the Worker's modules");
  }
  // Packages come before the user's own modules in sys.path, so one of these would be run instead.
  const std::string stem = main.substr(0, main.size() - 3);
  for (const char* form : {".py", "/__init__.py", ".so"}) {
    const std::string package = std::string(kPackages) + stem + form;
    if (has_module(config, package)) {
      throw Error("Python module " + package + " clashes with main module")
          .hint("Rename " + main + ", or remove the package of that name.");
    }
  }
}

ModuleType sdk_module_type(const std::filesystem::path& file) {
  const std::string extension = file.extension();
  return extension == ".js" || extension == ".mjs" ? ModuleType::esm : ModuleType::data;
}

/// The built-in SDK as if it had been put into python_modules.
void add_sdk(std::vector<Module>& modules) {
  const std::filesystem::path sdk = share_directory() / "sdk";
  for (const auto& entry : std::filesystem::recursive_directory_iterator(sdk)) {
    if (!entry.is_regular_file()) continue;
    const std::filesystem::path relative = entry.path().lexically_relative(sdk);
    modules.push_back({std::string(kPackages) + relative.generic_string(),
                       sdk_module_type(relative), entry.path()});
  }
}

using engine::ModuleMap;

/// A file that JavaScript modules can import.
struct ImportableFile {
  ModuleMap::Source::Kind kind;
  std::string path;
  std::shared_ptr<const std::string> content;  // in place of a file
};

/// What a module is to JavaScript; nothing for Python's.
std::optional<ModuleMap::Source::Kind> importable_as(ModuleType type) {
  switch (type) {
    case ModuleType::esm:
      return ModuleMap::Source::Kind::script;
    case ModuleType::text:
      return ModuleMap::Source::Kind::text;
    case ModuleType::data:
      return ModuleMap::Source::Kind::bytes;
    case ModuleType::json:
      return ModuleMap::Source::Kind::json;
    case ModuleType::wasm:
      return ModuleMap::Source::Kind::wasm;
    default:
      return std::nullopt;
  }
}

/// The Worker's own code is not in its packages layer. What could be imported by a package, because
/// it is beside it in its folder, is named there.
snapshot::SnapshotStore::Worker snapshot_worker(const nlohmann::json& configuration,
                                                const LeadingImports& leading,
                                                const std::vector<Module>& modules) {
  snapshot::SnapshotStore::Worker worker;
  worker.configuration = configuration.dump();
  std::set<std::string> own;
  for (const Module& module : modules) {
    if (name_in_packages(module.name)) {
      worker.packages.push_back(module);
    } else {
      worker.own.push_back(module);
      own.insert(module.name.substr(0, module.name.find('/')));
    }
  }
  if (leading.imports.empty()) return worker;
  nlohmann::json imports{own};
  for (const Import& import : leading.imports) imports.push_back({import.module, import.names});
  worker.leading_imports = imports.dump();
  return worker;
}

Compatibility python_compatibility(const WorkerConfig& config) {
  Compatibility compatibility = resolve_compatibility(
      config.compatibility_date, config.compatibility_flags, ExperimentalFlags::allowed);
  if (!compatibility.enabled("python_workers")) {
    throw Error("The python_workers compatibility flag is required to use Python.")
        .hint("Add \"python_workers\" to `compatibility_flags` in the Worker's configuration.");
  }
  return compatibility;
}

std::string python_version(const WorkerConfig& config, const Compatibility& compatibility) {
  const std::string version =
      config.python_version.empty() ? compatibility.python_version() : config.python_version;
  if (std::find(kPythonVersions.begin(), kPythonVersions.end(), version) == kPythonVersions.end()) {
    throw Error("there is no Python " + version).hint("Choose 3.12, 3.13 or 3.14.");
  }
  return version;
}

}  // namespace

std::string python_version(const WorkerConfig& config) {
  return python_version(config, python_compatibility(config));
}

nlohmann::json startup_configuration(const WorkerConfig& config) {
  const Compatibility compatibility = python_compatibility(config);
  const std::string version = python_version(config, compatibility);
  check_main_module(config);

  nlohmann::json bindings = nlohmann::json::array();
  for (const Binding& binding : config.bindings) {
    nlohmann::json entry = binding.properties;
    entry["name"] = binding.name;
    entry["type"] = binding.type;
    bindings.push_back(std::move(entry));
  }
  return {
      {"name", config.name},
      {"mainModule", config.main_module},
      {"flags", compatibility.flags},
      {"compatibilityDate", compatibility.date},
      {"pythonVersion", version},
      {"bindings", std::move(bindings)},
      {"subrequestLimit", config.subrequest_limit},
      {"localEndpoints", config.local_endpoints},
      {"localHosts", config.local_hosts},
      {"scheduledPage", config.scheduled_page},
      {"liveReload", config.live_reload},
      {"upstreamHost", config.upstream_host},
      {"upstreamProtocol", config.upstream_protocol},
      {"outboundMap", config.outbound_map},
      {"stateDirectory", config.state_directory},
      {"queueConsumers", config.queue_consumers},
      {"assets", config.assets},
  };
}

std::string snapshot_identity(const WorkerConfig& config, const nlohmann::json& configuration) {
  Digest digest;
  for (const char* key :
       {"name", "mainModule", "flags", "compatibilityDate", "pythonVersion", "bindings"}) {
    digest.add(configuration.at(key).dump());
  }
  std::map<std::string_view, const Module*> by_name;
  for (const Module& module : config.modules) by_name[module.name] = &module;
  for (const auto& [name, module] : by_name) {
    digest.add(name);
    digest.add_number(static_cast<std::uint64_t>(module->type));
    digest.add(module->content ? *module->content : read_file(module->path));
  }
  return digest.hex();
}

void preload_python(engine::Platform& platform, const WorkerConfig& config) {
  try {
    platform.wasm_code().preload(release_module(python_version(config)));
  } catch (const Error&) {
    return;
  }
}

void install_python(engine::Isolate& isolate, const WorkerConfig& config,
                    const nlohmann::json& configuration, std::shared_ptr<CpuSignal> cpu_signal,
                    const snapshot::SnapshotStore& snapshots) {
  isolate.set_state<std::shared_ptr<CpuSignal>>(std::move(cpu_signal));
  std::vector<Module> modules = config.modules;
  if (!has_module(config, "python_modules/workers/__init__.py")) add_sdk(modules);

  std::unordered_map<std::string, ImportableFile> files;
  for (const Module& module : modules) {
    if (const auto kind = importable_as(module.type)) {
      files.emplace(module.name, ImportableFile{*kind, module.path, module.content});
    }
  }
  isolate.modules().set_loader(
      [files = std::move(files)](const std::string& name) -> std::optional<ModuleMap::Source> {
        const auto found = files.find(name);
        if (found == files.end()) return std::nullopt;
        const ImportableFile& file = found->second;
        return ModuleMap::Source{file.kind, file.content ? *file.content : read_file(file.path)};
      });
  auto& state = isolate.set_state<WorkerModules>(modules, config.main_module);
  const auto version = configuration.find("pythonVersion");
  if (version == configuration.end()) return;  // a Worker of JavaScript
  state.leading = leading_imports(config.main_module, modules);
  auto& store = isolate.set_state<snapshot::SnapshotStore>(snapshots);
  store.set_base(version->get<std::string>());
  store.set_worker(snapshot_worker(configuration, state.leading, modules));
  const OfferedSnapshot& offered = config.snapshot;
  if (!offered.file.empty() && snapshot_identity(config, configuration) == offered.identity) {
    store.adopt(offered.file);
  }
}

}  // namespace cwrangler::python
