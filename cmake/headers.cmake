# nexus_headers (not part of the default build): compiles every header by itself, without the precompiled headers that could
# hide a missing include. scripts/lint.sh builds it.
file(GLOB_RECURSE headers RELATIVE ${PROJECT_SOURCE_DIR}
     messages/*.hpp runtime/*.hpp actors/*.hpp apps/*.hpp simulator/*.hpp tests/*.hpp benchmarks/*.hpp)
set(alone)
foreach(header IN LISTS headers)
  set(unit ${PROJECT_BINARY_DIR}/headers/${header}.cpp)
  file(CONFIGURE OUTPUT ${unit} CONTENT "#include \"${header}\" // must compile alone\n")
  list(APPEND alone ${unit})
endforeach()
add_library(nexus_headers OBJECT EXCLUDE_FROM_ALL ${alone})
target_include_directories(nexus_headers PRIVATE ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR}/generated)
target_compile_definitions(nexus_headers PRIVATE NEXUS_SOURCE_DIR="" NEXUS_BINARY_DIR="" NEXUS_PROGRAM="") # what nexus_test gives
target_compile_options(nexus_headers PRIVATE -O0 -g0)
target_link_libraries(nexus_headers PRIVATE nexus_caf fmt::fmt nlohmann_json::nlohmann_json Boost::headers)
