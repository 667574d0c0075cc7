#pragma once
/// Loading a shared library again and again, and being sure that it has gone.
#include <dlfcn.h>
#include <stdlib.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

/// A directory that goes with all that is in it.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::error_code error;
    const auto parent = std::filesystem::canonical(std::filesystem::temp_directory_path(error), error);
    std::string name = parent / "nmr-XXXXXX";
    if (!error && ::mkdtemp(name.data()) == nullptr) error.assign(errno, std::generic_category());
    if (error) throw std::runtime_error("no folder can be made in the temporary folder: " + error.message());
    path_ = name;
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() { remove(); }
  void remove() const {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Returns whether the process has any part of the file in its memory, as the kernel says.
inline bool is_mapped(const std::filesystem::path& file) {
  std::ifstream maps("/proc/self/maps");
  if (!maps) throw std::runtime_error("/proc/self/maps cannot be read");
  for (std::string line; std::getline(maps, line);) {
    if (line.find(file.native()) != std::string::npos) return true;
  }
  return false;
}

/// A shared library, loaded from a copy of its own: the loader knows a file by its inode, and would give out
/// the library that is there already instead of loading it once more.
class Library {
 public:
  Library(const std::filesystem::path& original, std::filesystem::path copy) : copy_(std::move(copy)) {
    std::error_code error;
    if (!std::filesystem::copy_file(original, copy_, error)) {
      throw std::runtime_error("the plug-in could not be copied to " + copy_.native() + ": " +
                               error.message());
    }
    image_ = ::dlopen(copy_.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (image_ == nullptr) throw std::runtime_error(::dlerror());
    // Else "not mapped" would prove nothing later.
    if (!is_mapped(copy_))
      throw std::runtime_error(copy_.native() + " is loaded, but not in /proc/self/maps");
  }
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;
  ~Library() { (void)unload(); }

  template <class Function>
  [[nodiscard]] Function* function(const char* name) const {
    void* const address = ::dlsym(image_, name);
    if (address == nullptr) throw std::runtime_error(::dlerror());
    return reinterpret_cast<Function*>(address);
  }

  /// Unloads it. Returns whether it has really gone, which the return value of dlclose() does not tell: it is
  /// 0 also where the library stays for good.
  [[nodiscard]] bool unload() {
    if (image_ != nullptr) ::dlclose(std::exchange(image_, nullptr));
    const bool gone = !is_mapped(copy_);
    std::error_code ignored;
    std::filesystem::remove(copy_, ignored);
    return gone;
  }

 private:
  std::filesystem::path copy_;
  void* image_ = nullptr;
};
