// What an isolate knows of the Worker it runs: the state behind module_ops.h.

#pragma once

#include <string>

#include "runtime/python/module_tree.h"

namespace cwrangler::python {

struct WorkerModules {
  explicit WorkerModules(std::span<const Module> modules, std::string main)
      : tree(modules), main_module(std::move(main)) {}

  ModuleTree tree;
  std::string main_module;
};

}  // namespace cwrangler::python
