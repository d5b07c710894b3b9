#include "services/common/directory/remote_feed.h"

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "ronghe/organization/v1/directory_service.grpc.pb.h"

#include "services/common/directory/convert.h"
#include "tests/support/eventually.h"
#include "tests/support/fake_clock.h"
#include "tests/support/identity.h"
#include "tests/support/seeded_random.h"

namespace ronghe::common {
namespace {

namespace org = organization::v1;
using Writer = grpc::ServerWriter<org::StreamDirectoryResponse>;

constexpr auto kPatience = std::chrono::seconds(30);

DirectoryDelta Delta(int64_t position, std::vector<int64_t> units, bool reset = false, bool complete = true) {
  DirectoryDelta delta;
  delta.reset = reset;
  delta.complete = complete;
  delta.incarnation = "one";
  delta.position = delta.structure_revision = position;
  for (int64_t uid : units) {
    DirectoryUnit unit;
    unit.uid = UnitUid(uid);
    unit.code = fmt::format("U{}", uid);
    delta.units.push_back(unit);
  }
  return delta;
}

// Organization as the test wants it: each stream is served by the next script, those after the last are refused.
class ScriptedDirectory final : public org::DirectoryService::Service {
 public:
  using Script = std::function<grpc::Status(grpc::ServerContext&, Writer&)>;
  struct Seen {
    std::string incarnation;
    int64_t position;
    std::string authorization;
  };

  void Add(Script script) {
    std::lock_guard lock(mutex_);
    scripts_.push_back(std::move(script));
  }
  grpc::Status StreamDirectory(grpc::ServerContext* context, const org::StreamDirectoryRequest* request,
                               Writer* writer) override {
    Script script;
    {
      std::lock_guard lock(mutex_);
      auto token = context->client_metadata().find("authorization");
      seen_.push_back(
          {request->incarnation(), request->position(),
           token == context->client_metadata().end() ? "" : std::string(token->second.data(), token->second.size())});
      if (!scripts_.empty()) {
        script = std::move(scripts_.front());
        scripts_.pop_front();
      }
    }
    if (script == nullptr) return grpc::Status(grpc::StatusCode::UNAVAILABLE, "no script");
    return script(*context, *writer);
  }
  std::vector<Seen> seen() {
    std::lock_guard lock(mutex_);
    return seen_;
  }

 private:
  std::mutex mutex_;
  std::deque<Script> scripts_;
  std::vector<Seen> seen_;
};

// Counts the attempts: each needs a token.
class CountingMaker final : public TokenMaker {
 public:
  explicit CountingMaker(TokenMaker& maker) : maker_(maker) {}
  absl::StatusOr<std::string> Make(std::string_view issuer, std::string_view subject,
                                   absl::Duration lifetime) override {
    ++made;
    return maker_.Make(issuer, subject, lifetime);
  }
  std::atomic<int> made{0};

 private:
  TokenMaker& maker_;
};

void Eventually(const std::function<bool()>& condition, const char* what) {
  auto end = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    ASSERT_LT(std::chrono::steady_clock::now(), end) << "never: " << what;
    tests::Pause();
  }
}

class RemoteFeedTest : public ::testing::Test {
 protected:
  RemoteFeedTest() {
    auto maker = TokenMaker::Load(identity_.suite_key_file(), clock_, random_);
    EXPECT_TRUE(maker.ok());
    maker_ = *std::move(maker);
    attempts_ = std::make_unique<CountingMaker>(*maker_);
    Listen("127.0.0.1:0");
    options_.service = "education";
    options_.silence = absl::Seconds(20);  // tests of silence shorten it
    options_.first_message = absl::Seconds(20);
    options_.min_backoff = absl::Milliseconds(1);
    options_.max_backoff = absl::Milliseconds(20);
  }
  ~RemoteFeedTest() override {
    feed_.reset();
    if (server_ != nullptr) server_->Shutdown(std::chrono::system_clock::now());
  }

  void Listen(const std::string& address) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort(address, grpc::InsecureServerCredentials(), &port_);
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder.RegisterService(&organization_);
    server_ = builder.BuildAndStart();
    ASSERT_NE(server_, nullptr);
  }
  void Start(DirectorySink* sink = nullptr) {
    auto channel = grpc::CreateChannel(fmt::format("127.0.0.1:{}", port_), grpc::InsecureChannelCredentials());
    feed_ = std::make_unique<RemoteDirectoryFeed>(
        channel, RemoteDirectoryFeed::Parts{*attempts_, directory_, clock_, random_, sink}, options_);
    feed_->Start();
  }
  static bool Send(Writer& writer, const DirectoryDelta& delta) { return writer.Write(ToProto(delta)); }
  // Stays connected and silent until the client goes.
  static grpc::Status Linger(grpc::ServerContext& context) {
    while (!context.IsCancelled()) tests::Pause();
    return grpc::Status::CANCELLED;
  }
  bool Reaches(int64_t position) {
    return directory_.WaitForStructure(position, absl::FromChrono(std::chrono::system_clock::now() + kPatience));
  }

  tests::FakeClock clock_;
  tests::SeededRandom random_;
  tests::Identity identity_{clock_};
  std::unique_ptr<TokenMaker> maker_;
  std::unique_ptr<CountingMaker> attempts_;
  Directory directory_;
  ScriptedDirectory organization_;
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
  RemoteDirectoryFeed::Options options_;
  std::unique_ptr<RemoteDirectoryFeed> feed_;
};

TEST_F(RemoteFeedTest, LoadsAndFollows) {
  organization_.Add([](grpc::ServerContext& context, Writer& writer) {
    Send(writer, Delta(1, {1, 2}, /*reset=*/true, /*complete=*/false));
    Send(writer, Delta(1, {3}));
    Send(writer, Delta(2, {4}));
    return Linger(context);
  });
  Start();
  ASSERT_TRUE(Reaches(2));
  EXPECT_TRUE(directory_.loaded());
  EXPECT_EQ(directory_.unit_count(), 4);
  EXPECT_EQ(directory_.last_heard(), clock_.Now());
  feed_->Stop();
  ASSERT_EQ(organization_.seen().size(), 1u);
  EXPECT_EQ(organization_.seen()[0].incarnation, "");
  EXPECT_EQ(organization_.seen()[0].position, 0);
}

TEST_F(RemoteFeedTest, SpeaksWithTheServicesOwnToken) {
  Start();
  Eventually([&] { return !organization_.seen().empty(); }, "a call");
  std::string bearer = organization_.seen()[0].authorization;
  ASSERT_EQ(bearer.substr(0, 7), "Bearer ");
  auto verifier = TokenVerifier::Create(identity_.issuers(), clock_);
  auto claims = (*verifier)->Verify(bearer.substr(7));
  ASSERT_TRUE(claims.ok()) << claims.status();
  EXPECT_EQ(claims->issuer, kSuiteIssuer);
  EXPECT_EQ(claims->subject, "education");
}

TEST_F(RemoteFeedTest, ResumesAfterALoss) {
  organization_.Add([](grpc::ServerContext&, Writer& writer) {
    Send(writer, Delta(7, {1}, /*reset=*/true));
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "lost");
  });
  organization_.Add([](grpc::ServerContext&, Writer&) { return grpc::Status::OK; });
  organization_.Add([](grpc::ServerContext& context, Writer& writer) {
    Send(writer, Delta(8, {2}));
    return Linger(context);
  });
  Start();
  ASSERT_TRUE(Reaches(8));
  EXPECT_EQ(directory_.unit_count(), 2);
  auto seen = organization_.seen();
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen[1].incarnation, "one");
  EXPECT_EQ(seen[1].position, 7);
  EXPECT_EQ(seen[2].position, 7);
}

TEST_F(RemoteFeedTest, AnUnfinishedTransferLeavesNothing) {
  organization_.Add([](grpc::ServerContext&, Writer& writer) {
    Send(writer, Delta(7, {1, 2}, /*reset=*/true, /*complete=*/false));
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "lost");
  });
  organization_.Add([](grpc::ServerContext& context, Writer& writer) {
    Send(writer, Delta(8, {5}, /*reset=*/true));
    return Linger(context);
  });
  Start();
  ASSERT_TRUE(Reaches(8));
  EXPECT_EQ(directory_.unit_count(), 1);
  EXPECT_EQ(organization_.seen()[1].position, 0);
}

TEST_F(RemoteFeedTest, SilenceIsALoss) {
  options_.silence = absl::Milliseconds(50);
  organization_.Add([](grpc::ServerContext& context, Writer& writer) {
    Send(writer, Delta(7, {1}, /*reset=*/true));
    return Linger(context);
  });
  organization_.Add([](grpc::ServerContext& context, Writer& writer) {
    Send(writer, Delta(8, {2}));
    return Linger(context);
  });
  Start();
  ASSERT_TRUE(Reaches(8));
  EXPECT_EQ(organization_.seen()[1].position, 7);
}

TEST_F(RemoteFeedTest, HeartbeatsKeepItFresh) {
  // The stream's end reaches the server's side after the test's: what it looks at must live on.
  auto beat = std::make_shared<std::atomic<bool>>(false);
  organization_.Add([beat](grpc::ServerContext& context, Writer& writer) {
    Send(writer, Delta(7, {1}, /*reset=*/true));
    while (!context.IsCancelled()) {
      if (beat->exchange(false)) Send(writer, Delta(7, {}, false, true));
      tests::Pause();
    }
    return grpc::Status::CANCELLED;
  });
  std::atomic<int> woken = 0;
  directory_.OnChange([&] { ++woken; });
  Start();
  // The position is visible before the listeners are called: the one call for the load is waited for.
  Eventually([&] { return woken == 1; }, "the load");
  ASSERT_EQ(directory_.position(), 7);
  clock_.Advance(absl::Seconds(3));
  EXPECT_EQ(directory_.last_heard(), clock_.Now() - absl::Seconds(3));
  *beat = true;
  Eventually([&] { return directory_.last_heard() == clock_.Now(); }, "a heartbeat");
  feed_->Stop();
  EXPECT_EQ(woken, 1);
}

TEST_F(RemoteFeedTest, FindsOrganizationWhenItComesUp) {
  std::string address = fmt::format("127.0.0.1:{}", port_);
  server_->Shutdown();
  server_.reset();
  Start();
  // After some failures the channel has begun to wait by itself.
  Eventually([&] { return attempts_->made >= 5; }, "attempts");
  EXPECT_FALSE(directory_.loaded());
  organization_.Add([](grpc::ServerContext& context, Writer& writer) {
    Send(writer, Delta(1, {1}, /*reset=*/true));
    return Linger(context);
  });
  Listen(address);
  EXPECT_TRUE(Reaches(1));
}

// Refuses the first complete piece.
class FailingSink final : public DirectorySink {
 public:
  explicit FailingSink(Directory& directory) : directory_(directory) {}
  absl::Status Apply(const DirectoryDelta& delta, absl::Time heard) override {
    if (++applied_ == 1) return absl::UnavailableError("database");
    directory_.Apply(delta, heard);
    return absl::OkStatus();
  }
  void DropUnfinished() override { ++dropped; }
  int dropped = 0;

 private:
  Directory& directory_;
  int applied_ = 0;
};

TEST_F(RemoteFeedTest, WhatIsNotStoredIsAskedForAgain) {
  for (int i = 0; i < 2; ++i) {
    organization_.Add([](grpc::ServerContext& context, Writer& writer) {
      Send(writer, Delta(3, {1}, /*reset=*/true));
      return Linger(context);
    });
  }
  FailingSink sink(directory_);
  Start(&sink);
  ASSERT_TRUE(Reaches(3));
  feed_->Stop();
  EXPECT_EQ(organization_.seen().size(), 2u);
  EXPECT_EQ(sink.dropped, 2);
}

TEST_F(RemoteFeedTest, StopsWhileNobodyAnswers) {
  organization_.Add([](grpc::ServerContext& context, Writer&) { return Linger(context); });
  Start();
  Eventually([&] { return !organization_.seen().empty(); }, "a call");
  feed_->Stop();
  feed_->Stop();
  EXPECT_FALSE(directory_.loaded());
}

TEST(ConvertTest, BothWaysWithoutLoss) {
  DirectoryDelta delta = Delta(5, {1, 2}, true, false);
  delta.units[1].parent = UnitUid(1);
  delta.units[1].partition = PartitionId(9);
  delta.units[1].title = "第二支部";
  delta.units[1].short_title = "二支";
  delta.units[1].level = 5;
  delta.units[1].kind = 4;
  delta.units[1].state = 2;
  delta.units[1].deleted = true;
  delta.principals = {{3, "https://a", "li", 4}};
  DirectoryGrant grant;
  grant.id = 6;
  grant.principal_id = 3;
  grant.role = 2;
  grant.unit = UnitUid(2);
  grant.start = absl::FromUnixMicros(-1'500'001);
  grant.end = absl::FromUnixMicros(1'794'790'800'000'123);
  DirectoryGrant open = grant;
  open.start = absl::InfinitePast();
  open.end = absl::InfiniteFuture();
  open.revoked = true;
  delta.grants = {grant, open};
  delta.revoked_tokens = {{"jti", absl::FromUnixSeconds(10)}};
  DirectoryDelta back = FromProto(ToProto(delta));
  EXPECT_EQ(back.reset, true);
  EXPECT_EQ(back.complete, false);
  EXPECT_EQ(back.incarnation, "one");
  EXPECT_EQ(back.position, 5);
  ASSERT_EQ(back.units.size(), 2u);
  EXPECT_EQ(back.units[1].parent, UnitUid(1));
  EXPECT_EQ(back.units[1].partition, PartitionId(9));
  EXPECT_EQ(back.units[1].title, "第二支部");
  EXPECT_EQ(back.units[1].short_title, "二支");
  EXPECT_EQ(back.units[1].level, 5);
  EXPECT_EQ(back.units[1].kind, 4);
  EXPECT_EQ(back.units[1].state, 2);
  EXPECT_TRUE(back.units[1].deleted);
  ASSERT_EQ(back.grants.size(), 2u);
  EXPECT_EQ(back.grants[0].start, grant.start);
  EXPECT_EQ(back.grants[0].end, grant.end);
  EXPECT_EQ(back.grants[1].start, absl::InfinitePast());
  EXPECT_EQ(back.grants[1].end, absl::InfiniteFuture());
  EXPECT_TRUE(back.grants[1].revoked);
  EXPECT_EQ(back.principals[0].member_id, 4);
  EXPECT_EQ(back.revoked_tokens[0].expire, absl::FromUnixSeconds(10));
}

}  // namespace
}  // namespace ronghe::common
