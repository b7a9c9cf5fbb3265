// The C interface of html_rewriter.rs, which says what each function does.

#pragma once

#include <cstddef>
#include <cstdint>

extern "C" {

struct CwString {
  const char* data;
  size_t size;
};

struct CwSink {
  void (*take)(void* target, const char* data, size_t size);
  void* target;
};

struct CwHandler {
  CwString selector;
  uint32_t kinds;
  uint32_t number;
};

struct CwCallbacks {
  void* owner;
  bool (*on_token)(void* owner, uint32_t kind, uint32_t number, void* token);
  void (*on_output)(void* owner, const uint8_t* data, size_t size);
};

struct CwRewriter;

bool cw_selector_check(CwString selector, CwSink error);

CwRewriter* cw_rewriter_new(CwString encoding, const CwHandler* handlers, size_t count,
                            CwCallbacks callbacks);
bool cw_rewriter_write(CwRewriter* rewriter, CwString data, CwSink error);
bool cw_rewriter_end(CwRewriter* rewriter, CwSink error);
void cw_rewriter_free(CwRewriter* rewriter);

bool cw_token_insert(void* token, uint32_t place, CwString content, bool html);
bool cw_token_stream(void* token, uint32_t place, uint32_t number);
void cw_token_remove(void* token, bool keep_content);
bool cw_token_removed(void* token);
bool cw_token_last_in_text_node(void* token);
bool cw_token_get(void* token, uint32_t property, CwString name, CwSink value);
bool cw_token_set(void* token, uint32_t property, CwString name, CwString value, CwSink error);
void cw_token_remove_attribute(void* token, CwString name);
void cw_token_attributes(void* token, CwSink values);
bool cw_token_on_end_tag(void* token, uint32_t number);
}
