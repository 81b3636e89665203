#include "CLibTorch.h"

#include <dlfcn.h>
#include <stdio.h>

const struct UniferenceTorch *uniference_torch_open(const char *path, char *message, size_t capacity) {
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) {
    snprintf(message, capacity, "%s", dlerror());
    return NULL;
  }
  UniferenceTorchEntry entry = (UniferenceTorchEntry)dlsym(library, UNIFERENCE_TORCH_ENTRY);
  if (entry == NULL) {
    snprintf(message, capacity, "%s has no function %s", path, UNIFERENCE_TORCH_ENTRY);
    return NULL;
  }
  const struct UniferenceTorch *torch = entry();
  if (torch->interface != UNIFERENCE_TORCH_INTERFACE) {
    snprintf(
        message, capacity, "%s has interface %d, this program needs %d; build it again with `make torch`", path,
        torch->interface, UNIFERENCE_TORCH_INTERFACE);
    return NULL;
  }
  return torch;
}
