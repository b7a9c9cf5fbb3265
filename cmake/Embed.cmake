# cwrangler_embed(TARGET NAME FILE): makes a file's bytes part of a target. C++ reads them through
# CWRANGLER_EMBEDDED(NAME) of runtime/engine/embedded.h. FILE may be made by the build.
function(cwrangler_embed target name file)
  set(source "${CMAKE_CURRENT_BINARY_DIR}/embedded_${name}.S")
  file(CONFIGURE OUTPUT "${source}" CONTENT [[
  .section .rodata
  .balign 16
  .globl cwrangler_embedded_@name@
  .hidden cwrangler_embedded_@name@
cwrangler_embedded_@name@:
  .incbin "@file@"
  .globl cwrangler_embedded_@name@_end
  .hidden cwrangler_embedded_@name@_end
cwrangler_embedded_@name@_end:
  .byte 0
  .section .note.GNU-stack,"",%progbits
]] @ONLY)
  set_source_files_properties("${source}" PROPERTIES OBJECT_DEPENDS "${file}")
  target_sources(${target} PRIVATE "${source}")
endfunction()
