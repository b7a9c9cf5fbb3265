# The memory snapshots that fit every Worker and every command line. Native code has no part in what
# is in them, so they are not made again when it changes.
add_executable(cwrangler-make-memory-snapshot make_memory_snapshot.cc)
target_link_libraries(cwrangler-make-memory-snapshot PRIVATE cwrangler_builtins cwrangler_warnings)
set(snapshot_folder "${CWRANGLER_SHARE}/snapshots")
foreach(python 3.12 3.13 3.14)
  foreach(layer base interpreter)
    set(snapshot "${snapshot_folder}/${python}.${layer}")
    add_custom_command(
      OUTPUT "${snapshot}"
      COMMAND cwrangler-make-memory-snapshot ${layer} ${python} "${snapshot_folder}"
      DEPENDS "${platform_blob}" "${share_digest}"
      COMMENT "Taking the ${layer} snapshot of Python ${python}"
      VERBATIM)
    list(APPEND snapshots "${snapshot}")
  endforeach()
endforeach()
add_custom_target(cwrangler_memory_snapshots ALL DEPENDS ${snapshots})
install(DIRECTORY "${snapshot_folder}/" DESTINATION share/cwrangler/snapshots)

# Compiled code of each Python's main module, only of use with these flags of V8's, which are set in
# engine/platform.cc, and on this kind of processor; and the answers to uv's question.
foreach(python 3.12 3.13 3.14)
  set(trained "${CMAKE_CURRENT_BINARY_DIR}/trained-${python}.stamp")
  add_custom_command(
    OUTPUT "${trained}"
    COMMAND ${NODE} "${CMAKE_CURRENT_SOURCE_DIR}/training/train.mjs" $<TARGET_FILE:cwrangler-runtime>
      "${UV}" ${python} "${CMAKE_CURRENT_BINARY_DIR}/training-${python}" "${CWRANGLER_SHARE}"
    COMMAND ${CMAKE_COMMAND} -E touch "${trained}"
    DEPENDS training/train.mjs training/worker.py engine/platform.cc
      ${python_files}
    COMMENT "Keeping the code that Python ${python} runs"
    VERBATIM)
  list(APPEND trainings "${trained}")
endforeach()
add_custom_target(cwrangler_trained_code ALL DEPENDS ${trainings})
add_dependencies(cwrangler_trained_code cwrangler-runtime cwrangler_memory_snapshots)
foreach(made code interpreter)
  install(DIRECTORY "${CWRANGLER_SHARE}/${made}/" DESTINATION share/cwrangler/${made})
endforeach()
