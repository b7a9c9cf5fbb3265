# How everything is compiled: C++20, warnings as errors, hidden symbols, ccache where present.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()

# What scripts/setup has put beside the build; the presets share it.
set(CWRANGLER_DEPS "${CMAKE_SOURCE_DIR}/build/deps")
# The install tree's assets, as programs started from the build tree find them.
set(CWRANGLER_SHARE "${CMAKE_BINARY_DIR}/share/cwrangler")

set(CWRANGLER_SANITIZE "" CACHE STRING "Sanitizers, comma separated: address, undefined, thread")
if(CWRANGLER_SANITIZE)
  # The vptr check needs type information that libnode, built without RTTI, does not have.
  add_compile_options(-fsanitize=${CWRANGLER_SANITIZE} -fno-sanitize=vptr
    -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${CWRANGLER_SANITIZE})
endif()

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER "${CCACHE}")
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CCACHE}")
endif()

# Our own targets are held to every warning; libraries' headers are included as SYSTEM.
add_library(cwrangler_warnings INTERFACE)
target_compile_options(cwrangler_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wimplicit-fallthrough)
# g++ is the compiler; its warnings are errors. It reports two of them, in version 12, inside the
# standard library's own code at -O2.
target_compile_options(cwrangler_warnings INTERFACE
  "$<$<CXX_COMPILER_ID:GNU>:-Werror;-Wno-restrict;-Wno-maybe-uninitialized>")

# cwrangler_library(NAME SOURCES... [LIBRARIES...]): a static library of ours.
function(cwrangler_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;LIBRARIES" ${ARGN})
  add_library(${name} STATIC ${arg_SOURCES})
  target_include_directories(${name} PUBLIC "${CMAKE_SOURCE_DIR}")
  target_link_libraries(${name} PUBLIC ${arg_LIBRARIES} PRIVATE cwrangler_warnings)
endfunction()
