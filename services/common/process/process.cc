#include "services/common/process/process.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <mutex>
#include <optional>
#include <sstream>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "services/common/serve/echo_binding.h"
#include "services/common/serve/executor.h"
#include "services/common/serve/probes.h"
#include "services/common/serve/raw_binding.h"
#include "services/common/serve/server.h"
#include "services/common/serve/wrapper.h"
#include "services/common/telemetry/log.h"
#include "services/common/values/mutex.h"
#include "services/common/values/status.h"

namespace ronghe::common {
namespace {

constexpr size_t kMinSecret = 16;
constexpr int kDrainCutShort = 3;
constexpr auto kReadinessInterval = std::chrono::milliseconds(100);

// Start-up errors are read by operators in a terminal: both languages say the same.
absl::Status CannotStart(const std::string& what) {
  return FailedPrecondition("CANNOT_START", {what, what});
}

absl::Status ReadSecret(const std::string& file, std::string& secret) {
  if (file.empty()) return CannotStart("--token-secret: is required");
  std::ifstream in(file, std::ios::binary);
  std::stringstream content;
  content << in.rdbuf();
  if (!in) return CannotStart(fmt::format("--token-secret: cannot read {}", file));
  secret = content.str();
  while (!secret.empty() && (secret.back() == '\n' || secret.back() == '\r' || secret.back() == ' ')) secret.pop_back();
  if (secret.size() < kMinSecret) {
    return CannotStart(fmt::format("--token-secret: {} must hold at least {} bytes", file, kMinSecret));
  }
  return absl::OkStatus();
}

// Readers find the file whole or not at all.
absl::Status WriteAtomically(const std::string& file, const std::string& content) {
  std::string temporary = file + ".new";
  {
    std::ofstream out(temporary, std::ios::binary | std::ios::trunc);
    out << content;
    out.flush();
    if (!out) return CannotStart(fmt::format("--port-file: cannot write {}", file));
  }
  if (std::rename(temporary.c_str(), file.c_str()) != 0) {
    return CannotStart(fmt::format("--port-file: cannot write {}: {}", file, std::strerror(errno)));
  }
  return absl::OkStatus();
}

sigset_t StopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

// The resolver is set after the authorizer is made.
class LateResolver final : public OwnerResolver {
 public:
  absl::StatusOr<UnitUid> OwnerOf(std::string_view resource, absl::Time deadline) override {
    if (resolver == nullptr) return NotFound(std::string(resource));
    return resolver->OwnerOf(resource, deadline);
  }
  bool CatchUp(absl::Time deadline) override { return resolver != nullptr && resolver->CatchUp(deadline); }

  OwnerResolver* resolver = nullptr;
};

}  // namespace

struct Process::Impl {
  struct Condition {
    std::string part;
    std::function<absl::Status()> check;
  };
  struct Listener {
    std::string name;
    std::function<absl::StatusOr<int>(const std::shared_ptr<grpc::Channel>& self)> start;
  };

  absl::Status Ready() const;
  void WatchReadiness();
  absl::Status Listen(const std::vector<ServiceBinding*>& bindings, const std::vector<RawBinding*>& raw);
  bool Stop();

  ServeConfig config;
  SystemClock clock;
  SystemRandom random;
  absl::TimeZone zone;
  std::optional<TokenSigner> signer;
  Directory directory;
  std::unique_ptr<TokenVerifier> verifier;
  std::unique_ptr<TokenMaker> suite_tokens;
  LateResolver resolver;
  std::optional<Authorizer> authorizer;
  Metrics metrics;
  std::optional<Executor> executor;
  std::optional<Wrapper> wrapper;
  std::optional<EchoBinding> echo;
  std::vector<Condition> conditions;
  std::vector<Listener> listeners;
  std::vector<std::function<void()>> on_drain;

  std::unique_ptr<Server> server;
  std::unique_ptr<Probes> probes;
  int port = 0;
  int probe_port = 0;
  Mutex mutex;
  std::condition_variable wake;
  bool stopping ABSL_GUARDED_BY(mutex) = false;
  std::thread readiness;
};

Process::Process() {
  sigset_t signals = StopSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  impl_ = std::make_unique<Impl>();
}

Process::~Process() {
  StopServing();
}

absl::Status Process::Init(const ServeConfig& config) {
  Impl& p = *impl_;
  p.config = config;
  RONGHE_ASSIGN_OR_RETURN(LogLevel level, ParseLogLevel(config.log_level));
  InitLog(config.service, level);
  if (!absl::LoadTimeZone(config.time_zone, &p.zone)) {
    return CannotStart(fmt::format("--time-zone: there is no time zone {}", config.time_zone));
  }
  std::string secret;
  RONGHE_RETURN_IF_ERROR(ReadSecret(config.token_secret_file, secret));
  p.signer.emplace(std::move(secret));
  if (config.issuers.empty()) return CannotStart("--issuer: at least one is required");
  RONGHE_ASSIGN_OR_RETURN(p.verifier, TokenVerifier::Create(config.issuers, p.clock));
  if (config.suite_key_file.empty()) return CannotStart("--suite-key: is required");
  RONGHE_ASSIGN_OR_RETURN(p.suite_tokens, TokenMaker::Load(config.suite_key_file, p.clock, p.random));
  p.authorizer.emplace(*p.verifier, p.directory, p.resolver, p.clock);
  p.executor.emplace(Executor::Options{config.pool_threads, config.pool_queue}, p.clock);
  p.executor->Register(p.metrics);
  Wrapper::Options options;
  options.default_deadline = config.default_deadline;
  options.max_streams = config.max_streams;
  p.wrapper.emplace(Wrapper::Parts{*p.executor, *p.authorizer, *p.signer, p.clock, p.random, p.metrics}, options);
  p.echo.emplace(*p.wrapper);
  return absl::OkStatus();
}

const ServeConfig& Process::config() const {
  return impl_->config;
}
const Clock& Process::clock() const {
  return impl_->clock;
}
Random& Process::random() {
  return impl_->random;
}
Calendar Process::calendar() const {
  return Calendar(impl_->clock, impl_->zone);
}
const TokenSigner& Process::signer() const {
  return *impl_->signer;
}
Directory& Process::directory() {
  return impl_->directory;
}
TokenVerifier& Process::verifier() {
  return *impl_->verifier;
}
TokenMaker& Process::suite_tokens() {
  return *impl_->suite_tokens;
}
Authorizer& Process::authorizer() {
  return *impl_->authorizer;
}
Metrics& Process::metrics() {
  return impl_->metrics;
}
Wrapper& Process::wrapper() {
  return *impl_->wrapper;
}
int Process::port() const {
  return impl_->port;
}
int Process::probe_port() const {
  return impl_->probe_port;
}

void Process::SetOwnerResolver(OwnerResolver* resolver) {
  impl_->resolver.resolver = resolver;
}

void Process::AddReadiness(std::string part, std::function<absl::Status()> check) {
  impl_->conditions.push_back({std::move(part), std::move(check)});
}

void Process::AddListener(std::string name,
                          std::function<absl::StatusOr<int>(const std::shared_ptr<grpc::Channel>& self)> start) {
  impl_->listeners.push_back({std::move(name), std::move(start)});
}

void Process::OnDrain(std::function<void()> callback) {
  impl_->on_drain.push_back(std::move(callback));
}

absl::Status Process::Impl::Ready() const {
  for (const Condition& condition : conditions) {
    absl::Status status = condition.check();
    if (status.ok()) continue;
    std::string all = fmt::format("{}: {}", condition.part, PublicMessage(status));
    return Unavailable("NOT_READY", {all, all});
  }
  return absl::OkStatus();
}

void Process::Impl::WatchReadiness() {
  bool serving = false;
  std::unique_lock<std::mutex> lock(mutex.native());
  auto stop = [this]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return stopping; };
  do {
    lock.unlock();
    absl::Status ready = Ready();
    if (ready.ok() != serving) {
      serving = ready.ok();
      server->SetServing(serving);
      Log(serving ? LogLevel::kInfo : LogLevel::kWarning, serving ? "ready" : "not ready",
          {{"reason", std::string_view(ready.message().data(), ready.message().size())}});
    }
    lock.lock();
  } while (!wake.wait_for(lock, kReadinessInterval, stop));
}

absl::Status Process::Impl::Listen(const std::vector<ServiceBinding*>& bindings, const std::vector<RawBinding*>& raw) {
  std::vector<grpc::Service*> services;
  for (ServiceBinding* binding : bindings) {
    RONGHE_RETURN_IF_ERROR(binding->Check());
    services.push_back(binding);
  }
  for (RawBinding* binding : raw) services.push_back(binding);
  RONGHE_RETURN_IF_ERROR(echo->Check());
  services.push_back(&*echo);
  Server::Options options;
  options.service = config.service;
  options.listen = config.listen;
  options.max_connection_age = config.max_connection_age;
  RONGHE_ASSIGN_OR_RETURN(server, Server::Start(options, services));
  port = server->port();
  Probes::Pages pages{[this] { return metrics.Text(); }, [this] { return Ready(); }};
  RONGHE_ASSIGN_OR_RETURN(probes, Probes::Start(config.probe_listen, std::move(pages)));
  probe_port = probes->port();
  std::string ports = fmt::format("grpc={}\nprobe={}\n", port, probe_port);
  for (const Listener& listener : listeners) {
    RONGHE_ASSIGN_OR_RETURN(const int other, listener.start(server->SelfChannel()));
    ports += fmt::format("{}={}\n", listener.name, other);
  }
  if (config.port_file.empty()) return absl::OkStatus();
  return WriteAtomically(config.port_file, ports);
}

absl::Status Process::StartServing(std::vector<ServiceBinding*> bindings, std::vector<RawBinding*> raw) {
  absl::Status listening = impl_->Listen(bindings, raw);
  if (!listening.ok()) {
    impl_->probes.reset();
    impl_->server.reset();
    return listening;
  }
  Log(LogLevel::kInfo, "listening", {{"grpc_port", impl_->port}, {"probe_port", impl_->probe_port}});
  impl_->readiness = std::thread([impl = impl_.get()] { impl->WatchReadiness(); });
  return absl::OkStatus();
}

// NOT_SERVING, wait, end of streams and background work, end of calls, end of the pool. False if calls were cut short.
bool Process::Impl::Stop() {
  if (server == nullptr) return true;
  {
    MutexLock lock(mutex);
    stopping = true;
  }
  wake.notify_all();
  readiness.join();
  server->SetServing(false);
  if (config.drain_wait > absl::ZeroDuration()) {
    std::unique_lock<std::mutex> lock(mutex.native());
    wake.wait_for(lock, absl::ToChronoNanoseconds(config.drain_wait), [] { return false; });
  }
  for (auto callback = on_drain.rbegin(); callback != on_drain.rend(); ++callback) (*callback)();
  wrapper->Drain();
  bool in_time = server->Shutdown(config.drain);
  executor->Stop();
  probes.reset();
  server.reset();
  return in_time;
}

void Process::StopServing() {
  if (impl_ != nullptr) impl_->Stop();
}

int Process::Serve(std::vector<ServiceBinding*> bindings, std::vector<RawBinding*> raw) {
  absl::Status started = StartServing(std::move(bindings), std::move(raw));
  if (!started.ok()) return Die(started);
  sigset_t signals = StopSignals();
  int signal = 0;
  while (sigwait(&signals, &signal) != 0) {
  }
  Log(LogLevel::kInfo, "stopping", {{"signal", signal}});
  // A second signal ends the process at once.
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
  bool in_time = impl_->Stop();
  Log(in_time ? LogLevel::kInfo : LogLevel::kWarning, in_time ? "stopped" : "stopped; calls were cut short");
  FlushLog();
  return in_time ? 0 : kDrainCutShort;
}

}  // namespace ronghe::common
