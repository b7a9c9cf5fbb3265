// What an isolate knows of the Worker it runs: the state behind module_ops.h.

#pragma once

#include <string>

#include "runtime/python/leading_imports.h"
#include "runtime/python/module_tree.h"

namespace cwrangler::python {

struct WorkerModules {
  explicit WorkerModules(std::span<const Module> modules, std::string main)
      : tree(modules), main_module(std::move(main)) {}

  ModuleTree tree;
  std::string main_module;
  LeadingImports leading;
};

}  // namespace cwrangler::python
