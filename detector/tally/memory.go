package tally

import (
	"runtime"
	"unsafe"
)

// memory is the large rooms of one counter: tables without pointers that lie
// outside the heap, in huge pages where the kernel has them. At a hundred
// thousand keys, translating addresses costs as much as the memory itself.
type memory struct {
	mapped map[unsafe.Pointer][]byte // by the first byte that is used
}

// newMemory makes a memory whose rooms go when their owner does.
func newMemory[T any](owner *T) *memory {
	m := &memory{mapped: map[unsafe.Pointer][]byte{}}
	runtime.AddCleanup(owner, (*memory).releaseAll, m)
	return m
}

// room makes a zeroed room for n values. T must hold no pointers.
func room[T any](m *memory, n int) []T {
	var one T
	size := uintptr(n) * unsafe.Sizeof(one)
	if size < largePage {
		return make([]T, n)
	}
	used, whole := mapLarge(size)
	if used == nil {
		return make([]T, n)
	}
	start := unsafe.Pointer(unsafe.SliceData(used))
	m.mapped[start] = whole
	return unsafe.Slice((*T)(start), n)
}

// release gives a room back; nothing may use it afterwards.
func release[T any](m *memory, r []T) {
	start := unsafe.Pointer(unsafe.SliceData(r))
	if whole, ok := m.mapped[start]; ok {
		unmapLarge(whole)
		delete(m.mapped, start)
	}
}

func (m *memory) releaseAll() {
	for _, whole := range m.mapped {
		unmapLarge(whole)
	}
	m.mapped = nil
}

// largePage is the size of a huge page; smaller rooms stay in the heap.
const largePage = 2 << 20
