# organization_migrations(FILE…): writes the numbered .sql files, in order, into a source file that defines
# ronghe::organization::OrganizationMigrations(). Sets ORGANIZATION_MIGRATIONS_CC.
function(organization_migrations)
  set(entries)
  foreach(file ${ARGN})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    file(READ ${file} text)
    get_filename_component(name ${file} NAME_WE)
    string(REGEX MATCH "^[0-9]+" digits ${name})
    math(EXPR number "1${digits} - 10000")
    string(APPEND entries "    {${number}, \"${name}\", R\"sql(\n${text})sql\"},\n")
  endforeach()
  set(out ${CMAKE_CURRENT_BINARY_DIR}/organization_migrations.cc)
  file(CONFIGURE OUTPUT ${out} @ONLY CONTENT
"// Made by migrations.cmake from storage/migrations.
#include \"services/organization/storage/migrations.h\"

namespace ronghe::organization {

std::span<const common::sql::Migration> OrganizationMigrations() {
  static constexpr common::sql::Migration kMigrations[] = {
@entries@  };
  return kMigrations;
}

}  // namespace ronghe::organization
")
  set(ORGANIZATION_MIGRATIONS_CC ${out} PARENT_SCOPE)
endfunction()
