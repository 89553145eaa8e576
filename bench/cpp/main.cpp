// Usage: <program> <solver> <system file> <output file>
// Answers each line "run" on stdin by one timed run: the solution goes to the output file, the times
// (ms) as one line of JSON to stdout. Ends at the end of stdin.

#include <chrono>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "contender.hpp"

namespace {

using Clock = std::chrono::steady_clock;

double milliseconds(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration<double, std::milli>(to - from).count();
}

/// Peak resident memory of this program; 0 where there is no /proc. Not getrusage: its figure starts
/// with that of the parent process.
long peak_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::stol(line.substr(6)) * 1024L;
  }
  return 0;
}

void fail(const char* why) {
  std::printf("{\"ok\":false,\"error\":\"%s\"}\n", why);
  std::fflush(stdout);
}

void run(bench::Contender& contender, std::vector<double>& x, const std::string& output) {
  const auto started = Clock::now();
  if (!contender.setup()) return fail("setup failed");
  const auto ready = Clock::now();
  if (!contender.solve(x.data())) return fail("solve failed");
  const auto done = Clock::now();
  bench::write_vector(output, x.data(), x.size());
  std::printf("{\"ok\":true,\"setup\":%.6f,\"solve\":%.6f,\"iterations\":%d,\"peakBytes\":%ld}\n",
              milliseconds(started, ready), milliseconds(ready, done), contender.iterations(), peak_bytes());
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 4) {
    std::fprintf(stderr, "usage: %s <solver> <system file> <output file>\n", argv[0]);
    return 2;
  }
  const auto system = bench::read_system(argv[2]);
  const auto contender = bench::make_contender(argv[1], system);
  if (!contender) {
    fail("unknown solver");
    return 2;
  }
  std::vector<double> x(static_cast<std::size_t>(system.n));
  std::printf("{\"ok\":true}\n");
  std::fflush(stdout);
  for (std::string line; std::getline(std::cin, line);) run(*contender, x, argv[3]);
} catch (const std::exception& error) {
  fail(error.what());
  return 1;
}
