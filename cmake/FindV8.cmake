# Finds V8 and defines V8::V8.
#
# V8_ROOT  where to look; default: the unpacked Debian packages libnode-dev and libnode108 that
#          scripts/setup puts into build/deps/v8. Any other build of V8 (10.2 or newer) works too:
#          a prefix with include/v8.h and a library named node, v8_monolith or v8.
#
# Results: V8_FOUND, V8_VERSION, V8_INCLUDE_DIR, V8_LIBRARY (for installing beside the program).

if(NOT V8_ROOT)
  set(V8_ROOT "${CMAKE_SOURCE_DIR}/build/deps/v8" CACHE PATH "Prefix of V8")
endif()

find_path(V8_INCLUDE_DIR v8.h
  PATHS "${V8_ROOT}" PATH_SUFFIXES usr/include/node include/node include usr/include
  NO_DEFAULT_PATH)
find_library(V8_LIBRARY NAMES node v8_monolith v8
  PATHS "${V8_ROOT}" PATH_SUFFIXES usr/lib/${CMAKE_LIBRARY_ARCHITECTURE} usr/lib lib lib64
  NO_DEFAULT_PATH)

if(V8_INCLUDE_DIR)
  file(STRINGS "${V8_INCLUDE_DIR}/v8-version.h" _v8_lines REGEX "#define V8_(MAJOR|MINOR|BUILD)_")
  string(REGEX REPLACE ".*MAJOR_VERSION ([0-9]+).*MINOR_VERSION ([0-9]+).*BUILD_NUMBER ([0-9]+).*"
    "\\1.\\2.\\3" V8_VERSION "${_v8_lines}")
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(V8
  REQUIRED_VARS V8_LIBRARY V8_INCLUDE_DIR VERSION_VAR V8_VERSION
  REASON_FAILURE_MESSAGE "run scripts/setup, or pass -DV8_ROOT=<prefix of a V8 build>")

if(V8_FOUND AND NOT TARGET V8::V8)
  add_library(V8::V8 UNKNOWN IMPORTED)
  set_target_properties(V8::V8 PROPERTIES
    IMPORTED_LOCATION "${V8_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${V8_INCLUDE_DIR}")
endif()
mark_as_advanced(V8_INCLUDE_DIR V8_LIBRARY)
