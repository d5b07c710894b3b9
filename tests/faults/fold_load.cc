#include "tests/faults/fold_load.h"

#include <optional>
#include <utility>

#include <fmt/format.h>

#include "ronghe/organization/v1/member_service.pb.h"
#include "ronghe/organization/v1/organization_service.pb.h"
#include "tests/faults/fold_import.h"
#include "tests/support/eventually.h"
#include "tests/support/made_up.h"

namespace ronghe::tests {
namespace {

namespace ov1 = organization::v1;

constexpr char kUnits[] = "ronghe.organization.v1.OrganizationService/";
constexpr char kMembers[] = "ronghe.organization.v1.MemberService/";
constexpr int kPrefectures = 3;
constexpr int kBelow = 3;  // townships of a county, branches of a township
constexpr int kRowsPerImport = 10;
constexpr size_t kFailuresKept = 20;

const std::string& OneOf(const std::vector<std::string>& all, SeededRandom& random) {
  return all[random.Below(all.size())];
}

void SetDate(absl::CivilDay day, google::type::Date& date) {
  date.set_year(static_cast<int>(day.year()));
  date.set_month(day.month());
  date.set_day(day.day());
}

// What moves between units when a member does.
ov1::OrganizationMetrics Negative(ov1::OrganizationMetrics metrics) {
  metrics.set_members(-metrics.members());
  metrics.set_full_members(-metrics.full_members());
  metrics.set_probationary_members(-metrics.probationary_members());
  metrics.set_female_members(-metrics.female_members());
  return metrics;
}

}  // namespace

// Registers, changes and moves members; only its own.
class FoldLoad::MemberWriter {
 public:
  explicit MemberWriter(FoldLoad& load) : load_(load) {}

  void Round() {
    for (int i = 0; i < load_.options_.members_per_round && !load_.stopping_; ++i) {
      const uint64_t dice = load_.random_.Below(10);
      if (mine_.empty() || dice < 6) {
        Register();
      } else if (dice < 8) {
        Confirm();
      } else {
        Move();
      }
    }
  }

 private:
  struct Mine {
    std::string name;
    std::string unit;  // code
    ov1::OrganizationMetrics counts;
  };

  void Register() {
    ov1::CreateMemberRequest request;
    const std::string unit = OneOf(load_.branches_, load_.random_);
    *request.mutable_member() = MadeUpMember(++load_.persons_, "units/" + unit);
    request.set_request_id(load_.random_.Uuid());
    ov1::Member member;
    if (!load_.Write(std::string(kMembers) + "CreateMember", request, member)) return;
    ++load_.members_;
    const ov1::OrganizationMetrics counts = CountsOf(request.member());
    load_.model_.Count(unit, counts);
    mine_.push_back({member.name(), unit, counts});
  }

  // A probationary member becomes a full one.
  void Confirm() {
    Mine& one = mine_[load_.random_.Below(mine_.size())];
    if (one.counts.probationary_members() == 0) return Register();
    ov1::UpdateMemberRequest request;
    request.mutable_member()->set_name(one.name);
    request.mutable_member()->set_status(ov1::MEMBER_STATUS_FULL);
    SetDate(absl::CivilDay(2012, 7, 1), *request.mutable_member()->mutable_full_date());
    request.mutable_update_mask()->add_paths("status");
    request.mutable_update_mask()->add_paths("full_date");
    request.set_request_id(load_.random_.Uuid());
    ov1::Member member;
    if (!load_.Write(std::string(kMembers) + "UpdateMember", request, member)) return;
    ov1::OrganizationMetrics change;
    change.set_full_members(1);
    change.set_probationary_members(-1);
    load_.model_.Count(one.unit, change);
    one.counts.set_full_members(1);
    one.counts.set_probationary_members(0);
  }

  // Refused between counties.
  void Move() {
    Mine& one = mine_[load_.random_.Below(mine_.size())];
    // Branches that were established under one county; some of them still stand under one.
    const std::string to =
        one.unit.substr(0, 6) + OneOf({"001", "002", "003"}, load_.random_) + OneOf({"01", "02", "03"}, load_.random_);
    if (to == one.unit) return;
    ov1::MoveMemberRequest request;
    request.set_name(one.name);
    request.set_unit("units/" + to);
    request.set_request_id(load_.random_.Uuid());
    ov1::Member member;
    if (!load_.Write(std::string(kMembers) + "MoveMember", request, member, /*may_be_refused=*/true)) return;
    load_.model_.Count(one.unit, Negative(one.counts));
    load_.model_.Count(to, one.counts);
    one.unit = to;
  }

  FoldLoad& load_;
  std::vector<Mine> mine_;
};

// Moves, establishes and dissolves; the only one that changes what was there at the beginning.
class FoldLoad::StructureWriter {
 public:
  explicit StructureWriter(FoldLoad& load) : load_(load) {}

  void Round() {
    for (int i = 0; i < load_.options_.moves_per_round && !load_.stopping_; ++i) MoveOne();
    Establish();
    if (load_.random_.Below(2) == 0) Dissolve();
  }

 private:
  // Today in most cases; else any open day since the unit last changed.
  std::optional<absl::CivilDay> Day(const std::string& code) {
    if (load_.random_.Below(5) < 3) return std::nullopt;
    const absl::CivilDay from = load_.model_.Get(code).from;
    const auto days = static_cast<uint64_t>(load_.options_.today - from) + 1;
    // The oldest one rather often: there it meets the end of the month before.
    return load_.random_.Below(2) == 0 ? from : from + static_cast<int64_t>(load_.random_.Below(days));
  }

  void MoveOne() {
    const uint64_t dice = load_.random_.Below(20);
    const bool branch = dice < 10;
    const bool township = !branch && dice < 17;
    const std::string& code = OneOf(branch     ? load_.branches_
                                    : township ? load_.townships_
                                               : load_.counties_,
                                    load_.random_);
    const std::vector<std::string>& parents = branch     ? load_.townships_
                                              : township ? load_.counties_
                                                         : load_.prefectures_;
    const std::string old_parent = load_.model_.Get(code).parent;
    std::string parent;
    do parent = OneOf(parents, load_.random_);
    while (parent == old_parent);
    ov1::MoveUnitRequest request;
    request.set_name("units/" + code);
    request.set_parent("units/" + parent);
    const std::optional<absl::CivilDay> day = Day(code);
    if (day) SetDate(*day, *request.mutable_effective_date());
    request.set_request_id(load_.random_.Uuid());
    ov1::Unit unit;
    if (!load_.Write(std::string(kUnits) + "MoveUnit", request, unit)) return;
    if (day && *day < load_.options_.today) ++load_.back_dated_;
    ++load_.moves_;
    load_.model_.Move(code, parent, day.value_or(load_.options_.today));
  }

  void Establish() {
    const std::string code = fmt::format("E{:06}", ++made_);
    const absl::CivilDay from = load_.random_.Below(2) == 0 ? load_.options_.today : load_.options_.first;
    if (load_.CreateUnit(code, OneOf(load_.townships_, load_.random_), ov1::LEVEL_BRANCH, from)) empty_.push_back(code);
  }

  void Dissolve() {
    if (empty_.empty()) return;
    std::swap(empty_[load_.random_.Below(empty_.size())], empty_.back());
    const std::string code = empty_.back();
    empty_.pop_back();
    ov1::DissolveUnitRequest request;
    request.set_name("units/" + code);
    request.set_request_id(load_.random_.Uuid());
    ov1::Unit unit;
    if (!load_.Write(std::string(kUnits) + "DissolveUnit", request, unit)) return;
    ++load_.dissolved_;
    load_.model_.Dissolve(code);
  }

  FoldLoad& load_;
  int64_t made_ = 0;
  std::vector<std::string> empty_;  // branches without anything, not dissolved
};

// Imports members into a branch, and branches under a township.
class FoldLoad::Importer {
 public:
  explicit Importer(FoldLoad& load) : load_(load), upload_(load.options_.gateway, load.options_.token) {}

  void Round(int round) {
    if (round % 2 == 0) {
      Members();
    } else {
      Units();
    }
  }

 private:
  void Members() {
    const std::string unit = OneOf(load_.branches_, load_.random_);
    ov1::MemberRows rows;
    ov1::OrganizationMetrics counts;
    for (int line = 1; line <= kRowsPerImport; ++line) {
      ov1::MemberRow* row = rows.add_rows();
      row->set_line(line);
      *row->mutable_member() = MadeUpMember(++load_.persons_, "units/" + unit);
      const ov1::OrganizationMetrics one = CountsOf(row->member());
      counts.set_members(counts.members() + 1);
      counts.set_full_members(counts.full_members() + one.full_members());
      counts.set_probationary_members(counts.probationary_members() + one.probationary_members());
      counts.set_female_members(counts.female_members() + one.female_members());
    }
    if (!Done(upload_.Members("units/" + unit, load_.random_.Uuid(), rows, load_.stopping_))) return;
    load_.members_ += kRowsPerImport;
    load_.model_.Count(unit, counts);
  }
  void Units() {
    const std::string township = OneOf(load_.townships_, load_.random_);
    ov1::UnitRows rows;
    for (int line = 1; line <= 3; ++line) {
      ov1::UnitRow* row = rows.add_rows();
      row->set_line(line);
      FillUnit(fmt::format("J{:06}", ++made_), township, ov1::LEVEL_BRANCH, *row->mutable_unit());
    }
    if (!Done(upload_.Units("units/" + township, load_.random_.Uuid(), rows, load_.stopping_))) return;
    for (const ov1::UnitRow& row : rows.rows()) {
      load_.model_.Add(row.unit().code(), township, ov1::LEVEL_BRANCH, load_.options_.today);
    }
  }
  bool Done(const std::string& failure) {
    if (load_.stopping_) return false;
    if (!failure.empty()) load_.Fail(failure);
    if (failure.empty()) {
      ++load_.imports_;
      ++load_.acknowledged_;
    }
    return failure.empty();
  }

  FoldLoad& load_;
  ImportUpload upload_;
  int64_t made_ = 0;
};

FoldLoad::FoldLoad(Options options)
    : options_(std::move(options)), random_(options_.seed), client_(options_.writers, options_.token) {}

FoldLoad::~FoldLoad() {
  stopping_ = true;
  for (std::thread& thread : threads_) thread.join();
}

bool FoldLoad::CreateUnit(const std::string& code, const std::string& parent, ov1::Level level, absl::CivilDay from) {
  ov1::CreateUnitRequest request;
  FillUnit(code, parent, level, *request.mutable_unit());
  SetDate(from, *request.mutable_effective_date());
  request.set_request_id(random_.Uuid());
  ov1::Unit unit;
  if (!Write(std::string(kUnits) + "CreateUnit", request, unit)) return false;
  model_.Add(code, parent, level, from);
  return true;
}

bool FoldLoad::Establish() {
  bool ok = CreateUnit(kRoot, "", ov1::LEVEL_PROVINCE, options_.first);
  const auto make = [&](const std::string& code, const std::string& parent, ov1::Level level,
                        std::vector<std::string>& list) {
    ok = ok && CreateUnit(code, parent, level, options_.first);
    list.push_back(code);
  };
  for (int p = 1; p <= kPrefectures; ++p) {
    const std::string prefecture = fmt::format("37{:02}", p);
    make(prefecture, kRoot, ov1::LEVEL_PREFECTURE, prefectures_);
    for (int c = 1; c <= 2; ++c) {
      const std::string county = fmt::format("{}{:02}", prefecture, c);
      make(county, prefecture, ov1::LEVEL_COUNTY, counties_);
      for (int t = 1; t <= kBelow; ++t) {
        const std::string township = fmt::format("{}{:03}", county, t);
        make(township, county, ov1::LEVEL_TOWNSHIP, townships_);
        for (int b = 1; b <= kBelow; ++b) {
          make(fmt::format("{}{:02}", township, b), township, ov1::LEVEL_BRANCH, branches_);
        }
      }
    }
  }
  return ok;
}

void FoldLoad::Start() {
  for (int i = 0; i < 2; ++i) {
    threads_.emplace_back([this, i] {
      MemberWriter writer(*this);
      Run(done_[i], [&](int) { writer.Round(); });
    });
  }
  threads_.emplace_back([this] {
    StructureWriter writer(*this);
    Run(done_[2], [&](int) { writer.Round(); });
  });
  threads_.emplace_back([this] {
    Importer importer(*this);
    Run(done_[3], [&](int round) { importer.Round(round); });
  });
}

void FoldLoad::Run(std::atomic<int>& done, const std::function<void(int)>& round) {
  while (!stopping_) {
    if (done >= allowed_) {
      Pause();
      continue;
    }
    round(done);
    ++done;
  }
}

bool FoldLoad::Idle() const {
  for (const std::atomic<int>& done : done_) {
    if (done < allowed_) return false;
  }
  return true;
}

bool FoldLoad::Write(std::string_view method, const google::protobuf::Message& request,
                     google::protobuf::Message& response, bool may_be_refused) {
  const grpc::Status status = client_.Call(method, request, response);
  if (status.ok()) {
    ++acknowledged_;
  } else if (may_be_refused && status.error_code() == grpc::StatusCode::FAILED_PRECONDITION) {
    ++refused_;
  } else {
    Fail(fmt::format("{}: {} {}", method, status.error_code(), status.error_message()));
  }
  return status.ok();
}

void FoldLoad::Fail(std::string what) {
  const common::MutexLock lock(mutex_);
  if (failures_.size() < kFailuresKept) failures_.push_back(std::move(what));
}

std::vector<std::string> FoldLoad::failures() const {
  const common::MutexLock lock(mutex_);
  return failures_;
}

std::string FoldLoad::Report() const {
  int64_t repeated = 0;
  std::string codes;
  for (const auto& [code, count] : client_.repeated()) {
    repeated += count;
    codes += fmt::format("{}{}×{}", codes.empty() ? "" : " ", code, count);
  }
  return fmt::format(
      "writes acknowledged {}, moves {} ({} back-dated), dissolved {}, imports {}, members {}, refused {}, attempts "
      "repeated {} (by code: {})",
      acknowledged_.load(), moves_.load(), back_dated_.load(), dissolved_.load(), imports_.load(), members_.load(),
      refused_.load(), repeated, codes);
}

}  // namespace ronghe::tests
