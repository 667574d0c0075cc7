#pragma once
/// Denies the process-wide barrier to this process for good, as a sandbox does (membarrier(2), seccomp(2)).
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstddef>

/// Returns true if it is denied from now on, to the calling thread and those that it starts: with an error, or by
/// what else a filter can do (SECCOMP_RET_KILL_PROCESS).
inline bool deny_barrier(unsigned how = SECCOMP_RET_ERRNO | EPERM) noexcept {
  sock_filter program[] = {
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
      {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, __NR_membarrier},
      {BPF_RET | BPF_K, 0, 0, how},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
  };
  const sock_fprog filter{sizeof program / sizeof *program, program};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}
