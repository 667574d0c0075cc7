#pragma once
/// Runs something that is expected to end the process, in a forked child.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <string>

/// How a child ended, and what it wrote to stderr.
struct Death {
  int signal = 0;  ///< 0 if it exited
  int status = 0;  ///< its exit status; 0 if `what` returned
  std::string output;
};

template <class What>
Death run_in_child(What what) {
  int pipe_ends[2];
  if (pipe(pipe_ends) != 0) std::abort();
  const pid_t child = fork();
  if (child < 0) std::abort();
  if (child == 0) {
    // The handlers of doctest would report the end as one of this test program, core files are of no use to
    // anybody.
    for (const int signal : {SIGABRT, SIGSEGV, SIGILL, SIGFPE, SIGBUS, SIGTERM}) std::signal(signal, SIG_DFL);
    const rlimit no_core{0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    dup2(pipe_ends[1], STDERR_FILENO);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
    what();
    _exit(0);
  }
  close(pipe_ends[1]);
  Death death;
  char buffer[256];
  for (ssize_t got = 0; (got = read(pipe_ends[0], buffer, sizeof buffer)) > 0;) {
    death.output.append(buffer, static_cast<std::size_t>(got));
  }
  close(pipe_ends[0]);
  int how = 0;
  if (waitpid(child, &how, 0) != child) std::abort();
  if (WIFSIGNALED(how)) death.signal = WTERMSIG(how);
  if (WIFEXITED(how)) death.status = WEXITSTATUS(how);
  return death;
}
