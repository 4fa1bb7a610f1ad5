// Stands in front of the C library's allocator and counts when asked to. For measurements of one thread: nothing is
// locked.
#include "allocations.h"
#include <errno.h>
#include <malloc.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

static int counting;
static size_t blocks;
static long in_use, peak;

void allocations_begin(void) {
  blocks = 0;
  in_use = peak = 0;
  counting = 1;
}

void allocations_end(void) { counting = 0; }
size_t allocations_blocks(void) { return blocks; }
size_t allocations_peak(void) { return (size_t)peak; }

static void *counted(void *block) {
  if (!counting || !block) return block;
  blocks++;
  in_use += (long)malloc_usable_size(block);
  if (in_use > peak) peak = in_use;
  return block;
}

void *malloc(size_t size) { return counted(__libc_malloc(size)); }
void *calloc(size_t number, size_t size) { return counted(__libc_calloc(number, size)); }
void *memalign(size_t alignment, size_t size) { return counted(__libc_memalign(alignment, size)); }
void *aligned_alloc(size_t alignment, size_t size) { return counted(__libc_memalign(alignment, size)); }

int posix_memalign(void **block, size_t alignment, size_t size) {
  *block = counted(__libc_memalign(alignment, size));
  return *block ? 0 : ENOMEM;
}

void *realloc(void *block, size_t size) {
  if (counting && block) in_use -= (long)malloc_usable_size(block);
  return counted(__libc_realloc(block, size));
}

void free(void *block) {
  if (counting && block) in_use -= (long)malloc_usable_size(block);
  __libc_free(block);
}
