// Runs a program that is a dynamic library: uniference-program-host LIBRARY ARGUMENTS...
//
// A process of its own, since the library brings its own copy of Uniference. `uniference simulate LIBRARY` starts it.
#include <dlfcn.h>
#include <stdio.h>

#define ENTRY "uniference_program_main"
#define BAD_INPUT 65

int main(int count, char **arguments) {
  if (count < 2) {
    fprintf(stderr, "uniference: error: usage: uniference-program-host LIBRARY ARGUMENTS...\n");
    return 64;
  }
  void *library = dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) {
    fprintf(stderr, "uniference: error: this is no library that can be loaded: %s\n", dlerror());
    return BAD_INPUT;
  }
  int (*entry)(int, char **) = (int (*)(int, char **))dlsym(library, ENTRY);
  if (entry == NULL) {
    fprintf(
        stderr,
        "uniference: error: %s has no function " ENTRY "; a program's library exports it by ProgramLibrary.main (see "
        "Documentation/swift-programs.md)\n",
        arguments[1]);
    return BAD_INPUT;
  }
  return entry(count - 1, arguments + 1);
}
