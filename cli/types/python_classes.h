// What a stub needs to know of the classes in the Worker's entry point, read from its text: whether
// a class is there, and which payload the `run` of a workflow says it gets.

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cwrangler::cli {

/// Whether the module's top level defines the class `name`, or imports it.
bool has_class(std::string_view source, std::string_view name);

/// The public methods of the class `name`, and of its bases that the module defines, that are plain
/// functions: neither `async def` nor decorated. Empty when the module only imports the class.
std::vector<std::string> plain_methods(std::string_view source, std::string_view name);

/// The `X` of `run(self, event: WorkflowEvent[X], …)` in the class `name`; empty when the class
/// does not say, or says something that is not a plain name. Quotes around annotations are
/// looked through.
std::string workflow_payload(std::string_view source, std::string_view name);

}  // namespace cwrangler::cli
