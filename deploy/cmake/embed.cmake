# ronghe_embed(TARGET NAMESPACE NAME FILE)
#
# Embeds the text FILE, relative to the current source folder, into TARGET, a library defined before. Gives the header
# `<FILE as seen from the repository's root>.h`, on the include path of TARGET and of whatever links it, with
#
#   namespace NAMESPACE { std::string_view NAME(); }
function(ronghe_embed target namespace name file)
  get_filename_component(absolute ${file} ABSOLUTE BASE_DIR ${CMAKE_CURRENT_SOURCE_DIR})
  file(RELATIVE_PATH relative ${CMAKE_SOURCE_DIR} ${absolute})
  set(generated ${CMAKE_BINARY_DIR}/generated)
  set(out ${generated}/${relative})
  get_filename_component(folder ${out} DIRECTORY)
  file(MAKE_DIRECTORY ${folder})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${absolute})
  file(READ ${absolute} text)
  set(notice "// Generated from ${relative} by ronghe_embed.\n")
  string(CONCAT header "${notice}#pragma once\n\n#include <string_view>\n\n"
         "namespace ${namespace} {\n\nstd::string_view ${name}();\n\n}  // namespace\n")
  string(CONCAT source "${notice}#include \"${relative}.h\"\n\nnamespace ${namespace} {\n\n"
         "std::string_view ${name}() { return R\"ronghe(${text})ronghe\"; }\n\n}  // namespace\n")
  _ronghe_write_if_different(${out}.h "${header}")
  _ronghe_write_if_different(${out}.cc "${source}")
  target_sources(${target} PRIVATE ${out}.cc)
  target_include_directories(${target} PUBLIC ${generated})
endfunction()
