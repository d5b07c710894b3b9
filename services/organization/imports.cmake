# What imports add to the libraries of the service.
target_sources(ronghe_organization_domain PRIVATE
  domain/import.cc)
target_sources(ronghe_organization_app PRIVATE
  app/import_app.cc
  app/import_engine.cc
  app/import_hub.cc
  app/import_runner.cc
  app/member_import_target.cc
  app/unit_import_target.cc)
target_sources(ronghe_organization_storage PRIVATE
  storage/row_sealer.cc
  storage/sql_import_joins.cc
  storage/sql_import_keeping.cc
  storage/sql_import_rows.cc
  storage/sql_import_store.cc
  storage/sql_import_work.cc)
target_sources(ronghe_organization_rpc PRIVATE
  rpc/import_codec.cc
  rpc/import_progress.cc
  rpc/import_rpc.cc
  rpc/import_upload.cc)
