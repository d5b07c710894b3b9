# Debian 12 packages only; deploy/local/packages lists them.
find_package(Threads REQUIRED)
find_package(Protobuf REQUIRED)  # module mode: the package has no CMake configuration
find_package(absl CONFIG REQUIRED)
find_package(gRPC CONFIG REQUIRED)
find_package(fmt CONFIG REQUIRED)
find_package(spdlog CONFIG REQUIRED)
find_package(prometheus-cpp CONFIG REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(PostgreSQL REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(Boost 1.74 REQUIRED)
find_package(ICU REQUIRED COMPONENTS uc i18n)
find_package(PkgConfig REQUIRED)
pkg_check_modules(hiredis REQUIRED IMPORTED_TARGET hiredis)
pkg_check_modules(rhonabwy REQUIRED IMPORTED_TARGET librhonabwy)
find_path(CLI11_INCLUDE CLI/CLI.hpp REQUIRED)
find_path(NLOHMANN_INCLUDE nlohmann/json.hpp REQUIRED)
find_path(CSV_INCLUDE csv.h REQUIRED)
find_library(CSV_LIBRARY csv REQUIRED)

# google/api, google/rpc and google/type as Debian ships them.
set(RONGHE_GOOGLEAPIS /usr/share/gocode/src/github.com/gogo/googleapis CACHE PATH "Root of google/api/*.proto")
