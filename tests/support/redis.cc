#include "tests/support/redis.h"

#include <hiredis/hiredis.h>
#include <sys/time.h>

#include <csignal>

#include "services/common/values/status.h"

namespace ronghe::tests {
namespace {

constexpr absl::Duration kRedisStartTimeout = absl::Seconds(20);
constexpr int kRedisStartAttempts = 5;
constexpr timeval kCommandTimeout{.tv_sec = 5, .tv_usec = 0};

std::string TextOf(const redisReply& reply) {
  switch (reply.type) {
    case REDIS_REPLY_INTEGER:
      return std::to_string(reply.integer);
    case REDIS_REPLY_NIL:
      return "";
    case REDIS_REPLY_ARRAY: {
      std::string lines;
      for (size_t i = 0; i < reply.elements; ++i) lines += (i == 0 ? "" : "\n") + TextOf(*reply.element[i]);
      return lines;
    }
    default:
      return std::string(reply.str, reply.len);
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<RedisServer>> RedisServer::Start(std::vector<std::string> more) {
  std::unique_ptr<RedisServer> server(new RedisServer());
  server->more_ = std::move(more);
  absl::Status status;
  for (int attempt = 0; attempt < kRedisStartAttempts; ++attempt) {
    server->port_ = FreePort();  // somebody else may take it before the server does
    status = server->Launch();
    if (status.ok()) return server;
  }
  return status;
}

absl::Status RedisServer::Launch() {
  Subprocess::Options options;
  options.output_dir = dir_.path();
  std::vector<std::string> args{"redis-server"};
  const auto set = [&args](const std::string& name, const std::string& value) {
    args.push_back("--" + name);
    args.push_back(value);
  };
  set("port", std::to_string(port_));
  set("bind", "127.0.0.1");
  set("save", "");
  set("appendonly", "no");
  set("dir", dir_.path());
  set("daemonize", "no");
  set("repl-diskless-sync-delay", "0");  // replicas do not wait for others
  args.insert(args.end(), more_.begin(), more_.end());
  auto started = Subprocess::Start(std::move(args), options);
  if (!started.ok()) return started.status();
  process_ = *std::move(started);
  // The line says that this process listens; a port that is open could be somebody else's.
  return process_->WaitFor(
      [this] { return process_->Stdout().find("Ready to accept connections") != std::string::npos && PortOpen(port_); },
      kRedisStartTimeout);
}

void RedisServer::Kill9() {
  process_->SignalGroup(SIGKILL);
  process_->WaitExit(absl::Seconds(10)).IgnoreError();
  process_.reset();
}

absl::Status RedisServer::Restart() {
  return Launch();
}

void RedisServer::Pause() {
  process_->Signal(SIGSTOP);
}

void RedisServer::Continue() {
  process_->Signal(SIGCONT);
}

absl::Status RedisServer::Fill() {
  RONGHE_RETURN_IF_ERROR(Command({"CONFIG", "SET", "maxmemory-policy", "noeviction"}).status());
  return Command({"CONFIG", "SET", "maxmemory", "1"}).status();
}

absl::Status RedisServer::Empty() {
  return Command({"CONFIG", "SET", "maxmemory", "0"}).status();
}

absl::Status RedisServer::ReplicaOf(int port) {
  if (port == 0) return Command({"REPLICAOF", "NO", "ONE"}).status();
  RONGHE_RETURN_IF_ERROR(Command({"REPLICAOF", "127.0.0.1", std::to_string(port)}).status());
  return process_->WaitFor(
      [this] {
        const auto info = Command({"INFO", "replication"});
        return info.ok() && info->find("master_link_status:up") != std::string::npos;
      },
      kRedisStartTimeout);
}

absl::StatusOr<std::string> RedisServer::Command(const std::vector<std::string>& args) {
  const std::unique_ptr<redisContext, decltype(&redisFree)> context(
      redisConnectWithTimeout("127.0.0.1", port_, kCommandTimeout), &redisFree);
  if (context == nullptr || context->err != 0) return absl::UnavailableError("cannot connect to Redis");
  redisSetTimeout(context.get(), kCommandTimeout);
  std::vector<const char*> starts;
  std::vector<size_t> sizes;
  for (const std::string& arg : args) {
    starts.push_back(arg.data());
    sizes.push_back(arg.size());
  }
  const std::unique_ptr<redisReply, decltype(&freeReplyObject)> reply(
      static_cast<redisReply*>(
          redisCommandArgv(context.get(), static_cast<int>(args.size()), starts.data(), sizes.data())),
      &freeReplyObject);
  if (reply == nullptr) return absl::UnavailableError(context->errstr);
  if (reply->type == REDIS_REPLY_ERROR) return absl::UnknownError(std::string(reply->str, reply->len));
  return TextOf(*reply);
}

}  // namespace ronghe::tests
