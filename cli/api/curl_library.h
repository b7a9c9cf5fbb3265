// libcurl, loaded when the first request is made: with what it is linked to itself it takes longer
// to load than most commands take to run.

#pragma once

// Plain functions in place of macros that check the types of options.
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

namespace cwrangler::cli {

/// The functions of libcurl that are used here, with libcurl's types.
struct CurlLibrary {
  decltype(&curl_easy_init) init;
  decltype(&curl_easy_cleanup) cleanup;
  decltype(&curl_easy_reset) reset;
  decltype(&curl_easy_setopt) set;
  decltype(&curl_easy_perform) perform;
  decltype(&curl_easy_getinfo) info;
  decltype(&curl_easy_send) send;
  decltype(&curl_easy_recv) receive;
  decltype(&curl_easy_strerror) message;
  decltype(&curl_slist_append) append;
  decltype(&curl_slist_free_all) free_list;

  /// Loaded and initialised once; any thread. Throws Error when the system has no libcurl.
  static const CurlLibrary& get();
};

}  // namespace cwrangler::cli
