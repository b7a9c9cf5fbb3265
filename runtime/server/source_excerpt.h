// From a traceback to the code around its lines.

#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/worker_config.h"

namespace cwrangler::server {

struct SourceExcerpt {
  std::string file;      ///< the module's name
  std::string function;  ///< empty: none, such as for a syntax error
  int line = 0;          ///< from 1; among `lines`
  int first_line = 0;    ///< the number of the first of `lines`
  std::vector<std::string> lines;
};

/// The lines of a Python traceback that are in the Worker's own modules (not in its packages), in
/// the traceback's order and at most the last ten, each with the code around it. Files are read as
/// they are now: one that has changed where the traceback points is left out.
std::vector<SourceExcerpt> source_excerpts(std::string_view traceback,
                                           std::span<const Module> modules);

}  // namespace cwrangler::server
