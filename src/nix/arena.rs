//! Where the values of an evaluator lie, until all of them go at once. Its pieces are huge pages where the system has
//! them to give (Linux: `transparent_hugepage` is `madvise` or `always`): of the time of an evaluation a quarter went
//! into faults of small ones.
//!
//! Where the system gives no more memory, whatever allocates panics: the thread of the evaluator ends
//! ([`super::eval::limits::DeepStackError`]).

use std::panic::resume_unwind;

use bump_scope::alloc::AllocError;
use bump_scope::alloc::compat::AllocatorApi2V02Compat;
use bump_scope::{Bump, BumpBox};
use hugealloc::HugeAlloc;

/// Bytes of the first piece, each further one is twice as large: from 2 MiB on a page may be huge.
const FIRST: usize = 4 << 20;

/// Memory that grows as it is needed and is given back as a whole. What lies in it is never dropped.
pub struct Arena(Bump<AllocatorApi2V02Compat<HugeAlloc>>);

impl Default for Arena {
    fn default() -> Self {
        Arena::new()
    }
}

impl Arena {
    /// Nothing yet, and room for a small evaluation.
    pub fn new() -> Self {
        Arena(given(Bump::try_with_size_in(FIRST, AllocatorApi2V02Compat(HugeAlloc))))
    }

    /// One with so many bytes in one piece; none where the system does not give them.
    pub fn with_room(bytes: usize) -> Option<Self> {
        Bump::try_with_size_in(bytes, AllocatorApi2V02Compat(HugeAlloc)).ok().map(Arena)
    }

    /// Takes everything out of it and keeps the largest piece.
    pub fn reset(&mut self) {
        self.0.reset();
    }

    /// Bytes that are taken.
    pub fn taken(&self) -> usize {
        self.0.stats().allocated()
    }

    /// Whether more than so many bytes are taken: the pieces double, so that a small last one says no at once.
    pub fn exceeds(&self, bytes: usize) -> bool {
        let last = self.0.stats().current_chunk();
        last.is_some_and(|last| last.size() > bytes / 4) && self.taken() > bytes
    }

    /// Bytes that are left in the piece in use.
    pub fn room(&self) -> usize {
        self.0.stats().current_chunk().map_or(0, |last| last.remaining())
    }

    /// Moves a value into it. It is never dropped: give it nothing that owns memory.
    pub fn alloc<T>(&self, value: T) -> &T {
        BumpBox::leak(given(self.0.try_alloc(value)))
    }

    /// Copies a text into it.
    pub fn text(&self, text: &str) -> &str {
        BumpBox::leak(given(self.0.try_alloc_str(text)))
    }

    /// Copies a slice into it.
    pub fn slice<T: Copy>(&self, items: &[T]) -> &[T] {
        BumpBox::leak(given(self.0.try_alloc_slice_copy(items)))
    }

    /// Makes a slice in it; making its items may take room there too.
    pub fn slice_of<T: Copy>(&self, items: impl ExactSizeIterator<Item = T>) -> &[T] {
        BumpBox::leak(given(self.0.try_alloc_iter_exact(items)))
    }
}

fn given<T>(memory: Result<T, AllocError>) -> T {
    memory.unwrap_or_else(|_| resume_unwind(Box::new("out of memory")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_holds_is_known_at_every_size() {
        let mut arena = Arena::new();
        for round in 0..2 {
            for _ in 0..2_000 {
                arena.slice(&[0u64; 1_000]);
                for bytes in [0, 1 << 20, 5 << 20, 12 << 20, 15 << 20, 64 << 20] {
                    assert_eq!(arena.exceeds(bytes), arena.taken() > bytes, "{round} {bytes} {}", arena.taken());
                }
            }
            assert!(arena.exceeds(15 << 20) && !arena.exceeds(32 << 20));
            arena.reset();
            assert_eq!(arena.taken(), 0);
        }
        assert!(Arena::with_room(8 << 20).is_some_and(|arena| arena.room() > 7 << 20 && arena.taken() == 0));
    }
}
