# Precompiled headers: one set for all code, one more for code that speaks CAF.
file(WRITE ${CMAKE_BINARY_DIR}/pch.cpp "// Holds the precompiled headers.\n")
set(NEXUS_PCH_BASE <algorithm> <array> <atomic> <chrono> <cstdint> <cstdlib> <functional> <map> <memory> <mutex> <optional> <set> <span>
                   <string> <string_view> <tuple> <unordered_map> <utility> <variant> <vector> <fmt/format.h> <nlohmann/json.hpp>
                   <tl/expected.hpp> <boost/describe.hpp>)
add_library(nexus_pch OBJECT ${CMAKE_BINARY_DIR}/pch.cpp)
target_link_libraries(nexus_pch PUBLIC fmt::fmt nlohmann_json::nlohmann_json Boost::headers Threads::Threads)
target_precompile_headers(nexus_pch PRIVATE ${NEXUS_PCH_BASE})
add_library(nexus_pch_caf OBJECT ${CMAKE_BINARY_DIR}/pch.cpp)
target_link_libraries(nexus_pch_caf PUBLIC fmt::fmt nlohmann_json::nlohmann_json Boost::headers nexus_caf)
target_precompile_headers(nexus_pch_caf PRIVATE ${NEXUS_PCH_BASE} <caf/all.hpp>)

# nexus_library(NAME SOURCES... [CAF] [DEPENDS targets...]): one folder, one static library.
function(nexus_library name)
  cmake_parse_arguments(ARG "CAF" "" "SOURCES;DEPENDS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PUBLIC ${ARG_DEPENDS} fmt::fmt nlohmann_json::nlohmann_json Boost::headers Threads::Threads)
  nexus_use_pch(${name} "${ARG_CAF}")
endfunction()

function(nexus_use_pch name caf)
  if(caf)
    target_link_libraries(${name} PUBLIC nexus_caf)
    target_precompile_headers(${name} REUSE_FROM nexus_pch_caf)
  else()
    target_precompile_headers(${name} REUSE_FROM nexus_pch)
  endif()
endfunction()

# nexus_test(NAME SOURCES... DEPENDS... [CAF] [TIMEOUT seconds]): a Boost.Test program, registered with CTest.
function(nexus_test name)
  cmake_parse_arguments(ARG "CAF" "TIMEOUT" "SOURCES;DEPENDS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 60)
  endif()
  add_executable(${name} ${ARG_SOURCES} $<TARGET_OBJECTS:nexus_test_main>)
  target_compile_definitions(${name} PRIVATE BOOST_TEST_DYN_LINK NEXUS_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
                                             NEXUS_BINARY_DIR="${PROJECT_BINARY_DIR}")
  target_link_libraries(${name} PRIVATE ${ARG_DEPENDS} Boost::unit_test_framework rapidcheck)
  nexus_use_pch(${name} "${ARG_CAF}")
  add_test(NAME ${name} COMMAND ${name} --color_output=no --report_level=short
                                --logger=HRF,warning:JUNIT,error,${PROJECT_BINARY_DIR}/reports/${name}.xml)
  set_tests_properties(${name} PROPERTIES TIMEOUT ${ARG_TIMEOUT})
endfunction()

# nexus_fuzz(NAME SOURCE DEPENDS...): a libFuzzer program with its corpus in tests/fuzz/corpus/NAME.
function(nexus_fuzz name)
  cmake_parse_arguments(ARG "" "SOURCE" "DEPENDS" ${ARGN})
  add_executable(fuzz_${name} ${ARG_SOURCE})
  target_link_libraries(fuzz_${name} PRIVATE ${ARG_DEPENDS})
  target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer,address)
endfunction()
