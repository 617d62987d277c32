// The least that a server can do on Linux: one thread, epoll, one read and one write a request, the answer fixed.
// It looks for the ends of heads and for nothing else. Usage: floor PORT
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define MOST_EVENTS 256
#define READ_BYTES 65536
#define MOST_ANSWERS 256

static const char ANSWER[] =
    "HTTP/1.1 200 OK\r\ncontent-type: text/plain;charset=UTF-8\r\ncontent-length: 5\r\n\r\nHello";
enum { ANSWER_BYTES = sizeof ANSWER - 1 };

static char input[READ_BYTES];
static char output[MOST_ANSWERS * ANSWER_BYTES];

static int listen_on(int port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  int yes = 1;
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (bind(fd, (struct sockaddr *)&at, sizeof at) < 0 || listen(fd, 511) < 0) exit(1);
  return fd;
}

// A head that is split over two reads is not found: no load here does that.
static void answer(int fd) {
  ssize_t length = read(fd, input, READ_BYTES);
  if (length <= 0) {
    if (length == 0) close(fd);
    return;
  }
  int count = 0;
  for (char *at = input; count < MOST_ANSWERS; count += 1) {
    at = memmem(at, input + length - at, "\r\n\r\n", 4);
    if (at == NULL) break;
    at += 4;
    memcpy(output + count * ANSWER_BYTES, ANSWER, ANSWER_BYTES);
  }
  if (count > 0 && write(fd, output, count * ANSWER_BYTES) < 0) close(fd);
}

int main(int count, char **arguments) {
  int listener = listen_on(count > 1 ? atoi(arguments[1]) : 7878);
  int poll = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
  struct epoll_event events[MOST_EVENTS];
  epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event);
  for (;;) {
    int ready = epoll_wait(poll, events, MOST_EVENTS, -1);
    for (int at = 0; at < ready; at += 1) {
      int fd = events[at].data.fd;
      if (fd != listener) {
        answer(fd);
        continue;
      }
      while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        int yes = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        event.data.fd = fd;
        epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event);
      }
    }
  }
}
