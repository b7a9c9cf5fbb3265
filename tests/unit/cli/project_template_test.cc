#include "cli/project/project_template.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include "base/error.h"
#include "base/files.h"
#include "cli/config/config.h"
#include "cli/config/names.h"
#include "cli/packages/dependencies.h"
#include "cli/project/template_source.h"
#include "temporary_folder.h"

namespace cwrangler::cli {
namespace {

namespace fs = std::filesystem;
using test::TemporaryFolder;

const auto kDay = std::chrono::sys_days(std::chrono::year(2026) / 3 / 7);

InitOptions options_for(const fs::path& target, const std::string& template_name = "hello") {
  return {share_directory() / "templates", template_name, {}, target, "", kDay};
}

/// What create_project answers when it refuses: problem and advice.
std::string refusal(const InitOptions& options) {
  try {
    create_project(options);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

bool is_empty_or_missing(const fs::path& path) {
  return !fs::exists(path) || fs::is_empty(path);
}

TEST_CASE("a project is made whole, with name and date filled in") {
  TemporaryFolder folder;
  for (const std::string name : {"hello", "fastapi"}) {
    const fs::path target = folder.path() / (name + "-app");
    const CreatedProject project = create_project(options_for(target, name));
    CHECK(project.name == name + "-app");
    CHECK(project.files == std::vector<std::string>{".gitignore", "README.md", "pyproject.toml",
                                                    "src/entry.py", "wrangler.jsonc"});
    for (const std::string& file : project.files) {
      const std::string content = read_file(target / file);
      CHECK_FALSE(content.empty());
      CHECK(content.find("{{") == std::string::npos);
    }
    const std::string config = read_file(target / "wrangler.jsonc");
    CHECK(config.find("\"" + name + "-app\"") != std::string::npos);
    CHECK(config.find("\"2026-03-07\"") != std::string::npos);
  }
  // Nothing of the work is left beside the projects.
  CHECK(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()) == 2);
}

TEST_CASE("a project named like what its template depends on has another name in pyproject.toml") {
  TemporaryFolder folder;
  const fs::path target = folder.path() / "FastAPI";
  InitOptions options = options_for(target, "fastapi");
  options.name = "fastapi";
  CHECK(create_project(options).name == "fastapi");
  CHECK(read_file(target / "wrangler.jsonc").find("\"fastapi\"") != std::string::npos);
  CHECK(read_file(target / "pyproject.toml").find("name = \"fastapi-worker\"") !=
        std::string::npos);
  CHECK(read_dependencies(target).position_of("fastapi").line > 0);
}

TEST_CASE("an existing folder is filled when nothing is in the way") {
  TemporaryFolder folder;
  folder.write("here/.git/HEAD", "ref");
  folder.write("here/src/other.py", "");
  create_project(options_for(folder.path() / "here"));
  CHECK(fs::exists(folder.path() / "here/src/entry.py"));
  CHECK(fs::exists(folder.path() / "here/src/other.py"));
  CHECK(std::distance(fs::directory_iterator(folder.path() / "here"), fs::directory_iterator()) ==
        6);
}

TEST_CASE("all files in the way are named and nothing is written") {
  TemporaryFolder folder;
  folder.write("app/README.md", "mine");
  folder.write("app/src/entry.py", "mine");
  const std::string text = refusal(options_for(folder.path() / "app"));
  CHECK(text.find("- README.md") != std::string::npos);
  CHECK(text.find("- src/entry.py") != std::string::npos);
  CHECK(text.find("wrangler.jsonc") == std::string::npos);
  CHECK(read_file(folder.path() / "app/README.md") == "mine");
  CHECK_FALSE(fs::exists(folder.path() / "app/wrangler.jsonc"));
}

TEST_CASE("a file or a dangling link where a folder or file must be is in the way") {
  TemporaryFolder folder;
  folder.write("a/src", "a file");
  CHECK(refusal(options_for(folder.path() / "a")).find("- src") != std::string::npos);
  folder.write("b/x", "");
  fs::create_symlink("nowhere", folder.path() / "b/wrangler.jsonc");
  CHECK(refusal(options_for(folder.path() / "b")).find("- wrangler.jsonc") != std::string::npos);
  CHECK(refusal(options_for(folder.path() / "a/src")).find("not a folder") != std::string::npos);
}

TEST_CASE("a failure leaves nothing half-written") {
  if (::geteuid() == 0) return;  // root may write everywhere
  TemporaryFolder folder;
  folder.write("app/src/x", "");
  fs::permissions(folder.path() / "app/src", fs::perms::owner_read | fs::perms::owner_exec);
  CHECK_THROWS_AS(create_project(options_for(folder.path() / "app")), Error);
  fs::permissions(folder.path() / "app/src", fs::perms::owner_all);
  CHECK_FALSE(fs::exists(folder.path() / "app/wrangler.jsonc"));
}

TEST_CASE("a name that no Worker can have is refused with the rule and a proposal") {
  TemporaryFolder folder;
  const std::string text = refusal(options_for(folder.path() / "My App!"));
  CHECK(text.find("\"My App!\"") != std::string::npos);
  CHECK(text.find("lowercase letters") != std::string::npos);
  CHECK(text.find("--name my-app") != std::string::npos);
  CHECK(is_empty_or_missing(folder.path()));
}

TEST_CASE("an unknown template names those that exist") {
  TemporaryFolder folder;
  const std::string text = refusal(options_for(folder.path() / "app", "fastpi"));
  CHECK(text.find("Did you mean \"fastapi\"") != std::string::npos);
  CHECK(text.find("fastapi, hello") != std::string::npos);
  CHECK(refusal(options_for(folder.path() / "app", "../templates")) != "");
  CHECK(is_empty_or_missing(folder.path()));
}

TEST_CASE("every template is made whole and has a configuration without findings") {
  TemporaryFolder folder;
  const std::vector<std::string> names = template_names(share_directory() / "templates");
  CHECK(names == std::vector<std::string>{"assets", "cron", "d1", "django", "durable-object",
                                          "fastapi", "hello", "workflow"});
  for (const std::string& name : names) {
    CAPTURE(name);
    const fs::path target = folder.path() / name;
    create_project(options_for(target, name));
    const Config config = load_config({target, "", ""});
    CHECK(config.warnings.empty());
    CHECK(config.name == name);
    CHECK(fs::exists(config.main.value));
    CHECK(fs::exists(target / "README.md"));
    CHECK(fs::exists(target / ".gitignore"));
  }
}

TEST_CASE("a folder from elsewhere is a template, and gets the Worker's name") {
  TemporaryFolder folder;
  folder.write("theirs/wrangler.toml", "# theirs\nname = \"theirs\"\nmain = \"src/a.py\"\n");
  folder.write("theirs/src/a.py", "# {{name}}\n");
  folder.write("theirs/.git/HEAD", "ref");
  folder.write("theirs/node_modules/x/index.js", "");
  folder.write("theirs/run.sh", "#!/bin/sh\n");
  fs::permissions(folder.path() / "theirs/run.sh", fs::perms::owner_all);
  fs::create_symlink("/etc/hostname", folder.path() / "theirs/link");
  InitOptions options = options_for(folder.path() / "mine");
  options.source = folder.path() / "theirs";
  CHECK(create_project(options).files ==
        std::vector<std::string>{"run.sh", "src/a.py", "wrangler.toml"});
  CHECK(read_file(folder.path() / "mine/wrangler.toml") ==
        "# theirs\nname = \"mine\"\nmain = \"src/a.py\"\n");
  CHECK(read_file(folder.path() / "mine/src/a.py") == "# mine\n");
  CHECK((fs::status(folder.path() / "mine/run.sh").permissions() & fs::perms::owner_exec) !=
        fs::perms::none);
  options.source = folder.path() / "nowhere";
  options.target = folder.path() / "other";
  CHECK(refusal(options).find("There is no folder") != std::string::npos);
}

TEST_CASE("addresses of git repositories") {
  auto parsed = [](const std::string& text) {
    const auto source = parse_git_source(text);
    return source ? source->url + " " + source->reference + " " + source->folder.string() : "none";
  };
  CHECK(parsed("git+https://example.com/a/b.git@v1#subdirectory=x/y") ==
        "https://example.com/a/b.git v1 x/y");
  CHECK(parsed("https://example.com/a/b") == "https://example.com/a/b  ");
  CHECK(parsed("https://example.com/a/b/tree/main/x/y") == "https://example.com/a/b main x/y");
  CHECK(parsed("https://example.com/a/b/-/tree/main") == "https://example.com/a/b main ");
  CHECK(parsed("git+ssh://git@example.com/a/b@dev") == "ssh://git@example.com/a/b dev ");
  CHECK(parsed("git@example.com:a/b.git") == "git@example.com:a/b.git  ");
  CHECK(parsed("./folder") == "none");
  CHECK_THROWS_AS(parse_git_source("git+https://example.com/a#subdirectory=../x"), Error);
  CHECK_THROWS_AS(parse_git_source("git+https://example.com/a#subdirectory=/etc"), Error);
}

TEST_CASE("Worker names") {
  for (const char* name : {"a", "0", "_x", "my-app", "a_b-1", "a-"}) CHECK(is_worker_name(name));
  for (const char* name : {"", "-a", "A", "a.b", "a b", "ä"}) CHECK_FALSE(is_worker_name(name));
  CHECK(to_worker_name("My  App!") == "my-app");
  CHECK(to_worker_name("--x") == "x");
  CHECK(to_worker_name("!!!").empty());
}

}  // namespace
}  // namespace cwrangler::cli
