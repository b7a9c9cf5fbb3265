#include "cli/deploy/publish.h"

#include "cli/api/json_access.h"
#include "cli/deploy/assets.h"
#include "cli/deploy/migrations.h"
#include "cli/deploy/report.h"
#include "cli/deploy/snapshot.h"

namespace cwrangler::cli {
namespace {

constexpr int kTooLarge = 10027;
constexpr int kInvalidWorker = 10021;

/// What to do about an upload that was refused for what is in it.
[[noreturn]] void explain(const ApiError& error, const std::vector<UploadModule>& modules) {
  if (error.has_code(kTooLarge)) {
    constexpr size_t kShown = 5;
    std::string problem =
        "Your Worker failed validation because it exceeded size limits.\n" + error.problem();
    problem += "\nThe largest modules:";
    for (const std::string& line : largest_modules(modules, kShown)) problem += "\n" + line;
    throw Error(problem).hint(
        "`cwrangler tree --size` shows what each package costs; python_modules.exclude leaves "
        "files out.");
  }
  if (error.has_code(kInvalidWorker)) {
    throw Error(error.problem())
        .hint("The Worker's top level has failed there; `cwrangler check` runs it here.");
  }
  throw error;
}

/// Sends the form; `path`: below the account, `method`: PUT or POST.
ApiJson send_upload(const DeployContext& context, const char* method, const std::string& path,
                    Query query, MultipartForm& form, const std::vector<UploadModule>& modules,
                    Progress& progress) {
  ApiCall call;
  call.method = method;
  call.path = context.account.path(path);
  call.query = std::move(query);
  call.content_type = form.content_type();
  call.body = form.finish();
  // Uploading the same twice makes a version that nobody uses, at worst.
  call.retry = Retry::always;
  call.progress = [&progress](std::uint64_t) { progress.tick(); };
  progress.step("Uploading " + context.config.name);
  try {
    ApiJson result = context.account.client().call(call);
    progress.clear();
    return result;
  } catch (const ApiError& error) {
    progress.clear();
    explain(error, modules);
  }
}

UploadParts prepare(const DeployContext& context, const VersionRequest& request,
                    Progress& progress) {
  UploadParts parts;
  parts.assets = publish_assets(context, progress);
  parts.bindings = upload_bindings(context.config, request.options);
  const auto settings = find_settings(context.account, context.config.name);
  provision(context, settings, parts.bindings);
  return parts;
}

MultipartForm whole_form(const DeployContext& context, const VersionRequest& request,
                         const UploadParts& parts, Progress& progress) {
  MultipartForm form =
      upload_form(upload_metadata(request.project, request.options, parts), request.modules);
  const auto snapshot = make_upload_snapshot(context, request, parts.bindings, progress);
  if (snapshot) add_snapshot(form, *snapshot);
  return form;
}

UploadedVersion put_worker(const DeployContext& context, const DeployedWorker& worker,
                           const VersionRequest& request, UploadParts parts, Progress& progress) {
  MultipartForm form = whole_form(context, request, parts, progress);
  const ApiJson result = send_upload(context, "PUT", worker_path(context.config.name),
                                     {{"excludeScript", "true"}, {"bindings_inherit", "strict"}},
                                     form, request.modules, progress);
  const auto tags = service_tags(context.config, worker);
  if (tags && *tags != worker.tags) {
    context.account.patch(worker_path(context.config.name, "/script-settings"), {{"tags", *tags}});
  }
  return {hyphenated(string_at(result, "deployment_id")), string_at(result, "tag"),
          integer_at(result, "startup_time_ms"), std::move(parts.bindings)};
}

UploadedVersion post_version(const DeployContext& context, const VersionRequest& request,
                             UploadParts parts, Progress& progress) {
  MultipartForm form = whole_form(context, request, parts, progress);
  const ApiJson result =
      send_upload(context, "POST", worker_path(context.config.name, "/versions"),
                  {{"bindings_inherit", "strict"}}, form, request.modules, progress);
  const std::string id = string_at(result, "id");
  if (id.empty())
    throw Error("The API has not said which version it made").while_doing("uploading");
  return {id, "", integer_at(result, "startup_time_ms"), std::move(parts.bindings)};
}

void give_all_traffic(const DeployContext& context, const std::string& version,
                      const UploadOptions& options) {
  ApiJson annotations = ApiJson::object();
  if (!options.message.empty()) annotations["workers/message"] = options.message;
  try {
    context.account.post(
        worker_path(context.config.name, "/deployments"),
        {{"strategy", "percentage"},
         {"versions", ApiJson::array({{{"version_id", version}, {"percentage", 100}}})},
         {"annotations", annotations}},
        Retry::always);
  } catch (Error& error) {
    Error whole(error.problem() + "\nThe version " + version +
                " is uploaded, but not deployed: the one before still runs.");
    whole.hint("`cwrangler versions deploy " + version + "@100%` deploys it. " + error.advice());
    throw whole;
  }
}

}  // namespace

std::optional<ApiJson> publish_assets(const DeployContext& context, Progress& progress) {
  const Config& config = context.config;
  if (!config.assets || config.assets->directory.empty()) return std::nullopt;
  Terminal& terminal = context.terminal;
  terminal.print("🌀 Building list of assets...");
  const AssetFolder folder = read_assets(*config.assets);
  terminal.print("✨ Read " + std::to_string(folder.assets.size()) +
                 " files from the assets directory " + config.assets->directory.string());
  terminal.print("🌀 Starting asset upload...");
  const AssetUpload upload = upload_assets(
      context.account, config.name, folder,
      [&terminal](const std::vector<std::string>& paths) {
        if (paths.empty()) {
          terminal.print("No updated asset files to upload. Proceeding with deployment...");
          return;
        }
        terminal.print("🌀 Found " + std::to_string(paths.size()) +
                       " new or modified static assets to upload. Proceeding with upload...");
        constexpr size_t kShown = 100;
        for (size_t i = 0; i < std::min(paths.size(), kShown); ++i) {
          terminal.print("+ " + printable(paths[i]));
        }
        if (paths.size() > kShown) {
          terminal.print("   (" + std::to_string(paths.size() - kShown) + " more)");
        }
      },
      [&](size_t sent, size_t all) {
        progress.clear();
        terminal.print("Uploaded " + std::to_string(sent) + " of " + std::to_string(all) +
                       " assets");
      });
  if (!upload.paths.empty()) {
    terminal.print("✨ Success! Uploaded " + std::to_string(upload.paths.size()) + " files\n");
  }
  ApiJson metadata{{"jwt", upload.jwt}};
  if (!folder.config.empty()) metadata["config"] = folder.config;
  return metadata;
}

UploadedVersion publish(const DeployContext& context, const DeployedWorker& worker,
                        const VersionRequest& request, Progress& progress) {
  const PendingMigrations migrations =
      pending_migrations(context.config.migrations, worker.migration_tag);
  if (!migrations.warning.empty()) context.terminal.print_warning(migrations.warning);
  UploadParts parts = prepare(context, request, progress);
  parts.migrations = migrations.metadata;
  if (!worker.exists || parts.migrations) {
    return put_worker(context, worker, request, std::move(parts), progress);
  }
  UploadedVersion version = post_version(context, request, std::move(parts), progress);
  give_all_traffic(context, version.id, request.options);
  sync_script_settings(context, worker, request.options.logpush);
  version.worker_tag = worker.tag;
  return version;
}

UploadedVersion upload_version(const DeployContext& context, const DeployedWorker& worker,
                               const VersionRequest& request, Progress& progress) {
  const PendingMigrations migrations =
      pending_migrations(context.config.migrations, worker.migration_tag);
  if (migrations.metadata) {
    throw Error("You cannot upload a new version of a Worker whose migrations are not applied")
        .hint("`cwrangler deploy` applies them.");
  }
  UploadedVersion version =
      post_version(context, request, prepare(context, request, progress), progress);
  version.worker_tag = worker.tag;
  return version;
}

void sync_script_settings(const DeployContext& context, const DeployedWorker& worker,
                          const std::optional<bool>& logpush) {
  const nlohmann::json& settings = context.config.settings;
  ApiJson body = ApiJson::object();
  for (const char* key : {"tail_consumers", "streaming_tail_consumers", "logpush"}) {
    if (settings.contains(key)) body[key] = settings[key];
  }
  if (logpush) body["logpush"] = *logpush;
  body["observability"] = settings.contains("observability") ? ApiJson(settings["observability"])
                                                             : ApiJson{{"enabled", false}};
  body["tags"] = service_tags(context.config, worker).value_or(worker.tags);
  context.account.patch(worker_path(context.config.name, "/script-settings"), body);
}

}  // namespace cwrangler::cli
