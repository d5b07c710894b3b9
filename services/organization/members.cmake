# What members add to the libraries of the service.
target_sources(ronghe_organization_domain PRIVATE
  domain/identity_number.cc
  domain/masking.cc
  domain/member.cc)
target_sources(ronghe_organization_app PRIVATE
  app/member_app.cc
  app/member_bulk.cc
  app/member_query.cc
  app/member_store.cc
  app/member_view.cc)
target_sources(ronghe_organization_storage PRIVATE
  storage/crypto.cc
  storage/key_ring.cc
  storage/member_rows.cc
  storage/person_registry.cc
  storage/person_vault.cc
  storage/sql_audit_log.cc
  storage/sql_member_occupants.cc
  storage/sql_member_store.cc
  storage/sql_member_txn.cc)
target_link_libraries(ronghe_organization_storage PUBLIC OpenSSL::Crypto absl::strings absl::flat_hash_set)
target_sources(ronghe_organization_rpc PRIVATE
  rpc/member_codec.cc
)
