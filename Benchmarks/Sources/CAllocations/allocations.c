// Stands in front of the C library's allocator and counts. For measurements of one thread: nothing is locked.
#include "allocations.h"
#include <errno.h>
#include <malloc.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

static size_t blocks, in_use, peak;

size_t allocations_blocks(void) { return blocks; }
size_t allocations_in_use(void) { return in_use; }
size_t allocations_peak(void) { return peak; }
void allocations_begin(void) { peak = in_use; }

static void *counted(void *block) {
  if (!block) return block;
  blocks++;
  in_use += malloc_usable_size(block);
  if (in_use > peak) peak = in_use;
  return block;
}

static void forget(void *block) {
  if (block) in_use -= malloc_usable_size(block);
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
  size_t before = block ? malloc_usable_size(block) : 0;
  void *moved = __libc_realloc(block, size);
  if (moved || size == 0) in_use -= before;
  return counted(moved);
}

void free(void *block) {
  forget(block);
  __libc_free(block);
}
