// The engine behind HTMLRewriter (js/html_rewriter.js), and the tokens that its handlers see.
//
// A token is given by its rewriter and its number; ops on one that is past throw TypeError.

#include "runtime/web/html_rewriter.h"
#include "runtime/web/op_tables.h"
#include "runtime/web/rust/html_rewriter.h"

namespace cwrangler::web {
namespace {

using engine::Call;

std::string text(Call call, int index) {
  return engine::to_utf8(call.GetIsolate(), call[index]);
}

CwString view(const std::string& text) {
  return {text.data(), text.size()};
}

CwSink append_to(std::string& text) {
  return {[](void* target, const char* data, size_t size) {
            static_cast<std::string*>(target)->append(data, size);
          },
          &text};
}

uint32_t number(Call call, int index) {
  return call[index]->Uint32Value(call.GetIsolate()->GetCurrentContext()).FromMaybe(0);
}

HtmlRewriter& rewriter(Call call) {
  return NativeObjects::unwrap<HtmlRewriter>(call[0]);
}

void* token(Call call) {
  const double which = call[1]->IsNumber() ? call[1].As<v8::Number>()->Value() : 0;
  return rewriter(call).token(static_cast<uint64_t>(which));
}

/// What write, end and next return: undefined when the piece is done, or [kind, handler, token].
void return_stop(Call call, const std::optional<RewriterStop>& stop) {
  if (!stop) return;
  v8::Isolate* const isolate = call.GetIsolate();
  v8::Local<v8::Value> values[] = {
      v8::Integer::NewFromUnsigned(isolate, stop->kind),
      v8::Integer::NewFromUnsigned(isolate, stop->number),
      v8::Number::New(isolate, static_cast<double>(stop->token)),
  };
  call.GetReturnValue().Set(v8::Array::New(isolate, values, std::size(values)));
}

/// rewriterCheckSelector(selector): throws TypeError
void check(Call call) {
  check_selector(text(call, 0));
}

/// rewriterNew(encoding, [selector, kinds, …]) → rewriter; an empty selector is the document
void make(Call call) {
  const v8::Local<v8::Context> context = call.GetIsolate()->GetCurrentContext();
  if (!call[1]->IsArray()) throw engine::TypeErrorException("the handlers are not a list");
  const auto list = call[1].As<v8::Array>();
  std::vector<HtmlRewriter::Handler> handlers;
  for (uint32_t i = 0; i + 1 < list->Length(); i += 2) {
    handlers.push_back(
        {engine::to_utf8(call.GetIsolate(), list->Get(context, i).ToLocalChecked()),
         list->Get(context, i + 1).ToLocalChecked()->Uint32Value(context).FromMaybe(0)});
  }
  auto made = std::make_unique<HtmlRewriter>(text(call, 0), handlers);
  call.GetReturnValue().Set(
      engine::Isolate::from(call).state<NativeObjects>().wrap(std::move(made)));
}

/// rewriterWrite(rewriter, bytes), rewriterEnd(rewriter), rewriterNext(rewriter) → see return_stop
void write(Call call) {
  return_stop(call, rewriter(call).write(engine::bytes_of(call[1])));
}
void end(Call call) {
  return_stop(call, rewriter(call).end());
}
void next(Call call) {
  return_stop(call, rewriter(call).next());
}

/// rewriterTake(rewriter) → Uint8Array
void take(Call call) {
  call.GetReturnValue().Set(
      engine::move_to_uint8array(call.GetIsolate(), rewriter(call).take_output()));
}

/// tokenInsert(rewriter, token, place, content, html)
void insert(Call call) {
  void* const where = token(call);
  const std::string content = text(call, 3);
  cw_token_insert(where, number(call, 2), view(content), call[4]->IsTrue());
}

/// tokenStream(rewriter, token, place, handler)
void stream(Call call) {
  cw_token_stream(token(call), number(call, 2), number(call, 3));
}

/// tokenRemove(rewriter, token, keepContent)
void remove(Call call) {
  cw_token_remove(token(call), call[2]->IsTrue());
}

/// tokenRemoved(rewriter, token), tokenLastInTextNode(rewriter, token) → boolean
void removed(Call call) {
  call.GetReturnValue().Set(cw_token_removed(token(call)));
}
void last_in_text_node(Call call) {
  call.GetReturnValue().Set(cw_token_last_in_text_node(token(call)));
}

/// tokenGet(rewriter, token, property, name) → string or null
void get(Call call) {
  void* const of = token(call);
  const std::string name = text(call, 3);
  std::string value;
  if (cw_token_get(of, number(call, 2), view(name), append_to(value))) {
    call.GetReturnValue().Set(engine::to_string(call.GetIsolate(), value));
  } else {
    call.GetReturnValue().SetNull();
  }
}

/// tokenSet(rewriter, token, property, name, value): throws TypeError for a value that cannot be
void set(Call call) {
  void* const of = token(call);
  const std::string name = text(call, 3);
  const std::string value = text(call, 4);
  std::string error;
  if (!cw_token_set(of, number(call, 2), view(name), view(value), append_to(error))) {
    throw engine::TypeErrorException("Parser error: " + error);
  }
}

/// tokenRemoveAttribute(rewriter, token, name)
void remove_attribute(Call call) {
  void* const of = token(call);
  const std::string name = text(call, 2);
  cw_token_remove_attribute(of, view(name));
}

/// tokenAttributes(rewriter, token) → [name, value, …]
void attributes(Call call) {
  std::vector<std::string> found;
  const CwSink sink{[](void* target, const char* data, size_t size) {
                      static_cast<std::vector<std::string>*>(target)->emplace_back(data, size);
                    },
                    &found};
  cw_token_attributes(token(call), sink);
  std::vector<v8::Local<v8::Value>> values;
  for (const std::string& item : found) {
    values.push_back(engine::to_string(call.GetIsolate(), item));
  }
  call.GetReturnValue().Set(v8::Array::New(call.GetIsolate(), values.data(), values.size()));
}

/// tokenOnEndTag(rewriter, token, handler) → boolean: whether the element has an end tag
void on_end_tag(Call call) {
  call.GetReturnValue().Set(cw_token_on_end_tag(token(call), number(call, 2)));
}

}  // namespace

std::span<const engine::Op> html_rewriter_ops() {
  using engine::op;
  static constexpr engine::Op OPS[] = {
      {"rewriterCheckSelector", op<check>},
      {"rewriterNew", op<make>},
      {"rewriterWrite", op<write>},
      {"rewriterEnd", op<end>},
      {"rewriterNext", op<next>},
      {"rewriterTake", op<take>},
      {"tokenInsert", op<insert>},
      {"tokenStream", op<stream>},
      {"tokenRemove", op<remove>},
      {"tokenRemoved", op<removed>},
      {"tokenLastInTextNode", op<last_in_text_node>},
      {"tokenGet", op<get>},
      {"tokenSet", op<set>},
      {"tokenRemoveAttribute", op<remove_attribute>},
      {"tokenAttributes", op<attributes>},
      {"tokenOnEndTag", op<on_end_tag>},
  };
  return OPS;
}

}  // namespace cwrangler::web
