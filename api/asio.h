// The one place that includes Boost.Asio and Boost.Beast, so that their macros and omissions are met once.
#pragma once

#include <utility>  // Asio 1.74 uses std::exchange without it

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
// g++ 12 takes an empty boost::optional for an uninitialized one; clang++ has no such warning.
#if !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <boost/beast/http/basic_parser.hpp>
#if !defined(__clang__)
#pragma GCC diagnostic pop
#endif
#include <boost/beast/http/error.hpp>

namespace till {

namespace asio = boost::asio;
namespace beast_http = boost::beast::http;
using AsioError = boost::system::error_code;

}  // namespace till
