# Files that the program carries inside itself: pages, shipped policies.
#
#   nexus_embed(<target> <path relative to the source root> <name>)
#
# gives the target's sources `nexus::embedded::<name>()`, the file's text as a std::string_view, declared in "embedded/<name>.hpp".
# The text is taken anew whenever the file changes.
function(nexus_embed target path name)
  set(input ${PROJECT_SOURCE_DIR}/${path})
  if(NOT EXISTS ${input})
    message(FATAL_ERROR "nexus_embed(${target}): there is no file ${path}")
  endif()
  set(folder ${PROJECT_BINARY_DIR}/generated/embedded)
  file(CONFIGURE OUTPUT ${folder}/${name}.hpp @ONLY CONTENT [[
#pragma once

#include <string_view>

namespace nexus::embedded {

/// The text of @path@, as of the build.
auto @name@() -> std::string_view;

} // namespace nexus::embedded
]])
  add_custom_command(
    OUTPUT ${folder}/${name}.cpp
    COMMAND ${CMAKE_COMMAND} -D input=${input} -D output=${folder}/${name}.cpp -D name=${name}
            -P ${PROJECT_SOURCE_DIR}/cmake/embed_text.cmake
    DEPENDS ${input} ${PROJECT_SOURCE_DIR}/cmake/embed_text.cmake
    COMMENT "Embedding ${path}" VERBATIM)
  # C++ promises 65,536 characters; GCC and Clang take any number.
  set_source_files_properties(${folder}/${name}.cpp PROPERTIES COMPILE_OPTIONS -Wno-overlength-strings)
  target_sources(${target} PRIVATE ${folder}/${name}.cpp)
  target_include_directories(${target} PRIVATE ${PROJECT_BINARY_DIR}/generated)
endfunction()
