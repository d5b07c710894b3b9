#include <map>

#include "services/common/directory/directory.h"
#include "tests/service/organization/service_fixture.h"

namespace ronghe::organization {
namespace {

// A replica of the directory, as the stream tells it.
class Replica {
 public:
  Replica(Running& server, const std::string& bearer, const std::string& incarnation = "", int64_t position = 0) {
    context_.AddMetadata("authorization", bearer);
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    v1::StreamDirectoryRequest request;
    request.set_incarnation(incarnation);
    request.set_position(position);
    reader_ = server.directory->StreamDirectory(&context_, request);
  }
  ~Replica() {
    context_.TryCancel();
    if (!finished_) Finish();
  }

  // Reads messages until `reached` holds after a complete one; false at the end of the stream.
  bool ReadUntil(const std::function<bool()>& reached) {
    while (reader_->Read(&last)) {
      if (last.reset()) {
        ++resets;
        units.clear();
      }
      EXPECT_LE(last.units_size(), 1000);
      for (const v1::DirectoryUnit& unit : last.units()) units[unit.uid()] = unit;
      grants += last.grants_size();
      if (last.complete() && reached()) return true;
    }
    return false;
  }
  bool Has(const std::string& code) const {
    for (const auto& [uid, unit] : units) {
      if (unit.code() == code) return true;
    }
    return false;
  }
  grpc::Status Finish() {
    finished_ = true;
    while (reader_->Read(&last)) {
    }
    return reader_->Finish();
  }

  v1::StreamDirectoryResponse last;
  std::map<int64_t, v1::DirectoryUnit> units;
  int resets = 0;
  int grants = 0;

 private:
  bool finished_ = false;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::StreamDirectoryResponse>> reader_;
};

class DirectoryServiceTest : public ServiceTest {};

TEST_F(DirectoryServiceTest, EverythingThenChangesThenHeartbeats) {
  MakeTree();
  Replica replica(*server_, identity_.ServiceBearer("education"));
  ASSERT_TRUE(replica.ReadUntil([] { return true; }));
  EXPECT_EQ(replica.resets, 1);
  EXPECT_EQ(replica.units.size(), 7u);
  EXPECT_EQ(replica.grants, 3);
  EXPECT_GT(replica.last.position(), 0);
  EXPECT_GT(replica.last.structure_revision(), 0);
  const int64_t position = replica.last.position();
  Branch("N1", "370783104");
  ASSERT_TRUE(replica.ReadUntil([&] { return replica.Has("N1"); }));
  EXPECT_EQ(replica.last.position(), position + 1);
  // Then nothing but heartbeats, which say the same place.
  ASSERT_TRUE(replica.ReadUntil([&] { return replica.last.units_size() == 0; }));
  EXPECT_EQ(replica.last.position(), position + 1);
  EXPECT_EQ(replica.resets, 1);
}

TEST_F(DirectoryServiceTest, GoesOnWhereAReplicaStands) {
  MakeTree();
  std::string incarnation;
  int64_t position = 0;
  int64_t revision = 0;
  {
    Replica first(*server_, identity_.ServiceBearer("gateway"));
    ASSERT_TRUE(first.ReadUntil([] { return true; }));
    incarnation = first.last.incarnation();
    position = first.last.position();
    revision = first.last.structure_revision();
  }
  {
    Replica same(*server_, identity_.ServiceBearer("gateway"), incarnation, position);
    ASSERT_TRUE(same.ReadUntil([] { return true; }));
    EXPECT_EQ(same.resets, 0);
    EXPECT_EQ(same.last.position(), position);
    EXPECT_EQ(same.last.structure_revision(), revision);
  }
  Branch("N1", "370783104");
  {
    Replica behind(*server_, identity_.ServiceBearer("gateway"), incarnation, position);
    ASSERT_TRUE(behind.ReadUntil([&] { return behind.Has("N1"); }));
    EXPECT_EQ(behind.resets, 0);
    EXPECT_EQ(behind.units.size(), 1u);
    EXPECT_EQ(behind.last.structure_revision(), revision + 1);
  }
  for (const std::string& other : {std::string("another history"), std::string()}) {
    Replica stale(*server_, identity_.ServiceBearer("gateway"), other, position);
    ASSERT_TRUE(stale.ReadUntil([] { return true; }));
    EXPECT_EQ(stale.resets, 1);
    EXPECT_EQ(stale.units.size(), 8u);
  }
  // A position that was never published here.
  Replica ahead(*server_, identity_.ServiceBearer("gateway"), incarnation, position + 1000);
  ASSERT_TRUE(ahead.ReadUntil([] { return true; }));
  EXPECT_EQ(ahead.resets, 1);
}

TEST_F(DirectoryServiceTest, OnlyForTheSuite) {
  Replica user(*server_, identity_.UserBearer("admin"));
  EXPECT_FALSE(user.ReadUntil([] { return true; }));
  EXPECT_EQ(user.Finish().error_code(), grpc::StatusCode::PERMISSION_DENIED);
}

}  // namespace
}  // namespace ronghe::organization
