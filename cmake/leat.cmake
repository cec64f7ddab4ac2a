# SPDX-License-Identifier: Apache-2.0
# The three verbs that every folder's CMakeLists.txt is written in. Each takes the sources of its own
# folder: every *_test.c is one test program, every *_fuzz.c one libFuzzer program (LEAT_FUZZ only, clang),
# every other *.c belongs to the library.

# Libraries are instrumented for coverage; only the fuzz programs link libFuzzer's main.
if(LEAT_FUZZ)
  target_compile_options(leat_flags INTERFACE -fsanitize=fuzzer-no-link)
  target_link_options(leat_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

# leat_library(NAME [DEPENDS target...]) - the folder's library and its unit tests.
function(leat_library name)
  cmake_parse_arguments(ARG "" "" "DEPENDS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS *.c functions/*.c formats/*.c)
  set(tests ${sources})
  set(fuzzers ${sources})
  list(FILTER sources EXCLUDE REGEX "(_test|_fuzz|/main)\\.c$")
  list(FILTER tests INCLUDE REGEX "_test\\.c$")
  list(FILTER fuzzers INCLUDE REGEX "_fuzz\\.c$")
  if(sources)
    add_library(${name} STATIC ${sources})
    target_link_libraries(${name} PUBLIC leat_flags ${ARG_DEPENDS})
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE leat_flags ${ARG_DEPENDS})
  endif()
  foreach(test ${tests})
    get_filename_component(program ${test} NAME_WE)
    leat_test(${name}_${program} SOURCES ${test} DEPENDS ${name})
  endforeach()
  if(LEAT_FUZZ)
    foreach(fuzzer ${fuzzers})
      get_filename_component(program ${fuzzer} NAME_WE)
      string(REGEX REPLACE "_fuzz$" "" program ${program})
      leat_fuzzer(fuzz_${name}_${program} SOURCES ${fuzzer} DEPENDS ${name})
    endforeach()
  endif()
endfunction()

# leat_connector(NAME [DEPENDS target...]) - a connector: links the engine's contracts, joins the registry.
function(leat_connector name)
  cmake_parse_arguments(ARG "" "" "DEPENDS" ${ARGN})
  leat_library(connector_${name} DEPENDS flow ${ARG_DEPENDS})
  set_property(GLOBAL APPEND PROPERTY LEAT_CONNECTORS connector_${name})
endfunction()

# leat_test(NAME SOURCES file... [DEPENDS target...]) - one cmocka program under ctest, 60 s at most.
function(leat_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_DEPENDS} leat_flags PkgConfig::CMOCKA)
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT 60 LABELS unit)
endfunction()

# leat_fuzzer(NAME SOURCES file... [DEPENDS target...]) - one libFuzzer program.
function(leat_fuzzer name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_DEPENDS} leat_flags)
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
endfunction()
