#include "projections/relay/nats_client.h"

#include <spdlog/spdlog.h>

namespace till {
namespace {

constexpr std::int64_t kPingIntervalMs = 10'000;
constexpr int kPingsUnanswered = 2;
constexpr std::int64_t kWriteDeadlineMs = 5'000;
constexpr int kWriteBufferBytes = 256 * 1024;  // sent at once while a backlog is published

void on_async_error(natsConnection*, natsSubscription*, natsStatus status, void*) {
  spdlog::warn("relay: NATS reports: {}", natsStatus_GetText(status));
}

// The address alone: credentials may stand before it.
std::string shown(const std::string& url) {
  const std::size_t scheme = url.find("://");
  const std::size_t at = url.rfind('@');
  if (at != std::string::npos) return url.substr(at + 1);
  return scheme == std::string::npos ? url : url.substr(scheme + 3);
}

natsStatus set_options(natsOptions* settings, const RelayOptions& options) {
  natsStatus status = natsOptions_SetURL(settings, options.url.c_str());
  if (status == NATS_OK) status = natsOptions_SetName(settings, "till-relay");
  if (status == NATS_OK) status = natsOptions_SetTimeout(settings, options.connect_timeout.count());
  if (status == NATS_OK) status = natsOptions_SetAllowReconnect(settings, false);
  if (status == NATS_OK) status = natsOptions_SetFailRequestsOnDisconnect(settings, true);
  if (status == NATS_OK) status = natsOptions_SetPingInterval(settings, kPingIntervalMs);
  if (status == NATS_OK) status = natsOptions_SetMaxPingsOut(settings, kPingsUnanswered);
  if (status == NATS_OK) status = natsOptions_SetWriteDeadline(settings, kWriteDeadlineMs);
  if (status == NATS_OK) status = natsOptions_SetIOBufSize(settings, kWriteBufferBytes);
  // Without one the library writes to stderr.
  if (status == NATS_OK) status = natsOptions_SetErrorHandler(settings, on_async_error, nullptr);
  return status;
}

}  // namespace

Error nats_error(const std::string& what, natsStatus status) {
  return {ErrorKind::kUnavailable, what + ": " + natsStatus_GetText(status)};
}

Result<NatsConnection> nats_connect(const RelayOptions& options) {
  natsOptions* made = nullptr;
  natsStatus status = natsOptions_Create(&made);
  const NatsSettings settings(made);
  if (status == NATS_OK) status = set_options(settings.get(), options);
  natsConnection* connection = nullptr;
  if (status == NATS_OK) status = natsConnection_Connect(&connection, settings.get());
  if (status != NATS_OK) return nats_error("cannot reach NATS at " + shown(options.url), status);
  return NatsConnection(connection);
}

}  // namespace till
