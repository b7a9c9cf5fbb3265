#include "cli/api/curl_library.h"

#include <dlfcn.h>

#include <string>

#include "base/error.h"

namespace cwrangler::cli {
namespace {

constexpr const char* kFile = "libcurl.so.4";

template <class Function>
void find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
  if (function == nullptr) {
    throw Error(std::string(kFile) + " has no " + name).while_doing("loading libcurl");
  }
}

CurlLibrary load() {
  void* const library = ::dlopen(kFile, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const char* const reason = ::dlerror();
    throw Error(reason != nullptr ? reason : "not found")
        .while_doing("loading libcurl")
        .hint("Requests to the API are made with it; Debian's package is libcurl4.");
  }
  decltype(&curl_global_init) initialise = nullptr;
  find(library, "curl_global_init", initialise);
  if (initialise(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    throw Error("it cannot be initialised").while_doing("loading libcurl");
  }
  CurlLibrary functions{};
  find(library, "curl_easy_init", functions.init);
  find(library, "curl_easy_cleanup", functions.cleanup);
  find(library, "curl_easy_reset", functions.reset);
  find(library, "curl_easy_setopt", functions.set);
  find(library, "curl_easy_perform", functions.perform);
  find(library, "curl_easy_getinfo", functions.info);
  find(library, "curl_easy_send", functions.send);
  find(library, "curl_easy_recv", functions.receive);
  find(library, "curl_easy_strerror", functions.message);
  find(library, "curl_slist_append", functions.append);
  find(library, "curl_slist_free_all", functions.free_list);
  return functions;
}

}  // namespace

const CurlLibrary& CurlLibrary::get() {
  static const CurlLibrary library = load();
  return library;
}

}  // namespace cwrangler::cli
