// The matcher behind URLPattern, by ada: https://urlpattern.spec.whatwg.org/
//
// A pattern or input travels as a string or as a list of strings or undefined, in the order of
// COMPONENTS with the base URL last.

#include <ada.h>

#include "runtime/web/native_objects.h"
#include "runtime/web/op_tables.h"

namespace cwrangler::web {
namespace {

/// ada's regular expressions: those of V8, as the standard wants it.
struct RegExpProvider {
  using regex_type = v8::Global<v8::RegExp>;

  /// The standard asks for the flag "v", which this V8 does not know: "u" lacks only the operations
  /// on sets of characters. Nothing when the pattern is not one.
  static std::optional<regex_type> create_instance(std::string_view pattern, bool ignore_case) {
    v8::Isolate* const isolate = v8::Isolate::GetCurrent();
    const v8::TryCatch caught(isolate);
    const int flags = v8::RegExp::kUnicode | (ignore_case ? v8::RegExp::kIgnoreCase : 0);
    v8::Local<v8::RegExp> made;
    if (!v8::RegExp::New(isolate->GetCurrentContext(), engine::to_string(isolate, pattern),
                         static_cast<v8::RegExp::Flags>(flags))
             .ToLocal(&made)) {
      return std::nullopt;
    }
    return regex_type(isolate, made);
  }

  /// What the groups matched. Nothing when the input does not match, or ran out of stack.
  ///
  /// V8 calls the `exec` that the Worker may have put in place of its own, and ada calls this where
  /// no exception may leave: a result that no regular expression gives is no match.
  static std::optional<std::vector<std::optional<std::string>>> regex_search(
      std::string_view input, const regex_type& expression) {
    v8::Isolate* const isolate = v8::Isolate::GetCurrent();
    const v8::HandleScope handles(isolate);
    const v8::Local<v8::Context> context = isolate->GetCurrentContext();
    v8::TryCatch caught(isolate);
    std::optional<std::vector<std::optional<std::string>>> groups;
    v8::Local<v8::Object> match;
    if (execute(isolate, input, expression).ToLocal(&match) && match->IsArray()) {
      groups.emplace();
      const uint32_t length = match.As<v8::Array>()->Length();
      for (uint32_t i = 1; groups && i < length; ++i) {  // 0 is all that matched
        v8::Local<v8::Value> group;
        if (match->Get(context, i).ToLocal(&group) && (group->IsUndefined() || group->IsString())) {
          groups->push_back(group->IsString() ? std::optional(engine::to_utf8(isolate, group))
                                              : std::nullopt);
        } else {
          groups.reset();
        }
      }
    }
    if (caught.HasTerminated()) caught.ReThrow();
    return groups;
  }

  static bool regex_match(std::string_view input, const regex_type& expression) {
    v8::Isolate* const isolate = v8::Isolate::GetCurrent();
    const v8::HandleScope handles(isolate);
    v8::TryCatch caught(isolate);
    v8::Local<v8::Object> match;
    const bool matches = execute(isolate, input, expression).ToLocal(&match) && match->IsArray();
    if (caught.HasTerminated()) caught.ReThrow();
    return matches;
  }

 private:
  static v8::MaybeLocal<v8::Object> execute(v8::Isolate* isolate, std::string_view input,
                                            const regex_type& expression) {
    return expression.Get(isolate)->Exec(isolate->GetCurrentContext(),
                                         engine::to_string(isolate, input));
  }
};

using Pattern = ada::url_pattern<RegExpProvider>;
using Component = ada::url_pattern_component<RegExpProvider>;

struct HeldPattern : NativeObject {
  explicit HeldPattern(Pattern made) : pattern(std::move(made)) {}
  Pattern pattern;
};

constexpr Component Pattern::*COMPONENTS[] = {
    &Pattern::protocol_component, &Pattern::username_component, &Pattern::password_component,
    &Pattern::hostname_component, &Pattern::port_component,     &Pattern::pathname_component,
    &Pattern::search_component,   &Pattern::hash_component,
};
constexpr ada::url_pattern_component_result ada::url_pattern_result::*RESULTS[] = {
    &ada::url_pattern_result::protocol, &ada::url_pattern_result::username,
    &ada::url_pattern_result::password, &ada::url_pattern_result::hostname,
    &ada::url_pattern_result::port,     &ada::url_pattern_result::pathname,
    &ada::url_pattern_result::search,   &ada::url_pattern_result::hash,
};
constexpr std::optional<std::string> ada::url_pattern_init::*INIT[] = {
    &ada::url_pattern_init::protocol, &ada::url_pattern_init::username,
    &ada::url_pattern_init::password, &ada::url_pattern_init::hostname,
    &ada::url_pattern_init::port,     &ada::url_pattern_init::pathname,
    &ada::url_pattern_init::search,   &ada::url_pattern_init::hash,
    &ada::url_pattern_init::base_url,
};
static_assert(std::size(COMPONENTS) == std::size(RESULTS));

Pattern& pattern_of(engine::Call call) {
  return NativeObjects::unwrap<HeldPattern>(call[0]).pattern;
}

/// A pattern or input with its base URL, both arguments of an op.
struct Input {
  Input(engine::Call call, int index) {
    v8::Isolate* const isolate = call.GetIsolate();
    if (!call[index + 1]->IsUndefined()) {
      base_ = engine::to_utf8(isolate, call[index + 1]);
      base_view_ = base_;
      base = &base_view_;
    }
    if (!call[index]->IsArray()) {
      text_ = engine::to_utf8(isolate, call[index]);
      value = std::string_view(text_);
      return;
    }
    const auto list = call[index].As<v8::Array>();
    ada::url_pattern_init init;
    for (uint32_t i = 0; i < std::size(INIT); ++i) {
      const auto part = list->Get(isolate->GetCurrentContext(), i).ToLocalChecked();
      if (!part->IsUndefined()) init.*INIT[i] = engine::to_utf8(isolate, part);
    }
    value = std::move(init);
  }
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  ada::url_pattern_input value;
  const std::string_view* base = nullptr;

 private:
  std::string text_;
  std::string base_;
  std::string_view base_view_;
};

/// urlPatternNew(pattern, base | undefined, ignoreCase) → handle, undefined when it is not valid
void url_pattern_new(engine::Call call) {
  Input input(call, 0);
  const ada::url_pattern_options options{.ignore_case = call[2]->IsTrue()};
  auto made = ada::parse_url_pattern<RegExpProvider>(std::move(input.value), input.base, &options);
  if (!made) return;
  call.GetReturnValue().Set(engine::Isolate::from(call).state<NativeObjects>().wrap(
      std::make_unique<HeldPattern>(std::move(*made))));
}

/// urlPatternDescribe(handle) → [pattern of each component…, has groups with regular expressions]
void url_pattern_describe(engine::Call call) {
  v8::Isolate* const isolate = call.GetIsolate();
  const Pattern& pattern = pattern_of(call);
  std::vector<v8::Local<v8::Value>> values;
  for (const auto component : COMPONENTS) {
    values.push_back(engine::to_string(isolate, (pattern.*component).pattern));
  }
  values.push_back(v8::Boolean::New(isolate, pattern.has_regexp_groups()));
  call.GetReturnValue().Set(v8::Array::New(isolate, values.data(), values.size()));
}

/// urlPatternTest(handle, input, base | undefined) → boolean; undefined when a list comes with a
/// base
void url_pattern_test(engine::Call call) {
  const Input input(call, 1);
  const auto matched = pattern_of(call).test(input.value, input.base);
  if (matched) call.GetReturnValue().Set(*matched);
}

/// [what was matched, names of groups…, their values…]; a group without a match is undefined.
v8::Local<v8::Value> component_result(v8::Isolate* isolate, const Component& component,
                                      const ada::url_pattern_component_result& result) {
  std::vector<v8::Local<v8::Value>> values{engine::to_string(isolate, result.input)};
  // ada's map of groups has no order; the component knows that of the pattern.
  for (const std::string& name : component.group_name_list) {
    values.push_back(engine::to_string(isolate, name));
  }
  for (const std::string& name : component.group_name_list) {
    const auto found = result.groups.find(name);
    if (found != result.groups.end() && found->second) {
      values.push_back(engine::to_string(isolate, *found->second));
    } else {
      values.push_back(v8::Undefined(isolate));
    }
  }
  return v8::Array::New(isolate, values.data(), values.size());
}

/// urlPatternExec(handle, input, base | undefined) → null: no match | list of component_result;
/// undefined when a list comes with a base
void url_pattern_exec(engine::Call call) {
  v8::Isolate* const isolate = call.GetIsolate();
  const Input input(call, 1);
  Pattern& pattern = pattern_of(call);
  const auto match = pattern.exec(input.value, input.base);
  if (!match) return;
  if (!*match) {
    call.GetReturnValue().SetNull();
    return;
  }
  v8::Local<v8::Value> values[std::size(COMPONENTS)];
  for (size_t i = 0; i < std::size(COMPONENTS); ++i) {
    values[i] = component_result(isolate, pattern.*COMPONENTS[i], **match.*RESULTS[i]);
  }
  call.GetReturnValue().Set(v8::Array::New(isolate, values, std::size(values)));
}

}  // namespace

std::span<const engine::Op> url_pattern_ops() {
  static constexpr engine::Op OPS[] = {
      {"urlPatternNew", engine::op<url_pattern_new>},
      {"urlPatternDescribe", engine::op<url_pattern_describe>},
      {"urlPatternTest", engine::op<url_pattern_test>},
      {"urlPatternExec", engine::op<url_pattern_exec>},
  };
  return OPS;
}

}  // namespace cwrangler::web
