option(NEXUS_BUILD_TESTS "Build the tests" ON)
option(NEXUS_BUILD_BENCHMARKS "Build the benchmarks" OFF)
option(NEXUS_BUILD_FUZZERS "Build the libFuzzer targets (needs clang)" OFF)
set(NEXUS_SANITIZE "" CACHE STRING "Sanitizers for the whole build: address,undefined or thread")
set(NEXUS_CAF_ROOT "" CACHE PATH "A CAF installation to use instead of the system's (the tsan preset's own build)")

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wno-missing-field-initializers -Werror=return-type)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # False positives of GCC 12 in inlined library code (Boost.Beast buffers, std::string concatenation, CAF's messages).
  add_compile_options(-Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread -Wno-restrict
                      -Wno-maybe-uninitialized -Wno-dangling-pointer)
endif()

if(NEXUS_SANITIZE)
  add_compile_options(-fsanitize=${NEXUS_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=undefined)
  add_link_options(-fsanitize=${NEXUS_SANITIZE})
  if(NEXUS_SANITIZE MATCHES "undefined")
    # CAF 0.17.6 binds null references in its own headers (init_fun_factory.hpp).
    add_compile_options(-fno-sanitize=null)
  endif()
endif()

if(NEXUS_SANITIZE MATCHES "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # Asio's fences are not needed for the sanitizer to see its order.
  add_compile_options(-Wno-tsan)
endif()

if(NEXUS_BUILD_FUZZERS)
  # Coverage for the code under test; the fuzz targets themselves link the driver.
  add_compile_options(-fsanitize=fuzzer-no-link,address -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address)
endif()

find_program(NEXUS_CCACHE ccache)
if(NEXUS_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      CCACHE_NOHASHDIR=1 CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_PCH_EXTSUM=1 ${NEXUS_CCACHE})
  add_compile_options($<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fpch-preprocess>)
endif()

find_program(NEXUS_MOLD mold)
if(NEXUS_MOLD)
  add_link_options(-fuse-ld=mold)
endif()
