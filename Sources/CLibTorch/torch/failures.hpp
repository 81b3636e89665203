#pragma once

#include <c10/util/Exception.h>

#include <cstdlib>
#include <cstring>
#include <exception>
#include <string>

#include "CLibTorch.h"

/// Turns what is thrown on the way into a message: no exception may leave through C.
template <typename Body>
UniferenceFailure guarded(Body body) noexcept {
  try {
    body();
    return nullptr;
  } catch (const c10::Error &error) {
    const std::string text = error.what_without_backtrace();
    return strdup(text.substr(0, text.find('\n')).c_str());
  } catch (const std::exception &error) {
    const std::string text = error.what();
    return strdup(text.substr(0, text.find('\n')).c_str());
  } catch (...) {
    return strdup("libtorch failed without saying why");
  }
}
