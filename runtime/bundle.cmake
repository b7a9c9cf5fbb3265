# The built-in JavaScript: npm packages + crates' files + our modules -> ${platform_js}.
#
# Included by CMakeLists.txt of this folder; web/CMakeLists.txt uses the crates' files too.

find_program(NODE node REQUIRED)
find_program(NPM npm REQUIRED)
find_program(CARGO cargo REQUIRED)

# --- npm packages, into the build tree ---
set(_packages "${CMAKE_CURRENT_BINARY_DIR}/npm")
add_custom_command(
  OUTPUT "${_packages}/installed"
  COMMAND "${CMAKE_COMMAND}" -E make_directory "${_packages}"
  COMMAND "${CMAKE_COMMAND}" -E copy
    "${CMAKE_CURRENT_SOURCE_DIR}/package.json" "${CMAKE_CURRENT_SOURCE_DIR}/package-lock.json"
    "${CMAKE_SOURCE_DIR}/.npmrc" "${_packages}"
  COMMAND "${CMAKE_COMMAND}" -E chdir "${_packages}" "${NPM}" ci --silent
  COMMAND "${CMAKE_COMMAND}" -E touch "${_packages}/installed"
  DEPENDS package.json package-lock.json "${CMAKE_SOURCE_DIR}/.npmrc"
  COMMENT "Installing the npm packages of the built-in JavaScript"
  VERBATIM)

# --- files of crates, into the build tree ---
set(CWRANGLER_CRATES "${CMAKE_CURRENT_BINARY_DIR}/crates")
set(_crate_files
  ada-url/deps/ada.cpp
  ada-url/deps/ada.h
  deno_core/00_primordials.js
  deno_fetch/20_headers.js
  deno_fetch/21_formdata.js
  deno_fetch/22_body.js
  deno_fetch/23_request.js
  deno_fetch/23_response.js
  deno_web/00_infra.js
  deno_web/00_url.js
  deno_web/01_dom_exception.js
  deno_web/01_mimesniff.js
  deno_web/02_event.js
  deno_web/02_structured_clone.js
  deno_web/03_abort_signal.js
  deno_web/05_base64.js
  deno_web/06_streams.js
  deno_web/08_text_encoding.js
  deno_web/09_file.js
  deno_web/12_location.js
  deno_web/13_message_port.js
  deno_web/14_compression.js
  deno_web/15_performance.js
  deno_webidl/00_webidl.js)
list(TRANSFORM _crate_files PREPEND "${CWRANGLER_CRATES}/" OUTPUT_VARIABLE _crate_outputs)
set(_crates_manifest "${CMAKE_CURRENT_SOURCE_DIR}/web/js/deno/Cargo.toml")
add_custom_command(
  OUTPUT ${_crate_outputs}
  COMMAND "${NODE}" "${CMAKE_CURRENT_SOURCE_DIR}/crates.mjs" "${_crates_manifest}"
    "${CWRANGLER_CRATES}" ${_crate_files}
  DEPENDS "${_crates_manifest}" crates.mjs
  COMMENT "Taking sources out of crates"
  VERBATIM)
# What several targets use is made by one of them.
add_custom_target(web_crates DEPENDS ${_crate_outputs})

# --- the bundle ---
file(GLOB_RECURSE _scripts CONFIGURE_DEPENDS
  "${CMAKE_CURRENT_SOURCE_DIR}/*/js/*.js" "${CMAKE_CURRENT_SOURCE_DIR}/bindings/*.js")
add_custom_command(
  OUTPUT "${platform_js}"
  COMMAND "${NODE}" "${CMAKE_CURRENT_SOURCE_DIR}/bundle.mjs" "${_packages}" "${CWRANGLER_CRATES}"
    "${platform_js}"
  DEPENDS bundle.mjs platform.js ${_scripts} "${_packages}/installed" web_crates ${_crate_outputs}
  COMMENT "Bundling the built-in JavaScript"
  VERBATIM)
add_custom_target(platform_js DEPENDS "${platform_js}")
