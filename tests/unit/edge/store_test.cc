#include <doctest/doctest.h>
#include <sys/stat.h>

#include "base/files.h"
#include "edge/store/accounts.h"
#include "edge/store/blobs.h"
#include "edge/store/resources.h"
#include "edge/store/seal.h"
#include "edge/store/workers.h"
#include "tests/unit/cli/temporary_folder.h"

namespace cwrangler::edge {
namespace {

using test::TemporaryFolder;

Worker example_worker(Work& work) {
  const Account account = create_account(work, "one");
  Worker worker;
  worker.account = account.id;
  worker.name = "hello";
  worker.tag = "tag";
  save_worker(work, worker);
  return worker;
}

Version example_version(const Worker& worker, const std::string& id) {
  Version version;
  version.id = id;
  version.account = worker.account;
  version.worker = worker.name;
  version.metadata = {{"main_module", "entry.py"}};
  version.modules = {{"entry.py", "text/x-python", std::string(64, 'a'), 3}};
  return version;
}

TEST_CASE("a secret opens for what it was sealed for, and for nothing else") {
  const TemporaryFolder folder;
  const auto file = folder.path() / "key";
  const Seal seal(file);
  struct stat status {};
  REQUIRE(::stat(file.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  const std::string sealed = seal.close("it's secret", "account/worker/NAME");
  CHECK(sealed.find("secret") == std::string::npos);
  CHECK(seal.close("it's secret", "account/worker/NAME") != sealed);
  CHECK(Seal(file).open(sealed, "account/worker/NAME") == "it's secret");
  CHECK_THROWS_AS(seal.open(sealed, "account/worker/OTHER"), Error);
  std::string changed = sealed;
  changed[changed.size() / 2] = changed[changed.size() / 2] == 'A' ? 'B' : 'A';
  CHECK_THROWS_AS(seal.open(changed, "account/worker/NAME"), Error);
  CHECK_THROWS_AS(seal.open("", "account/worker/NAME"), Error);
  CHECK_THROWS_AS(Seal(folder.path() / "other").open(sealed, "account/worker/NAME"), Error);
  CHECK(seal.open(seal.close("", "x"), "x").empty());
  ::chmod(file.c_str(), 0644);
  CHECK_THROWS_WITH_AS(Seal{file}, doctest::Contains("other users"), Error);
}

TEST_CASE("base64 of both alphabets, and nothing else") {
  CHECK(base64url("\xff\xfe") == "__4");
  CHECK(from_base64("__4") == "\xff\xfe");
  CHECK(from_base64("//4=") == "\xff\xfe");
  CHECK(from_base64("").empty());
  CHECK_THROWS_AS(from_base64("a"), Error);
  CHECK_THROWS_AS(from_base64("a b="), Error);
  CHECK_THROWS_AS(from_base64("a?bc"), Error);
}

TEST_CASE("a token is known by its secret until it ends") {
  const TemporaryFolder folder;
  Database database(folder.path() / "edge");
  Work work = database.write();
  const Account account = create_account(work, "one");
  CHECK_FALSE(has_tokens(work));
  const NewToken made = create_token(work, account.id, "ci", {"workers:write"}, 1000);
  CHECK(find_token(work, made.secret, 999)->id == made.token.id);
  CHECK_FALSE(find_token(work, made.secret, 1000));
  CHECK_FALSE(find_token(work, made.secret + "x", 999));
  CHECK(revoke_token(work, made.token.id));
  CHECK_FALSE(revoke_token(work, made.token.id));
  CHECK_FALSE(find_token(work, made.secret, 999));
  CHECK(has_tokens(work));
  CHECK_THROWS_WITH_AS(create_token(work, account.id, "x", {"worker:write"}, {}),
                       doctest::Contains("no scope"), Error);
  work.commit();
  // Only the token's digest is in the file.
  CHECK(read_file(folder.path() / "edge" / "edge.sqlite").find(made.secret) == std::string::npos);
}

TEST_CASE("scopes") {
  CHECK(allows({"*"}, "d1", true));
  CHECK(allows({"kv:read", "d1:write"}, "d1", true));
  CHECK(allows({"d1:write"}, "d1", false));
  CHECK_FALSE(allows({"d1:read"}, "d1", true));
  CHECK_FALSE(allows({"d1:write"}, "kv", false));
  CHECK_FALSE(allows({}, "kv", false));
}

TEST_CASE("versions are counted, deployments are ordered, a Worker takes all of it with it") {
  const TemporaryFolder folder;
  Database database(folder.path());
  Work work = database.write();
  const Worker worker = example_worker(work);
  CHECK_FALSE(active_deployment(work, worker.account, worker.name));
  Version first = example_version(worker, "v1");
  Version second = example_version(worker, "v2");
  add_version(work, first);
  add_version(work, second);
  CHECK(second.number == 2);
  CHECK(newest_version(work, worker.account, worker.name)->id == "v2");
  CHECK(find_version(work, worker.account, worker.name, "v1")->modules[0].name == "entry.py");
  CHECK_FALSE(find_version(work, "another", worker.name, "v1"));
  for (const char* id : {"d1", "d2"}) {
    Deployment deployment;
    deployment.id = id;
    deployment.account = worker.account;
    deployment.worker = worker.name;
    deployment.versions = {{"v1", 90}, {"v2", 10}};
    add_deployment(work, deployment);
  }
  const auto active = active_deployment(work, worker.account, worker.name);
  CHECK(active->id == "d2");
  CHECK(active->versions[1].percentage == 10);
  replace_schedules(work, worker, {"* * * * *"});
  CHECK(used_blobs(work).size() == 1);
  CHECK(delete_worker(work, worker.account, worker.name));
  CHECK(list_versions(work, worker.account, worker.name, 10).empty());
  CHECK(list_schedules(work, worker.account, worker.name).empty());
  CHECK(used_blobs(work).empty());
}

TEST_CASE("what was not committed is forgotten, and a later version's file is left alone") {
  const TemporaryFolder folder;
  {
    Database database(folder.path());
    {
      Work work = database.write();
      create_account(work, "gone");
    }
    Work work = database.write();
    create_account(work, "kept");
    work.run("PRAGMA user_version = 1");
    work.commit();
  }
  {
    Database database(folder.path());
    Work work = database.read();
    REQUIRE(list_accounts(work).size() == 1);
    CHECK(list_accounts(work)[0].name == "kept");
  }
  storage::Connection(folder.path() / "edge.sqlite").execute("PRAGMA user_version = 99");
  CHECK_THROWS_WITH_AS(Database{folder.path()}, doctest::Contains("later version"), Error);
}

TEST_CASE("a route, and a host name, belongs to one Worker") {
  const TemporaryFolder folder;
  Database database(folder.path());
  Work work = database.write();
  const Worker worker = example_worker(work);
  Worker other = worker;
  other.name = "other";
  save_worker(work, other);
  replace_routes(work, worker, {"example.com/*", "a.example.com/*"});
  replace_routes(work, worker, {"example.com/*"});
  CHECK(list_routes(work, worker.account, worker.name).size() == 1);
  replace_routes(work, other, {"a.example.com/*"});
  CHECK_THROWS_WITH_AS(replace_routes(work, other, {"example.com/*"}),
                       doctest::Contains("taken by the Worker \"hello\""), Error);
}

TEST_CASE("blobs are shared, found again, and swept when nothing names them") {
  const TemporaryFolder folder;
  Blobs blobs(folder.path() / "blobs");
  const std::string name = blobs.keep("hello");
  CHECK(name == "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
  CHECK(blobs.keep("hello") == name);
  CHECK(read_file(blobs.path(name)) == "hello");
  // What a crash has cut is written again.
  std::filesystem::resize_file(blobs.path(name), 2);
  blobs.keep("hello");
  CHECK(read_file(blobs.path(name)) == "hello");
  const std::string other = blobs.keep("other");
  blobs.sweep({name});
  CHECK(std::filesystem::exists(blobs.path(name)));
  CHECK_FALSE(std::filesystem::exists(blobs.path(other)));
}

}  // namespace
}  // namespace cwrangler::edge
