// Completions of the command line for shells, made of its own data.

#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace cwrangler::cli {

/// A script to be sourced by bash, with bash-completion or without.
std::string bash_completion(const CLI::App& program);
/// A file `_cwrangler` for zsh's fpath.
std::string zsh_completion(const CLI::App& program);
/// A file for fish's completions folder.
std::string fish_completion(const CLI::App& program);

}  // namespace cwrangler::cli
