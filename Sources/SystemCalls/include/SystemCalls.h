#ifndef UNIFERENCE_SYSTEM_CALLS_H
#define UNIFERENCE_SYSTEM_CALLS_H

/// Has descendants whose parents have died become children of this process, where the system can do so (Linux).
/// Returns 0, or -1 with errno.
int uniference_adopt_orphans(void);

/// Makes a pipe whose ends no other program inherits unless it is given one. Returns 0, or -1 with errno.
int uniference_private_pipe(int ends[2]);

/// Exchanges two files or folders in one step, so that nobody ever sees one of the names missing.
/// Returns 0, or -1 with errno, also where the file system cannot do so.
int uniference_exchange(const char *first, const char *second);

/// Hands on what has been printed by the C library, in which Swift's `print` keeps it. Returns 0, or the number of an
/// error by which any of it was lost, now or before.
int uniference_flush_output(void);

#endif
