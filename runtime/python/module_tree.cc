#include "runtime/python/module_tree.h"

#include "base/error.h"

namespace cwrangler::python {
namespace {

bool visible(ModuleType type) {
  return type == ModuleType::python || type == ModuleType::text || type == ModuleType::data ||
         type == ModuleType::json;
}

std::string key(ModuleTree::Id folder, std::string_view name) {
  return std::to_string(folder) + '/' + std::string(name);
}

[[noreturn]] void bad_name(const Module& module, const char* reason) {
  throw Error("the module name \"" + module.name + "\" " + reason)
      .while_doing("laying out the Worker's modules");
}

}  // namespace

ModuleTree::ModuleTree(std::span<const Module> modules) {
  nodes_.reserve(modules.size() + 1);
  nodes_.emplace_back();
  for (const Module& module : modules) {
    if (visible(module.type)) add(module);
  }
}

ModuleTree::Id ModuleTree::find(Id folder, std::string_view name) const {
  const auto found = index_.find(key(folder, name));
  return found == index_.end() ? 0 : found->second;
}

ModuleTree::Id ModuleTree::child(Id folder, std::string_view name) {
  const Id id = static_cast<Id>(nodes_.size());
  nodes_.push_back({std::string(name), {}, {}, {}});
  nodes_[folder].children.push_back(id);
  index_.emplace(key(folder, name), id);
  return id;
}

void ModuleTree::add(const Module& module) {
  if (module.path.empty() && !module.content) bad_name(module, "has no file");
  if (module.name.find('\0') != std::string::npos) bad_name(module, "contains a NUL");
  Id folder = kRoot;
  std::string_view rest = module.name;
  for (;;) {
    const size_t slash = rest.find('/');
    const std::string_view part = rest.substr(0, slash);
    if (part.empty() || part == "." || part == "..") bad_name(module, "is not a relative path");
    const Id existing = find(folder, part);
    if (slash == std::string_view::npos) {
      if (existing == 0) {
        Node& file = nodes_[child(folder, part)];
        file.path = module.path;
        file.content = module.content;
      } else if (nodes_[existing].is_folder()) {
        bad_name(module, "is a folder of another module");
      }
      return;
    }
    if (existing != 0 && !nodes_[existing].is_folder()) {
      bad_name(module, "uses another module as a folder");
    }
    folder = existing == 0 ? child(folder, part) : existing;
    rest.remove_prefix(slash + 1);
  }
}

}  // namespace cwrangler::python
