// mllp_load HOST PORT CONNECTIONS SECONDS FILE [PATIENTS]
//
// A closed loop of MLLP senders on one thread: each connection sends a message, waits for its acknowledgement, checks
// MSA-1 and MSA-2, and sends the next with a control id of its own. Prints one line of JSON. Bounded by SECONDS.
//
// The file is one message whose MSH-10 is at least 12 characters long; its last 12 become the sequence number. Every
// `#patient` in it becomes one of PATIENTS numbers (1 unless said), and every `#changes` the sequence number, both of
// eight digits. Where there is more than one patient, a message of each is sent before the clock starts, so that what
// is measured are changes of patients that are there.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum { id_width = 12, token_width = 8, token_limit = 16, answer_limit = 8192, latency_limit = 1 << 22 };

struct tokens {
  size_t at[token_limit];
  int count;
};

struct sender {
  int fd;
  size_t sent, got;
  double began;
  char id[id_width + 1];
  char *frame;
  char answer[answer_limit];
};

static size_t frame_length, id_offset;
static struct tokens patient_tokens, change_tokens;
static long sequence, patients = 1, sent, answered, bad, done;
static float *latencies;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static int by_value(const void *a, const void *b) {
  float x = *(const float *)a, y = *(const float *)b;
  return (x > y) - (x < y);
}

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static void find(struct tokens *tokens, const char *frame, const char *word) {
  for (const char *p = frame; (p = memmem(p, frame + frame_length - p, word, token_width)); p += token_width)
    if (tokens->count < token_limit) tokens->at[tokens->count++] = p - frame;
}

static void fill(const struct tokens *tokens, char *frame, long number) {
  char digits[token_width + 1];
  snprintf(digits, sizeof digits, "%08ld", number % 100000000);
  for (int i = 0; i < tokens->count; i++) memcpy(frame + tokens->at[i], digits, token_width);
}

// The frame of the file's message, and where the end of its MSH-10 lies.
static char *load(const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file) fail(path);
  char *frame = malloc(1 << 22);
  size_t n = fread(frame + 1, 1, (1 << 22) - 3, file);
  fclose(file);
  frame[0] = 0x0b;
  frame[n + 1] = 0x1c;
  frame[n + 2] = '\r';
  frame_length = n + 3;
  size_t at = 1, bars = 0;
  while (at < n && bars < 10) bars += frame[at++] == '|';
  if (bars < 10 || at - 1 < 1 + id_width) fprintf(stderr, "no MSH-10\n"), exit(1);
  id_offset = at - 1 - id_width;
  // bars counts MSH-1 too: after ten of them comes MSH-11, so MSH-10 ends right before.
  find(&patient_tokens, frame, "#patient");
  find(&change_tokens, frame, "#changes");
  return frame;
}

// A big step that shares no divisor with most numbers of patients: neighbours in time are no neighbours in the table.
static long patient(long number) { return (number * 7919) % patients + 1; }

static void begin(struct sender *s) {
  snprintf(s->id, sizeof s->id, "%012ld", ++sequence % 1000000000000L);
  memcpy(s->frame + id_offset, s->id, id_width);
  fill(&patient_tokens, s->frame, patient(sent++));
  fill(&change_tokens, s->frame, sequence);
  s->sent = s->got = 0;
  s->began = now();
}

static void push(struct sender *s) {
  while (s->sent < frame_length) {
    ssize_t n = write(s->fd, s->frame + s->sent, frame_length - s->sent);
    if (n < 0) return;
    s->sent += n;
  }
}

static void judge(struct sender *s, double from, double until) {
  double t = now();
  int good = (memmem(s->answer, s->got, "MSA|AA|", 7) || memmem(s->answer, s->got, "MSA|CA|", 7)) &&
             memmem(s->answer, s->got, s->id, id_width);
  bad += !good;
  answered++;
  if (t < from || t >= until) return;
  if (done < latency_limit) latencies[done] = (t - s->began) * 1e3;
  done++;
}

int main(int count, char **arguments) {
  if (count < 6 || count > 7) return fprintf(stderr, "mllp_load HOST PORT CONNECTIONS SECONDS FILE [PATIENTS]\n"), 2;
  int connections = atoi(arguments[3]), closed = 0;
  double seconds = atof(arguments[4]);
  if (count == 7) patients = atol(arguments[6]);
  if (patients < 1) return fprintf(stderr, "PATIENTS is a number from 1\n"), 2;
  char *frame = load(arguments[5]);
  latencies = malloc(latency_limit * sizeof *latencies);
  sequence = (long)(now() * 1000) % 100000000 * 1000;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(arguments[2]))};
  inet_pton(AF_INET, arguments[1], &address.sin_addr);
  struct sender *senders = calloc(connections, sizeof *senders);
  int epoll = epoll_create1(0), one = 1;
  for (int i = 0; i < connections; i++) {
    struct sender *s = &senders[i];
    s->frame = memcpy(malloc(frame_length), frame, frame_length);
    s->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(s->fd, (void *)&address, sizeof address)) fail("connect");
    setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    fcntl(s->fd, F_SETFL, O_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = s};
    epoll_ctl(epoll, EPOLL_CTL_ADD, s->fd, &event);
    begin(s);
    push(s);
  }
  // Every patient once, if there are several, then half a second more; a minute at most.
  double start = now(), from = patients > 1 ? start + 60 : start + 0.5, until = from + seconds;
  struct epoll_event events[256];
  while (now() < until && closed < connections) {
    if (patients > 1 && answered >= patients && from == start + 60) from = now() + 0.5, until = from + seconds;
    int ready = epoll_wait(epoll, events, 256, 100);
    for (int i = 0; i < ready; i++) {
      struct sender *s = events[i].data.ptr;
      push(s);
      ssize_t n;
      while ((n = read(s->fd, s->answer + s->got, answer_limit - s->got)) > 0) {
        s->got += n;
        if (s->got < 2 || s->answer[s->got - 2] != 0x1c || s->answer[s->got - 1] != '\r') continue;
        judge(s, from, until);
        begin(s);
        push(s);
      }
      if (n == 0) closed++, close(s->fd);
    }
  }
  long kept = done < latency_limit ? done : latency_limit;
  qsort(latencies, kept, sizeof *latencies, by_value);
  printf("{\"connections\":%d,\"bytes\":%zu,\"per_second\":%.0f,\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"bad\":%ld,\"closed\":%d}\n",
         connections, frame_length, done / seconds, kept ? latencies[kept / 2] : 0,
         kept ? latencies[(long)(kept * 0.99)] : 0, bad, closed);
  return bad || !done;
}
