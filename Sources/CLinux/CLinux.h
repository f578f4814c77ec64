// What Linux offers and Swift's Glibc module leaves out.
#pragma once
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

// `accept4`, whose declaration Glibc's module hides.
static inline int linux_accept4(int listener, void *address, void *size, int flags) {
  return (int)syscall(SYS_accept4, listener, address, size, flags);
}
