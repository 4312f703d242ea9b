#include "engine/person_keys.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <thread>
#include <vector>

#include "engine/vocabulary.h"

namespace till {
namespace {

constexpr std::size_t kSlot = 128;

class Folder {
 public:
  Folder() {
    std::string name = "/tmp/till-keys-XXXXXX";
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string path() const { return path_; }
  std::string file() const { return path_ + "/keys/persons.keys"; }
  std::unique_ptr<PersonKeys> open(const Secret& secret) const {
    auto keys = PersonKeys::open(path_ + "/keys", secret, IfMissing::kMake);
    if (!keys.ok()) FAIL(keys.error().message);
    return std::move(*keys);
  }
  std::string content() const {
    std::ifstream stream(file(), std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  void overwrite(const std::string& bytes) const { std::ofstream(file(), std::ios::binary | std::ios::trunc) << bytes; }

 private:
  std::string path_;
};

const Secret kSecret = {1, 2, 3};

std::string sealed_by(PersonKeys& keys, std::string_view person, std::string_view plain) {
  auto sealed = keys.seal("acme", person, plain);
  if (!sealed.ok()) FAIL(sealed.error().message);
  return *sealed;
}

std::optional<std::string> opened_by(const PersonKeys& keys, std::string_view person, std::string_view sealed) {
  auto plain = keys.open("acme", person, sealed);
  if (!plain.ok()) FAIL(plain.error().message);
  return *plain;
}

TEST_CASE("personal data opens with the person's key, also after a restart", "[person_keys]") {
  const Folder folder;
  std::string sealed;
  {
    const auto keys = folder.open(kSecret);
    sealed = sealed_by(*keys, "ann", "Ann, +1 555 0100");
    CHECK(opened_by(*keys, "ann", sealed) == "Ann, +1 555 0100");
    CHECK(sealed_by(*keys, "ann", "Ann, +1 555 0100") != sealed);
    CHECK(opened_by(*keys, "ann", sealed_by(*keys, "ann", "")) == "");
  }
  const auto keys = folder.open(kSecret);
  CHECK(opened_by(*keys, "ann", sealed) == "Ann, +1 555 0100");
  CHECK(keys->counts().live == 1);
}

TEST_CASE("sealed bytes belong to one tenant and person and cannot be changed", "[person_keys]") {
  const Folder folder;
  const auto keys = folder.open(kSecret);
  std::string sealed = sealed_by(*keys, "ann", "secret");
  sealed_by(*keys, "bob", "other");
  CHECK(keys->open("acme", "bob", sealed).error().kind == ErrorKind::kCorrupt);
  REQUIRE(keys->seal("zeta", "ann", "x").ok());
  CHECK(keys->open("zeta", "ann", sealed).error().kind == ErrorKind::kCorrupt);
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    CHECK(keys->open("acme", "ann", changed).error().kind == ErrorKind::kCorrupt);
  }
  CHECK(keys->open("acme", "ann", "").error().kind == ErrorKind::kCorrupt);
  CHECK(keys->open("acme", "ann", sealed.substr(0, 30)).error().kind == ErrorKind::kCorrupt);
}

TEST_CASE("an erased person is unreadable for ever and gets no new key", "[person_keys]") {
  const Folder folder;
  std::string sealed;
  {
    const auto keys = folder.open(kSecret);
    sealed = sealed_by(*keys, "ann", "secret");
    sealed_by(*keys, "bob", "other");
    REQUIRE(keys->erase("acme", "ann").ok());
    CHECK(opened_by(*keys, "ann", sealed) == std::nullopt);
    CHECK(keys->seal("acme", "ann", "again").error().kind == ErrorKind::kNotFound);
    const std::string before = folder.content();
    REQUIRE(keys->erase("acme", "ann").ok());
    CHECK(folder.content() == before);
    CHECK(before.substr(kSlot + 32, 32) == std::string(32, '\0'));
  }
  const auto keys = folder.open(kSecret);
  CHECK(opened_by(*keys, "ann", sealed) == std::nullopt);
  CHECK(keys->seal("acme", "ann", "again").error().kind == ErrorKind::kNotFound);
  CHECK(keys->counts().live == 1);
  CHECK(keys->counts().erased == 1);
  SECTION("an erasure of a person without a key holds, too") {
    REQUIRE(keys->erase("acme", "eve").ok());
    CHECK(keys->seal("acme", "eve", "x").error().kind == ErrorKind::kNotFound);
  }
}

TEST_CASE("a restored backup stays erased once the erasure is repeated", "[person_keys]") {
  const Folder folder;
  std::string sealed;
  std::string backup;
  {
    const auto keys = folder.open(kSecret);
    sealed = sealed_by(*keys, "ann", "secret");
    backup = folder.content();
    REQUIRE(keys->erase("acme", "ann").ok());
  }
  folder.overwrite(backup);
  const auto keys = folder.open(kSecret);
  CHECK(opened_by(*keys, "ann", sealed) == "secret");
  REQUIRE(keys->erase("acme", "ann").ok());
  CHECK(opened_by(*keys, "ann", sealed) == std::nullopt);
}

TEST_CASE("a slot cut by a crash is repaired, at every byte", "[person_keys]") {
  const Folder folder;
  std::string first;
  {
    const auto keys = folder.open(kSecret);
    first = sealed_by(*keys, "ann", "secret");
    sealed_by(*keys, "bob", "other");
  }
  const std::string whole = folder.content();
  REQUIRE(whole.size() == 3 * kSlot);
  for (std::size_t cut = 2 * kSlot; cut < whole.size(); ++cut) {
    std::string torn = whole.substr(0, cut);
    if (cut % 2 == 1) torn.resize(whole.size(), '\0');  // length written, content not
    folder.overwrite(torn);
    const auto keys = folder.open(kSecret);
    CHECK(opened_by(*keys, "ann", first) == "secret");
    CHECK(keys->counts().live == (torn == whole ? 2 : 1));  // its last bytes may have been zeros
    CHECK(opened_by(*keys, "bob", sealed_by(*keys, "bob", "new")) == "new");
    CHECK(folder.content().size() == 3 * kSlot);
  }
}

TEST_CASE("an interrupted erasure is finished at opening", "[person_keys]") {
  const Folder folder;
  std::string sealed;
  {
    const auto keys = folder.open(kSecret);
    sealed = sealed_by(*keys, "ann", "secret");
    sealed_by(*keys, "bob", "other");
  }
  std::string torn = folder.content();
  torn[kSlot + 4] = 2;
  folder.overwrite(torn);
  const auto keys = folder.open(kSecret);
  CHECK(opened_by(*keys, "ann", sealed) == std::nullopt);
  CHECK(folder.content().substr(kSlot + 32, 32) == std::string(32, '\0'));
  CHECK(keys->counts().erased == 1);
}

TEST_CASE("damage, another secret and a second process are refused", "[person_keys]") {
  const Folder folder;
  {
    const auto keys = folder.open(kSecret);
    sealed_by(*keys, "ann", "secret");
    sealed_by(*keys, "bob", "other");
    CHECK(PersonKeys::open(folder.path() + "/keys", kSecret, IfMissing::kMake).error().kind == ErrorKind::kUnavailable);
  }
  const std::string whole = folder.content();
  CHECK(PersonKeys::open(folder.path() + "/keys", Secret{9}, IfMissing::kMake).error().kind == ErrorKind::kInvalid);
  CHECK(folder.content() == whole);
  std::string damaged = whole;
  damaged[kSlot + 40] = static_cast<char>(damaged[kSlot + 40] ^ 1);
  folder.overwrite(damaged);
  CHECK(PersonKeys::open(folder.path() + "/keys", kSecret, IfMissing::kMake).error().kind == ErrorKind::kCorrupt);
  folder.overwrite("not a key file" + whole);
  CHECK(PersonKeys::open(folder.path() + "/keys", kSecret, IfMissing::kMake).error().kind == ErrorKind::kCorrupt);
}

TEST_CASE("the file shows no names and is its owner's alone", "[person_keys]") {
  const Folder folder;
  const auto keys = folder.open(kSecret);
  sealed_by(*keys, "ann-the-customer", "secret");
  CHECK(folder.content().find("ann") == std::string::npos);
  CHECK(folder.content().find("acme") == std::string::npos);
  struct stat status;
  REQUIRE(::stat(folder.file().c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
}

TEST_CASE("threads that seal for the same persons agree on their keys", "[person_keys]") {
  const Folder folder;
  const auto keys = folder.open(kSecret);
  constexpr int kThreads = 4;
  constexpr int kPersons = 25;
  std::vector<std::vector<std::string>> sealed(kThreads);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int p = 0; p < kPersons; ++p) {
        auto made = keys->seal("acme", std::to_string(p), "plain");
        sealed[static_cast<std::size_t>(t)].push_back(made.ok() ? *made : "");
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(keys->counts().live == kPersons);
  for (const auto& row : sealed) {
    for (int p = 0; p < kPersons; ++p) {
      CHECK(opened_by(*keys, std::to_string(p), row[static_cast<std::size_t>(p)]) == "plain");
    }
  }
}

TEST_CASE("a server secret is made once, protected and checked", "[person_keys]") {
  const Folder folder;
  const std::string path = folder.path() + "/server.secret";
  const auto made = open_secret(path, IfMissing::kMake);
  REQUIRE(made.ok());
  CHECK(made.value() != Secret{});
  CHECK(open_secret(path, IfMissing::kMake).value() == made.value());
  struct stat status;
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  REQUIRE(::chmod(path.c_str(), 0644) == 0);
  CHECK(open_secret(path, IfMissing::kMake).error().kind == ErrorKind::kInvalid);
  REQUIRE(::chmod(path.c_str(), 0600) == 0);
  std::filesystem::resize_file(path, 31);
  CHECK(open_secret(path, IfMissing::kMake).error().kind == ErrorKind::kCorrupt);
  std::filesystem::resize_file(path, 64);
  CHECK(open_secret(path, IfMissing::kMake).error().kind == ErrorKind::kCorrupt);
  CHECK(open_secret(folder.path() + "/none/server.secret", IfMissing::kMake).error().kind != ErrorKind::kCorrupt);
}

TEST_CASE("what is missing beside an older log is not made anew", "[person_keys]") {
  const Folder folder;
  const std::string secret = folder.path() + "/server.secret";
  CHECK(open_secret(secret, IfMissing::kRefuse).error().kind == ErrorKind::kNotFound);
  CHECK_FALSE(std::filesystem::exists(secret));
  const std::string keys = folder.path() + "/keys";
  CHECK(PersonKeys::open(keys, kSecret, IfMissing::kRefuse).error().kind == ErrorKind::kNotFound);
  CHECK_FALSE(std::filesystem::exists(folder.file()));
  folder.open(kSecret);
  CHECK(PersonKeys::open(keys, kSecret, IfMissing::kRefuse).ok());
  std::filesystem::resize_file(folder.file(), 0);
  CHECK(PersonKeys::open(keys, kSecret, IfMissing::kRefuse).error().kind == ErrorKind::kNotFound);
}

}  // namespace
}  // namespace till
