// `cwrangler workflows …`: the account's Workflows, and their instances.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <optional>

#include "cli/api/json_access.h"
#include "cli/command/action.h"
#include "cli/command/api_session.h"
#include "cli/local/resource_location.h"
#include "cli/terminal/table.h"

namespace cwrangler::cli {
namespace {

struct Flags {
  std::string name;
  std::string instance;
  std::string params;
  std::string status;
  std::string event_type;
  std::string payload = "{}";
  std::string from_step;
  std::string from_type;
  std::optional<int> from_count;
  int page = 1;
  std::optional<int> per_page;
  bool reverse = false;
  bool rollback = false;
};

struct NamedState {
  std::string_view state;
  std::string_view shown;
};

constexpr NamedState kStates[]{
    {"complete", "✅ Completed"}, {"errored", "❌ Errored"},
    {"paused", "⏸️ Paused"}, {"queued", "⌛ Queued"},
    {"running", "▶ Running"},    {"terminated", "🚫 Terminated"},
    {"waiting", "⏰ Waiting"},    {"waitingForPause", "⏱️ Waiting for Pause"},
};

std::string shown_state(const std::string& state) {
  for (const NamedState& known : kStates) {
    if (known.state == state) return std::string(known.shown);
  }
  return "❓ Unknown";
}

class WorkflowCommand {
 public:
  explicit WorkflowCommand(const CommandContext& context)
      : config_(load_config_or_none(
            {context.options.directory, context.options.config_file, context.options.environment})),
        session_(context, &config_) {}

  const Account& account() { return session_.account(); }

  static std::string path_of(const std::string& workflow, const std::string& below = "") {
    return "/workflows/" + percent_encoded(workflow) + below;
  }

  static std::string path_of(const std::string& workflow, const std::string& instance,
                             const std::string& below) {
    return path_of(workflow, "/instances/" + percent_encoded(instance) + below);
  }

  /// The id that is meant: `latest` stands for that of the newest instance.
  std::string instance_of(const Flags& flags) {
    if (flags.instance != "latest") return flags.instance;
    const ApiJson instances = account().get(path_of(flags.name, "/instances"));
    const ApiJson* newest = nullptr;
    if (instances.is_array()) {
      for (const ApiJson& each : instances) {
        const bool newer =
            newest == nullptr || string_at(each, "created_on") > string_at(*newest, "created_on");
        if (newer) newest = &each;
      }
    }
    if (newest != nullptr) return string_at(*newest, "id");
    throw Error("There are no deployed instances in workflow \"" + flags.name + "\"");
  }

 private:
  const Config config_;
  ApiSession session_;
};

/// The page that is asked for, newest first; `--reverse` turns it round.
std::vector<ApiJson> page_of(const ApiJson& answer, bool reverse) {
  std::vector<ApiJson> items;
  if (answer.is_array()) items.assign(answer.begin(), answer.end());
  std::stable_sort(items.begin(), items.end(), [reverse](const ApiJson& a, const ApiJson& b) {
    const std::string first = string_at(a, "created_on");
    const std::string second = string_at(b, "created_on");
    return reverse ? first < second : first > second;
  });
  return items;
}

/// Says how many there are; false when there is none, with `none` said for the first page.
bool print_count(const std::vector<ApiJson>& items, const std::string& what, const Flags& flags,
                 const std::string& none, Terminal& terminal) {
  if (items.empty()) {
    terminal.print_warning(flags.page == 1
                               ? none
                               : "Nothing was found on page " + std::to_string(flags.page) +
                                     ". Please try a smaller page number.");
    return false;
  }
  terminal.print("Showing " + std::to_string(items.size()) + " " + what +
                 (items.size() > 1 ? "s" : "") + " from page " + std::to_string(flags.page) + ":");
  return true;
}

int list(const Flags& flags, const CommandContext& context) {
  WorkflowCommand command(context);
  Query query;
  if (flags.per_page) query.emplace_back("per_page", std::to_string(*flags.per_page));
  query.emplace_back("page", std::to_string(flags.page));
  const auto workflows = page_of(command.account().get("/workflows", query), /*reverse=*/false);
  if (!print_count(workflows, "workflow", flags, "There are no deployed Workflows in this account",
                   context.terminal)) {
    return static_cast<int>(ExitCode::ok);
  }
  std::vector<std::vector<std::string>> rows;
  for (const ApiJson& workflow : workflows) {
    rows.push_back({string_at(workflow, "name"), string_at(workflow, "script_name"),
                    string_at(workflow, "class_name"), string_at(workflow, "created_on"),
                    string_at(workflow, "modified_on")});
  }
  context.terminal.print(
      boxed_table({"Name", "Script name", "Class name", "Created", "Modified"}, rows));
  return static_cast<int>(ExitCode::ok);
}

int describe(const Flags& flags, const CommandContext& context) {
  WorkflowCommand command(context);
  const ApiJson workflow = command.account().get(WorkflowCommand::path_of(flags.name));
  const ApiJson versions = command.account().get(WorkflowCommand::path_of(flags.name, "/versions"));
  std::string text = "Name:         " + string_at(workflow, "name") +
                     "\nId:           " + string_at(workflow, "id") +
                     "\nScript Name:  " + string_at(workflow, "script_name") +
                     "\nClass Name:   " + string_at(workflow, "class_name") +
                     "\nCreated On:   " + string_at(workflow, "created_on") +
                     "\nModified On:  " + string_at(workflow, "modified_on");
  if (const auto newest = page_of(versions, /*reverse=*/false); !newest.empty()) {
    text += "\nLatest Version:\n  Id:           " + string_at(newest.front(), "id") +
            "\n  Created On:   " + string_at(newest.front(), "created_on") +
            "\n  Modified On:  " + string_at(newest.front(), "modified_on");
  }
  context.terminal.print(printable(text));
  return static_cast<int>(ExitCode::ok);
}

int remove(const Flags& flags, const CommandContext& context) {
  WorkflowCommand command(context);
  command.account().remove(WorkflowCommand::path_of(flags.name));
  context.terminal.print("✅ Workflow \"" + flags.name +
                         "\" removed successfully.\nNote that running instances might take a few "
                         "minutes to be properly terminated.");
  return static_cast<int>(ExitCode::ok);
}

ApiJson parse_argument(const std::string& text, const char* what) {
  ApiJson json = ApiJson::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_discarded()) return json;
  throw Error(std::string(what) + " is no JSON: " + text).exit_with(ExitCode::usage);
}

int trigger(const Flags& flags, const CommandContext& context) {
  ApiJson body = ApiJson::object();
  if (!flags.instance.empty()) body["instance_id"] = flags.instance;
  if (!flags.params.empty()) body["params"] = parse_argument(flags.params, "The parameter");
  WorkflowCommand command(context);
  const ApiJson instance =
      command.account().post(WorkflowCommand::path_of(flags.name, "/instances"), body);
  context.terminal.print(printable("🚀 Workflow instance \"" + string_at(instance, "id") +
                                   "\" has been queued successfully"));
  return static_cast<int>(ExitCode::ok);
}

/// The page that is asked for. The API has cursors in place of numbers: page N is behind N-1
/// others.
ApiJson instances_page(const Account& account, const Flags& flags) {
  ApiCall call;
  call.path = account.path(WorkflowCommand::path_of(flags.name, "/instances"));
  if (!flags.status.empty()) call.query.emplace_back("status", flags.status);
  if (flags.per_page) call.query.emplace_back("per_page", std::to_string(*flags.per_page));
  const Query first = call.query;
  for (int page = 1;; ++page) {
    Envelope answer = account.client().exchange(call);
    if (page == flags.page) return answer.result;
    const std::string cursor = string_at(answer.result_info, "cursor");
    if (cursor.empty()) return ApiJson::array();
    call.query = first;
    call.query.emplace_back("cursor", cursor);
  }
}

int list_instances(const Flags& flags, const CommandContext& context) {
  WorkflowCommand command(context);
  const auto instances = page_of(instances_page(command.account(), flags), flags.reverse);
  if (!print_count(instances, "instance", flags,
                   "There are no instances in workflow \"" + flags.name +
                       "\". You can trigger it with `cwrangler workflows trigger " + flags.name +
                       "`",
                   context.terminal)) {
    return static_cast<int>(ExitCode::ok);
  }
  std::vector<std::vector<std::string>> rows;
  for (const ApiJson& instance : instances) {
    rows.push_back({string_at(instance, "id"), string_at(instance, "version_id"),
                    string_at(instance, "created_on"), string_at(instance, "modified_on"),
                    shown_state(string_at(instance, "status"))});
  }
  context.terminal.print(
      boxed_table({"Instance ID", "Version", "Created", "Modified", "Status"}, rows));
  return static_cast<int>(ExitCode::ok);
}

/// "name: value" lines of what a step or an instance has under these keys.
std::string lines_of(const ApiJson& json,
                     std::initializer_list<std::pair<const char*, const char*>> labels_and_keys,
                     const std::string& indent) {
  std::string text;
  for (const auto& [label, key] : labels_and_keys) {
    const ApiJson& value = value_at(json, key);
    if (value.is_null()) continue;
    text += indent + label + ": " +
            (value.is_string() ? value.get<std::string>()
                               : value.dump(-1, ' ', false, ApiJson::error_handler_t::replace)) +
            "\n";
  }
  return text;
}

int describe_instance(const Flags& flags, const CommandContext& context) {
  WorkflowCommand command(context);
  const std::string id = command.instance_of(flags);
  const ApiJson instance = command.account().get(WorkflowCommand::path_of(flags.name, id, ""));
  std::string text = "Workflow Name: " + flags.name + "\nInstance Id: " + id +
                     "\nVersion Id: " + string_at(instance, "versionId") +
                     "\nStatus: " + shown_state(string_at(instance, "status")) +
                     "\nTrigger: " + string_at(object_at(instance, "trigger"), "source") + "\n";
  text += lines_of(instance,
                   {{"Queued", "queued"},
                    {"Success", "success"},
                    {"Start", "start"},
                    {"End", "end"},
                    {"Error", "error"},
                    {"Output", "output"}},
                   "");
  text += "Steps:";
  for (const ApiJson& step : array_at(instance, "steps")) {
    text += "\n\n" + lines_of(step,
                              {{"Name", "name"},
                               {"Type", "type"},
                               {"Start", "start"},
                               {"End", "end"},
                               {"Success", "success"},
                               {"Error", "error"},
                               {"Output", "output"}},
                              "  ");
    text.pop_back();
  }
  context.terminal.print(printable(text));
  return static_cast<int>(ExitCode::ok);
}

/// Asks for a status, and says what became of the instance.
int change_status(const Flags& flags, const CommandContext& context, const char* status,
                  const std::string& mark, const char* done, const ApiJson& more = {}) {
  WorkflowCommand command(context);
  const std::string id = command.instance_of(flags);
  ApiJson body{{"status", status}};
  if (more.is_object()) body.update(more);
  command.account().patch(WorkflowCommand::path_of(flags.name, id, "/status"), body);
  context.terminal.print(printable(mark + " The instance \"" + id + "\" from " + flags.name +
                                   " was " + done + " successfully"));
  return static_cast<int>(ExitCode::ok);
}

int pause(const Flags& flags, const CommandContext& context) {
  return change_status(flags, context, "pause", "⏸️", "paused");
}

int resume(const Flags& flags, const CommandContext& context) {
  return change_status(flags, context, "resume", "🔄", "resumed");
}

int terminate(const Flags& flags, const CommandContext& context) {
  const ApiJson more = flags.rollback ? ApiJson{{"rollback", true}} : ApiJson();
  return change_status(flags, context, "terminate", "🥷", "terminated", more);
}

int restart(const Flags& flags, const CommandContext& context) {
  if (flags.from_step.empty() && (flags.from_count || !flags.from_type.empty())) {
    throw Error("--from-step-name is required when using --from-step-count or --from-step-type")
        .exit_with(ExitCode::usage);
  }
  ApiJson more;
  if (!flags.from_step.empty()) {
    ApiJson from{{"name", flags.from_step}};
    if (flags.from_count) from["count"] = *flags.from_count;
    if (!flags.from_type.empty()) from["type"] = flags.from_type;
    more["from"] = from;
  }
  return change_status(flags, context, "restart", "🥷", "restarted", more);
}

int send_event(const Flags& flags, const CommandContext& context) {
  const ApiJson payload = parse_argument(flags.payload, "The payload");
  WorkflowCommand command(context);
  const std::string id = command.instance_of(flags);
  command.account().post(
      WorkflowCommand::path_of(flags.name, id, "/events/" + percent_encoded(flags.event_type)),
      payload);
  context.terminal.print(printable("📤 The event with type \"" + flags.event_type +
                                   "\" was sent to the instance \"" + id + "\" from " +
                                   flags.name));
  return static_cast<int>(ExitCode::ok);
}

void add_page_flags(CLI::App& command, const std::shared_ptr<Flags>& flags) {
  command.add_option("--page", flags->page, "Which page, from 1")->check(CLI::PositiveNumber);
  command.add_option("--per-page", flags->per_page, "How many on a page")
      ->check(CLI::PositiveNumber);
}

void add_instance_commands(CLI::App& workflows, CommandContext& context,
                           const std::shared_ptr<Flags>& flags) {
  CLI::App* group = workflows.add_subcommand("instances", "Runs of a Workflow");
  group->require_subcommand(1);
  CLI::App* listed = add_action(*group, context, flags, "list", "List them", list_instances);
  listed->add_option("name", flags->name, "Of the Workflow")->required();
  listed->add_flag("--reverse", flags->reverse, "Oldest first");
  std::vector<std::string> states;
  for (const NamedState& known : kStates) states.emplace_back(known.state);
  listed->add_option("--status", flags->status, "Only those in this state")
      ->check(CLI::IsMember(states));
  add_page_flags(*listed, flags);

  CLI::App* restarted = add_action(*group, context, flags, "restart", "Begin anew", restart);
  CLI::App* terminated = add_action(*group, context, flags, "terminate", "End one", terminate);
  CLI::App* event = add_action(*group, context, flags, "send-event", "Send an event", send_event);
  for (CLI::App* command : {add_action(*group, context, flags, "describe",
                                       "Show one, with its steps", describe_instance),
                            add_action(*group, context, flags, "pause", "Let one wait", pause),
                            add_action(*group, context, flags, "resume", "Let one go on", resume),
                            restarted, terminated, event}) {
    command->add_option("name", flags->name, "Of the Workflow")->required();
    command->add_option("id", flags->instance, "Of the instance; latest: the newest")->required();
  }
  restarted->add_option("--from-step-name", flags->from_step, "Only from this step on");
  restarted->add_option("--from-step-count", flags->from_count, "Which of several of that name")
      ->check(CLI::PositiveNumber);
  restarted->add_option("--from-step-type", flags->from_type, "do, sleep or waitForEvent")
      ->check(CLI::IsMember({"do", "sleep", "waitForEvent"}));
  terminated->add_flag("--rollback", flags->rollback, "Run its rollback handlers first");
  event->add_option("--type", flags->event_type, "Of the event")->required();
  event->add_option("--payload", flags->payload, "JSON, {} by default");
}

/// wrangler has --local for Workflows of its dev sessions. Ours run none: who types it is told so
/// before anything is asked of the account.
void refuse_local(CLI::App& group) {
  for (CLI::App* command : group.get_subcommands({})) {
    if (!command->get_subcommands({}).empty()) {
      refuse_local(*command);
      continue;
    }
    const auto refuse = [] {
      throw Error("Workflows do not run in local sessions of cwrangler")
          .hint(
              "`cwrangler deploy` brings the Workflow into the account, and `cwrangler workflows "
              "trigger NAME` starts an instance there. The code of its steps runs locally where "
              "a fetch handler calls it.");
    };
    command->add_flag_callback("--local", refuse)->group("");
  }
}

}  // namespace

void add_workflows_command(CLI::App& program, CommandContext& context) {
  auto flags = std::make_shared<Flags>();
  CLI::App* group = program.add_subcommand("workflows", "Workflows of the account");
  group->require_subcommand(1);
  add_page_flags(*add_action(*group, context, flags, "list", "List them", list), flags);
  CLI::App* started = add_action(*group, context, flags, "trigger", "Start an instance", trigger);
  for (CLI::App* command :
       {add_action(*group, context, flags, "describe", "Show one", describe),
        add_action(*group, context, flags, "delete", "Delete one with its instances", remove),
        started}) {
    command->add_option("name", flags->name, "Of the Workflow")->required();
  }
  started->add_option("params", flags->params, "JSON for the event's payload");
  started->add_option("--id", flags->instance, "Of the instance; else the API makes one");
  add_instance_commands(*group, context, flags);
  refuse_local(*group);
}

}  // namespace cwrangler::cli
