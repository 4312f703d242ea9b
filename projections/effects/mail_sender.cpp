#include "projections/effects/mail_sender.h"

#include <curl/curl.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <utility>

namespace till {
namespace {

constexpr std::string_view kSmtp = "smtp://";
constexpr std::string_view kSmtps = "smtps://";
constexpr long kFirstPermanent = 500;  // replies
constexpr long kFirstUnknown = 600;

// What one conversation shows.
struct SmtpTalk {
  std::string_view rest;       // of the mail, not sent yet
  bool asked_to_take = false;  // the last command named the receiver or handed the mail over
  bool logged_in = false;      // tried to, at least
};

// Commands as they leave. What follows the login's first line is no command, and is not kept.
int note_command(CURL*, curl_infotype type, char* data, std::size_t size, void* user) {
  if (type != CURLINFO_HEADER_OUT) return 0;
  auto& talk = *static_cast<SmtpTalk*>(user);
  const std::string_view line(data, size);
  if (line.starts_with("QUIT\r")) return 0;
  talk.asked_to_take = line.starts_with("RCPT TO:") || line.starts_with("DATA\r");
  talk.logged_in = talk.logged_in || line.starts_with("AUTH ");
  return 0;
}

std::size_t give_mail(char* buffer, std::size_t size, std::size_t count, void* user) {
  std::string_view& rest = static_cast<SmtpTalk*>(user)->rest;
  const std::size_t taken = std::min(size * count, rest.size());
  std::memcpy(buffer, rest.data(), taken);
  rest.remove_prefix(taken);
  return taken;
}

std::size_t drop_answer(char*, std::size_t size, std::size_t count, void*) {
  return size * count;
}

// libcurl counts how often it was started.
CURL* make_handle() {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  return started == CURLE_OK ? curl_easy_init() : nullptr;
}

class SmtpHandle {
 public:
  SmtpHandle() : handle_(make_handle()) {}
  ~SmtpHandle() {
    curl_slist_free_all(receivers_);
    curl_easy_cleanup(handle_);
  }
  SmtpHandle(const SmtpHandle&) = delete;
  SmtpHandle& operator=(const SmtpHandle&) = delete;

  CURL* get() const { return handle_; }
  template <class Value>
  void set(CURLoption option, Value value) {
    curl_easy_setopt(handle_, option, value);
  }
  void set_receiver(const std::string& address) {
    receivers_ = curl_slist_append(receivers_, address.c_str());
    set(CURLOPT_MAIL_RCPT, receivers_);
  }

 private:
  CURL* handle_;
  curl_slist* receivers_ = nullptr;
};

long tls_level(StartTls starttls) {
  switch (starttls) {
    case StartTls::kRequired:
      return CURLUSESSL_ALL;
    case StartTls::kIfOffered:
      return CURLUSESSL_TRY;
    case StartTls::kNone:
      return CURLUSESSL_NONE;
  }
  return CURLUSESSL_ALL;
}

// What both a mail and the check need. `url` and `talk` outlive the conversation.
void prepare(const SmtpOptions& options, const std::string& url, SmtpTalk& talk, SmtpHandle& handle) {
  handle.set(CURLOPT_URL, url.c_str());
  handle.set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  handle.set(CURLOPT_PROXY, "");
  handle.set(CURLOPT_NOSIGNAL, 1L);
  handle.set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout.count()));
  handle.set(CURLOPT_TIMEOUT_MS, static_cast<long>(options.timeout.count()));
  // Of the QUIT as well, which the limit above does not cover.
  handle.set(CURLOPT_SERVER_RESPONSE_TIMEOUT,
             static_cast<long>(std::chrono::ceil<std::chrono::seconds>(options.timeout).count()));
  handle.set(CURLOPT_USE_SSL, tls_level(options.starttls));
  if (!options.ca_file.empty()) handle.set(CURLOPT_CAINFO, options.ca_file.c_str());
  if (!options.user.empty()) {
    handle.set(CURLOPT_USERNAME, options.user.c_str());
    handle.set(CURLOPT_PASSWORD, options.password.c_str());
  }
  handle.set(CURLOPT_VERBOSE, 1L);  // tells the function below, and nobody else
  handle.set(CURLOPT_DEBUGFUNCTION, note_command);
  handle.set(CURLOPT_DEBUGDATA, static_cast<void*>(&talk));
  handle.set(CURLOPT_WRITEFUNCTION, drop_answer);
}

// The path of the URL is what EHLO says.
std::string smtp_url(const SmtpOptions& options) {
  return options.client_name.empty() ? options.url : options.url + "/" + options.client_name;
}

Error smtp_error(CURLcode code, long reply) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return {ErrorKind::kUnavailable, "mail: the name of the server is not known"};
    case CURLE_COULDNT_CONNECT:
      return {ErrorKind::kUnavailable, "mail: the server cannot be reached"};
    case CURLE_OPERATION_TIMEDOUT:
      return {ErrorKind::kUnavailable, "mail: the server does not answer in time"};
    case CURLE_USE_SSL_FAILED:
      return {ErrorKind::kInvalid, "mail: the server does not start TLS, which is required"};
    case CURLE_PEER_FAILED_VERIFICATION:
      return {ErrorKind::kInvalid, "mail: the server's certificate is not to be trusted"};
    case CURLE_SSL_CACERT_BADFILE:
      return {ErrorKind::kInvalid, "mail: the file of certificates cannot be read"};
    case CURLE_SSL_CONNECT_ERROR:
      return {ErrorKind::kInvalid, "mail: the server does not speak TLS as it should"};
    case CURLE_LOGIN_DENIED:
      return {ErrorKind::kInvalid, "mail: the server refuses the login"};
    default:
      break;
  }
  std::string message = std::string("mail: ") + curl_easy_strerror(code);
  if (reply >= 100) message += ", reply " + std::to_string(reply);
  return {ErrorKind::kUnavailable, std::move(message)};
}

// A mail waits for a server that is set up in another way as it waits for one that is away.
Error mail_error(CURLcode code, long reply, const SmtpTalk& talk) {
  const bool refused = talk.asked_to_take && reply >= kFirstPermanent && reply < kFirstUnknown &&
                       (code == CURLE_SEND_ERROR || code == CURLE_WEIRD_SERVER_REPLY || code == CURLE_RECV_ERROR);
  if (refused) return {ErrorKind::kInvalid, "mail: refused with reply " + std::to_string(reply)};
  return {ErrorKind::kUnavailable, smtp_error(code, reply).message};
}

bool is_here(std::string_view authority) {
  return authority == "localhost" || authority == "127.0.0.1" || authority == "[::1]" ||
         authority.starts_with("localhost:") || authority.starts_with("127.0.0.1:") || authority.starts_with("[::1]:");
}

bool is_authority_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view(".-_:[]").find(c) != std::string_view::npos;
}

bool is_client_name(std::string_view name) {
  return std::ranges::all_of(name, [](char c) { return is_authority_character(c) && c != '_'; });
}

bool is_time(std::chrono::milliseconds time) {
  return time.count() > 0 && time <= kSmtpTimeoutMost;
}

}  // namespace

Status check_smtp_options(const SmtpOptions& options) {
  const bool tls = options.url.starts_with(kSmtps);
  if (!tls && !options.url.starts_with(kSmtp)) {
    return Error{ErrorKind::kInvalid, "mail: the URL of the server begins with smtp:// or smtps://"};
  }
  const std::string_view authority = std::string_view(options.url).substr(tls ? kSmtps.size() : kSmtp.size());
  if (authority.empty() || !std::ranges::all_of(authority, is_authority_character)) {
    return Error{ErrorKind::kInvalid, "mail: the URL of the server has a host, perhaps a port, and nothing else"};
  }
  if (!is_client_name(options.client_name)) return Error{ErrorKind::kInvalid, "mail: the client's name is none"};
  if (!is_time(options.connect_timeout) || !is_time(options.timeout)) {
    return Error{ErrorKind::kInvalid, "mail: a timeout is above zero and at most ten minutes"};
  }
  const bool in_clear = !tls && options.starttls != StartTls::kRequired;
  if (!options.user.empty() && in_clear && !is_here(authority)) {
    return Error{ErrorKind::kInvalid, "mail: a login needs smtps:// or STARTTLS, since others could read the password"};
  }
  return {};
}

SmtpMailSender::SmtpMailSender(SmtpOptions options) : options_(std::move(options)) {}

Status SmtpMailSender::send(const MailMessage& message) {
  SmtpTalk talk;
  talk.rest = message.bytes();
  SmtpHandle handle;
  if (handle.get() == nullptr) return Error{ErrorKind::kUnavailable, "mail: libcurl does not start"};
  const std::string url = smtp_url(options_);
  prepare(options_, url, talk, handle);
  handle.set(CURLOPT_MAIL_FROM, message.from().text().c_str());
  handle.set_receiver(message.to().text());
  handle.set(CURLOPT_UPLOAD, 1L);
  handle.set(CURLOPT_READFUNCTION, give_mail);
  handle.set(CURLOPT_READDATA, static_cast<void*>(&talk));
  handle.set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(message.bytes().size()));
  const CURLcode done = curl_easy_perform(handle.get());
  if (done == CURLE_OK) return {};
  long reply = 0;
  curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &reply);
  return mail_error(done, reply, talk);
}

Status SmtpMailSender::check() const {
  if (Status good = check_smtp_options(options_); !good.ok()) return good;
  SmtpTalk talk;
  SmtpHandle handle;
  if (handle.get() == nullptr) return Error{ErrorKind::kUnavailable, "mail: libcurl does not start"};
  const std::string url = smtp_url(options_);
  prepare(options_, url, talk, handle);
  handle.set(CURLOPT_NOBODY, 1L);
  handle.set(CURLOPT_CUSTOMREQUEST, "NOOP");
  const CURLcode done = curl_easy_perform(handle.get());
  long reply = 0;
  curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &reply);
  if (done != CURLE_OK) return smtp_error(done, reply);
  // libcurl goes on without a login where the server does not offer any.
  if (options_.user.empty() || talk.logged_in) return {};
  return Error{ErrorKind::kInvalid, "mail: the server takes no login"};
}

}  // namespace till
