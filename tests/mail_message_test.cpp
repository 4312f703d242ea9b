// The bytes of a mail: header, encodings, and what cannot be slipped in.
#include "projections/effects/mail_message.h"

#include <random>
#include <sstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/test_seed.h"

namespace till::testing {
namespace {

using namespace std::string_literals;

MailParts plain_parts() {
  return {.from = *MailAddress::parse("receipts@shop.example"),
          .from_name = "High Street",
          .to = *MailAddress::parse("ann@example.org"),
          .to_name = {},
          .id = "till.0f.1.2.0",
          .subject = "Your receipt",
          .text = "Hello\n",
          .html = "<p>Hello</p>",
          .date = Micros(1'772'445'600'000'000)};
}

std::string bytes_of(const MailParts& parts) {
  const auto mail = MailMessage::make(parts);
  REQUIRE(mail.ok());
  return mail.value().bytes();
}

std::string header_of(const std::string& bytes) {
  return bytes.substr(0, bytes.find("\r\n\r\n") + 2);
}

std::vector<std::string> lines_of(const std::string& bytes) {
  std::vector<std::string> lines;
  std::size_t begin = 0;
  for (std::size_t end = bytes.find("\r\n"); end != std::string::npos; end = bytes.find("\r\n", begin)) {
    lines.push_back(bytes.substr(begin, end - begin));
    begin = end + 2;
  }
  CHECK(begin == bytes.size());
  return lines;
}

// The names of the fields; continuation lines belong to the field before.
std::vector<std::string> fields_of(const std::string& bytes) {
  std::vector<std::string> names;
  for (const std::string& line : lines_of(header_of(bytes))) {
    if (!line.starts_with(' ')) names.push_back(line.substr(0, line.find(':')));
  }
  return names;
}

const std::vector<std::string> kFields{"From",           "To",           "Subject",     "Date", "Message-ID",
                                       "Auto-Submitted", "MIME-Version", "Content-Type"};

std::string random_bytes(std::mt19937_64& random, std::size_t most) {
  static const std::string kLikely = "\r\n\0\t .=?<>@\"\\:aZ0\x7f\xc2\x85\xe2\x80\xa8\xc3\xa4"s;
  std::string text(random() % (most + 1), '\0');
  for (char& c : text) c = random() % 2 == 0 ? static_cast<char>(random() % 256) : kLikely[random() % kLikely.size()];
  return text;
}

}  // namespace

TEST_CASE("a mail to the byte", "[mail]") {
  CHECK(bytes_of(plain_parts()) ==
        "From: \"High Street\"\r\n"
        " <receipts@shop.example>\r\n"
        "To: ann@example.org\r\n"
        "Subject: Your receipt\r\n"
        "Date: Mon, 02 Mar 2026 10:00:00 +0000\r\n"
        "Message-ID: <till.0f.1.2.0@shop.example>\r\n"
        "Auto-Submitted: auto-generated\r\n"
        "MIME-Version: 1.0\r\n"
        "Content-Type: multipart/alternative; boundary=\"=_till\"\r\n"
        "\r\n"
        "--=_till\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n"
        "\r\n"
        "Hello\r\n"
        "\r\n"
        "--=_till\r\n"
        "Content-Type: text/html; charset=utf-8\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n"
        "\r\n"
        "<p>Hello</p>\r\n"
        "--=_till--\r\n");
  const auto mail = MailMessage::make(plain_parts());
  CHECK(mail.value().message_id() == "<till.0f.1.2.0@shop.example>");
  CHECK(mail.value().to().text() == "ann@example.org");
}

TEST_CASE("names and subjects beyond ASCII are encoded words of whole characters", "[mail]") {
  MailParts parts = plain_parts();
  parts.from_name = "Café";
  parts.to_name = "O \"Hare\" \\";
  parts.subject = "Beleg über 12,50 €";
  std::string header = header_of(bytes_of(parts));
  CHECK(header.find("From: =?UTF-8?B?Q2Fmw6k=?=\r\n <receipts@shop.example>\r\n") != std::string::npos);
  CHECK(header.find("To: \"O \\\"Hare\\\" \\\\\"\r\n <ann@example.org>\r\n") != std::string::npos);
  CHECK(header.find("Subject: =?UTF-8?B?QmVsZWcgw7xiZXIgMTIsNTAg4oKs?=\r\n") != std::string::npos);

  parts.subject.clear();
  for (int i = 0; i < 40; ++i) parts.subject += "日本";
  header = header_of(bytes_of(parts));
  for (const std::string& line : lines_of(header)) CHECK(line.size() <= 76);
  // Twelve characters of three bytes a word, none cut.
  CHECK(header.find("Subject: =?UTF-8?B?5pel5pys5pel5pys5pel5pys5pel5pys5pel5pys5pel5pys?=\r\n =?UTF-8?B?") !=
        std::string::npos);
  CHECK(fields_of(bytes_of(parts)) == kFields);

  parts.subject = "=?UTF-8?B?QQ==?=";  // not to be taken for a word
  CHECK(header_of(bytes_of(parts)).find("Subject: =?UTF-8?B?PT9VVEYtOD9CP1FRPT0/PQ==?=\r\n") != std::string::npos);
}

TEST_CASE("a field stays one field", "[mail]") {
  MailParts parts = plain_parts();
  parts.subject = "one\r\nBcc: all@example.org\r\n\r\nbody";
  parts.from_name = "a\nb\0c\x7f"s + "\xc2\x85" + "d\xe2\x80\xa8" + "e";
  const std::string header = header_of(bytes_of(parts));
  CHECK(header.find("Subject: one Bcc: all@example.org body\r\n") != std::string::npos);
  CHECK(header.find("From: \"a b c d e\"\r\n") != std::string::npos);
  CHECK(fields_of(bytes_of(parts)) == kFields);
  parts.subject.assign(300, 'x').append("end");
  CHECK(header_of(bytes_of(parts)).find("ZW5k") == std::string::npos);  // cut before "end"
}

TEST_CASE("whatever a mail is made of, its header has the same fields and its lines are short", "[mail]") {
  const std::uint64_t seed = test_seed();
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 2000; ++i) {
    MailParts parts = plain_parts();
    parts.subject = random_bytes(random, 400);
    parts.from_name = random_bytes(random, 100);
    parts.to_name = random_bytes(random, 100);
    parts.text = random_bytes(random, 600);
    parts.html = random_bytes(random, 600);
    const std::string bytes = bytes_of(parts);
    REQUIRE(fields_of(bytes) == kFields);
    std::size_t boundaries = 0;
    for (const std::string& line : lines_of(bytes)) {
      REQUIRE(line.size() <= 998);
      REQUIRE(line.find_first_of(std::string("\r\n\0", 3)) == std::string::npos);
      REQUIRE_FALSE(line.starts_with('.'));
      if (line.starts_with("--=_till")) ++boundaries;
    }
    REQUIRE(boundaries == 3);
  }
}

TEST_CASE("text is quoted where it has to be, and broken where it is long", "[mail]") {
  MailParts parts = plain_parts();
  parts.text = "a = b \n.\nä\ttab\t\r\nold\rline" + std::string(100, 'x');
  const std::string bytes = bytes_of(parts);
  CHECK(bytes.find("a =3D b=20\r\n=2E\r\n=C3=A4\ttab=09\r\nold\r\nline") != std::string::npos);
  for (const std::string& line : lines_of(bytes)) CHECK(line.size() <= 76);
  CHECK(bytes.find("xxx=\r\nxxx") != std::string::npos);

  parts.text.clear();
  for (int i = 0; i < 200; ++i) parts.text += "日本";
  const std::string other = bytes_of(parts);
  CHECK(other.find("Content-Transfer-Encoding: base64\r\n\r\n5pel5pys") != std::string::npos);
  for (const std::string& line : lines_of(other)) CHECK(line.size() <= 76);
}

TEST_CASE("what is an address", "[mail]") {
  for (const char* good : {"a@b", "ann.lee+till@mail.shop-1.example", "o'hara@example.org", "1@1.example"}) {
    CAPTURE(good);
    CHECK(MailAddress::parse(good).has_value());
  }
  CHECK(MailAddress::parse("ann@mail.example")->domain() == "mail.example");
  for (const std::string& bad : {std::string(),
                                 std::string("ann"),
                                 std::string("@example.org"),
                                 std::string("ann@"),
                                 std::string("a b@example.org"),
                                 std::string("<ann@example.org>"),
                                 std::string("ann@example.org>"),
                                 std::string("ann@exa\r\nmple.org"),
                                 std::string("ann\0@example.org", 16),
                                 std::string("ann@a@b"),
                                 std::string("ann,bob@example.org"),
                                 std::string("\"ann\"@example.org"),
                                 std::string("ann@example..org"),
                                 std::string("ann@-example.org"),
                                 std::string(".ann@example.org"),
                                 std::string("ann.@example.org"),
                                 std::string("a..b@example.org"),
                                 std::string("ann@example.org."),
                                 std::string("änn@example.org"),
                                 std::string("ann@bücher.example"),
                                 std::string(65, 'a').append("@example.org"),
                                 std::string("ann@").append(64, 'a').append(".org"),
                                 std::string("ann@").append(256, 'a')}) {
    CAPTURE(bad);
    CHECK_FALSE(MailAddress::parse(bad).has_value());
  }
}

TEST_CASE("a mail without an id, or too large, is none", "[mail]") {
  for (const char* bad : {"", "a b", "a>", "a\r\nb", ".a", "a..b", "ä"}) {
    CAPTURE(bad);
    MailParts parts = plain_parts();
    parts.id = bad;
    CHECK(MailMessage::make(parts).error().kind == ErrorKind::kInvalid);
  }
  MailParts large = plain_parts();
  large.html.assign(kMailPartMost, 'x');
  CHECK(MailMessage::make(large).ok());
  large.html += 'x';
  CHECK(MailMessage::make(large).error().kind == ErrorKind::kInvalid);
}

}  // namespace till::testing
