#ifndef ALLOCATIONS_H
#define ALLOCATIONS_H

#include <stddef.h>

/// Begins to count anew. Until then, and after the end, the allocator is the C library's alone.
void allocations_begin(void);
void allocations_end(void);
/// Blocks asked of the allocator while it was counted.
size_t allocations_blocks(void);
/// The most bytes in use beyond what was in use at the beginning.
size_t allocations_peak(void);

#endif
