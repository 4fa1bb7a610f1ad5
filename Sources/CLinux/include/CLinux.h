// The Linux calls that Swift's Glibc module does not show, or shows only as macros.
#ifndef PASSERELLE_CLINUX_H
#define PASSERELLE_CLINUX_H

#include <netinet/tcp.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

/// Opens an epoll set, close-on-exec.
int clinux_epoll_create(void);

/// Opens an event counter, non-blocking and close-on-exec.
int clinux_eventfd(void);

/// Names the calling thread (15 bytes at most are kept).
void clinux_name_thread(const char *name);

/// Registers, changes or removes `fd` in an epoll set; the registration's number comes back with each event.
int clinux_epoll_ctl(int epoll, int operation, int fd, uint32_t events, uint64_t token);

/// Accepts one connection, non-blocking and close-on-exec. Returns -1 with errno set.
int clinux_accept(int listener, struct sockaddr *address, socklen_t *length);

/// Opens a socket, non-blocking and close-on-exec.
int clinux_socket(int family, int type);

/// Nanoseconds on the monotonic clock.
uint64_t clinux_monotonic_nanoseconds(void);

/// Nanoseconds on the wall clock since 1970-01-01T00:00:00Z.
int64_t clinux_wall_nanoseconds(void);

#endif
