#pragma once
#include <chrono>
#include <cstdio>
#include <cstring>
#include <initializer_list>
#include <string>
#include <vector>

/// Wall time in milliseconds.
inline double now_ms() {
  using namespace std::chrono;
  return duration<double, std::milli>(steady_clock::now().time_since_epoch()).count();
}

/// Words of one line of standard input; empty at its end.
inline std::vector<std::string> read_words() {
  char line[4096];
  if (std::fgets(line, sizeof line, stdin) == nullptr) return {};
  std::vector<std::string> words;
  for (char* word = std::strtok(line, " \n"); word != nullptr; word = std::strtok(nullptr, " \n")) {
    words.emplace_back(word);
  }
  return words;
}

/// Answers each line by what `answer` makes of its words: one line of JSON.
template <class Answer>
void serve(const Answer& answer) {
  for (;;) {
    const std::vector<std::string> words = read_words();
    if (words.empty()) return;
    const std::string line = answer(words);
    std::puts(line.c_str());
    std::fflush(stdout);
  }
}

struct Field {
  const char* name;
  double value;
};

/// {"name":value, …}
inline std::string json(std::initializer_list<Field> fields) {
  std::string line;
  for (const auto& [name, value] : fields) {
    char text[80];
    std::snprintf(text, sizeof text, "%c\"%s\":%.17g", line.empty() ? '{' : ',', name, value);
    line.append(text);
  }
  line.push_back('}');
  return line;
}

inline void write_doubles(const std::string& path, const std::vector<double>& values) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) return;
  std::fwrite(values.data(), sizeof(double), values.size(), file);
  std::fclose(file);
}
