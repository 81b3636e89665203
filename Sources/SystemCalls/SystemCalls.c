#ifdef __linux__
#define _GNU_SOURCE
#endif

#include "SystemCalls.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/prctl.h>
#endif

int uniference_adopt_orphans(void) {
#ifdef __linux__
  return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
#else
  errno = ENOTSUP;
  return -1;
#endif
}

int uniference_private_pipe(int ends[2]) {
#ifdef __linux__
  return pipe2(ends, O_CLOEXEC);
#else
  if (pipe(ends) != 0) return -1;
  fcntl(ends[0], F_SETFD, FD_CLOEXEC);
  fcntl(ends[1], F_SETFD, FD_CLOEXEC);
  return 0;
#endif
}

int uniference_exchange(const char *first, const char *second) {
#ifdef __linux__
  return renameat2(AT_FDCWD, first, AT_FDCWD, second, RENAME_EXCHANGE);
#else
  return renamex_np(first, second, RENAME_SWAP);
#endif
}

int uniference_flush_output(void) {
  errno = 0;
  int is_lost = fflush(stdout) != 0;
  int reason = errno;
  fflush(NULL);
  // Of what was lost earlier the reason is not known any more.
  if (is_lost || ferror(stdout)) return reason != 0 ? reason : EIO;
  return 0;
}
