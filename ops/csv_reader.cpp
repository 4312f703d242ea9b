#include "ops/csv_reader.h"

#include <algorithm>
#include <charconv>

namespace till {

Result<CsvReader> CsvReader::open(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return Error{ErrorKind::kNotFound, "cannot read " + path};
  CsvReader reader(path, std::move(stream));
  if (!reader.read_row(reader.heading_)) return Error{ErrorKind::kInvalid, path + " has no heading"};
  return reader;
}

Result<std::size_t> CsvReader::column(std::string_view heading) const {
  const auto found = std::find(heading_.begin(), heading_.end(), heading);
  if (found == heading_.end()) return Error{ErrorKind::kInvalid, path_ + " has no column " + std::string(heading)};
  return static_cast<std::size_t>(found - heading_.begin());
}

bool CsvReader::next() {
  if (!status_ || !read_row(fields_)) return false;
  ++row_;
  if (fields_.size() == heading_.size()) return true;
  fault("has " + std::to_string(fields_.size()) + " fields instead of " + std::to_string(heading_.size()));
  return false;
}

bool CsvReader::read_row(std::vector<std::string>& fields) {
  fields.clear();
  std::string field;
  bool quoted = false;
  bool any = false;
  for (int c = stream_.get(); c != std::ifstream::traits_type::eof(); c = stream_.get()) {
    any = true;
    const char letter = static_cast<char>(c);
    if (quoted) {
      if (letter != '"') {
        field += letter;
      } else if (stream_.peek() == '"') {
        field += static_cast<char>(stream_.get());
      } else {
        quoted = false;
      }
    } else if (letter == '"' && field.empty()) {
      quoted = true;
    } else if (letter == ',') {
      fields.push_back(std::move(field));
      field.clear();
    } else if (letter == '\n') {
      break;
    } else if (letter != '\r') {
      field += letter;
    }
  }
  if (!any) return false;
  fields.push_back(std::move(field));
  return true;
}

void CsvReader::fault(const std::string& what) {
  if (status_) status_ = Error{ErrorKind::kInvalid, path_ + ", row " + std::to_string(row_) + ": " + what};
}

std::int64_t CsvReader::integer(std::size_t column) {
  return decimal(column, 0);
}

std::int64_t CsvReader::decimal(std::size_t column, int decimals) {
  constexpr std::size_t kDigitsMost = 18;
  const std::string_view text = field(column);
  const std::size_t point = std::min(text.find('.'), text.size());
  std::string digits(text.substr(0, point));
  std::string_view fraction = point < text.size() ? text.substr(point + 1) : std::string_view();
  while (!fraction.empty() && fraction.back() == '0') fraction.remove_suffix(1);
  digits += fraction;
  if (fraction.size() <= static_cast<std::size_t>(decimals)) {
    digits.append(static_cast<std::size_t>(decimals) - fraction.size(), '0');
    std::int64_t value = 0;
    const char* end = digits.data() + digits.size();
    const auto parsed = std::from_chars(digits.data(), end, value);
    if (digits.size() <= kDigitsMost && parsed.ec == std::errc{} && parsed.ptr == end) return value;
  }
  fault("'" + std::string(text) + "' is not a number of " + std::to_string(decimals) + " decimals");
  return 0;
}

}  // namespace till
