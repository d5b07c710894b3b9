#include "services/organization/rpc/alert_codec.h"

#include "services/organization/app/post_store.h"
#include "services/organization/rpc/wire.h"

namespace ronghe::organization {

v1::Alert ToProto(const StoredAlert& alert, const Tree& tree, const Rules& rules, const std::string& version) {
  v1::Alert out;
  out.set_unit("units/" + tree.CodeOf(alert.unit));
  out.set_rule(static_cast<v1::AlertRule>(alert.rule));
  out.set_severity(static_cast<v1::AlertSeverity>(alert.severity));
  WriteDate(alert.since, *out.mutable_since_date());
  out.set_value(alert.value);
  out.set_limit(alert.limit);
  out.set_rule_path(std::string(PathOf(alert.rule)));
  out.set_source(SourceOf(alert.rule, rules));
  out.set_rule_pack_version(version);
  if (alert.term) out.add_resources(NameOf(alert.term));
  return out;
}

}  // namespace ronghe::organization
