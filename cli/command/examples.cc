// Examples of every command, as --help, the documentation and the man pages show them.

#include <array>

#include "cli/command/program.h"

namespace cwrangler::cli {
namespace {

struct CommandExample {
  std::string_view path;
  Example example;
};

constexpr auto kExamples = std::to_array<CommandExample>({
    {"", {"cwrangler init my-worker && cd my-worker && cwrangler dev", "a new Worker, running"}},
    {"init", {"cwrangler init shop --template fastapi", "a FastAPI application in ./shop"}},
    {"init", {"cwrangler init . --template ./our-template", "this folder, from a folder of yours"}},
    {"init",
     {"cwrangler init shop -t git+https://example.com/us/templates#subdirectory=shop",
      "from a folder of a git repository"}},
    {"dev", {"cwrangler dev", "serve the project here, on port 8787 or the next free one"}},
    {"dev", {"cwrangler dev --port 9000 -e staging", "the environment staging on port 9000"}},
    {"dev", {"cwrangler dev --var API_URL:http://localhost:9001", "with another value in env"}},
    {"check", {"cwrangler check", "one line for each problem, for people and editors"}},
    {"check",
     {"cwrangler check --strict --format github", "in CI: annotations, fails on warnings"}},
    {"deploy", {"cwrangler deploy", "the Worker, its assets, and what makes it run"}},
    {"deploy", {"cwrangler deploy -e staging --message 'try it'", "the environment staging"}},
    {"deploy", {"cwrangler deploy --dry-run --outdir dist", "see what would be uploaded"}},
    {"deploy",
     {"cwrangler deploy --strict --secrets-file secrets.json", "in CI, with secrets of a file"}},
    {"versions upload", {"cwrangler versions upload --message 'new search'", "without traffic"}},
    {"versions list", {"cwrangler versions list", "the latest, with their ids"}},
    {"versions view", {"cwrangler versions view VERSION_ID", "what is in it"}},
    {"versions deploy",
     {"cwrangler versions deploy NEW_ID@10% OLD_ID@90% -y", "a tenth of the traffic for the new"}},
    {"deployments list", {"cwrangler deployments list", "what had the traffic, and when"}},
    {"deployments status", {"cwrangler deployments status --json", "what has it now"}},
    {"rollback", {"cwrangler rollback -y --message 'too slow'", "to the version before"}},
    {"triggers deploy", {"cwrangler triggers deploy", "routes, schedules, queues; no code"}},
    {"secret put", {"cwrangler secret put API_KEY", "asks for the value without showing it"}},
    {"secret put", {"cwrangler secret put API_KEY < key.txt", "the value of a file"}},
    {"secret list", {"cwrangler secret list", "names, as JSON"}},
    {"secret delete", {"cwrangler secret delete API_KEY", "for good"}},
    {"secret bulk", {"cwrangler secret bulk secrets.json", "all of a file at once"}},
    {"delete", {"cwrangler delete", "the Worker of this project, after a question"}},
    {"snapshot", {"cwrangler snapshot", "so that the next start has run the top level already"}},
    {"snapshot", {"cwrangler snapshot --check", "in CI: fail when the Worker cannot have one"}},
    {"types", {"cwrangler types", "write typings/js/__init__.pyi"}},
    {"types", {"cwrangler types --check", "in CI: fail when the file is out of date"}},
    {"sync", {"cwrangler sync", "install what pyproject.toml asks for"}},
    {"sync", {"cwrangler sync --frozen", "in CI: fail when pylock.toml would change"}},
    {"add", {"cwrangler add fastapi 'httpx>=0.28'", "add two packages and install them"}},
    {"remove", {"cwrangler remove httpx", "and what only it needed"}},
    {"lock", {"cwrangler lock --upgrade", "the newest versions, without installing them"}},
    {"tree", {"cwrangler tree --size", "who requires whom, and what each costs"}},
    {"state list", {"cwrangler state list", "what is kept here, how much, and in which binding"}},
    {"state export",
     {"cwrangler state export before.tar.zst", "all of it in one file, while dev runs"}},
    {"state import", {"cwrangler state import before.tar.zst --yes", "as it was then"}},
    {"state clear", {"cwrangler state clear kv r2/uploads", "all namespaces, and one bucket"}},
    {"whoami", {"cwrangler whoami", "the user, and the accounts that can be worked on"}},
    {"whoami", {"cwrangler whoami --json", "for scripts"}},
    {"api", {"cwrangler api GET '/accounts/{account_id}/workers/scripts'", "all Workers"}},
    {"api",
     {"cwrangler api GET /zones -f name=example.com --paginate", "a list, with all its pages"}},
    {"api",
     {"cwrangler api POST '/accounts/{account_id}/queues' -f queue_name=jobs",
      "fields as a JSON body"}},
    {"cache", {"cwrangler cache", "folders, sizes, and when each was last used"}},
    {"cache",
     {"cwrangler cache --clean", "without what other versions and old projects have left"}},
    {"doctor", {"cwrangler doctor", "what is installed, and what to do about the rest"}},
    {"doctor", {"cwrangler doctor --offline --json", "for scripts, without the network"}},
    {"complete", {"source <(cwrangler complete bash)", "for this shell; put it into ~/.bashrc"}},
    {"complete",
     {"cwrangler complete fish > ~/.config/fish/completions/cwrangler.fish",
      "for all fish shells"}},
    {"complete", {"cwrangler complete zsh > ~/.zfunc/_cwrangler", "with ~/.zfunc in fpath"}},
    {"d1 create", {"cwrangler d1 create notes --local", "a database for local runs"}},
    {"d1 list", {"cwrangler d1 list --local", "the project's databases here"}},
    {"d1 info", {"cwrangler d1 info notes --local", "tables and size"}},
    {"d1 delete", {"cwrangler d1 delete notes --local -y", "its local data, without asking"}},
    {"d1 execute",
     {"cwrangler d1 execute notes --local --command 'SELECT * FROM notes'", "one query"}},
    {"d1 execute",
     {"cwrangler d1 execute notes --local --file schema.sql", "a file of statements"}},
    {"d1 export", {"cwrangler d1 export notes --local --output notes.sql", "as SQL"}},
    {"d1 migrations create", {"cwrangler d1 migrations create notes add-tags", "an empty file"}},
    {"d1 migrations list", {"cwrangler d1 migrations list notes --local", "those not applied yet"}},
    {"d1 migrations apply",
     {"cwrangler d1 migrations apply notes --local", "all that are missing"}},
    {"d1 time-travel info", {"cwrangler d1 time-travel info notes --local", "the bookmark of now"}},
    {"d1 time-travel restore",
     {"cwrangler d1 time-travel restore notes --bookmark BOOKMARK", "the state of then"}},
    {"kv namespace create", {"cwrangler kv namespace create CACHE --local", "for local runs"}},
    {"kv namespace list", {"cwrangler kv namespace list --local", "those that are here"}},
    {"kv namespace delete",
     {"cwrangler kv namespace delete --binding CACHE --local", "and its keys"}},
    {"kv key put",
     {"cwrangler kv key put --binding CACHE --local greeting hello", "store a value"}},
    {"kv key get", {"cwrangler kv key get --binding CACHE --local greeting", "print it"}},
    {"kv key list",
     {"cwrangler kv key list --binding CACHE --local --prefix gr", "names, as JSON"}},
    {"kv key delete", {"cwrangler kv key delete --binding CACHE --local greeting", "remove it"}},
    {"r2 bucket create", {"cwrangler r2 bucket create files --local", "for local runs"}},
    {"r2 bucket list", {"cwrangler r2 bucket list --local", "those that are here"}},
    {"r2 bucket info", {"cwrangler r2 bucket info files --local", "how many objects, how large"}},
    {"r2 bucket delete", {"cwrangler r2 bucket delete files --local", "when it is empty"}},
    {"r2 object put",
     {"cwrangler r2 object put files/report.pdf --file report.pdf --local", "store a file"}},
    {"r2 object get", {"cwrangler r2 object get files/report.pdf --pipe --local", "print it"}},
    {"r2 object delete", {"cwrangler r2 object delete files/report.pdf --local", "remove it"}},
    {"kv bulk put", {"cwrangler kv bulk put --binding CACHE --local keys.json", "many at once"}},
    {"kv bulk get", {"cwrangler kv bulk get --binding CACHE --local names.json", "many at once"}},
    {"kv bulk delete",
     {"cwrangler kv bulk delete --binding CACHE --local names.json", "many at once"}},
});

}  // namespace

std::vector<Example> examples_of(std::string_view path) {
  std::vector<Example> found;
  for (const CommandExample& known : kExamples) {
    if (known.path == path) found.push_back(known.example);
  }
  return found;
}

}  // namespace cwrangler::cli
