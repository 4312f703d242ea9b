#include "projections/relay/stream.h"

#include <algorithm>
#include <string_view>

namespace till {
namespace {

constexpr std::int64_t kNanosPerSecond = 1'000'000'000;
// Late copies of a message can be as old as an acknowledgement that never came; two minutes is far beyond that.
constexpr std::int64_t kDuplicateWindow = 120 * kNanosPerSecond;
constexpr std::int64_t kNoStreamLimit = -1;

std::int64_t age_limit(const RelayOptions& options) {
  return options.max_age.count() * kNanosPerSecond;
}

std::int64_t bytes_limit(const RelayOptions& options) {
  return options.max_bytes > 0 ? options.max_bytes : kNoStreamLimit;
}

// The server wants the window inside the age limit.
std::int64_t duplicate_window(const RelayOptions& options) {
  const std::int64_t age = age_limit(options);
  return age > 0 ? std::min(age, kDuplicateWindow) : kDuplicateWindow;
}

// Zero and less say the same to the server.
bool is_unlimited(std::int64_t limit) {
  return limit <= 0;
}

// Whether the server may keep or refuse messages by anything else than age and size, or leave them without an answer.
bool has_other_limits(const jsStreamConfig& config) {
  return !is_unlimited(config.MaxMsgs) || !is_unlimited(config.MaxMsgsPerSubject) || !is_unlimited(config.MaxMsgSize) ||
         config.NoAck || config.Discard != js_DiscardOld;
}

void set_limits(const RelayOptions& options, jsStreamConfig& config) {
  config.MaxAge = age_limit(options);
  config.MaxBytes = bytes_limit(options);
  config.Duplicates = duplicate_window(options);
  config.MaxMsgs = kNoStreamLimit;
  config.MaxMsgsPerSubject = kNoStreamLimit;
  config.MaxMsgSize = static_cast<std::int32_t>(kNoStreamLimit);
  config.NoAck = false;
  config.Discard = js_DiscardOld;
}

bool has_subjects(const jsStreamConfig& config, const std::string& subjects) {
  return config.SubjectsLen == 1 && subjects == config.Subjects[0];
}

}  // namespace

Result<Stream> Stream::ensure(natsConnection* connection, const RelayOptions& options) {
  jsOptions settings;
  jsOptions_Init(&settings);
  settings.Wait = options.request_timeout.count();
  jsCtx* context = nullptr;
  const natsStatus status = natsConnection_JetStream(&context, connection, &settings);
  if (status != NATS_OK) return nats_error("cannot use JetStream", status);
  Stream stream(JetStream(context), options);
  Result<StreamInfo> info = stream.info();
  if (!info.ok()) return info.error();
  const Status made = *info ? stream.correct(**info) : stream.create();
  if (!made.ok()) return made.error();
  return stream;
}

Result<StreamInfo> Stream::info() {
  jsStreamInfo* found = nullptr;
  const natsStatus status = js_GetStreamInfo(&found, context_.get(), options_->stream.c_str(), nullptr, nullptr);
  if (status == NATS_NOT_FOUND) return StreamInfo();
  if (status != NATS_OK) return nats_error("cannot read the state of stream " + options_->stream, status);
  return StreamInfo(found);
}

Status Stream::create() {
  const std::string subjects_text = subjects();
  const char* subject_list[] = {subjects_text.c_str()};
  jsStreamConfig config;
  jsStreamConfig_Init(&config);
  config.Name = options_->stream.c_str();
  config.Description = "Every event of one Till log, written by its relay only";
  config.Subjects = subject_list;
  config.SubjectsLen = 1;
  config.Retention = js_LimitsPolicy;
  config.Storage = js_FileStorage;
  set_limits(*options_, config);
  const natsStatus status = js_AddStream(nullptr, context_.get(), &config, nullptr, nullptr);
  if (status != NATS_OK) return nats_error("cannot create stream " + options_->stream, status);
  return {};
}

Status Stream::correct(const jsStreamInfo& info) {
  const std::string subjects_text = subjects();
  const char* subject_list[] = {subjects_text.c_str()};
  jsStreamConfig config = *info.Config;
  if (config.Retention != js_LimitsPolicy || config.Mirror != nullptr || config.SourcesLen > 0 || config.Sealed) {
    return Error{ErrorKind::kInvalid, "stream " + options_->stream +
                                          " is a mirror, sealed, has sources or another retention than limits; delete "
                                          "or rename it, then the relay makes its own"};
  }
  if (has_subjects(config, subjects_text) && config.MaxAge == age_limit(*options_) &&
      config.MaxBytes == bytes_limit(*options_) && config.Duplicates == duplicate_window(*options_) &&
      !has_other_limits(config)) {
    return {};
  }
  config.Subjects = subject_list;
  config.SubjectsLen = 1;
  set_limits(*options_, config);
  const natsStatus status = js_UpdateStream(nullptr, context_.get(), &config, nullptr, nullptr);
  if (status != NATS_OK) return nats_error("cannot correct the limits of stream " + options_->stream, status);
  return {};
}

Result<std::optional<StreamTail::Message>> Stream::message(std::uint64_t sequence) {
  natsMsg* found = nullptr;
  const std::string all = subjects();
  const natsStatus status =
      sequence > 0 ? js_GetMsg(&found, context_.get(), options_->stream.c_str(), sequence, nullptr, nullptr)
                   : js_GetLastMsg(&found, context_.get(), options_->stream.c_str(), all.c_str(), nullptr, nullptr);
  if (status == NATS_NOT_FOUND) return std::optional<StreamTail::Message>();
  if (status != NATS_OK) return nats_error("cannot read the last message of stream " + options_->stream, status);
  const NatsMessage owner(found);
  StreamTail::Message message;
  message.sequence = natsMsg_GetSequence(found);
  const char* id = nullptr;
  if (natsMsgHeader_Get(found, "Nats-Msg-Id", &id) == NATS_OK && id != nullptr) message.id = id;
  message.body.assign(natsMsg_GetData(found), static_cast<std::size_t>(natsMsg_GetDataLength(found)));
  return std::optional<StreamTail::Message>(std::move(message));
}

Result<StreamTail> Stream::tail() {
  Result<StreamInfo> found = info();
  if (!found.ok()) return found.error();
  if (!*found) return Error{ErrorKind::kUnavailable, "stream " + options_->stream + " was deleted"};
  StreamTail tail;
  tail.created_ns = (*found)->Created;
  tail.last_sequence = (*found)->State.LastSeq;
  if (tail.last_sequence == 0 || (*found)->State.Msgs == 0) return tail;
  Result<std::optional<StreamTail::Message>> last = message(tail.last_sequence);
  if (last.ok() && !last->has_value()) last = message(0);
  if (!last.ok()) return last.error();
  tail.newest = std::move(*last);
  // Written between the two requests, by a former connection or another relay.
  if (tail.newest) tail.last_sequence = std::max(tail.last_sequence, tail.newest->sequence);
  return tail;
}

Result<std::uint64_t> Stream::last_sequence() {
  Result<StreamInfo> found = info();
  if (!found.ok()) return found.error();
  return *found ? (*found)->State.LastSeq : std::uint64_t{0};
}

}  // namespace till
