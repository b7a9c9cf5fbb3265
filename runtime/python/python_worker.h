// A Worker's configuration as the Python host takes it.

#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "base/worker_config.h"
#include "runtime/snapshot/snapshot_store.h"

namespace cwrangler::engine {
class Isolate;
class Platform;
}  // namespace cwrangler::engine

namespace cwrangler::python {

class CpuSignal;

/// "3.12", "3.13" or "3.14": what the configuration asks for. Throws Error when it is another, or
/// not a Worker of Python.
std::string python_version(const WorkerConfig& config);

/// The argument of `hooks.startWorker`: {name, mainModule, compatibilityDate, flags, pythonVersion,
/// bindings, localEndpoints, outboundMap, stateDirectory,
/// queueConsumers, assets}. Throws Error for what cannot run
/// whatever the files say: a bad date or flag, Python not turned on, a main module that is missing,
/// is no top-level .py file, or clashes with a package.
nlohmann::json startup_configuration(const WorkerConfig& config);

/// Names what the memory of a Worker's snapshot depends on, wherever it is made: its code, its
/// Python and its environment, but no path of this machine. Reads all modules; throws Error for one
/// that cannot be read. `configuration`: of startup_configuration.
std::string snapshot_identity(const WorkerConfig& config, const nlohmann::json& configuration);

/// Begins to load the interpreter's compiled code, before there is an isolate for it. A
/// configuration that is off is left to startup_configuration.
void preload_python(engine::Platform& platform, const WorkerConfig& config);

/// Gives the isolate the Worker's modules, as files and as ES modules, and attaches `cpu_signal`
/// when Python has started; its owner detaches it. Before `hooks.startWorker`. A Worker that brings
/// no SDK of its own (`python_modules/workers`) gets the built-in copy. Throws Error for module
/// names that cannot be laid out as files.
/// `snapshots`: where to look for snapshots, and to put those it makes; a copy is kept. The
/// configuration's own is put there if it is of this Worker.
/// `configuration`: of startup_configuration.
void install_python(engine::Isolate& isolate, const WorkerConfig& config,
                    const nlohmann::json& configuration, std::shared_ptr<CpuSignal> cpu_signal,
                    const snapshot::SnapshotStore& snapshots);

}  // namespace cwrangler::python
