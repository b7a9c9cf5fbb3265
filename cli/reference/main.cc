// `cwrangler-reference share|docs FOLDER`: writes what is made from the program's own tables.

#include <filesystem>
#include <iostream>
#include <string_view>

#include "base/error.h"
#include "base/files.h"
#include "cli/config/json_schema.h"
#include "cli/config/key_reference.h"

namespace {

using namespace cwrangler;
using namespace cwrangler::cli;

void write_share(const std::filesystem::path& folder) {
  write_file_atomically(folder / kSchemaFile, config_json_schema().dump(1) + "\n");
}

void write_docs(const std::filesystem::path& folder) {
  write_file_atomically(folder / "configuration-keys.md", config_key_reference());
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc != 3) throw Error("usage: cwrangler-reference share|docs FOLDER");
    const std::string_view what = argv[1];
    if (what == "share") {
      write_share(argv[2]);
    } else if (what == "docs") {
      write_docs(argv[2]);
    } else {
      throw Error("usage: cwrangler-reference share|docs FOLDER");
    }
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
  return 0;
}
