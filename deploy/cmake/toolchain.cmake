# Compiler flags and build accelerators. Warnings are errors in our own code (targets.cmake), not in generated code.
find_program(RONGHE_CCACHE ccache)
if(RONGHE_CCACHE)
  # Hits are shared between checkouts: paths inside the source tree do not count. Precompiled headers need the two
  # sloppiness settings.
  set(RONGHE_LAUNCHER /usr/bin/env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1
                      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${RONGHE_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${RONGHE_LAUNCHER})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${RONGHE_LAUNCHER})
  add_compile_options($<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
endif()
find_program(RONGHE_MOLD mold)
if(RONGHE_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

if(RONGHE_SANITIZE)
  add_compile_options(-fsanitize=${RONGHE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${RONGHE_SANITIZE})
  if(RONGHE_SANITIZE MATCHES "undefined")
    # Nearly half of the code and a seventh of the time to compile it, for what the processor and AddressSanitizer stop as well (null)
    # or nothing here does (unaligned access, -O0 knows no object sizes).
    add_compile_options(-fno-sanitize=null,alignment,object-size)
  endif()
endif()
if(RONGHE_COVERAGE)
  add_compile_options(--coverage)
  add_link_options(--coverage)
endif()
add_compile_options(-fstack-protector-strong)
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  add_compile_options(-D_FORTIFY_SOURCE=2)
endif()
