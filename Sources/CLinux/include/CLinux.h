// The Linux calls that Swift's Glibc module does not show, or shows only as macros.
#ifndef PASSERELLE_CLINUX_H
#define PASSERELLE_CLINUX_H

#include <netinet/tcp.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/uio.h>

/// Opens an epoll set, close-on-exec.
int clinux_epoll_create(void);

/// Opens an event counter, non-blocking and close-on-exec.
int clinux_eventfd(void);

/// Opens a pipe, both ends non-blocking and close-on-exec.
int clinux_pipe(int *ends);

/// Names the calling thread (15 bytes at most are kept).
void clinux_name_thread(const char *name);

/// Registers, changes or removes `fd` in an epoll set; the registration's number comes back with each event.
int clinux_epoll_ctl(int epoll, int operation, int fd, uint32_t events, uint64_t token);

/// Accepts one connection, non-blocking and close-on-exec. Returns -1 with errno set.
int clinux_accept(int listener, struct sockaddr *address, socklen_t *length);

/// Opens a socket, non-blocking and close-on-exec.
int clinux_socket(int family, int type);

/// Switches Nagle's delay off and keep-alive probes on: the first after `idle` seconds, `count` more `interval` apart.
void clinux_tune_tcp(int fd, int idle, int interval, int count);

/// Sends buffers in one call, without SIGPIPE. Returns the bytes taken or -1 with errno set.
ssize_t clinux_send_vector(int fd, struct iovec *buffers, size_t count);

/// Makes a signal write its number as one byte to `fd`. Every such signal of the process goes to the same `fd`.
int clinux_route_signal(int signal, int fd);

/// Gives a signal back its default action.
void clinux_unroute_signal(int signal);

/// Ignores SIGPIPE: a write to a closed connection is an error of that write, not the end of the process.
void clinux_ignore_broken_pipe(void);

/// Bytes of the process that lie in memory now and are no file's, 0 where the system does not say.
size_t clinux_resident_bytes(void);

/// Bytes that the program has from the allocator and has not given back to it.
size_t clinux_allocated_bytes(void);

/// Gives the system back whole pages that the allocator keeps for nobody.
void clinux_return_free_memory(void);

/// Nanoseconds on the monotonic clock.
uint64_t clinux_monotonic_nanoseconds(void);

/// Nanoseconds on the wall clock since 1970-01-01T00:00:00Z.
int64_t clinux_wall_nanoseconds(void);

#endif
