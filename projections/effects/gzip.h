// gzip files in memory (RFC 1952). The same text gives the same bytes: no time and no name in the header.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "engine/result.h"

namespace till {

// Packs one file after the other. One thread.
class GzipWriter {
 public:
  GzipWriter();
  ~GzipWriter();
  GzipWriter(const GzipWriter&) = delete;
  GzipWriter& operator=(const GzipWriter&) = delete;

  // Begins a file; one that was not finished is forgotten. kUnavailable: no memory.
  Status begin();
  // More of its text, less than 4 GiB.
  Status add(std::string_view text);
  // The whole file.
  Result<std::string> finish();

 private:
  struct Deflater;
  Status run(std::string_view text, bool last);

  std::unique_ptr<Deflater> deflater_;  // null before the first begin()
  std::string packed_;
};

// Hands the text of one gzip file to `take`, piece by piece. kCorrupt where `bytes` are anything else than one.
Status gunzip(std::string_view bytes, const std::function<void(std::string_view)>& take);

}  // namespace till
