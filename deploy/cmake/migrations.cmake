# ronghe_migrations(TARGET NAMESPACE DIR)
#
# Embeds DIR/NNNN_name.sql into TARGET, a library defined before. DIR is relative to the current source folder. Numbers
# begin at 1 and have no gaps. The texts are those of common::sql::Migration (services/common/sql/database.h).
#
# Gives the header `<DIR as seen from the repository's root>/migrations.h`, on the include path of TARGET and of whatever
# links it, with
#
#   namespace NAMESPACE { std::span<const ::ronghe::common::sql::Migration> Migrations(); }
#
# Example, in services/organization/storage/CMakeLists.txt:
#
#   ronghe_library(ronghe_organization_storage SOURCES … LIBS ronghe_common_sql …)
#   ronghe_migrations(ronghe_organization_storage ronghe::organization migrations)
#
#   #include "services/organization/storage/migrations/migrations.h"
#   common::sql::Migrate(database, "organization", Migrations());

function(_ronghe_write_if_different path content)
  if(EXISTS ${path})
    file(READ ${path} present)
    if(present STREQUAL content)
      return()
    endif()
  endif()
  file(WRITE ${path} "${content}")
endfunction()

function(ronghe_migrations target namespace dir)
  get_filename_component(absolute ${dir} ABSOLUTE BASE_DIR ${CMAKE_CURRENT_SOURCE_DIR})
  file(RELATIVE_PATH relative ${CMAKE_SOURCE_DIR} ${absolute})
  set(generated ${CMAKE_BINARY_DIR}/generated)
  set(out ${generated}/${relative})
  file(GLOB files CONFIGURE_DEPENDS ${absolute}/*.sql)
  list(SORT files)
  set(entries "")
  set(expected 1)
  foreach(file IN LISTS files)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    get_filename_component(base ${file} NAME_WE)
    if(NOT base MATCHES "^0*([1-9][0-9]*)_(.+)$")
      message(FATAL_ERROR "${file}: the name must be NNNN_name.sql")
    endif()
    if(NOT CMAKE_MATCH_1 EQUAL expected)
      message(FATAL_ERROR "${file}: expected number ${expected}")
    endif()
    set(name ${CMAKE_MATCH_2})
    file(READ ${file} text)
    string(APPEND entries "    {${expected}, \"${name}\", R\"ronghe(${text})ronghe\"},\n")
    math(EXPR expected "${expected} + 1")
  endforeach()
  if(NOT files)
    message(FATAL_ERROR "${absolute}: no migrations")
  endif()
  set(notice "// Generated from ${relative}/*.sql by ronghe_migrations.\n")
  string(CONCAT header "${notice}#pragma once\n\n#include <span>\n\n#include \"services/common/sql/database.h\"\n\n"
         "namespace ${namespace} {\n\nstd::span<const ::ronghe::common::sql::Migration> Migrations();\n\n}  // namespace\n")
  string(CONCAT source "${notice}#include \"${relative}/migrations.h\"\n\nnamespace ${namespace} {\nnamespace {\n\n"
         "const ::ronghe::common::sql::Migration kMigrations[] = {\n${entries}};\n\n}  // namespace\n\n"
         "std::span<const ::ronghe::common::sql::Migration> Migrations() { return kMigrations; }\n\n}  // namespace\n")
  _ronghe_write_if_different(${out}/migrations.h "${header}")
  _ronghe_write_if_different(${out}/migrations.cc "${source}")
  target_sources(${target} PRIVATE ${out}/migrations.cc)
  target_include_directories(${target} PUBLIC ${generated})
endfunction()
