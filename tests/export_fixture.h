// What the tests of the analytics export share: a log of chance, its folder, and a reader of its own for the files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "api/json_node.h"
#include "projections/effects/export_disk.h"
#include "projections/effects/export_view.h"
#include "tests/fake_feed.h"
#include "tests/relay_fixture.h"
#include "tests/temporary_directory.h"

namespace till::export_test {

// Transactions of three tenants on a few business dates, some without a date, some without events. The same seed gives
// the same log.
class ExportLog {
 public:
  explicit ExportLog(unsigned seed, std::uint8_t log_number = 9);
  FakeFeed& feed() { return feed_; }
  void add(std::size_t transactions);
  Position head() { return feed_.durable().position; }

 private:
  schema::Event random_event();

  FakeFeed feed_;
  std::mt19937 random_;
  std::uint64_t version_ = 0;
};

// The rows that the transactions of `feed` up to `end` make: id and the whole line.
std::map<std::string, std::string> expected_rows(const FakeFeed& feed, Position end);

// One file's lines; fails the test where it is no gzip file.
std::vector<std::string> lines_of(const std::filesystem::path& file);

// Names of all files of partitions below a log's folder, from there.
std::set<std::string> files_below(const std::filesystem::path& folder);

// The manifest's whole lines, read as any program would.
std::vector<JsonNode> manifest_lines(const std::filesystem::path& folder);

// Rows by their id of files below `folder`; fails the test where one comes twice or stands in a wrong partition.
std::map<std::string, std::string> rows_of(const std::filesystem::path& folder, const std::set<std::string>& files);
std::set<std::string> named_files(const std::filesystem::path& folder);

// A folder of the export and views of it that come and go.
struct ExportWorld {
  explicit ExportWorld(unsigned seed) : log(seed) {}

  std::string folder() { return directory.path() + "/" + to_hex(as_bytes(log.feed().durable().log_id)); }
  std::unique_ptr<ExportView> view() { return view_of(log.feed(), disk); }
  std::unique_ptr<ExportView> view_of(FakeFeed& feed, ExportDisk& on);

  ExportLog log;
  NamesOnly names;
  ExportDisk disk;
  TemporaryDirectory directory;
};

// Exports what the feed has in batches of 1 to `most`, drawn from `random`, until all is done or something fails.
Status export_all(ExportView& view, FakeFeed& feed, std::mt19937& random, std::size_t most);

// Exports all there is in batches of 1 to 10; fails the test where that does not go through.
void export_some(ExportView& view, FakeFeed& feed);
// The manifest's files hold the whole feed, and there are no others.
void require_exported(ExportWorld& world, FakeFeed& feed);

}  // namespace till::export_test
