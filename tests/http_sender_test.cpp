// Which addresses are of the public internet, and what a request to the others becomes.
#include <arpa/inet.h>
#include <netinet/in.h>

#include <string>

#include <catch2/catch.hpp>

#include "projections/effects/http_sender.h"

namespace till::testing {
namespace {

bool is_public(const std::string& text) {
  sockaddr_storage storage{};
  auto& four = reinterpret_cast<sockaddr_in&>(storage);
  auto& six = reinterpret_cast<sockaddr_in6&>(storage);
  if (::inet_pton(AF_INET, text.c_str(), &four.sin_addr) == 1) {
    four.sin_family = AF_INET;
  } else {
    REQUIRE(::inet_pton(AF_INET6, text.c_str(), &six.sin6_addr) == 1);
    six.sin6_family = AF_INET6;
  }
  return is_public_address(reinterpret_cast<const sockaddr&>(storage));
}

}  // namespace

TEST_CASE("addresses inside are known in all their forms", "[effects]") {
  for (const char* inside : {"0.0.0.0",
                             "10.1.2.3",
                             "100.64.0.1",
                             "100.127.255.255",
                             "127.0.0.1",
                             "127.255.0.1",
                             "169.254.169.254",
                             "172.16.0.1",
                             "172.31.255.255",
                             "192.0.2.1",
                             "192.168.1.1",
                             "198.18.0.1",
                             "198.19.255.255",
                             "203.0.113.9",
                             "224.0.0.1",
                             "240.0.0.1",
                             "255.255.255.255",
                             "::",
                             "::1",
                             "::ffff:127.0.0.1",
                             "::ffff:10.0.0.1",
                             "::10.0.0.1",
                             "64:ff9b::7f00:1",
                             "64:ff9b:1::1",
                             "2002:7f00:1::",
                             "2001::1",
                             "2001:db8::1",
                             "fc00::1",
                             "fd12:3456::1",
                             "fe80::1",
                             "ff02::1"}) {
    CAPTURE(inside);
    CHECK_FALSE(is_public(inside));
  }
  for (const char* outside : {"1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "128.0.0.1",
                              "172.15.255.255", "172.32.0.0", "192.167.255.255", "198.17.255.255", "223.255.255.255",
                              "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::", "2606:4700::1111"}) {
    CAPTURE(outside);
    CHECK(is_public(outside));
  }
}

TEST_CASE("a request does not leave for an address inside, nor by another way than HTTP", "[effects]") {
  for (const char* url : {"http://127.0.0.1:1/", "http://localhost:1/", "http://[::1]:1/", "http://0x7f.1:1/",
                          "http://2130706433:1/", "file:///etc/hostname", "gopher://127.0.0.1:1/", "not a url"}) {
    CAPTURE(url);
    OutboundPost request;
    request.url = url;
    const auto answer = http_post(request);
    REQUIRE_FALSE(answer.ok());
    CHECK(answer.error().kind == ErrorKind::kInvalid);
  }
  OutboundPost header;
  header.url = "http://127.0.0.1:1/";
  header.headers = {{"x", "a\r\ny: b"}};
  CHECK(http_post(header).error().kind == ErrorKind::kInvalid);
  OutboundPost allowed;
  allowed.url = "http://127.0.0.1:1/";
  allowed.allow_private_addresses = true;
  CHECK(http_post(allowed).error().kind == ErrorKind::kUnavailable);
}

}  // namespace till::testing
