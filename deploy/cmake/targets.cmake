# ronghe_library(NAME SOURCES … [LIBS …] [GRPC])   a static library of our code
# ronghe_program(NAME SOURCES … [LIBS …] [GRPC])   a program in build/bin
# ronghe_test(NAME SOURCES … [LIBS …] [GRPC] [APART] [LABELS …] [TIMEOUT seconds])   a GoogleTest program, registered with ctest
#
# APART: its files use the same names for different things, so that they cannot be one translation unit (CMAKE_UNITY_BUILD).
#
# GRPC picks the precompiled header with the gRPC headers; it is worth it wherever <grpcpp/…> or generated code is included.

set(RONGHE_WARNINGS -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wimplicit-fallthrough
                    -Werror)
if(CMAKE_UNITY_BUILD)
  # A class with parts of an unnamed namespace is only told to be at fault where it is not in the main file.
  list(APPEND RONGHE_WARNINGS -Wno-subobject-linkage)
endif()

function(_ronghe_settings name grpc)
  # Programs too: the precompiled headers they share with the libraries were made with -fPIC, which -fPIE would not accept.
  target_compile_options(${name} PRIVATE ${RONGHE_WARNINGS} -fPIC)
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
  if(RONGHE_PCH)
    if(grpc)
      target_precompile_headers(${name} REUSE_FROM ronghe_pch_grpc)
    else()
      target_precompile_headers(${name} REUSE_FROM ronghe_pch)
    endif()
  endif()
endfunction()

function(ronghe_library name)
  cmake_parse_arguments(A "GRPC" "" "SOURCES;LIBS" ${ARGN})
  add_library(${name} STATIC ${A_SOURCES})
  target_link_libraries(${name} PUBLIC ${A_LIBS})
  _ronghe_settings(${name} ${A_GRPC})
endfunction()

function(ronghe_program name)
  cmake_parse_arguments(A "GRPC" "" "SOURCES;LIBS" ${ARGN})
  add_executable(${name} ${A_SOURCES})
  target_link_libraries(${name} PRIVATE ${A_LIBS})
  _ronghe_settings(${name} ${A_GRPC})
endfunction()

function(ronghe_test name)
  cmake_parse_arguments(A "GRPC;APART" "TIMEOUT" "SOURCES;LIBS;LABELS" ${ARGN})
  if(NOT A_TIMEOUT)
    set(A_TIMEOUT 120)
  endif()
  add_executable(${name} ${A_SOURCES})
  target_link_libraries(${name} PRIVATE ${A_LIBS} GTest::gtest GTest::gmock GTest::gtest_main)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  if(A_APART)
    set_target_properties(${name} PROPERTIES UNITY_BUILD OFF)
  endif()
  _ronghe_settings(${name} ${A_GRPC})
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS "${A_LABELS}" TIMEOUT ${A_TIMEOUT})
endfunction()

# The precompiled headers are only valid for compilations with the same macros, so what fmt's target defines is defined
# everywhere.
add_compile_definitions(FMT_SHARED)

if(RONGHE_PCH)
  file(WRITE ${CMAKE_BINARY_DIR}/pch/empty.cc "")
  add_library(ronghe_pch STATIC ${CMAKE_BINARY_DIR}/pch/empty.cc)
  target_precompile_headers(ronghe_pch PRIVATE <algorithm> <atomic> <cstdint> <functional> <map> <memory> <mutex>
    <optional> <set> <span> <string> <string_view> <thread> <utility> <variant> <vector> <fmt/format.h>
    <absl/status/status.h> <absl/status/statusor.h> <absl/time/time.h> <absl/time/civil_time.h>
    <absl/container/flat_hash_map.h> <absl/functional/function_ref.h>)
  target_link_libraries(ronghe_pch PRIVATE absl::statusor absl::time absl::flat_hash_map fmt::fmt Threads::Threads)
  add_library(ronghe_pch_grpc STATIC ${CMAKE_BINARY_DIR}/pch/empty.cc)
  target_precompile_headers(ronghe_pch_grpc PRIVATE <algorithm> <atomic> <cstdint> <functional> <map> <memory> <mutex>
    <optional> <set> <span> <string> <string_view> <thread> <utility> <variant> <vector> <fmt/format.h>
    <absl/status/status.h> <absl/status/statusor.h> <absl/time/time.h> <absl/time/civil_time.h>
    <absl/container/flat_hash_map.h> <absl/functional/function_ref.h> <google/protobuf/message.h>
    <google/protobuf/descriptor.h> <grpcpp/grpcpp.h> <grpcpp/support/byte_buffer.h>)
  target_link_libraries(ronghe_pch_grpc PRIVATE absl::statusor absl::time absl::flat_hash_map fmt::fmt gRPC::grpc++
    protobuf::libprotobuf Threads::Threads)
  foreach(t ronghe_pch ronghe_pch_grpc)
    target_compile_options(${t} PRIVATE ${RONGHE_WARNINGS})
  endforeach()
endif()
