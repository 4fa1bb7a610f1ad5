#ifndef ALLOCATIONS_H
#define ALLOCATIONS_H

#include <stddef.h>

/// Blocks asked of the allocator since the program began.
size_t allocations_blocks(void);
/// Bytes in use now.
size_t allocations_in_use(void);
/// The most bytes in use since `allocations_begin`.
size_t allocations_peak(void);
/// Begins to look for the peak anew.
void allocations_begin(void);

#endif
