#include "projections/effects/http_sender.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

namespace till {
namespace {

// Of an answer's body, bytes that are read at all.
constexpr std::size_t kOutboundReadMost = 64 << 10;
// Of a thread, between two requests.
constexpr long kKeptConnectionsMost = 8;

struct Network4 {
  std::uint32_t address;
  int bits;
};

// RFC 6890 and its registry: what is not globally reachable.
constexpr std::array kInside4{
    Network4{0x00000000, 8},   // this host
    Network4{0x0A000000, 8},   // private
    Network4{0x64400000, 10},  // shared by a carrier
    Network4{0x7F000000, 8},   // loopback
    Network4{0xA9FE0000, 16},  // link, with the metadata of rented machines
    Network4{0xAC100000, 12},  // private
    Network4{0xC0000000, 24},  // protocol assignments
    Network4{0xC0000200, 24},  // documentation
    Network4{0xC0586300, 24},  // 6to4 relays
    Network4{0xC0A80000, 16},  // private
    Network4{0xC6120000, 15},  // benchmarks
    Network4{0xC6336400, 24},  // documentation
    Network4{0xCB007100, 24},  // documentation
    Network4{0xE0000000, 4},   // multicast
    Network4{0xF0000000, 4},   // reserved, and broadcast
};

bool is_public4(std::uint32_t address) {
  for (const Network4& network : kInside4) {
    if ((address ^ network.address) >> (32 - network.bits) == 0) return false;
  }
  return true;
}

std::uint32_t read4(std::span<const std::uint8_t> bytes) {
  std::uint32_t value = 0;
  for (const std::uint8_t byte : bytes) value = value << 8 | byte;
  return value;
}

bool starts_with(std::span<const std::uint8_t> bytes, std::initializer_list<std::uint8_t> begin) {
  return std::equal(begin.begin(), begin.end(), bytes.begin());
}

bool is_public6(std::span<const std::uint8_t, 16> bytes) {
  constexpr std::uint8_t kZero[12] = {};
  // Addresses that are IPv4 ones in other words: mapped, compatible, NAT64, 6to4.
  if (std::memcmp(bytes.data(), kZero, 10) == 0) {
    const bool mapped = bytes[10] == 0xFF && bytes[11] == 0xFF;
    return mapped && is_public4(read4(bytes.subspan(12)));
  }
  if (starts_with(bytes, {0x00, 0x64, 0xFF, 0x9B})) {
    return std::memcmp(bytes.data() + 4, kZero, 8) == 0 && is_public4(read4(bytes.subspan(12)));
  }
  if (starts_with(bytes, {0x20, 0x02})) return is_public4(read4(bytes.subspan(2, 4)));
  if ((bytes[0] & 0xE0) != 0x20) return false;                     // only 2000::/3 is global unicast
  if (starts_with(bytes, {0x20, 0x01, 0x0D, 0xB8})) return false;  // documentation
  return !(starts_with(bytes, {0x20, 0x01}) && bytes[2] < 0x02);   // protocol assignments, Teredo
}

// One handle a thread: it keeps connections, their TLS sessions and addresses for the next request.
class Curl {
 public:
  Curl() : handle_(curl_easy_init()) {}
  ~Curl() { curl_easy_cleanup(handle_); }
  Curl(const Curl&) = delete;
  Curl& operator=(const Curl&) = delete;

  CURL* get() const { return handle_; }
  template <class Value>
  void set(CURLoption option, Value value) {
    curl_easy_setopt(handle_, option, value);
  }

 private:
  CURL* handle_;
};

struct DeleteHeaders {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Headers = std::unique_ptr<curl_slist, DeleteHeaders>;

void add_header(Headers& headers, const std::string& line) {
  curl_slist* const longer = curl_slist_append(headers.get(), line.c_str());
  if (longer == nullptr) return;
  static_cast<void>(headers.release());
  headers.reset(longer);
}

// What one request leaves.
struct Exchange {
  const OutboundPost& request;
  OutboundAnswer answer;
  bool refused = false;
  std::size_t read = 0;  // bytes of the body
  bool cut = false;
};

curl_socket_t open_socket(void* data, curlsocktype, curl_sockaddr* address) {
  auto& exchange = *static_cast<Exchange*>(data);
  if (!exchange.request.allow_private_addresses && !is_public_address(address->addr)) {
    exchange.refused = true;
    return CURL_SOCKET_BAD;
  }
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

std::size_t take_body(char* data, std::size_t size, std::size_t count, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  exchange.read += size * count;
  // The status is known, and what follows is of no use.
  if (exchange.read > kOutboundReadMost) {
    exchange.cut = true;
    return 0;
  }
  std::string& body = exchange.answer.body;
  body.append(data, std::min(size * count, kOutboundAnswerMost - body.size()));
  return size * count;
}

bool has_line_break(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
}

}  // namespace

bool is_public_address(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    return is_public4(ntohl(reinterpret_cast<const sockaddr_in&>(address).sin_addr.s_addr));
  }
  if (address.sa_family != AF_INET6) return false;
  return is_public6(
      std::span<const std::uint8_t, 16>(reinterpret_cast<const sockaddr_in6&>(address).sin6_addr.s6_addr));
}

Result<OutboundAnswer> http_post(const OutboundPost& request) {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  thread_local Curl curl;
  if (started != CURLE_OK || curl.get() == nullptr)
    return Error{ErrorKind::kUnavailable, "http: libcurl does not start"};
  Headers headers;
  for (const auto& [name, value] : request.headers) {
    if (has_line_break(name) || has_line_break(value)) return Error{ErrorKind::kInvalid, "http: a header of two lines"};
    add_header(headers, name + ": " + value);
  }
  add_header(headers, "Expect:");
  Exchange exchange{.request = request, .answer = {}};
  curl_easy_reset(curl.get());
  curl.set(CURLOPT_MAXCONNECTS, kKeptConnectionsMost);
  curl.set(CURLOPT_URL, request.url.c_str());
  curl.set(CURLOPT_PROTOCOLS_STR, "http,https");
  curl.set(CURLOPT_FOLLOWLOCATION, 0L);
  curl.set(CURLOPT_PROXY, "");
  curl.set(CURLOPT_NOSIGNAL, 1L);
  curl.set(CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
  curl.set(CURLOPT_POST, 1L);
  curl.set(CURLOPT_POSTFIELDS, request.body.data());
  curl.set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  curl.set(CURLOPT_HTTPHEADER, headers.get());
  curl.set(CURLOPT_OPENSOCKETFUNCTION, open_socket);
  curl.set(CURLOPT_OPENSOCKETDATA, static_cast<void*>(&exchange));
  curl.set(CURLOPT_WRITEFUNCTION, take_body);
  curl.set(CURLOPT_WRITEDATA, static_cast<void*>(&exchange));
  const CURLcode done = curl_easy_perform(curl.get());
  if (exchange.refused) return Error{ErrorKind::kInvalid, "http: the address is not of the public internet"};
  if (done == CURLE_URL_MALFORMAT || done == CURLE_UNSUPPORTED_PROTOCOL) {
    return Error{ErrorKind::kInvalid, "http: not a URL of http or https"};
  }
  if (done != CURLE_OK && !exchange.cut)
    return Error{ErrorKind::kUnavailable, std::string("http: ") + curl_easy_strerror(done)};
  long status = 0;
  curl_off_t retry_after = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(curl.get(), CURLINFO_RETRY_AFTER, &retry_after);
  exchange.answer.status = static_cast<int>(status);
  if (retry_after > 0) {
    exchange.answer.retry_after = std::min(std::chrono::seconds(retry_after), std::chrono::seconds(kRetryAfterMost));
  }
  return std::move(exchange.answer);
}

}  // namespace till
