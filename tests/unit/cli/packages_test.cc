// The parts of cli/packages that decide without uv.

#include <doctest/doctest.h>

#include <sstream>

#include "base/files.h"
#include "cli/packages/edit_dependencies.h"
#include "cli/packages/explanation.h"
#include "cli/packages/index_settings.h"
#include "cli/packages/installation.h"
#include "cli/packages/installed.h"
#include "cli/packages/known_packages.h"
#include "cli/packages/package_tree.h"
#include "cli/packages/resolution.h"
#include "cli/terminal/progress.h"
#include "temporary_folder.h"

namespace cwrangler::cli {
namespace {

namespace fs = std::filesystem;
using test::TemporaryFolder;

TEST_CASE("uv's versions are compared number by number") {
  CHECK(uv_version("uv 0.13.9 (x86_64-unknown-linux-gnu)") == "0.13.9");
  CHECK(uv_version("pip 1.0").empty());
  CHECK(uv_version("").empty());
  CHECK(at_least_version("0.13.9", "0.12.3"));
  CHECK(at_least_version("1", "0.12.3"));
  CHECK(at_least_version("0.12.3", "0.12.3"));
  CHECK_FALSE(at_least_version("0.9.30", "0.12.3"));
  CHECK_FALSE(at_least_version("", "0.12.3"));
}

TEST_CASE("who brings a package in: the shortest chain, also around a cycle") {
  const std::string annotated =
      "a==1      # via project (pyproject.toml)\n"
      "b==1      # via a, c\n"
      "c==1      # via b\n"
      "native==2 # via b, c\n"
      "top==1    # via -r requirements.txt\n";
  CHECK(requirement_chain(annotated, "native") == std::vector<std::string>{"a", "b", "native"});
  CHECK(requirement_chain(annotated, "top") == std::vector<std::string>{"top"});
  CHECK(requirement_chain(annotated, "unknown") == std::vector<std::string>{"unknown"});
  CHECK(requirement_chain("", "x") == std::vector<std::string>{"x"});
}

TEST_CASE("requirements.txt: entries replaced, added and taken out, the rest as it was") {
  const std::string text = "# mine\nHttpx >= 0.1\n-r more.txt\nx==1 \\\n  --hash=sha256:0\ny\n";
  CHECK(with_requirements(text, {"httpx==2", "new"}) ==
        "# mine\nhttpx==2\n-r more.txt\nx==1 \\\n  --hash=sha256:0\ny\nnew\n");
  CHECK(without_requirements(text, {"x"}) == "# mine\nHttpx >= 0.1\n-r more.txt\ny\n");
  CHECK(with_requirements("", {"a"}) == "a\n");
  CHECK(with_requirements("b", {"a"}) == "b\na\n");
}

TEST_CASE("where packages come from is told from settings and requirements alike") {
  const TemporaryFolder folder;
  const fs::path requirements = folder.write("requirements.txt", "httpx\n# -i is a flag\n");
  const std::vector<fs::path> inputs = {requirements};
  CHECK_FALSE(names_any_index(folder.path(), inputs));
  for (const char* line : {"-i https://h/simple", "  --index-url=https://h", "--no-index",
                           "--extra-index-url https://h", "-f wheels", "--find-links wheels"}) {
    folder.write("requirements.txt", std::string("httpx\n") + line + "\n");
    CHECK(names_any_index(folder.path(), inputs));
  }
  folder.write("requirements.txt", "httpx\n");
  for (const char* setting :
       {"index-url = 'https://h'", "find-links = ['wheels']", "no-index = true",
        "[[index]]\nurl = 'https://h'", "[pip]\nextra-index-url = ['https://h']"}) {
    folder.write("uv.toml", setting);
    CHECK(names_any_index(folder.path(), inputs));
  }
  folder.write("uv.toml", "prerelease = 'allow'\n");
  CHECK_FALSE(names_any_index(folder.path(), inputs));
}

TEST_CASE("an edited file is put back unless it is kept") {
  const TemporaryFolder folder;
  const fs::path file = folder.write("pyproject.toml", "before");
  {
    const EditedFile edited(file);
    write_file_atomically(file, "after");
  }
  CHECK(read_file(file) == "before");
  {
    EditedFile edited(file);
    write_file_atomically(file, "after");
    edited.keep();
  }
  CHECK(read_file(file) == "after");
  const fs::path fresh = folder.path() / "new.toml";
  {
    const EditedFile edited(fresh);
    write_file_atomically(fresh, "x");
  }
  CHECK_FALSE(fs::exists(fresh));
}

TEST_CASE("the table of known packages is whole") {
  const KnownPackages known = parse_known_packages(
      read_file(fs::path(CWRANGLER_SOURCE) / "cli/packages/known_packages.toml"), "known");
  for (const char* version : {"3.12", "3.13", "3.14"}) {
    const TargetPython& python = known.python(version);
    CHECK(python.version.starts_with(version));
    CHECK(python.index.ends_with(python.pyodide));
  }
  CHECK_THROWS_AS(known.python("2.7"), Error);
  CHECK(known.pure.contains("markupsafe"));
  CHECK(known.pure.find("yarl")->second.at("YARL_NO_EXTENSIONS") == "1");
  for (const auto& [name, optional] : known.optional) {
    CHECK_MESSAGE(!optional.dependents.empty(), name);
    CHECK_MESSAGE(!optional.effect.empty(), name);
  }
  for (const auto& [name, alternative] : known.alternatives) {
    CHECK(normalized_package_name(name) == name);
    CHECK_FALSE(alternative.empty());
  }
}

TEST_CASE("hashes that the project gives must be those of the lock") {
  Dependencies dependencies;
  dependencies.requirements.push_back(
      {"a==1", "a", {"requirements.txt", 1, 1}, {"sha256:01", "sha256:02"}});
  LockedPackage package{.name = "a", .version = "1", .sha256 = {"01", "02"}};
  CHECK_NOTHROW(check_hashes(dependencies, {package}));
  package.sha256 = {"01", "03"};
  CHECK_THROWS_WITH_AS(check_hashes(dependencies, {package}),
                       doctest::Contains("is not one that the project allows"), Error);
  dependencies.requirements[0].hashes = {"md5:01"};
  CHECK_THROWS_WITH_AS(check_hashes(dependencies, {package}), doctest::Contains("none is a sha256"),
                       Error);
}

void write_package(const TemporaryFolder& folder, const std::string& name,
                   const std::string& requires_dist, const std::string& content) {
  folder.write(name + ".py", content);
  folder.write(name + "-1.dist-info/METADATA", "Metadata-Version: 2.1\r\nName: " + name +
                                                   "\r\nVersion: 1\r\n" + requires_dist +
                                                   "\r\nRequires-Dist: not-a-field\n");
  folder.write(name + "-1.dist-info/RECORD",
               name + ".py,sha256=x,1\n../../outside,,\n\"odd,\"\"name\",,\nbin/tool,sha256=y,2\n");
}

TEST_CASE("python_modules is read back from the packages' own metadata") {
  const TemporaryFolder folder;
  write_package(folder, "alpha",
                "Requires-Dist: beta[x]; extra == 'more'\r\nRequires-Dist: beta\r\n",
                std::string(5000, 'a'));
  write_package(folder, "beta", "", "x = 1\n");
  const InstalledPackages installed = read_installed(folder.path());
  REQUIRE(installed.size() == 2);
  const InstalledPackage& alpha = installed.find("alpha")->second;
  CHECK(alpha.files == std::vector<std::string>{"alpha.py", "odd,\"name", "bin/tool"});
  CHECK(alpha.requires_.size() == 2);
  CHECK(dependencies_of(alpha, "3.14.2", {}).size() == 1);
  CHECK(dependencies_of(alpha, "3.14.2", {"more"}).front().extras == std::vector<std::string>{"x"});
  const PackageSize size = size_of_files({folder.path() / "alpha.py", folder.path() / "missing"});
  CHECK(size.bytes == 5000);
  CHECK(size.compressed < 100);
  CHECK(size.compressed > 20);
  CHECK(read_installed(folder.path() / "nowhere").empty());
}

TEST_CASE("what only this machine could use is taken away, from RECORD too") {
  const TemporaryFolder folder;
  write_package(folder, "alpha", "", "x = 1\n");
  folder.write("bin/tool", "#!/opt/python\n");
  folder.write("package/__pycache__/a.cpython-314.pyc", "x");
  folder.write("package/b.pyc", "x");
  folder.write("package/c.py", "x = 1\n");
  remove_host_files(folder.path());
  CHECK_FALSE(fs::exists(folder.path() / "bin"));
  CHECK_FALSE(fs::exists(folder.path() / "package/__pycache__"));
  CHECK_FALSE(fs::exists(folder.path() / "package/b.pyc"));
  CHECK(fs::exists(folder.path() / "package/c.py"));
  const std::string record = read_file(folder.path() / "alpha-1.dist-info/RECORD");
  CHECK(record.find("bin/tool") == std::string::npos);
  CHECK(record.starts_with("alpha.py,"));
}

TEST_CASE("a tree repeats nothing, ends in cycles, and marks limits") {
  PackageTree tree{.project = "site",
                   .roots = {{.name = "a"}, {.name = "b"}},
                   .installed = {},
                   .full_version = "3.14.2",
                   .sizes = {}};
  tree.installed["a"] = {"a", "1", {{.name = "b"}, {.name = "gone"}}, {}};
  tree.installed["b"] = {"b", "2", {{.name = "a"}}, {}};
  CHECK(tree_lines(tree) == std::vector<std::string>{"site", "├── a 1", "│   └── b 2",
                                                     "│       └── a 1 (*)", "└── b 2 (*)"});
  tree.sizes["a"] = {80 * kMebibyte, 4 * kMebibyte};
  const std::vector<std::string> sizes = size_lines(tree);
  REQUIRE(sizes.size() == 4);
  CHECK(sizes[1] == "  Workers Free: 3.0 MiB compressed (133 %, over the limit)");
  CHECK(sizes[2] == "  Workers Paid: 10.0 MiB compressed (40 %)");
  CHECK(sizes[3].ends_with("(125 %, over the limit)"));
  CHECK(tree_json(tree)["limits"][0]["over"] == true);
}

TEST_CASE("progress: plain lines for a log, one line that goes away for a person") {
  std::ostringstream log;
  {
    Progress progress(log, /*animated=*/false);
    progress.step("Resolving");
    progress.tick();
    progress.clear();
  }
  CHECK(log.str() == "Resolving…\n");
  std::ostringstream screen;
  {
    Progress progress(screen, /*animated=*/true);
    progress.step("Resolving");
    progress.tick();
  }
  CHECK(screen.str().find("Resolving…") != std::string::npos);
  CHECK(screen.str().find('\n') == std::string::npos);
  CHECK(screen.str().ends_with("\r\x1b[2K"));
}

}  // namespace
}  // namespace cwrangler::cli
