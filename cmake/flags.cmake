# SPDX-License-Identifier: Apache-2.0
# Warnings are errors under gcc and clang; hardening is on in every build.
add_library(leat_flags INTERFACE)
target_include_directories(leat_flags INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_definitions(leat_flags INTERFACE _GNU_SOURCE LEAT_VERSION="${PROJECT_VERSION}")
target_compile_options(leat_flags INTERFACE
  -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wimplicit-fallthrough
  -Wundef -Wpointer-arith -Wwrite-strings -Wformat=2 -Wno-missing-field-initializers -Wno-format-truncation
  $<$<C_COMPILER_ID:Clang>:-Wno-unknown-warning-option>
  -fno-strict-aliasing -fno-common -fstack-protector-strong -fvisibility=hidden -g)
target_link_options(leat_flags INTERFACE -pie -Wl,-z,relro,-z,now,-z,noexecstack)
target_link_libraries(leat_flags INTERFACE pthread m)
if(LEAT_SANITIZE)
  target_compile_options(leat_flags INTERFACE -fsanitize=${LEAT_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=all)
  target_link_options(leat_flags INTERFACE -fsanitize=${LEAT_SANITIZE})
elseif(NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
  target_compile_definitions(leat_flags INTERFACE _FORTIFY_SOURCE=3)
endif()
# assert stays on in every build: a broken invariant must stop the process (safe, the sink owns the position).
string(REPLACE "-DNDEBUG" "" CMAKE_C_FLAGS_RELEASE "${CMAKE_C_FLAGS_RELEASE}")
string(REPLACE "-DNDEBUG" "" CMAKE_C_FLAGS_RELWITHDEBINFO "${CMAKE_C_FLAGS_RELWITHDEBINFO}")
string(REPLACE "-O3" "-O2" CMAKE_C_FLAGS_RELEASE "${CMAKE_C_FLAGS_RELEASE}")
