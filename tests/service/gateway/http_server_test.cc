#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <absl/time/time.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/rest/http_server.h"
#include "services/common/values/clock.h"
#include "tests/support/eventually.h"
#include "tests/support/http_client.h"

namespace ronghe::tests {
namespace {

using gateway::HttpReply;
using gateway::HttpRequest;
using gateway::HttpServer;
using gateway::Responder;
using ::testing::HasSubstr;

// Answers with what it was asked, and keeps what it is told to keep.
class Mirror final : public gateway::HttpService {
 public:
  std::optional<HttpReply> Refuse(HttpRequest& head) override {
    if (head.target == "/refused") return HttpReply{403, {}, "no"};
    return std::nullopt;
  }
  void Serve(std::shared_ptr<HttpRequest> request, std::shared_ptr<Responder> responder) override {
    if (request->target == "/hold") {
      responder->OnGone([this] { ++gone; });
      const std::lock_guard lock(mutex);
      held = std::move(responder);
      return;
    }
    if (request->target == "/stream") return Stream(std::move(responder));
    if (request->target == "/large") return responder->Answer({200, {}, std::string(8 << 20, 'x')});
    responder->Answer({200, {{"X-Verb", request->verb}}, request->target + "|" + request->body});
  }
  HttpReply Fault(int code, const HttpRequest&) override { return {code, {}, "fault"}; }

  // Writes until the reader takes no more.
  void Stream(std::shared_ptr<Responder> responder) {
    responder->OnGone([this] { ++gone; });
    responder->Begin({200, {}, {}}, [this, responder](bool ok) { Next(responder, ok); });
  }
  void Next(const std::shared_ptr<Responder>& responder, bool ok) {
    if (!ok) return;
    ++chunks;
    responder->Write(std::string(16 << 10, 'y'), [this, responder](bool taken) { Next(responder, taken); });
  }
  std::shared_ptr<Responder> Held() {
    for (int i = 0; i < 5000; ++i) {
      {
        const std::lock_guard lock(mutex);
        if (held != nullptr) return std::move(held);
      }
      Pause();
    }
    return nullptr;
  }

  std::atomic<int> gone{0};
  std::atomic<int> chunks{0};
  std::mutex mutex;
  std::shared_ptr<Responder> held;
};

bool Holds(const std::function<bool()>& condition) {
  for (int i = 0; i < 5000; ++i) {
    if (condition()) return true;
    Pause();
  }
  return false;
}

class HttpServerTest : public ::testing::Test {
 protected:
  void Start(HttpServer::Options options = {}) {
    server_.reset();
    auto started = HttpServer::Start(options, mirror_, clock_);
    ASSERT_TRUE(started.ok()) << started.status();
    server_ = *std::move(started);
  }
  void SetUp() override { Start(); }
  // The answer to one request on a connection of its own, and whether it stays open.
  HttpAnswer Ask(std::string_view bytes) {
    HttpConnection connection(server_->port());
    connection.Send(bytes);
    return connection.Read();
  }

  common::SystemClock clock_;
  Mirror mirror_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpServerTest, RequestsSentAheadAreAnsweredInOrder) {
  HttpConnection connection(server_->port());
  std::string all;
  for (int i = 0; i < 50; ++i) {
    all += i % 2 == 0 ? fmt::format("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", i)
                      : fmt::format(
                            "POST /{} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                            "2;x=y\r\nab\r\n3\r\ncde\r\n0\r\nX-Verb: no\r\n\r\n",
                            i);
  }
  connection.Send(all);
  for (int i = 0; i < 50; ++i) {
    const HttpAnswer answer = connection.Read();
    EXPECT_EQ(answer.code, 200);
    EXPECT_EQ(answer.body, fmt::format("/{}|{}", i, i % 2 == 0 ? "" : "abcde"));
    EXPECT_EQ(answer.headers.at("connection"), "keep-alive");
  }
}

TEST_F(HttpServerTest, HeadHasNoBodyAndItsLength) {
  HttpConnection connection(server_->port());
  connection.Send("HEAD /four HTTP/1.1\r\nHost: a\r\n\r\nGET /next HTTP/1.1\r\nHost: a\r\n\r\n");
  const HttpAnswer head = connection.Read(/*head_only=*/true);
  EXPECT_EQ(head.code, 200);
  EXPECT_EQ(head.headers.at("content-length"), "6");
  EXPECT_EQ(connection.Read().body, "/next|");
}

TEST_F(HttpServerTest, OldAndClosingCallersAreClosed) {
  HttpConnection old(server_->port());
  old.Send("GET /a HTTP/1.0\r\n\r\n");
  EXPECT_EQ(old.Read().headers.at("connection"), "close");
  EXPECT_TRUE(old.Closed());
  HttpConnection closing(server_->port());
  closing.Send("GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(closing.Read().body, "/a|");
  EXPECT_TRUE(closing.Closed());
}

TEST_F(HttpServerTest, TheBodyIsAskedForOnlyWhereItIsWanted) {
  HttpConnection wanted(server_->port());
  wanted.Send("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(wanted.Read().code, 100);
  wanted.Send("xyz");
  EXPECT_EQ(wanted.Read().body, "/a|xyz");
  HttpConnection refused(server_->port());
  refused.Send("POST /refused HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(refused.Read().code, 403);
  EXPECT_TRUE(refused.Closed());  // whatever comes would be read as a request
  EXPECT_EQ(Ask("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: tea\r\n\r\n").code, 417);
}

TEST_F(HttpServerTest, WhatIsAmbiguousIsRefusedAndClosed) {
  const std::vector<std::pair<std::string, int>> all = {
      {"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {"POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n", 400},
      {"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\n", 400},
      {"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: +4\r\n\r\n", 400},
      {"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 4 4\r\n\r\n", 400},
      {"POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501},
      {"POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n", 501},
      {"POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n", 400},
      {"POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n", 400},
      {"POST /a HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {"POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
      {"GET /a HTTP/1.1\r\n\r\n", 400},
      {"GET /a HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
      {"GET /a HTTP/1.1\r\nHost: a\r\nBad Name: b\r\n\r\n", 400},
      {"GET /a HTTP/1.1\r\nHost: a\r\nAuthorization: x\r\nAuthorization: y\r\n\r\n", 400},
      {"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 505},
      {"GET /a HTTP/3.0\r\nHost: a\r\n\r\n", 505},
      {"\x16\x03\x01\x02 TLS\r\n\r\n", 400},
  };
  for (const auto& [bytes, code] : all) {
    HttpConnection connection(server_->port());
    connection.Send(bytes + "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n");
    const HttpAnswer answer = connection.Read();
    EXPECT_EQ(answer.code, code) << bytes;
    EXPECT_EQ(answer.body, "fault") << bytes;
    EXPECT_EQ(connection.Read().code, 0) << bytes;
    EXPECT_TRUE(connection.Closed()) << bytes;
  }
}

TEST_F(HttpServerTest, SizesHaveLimits) {
  HttpServer::Options options;
  options.header_bytes = 2000;
  options.body_bytes = 1000;
  Start(options);
  const std::string long_text(3000, 'x');
  EXPECT_EQ(Ask(fmt::format("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", long_text)).code, 431);
  EXPECT_EQ(Ask(fmt::format("GET / HTTP/1.1\r\nHost: a\r\nA: {}\r\n\r\n", long_text)).code, 431);
  EXPECT_EQ(Ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n").code, 413);  // before it was sent
  EXPECT_EQ(Ask(fmt::format("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3000\r\n\r\n{}", long_text)).code, 413);
  EXPECT_EQ(Ask(fmt::format("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nbb8\r\n{}\r\n0\r\n\r\n",
                            long_text))
                .code,
            413);
  const std::string fits(1000, 'x');
  EXPECT_EQ(Ask(fmt::format("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n{}", fits)).body, "/|" + fits);
}

TEST_F(HttpServerTest, WhoDoesNotGoOnIsCutOff) {
  HttpServer::Options options;
  options.idle = options.header = options.body = absl::Milliseconds(60);
  Start(options);
  for (const char* begun :
       {"", "GET / HT", "GET / HTTP/1.1\r\nHost: a\r\n", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab"}) {
    HttpConnection connection(server_->port());
    connection.Send(begun);
    EXPECT_TRUE(connection.Closed()) << begun;
  }
  EXPECT_TRUE(Holds([&] { return server_->connections() == 0; }));
}

TEST_F(HttpServerTest, ASlowReaderIsCutOff) {
  HttpServer::Options options;
  options.write = absl::Milliseconds(100);
  options.socket_send_bytes = 16 << 10;
  Start(options);
  HttpConnection slow(server_->port(), /*receive_buffer=*/4096);
  slow.Send("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(Holds([&] { return mirror_.gone == 1; }));
  const int written = mirror_.chunks;
  EXPECT_LT(written, 200);  // it was not all piled up
  EXPECT_TRUE(Holds([&] { return server_->connections() == 0; }));
  EXPECT_EQ(mirror_.chunks, written);
}

TEST_F(HttpServerTest, AReaderThatLeavesIsNoticedWithoutAnythingBeingWritten) {
  HttpConnection gone(server_->port());
  gone.Send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::shared_ptr<Responder> held = mirror_.Held();
  ASSERT_NE(held, nullptr);
  gone.Reset();
  EXPECT_TRUE(Holds([&] { return mirror_.gone == 1; }));
  held->Answer({200, {}, "too late"});
}

TEST_F(HttpServerTest, WhoOnlySendsNoMoreStillGetsTheAnswer) {
  HttpConnection half(server_->port());
  half.Send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::shared_ptr<Responder> held = mirror_.Held();
  ASSERT_NE(held, nullptr);
  half.ShutdownSend();
  held->Answer({200, {}, "here"});
  EXPECT_EQ(half.Read().body, "here");
  EXPECT_TRUE(half.Closed());
  EXPECT_EQ(mirror_.gone, 0);
}

TEST_F(HttpServerTest, ConnectionsHaveALimit) {
  HttpServer::Options options;
  options.connections = 2;
  Start(options);
  HttpConnection one(server_->port());
  HttpConnection two(server_->port());
  ASSERT_TRUE(Holds([&] { return server_->connections() == 2; }));
  HttpConnection three(server_->port());
  EXPECT_TRUE(three.Closed());
  one.Send("GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(one.Read().code, 200);
}

TEST_F(HttpServerTest, DrainClosesTheIdleAndFinishesTheRest) {
  // With one thread the first connection waits for its next request before the other one is held.
  HttpServer::Options options;
  options.threads = 1;
  Start(options);
  HttpConnection idle(server_->port());
  idle.Send("GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(idle.Read().code, 200);
  auto busy = std::make_unique<HttpConnection>(server_->port());
  busy->Send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\nGET /never HTTP/1.1\r\nHost: a\r\n\r\n");
  std::shared_ptr<Responder> held = mirror_.Held();
  ASSERT_NE(held, nullptr);
  server_->Drain();
  EXPECT_TRUE(idle.Closed());
  HttpConnection late(server_->port());
  EXPECT_TRUE(late.Closed());
  EXPECT_TRUE(Holds([&] { return server_->connections() == 1; }));
  held->Answer({200, {}, "last"});
  held.reset();
  const HttpAnswer last = busy->Read();
  EXPECT_EQ(last.body, "last");
  EXPECT_EQ(last.headers.at("connection"), "close");
  EXPECT_EQ(busy->Read().code, 0);
  busy.reset();
  EXPECT_TRUE(server_->Stop(absl::Seconds(20)));
}

TEST_F(HttpServerTest, StopEndsWhatDoesNotEnd) {
  HttpConnection busy(server_->port());
  busy.Send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
  std::shared_ptr<Responder> held = mirror_.Held();
  ASSERT_NE(held, nullptr);
  held.reset();
  EXPECT_FALSE(server_->Stop(absl::ZeroDuration()));
  EXPECT_EQ(mirror_.gone, 1);
  EXPECT_TRUE(busy.Closed());
}

TEST_F(HttpServerTest, AnAddressThatIsTakenIsSaid) {
  HttpServer::Options options;
  options.listen = fmt::format("127.0.0.1:{}", server_->port());
  EXPECT_FALSE(HttpServer::Start(options, mirror_, clock_).ok());
  for (const char* address : {"", "nowhere", "127.0.0.1", "127.0.0.1:", "127.0.0.1:99999", "127.0.0.1:-1", "x:80"}) {
    options.listen = address;
    EXPECT_FALSE(HttpServer::Start(options, mirror_, clock_).ok()) << address;
  }
}

TEST_F(HttpServerTest, LargeAnswersComeWhole) {
  HttpConnection connection(server_->port());
  connection.Send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
  const HttpAnswer answer = connection.Read();
  EXPECT_TRUE(answer.whole);
  EXPECT_EQ(answer.body.size(), size_t{8} << 20);
}

}  // namespace
}  // namespace ronghe::tests
