# Imports as resources: the generic engine and its two targets.
ronghe_library(ronghe_organization_imports
  SOURCES
    app/import_app.cc
    app/import_engine.cc
    app/import_hub.cc
    app/import_runner.cc
    app/member_import_target.cc
    app/unit_import_target.cc
    domain/import.cc
  LIBS ronghe_organization_app ronghe_organization_domain absl::flat_hash_map absl::flat_hash_set absl::hash fmt::fmt)

ronghe_library(ronghe_organization_imports_storage
  SOURCES
    storage/row_sealer.cc
    storage/sql_import_keeping.cc
    storage/sql_import_rows.cc
    storage/sql_import_store.cc
    storage/sql_import_work.cc
  LIBS ronghe_organization_imports ronghe_organization_storage)

ronghe_library(ronghe_organization_imports_rpc GRPC
  SOURCES
    rpc/import_codec.cc
    rpc/import_progress.cc
    rpc/import_rpc.cc
    rpc/import_upload.cc
  LIBS ronghe_organization_imports ronghe_organization_rpc)
